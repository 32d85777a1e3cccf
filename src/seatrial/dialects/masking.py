"""What a log may show of a call: its bytes, without the secrets that clients send in them.

A wrongly signed call is read by nobody, so its body need not be what it should be: names are looked for in anything
that looks like a form, like JSON or like neither, and in case of doubt the rest is hidden.
"""

import re
from typing import Final
from urllib.parse import quote, quote_plus, unquote_to_bytes

MASK: Final = b"***"

MIN_LENGTH: Final = 4
"""Bytes of a known secret that is looked for by itself: shorter ones stand in too many other words."""

_SECRETS: Final = (
    b"otp", b"password", b"passphrase", b"passcode", b"secret", b"signature", b"sign", b"token", b"key", b"2fa",
)  # fmt: skip
"""What the name of a secret ends in, without its punctuation."""

_FIELD: Final = re.compile(
    rb"""(?<![\w%\\.\-\[\]])(?P<name>[\w%\\.\-\[\]]++)(?P<quoted>\\?["']?)\s*(?P<sign>[=:])\s*"""
)
_PLAIN_VALUE: Final = re.compile(
    rb"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|-?[0-9][0-9.eE+-]*|true|false|null)(?=\s*[,}\]]|\s*\Z)""", re.DOTALL
)
_FORM_VALUE: Final = re.compile(rb"[^&]*")
_ESCAPE: Final = re.compile(rb"\\u00([0-9a-fA-F]{2})")
_PUNCTUATION: Final = re.compile(rb"[^0-9a-z]")
_HIDDEN_FIELD: Final = re.compile(rb"(?:%b)[^0-9a-z]*[=:]" % b"|".join(_SECRETS))


def masked(text: bytes, *known: str | None) -> bytes:
    """A part of a call with `***` in the place of each secret: of known ones, and of fields whose names say so."""
    for secret in known:
        if secret is not None and len(secret) >= MIN_LENGTH:
            for form in (secret, quote(secret), quote(secret, safe=""), quote_plus(secret), secret.replace("/", "\\/")):
                text = text.replace(form.encode(), MASK)
    if b"form-data" in text:
        return MASK
    return _fields_masked(text)


def _fields_masked(text: bytes) -> bytes:
    shown: list[bytes] = []
    at = 0
    while (field := _FIELD.search(text, at)) is not None:
        name = _decoded(field["name"])
        if _HIDDEN_FIELD.search(name):
            shown += (text[at : field.start()], MASK)
            at = _end_of_value(text, field)
        elif _PUNCTUATION.sub(b"", name).endswith(_SECRETS):
            shown += (text[at : field.end()], MASK)
            at = _end_of_value(text, field)
        else:
            shown.append(text[at : field.end()])
            at = field.end()
    return b"".join((*shown, text[at:]))


def _decoded(name: bytes) -> bytes:
    return unquote_to_bytes(_ESCAPE.sub(lambda escape: bytes.fromhex(escape[1].decode()), name)).lower()


def _end_of_value(text: bytes, field: re.Match[bytes]) -> int:
    """Where a field's value ends: all that follows is its value when that cannot be told."""
    is_form = field["sign"] == b"=" and not field["quoted"]
    value = (_FORM_VALUE if is_form else _PLAIN_VALUE).match(text, field.end())
    return len(text) if value is None else value.end()
