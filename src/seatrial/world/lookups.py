"""Look-ups: what is asked of the store, once all before it is on disk."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import Final

from seatrial.core.queries import Answer, Query
from seatrial.dialects.wire import Lookup, Reply, Speaker
from seatrial.store.store import Store
from seatrial.world.commits import GroupCommit
from seatrial.world.errors import Unavailable, explained, unless_expected

READERS: Final = 2
REMOTE_READERS: Final = 8
"""How many look-ups run at once: more if they mostly wait for a network."""

Respond = Callable[[Reply], None]
"""Takes the answer to a call, at once or later, but once."""

_log = logging.getLogger("seatrial")


class Lookups:
    """The look-ups of one world. The quick ones are answered at once: a thread's help would cost more."""

    def __init__(self, store: Store, commits: GroupCommit, readers: Executor) -> None:
        self._store = store
        self._commits = commits
        self._readers = readers

    async def find(self, query: Query) -> Answer:
        """What is stored, once all that happened so far is. Raises `Unavailable`."""
        await self._commits.settled()
        try:
            if self._store.is_quick(query):
                return self._store.answer(query)
            return await asyncio.get_running_loop().run_in_executor(self._readers, self._store.answer, query)
        except Exception as error:
            _log.error("a look-up failed: %s", explained(error), exc_info=unless_expected(error))
            raise Unavailable from error

    def respond(self, dialect: Speaker, reply: Reply | Lookup, respond: Respond) -> None:
        """Give a reply, or the one that is written of all that it looks up. Everything before it is committed."""
        if isinstance(reply, Reply):
            respond(reply)
            return
        read = partial(self._store.answer, reply.query)
        if self._store.is_quick(reply.query):
            self._write(dialect, reply, respond, read)
            return
        loop = asyncio.get_running_loop()
        if reply.is_long:
            written = self._readers.submit(_written, dialect, reply, read)
            written.add_done_callback(
                lambda done: loop.call_soon_threadsafe(self.respond, dialect, done.result(), respond)
            )
            return
        reading = self._readers.submit(read)
        reading.add_done_callback(
            lambda done: loop.call_soon_threadsafe(self._write, dialect, reply, respond, done.result)
        )

    def _write(self, dialect: Speaker, reply: Lookup, respond: Respond, read: Callable[[], Answer]) -> None:
        self.respond(dialect, _written(dialect, reply, read), respond)


def _written(dialect: Speaker, reply: Lookup, read: Callable[[], Answer]) -> Reply | Lookup:
    try:
        return reply.write(read())
    except Exception as error:  # noqa: BLE001  a bug in reading leaves the machine as it is
        _log.error("a look-up failed: %s", explained(error), exc_info=unless_expected(error))
        return dialect.unavailable()
