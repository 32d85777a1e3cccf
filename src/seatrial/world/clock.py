"""The only clock: a world's time, live or frozen, at any speed. It never goes back before what happened.

It follows the machine's clock, which can be wrong for a while. Where that stands behind what the world has shown, the
world goes on at half its pace until the two agree again; it is not ahead for good.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import msgspec
from msgspec import Struct

NORMAL_PPM: Final = 1_000_000
FASTEST_PPM: Final = 10**6 * NORMAL_PPM
LATEST_NS: Final = 4_102_444_800 * 10**9
"""The year 2100, when time stands still: every sum of two such moments fits the store's columns."""


class ClockNote(Struct, frozen=True):
    """How a clock runs: at `real_ns` it showed `world_ns`. Kept by the store, so that a restart goes on from it."""

    world_ns: int
    real_ns: int
    frozen: bool = False
    speed_ppm: int = NORMAL_PPM
    happened_ns: int = 0
    """The last moment at which anything happened; time may go back to it. 0: nobody noted it."""


class Clock:
    """A world's time, in nanoseconds of UNIX time."""

    def __init__(
        self,
        note: ClockNote | None = None,
        read: Callable[[], int] = time.time_ns,  # noqa: TID251  the only place that asks the computer
        shown_ns: int = 0,
    ) -> None:
        self.real_ns = read
        """What the computer's own clock shows."""
        now_ns = read()
        self.go_on(note or ClockNote(now_ns, now_ns), shown_ns)

    def go_on(self, note: ClockNote, shown_ns: int) -> None:
        """Run as the note says, from the last thing that happened, or from `shown_ns` if nobody noted that."""
        self.note = msgspec.structs.replace(note, happened_ns=0)
        self.happened_ns = note.happened_ns
        self._shown_ns = note.happened_ns or shown_ns or note.world_ns
        self._shown_at_ns = self.real_ns()

    def now_ns(self) -> int:
        """What the clock shows."""
        note = self.note
        if note.frozen:
            return note.world_ns
        real_ns = self.real_ns()
        passed_ns = real_ns - note.real_ns
        now_ns = note.world_ns + (
            passed_ns if note.speed_ppm == NORMAL_PPM else passed_ns * note.speed_ppm // NORMAL_PPM
        )
        if now_ns < self._shown_ns:
            return self._wait(real_ns)
        if now_ns > LATEST_NS:  # noqa: PLR1730  calling min takes longer, and every call asks for the time
            now_ns = LATEST_NS
        self._shown_ns, self._shown_at_ns = now_ns, real_ns
        return now_ns

    def _wait(self, real_ns: int) -> int:
        """Go at half the pace: the machine's clock is behind."""
        step_ns = (real_ns - self._shown_at_ns) * self.note.speed_ppm // (2 * NORMAL_PPM)
        if step_ns:
            self._shown_ns, self._shown_at_ns = min(self._shown_ns + max(0, step_ns), LATEST_NS), real_ns
        return self._shown_ns

    @property
    def ahead_ns(self) -> int:
        """How far the world is ahead of what the computer's clock would make it."""
        note, now_ns = self.note, self.now_ns()
        if note.frozen:
            return 0
        return max(0, now_ns - note.world_ns - (self.real_ns() - note.real_ns) * note.speed_ppm // NORMAL_PPM)

    def real_seconds_until(self, world_ns: int) -> float | None:
        """How long until the clock shows that; None while it is frozen, or when it never will."""
        note = self.note
        if note.frozen or world_ns > LATEST_NS:
            return None
        left_ns = max(0, world_ns - self.now_ns())
        return (left_ns + min(left_ns, self.ahead_ns)) * NORMAL_PPM / note.speed_ppm / 1e9

    def set(self, *, frozen: bool | None = None, speed_ppm: int | None = None, now_ns: int | None = None) -> None:
        """Change how it runs, or move it on. `now_ns` is in the world's past only if the world begins again."""
        note = self.note
        is_frozen = note.frozen if frozen is None else frozen
        pace_ppm = note.speed_ppm if speed_ppm is None else speed_ppm
        if now_ns is None and (is_frozen, pace_ppm) == (note.frozen, note.speed_ppm):
            return  # a moment noted anew would make an error of the machine's clock last
        self._shown_ns = here_ns = self.now_ns() if now_ns is None else now_ns
        self._shown_at_ns = real_ns = self.real_ns()
        self.happened(here_ns)
        self.note = ClockNote(here_ns, real_ns, is_frozen, pace_ppm)

    def happened(self, at_ns: int) -> None:
        """Something happened: from now on time does not go back before it."""
        self.happened_ns = at_ns

    def text(self) -> str:
        """Its note, for the store."""
        return msgspec.json.encode(msgspec.structs.replace(self.note, happened_ns=self.happened_ns)).decode()


def read_note(text: str) -> ClockNote:
    """A note as the store kept it."""
    return msgspec.json.decode(text, type=ClockNote)


def iso(at_ns: int) -> str:
    """A moment as RFC 3339 in UTC, as fine as it is."""
    seconds, fraction = divmod(at_ns, 10**9)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{fraction:09d}".rstrip("0").rstrip(".") + "Z" if fraction else f"{text}Z"
