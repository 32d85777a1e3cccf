"""Telling TLS from plain HTTP by the first byte, and why a handshake failed in words that help."""

import asyncio
import socket
import ssl
from typing import Final

HANDSHAKE: Final = 0x16
"""How a record of TLS begins that holds a handshake. No method of HTTP begins so. Source: RFC 8446, 5.1."""

_PEER_SAYS: Final = "ALERT"
_OLD: Final = "a client offered only versions of TLS before 1.2, which the venues refuse, too"
_UNTRUSTED: Final = (
    "a client does not trust this server: have it trust the file that `seatrial serve` names at its start"
)
_WORDS: Final = {
    "UNSUPPORTED_PROTOCOL": _OLD,
    "VERSION_TOO_LOW": _OLD,
    "NO_SHARED_CIPHER": "a client offered no cipher of TLS 1.2 or 1.3 that goes with a key on an elliptic curve",
    "TLSV1_ALERT_UNKNOWN_CA": _UNTRUSTED,
    "SSLV3_ALERT_BAD_CERTIFICATE": _UNTRUSTED,
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": _UNTRUSTED,
}


async def first_byte(loop: asyncio.AbstractEventLoop, taken: socket.socket, patience: float) -> int | None:
    """The first byte that the other side sends, which stays to be read; None where it sends none.

    Raises `OSError`, and `TimeoutError` where it is silent for too long.
    """
    try:
        return _peeked(taken)
    except BlockingIOError:
        await asyncio.wait_for(_readable(loop, taken), patience)
        return _peeked(taken)


def why_no_tls(error: ssl.SSLError) -> str:
    """A line for the log."""
    reason = error.reason or "it broke off"
    known = _WORDS.get(reason)
    if known is None and _PEER_SAYS in reason:
        known = f"a client broke its handshake off: {reason.lower().replace('_', ' ')}"
    return known or f"what began like TLS was none: {reason.lower().replace('_', ' ')}"


def _peeked(taken: socket.socket) -> int | None:
    data = taken.recv(1, socket.MSG_PEEK)
    return data[0] if data else None


async def _readable(loop: asyncio.AbstractEventLoop, taken: socket.socket) -> None:
    ready = loop.create_future()
    loop.add_reader(taken, _set, ready)
    try:
        await ready
    finally:
        loop.remove_reader(taken)


def _set(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)
