"""Who may use the control API: this machine, or whoever shows the token; never a web page.

A page in the user's browser can send requests to this machine too. It cannot hide where it comes from (Origin),
nor the name it reached us by (Host), so both must be ours.

A proxy on this machine calls from a loopback address for whoever called it. One that says what it is, as they do
unless they are told not to, is refused. One that is told not to cannot be told apart: there only a token protects.
"""

import hmac
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address
from typing import Final
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response

PROXY_HEADERS: Final = frozenset(
    {
        "via",
        "forwarded",
        "x-real-ip",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-original-host",
        "x-original-forwarded-for",
        "x-remote-addr",
        "x-remote-ip",
        "client-ip",
        "proxy-client-ip",
        "true-client-ip",
        "cdn-loop",
        "cf-connecting-ip",
        "cf-ray",
        "cf-visitor",
        "fastly-client-ip",
        "fly-client-ip",
        "x-appengine-user-ip",
        "x-arr-log-id",
        "x-azure-clientip",
        "x-azure-fdid",
        "x-nf-client-connection-ip",
        "x-vercel-id",
    }
)
"""What proxies, balancers and content networks add to the calls of others that they pass on."""
PROXY_PREFIXES: Final = ("x-forwarded-", "x-envoy-", "x-ms-forwarded-", "akamai-", "x-akamai-", "tailscale-")
"""What the names of more such headers begin with."""

OLD_VERSION: Final = "1.0"
"""What many proxies speak to the server behind them unless they are told otherwise, and hardly a client does."""

_TOKEN: Final = "start the server with --token"  # noqa: S105  not one


def refusal(request: Request, token: str | None) -> Response | None:
    """Why a request may not come in; None when it may."""
    if token is not None:
        given = request.headers.getlist("authorization")
        wanted = f"Bearer {token}".encode()
        if token and len(given) == 1 and hmac.compare_digest(given[0].encode("latin-1"), wanted):
            return None
        return problem(
            HTTPStatus.UNAUTHORIZED, "this server wants its token: send the header Authorization: Bearer TOKEN"
        )
    why = _why_foreign(request)
    return None if why is None else problem(HTTPStatus.FORBIDDEN, why)


def _why_foreign(request: Request) -> str | None:
    client = request.client
    if client is None or not is_loopback(client.host):
        return f"only this machine may call this: {_TOKEN}"
    mark = _proxys_mark(request)
    if mark is not None:
        return f"only this machine may call this, and {mark} says that a proxy passes the call on: {_TOKEN}"
    hosts = request.headers.getlist("host")
    if len(hosts) != 1 or not is_loopback(_host_of(f"//{hosts[0]}")):
        return f"the call names another host: call 127.0.0.1 or localhost, or {_TOKEN}"
    if not all(is_loopback(_host_of(origin)) for origin in request.headers.getlist("origin")):
        return "a page of another site may not call this: call it from a program"
    return None


def _proxys_mark(request: Request) -> str | None:
    """What in a request says that a proxy passes it on."""
    for name in request.headers:
        if name in PROXY_HEADERS or name.startswith(PROXY_PREFIXES):
            return f"the header {name}"
    return f"HTTP/{OLD_VERSION}" if request.scope["http_version"] == OLD_VERSION else None


def is_loopback(host: str) -> bool:
    """Whether a name or address is this machine's own."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    inner = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (inner or address).is_loopback


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def problem(status: HTTPStatus, detail: str) -> Response:
    """A problem document. Source: RFC 9457."""
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    return Response(msgspec.json.encode(body), status, media_type="application/problem+json")
