"""Reading the control API's bodies: a field goes by its own name, or by another word that people have for it."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec import Struct

from seatrial.client import shapes
from seatrial.server.host.opening import BadText

OTHER_WORDS: Final[dict[type[Struct], dict[str, str]]] = {
    shapes.NewKey: {
        "api_key_name": "name",
        "otp": "one_time_password",
        "password": "one_time_password",
        "totp": "totp_secret",
        "valid_until": "expiry",
        "expires": "expiry",
        "expires_at": "expiry",
        "ip_allowlist": "ips",
        "allowed_ips": "ips",
    },
    shapes.NewDestination: {"name": "key", "memo": "tag"},
    shapes.Step: {"status-prop": "status_prop"},
}
"""Per kind of body: another word → the field. Decided. Some are venues' own, of GetApiKeyInfo and WithdrawStatus."""


_NUL: Final = b"\\u0000"
"""JSON has no other way to say it. PostgreSQL cannot keep it, so no world does."""


def reader_of(kind: type[Struct]) -> Callable[[bytes], Any]:
    """What reads a body of that kind.

    It raises `msgspec.DecodeError`, or `BadText` when a field is said twice or a text holds a NUL.
    """
    words = OTHER_WORDS.get(kind)
    decoder = msgspec.json.Decoder(kind)

    def read(body: bytes) -> Any:  # noqa: ANN401  a value of that kind
        if _NUL in body:
            raise BadText("no text may hold the character U+0000: leave it out")
        if words is None:
            return decoder.decode(body)
        given = msgspec.json.decode(body)
        return msgspec.convert(_in_our_words(given, words) if isinstance(given, dict) else given, kind)

    return read


def _in_our_words(given: dict[str, Any], words: dict[str, str]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for word, value in given.items():
        field = words.get(word, word)
        if field in named:
            raise BadText(f"{field} is given twice, the second time as {word}: give it once")
        named[field] = value
    return named
