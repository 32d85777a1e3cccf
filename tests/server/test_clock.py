"""The only clock: live or frozen, at any speed, and never back."""

import msgspec
import pytest

from seatrial.server.control.times import read_as_of, read_duration, read_moment, read_speed
from seatrial.server.host.opening import BadText
from seatrial.world.clock import FASTEST_PPM, LATEST_NS, NORMAL_PPM, Clock, ClockNote, iso, read_note

SECOND = 10**9
NOON = 1_790_856_000 * SECOND
"""2026-10-01 12:00:00 UTC."""


class Wall:
    """The machine's own clock, which a test turns."""

    def __init__(self) -> None:
        self.now_ns = NOON

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def wall() -> Wall:
    """A wall clock at noon."""
    return Wall()


@pytest.fixture
def clock(wall: Wall) -> Clock:
    """A world's clock that began at noon."""
    return Clock(read=wall)


def test_a_live_clock_shows_the_wall_clocks_time(clock: Clock, wall: Wall) -> None:
    wall.now_ns += 5
    assert clock.now_ns() == NOON + 5


def test_a_frozen_clock_stands_still(clock: Clock, wall: Wall) -> None:
    clock.set(frozen=True)
    wall.now_ns += SECOND
    assert clock.now_ns() == NOON


def test_a_clock_goes_on_from_where_it_was_frozen(clock: Clock, wall: Wall) -> None:
    clock.set(frozen=True)
    wall.now_ns += SECOND
    clock.set(frozen=False)
    wall.now_ns += 7
    assert clock.now_ns() == NOON + 7


def test_a_fast_clock_gains_from_the_moment_it_was_sped_up(clock: Clock, wall: Wall) -> None:
    wall.now_ns += SECOND
    clock.set(speed_ppm=60 * NORMAL_PPM)
    wall.now_ns += SECOND
    assert clock.now_ns() == NOON + 61 * SECOND


def test_a_slow_clock_loses(clock: Clock, wall: Wall) -> None:
    clock.set(speed_ppm=NORMAL_PPM // 4)
    wall.now_ns += SECOND
    assert clock.now_ns() == NOON + SECOND // 4


def test_a_moved_clock_keeps_its_pace(clock: Clock, wall: Wall) -> None:
    clock.set(speed_ppm=2 * NORMAL_PPM)
    clock.set(now_ns=NOON + 3600 * SECOND)
    wall.now_ns += SECOND
    assert clock.now_ns() == NOON + 3602 * SECOND


def test_time_stands_rather_than_going_back_with_the_wall_clock(clock: Clock, wall: Wall) -> None:
    wall.now_ns -= 3600 * SECOND
    assert clock.now_ns() == NOON


HOUR = 3600 * SECOND


def test_time_goes_at_half_its_pace_until_the_wall_clock_has_caught_up(clock: Clock, wall: Wall) -> None:
    wall.now_ns -= HOUR
    assert clock.now_ns() == NOON
    for second in range(1, 8_000):
        wall.now_ns += SECOND
        assert abs(clock.now_ns() - max(NOON + second * SECOND // 2, wall.now_ns)) <= SECOND // 2
    assert clock.now_ns() == wall.now_ns > NOON + HOUR


def test_a_wall_clock_that_was_behind_leaves_no_trace(clock: Clock, wall: Wall) -> None:
    text = clock.text()
    wall.now_ns = NOON - HOUR
    behind = Clock(read_note(text), wall, shown_ns=NOON)
    behind.set()
    wall.now_ns += 10 * SECOND
    assert behind.now_ns() == NOON + 5 * SECOND
    behind.happened(behind.now_ns())
    wall.now_ns = NOON + 60 * SECOND
    assert behind.now_ns() == wall.now_ns
    assert Clock(read_note(behind.text()), wall, shown_ns=NOON + 5 * SECOND).now_ns() == wall.now_ns


def test_a_wall_clock_that_was_ahead_leaves_none_where_nothing_happened(clock: Clock, wall: Wall) -> None:
    clock.happened(NOON)
    wall.now_ns = NOON + HOUR
    assert clock.now_ns() == wall.now_ns
    wall.now_ns = NOON + SECOND
    again = Clock(read_note(clock.text()), wall, shown_ns=NOON + HOUR)
    assert (again.now_ns(), again.ahead_ns) == (wall.now_ns, 0)


def test_what_happened_is_not_undone(clock: Clock, wall: Wall) -> None:
    clock.happened(NOON + HOUR)
    again = Clock(read_note(clock.text()), wall)
    assert (again.now_ns(), again.ahead_ns) == (NOON + HOUR, HOUR)
    assert again.real_seconds_until(NOON + HOUR + 10 * SECOND) == 20
    assert again.real_seconds_until(NOON + 3 * HOUR) == 3 * 3600
    wall.now_ns += HOUR // 2
    assert (again.now_ns(), again.ahead_ns) == (NOON + HOUR * 5 // 4, HOUR * 3 // 4)
    wall.now_ns += 2 * HOUR
    assert (again.now_ns(), again.ahead_ns) == (wall.now_ns, 0)


def test_who_sets_the_clock_has_it_go_on_from_there(clock: Clock, wall: Wall) -> None:
    wall.now_ns -= HOUR
    clock.set(now_ns=NOON + SECOND)
    wall.now_ns += SECOND
    assert (clock.now_ns(), clock.ahead_ns) == (NOON + 2 * SECOND, 0)


def test_a_clock_that_is_not_changed_forgets_nothing(clock: Clock, wall: Wall) -> None:
    before = clock.note
    wall.now_ns -= HOUR
    clock.set()
    clock.set(frozen=False, speed_ppm=NORMAL_PPM)
    assert clock.note == before


def test_time_stands_still_at_its_end(clock: Clock, wall: Wall) -> None:
    clock.set(speed_ppm=FASTEST_PPM)
    wall.now_ns += 10**6 * SECOND
    assert clock.now_ns() == LATEST_NS
    assert iso(LATEST_NS) == "2100-01-01T00:00:00Z"
    assert clock.real_seconds_until(LATEST_NS + 1) is None


@pytest.mark.parametrize(("speed_ppm", "seconds"), [(NORMAL_PPM, 30), (60 * NORMAL_PPM, 0.5), (NORMAL_PPM // 2, 60)])
def test_it_says_how_long_to_wait_at_its_pace(clock: Clock, speed_ppm: int, seconds: float) -> None:
    clock.set(speed_ppm=speed_ppm)
    assert clock.real_seconds_until(NOON + 30 * SECOND) == seconds


def test_what_is_past_needs_no_waiting(clock: Clock) -> None:
    assert clock.real_seconds_until(NOON - 1) == 0


def test_a_frozen_clock_shows_no_later_moment(clock: Clock) -> None:
    clock.set(frozen=True)
    assert clock.real_seconds_until(NOON + 1) is None


def test_a_live_clock_counts_the_time_while_the_server_was_down(clock: Clock, wall: Wall) -> None:
    clock.set(speed_ppm=2 * NORMAL_PPM)
    text = clock.text()
    wall.now_ns += 10 * SECOND
    assert Clock(read_note(text), wall).now_ns() == NOON + 20 * SECOND


def test_a_frozen_clock_is_still_frozen_after_a_restart(clock: Clock, wall: Wall) -> None:
    clock.set(frozen=True, speed_ppm=3 * NORMAL_PPM)
    text = clock.text()
    wall.now_ns += 10 * SECOND
    again = Clock(read_note(text), wall)
    assert again.now_ns() == NOON
    assert again.note == ClockNote(NOON, NOON, frozen=True, speed_ppm=3 * NORMAL_PPM)


@pytest.mark.parametrize(
    ("given", "at_ns"),
    [
        (1_790_856_000, NOON),
        ("1790856000.5", NOON + SECOND // 2),
        ("2026-10-01T12:00:00Z", NOON),
        ("2026-10-01T12:00", NOON),
        ("2026-10-01 14:00:00.25+02:00", NOON + SECOND // 4),
        ("2026-10-01", NOON - 12 * 3600 * SECOND),
        ("1970-01-01", 0),
        (" 2026-10-01T12:00:00.000000001Z ", NOON + 1),
        (0, 0),
        (NOON + 1, NOON + 1),
        (str(NOON), NOON),
    ],
)
def test_a_moment_is_read_exactly(given: str | int, at_ns: int) -> None:
    assert read_moment(given) == at_ns


@pytest.mark.parametrize(
    "given",
    [
        "",
        "noon",
        "-1",
        "1e9",
        "nan",
        "2026-02-30",
        "1969-12-31T23:59:59.999999999Z",
        "0001-01-01T00:00+23:59",
        "2026-10-01T25:00",
        "2026-10-01T12:00+99:00",
        "\uff11\uff17",
        1e300,
        "1_000",
    ],
)
def test_what_is_no_moment_is_refused(given: str | float) -> None:
    with pytest.raises(BadText):
        read_moment(given)


@pytest.mark.parametrize(
    ("given", "duration_ns"),
    [
        (90, 90 * SECOND),
        ("24h", 86_400 * SECOND),
        ("1.5d", 129_600 * SECOND),
        ("250ms", SECOND // 4),
        ("1ns", 1),
        (0.5, SECOND // 2),
    ],
)
def test_a_duration_is_read_exactly(given: str | float, duration_ns: int) -> None:
    assert read_duration(given) == duration_ns


@pytest.mark.parametrize("given", ["", "h", "-1", "1 h", "1y", "1e3", "inf", float("nan"), "1.0000000001"])
def test_what_is_no_duration_is_refused(given: str | float) -> None:
    with pytest.raises(BadText):
        read_duration(given)


@pytest.mark.parametrize(
    ("given", "day"),
    [("2024", "2024-01-01"), ("2024-02", "2024-02-01"), (" 2024-02-29 ", "2024-02-29"), ("2011", "2011-01-01")],
)
def test_a_day_of_the_venues_begins_in_utc(given: str, day: str) -> None:
    assert read_as_of(given) == read_moment(day)


def test_the_venues_go_by_the_clock_again_by_that_word() -> None:
    assert read_as_of("clock") == read_as_of("Clock") == 0


@pytest.mark.parametrize(
    "given", ["", "now", "2010", "2100", "2024-13", "2024-02-30", "24-01", "2024-1", "1704067200", "\uff12024"]
)
def test_what_is_no_day_of_the_venues_is_refused(given: str) -> None:
    with pytest.raises(BadText):
        read_as_of(given)


@pytest.mark.parametrize(("given", "speed_ppm"), [(1, 10**6), ("60x", 60 * 10**6), (0.5, 500_000), ("0.000001", 1)])
def test_a_speed_is_read_exactly(given: str | float, speed_ppm: int) -> None:
    assert read_speed(given) == speed_ppm


@pytest.mark.parametrize("given", [0, "0.0000001", -1, "fast", "1h", 1_000_001, "x"])
def test_what_is_no_speed_is_refused(given: str | float) -> None:
    with pytest.raises(BadText):
        read_speed(given)


def test_a_note_without_its_speed_is_of_a_normal_clock() -> None:
    assert read_note('{"world_ns":1,"real_ns":2}') == ClockNote(1, 2)
    with pytest.raises(msgspec.ValidationError):
        read_note("{}")
