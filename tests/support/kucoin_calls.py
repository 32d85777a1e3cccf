"""One keep-alive connection to a running server, and a KuCoin key: the smallest honest client of KuCoin's API."""

import http.client
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode, urlsplit

import msgspec

from tests.support.signed_calls import KucoinSigner

PATIENCE_SECONDS = 30
OK = "200000"


class Heard(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The envelope."""
        return msgspec.json.decode(self.body)

    @property
    def code(self) -> str:
        """The venue's code."""
        return str(self.json["code"])

    @property
    def message(self) -> str:
        """What a refusal says."""
        return str(self.json["msg"])

    @property
    def data(self) -> Any:
        """What a call brought that must succeed."""
        assert (self.status, self.code) == (200, OK), self
        return self.json["data"]


class KucoinCaller:
    """Private and public calls over one connection, stamped with the time that it is told."""

    def __init__(self, url: str, signer: KucoinSigner, now_ms: Callable[[], int] | None = None) -> None:
        address = urlsplit(url)
        self._connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE_SECONDS)
        self._now_ms = now_ms or wall_ms
        self.signer = signer

    def get(self, path: str, /, **params: object) -> Heard:
        """A signed GET."""
        return self.call("GET", endpoint(path, params))

    def delete(self, path: str, /, **params: object) -> Heard:
        """A signed DELETE."""
        return self.call("DELETE", endpoint(path, params))

    def post(self, path: str, /, **fields: object) -> Heard:
        """A signed POST."""
        return self.call("POST", path, msgspec.json.encode(fields))

    def call(self, verb: str, target: str, body: bytes = b"", /, **headers: str) -> Heard:
        """A signed call with just this target and body; further headers take the place of the right ones."""
        signed = self.signer.headers(verb, target, body, self._now_ms())
        return self.send(verb, target, body, signed | {name.replace("_", "-"): text for name, text in headers.items()})

    def send(self, verb: str, target: str, body: bytes, headers: Mapping[str, str]) -> Heard:
        """A call as it is."""
        self._connection.request(verb, target, body, dict(headers))
        with self._connection.getresponse() as response:
            return Heard(response.status, dict(response.getheaders()), response.read())

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def endpoint(path: str, params: Mapping[str, object]) -> str:
    """Path and query; commas stay as they are, as ccxt and kucoin-python send them."""
    return f"{path}?{urlencode(params, safe=',')}" if params else path


def wall_ms() -> int:
    """The time of this machine, which KuCoin's clients stamp their calls with."""
    return int(time.time() * 1000)
