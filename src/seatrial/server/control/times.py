"""Moments and durations as people write them."""

import re
from datetime import datetime
from typing import Final

from seatrial.dialects.dated import moment_of
from seatrial.server.host.opening import BadText
from seatrial.world.clock import FASTEST_PPM, LATEST_NS, iso

CLOCK: Final = "clock"
_FIRST_AS_OF_NS: Final = moment_of("2011")

_UNITS: Final = {
    "ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, "d": 86400 * 10**9,
    "w": 604800 * 10**9,
}  # fmt: skip
_DURATION: Final = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,9}))?(ns|us|ms|s|m|h|d|w)?", re.ASCII)
_NANOSECONDS: Final = re.compile(r"[0-9]{19}", re.ASCII)
_SECONDS: Final = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,9})[0-9]*)?", re.ASCII)
_DATE_DIGITS: Final = re.compile(r"(19[7-9]\d|20\d\d)(?:(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])?)?", re.ASCII)
_ISO: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)


def read_moment(given: str | float) -> int:
    """UNIX seconds, or a date with or without time (UTC unless it says otherwise), in nanoseconds.

    A whole number of 19 digits is in nanoseconds already. One that looks like a year or a day, 2030 or 20300101, is
    refused: as seconds it would be a moment of 1970 that nobody means. Raises `BadText`.
    """
    text = str(given).strip()
    if date := _DATE_DIGITS.fullmatch(text):
        day = "-".join(part or "01" for part in date.groups())
        raise BadText(f"{text!r} may be a date or seconds since 1970: give {day}, or {iso(int(text) * 10**9)}")
    if _NANOSECONDS.fullmatch(text):
        return int(text)
    match = _SECONDS.fullmatch(text)
    if match is not None:
        return int(match[1]) * 10**9 + _fraction(match[2])
    match = _ISO.fullmatch(text)
    if match is None:
        raise BadText(f"{text!r} is no moment: give UNIX seconds, or a time like 2026-01-31T12:00:00Z")
    day, clock, fraction, zone = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock or '00:00'}{'+00:00' if zone in (None, 'Z') else zone}")
    except ValueError as error:
        raise BadText(f"{text!r} is no moment: {error}") from error
    if moment.timestamp() < 0:
        raise BadText(f"{text!r} is before 1970: give a later moment")
    return int(moment.timestamp()) * 10**9 + _fraction(fraction)


def read_as_of(text: str) -> int:
    """The beginning of a year, month or day, in nanoseconds; 0 for the word `clock`. Raises `BadText`."""
    if text.strip().lower() == CLOCK:
        return 0
    try:
        moment_ns = moment_of(text.strip())
    except ValueError as error:
        raise BadText(f"{text!r} is no day: {error}; or {CLOCK}, to go by the clock") from error
    if not _FIRST_AS_OF_NS <= moment_ns < LATEST_NS:
        raise BadText(f"{text!r} is no day of a venue: they lie between 2011 and 2099")
    return moment_ns


def read_duration(given: str | float) -> int:
    """Seconds, or a number with a unit such as 24h, 1.5d or 250ms, in nanoseconds."""
    text = str(given).strip()
    match = _DURATION.fullmatch(text)
    if match is None:
        raise BadText(f"{text!r} is no duration: give seconds, or a time like 90s, 24h, 7d")
    unit_ns = _UNITS[match[3] or "s"]
    fraction = match[2] or "0"
    steps: int = 10 ** len(fraction)
    return int(match[1]) * unit_ns + int(fraction) * unit_ns // steps


def read_speed(given: str | float) -> int:
    """How many world seconds per second, such as 1, 60 or "60x", in parts per million."""
    text = str(given).strip().removesuffix("x")
    match = _DURATION.fullmatch(text)
    speed_ppm = 0 if match is None or match[3] else int(match[1]) * 10**6 + _fraction(match[2]) // 10**3
    if not 0 < speed_ppm <= FASTEST_PPM:
        raise BadText(
            f"{given!r} is no speed: give one above 0, at most {FASTEST_PPM // 10**6}; to stop the clock, freeze it"
        )
    return speed_ppm


def _fraction(digits: str | None) -> int:
    """Digits after the point of a second, in nanoseconds."""
    return int((digits or "0")[:9].ljust(9, "0"))
