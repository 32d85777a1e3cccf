"""The parameters of a call, out of its body or query string, and readers that refuse what they do not understand.

Parsing never raises and keeps every value as the text that was sent (JSON numbers too: 1.10 stays "1.10"), so the nonce
is at hand for the signature whatever else is wrong. What is wrong shows when the argument is read, as `BadCall`.
That keeps the documented order of checks: key, signature, nonce, one-time password, permission, counter, arguments.

One flat form holds both body formats: the JSON `{"orders": [{"volume": 1}]}` and the form field `orders[0][volume]=1`
are the same parameter `orders[0][volume]`.
Source: kraken-rest#bodies for the formats and what is tolerated, kraken-rest#general-errors for the errors.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Never, TypeVar
from urllib.parse import unquote

import msgspec

from seatrial.dialects.kraken.errors import BAD_REQUEST, BadCall, bad_argument

MAX_FIELDS: Final = 2000
"""Decided. The largest documented call, a batch of 15 orders, has about 250."""
MAX_DEPTH: Final = 4
"""Decided: `orders[0][close][price]` is the deepest documented name. What lies deeper cannot be read."""
MAX_NS: Final = 2**63 - 1
"""Later times mean the same as this one; it is also the largest number of the stores' columns."""

_FORM: Final = b"application/x-www-form-urlencoded"
_JSON: Final = b"application/json"
_NOT_PLAIN: Final = b'+%[\\"'
"""What means something else than itself, in a form or in JSON."""
_UNREADABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_INTEGER = re.compile(r"-?[0-9]{1,20}")
_DECIMAL = re.compile(r"[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30}")
_TIME = re.compile(r"([0-9]{1,20})(?:\.([0-9]{0,30}))?")
_MOMENT = re.compile(r"([+ ]?)([0-9]{1,20})(?:\.([0-9]{0,30}))?")
_RFC3339 = re.compile(r"([0-9-]{10}[Tt ][0-9:]{8})(?:\.([0-9]{1,9}))?([Zz]|[-+ ][0-9]{2}:[0-9]{2})")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INDEX = re.compile(r"[0-9]{1,4}")

_NONE: Final[Mapping[str, list[str]]] = {}

_Default = TypeVar("_Default")
_Pair = tuple[str, str]


class Params:
    """The parameters of a call, by name. Every reader raises `BadCall` on what it cannot read.

    An empty text is an absent parameter. A text holding control characters or broken UTF-8, and a single parameter that
    was sent twice, cannot be read. Decided: no source says; see kraken-rest#bodies.
    """

    __slots__ = ("_fields", "_nested", "_repeated")

    def __init__(
        self,
        fields: dict[str, str],
        repeated: Mapping[str, list[str]] = _NONE,
        nested: AbstractSet[str] = frozenset(),
    ) -> None:
        self._fields = fields
        self._repeated = repeated
        self._nested = nested

    @property
    def nonce(self) -> str | None:
        """The text of the nonce as it was hashed by the caller; None when it is missing or not one value."""
        return self._fields.get("nonce") or None

    def text(self, name: str) -> str | None:
        """A text as it was sent, spaces included."""
        value = self._fields.get(name)
        if not value:
            if value is None and (name in self._repeated or name in self._nested):
                raise bad_argument(name)
            return None
        return value if value.isprintable() else _readable(name, value)

    def exactly(self, names: tuple[str, ...]) -> list[str] | None:
        """The values of these names as they were sent, be they readable or not; None if others were sent, or twice."""
        fields = self._fields
        if len(fields) != len(names) or self._repeated or self._nested:
            return None
        try:
            return list(map(fields.__getitem__, names))
        except KeyError:
            return None

    def required(self, name: str) -> str:
        """A text that must be there."""
        value = self.text(name)
        if value is None:
            raise bad_argument(name)
        return value

    def boolean(self, name: str, default: bool) -> bool:  # noqa: FBT001 - the value itself
        """True or 1, false or 0, in any letter case. Source: kraken-rest#bodies."""
        value = self.text(name)
        if value is None:
            return default
        match value.lower():
            case "true" | "1":
                return True
            case "false" | "0":
                return False
        raise bad_argument(name)

    def strict_boolean(self, name: str, default: bool) -> bool:  # noqa: FBT001 - the value itself
        """True or false, in small letters only. Source: kraken-rest#bodies, tried live on 2026-09-14."""
        value = self.choice(name, ("true", "false"), None)
        return default if value is None else value == "true"

    def flag_any(self, name: str) -> bool:
        """Whether a flag is set that anything but false and 0 sets.

        Source: venue-pages#testing-with-validate (validate=anything); kraken-rest#bodies
        (clients send validate=False and mean it).
        """
        value = self.text(name)
        return value is not None and value.lower() not in ("false", "0")

    def integer(self, name: str, low: int, high: int) -> int | None:
        """A whole number from low to high, both included."""
        value = self.text(name)
        if value is None:
            return None
        if not _INTEGER.fullmatch(value):
            raise bad_argument(name)
        number = int(value)
        if not low <= number <= high:
            raise bad_argument(name)
        return number

    def decimal(self, name: str) -> str | None:
        """The text of a plain decimal: digits and at most one dot; no sign, no exponent."""
        value = self.text(name)
        if value is not None and not _DECIMAL.fullmatch(value):
            raise bad_argument(name)
        return value

    def choice(self, name: str, allowed: Collection[str], default: _Default) -> str | _Default:
        """One of some words, in their own letter case."""
        value = self.text(name)
        if value is None:
            return default
        if value not in allowed:
            raise bad_argument(name)
        return value

    def required_choice(self, name: str, allowed: Collection[str]) -> str:
        """One of some words, which must be there."""
        value = self.text(name)
        if value is None or value not in allowed:
            raise bad_argument(name)
        return value

    def time_ns(self, name: str) -> int | None:
        """A time in Unix seconds with any decimals, exactly, as nanoseconds. Digits past the ninth are cut off.

        Source: kraken-rest#times. Decided: a time too far away to count is `MAX_NS`.
        """
        value = self.text(name)
        if value is None:
            return None
        match = _TIME.fullmatch(value)
        if match is None:
            raise bad_argument(name)
        return min(int(match[1] + (match[2] or "")[:9].ljust(9, "0")), MAX_NS)

    def rfc3339_ns(self, name: str) -> int | None:
        """A time as RFC 3339 writes it, a raw plus of its zone as the space that it arrives as, in nanoseconds."""
        value = self.text(name)
        if value is None:
            return None
        match = _RFC3339.fullmatch(value)
        if match is None:
            raise bad_argument(name)
        whole, fraction, zone = match.groups()
        try:
            since_epoch = datetime.fromisoformat(whole + zone.replace(" ", "+").upper()) - _EPOCH
        except ValueError:
            raise bad_argument(name) from None
        return since_epoch // timedelta(seconds=1) * 10**9 + int((fraction or "").ljust(9, "0"))

    def moment_ns(self, name: str, at_ns: int) -> int:
        """`0`, Unix seconds, or `+seconds` from now; 0 when absent. A raw plus arrives as a space.

        Source: kraken-orders#parameters. Decided: a time too far away to count is `MAX_NS`.
        """
        value = self.text(name)
        if value is None or value == "0":
            return 0
        match = _MOMENT.fullmatch(value)
        if match is None:
            raise bad_argument(name)
        offset_ns = int(match[2] + (match[3] or "")[:9].ljust(9, "0"))
        return min(at_ns + offset_ns if match[1] else offset_ns, MAX_NS)

    def comma_list(self, name: str, maximum: int) -> tuple[str, ...]:
        """A list of at most `maximum` texts, however it was sent; empty when absent.

        Commas with or without spaces, the same key again, `name[0]` and `name[]`, a JSON array, or the text of a JSON
        array in a form. Empty members do not count. Source: kraken-rest#bodies.
        """
        found = self._texts(name)
        if not found:
            return ()
        texts = [member.strip() for text in found for member in text.split(",")]
        members = tuple(member for member in texts if member)
        if len(members) > maximum:
            raise bad_argument(name)
        return members

    def classified_list(self, name: str, maximum: int) -> tuple[tuple[str, str | None], ...]:
        """A list of at most `maximum` names, each with its class or None: texts, or objects of `asset` and `aclass`.

        The texts may be sent as `comma_list` takes them, the objects as JSON, as the text of JSON in a form, or as
        `name[0][asset]`; not both in one list. Source: kraken-rest#bodies.
        """
        value = self._fields.get(name)
        if value and value.startswith("["):
            return _json_list(name, value).classified_list(name, maximum)
        if next(self._row_names(name), None) is None:
            return tuple((text, None) for text in self.comma_list(name, maximum))
        return tuple((row.required("asset"), row.text("aclass")) for row in self.rows(name, maximum))

    def group(self, name: str) -> "Params | None":
        """The parameters inside `name[…]` or `name.…`; None when there are none. Source: kraken-orders#parameters."""
        if self._fields.get(name) or name in self._repeated:
            raise bad_argument(name)
        dotted = name + "."
        bracketed = self._inside(name) if name in self._nested else ()
        pairs = [(inner + tail, value) for inner, tail, value in bracketed]
        for key in (*self._fields, *self._repeated):
            if key.startswith(dotted):
                values = self._repeated.get(key) or (self._fields[key],)
                pairs += [(key[len(dotted) :], value) for value in values]
        return _build(pairs) if pairs else None

    def has_rows(self, name: str) -> bool:
        """Whether there are groups inside `name[0]` and the like."""
        return name in self._nested and next(self._row_names(name), None) is not None

    def rows(self, name: str, maximum: int) -> "tuple[Params, ...]":
        """The groups inside `name[0]`, `name[1]`, …, at most `maximum`, in the order of their numbers.

        They may be sent as the text of JSON, too. Source: kraken-rest#bodies.
        """
        value = self._fields.get(name)
        if value and value.startswith("["):
            return _json_list(name, value).rows(name, maximum)
        if self._fields.get(name) or name in self._repeated:
            raise bad_argument(name)
        rows: dict[int, list[_Pair]] = {_index(name, inner): [] for inner in self._row_names(name)}
        for inner, tail, value in self._inside(name):
            row = rows.setdefault(_index(name, inner), [])
            if not tail:
                raise bad_argument(name)
            row.append(("".join(_open(tail)), value))
        if len(rows) > maximum:
            raise bad_argument(name)
        return tuple(_build(rows[number]) for number in sorted(rows))

    def _texts(self, name: str) -> list[str]:
        if name in self._repeated:
            return [_readable(name, value) for value in self._repeated[name]]
        if name in self._nested and name not in self._fields:
            return self._members(name)
        value = self.text(name)
        if value is None:
            return []
        return _json_texts(name, value) if value.startswith("[") else [value]

    def _members(self, name: str) -> list[str]:
        members: dict[int, str] = {}
        for inner, tail, value in self._inside(name):
            number = _index(name, inner)
            if tail or number in members:
                raise bad_argument(name)
            members[number] = _readable(name, value)
        if next(self._row_names(name), None) is not None:
            raise bad_argument(name)
        return [members[number] for number in sorted(members)]

    def _inside(self, name: str) -> Iterator[tuple[str, str, str]]:
        """For each `name[inner]tail`: inner, tail and value."""
        for key, value in self._pairs():
            if key.startswith(name) and key[len(name) : len(name) + 1] == "[":
                inner, tail = _open(key[len(name) :])
                yield inner, tail, value

    def _row_names(self, name: str) -> Iterator[str]:
        """Each n for which `name[n]` is a group, an empty one too."""
        for key in self._nested:
            if key.startswith(name) and key[len(name) : len(name) + 1] == "[":
                yield _open(key[len(name) :])[0]

    def _pairs(self) -> Iterator[_Pair]:
        yield from self._fields.items()
        for name, values in self._repeated.items():
            for value in values:
                yield name, value


def parse_body(content_type: bytes | None, body: bytes) -> Params | BadCall:
    """The parameters of a private call. `BadCall` only when the body as a whole cannot be read.

    Without a content type of either format, a body that starts with `{` is JSON. Source: kraken-rest#bodies.
    """
    return _parse_json(body) if _is_json(content_type, body) else _parse_form(body)


def parse_query(query: bytes) -> Params | BadCall:
    """The parameters of a public call."""
    return _parse_form(query)


def _is_json(content_type: bytes | None, body: bytes) -> bool:
    if content_type == _FORM:
        return False
    if content_type is not None:
        media = content_type.partition(b";")[0].strip().lower()
        if media in (_FORM, _JSON):
            return media == _JSON
    return body.startswith(b"{")


def _parse_form(raw: bytes) -> Params | BadCall:
    """Most forms say each name once and escape nothing.

    With its `&` and `=` spelled as in JSON such a form is JSON, if it is a form at all, and that is read in one go.
    """
    if raw.translate(None, _NOT_PLAIN) != raw:
        return _parse_any_form(raw)
    try:
        fields = _decode_texts(b'{"' + raw.replace(b"&", b'","').replace(b"=", b'":"') + b'"}')
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _parse_any_form(raw)
    return Params(fields) if len(fields) == raw.count(b"=") <= MAX_FIELDS else _parse_any_form(raw)


def _parse_any_form(raw: bytes) -> Params | BadCall:
    """Bytes that are not UTF-8 become lone surrogates, which no reader lets through.

    A broken escape (`%zz`) stays as it stands, as in other servers.
    """
    parts = raw.decode(errors="surrogateescape").replace("+", " ").split("&")
    return BadCall(BAD_REQUEST) if len(parts) > MAX_FIELDS else _build(map(_unescape, parts))


def _unescape(part: str) -> _Pair:
    name, _, value = part.partition("=")
    if "%" in name:
        name = unquote(name, errors="surrogateescape")
    if "%" in value:
        value = unquote(value, errors="surrogateescape")
    return name, value


def _build(pairs: Iterable[_Pair], nested: Iterable[str] = ()) -> Params:
    """Parameters of which some may be repeated or nested."""
    fields: dict[str, str] = {}
    repeated: dict[str, list[str]] = {}
    groups = set(nested)
    for sent_name, value in pairs:
        name = sent_name.removesuffix("[]")
        if name in repeated:
            repeated[name].append(value)
        elif name in fields:
            repeated[name] = [fields.pop(name), value]
        elif name != sent_name:
            repeated[name] = [value]
        else:
            fields[name] = value
        if "[" in name:
            groups.update(_groups_of(name))
    return Params(fields, repeated, groups)


def _groups_of(name: str) -> Iterator[str]:
    """For `orders[0][volume]`: `orders` and `orders[0]`."""
    at = name.find("[")
    for _ in range(MAX_DEPTH):
        if at < 1:
            return
        yield name[:at]
        at = name.find("[", at + 1)


def _parse_json(body: bytes) -> Params | BadCall:
    try:
        document = _DECODER.decode(body.decode(errors="surrogateescape"))
    except (ValueError, RecursionError):
        return BadCall(BAD_REQUEST)
    if not isinstance(document, tuple):
        return BadCall(BAD_REQUEST)
    pairs: list[_Pair] = []
    nested: list[str] = []
    for name, value in document:
        _flatten(name, value, pairs, nested, 1)
    return BadCall(BAD_REQUEST) if _is_too_large(pairs, nested) else _build(pairs, nested)


def _flatten(name: str, value: Any, pairs: list[_Pair], nested: list[str], depth: int) -> None:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        pairs.append((name, value))
    elif isinstance(value, bool):
        pairs.append((name, "true" if value else "false"))
    elif value is not None:
        nested.append(name)
        if depth == MAX_DEPTH:
            return
        for key, inner in value if isinstance(value, tuple) else enumerate(value):
            if _is_too_large(pairs, nested):
                return
            _flatten(f"{name}[{key}]", inner, pairs, nested, depth + 1)


def _is_too_large(pairs: list[_Pair], nested: list[str]) -> bool:
    return len(pairs) + len(nested) > MAX_FIELDS


def _refuse_constant(text: str) -> Never:
    raise ValueError(text)


_pairs_as_tuple: Callable[[list[tuple[str, Any]]], tuple[tuple[str, Any], ...]] = tuple
_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_pairs_as_tuple, parse_int=str, parse_float=str, parse_constant=_refuse_constant
)
"""Objects become tuples of pairs, so that none is lost; numbers stay text; NaN and Infinity are no JSON."""


_decode_texts: Final = msgspec.json.Decoder(dict[str, str]).decode


def _json_list(name: str, text: str) -> Params:
    """A list that was sent as the text of JSON, as if it had been sent as JSON."""
    try:
        members = _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise bad_argument(name) from None
    pairs: list[_Pair] = []
    nested: list[str] = []
    _flatten(name, members, pairs, nested, 1)
    if _is_too_large(pairs, nested):
        raise bad_argument(name)
    return _build(pairs, nested)


def _json_texts(name: str, text: str) -> list[str]:
    try:
        members = _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise bad_argument(name) from None
    if not all(isinstance(member, str) for member in members):
        raise bad_argument(name)
    return [_readable(name, member) for member in members]


def _readable(name: str, value: str) -> str:
    if not value.isprintable() and _UNREADABLE.search(value):
        raise bad_argument(name)
    return value


def _open(text: str) -> _Pair:
    """Split `[inner]tail` into inner and tail."""
    inner, _, tail = text[1:].partition("]")
    return inner, tail


def _index(name: str, inner: str) -> int:
    if not _INDEX.fullmatch(inner):
        raise bad_argument(name)
    return int(inner)
