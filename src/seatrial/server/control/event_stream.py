"""The session behind `GET /events`: facts as server-sent events, those that somebody asked for.

Source of the form: the HTML standard, "Server-sent events".
"""

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import Struct

from seatrial.core.facts import AnyFact, Fact, Recorded
from seatrial.server.control.event_views import Views, about
from seatrial.world.sessions import End

MAX_UNMARKED: Final = 1_024
"""After so many facts that the reader did not ask for, it is told the last number, so that it can go on there later."""

QUIET_SECONDS: Final = 15.0
"""After so long without a frame a comment shows that the stream lives, as the standard advises."""

ENDS: Final = {
    End.CUT_OFF: "you read more slowly than things happen, and what comes next is held no more: look at the world anew",
    End.WORLD_REPLACED: "another world is here now, restored or begun again: look at it anew",
    End.SERVER_STOPS: "the server stops: once it runs again, go on with since, or the header Last-Event-ID",
}

STILL_HERE: Final = b": nothing happened\n\n"


class Wanted(Struct, frozen=True):
    """What is asked for; None where anything is."""

    account_id: int | None = None
    market: str | None = None
    kinds: frozenset[type[Fact]] | None = None

    def matches(self, fact: AnyFact) -> bool:
        """Whether a fact is asked for."""
        if self.kinds is not None and type(fact) not in self.kinds:
            return False
        if self.account_id is None and self.market is None:
            return True
        whom = about(fact)
        return (self.account_id is None or self.account_id in whom.accounts) and self.market in (None, whom.market)


class EventStream:
    """One reader's stream. Nothing is read from the other side: a reader who wants something else asks anew."""

    def __init__(self, views: Views, wanted: Wanted) -> None:
        self._views = views
        self._wanted = wanted
        self._quiet = 0.0
        self._unmarked = 0

    def receive(self, _frame: bytes) -> Iterator[bytes]:
        """Nothing comes back on such a stream."""
        return iter(())

    def publish(self, recorded: Recorded) -> Iterator[bytes]:
        """An event each of what was asked for."""
        wanted = self._wanted
        frames = [
            _event(self._views.of(number, fact, wanted.account_id), number)
            for number, fact in enumerate(recorded.facts, recorded.first)
            if wanted.matches(fact)
        ]
        self._unmarked += len(recorded.facts)
        if frames:
            self._quiet = self._unmarked = 0
            yield b"".join(frames)
        elif self._unmarked >= MAX_UNMARKED:
            self._unmarked = 0
            yield mark(recorded.first + len(recorded.facts) - 1)

    def tick(self, seconds: float) -> Iterator[bytes]:
        """A comment where it was quiet for long."""
        self._quiet += seconds
        if self._quiet >= QUIET_SECONDS:
            self._quiet = 0.0
            yield STILL_HERE

    def end(self, why: End, last: int) -> Iterator[bytes]:
        """The last event says why."""
        yield _event({"kind": why.value, "detail": ENDS[why], "last": last})


def mark(number: int) -> bytes:
    """Tells a reader how far it has come."""
    return f"id: {number}\n\n".encode()


def _event(view: dict[str, object], number: int | None = None) -> bytes:
    head = "" if number is None else f"id: {number}\n"
    return f"{head}event: {view['kind']}\n".encode() + b"data: " + msgspec.json.encode(view) + b"\n\n"
