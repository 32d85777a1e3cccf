"""How Kraken's methods are named, where each is, and what the body of a private call is: for those who call."""

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

PUBLIC_METHODS: Final = frozenset(
    (
        "AssetPairs",
        "Assets",
        "Depth",
        "GroupedBook",
        "MaintenanceSchedule",
        "OHLC",
        "PostTrade",
        "PreTrade",
        "Spread",
        "SystemStatus",
        "Ticker",
        "Time",
        "Trades",
    )
)
"""Every other method is private, those of `Earn/…` too. Source: kraken-rest#methods."""

Arguments = Mapping[str, str] | Sequence[tuple[str, str]]
"""By name, or as pairs where a name may come again."""

_METHOD = re.compile(r"[A-Za-z0-9]+(?:/[A-Za-z0-9]+)?")


class MethodNameError(ValueError):
    """The name cannot be that of a method."""


def is_public(method: str) -> bool:
    """Whether a method needs no key."""
    return method in PUBLIC_METHODS


def path_of(method: str) -> str:
    """The path of a method; `MethodNameError` for a name that no method can have."""
    if not _METHOD.fullmatch(method):
        raise MethodNameError(method)
    return f"/0/{'public' if is_public(method) else 'private'}/{method}"


def form_body(nonce: int | str, arguments: Arguments) -> bytes:
    """The body of a private call: the nonce first, unless the arguments bring their own."""
    pairs = list(arguments.items()) if isinstance(arguments, Mapping) else list(arguments)
    if not any(name == "nonce" for name, _ in pairs):
        pairs.insert(0, ("nonce", str(nonce)))
    return urlencoded(pairs).encode()


def urlencoded(arguments: Arguments) -> str:
    """Text that a person's terminal could not decode goes out as the bytes it came in."""
    return urlencode(arguments, errors="surrogateescape")
