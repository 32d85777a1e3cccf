"""Calls of which one must be answered before the next begins: what they look up is what the one before them did."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class Turns:
    """All turns that somebody has."""

    def __init__(self) -> None:
        self._taken: dict[Hashable, asyncio.Future[None]] = {}

    @asynccontextmanager
    async def of(self, what: Hashable) -> AsyncIterator[None]:
        """Have that turn once nobody else has it; None is nobody's."""
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
