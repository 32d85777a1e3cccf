"""Breaking a request that was well made: its bytes, its verb, its path, its headers, its credentials."""

from collections.abc import Callable
from random import Random
from typing import Final

from fuzz.requests import NONCE, Proof, Request, changed

Mangle = Callable[[Request, Random], Request]

CONTENT_TYPES: Final = (
    None, "", "application/json", "application/x-www-form-urlencoded", "APPLICATION/JSON", "text/plain",
    "application/json; charset=x", "multipart/form-data; boundary=x", "application/jsonp", "\xff", ";",
    "application/xml",
)  # fmt: skip
VERBS: Final = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "post", "X")
NONCES: Final = (b"", b"0", b"-1", b"1", b"1e9", b'"', b"18446744073709551616", "\u0661".encode(), b"\x00", b"NONCE1.5")
SCRAPS: Final = (
    b"&", b"=", b"%", b"%00", b"%ff", b"%u0041", b"+", b"[", b"]", b"[]", b"[0]", b"{", b"}", b'"', b"\\", b"\\ud800",
    b",", b":", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r\n", b"\xed\xa0\x80", b"[" * 5_000, b'{"a":' * 3_000,
    b"&x" * 3_000, b"&nonce=1", b'"nonce":1,', b"0" * 10_000, b"null", b"e400",
)  # fmt: skip


def mangled(request: Request, luck: Random) -> Request:
    """The same request, broken in one way or two."""
    for _ in range(luck.choice((1, 1, 2))):
        request = luck.choice(_WAYS)(request, luck)
    return request


def _truncate(request: Request, luck: Random) -> Request:
    return _with_text(request, lambda text: text[: luck.randint(0, len(text))])


def _drop(request: Request, luck: Random) -> Request:
    def drop(text: bytes) -> bytes:
        at = luck.randint(0, len(text))
        return text[:at] + text[at + luck.randint(1, 10) :]

    return _with_text(request, drop)


def _insert(request: Request, luck: Random) -> Request:
    def insert(text: bytes) -> bytes:
        at = luck.randint(0, len(text))
        return text[:at] + luck.choice(SCRAPS) + text[at:]

    return _with_text(request, insert)


def _flip(request: Request, luck: Random) -> Request:
    def flip(text: bytes) -> bytes:
        at = luck.randint(0, len(text))
        return text[:at] + bytes([luck.randrange(256)]) + text[at + 1 :]

    return _with_text(request, flip)


def _double(request: Request, luck: Random) -> Request:
    def double(text: bytes) -> bytes:
        start = luck.randint(0, len(text))
        end = luck.randint(start, len(text))
        return text[:end] + text[start:]

    return _with_text(request, double)


def _empty(request: Request, _luck: Random) -> Request:
    return _with_text(request, lambda _text: b"")


def _swap_places(request: Request, _luck: Random) -> Request:
    """What stood in the body stands in the query, and the other way round."""
    return changed(request, query=request.body, body=request.query)


def _other_type(request: Request, luck: Random) -> Request:
    return changed(request, content_type=luck.choice(CONTENT_TYPES))


def _other_verb(request: Request, luck: Random) -> Request:
    return changed(request, verb=luck.choice(VERBS))


def _other_path(request: Request, luck: Random) -> Request:
    path = request.path
    at = luck.randint(0, len(path))
    bent = luck.choice((
        path + "/", path.upper(), path + "%00", path + "%20", path.replace("/", "//", 2), path[:at] + "/.." + path[at:],
        path + "/x", path[:-1], path.replace("a", "%61"), path[:at] + "%ff" + path[at:], path + ";a=1", path + "%3f",
        path[:at] + luck.choice("azAZ09_-.~") + path[at:],
    ))  # fmt: skip
    return changed(request, path=bent if bent.startswith("/") else path)


def _other_nonce(request: Request, luck: Random) -> Request:
    return changed(request, body=request.body.replace(NONCE, luck.choice(NONCES)))


def _other_proof(request: Request, luck: Random) -> Request:
    return changed(request, proof=luck.choice(list(Proof)))


def _with_text(request: Request, change: Callable[[bytes], bytes]) -> Request:
    """Its body changed, or its query where it has no body."""
    if request.body:
        return changed(request, body=change(request.body))
    return changed(request, query=change(request.query))


_WAYS: Final[tuple[Mangle, ...]] = (
    _truncate, _drop, _insert, _insert, _flip, _flip, _double, _empty, _swap_places, _other_type, _other_verb,
    _other_path, _other_nonce, _other_proof, _other_proof,
)  # fmt: skip
