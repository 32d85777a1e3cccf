"""Who may use the control API: this machine, or whoever shows the token; never a web page.

A page in the user's browser can send requests to this machine too. It cannot hide where it comes from (Origin),
nor the name it reached us by (Host), so both must be ours.
"""

import hmac
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address
from typing import Final
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response

PASSED_ON: Final = ("forwarded", "x-forwarded-for", "x-real-ip")
"""What a proxy on this machine adds to the calls of others that it passes on."""


def refusal(request: Request, token: str | None) -> Response | None:
    """Why a request may not come in; None when it may."""
    if token is not None:
        given = request.headers.get("authorization", "")
        if hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return None
        return problem(HTTPStatus.UNAUTHORIZED, "show the token: Authorization: Bearer …")
    client = request.client
    passed_on = any(name in request.headers for name in PASSED_ON)
    if client is None or not is_loopback(client.host) or passed_on:
        return problem(HTTPStatus.FORBIDDEN, "only this machine may call this; start the server with --token")
    if not is_loopback(_host_of(f"//{request.headers.get('host', '')}")):
        return problem(HTTPStatus.FORBIDDEN, "call this by a loopback address or as localhost")
    origin = request.headers.get("origin")
    if origin is not None and not is_loopback(_host_of(origin)):
        return problem(HTTPStatus.FORBIDDEN, "pages of other sites may not call this")
    return None


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
