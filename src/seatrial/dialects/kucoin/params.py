"""The parameters of a call, out of its query string or JSON body, and readers that refuse what they do not understand.

Every value is kept as the text that was sent (JSON numbers too: 1.10 stays "1.10"); what is wrong with one shows when
it is read, as `BadCall`. Parameters that nobody reads, and JSON nulls, are as if they were not there.
Source: kucoin-rest#messages for the refusals, kucoin-rest#order-parameters for numbers instead of texts and for nulls,
kucoin-rest#booleans.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable
from typing import Any, Final, Never, TypeVar
from urllib.parse import unquote

from seatrial.dialects.kucoin.errors import PARAMETER, BadCall, malformed, missing, out_of_range

MAX_FIELDS: Final = 2000
"""Decided. The largest documented call, five orders at once, has under a hundred."""
MAX_EXPONENT: Final = 30
"""Decided. No number here has more digits on either side of its point."""
MAX_NS: Final = 2**63 - 1
"""Later times mean the same as this one; it is also the largest number of the stores' columns."""

MILLISECOND_NS: Final = 10**6
SECOND_NS: Final = 10**9

_UNREADABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_INTEGER = re.compile(r"-?[0-9]{1,20}")
_DECIMAL = re.compile(r"[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30}")
_SCIENTIFIC = re.compile(r"(-?)([0-9]{1,30})(?:\.([0-9]{1,30}))?[eE]([-+]?[0-9]{1,3})")

_Default = TypeVar("_Default")
_Pair = tuple[str, Any]


class Params:
    """The parameters of a call, by name. Every reader raises `BadCall` on what it cannot read.

    An empty text is an absent parameter. A text with control characters or broken UTF-8, one that was sent twice, and
    an array or object where a text is wanted cannot be read (decided).
    """

    __slots__ = ("_fields", "_nested", "_repeated")

    def __init__(self, pairs: Iterable[_Pair]) -> None:
        self._fields: dict[str, str] = {}
        self._nested: dict[str, Any] = {}
        self._repeated: set[str] = set()
        for name, value in pairs:
            if name in self._fields or name in self._nested:
                self._repeated.add(name)
            if isinstance(value, str):
                self._fields[name] = value
            elif isinstance(value, bool):
                self._fields[name] = "true" if value else "false"
            elif value is not None:
                self._nested[name] = value

    def and_one(self, name: str, value: str) -> "Params":
        """These and one more, which stands whatever else goes by its name."""
        more = Params(((name, value),))
        if self._fields or self._nested:
            more._fields = {**self._fields, name: value}
            more._nested = {other: found for other, found in self._nested.items() if other != name}
            more._repeated = self._repeated - {name}
        return more

    def text(self, name: str) -> str | None:
        """A text as it was sent, spaces included."""
        if name in self._repeated or name in self._nested:
            raise BadCall(malformed(name))
        value = self._fields.get(name)
        if not value:
            return None
        if _UNREADABLE.search(value) is not None:
            raise BadCall(malformed(name))
        return value

    def said(self, name: str) -> str | None:
        """The text as it can be said back to its sender; None where it cannot be read. Never raises."""
        try:
            return self.text(name)
        except BadCall:
            return None

    def required(self, name: str) -> str:
        """A text that must be there."""
        value = self.text(name)
        if value is None:
            raise BadCall(missing(name))
        return value

    def boolean(self, name: str) -> bool:
        """True or false in any letter case; false when absent."""
        value = self.text(name)
        if value is None:
            return False
        match value.lower():
            case "true":
                return True
            case "false":
                return False
        raise BadCall(malformed(name))

    def integer(self, name: str, low: int, high: int) -> int | None:
        """A whole number from low to high, both included."""
        value = self.text(name)
        if value is None:
            return None
        if not _INTEGER.fullmatch(value):
            raise BadCall(malformed(name))
        number = int(value)
        if not low <= number <= high:
            raise BadCall(out_of_range(name))
        return number

    def decimal(self, name: str) -> str | None:
        """The text of a plain decimal: digits and at most one point; no sign, no exponent."""
        value = self.text(name)
        if value is not None and not _DECIMAL.fullmatch(value):
            raise BadCall(malformed(name))
        return value

    def choice(self, name: str, allowed: Collection[str], default: _Default) -> str | _Default:
        """One of some words, in their own letter case."""
        value = self.text(name)
        if value is None:
            return default
        if value not in allowed:
            raise BadCall(out_of_range(name))
        return value

    def required_choice(self, name: str, allowed: Collection[str]) -> str:
        """One of some words, which must be there."""
        value = self.choice(name, allowed, None)
        if value is None:
            raise BadCall(missing(name))
        return value

    def milliseconds_ns(self, name: str) -> int | None:
        """A time in whole milliseconds, as nanoseconds. One too far away to count is `MAX_NS` (decided)."""
        value = self.integer(name, 0, 10**20)
        return None if value is None else min(value * MILLISECOND_NS, MAX_NS)

    def comma_list(self, name: str, maximum: int) -> tuple[str, ...]:
        """Texts with commas between them, at most `maximum`; empty when absent. Empty members do not count."""
        value = self.text(name)
        members = tuple(filter(None, value.split(","))) if value else ()
        if len(members) > maximum:
            raise BadCall(out_of_range(name))
        return members

    def rows(self, name: str, maximum: int) -> "tuple[Params, ...]":
        """The objects of a JSON array, one at least and at most `maximum`."""
        rows = self._nested.get(name)
        if rows is None and name not in self._fields:
            raise BadCall(missing(name))
        if name in self._repeated or not isinstance(rows, list) or not all(isinstance(row, tuple) for row in rows):
            raise BadCall(malformed(name))
        if not 1 <= len(rows) <= maximum:
            raise BadCall(out_of_range(name))
        return tuple(Params(row) for row in rows)


NOTHING: Final = Params(())
"""No parameters at all."""


def parse_query(query: bytes) -> Params | BadCall:
    """The parameters of a query string. A plus is a plus; a broken escape (`%zz`) stays as it stands.

    Bytes that are not UTF-8 become lone surrogates, which no reader lets through.
    """
    if not query:
        return NOTHING
    parts = query.decode(errors="surrogateescape").split("&")
    if len(parts) > MAX_FIELDS:
        return BadCall(PARAMETER)
    return Params(_unescape(part) for part in parts)


def parse_body(body: bytes) -> Params | BadCall:
    """The parameters of a JSON body; an empty one has none. `BadCall` when it is no JSON object."""
    if not body:
        return NOTHING
    try:
        document = _DECODER.decode(body.decode(errors="surrogateescape"))
    except (ValueError, RecursionError):
        return BadCall(PARAMETER)
    if not isinstance(document, tuple) or len(document) > MAX_FIELDS:
        return BadCall(PARAMETER)
    return Params(document)


def _unescape(part: str) -> _Pair:
    name, _, value = part.partition("=")
    return unquote(name, errors="surrogateescape"), unquote(value, errors="surrogateescape")


def _plain(number: str) -> str:
    """A JSON number without an exponent, exactly; `1e-05` is how Python writes 0.00001. Left alone when too long."""
    match = _SCIENTIFIC.fullmatch(number)
    if match is None or abs(int(match[4])) > MAX_EXPONENT:
        return number
    sign, whole, fraction = match[1], match[2], match[3] or ""
    places = len(fraction) - int(match[4])
    digits = whole + fraction
    if places <= 0:
        return sign + digits + "0" * -places
    digits = digits.rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


def _refuse_constant(text: str) -> Never:
    raise ValueError(text)


_pairs_as_tuple: Callable[[list[tuple[str, Any]]], tuple[tuple[str, Any], ...]] = tuple
_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_pairs_as_tuple, parse_int=str, parse_float=_plain, parse_constant=_refuse_constant
)
"""Objects become tuples of pairs, so that none is lost; numbers stay text; NaN and Infinity are no JSON."""
