"""Signed requests as bytes, ready before the clock starts."""

from collections.abc import Iterable

from msgspec import Struct

from seatrial.dialects.kraken import auth

PRIVATE = "/0/private/"
_HEAD = (
    "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: */*\r\n"
    "Content-Type: application/x-www-form-urlencoded\r\n"
    "API-Key: {key}\r\nAPI-Sign: {sign}\r\nContent-Length: {length}\r\n\r\n"
)


class Keyed(Struct, frozen=True):
    """An account's number, and one key to it."""

    account_id: int
    key: str
    secret: str


class Signer:
    """Signs one connection's calls with a key of its own, so that its nonces arrive in order."""

    def __init__(self, keyed: Keyed) -> None:
        self.keyed = keyed
        self._secret = auth.decode_secret(keyed.secret)
        self._nonce = 0

    def call(self, method: str, form: str = "") -> bytes:
        """One request; `form` is what follows the nonce."""
        self._nonce += 1
        nonce = str(1_700_000_000_000_000 + self._nonce)
        body = f"nonce={nonce}&{form}".encode() if form else f"nonce={nonce}".encode()
        path = PRIVATE + method
        sign = auth.sign(path, nonce, body, self._secret)
        return _HEAD.format(path=path, key=self.keyed.key, sign=sign, length=len(body)).encode() + body

    def calls(self, method: str, forms: Iterable[str]) -> list[bytes]:
        """Requests in the order in which they must be sent."""
        return [self.call(method, form) for form in forms]
