"""Kraken's texts for requests over a socket that it refuses.

Source: kraken-websocket#texts-of-errors. Decided where that has none: the words of version 1, which knew the same
mistakes, and for a value of the wrong type words like those recorded for an order's price.
"""

from typing import Final

MALFORMED: Final = "Malformed request"
UNSUPPORTED_METHOD: Final = "Unsupported event"
UNKNOWN_CHANNEL: Final = "Subscription name invalid"
NO_SYMBOL: Final = "Symbol(s) not found"
SYMBOLS_NOT_A_LIST: Final = "Symbol field must be an array"
ALREADY: Final = "Already subscribed"
OTHER_INTERVAL: Final = "Already subscribed to one ohlc interval on this symbol"
NOT_SUBSCRIBED: Final = "Subscription Not Found"
BAD_DEPTH: Final = "Subscription depth not supported"
DEPTH_NOT_A_NUMBER: Final = "Subscription book depth must be an integer"
TOO_MANY_SYMBOLS: Final = "Subscription symbol limit exceeded"
BAD_INTERVAL: Final = "Subscription ohlc interval not supported"
INTERVAL_NOT_A_NUMBER: Final = "Subscription ohlc interval must be an integer"
BAD_TRIGGER: Final = "Subscription event_trigger not supported"
BAD_CLASS: Final = "EGeneral:Invalid arguments:asset_class"
BAD_VENUE: Final = "EGeneral:Invalid arguments:execution_venue"
PUBLIC_ELSEWHERE: Final = "Public market data subscriptions are unavailable on this endpoint. Try ws.kraken.com"
PRIVATE_ELSEWHERE: Final = "Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com"

NO_TOKEN: Final = "Token(s) not found"  # noqa: S105  what is said, no secret
BAD_TOKEN: Final = "ESession:Invalid session"  # noqa: S105  the same

TOO_MANY: Final = b'{"Error":"Exceeded msg rate"}'
"""All of a frame."""


def not_supported(symbol: str) -> str:
    """An unknown pair, `XBT/USD` and small letters among them."""
    return (
        f"Currency pair not supported {symbol}"
        if "/" in symbol
        else f"Currency pair not in ISO 4217-A3 format {symbol}"
    )


def too_many_snapshots(symbol: str) -> str:
    """More of level 3 than a second allows, as recorded."""
    return f"Rate limit for snapshot requests exceeded, when trying to subscribe to {symbol} level3 snapshot"


def not_boolean(name: str) -> str:
    """A value that must be true or false."""
    return f"{name.capitalize()} field must be a boolean"


def unsupported_field(name: str, message: str) -> str:
    """A name that a message does not have."""
    return f"Unsupported field: '{name}' for the given msg type: {message}"
