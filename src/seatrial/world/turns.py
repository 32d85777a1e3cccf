"""Turns: one call must be answered before the next begins, because the next looks up what it did."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class Turns:
    """All turns that somebody has."""

    def __init__(self) -> None:
        self._taken: dict[Hashable, asyncio.Future[None]] = {}

    @asynccontextmanager
    async def of(self, what: Hashable) -> AsyncIterator[None]:
        """Take that turn once nobody else has it; None needs no turn."""
        if what is None:
            yield
            return
        while (other := self._taken.get(what)) is not None:
            await other
        mine = self._taken[what] = asyncio.get_running_loop().create_future()
        try:
            yield
        finally:
            del self._taken[what]
            mine.set_result(None)
