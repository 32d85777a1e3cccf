"""The only clock: a world's time, live or frozen, at any speed. It never goes back by itself."""

import time
from collections.abc import Callable
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


class Clock:
    """A world's time, in nanoseconds of UNIX time."""

    def __init__(self, note: ClockNote | None = None, read: Callable[[], int] = time.time_ns) -> None:  # noqa: TID251
        self._read = read
        now_ns = read()
        self.note = note or ClockNote(now_ns, now_ns)

    def now_ns(self) -> int:
        """What the clock shows."""
        note = self.note
        if note.frozen:
            return note.world_ns
        now_ns = note.world_ns
        passed_ns = self._read() - note.real_ns
        if passed_ns > 0:
            now_ns += passed_ns if note.speed_ppm == NORMAL_PPM else passed_ns * note.speed_ppm // NORMAL_PPM
        if now_ns > LATEST_NS:
            return LATEST_NS
        return now_ns

    def real_ns(self) -> int:
        """What the computer's own clock shows."""
        return self._read()

    def real_seconds_until(self, world_ns: int) -> float | None:
        """How long until the clock shows that; None while it is frozen, or when it never will."""
        note = self.note
        if note.frozen or world_ns > LATEST_NS:
            return None
        return max(0, world_ns - self.now_ns()) * NORMAL_PPM / note.speed_ppm / 1e9

    def set(self, *, frozen: bool | None = None, speed_ppm: int | None = None, now_ns: int | None = None) -> None:
        """Change how it runs, or move it on. `now_ns` lies in the world's past only where that begins again."""
        here_ns = self.now_ns() if now_ns is None else now_ns
        self.note = ClockNote(
            here_ns,
            self._read(),
            self.note.frozen if frozen is None else frozen,
            self.note.speed_ppm if speed_ppm is None else speed_ppm,
        )

    def text(self) -> str:
        """Its note, for the store."""
        return msgspec.json.encode(self.note).decode()


def read_note(text: str) -> ClockNote:
    """A note as the store kept it."""
    return msgspec.json.decode(text, type=ClockNote)
