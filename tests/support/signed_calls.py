"""Private calls of both venues, signed and ready to be sent: once, or again byte for byte."""

from typing import NamedTuple
from urllib.parse import urlencode

from seatrial.dialects.kraken import auth
from seatrial.dialects.kucoin.auth import steps

FORM = "application/x-www-form-urlencoded"


class SignedCall(NamedTuple):
    """One request, as it goes on the wire."""

    path: str
    headers: dict[str, str]
    body: bytes

    def raw(self, host: str = "127.0.0.1") -> bytes:
        """The whole request of HTTP/1.1."""
        headers = {"Host": host, "Content-Length": str(len(self.body)), **self.headers}
        lines = [f"POST {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join((*lines, "", "")).encode() + self.body


class Signer:
    """A key in use: every call has a larger nonce than the one before."""

    def __init__(self, key: str, secret: str, nonce: int = 0) -> None:
        self.key = key
        self.secret = secret
        self.nonce = nonce

    def call(self, method: str, /, **params: object) -> SignedCall:
        """A call of a private method."""
        self.nonce += 1
        nonce = str(self.nonce)
        body = urlencode([("nonce", nonce), *((name, str(value)) for name, value in params.items())]).encode()
        return self.signed(f"/0/private/{method}", nonce, body)

    def signed(self, path: str, nonce: str, body: bytes) -> SignedCall:
        """A call with just this path, nonce and body."""
        headers = {
            "API-Key": self.key,
            "API-Sign": auth.sign(path, nonce, body, self.secret),
            "Content-Type": FORM,
            "User-Agent": "tests",
        }
        return SignedCall(path, headers, body)


class KucoinSigner(NamedTuple):
    """A KuCoin key in use."""

    key: str
    secret: str
    passphrase: str

    def headers(self, verb: str, endpoint: str, body: bytes, at_ms: int) -> dict[str, str]:
        """What a call needs to be let in."""
        proof = steps(str(at_ms), verb, endpoint, body, self.secret, key=self.key, passphrase=self.passphrase)
        return {**proof.headers, "Content-Type": "application/json"}
