"""Downloading the time and sales of a pair into the store, as far as they are not there yet.

Trades and the cursor that follows them are stored together, so a process killed at any moment goes on where it was.
"""

from collections.abc import Callable
from itertools import dropwhile, pairwise, takewhile
from typing import Final, NamedTuple, Protocol

from msgspec import Struct

from seatrial.client.trades import Page, TradesFeed
from seatrial.history.appender import Appender
from seatrial.history.appending import PairAppender
from seatrial.history.manifest import Gap
from seatrial.history.ticks import Tick

COMMIT_TRADES: Final = 50_000
COMMIT_SECONDS: Final = 15.0
"""What is not stored for so long, or is so much, is stored. It is all that a kill can make one ask for again."""


class Progress(Struct, frozen=True):
    """How far a download is."""

    trades: int
    """Downloaded so far."""
    at_ns: int
    """The time that was reached."""
    trade_id: int
    """Of the last trade; 0 when it had none."""


class Watcher(Protocol):
    """Who wants to know how a download is going."""

    def advanced(self, progress: Progress) -> None:
        """More trades are here."""

    def warn(self, text: str) -> None:
        """Something is not as it should be."""


class Bound(NamedTuple):
    """Where to stop: before a trade that is stored, or one that is not wanted."""

    time_ns: int
    trade_id: int = 0

    def is_reached(self, tick: Tick) -> bool:
        """Whether a trade is at or behind it. The id decides where both have one: printed times are coarse."""
        if self.trade_id and tick.trade_id:
            return tick.trade_id >= self.trade_id
        return tick.time_ns >= self.time_ns


class Download:
    """Fills the gaps of one pair's history from one venue."""

    def __init__(
        self, feed: TradesFeed, writer: PairAppender, source: str, watcher: Watcher, monotonic: Callable[[], float]
    ) -> None:
        self._feed = feed
        self._writer = writer
        self._source = source
        self._watcher = watcher
        self._monotonic = monotonic
        self._trades = 0

    def fill(self, gap: Gap) -> bool:
        """Ask for all trades of a stretch of time; whether the venue had them up to its end.

        `VenueError` when it fails; what came until then is stored, whatever the reason to end.
        """
        appender = Appender(self._writer, gap, self._source)
        try:
            return self._walk(appender, gap, self._bound(gap))
        finally:
            appender.commit()

    def _walk(self, appender: Appender, gap: Gap, bound: Bound | None) -> bool:
        stored_at = self._monotonic()
        while True:
            page = self._feed.after(appender.cursor)
            fresh = self._fresh(page.ticks, appender)
            wanted = fresh if bound is None else list(takewhile(lambda tick: not bound.is_reached(tick), fresh))
            if gap.end_ns is not None and len(wanted) < len(fresh):
                skip = len(page.ticks) - len(fresh) + len(wanted)
                self._add(appender, wanted, appender.cursor, gap.end_ns, skip)
                return True
            if _is_last(page, fresh, appender.cursor):
                return False
            self._add(appender, wanted, str(page.last_ns), page.last_ns + 1)
            if appender.waiting >= COMMIT_TRADES or self._monotonic() - stored_at > COMMIT_SECONDS:
                appender.commit()
                stored_at = self._monotonic()

    def _fresh(self, ticks: list[Tick], appender: Appender) -> list[Tick]:
        """Those that are not here yet. A venue should not repeat the trade that was asked with, but some did.

        Source: market-data#since and market-data#equal-times.
        """
        fresh = ticks[appender.skip :]
        if appender.last_id:
            fresh = list(dropwhile(lambda tick: 0 < tick.trade_id <= appender.last_id, fresh))
        elif fresh[:1] == [appender.last_tick] and self._is_repeat(fresh[0], appender.cursor):
            fresh = fresh[1:]
        ids = [appender.last_id, *(tick.trade_id for tick in fresh)]
        for before, after in pairwise(ids):
            if before and after and after != before + 1:
                self._watcher.warn(f"the venue's trade ids jump from {before} to {after}")
        return fresh

    def _is_repeat(self, first: Tick, cursor: str) -> bool:
        """Whether a trade without an id is the one before it again, or another just like it.

        Asked with one nanosecond more, a venue that repeats does not, and one that does not answers as before.
        """
        return self._feed.after(str(int(cursor) + 1)).ticks[:1] != [first]

    def _add(self, appender: Appender, ticks: list[Tick], cursor: str, end_ns: int, skip: int = 0) -> None:
        appender.add(ticks, cursor, end_ns, skip)
        self._trades += len(ticks)
        self._watcher.advanced(Progress(self._trades, end_ns, appender.last_id))

    def _bound(self, gap: Gap) -> Bound | None:
        """Stop before the first trade of what is stored behind the gap, or at the moment that was asked for."""
        if gap.end_ns is None:
            return None
        behind = self._writer.span_from(gap.end_ns)
        if not behind.files or behind.files[0].from_archive:
            return Bound(gap.end_ns)
        return Bound(*self._writer.first_trade(behind))


def _is_last(page: Page, fresh: list[Tick], cursor: str) -> bool:
    """Whether there is no more: an empty page, or nothing new and nowhere to go on. A short page says nothing.

    Trades at the cursor itself that have no id to tell are those that were asked with.
    Source: market-data#downloading.
    """
    return not page.ticks or (page.last_ns <= int(cursor) and not any(tick.trade_id for tick in fresh))
