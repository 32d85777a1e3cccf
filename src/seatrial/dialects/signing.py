"""What a venue's calculator of signatures takes and gives: from what a person typed to each step of a signature."""

from collections.abc import Callable
from typing import Final, NamedTuple


class UnsignableError(ValueError):
    """There is no such call to sign; the text is one line that says why."""


class Typed(NamedTuple):
    """What a person said of a call."""

    endpoint: str
    pairs: list[tuple[str, str]]
    """The input, by name; a name may come again."""
    data: bytes | None
    """The body exactly as sent; then there are no pairs."""
    now_ms: int
    key: str = ""
    """The public key, only for its header."""
    nonce: str | None = None
    verb: str | None = None
    timestamp: str | None = None
    passphrase: str | None = None
    key_version: str | None = None


OPTIONS: Final = ("nonce", "verb", "timestamp", "passphrase", "key_version")
"""The fields of `Typed` that not every venue takes."""


class Worked(NamedTuple):
    """A signature and its steps. Holds nothing secret that is not sent."""

    shown: dict[str, object]
    """For programs."""
    steps: list[tuple[str, str]]
    """For people: what each is, and its value."""
    headers: dict[str, str]
    """As they go on the wire."""
    notes: tuple[str, ...] = ()
    """What the person should know beside it."""


class Calculator(NamedTuple):
    """One venue's."""

    takes: frozenset[str]
    """Which of `OPTIONS` it has a word to say about."""
    prepare: Callable[[Typed], Callable[[str], Worked]]
    """Reads what was typed, and gives what works the steps out with the secret. Both raise `UnsignableError`."""


def printable(raw: bytes) -> str:
    """Bytes as text; those that are none are escaped."""
    return raw.decode(errors="backslashreplace")
