"""How to reach a URL by HTTP, whoever answers there."""

from importlib.metadata import version
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import httpx

TIMEOUT_SECONDS: Final = 30.0


class UrlError(ValueError):
    """That is no URL of a venue."""


def checked_url(url: str) -> str:
    """The URL without a slash at its end. `UrlError` when it is none."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise UrlError(f"{url} is no URL of the form http://host:port")
    return url.rstrip("/")


def is_local(url: str) -> bool:
    """Whether a URL names this machine itself."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def http_client(url: str) -> "httpx.Client":
    """A proxy of the environment is for the outside world: what runs on this machine is called directly."""
    import httpx  # noqa: PLC0415 - slow to import, and most commands need none

    return httpx.Client(headers=_agent(), timeout=TIMEOUT_SECONDS, trust_env=not is_local(url))


def async_http_client(url: str) -> "httpx.AsyncClient":
    """The same for programs with an event loop."""
    import httpx  # noqa: PLC0415 - slow to import, and most commands need none

    return httpx.AsyncClient(headers=_agent(), timeout=TIMEOUT_SECONDS, trust_env=not is_local(url))


def _agent() -> dict[str, str]:
    return {"User-Agent": f"seatrial/{version('seatrial')}"}
