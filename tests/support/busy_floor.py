"""Traders who order as fast as they are answered, and prove afterwards that the server kept its word."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from seatrial.core.machine import Machine
from tests.support.inside import Inside
from tests.support.signed_calls import Signer

UNAVAILABLE = "EService:Unavailable"
TRADERS = 6
PATIENCE_SECONDS = 60


class Trader:
    """Places orders one after the other, and remembers what it was told of each."""

    def __init__(self, number: int, signer: Signer) -> None:
        self.answered: set[int] = set()
        self.refused: set[int] = set()
        self._signer = signer
        self._number = number
        self._count = number * 1_000_000

    async def trade(self, server: Inside) -> None:
        """One order more. Buyers meet sellers."""
        self._count += 1
        side, price = ("buy", 101) if self._number % 2 else ("sell", 100 + self._count % 3)
        order = {"pair": "XBTUSD", "ordertype": "limit", "type": side, "price": price, "volume": "0.01"}
        answer = await server.send(self._signer.call("AddOrder", **order, userref=self._count))
        if answer.json["error"]:
            assert answer.error == UNAVAILABLE
            self.refused.add(self._count)
            await asyncio.sleep(0.001)  # another thread needs the interpreter to load the world again
        else:
            self.answered.add(self._count)

    def prove(self, stored: list[int]) -> None:
        """What was answered is there once; what was refused, once at most; nothing else is."""
        assert len(stored) == len(set(stored)), "an order is there twice"
        assert self.answered <= set(stored), "an answered order is lost"
        assert set(stored) <= self.answered | self.refused, "an order is there that nobody sent"


class Floor:
    """All traders at once."""

    def __init__(self, server: Inside, traders: list[Trader]) -> None:
        self.server = server
        self.traders = traders
        self.is_open = True

    @property
    def answered(self) -> int:
        """How often in all."""
        return sum(len(trader.answered) for trader in self.traders)

    @property
    def refused(self) -> int:
        """How often in all."""
        return sum(len(trader.refused) for trader in self.traders)

    async def more_answers(self, count: int = 50) -> None:
        """Let so many more be answered."""
        goal = self.answered + count
        await until(lambda: self.answered >= goal)

    async def a_refusal(self) -> None:
        """Let one more be refused."""
        goal = self.refused + 1
        await until(lambda: self.refused >= goal)

    async def work(self, trader: Trader) -> None:
        """Until the floor is closed."""
        while self.is_open:
            await trader.trade(self.server)


async def until(condition: Callable[[], bool]) -> None:
    """Let everything go on until then. What is waited for happens in other processes, so there is no event for it."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110  it happens in other processes
            await asyncio.sleep(0.001)


@asynccontextmanager
async def trading(server: Inside) -> AsyncIterator[Floor]:
    """A busy floor; when it closes, everything is proved."""
    signers = [await server.account(f"trader {number}", USD="10000000", BTC="1000") for number in range(TRADERS)]
    floor = Floor(server, [Trader(number, signer) for number, signer in enumerate(signers)])
    at_work = [asyncio.ensure_future(floor.work(trader)) for trader in floor.traders]
    try:
        await floor.more_answers()
        yield floor
        await floor.more_answers()
    finally:
        floor.is_open = False
        await asyncio.gather(*at_work)
    await prove(server, floor)


async def prove(server: Inside, floor: Floor) -> None:
    """What is stored is what is live, breaks no law and keeps every promise."""
    await server.world.commits.settled()
    assert server.machine.fingerprint() == Machine(server.world.keeping.load().state).fingerprint()
    for number, trader in enumerate(floor.traders):
        with server.world._store.database.reading() as connection:
            asked = f"SELECT tag FROM orders JOIN accounts USING (account_id) WHERE name = 'trader {number}'"
            trader.prove(list(connection.exec_driver_sql(asked).scalars()))
    assert (await server.get("/books")).json["balanced"]
