"""A client of Kraken Spot REST: one method call at a time, signed as the venue asks.

It serves the local exchange and the real one alike. What the venue answers is a value; an exception means that there
is no answer.
"""

import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlencode

import msgspec

from seatrial.client.transport import checked_url, http_client
from seatrial.dialects.kraken.auth import decode_secret, sign

if TYPE_CHECKING:
    import httpx

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

FORM_TYPE: Final = "application/x-www-form-urlencoded"
ATTEMPTS: Final = 3
PAUSE_SECONDS: Final = 0.25
_WORTH_ANOTHER_TRY: Final = frozenset((502, 503, 504, 520, 522))
_NS_PER_MS: Final = 1_000_000
_METHOD = re.compile(r"[A-Za-z0-9]+(?:/[A-Za-z0-9]+)?")


class NoAnswerError(Exception):
    """The venue did not answer."""

    def __init__(self, message: str, *, reached: bool) -> None:
        super().__init__(message)
        self.reached = reached
        """Whether there was a connection: then a private call may have been carried out."""


class NotKrakenError(Exception):
    """What answered does not speak Kraken's API."""


class MethodNameError(ValueError):
    """The name cannot be that of a method."""


class Reply(msgspec.Struct, frozen=True):
    """What the venue answered."""

    body: bytes
    """As it came."""
    errors: tuple[str, ...]
    """The texts of `error`: E… is a refusal, W… a warning beside a result."""
    result: Any
    """None when there is none."""

    @property
    def refused(self) -> bool:
        """Whether the venue did not do what was asked."""
        return any(not error.startswith("W") for error in self.errors)


class Nonces:
    """Increasing numbers, one sequence per API key and process.

    Milliseconds, because most clients use them: a key that was once used with nanoseconds is closed to all of those.
    Source: kraken-rest#nonce.
    """

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._lock = threading.Lock()

    def draw(self, key: str, now_ns: int) -> int:
        """The time in milliseconds, or one more than the last number drawn for that key."""
        with self._lock:
            nonce = max(now_ns // _NS_PER_MS, self._last.get(key, 0) + 1)
            self._last[key] = nonce
        return nonce


_NONCES: Final = Nonces()


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
    return _urlencoded(pairs).encode()


def _urlencoded(arguments: Arguments) -> str:
    """Text that a person's terminal could not decode goes out as the bytes it came in."""
    return urlencode(arguments, errors="surrogateescape")


class KrakenClient:
    """Calls methods at one URL, with one key or none.

    `now_ns` is the wall clock that the nonces come from; `pause` waits between the attempts of a public call.
    """

    def __init__(
        self,
        url: str,
        key: str = "",
        secret: str = "",
        *,
        now_ns: Callable[[], int],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`UrlError` when the URL is none; `SecretError` when the private key is not base64 text."""
        self._url = checked_url(url)
        self._key = key
        self._secret = decode_secret(secret) if secret else b""
        self._now_ns = now_ns
        self._pause = pause
        self._http = http_client(self._url)

    def call(self, method: str, arguments: Arguments = ()) -> Reply:
        """Call a method by its name, public or private, and give back what the venue said.

        `NoAnswerError` when it did not say anything, `NotKrakenError` when it does not speak Kraken's API,
        `MethodNameError` when the name cannot be one.
        """
        return _read(self._get(method, arguments) if is_public(method) else self._post(method, arguments))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _get(self, method: str, arguments: Arguments) -> "httpx.Response":
        """Public calls change nothing, so they are tried again when the venue stumbles."""
        target = f"{path_of(method)}?{_urlencoded(arguments)}".rstrip("?")
        for attempt in range(1, ATTEMPTS):
            try:
                response = self._send("GET", target)
            except NoAnswerError as error:
                if not error.reached:
                    raise
            else:
                if response.status_code not in _WORTH_ANOTHER_TRY:
                    return response
            self._pause(PAUSE_SECONDS * attempt)
        return self._send("GET", target)

    def _post(self, method: str, arguments: Arguments) -> "httpx.Response":
        """Private calls are sent once: a repeated order would be a second order."""
        path = path_of(method)
        nonce, body = self._body(arguments)
        signature = sign(path, nonce, body, self._secret)
        return self._send("POST", path, body, {"API-Key": self._key, "API-Sign": signature, "Content-Type": FORM_TYPE})

    def _body(self, arguments: Arguments) -> tuple[str, bytes]:
        nonce = dict(arguments).get("nonce") or str(_NONCES.draw(self._key, self._now_ns()))
        return nonce, form_body(nonce, arguments)

    def _send(
        self, verb: str, target: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> "httpx.Response":
        import httpx  # noqa: PLC0415 - slow to import, and most commands need none

        try:
            return self._http.request(verb, self._url + target, content=body, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise NoAnswerError(f"nothing answers at {self._url}", reached=False) from error
        except httpx.HTTPError as error:
            raise NoAnswerError(f"no answer from {self._url}: {error or type(error).__name__}", reached=True) from error


def _read(response: "httpx.Response") -> Reply:
    try:
        envelope = msgspec.json.decode(response.content, type=_Envelope)
    except msgspec.DecodeError:
        kind = response.headers.get("content-type", "no content type")
        raise NotKrakenError(
            f"{response.url} answered HTTP {response.status_code} ({kind}), which is not Kraken's JSON"
        ) from None
    return Reply(response.content, envelope.error, envelope.result)


class _Envelope(msgspec.Struct):
    """Source: kraken-rest#envelope."""

    error: tuple[str, ...]
    result: Any = None
