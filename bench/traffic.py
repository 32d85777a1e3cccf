"""Mixed traffic for minutes, from a process of its own: a `Plan` comes in on standard input, a `Slice` a line goes out.

Every connection is a client of one venue with a key of its own, reads, orders and cancels by chance, and sends its next
request as soon as it has the answer to the last one.
"""

import asyncio
import re
import sys
from array import array
from collections import defaultdict
from functools import partial
from random import Random
from time import perf_counter_ns, time
from typing import Final, Protocol, cast

import msgspec
import uvloop
from msgspec import Struct

from bench.signing import Keyed, Signer
from seatrial.dialects.kucoin import auth

MAX_ORDERS: Final = 8
"""Live orders of one connection; then it cancels."""
MIDDLE: Final = 50_000
SPREAD: Final = 200

_LENGTH = re.compile(rb"\r\ncontent-length: ([0-9]+)\r\n")
_END_OF_HEAD = b"\r\n\r\n"
_STATUS = slice(9, 12)
_KRAKEN_ORDER = re.compile(rb'"txid":\["([A-Z0-9-]+)"')
_KUCOIN_ORDER = re.compile(rb'"orderId":"([0-9a-f]+)"')

READ, PUBLIC, HISTORY, ORDER, CANCEL = "read", "public", "history", "order", "cancel"


class Caller(Struct, frozen=True):
    """Who is behind one connection."""

    venue: str
    key: str
    secret: str
    passphrase: str | None


class Plan(Struct, frozen=True):
    """What to send."""

    port: int
    seconds: float
    slice_seconds: float
    seed: int
    callers: list[Caller]


class Slice(Struct, frozen=True):
    """What came back in a stretch of time."""

    seconds: float
    latencies_us: dict[str, list[int]]
    """Of each answer, by the kind of call."""
    refused: int
    """Answers that the venue refused, as a cancel of what was just filled."""
    broken: int
    """Answers of the 5xx family or `Unavailable`: none are expected."""


class Client(Protocol):
    """How one venue's clients speak."""

    def request(self, kind: str, luck: Random, order: str) -> bytes:
        """The bytes of a call; `order` is what a cancel names."""
        ...

    def placed(self, body: bytes) -> str | None:
        """The order that an answer tells of."""
        ...

    def is_success(self, body: bytes) -> bool:
        """Whether the venue did what was asked."""
        ...


class KrakenClient:
    """Speaks Kraken's API."""

    def __init__(self, caller: Caller) -> None:
        self._signer = Signer(Keyed(0, caller.key, caller.secret))

    def request(self, kind: str, luck: Random, order: str) -> bytes:
        """The bytes of a call."""
        match kind:
            case "public":
                return b"GET /0/public/Ticker?pair=XBTUSDT HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
            case "read":
                return self._signer.call("Balance")
            case "history":
                return self._signer.call("Ledgers", f"ofs={luck.randrange(0, 500, 50)}")
            case "cancel":
                return self._signer.call("CancelOrder", f"txid={order}")
        side, price = _quote(luck)
        return self._signer.call("AddOrder", f"pair=XBTUSDT&type={side}&ordertype=limit&price={price}&volume=0.001")

    def placed(self, body: bytes) -> str | None:
        """Its txid."""
        found = _KRAKEN_ORDER.search(body)
        return None if found is None else found[1].decode()

    def is_success(self, body: bytes) -> bool:
        """An envelope without errors."""
        return body.startswith(b'{"error":[]')


class KucoinClient:
    """Speaks KuCoin's API."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._number = 0

    def request(self, kind: str, luck: Random, order: str) -> bytes:
        """The bytes of a call."""
        match kind:
            case "public":
                return b"GET /api/v1/market/orderbook/level1?symbol=BTC-USDT HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
            case "read":
                return self._signed("GET", "/api/v1/accounts")
            case "history":
                return self._signed("GET", f"/api/v1/accounts/ledgers?currentPage={luck.randint(1, 10)}")
            case "cancel":
                return self._signed("DELETE", f"/api/v1/orders/{order}")
        side, price = _quote(luck)
        self._number += 1
        order_body = {
            "clientOid": f"{self._caller.key}{self._number:x}", "symbol": "BTC-USDT", "side": side,
            "price": str(price), "size": "0.001",
        }  # fmt: skip
        return self._signed("POST", "/api/v1/orders", msgspec.json.encode(order_body))

    def placed(self, body: bytes) -> str | None:
        """Its id."""
        found = _KUCOIN_ORDER.search(body)
        return None if found is None else found[1].decode()

    def is_success(self, body: bytes) -> bool:
        """KuCoin's code for it."""
        return body.startswith(b'{"code":"200000"')

    def _signed(self, verb: str, endpoint: str, body: bytes = b"") -> bytes:
        caller = self._caller
        stamp = str(int(time() * 1000))
        proof = auth.steps(
            stamp, verb, endpoint, body, caller.secret, key=caller.key, passphrase=caller.passphrase or ""
        )
        headers = {**proof.headers, "Content-Type": "application/json", "Content-Length": str(len(body))}
        lines = [
            f"{verb} {endpoint} HTTP/1.1",
            "Host: 127.0.0.1",
            *(f"{name}: {text}" for name, text in headers.items()),
        ]
        return "\r\n".join((*lines, "", "")).encode() + body


CLIENTS: Final[dict[str, type[KrakenClient] | type[KucoinClient]]] = {"kraken": KrakenClient, "kucoin": KucoinClient}


class _Tally:
    """What all connections share."""

    def __init__(self) -> None:
        self.is_over = False
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._began_ns = perf_counter_ns()
        self._clear()

    def note(self, kind: str, nanoseconds: int, *, success: bool, broken: bool) -> None:
        self._latencies[kind].append(nanoseconds // 1000)
        self._refused += not success
        self._broken += broken

    def fail(self, error: Exception) -> None:
        if not self.failed.done() and not self.is_over:
            self.failed.set_exception(error)

    def take(self) -> Slice:
        now_ns = perf_counter_ns()
        latencies = {kind: list(found) for kind, found in self._latencies.items()}
        done = Slice((now_ns - self._began_ns) / 1e9, latencies, self._refused, self._broken)
        self._began_ns = now_ns
        self._clear()
        return done

    def _clear(self) -> None:
        self._latencies: dict[str, array[int]] = defaultdict(partial(array, "q"))
        self._refused = self._broken = 0


class _Connection(asyncio.Protocol):
    """One client at work."""

    def __init__(self, client: Client, luck: Random, tally: _Tally) -> None:
        self._transport: asyncio.WriteTransport
        self._client = client
        self._luck = luck
        self._tally = tally
        self._orders: list[str] = []
        self._received = b""
        self._kind = ""
        self._sent_ns = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's are not registered as such
        self._send_next()

    def connection_lost(self, exc: Exception | None) -> None:
        self._tally.fail(exc or ConnectionError("the server hung up"))

    def data_received(self, data: bytes) -> None:
        received = self._received = self._received + data
        head = received.find(_END_OF_HEAD)
        if head < 0:
            return
        length = _LENGTH.search(received, 0, head + 2)
        body_at = head + len(_END_OF_HEAD)
        if length is None or len(received) < body_at + int(length[1]):
            return
        self._received = b""
        self._note(received[_STATUS], received[body_at:])
        if not self._tally.is_over:
            self._send_next()

    def _note(self, status: bytes, body: bytes) -> None:
        took_ns = perf_counter_ns() - self._sent_ns
        broken = status.startswith(b"5") or b"EService:Unavailable" in body
        self._tally.note(self._kind, took_ns, success=self._client.is_success(body), broken=broken)
        placed = self._client.placed(body) if self._kind == ORDER else None
        if placed is not None:
            self._orders.append(placed)

    def _send_next(self) -> None:
        kind, order = self._choose(), ""
        if kind == CANCEL:
            order = self._orders.pop(self._luck.randrange(len(self._orders)))
        self._kind = kind
        request = self._client.request(kind, self._luck, order)
        self._sent_ns = perf_counter_ns()
        self._transport.write(request)

    def _choose(self) -> str:
        chance = self._luck.random()
        if chance < 0.5:  # noqa: PLR2004  half of all calls read
            return READ if chance < 0.3 else PUBLIC if chance < 0.45 else HISTORY  # noqa: PLR2004  odds, and sizes that mean nothing else
        cancels = len(self._orders) >= MAX_ORDERS or (self._orders and chance < 0.65)  # noqa: PLR2004  odds, and sizes that mean nothing else
        return CANCEL if cancels else ORDER


def _quote(luck: Random) -> tuple[str, int]:
    """Buyers a little below the middle, sellers above, with enough overlap that a good part trades at once."""
    side = luck.choice(("buy", "sell"))
    lean = -SPREAD // 2 if side == "buy" else SPREAD // 2
    return side, MIDDLE + lean + luck.randint(-SPREAD, SPREAD)


async def run(plan: Plan) -> None:
    """Send for as long as the plan says, a line out per slice. Raises `OSError` when the server goes away."""
    tally, loop = _Tally(), asyncio.get_running_loop()
    for number, caller in enumerate(plan.callers):
        luck = Random(plan.seed * 1_000_003 + number)  # noqa: S311  a bench's luck
        connection = _Connection(CLIENTS[caller.venue](caller), luck, tally)
        await loop.create_connection(partial(_itself, connection), "127.0.0.1", plan.port)
    ends_ns = perf_counter_ns() + int(plan.seconds * 1e9)
    while perf_counter_ns() < ends_ns:
        await asyncio.wait([tally.failed], timeout=plan.slice_seconds)
        if tally.failed.done():
            tally.failed.result()
        sys.stdout.buffer.write(msgspec.json.encode(tally.take()) + b"\n")
        sys.stdout.buffer.flush()
    tally.is_over = True


def _itself(connection: _Connection) -> _Connection:
    return connection


def main() -> None:
    """Read a plan and carry it out; what went wrong goes to standard error."""
    plan = msgspec.json.decode(sys.stdin.buffer.readline(), type=Plan)
    try:
        uvloop.run(run(plan))
    except OSError as error:
        sys.exit(f"the traffic broke off: {error}")


if __name__ == "__main__":
    main()
