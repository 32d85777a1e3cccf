"""One keep-alive connection to a running server, and a key: the smallest honest client of Kraken's API."""

import http.client
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec

from seatrial.server.host.connection import KeyedAccount
from tests.support.signed_calls import SignedCall, Signer

PATIENCE_SECONDS = 30


class VenueClient:
    """Private and public calls over one connection. Errors of the network are the caller's to see."""

    def __init__(self, url: str, account: KeyedAccount | Signer, *, nonce: int = 0) -> None:
        address = urlsplit(url)
        self._connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE_SECONDS)
        self.signer = account if isinstance(account, Signer) else Signer(account.key, account.secret, nonce)

    def raw(self, call: SignedCall) -> bytes:
        """The body of the answer to a signed call."""
        self._connection.request("POST", call.path, call.body, call.headers)
        return self._body()

    def send(self, call: SignedCall) -> Any:
        """The envelope of the answer to a signed call."""
        return msgspec.json.decode(self.raw(call))

    def call(self, method: str, /, **params: object) -> Any:
        """The result of a private call that must succeed."""
        answer = self.send(self.signer.call(method, **params))
        assert answer["error"] == [], answer
        return answer["result"]

    def error(self, call: SignedCall) -> str:
        """The one error of a call that must be refused."""
        (error,) = self.send(call)["error"]
        return str(error)

    def public(self, method: str, query: str = "") -> bytes:
        """The body of the answer to a public call."""
        self._connection.request("GET", f"/0/public/{method}?{query}")
        return self._body()

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _body(self) -> bytes:
        with self._connection.getresponse() as response:
            assert response.status == 200, response.status
            return response.read()
