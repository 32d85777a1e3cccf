"""How much a connection may send, and how long it may take."""

from typing import Final

MAX_HEAD_BYTES: Final = 1 << 16
"""Of a request's first line and headers, its trailers included; other servers take 8 to 64 KiB."""

MAX_BODY_BYTES: Final = 1 << 20
"""The most in one body; the largest documented call, a batch of orders, has about ten thousand bytes."""

REQUEST_SECONDS: Final = 60.0
"""How long a connection may take to send a request, the first one counted from the start.

It may also leave an answer lying for so long.
"""

HANDSHAKE_SECONDS: Final = 20.0
"""How long a handshake of TLS may take."""

KEEP_ALIVE_SECONDS: Final = 75.0
"""Longer than the pools of the usual clients keep an idle connection, so that they and not we close it."""

MAX_MESSAGE_BYTES: Final = 1 << 17
"""Of one message over a WebSocket, however many fragments it comes in; a subscription to 2,000 symbols has a sixth."""

MAX_UNSENT_BYTES: Final = 1 << 23
"""What may wait for the other side of a WebSocket: a thousand levels of all markets. Then it is cut off."""

SILENT_SECONDS: Final = 60.0
"""How long nothing may go over a WebSocket, in either direction. Source: kraken-websocket#connection."""

CLOSE_SECONDS: Final = 2.0
"""How long the other side of a WebSocket may take to confirm that it is closed."""

STOP_SECONDS: Final = 5.0
"""How long a server that stops waits for what is at work."""

STREAM_STOP_SECONDS: Final = 1.0
"""How much of that an endless answer may take to end itself."""
