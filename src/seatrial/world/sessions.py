"""Conversations that last: what a session is, and what feeds it with the facts of a world.

A session knows no socket, as h11 knows none: it takes what came in and what happened, and gives frames to send. Its
conversation reads the record at the pace at which the other side takes frames, so a slow reader holds up nobody: when
what it has not read is held no more, it is told so and cut off.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from enum import StrEnum
from typing import Final, Protocol

from seatrial.core.facts import Recorded
from seatrial.world.record import Gone, Record

MAX_AT_ONCE: Final = 256
"""How many facts a session is given at a time; then others have their turn."""

TICK_SECONDS: Final = 1.0
"""How often a session hears that time passes while nothing happens."""

Frames = Iterable[bytes]
Send = Callable[[bytes], Awaitable[None]]
"""Comes back when the other side has room for more. Raises when it is gone."""


class End(StrEnum):
    """Why a conversation ends that nobody ended."""

    CUT_OFF = "cut_off"
    """It read too slowly: the next fact is no longer held."""
    WORLD_REPLACED = "world_replaced"
    """Another world took its place: restored, or begun again."""
    SERVER_STOPS = "server_stops"


class Session(Protocol):
    """One conversation. Every method gives the frames that are to be sent now."""

    def receive(self, frame: bytes) -> Frames:
        """The other side said this."""

    def publish(self, recorded: Recorded) -> Frames:
        """More happened, and is stored."""

    def tick(self, seconds: float) -> Frames:
        """That long passed since the last tick."""

    def end(self, why: End, last: int) -> Frames:
        """It is over; that was the last fact that it was given."""


class Conversation:
    """A session at work on a record, from a place on."""

    def __init__(self, session: Session, record: Record, place: int, until: int | None = None) -> None:
        """`place` is the number of the last fact that the other side knows, `until` that of the last that it wants."""
        self._session = session
        self._record = record
        self._worlds = record.worlds
        self._loads = record.loads
        self._place = place
        self._until = until

    async def run(self, send: Send) -> None:
        """Until the session ends."""
        while True:
            frames, is_over = self._next()
            for frame in frames:
                await send(frame)
            if is_over:
                return
            await self._wait(send)

    def _next(self) -> tuple[Frames, bool]:
        """What is to be sent of what happened since, and whether that is the end."""
        record = self._record
        if self._is_of_another_world():
            return self._session.end(End.WORLD_REPLACED, self._place), True
        if record.is_over:
            return self._session.end(End.SERVER_STOPS, self._place), True
        if record.last < self._place:
            return (), False
        at_most = MAX_AT_ONCE if self._until is None else min(MAX_AT_ONCE, self._until - self._place)
        try:
            recorded = record.after(self._place, at_most)
        except Gone:
            return self._session.end(End.CUT_OFF, self._place), True
        self._place += len(recorded.facts)
        return self._session.publish(recorded), self._until is not None and self._place >= self._until

    def _is_of_another_world(self) -> bool:
        """Whether another world is here, or the state in which the session began was never stored."""
        record = self._record
        has_failed, self._loads = record.loads != self._loads and self._place > record.last, record.loads
        return has_failed or record.worlds != self._worlds

    async def _wait(self, send: Send) -> None:
        """Wait until more has happened; meanwhile the session hears that time passes."""
        while True:
            try:
                async with asyncio.timeout(TICK_SECONDS):
                    await self._record.more_than(self._place, self._loads)
            except TimeoutError:
                for frame in self._session.tick(TICK_SECONDS):
                    await send(frame)
            else:
                return
