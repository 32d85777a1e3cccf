"""Calls and news over WebSockets: a fill until it is told, the frames of a busy book, what a session costs.

The listeners share this process; the orders that make a book busy, and those over HTTP, come from a load generator.
"""

import asyncio
from array import array
from collections.abc import Callable, Coroutine
from itertools import cycle
from pathlib import Path
from statistics import median
from time import perf_counter_ns
from typing import Any, Final

import msgspec
import uvloop
from msgspec import Struct

from bench import processes
from bench.exchange import CROSSING_PRICE, RESTING_PRICES, Exchange, Size
from bench.listening import Listener, framed, listen
from bench.load import Load, Plan
from bench.processes import BenchError, Seatrial
from bench.report import Budget, Figure
from bench.wire import percentile_ms

SYMBOL: Final = "BTC/USD"
MAX_FILL_P99_MS: Final = 10.0
MIN_FRAMES_PER_SECOND: Final = 100_000
FOLLOWED: Final = tuple(f"{base}/{quote}" for quote in ("USD", "EUR") for base in ("BTC", "ETH", "SOL", "XRP", "ADA"))
"""By each session whose memory is measured."""
_KILO: Final = 1_000
_PATIENCE_SECONDS: Final = 120.0
_FRAME: Final = b'{"channel":"%b"'


class Sizes(Struct, frozen=True):
    """How much of everything."""

    size: Size
    """Of the orders."""
    listeners: int
    """Sessions that follow one market."""
    fills: int
    sessions: int
    """Those whose memory is measured."""


def measure(folder: Path, sizes: Sizes, say: Callable[[str], None]) -> list[Figure]:
    """All of it, on one server. Raises `BenchError`."""
    with processes.seatrial(folder) as server:
        course = _Course(Exchange(server, sizes.size), sizes)
        found: list[Figure] = []
        for name, phase in {
            "sessions": course.memory, "fills": course.fills, "a busy book": course.busy_book, "orders": course.orders,
        }.items():  # fmt: skip
            say(f"sockets: {name}")
            found += uvloop.run(_patiently(phase()))
        return found


async def _patiently(phase: Coroutine[Any, Any, list[Figure]]) -> list[Figure]:
    try:
        return await asyncio.wait_for(phase, _PATIENCE_SECONDS)
    except TimeoutError as error:
        raise BenchError("what was waited for over sockets did not come") from error


class _Audience:
    """Sessions that wait together until each was told something of a channel so many times."""

    def __init__(self, channel: str) -> None:
        self._begins = _FRAME % channel.encode()
        self.latencies = array("q")
        self.told = 0
        self._wanted = 0
        self._since_ns = self.last_ns = 0
        self._is_complete = asyncio.Event()

    async def gather(self, server: Seatrial, count: int, **params: object) -> list[Listener]:
        """So many sessions that follow it; none has a snapshot coming."""
        subscription = {"channel": msgspec.json.decode(self._begins + b"}")["channel"], "snapshot": False, **params}
        asked = framed(msgspec.json.encode({"method": "subscribe", "params": subscription}))
        listeners = [await listen(server.port, _nothing) for _ in range(count)]
        for listener in listeners:
            await _answer(listener, asked)
            listener.hear = self._hear
        return listeners

    def expect(self, more: int) -> None:
        """From now on."""
        self._wanted = self.told + more
        self._since_ns = perf_counter_ns()
        self._is_complete.clear()

    async def complete(self) -> None:
        """Everybody was told."""
        await self._is_complete.wait()

    def _hear(self, text: bytes) -> None:
        if text.startswith(self._begins):
            self.last_ns = perf_counter_ns()
            self.latencies.append(self.last_ns - self._since_ns)
            self.told += 1
            if self.told >= self._wanted:
                self._is_complete.set()


class _Course:
    """Everything that is measured, over one server."""

    def __init__(self, exchange: Exchange, sizes: Sizes) -> None:
        self._exchange = exchange
        self._server = exchange.server
        self._sizes = sizes

    async def memory(self) -> list[Figure]:
        """What a session with ten subscriptions holds in memory."""
        before = self._server.resident_bytes()
        count = self._sizes.sessions
        audience = _Audience("ticker")
        listeners = await audience.gather(self._server, count, symbol=FOLLOWED)
        after = self._server.resident_bytes()
        _hang_up(*listeners)
        if before is None or after is None:
            return [Figure("a session", 0, "kB", "the system does not tell")]
        notes = f"of {count} with {len(FOLLOWED)} subscriptions each"
        return [Figure("memory of a session", (after - before) / count / _KILO, "kB", notes)]

    async def fills(self) -> list[Figure]:
        """From sending an order that trades until each listener has the trade; the commit is between the two."""
        return [await self._fills(1), await self._fills(self._sizes.listeners)]

    async def _fills(self, count: int) -> Figure:
        self._exchange.offer(self._sizes.fills)
        audience = _Audience("trade")
        listeners = await audience.gather(self._server, count, symbol=[SYMBOL])
        trader = await listen(self._server.port, _nothing)
        order = _order(self._exchange.token(0), CROSSING_PRICE)
        for _ in range(self._sizes.fills):
            audience.expect(count)
            await _answer(trader, order)
            await audience.complete()
        _hang_up(trader, *listeners)
        ordered = sorted(audience.latencies)
        p50, p99 = percentile_ms(ordered, 0.5), percentile_ms(ordered, 0.99)
        budgets = [Budget(f"≤ {MAX_FILL_P99_MS:g} ms", p99 <= MAX_FILL_P99_MS)] if count > 1 else []
        return Figure(f"a fill to its frame, {count} sessions", p99, "ms", f"p99; p50 {p50:.2f} ms", budgets)

    async def busy_book(self) -> list[Figure]:
        """Frames a second, while many place orders at the best prices."""
        sizes, server = self._sizes, self._server
        audience = _Audience("book")
        listeners = await audience.gather(server, sizes.listeners, symbol=[SYMBOL])
        requests = self._exchange.best(sizes.size.calls)
        frames = sum(map(len, requests)) * sizes.listeners
        audience.expect(frames)
        before, began = server.cpu_seconds(), perf_counter_ns()
        sent = asyncio.create_task(asyncio.to_thread(processes.generate, Plan(server.port, requests)))
        await audience.complete()
        after, seconds = server.cpu_seconds(), (audience.last_ns - began - audience.latencies[0]) / 1e9
        await sent
        _hang_up(*listeners)
        told = "" if before is None or after is None else f", {(after - before) / frames * 1e6:.1f} µs each"
        notes = f"to {sizes.listeners} sessions{told}, the orders among it"
        rate = frames / seconds
        budget = Budget(f"≥ {MIN_FRAMES_PER_SECOND:,}", rate >= MIN_FRAMES_PER_SECOND)
        return [Figure("a busy book", rate, "frames/s", notes, [budget])]

    async def orders(self) -> list[Figure]:
        """Orders that rest, over WebSockets and over HTTP in turns."""
        ratios, rates, latencies = [], [], array("q")
        for _ in range(self._sizes.size.rounds):
            load = await asyncio.to_thread(self._over_http)
            rate = await self._over_sockets(latencies)
            rates.append(rate)
            ratios.append(rate * load.nanoseconds / load.answered / 1e9)
        ordered = sorted(latencies)
        p50, p99 = percentile_ms(ordered, 0.5), percentile_ms(ordered, 0.99)
        notes = f"{median(ratios):.2f} of AddOrder over HTTP; p50 {p50:.2f} ms, p99 {p99:.2f} ms"
        return [Figure("add_order over WebSockets", median(rates), "calls/s", notes)]

    def _over_http(self) -> Load:
        load = processes.generate(Plan(self._server.port, self._exchange.resting(self._sizes.size.calls)))
        self._exchange.clear()
        return load

    async def _over_sockets(self, latencies: "array[int]") -> float:
        size = self._sizes.size
        tokens = [self._exchange.token(number) for number in range(size.connections)]
        traders = [await listen(self._server.port, _nothing) for _ in tokens]
        prices = cycle(RESTING_PRICES)

        async def trade(trader: Listener, token: str) -> None:
            for order in [_order(token, next(prices)) for _ in range(size.calls)]:
                began = perf_counter_ns()
                await _answer(trader, order)
                latencies.append(perf_counter_ns() - began)

        began = perf_counter_ns()
        await asyncio.gather(*map(trade, traders, tokens))
        seconds = (perf_counter_ns() - began) / 1e9
        _hang_up(*traders)
        self._exchange.clear()
        return size.connections * size.calls / seconds


def _order(token: str, price: int) -> bytes:
    order = {
        "order_type": "limit", "side": "buy", "symbol": SYMBOL, "limit_price": price, "order_qty": 0.001,
        "token": token,
    }  # fmt: skip
    return framed(msgspec.json.encode({"method": "add_order", "params": order}))


async def _answer(listener: Listener, asked: bytes) -> None:
    """Ask, and wait until that is answered. Raises `BenchError` where the answer is no."""
    answered = asyncio.get_running_loop().create_future()
    heard_before = listener.hear

    def hear(text: bytes) -> None:
        if b'"method":' not in text[:40] and b'"success":' not in text:
            heard_before(text)
        elif not answered.done():
            answered.set_result(text)

    listener.hear = hear
    listener.transport.write(asked)
    text = await answered
    listener.hear = heard_before
    if b'"success":true' not in text:
        raise BenchError(text.decode(errors="replace"))


def _hang_up(*listeners: Listener) -> None:
    for listener in listeners:
        listener.transport.close()


def _nothing(_text: bytes) -> None:
    """Nobody wants to know."""
