"""The application of the control API: JSON in and out, problem details on errors.

Each operation is a line in `OPERATIONS`; the routes and the OpenAPI document are both made from that table.
"""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from seatrial.server.connections.limits import MAX_BODY_BYTES
from seatrial.server.control import guard, openapi
from seatrial.server.control.bodies import reader_of
from seatrial.server.control.context import Context, Operation, Problem
from seatrial.server.control.operations import OPERATIONS
from seatrial.server.host.opening import BadText
from seatrial.world.errors import Unavailable
from seatrial.world.world import World

PREFIX = "/_seatrial/v1"

NAME: Final = "seatrial_name"
PAIR: Final = "seatrial_pair"

Endpoint = Callable[[Request], Awaitable[Response]]

_log = logging.getLogger("seatrial")


class Name(StringConvertor):
    """A name in a path may hold slashes, plain or percent-encoded: a server cannot tell one from the other."""

    regex = ".+"


class Pair(StringConvertor):
    """A pair has one slash at most, as in BTC/USD; what may follow it in a path is no part of it."""

    regex = "[^/]+(?:/(?!trades$)[^/]+)?"


register_url_convertor(NAME, Name())
register_url_convertor(PAIR, Pair())


def control_app(world: World, token: str | None) -> Starlette:
    """The control API of one world."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for op in OPERATIONS:
        by_path.setdefault(PREFIX + _with_slashes(op.path), {})[op.verb] = _endpoint(op, world, token)
    routes = [Route(path, _by_verb(endpoints), methods=list(endpoints)) for path, endpoints in by_path.items()]
    document = msgspec.json.encode(openapi.document(OPERATIONS, PREFIX))

    async def describe(request: Request) -> Response:
        refused = guard.refusal(request, token)
        return refused or Response(document, media_type="application/json")

    routes.append(Route("/_seatrial/openapi.json", describe, methods=["GET"]))
    return Starlette(
        routes=routes,
        exception_handlers={404: _no_operation, 405: _wrong_verb},
    )


def _with_slashes(path: str) -> str:
    """The path as a route whose names may hold slashes."""
    return (
        path.replace("{pair}", f"{{pair:{PAIR}}}")
        .replace("{id}", f"{{id:{NAME}}}")
        .replace("{refid}", f"{{refid:{NAME}}}")
    )


def _by_verb(endpoints: dict[str, Endpoint]) -> Endpoint:
    """One route per path, so that a wrong verb is told all the right ones."""

    async def endpoint(request: Request) -> Response:
        return await endpoints["GET" if request.method == "HEAD" else request.method](request)

    return endpoint


def _endpoint(operation: Operation, world: World, token: str | None) -> Endpoint:
    read = None if operation.body is None else reader_of(operation.body)

    async def endpoint(request: Request) -> Response:
        refused = guard.refusal(request, token)
        if refused is not None:
            return refused
        try:
            body = None if read is None else read(await _read(request) or b"{}")
            world.time.now_ns()
            context = Context(world, request.path_params, request.query_params, body, request.headers)
            result = await operation.handle(context)
            if operation.waits:
                await world.commits.settled()
        except Problem as problem:
            return guard.problem(problem.status, str(problem))
        except BadText as bad:
            return guard.problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(bad))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return guard.problem(HTTPStatus.BAD_REQUEST, f"the body is not what this call takes: {error}")
        except Unavailable:
            return guard.problem(HTTPStatus.SERVICE_UNAVAILABLE, _unavailable(world))
        except ClientDisconnect:
            return guard.problem(HTTPStatus.BAD_REQUEST, "the body ended early: send all of it")
        except Exception:  # noqa: BLE001  the outermost loop
            _log.exception("%s %s met a bug", operation.verb, operation.path)
            return guard.problem(HTTPStatus.INTERNAL_SERVER_ERROR, "the server met a bug: its log says where")
        return _response(operation, result)

    return endpoint


def _response(operation: Operation, result: object) -> Response:
    if isinstance(result, Response):
        return result
    return Response(msgspec.json.encode(result), operation.status, media_type=operation.media_type)


def _unavailable(world: World) -> str:
    restoring = world.recovery.restoring
    if restoring is not None and restoring.refuses_calls:
        return "a backup takes the place of this world just now: try again when GET /restore says that it is there"
    return "the store cannot be used just now: look whether a change was made before you try again"


async def _read(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise Problem(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"a body of more than {MAX_BODY_BYTES} bytes is not read: send less",
            )
    return body


async def _no_operation(request: Request, _error: Exception) -> Response:
    return guard.problem(
        HTTPStatus.NOT_FOUND, f"there is no {request.url.path}: /_seatrial/openapi.json lists what there is"
    )


async def _wrong_verb(request: Request, error: Exception) -> Response:
    refused = guard.problem(HTTPStatus.METHOD_NOT_ALLOWED, f"{request.url.path} does not take {request.method}")
    assert isinstance(error, HTTPException), error
    refused.headers.update(error.headers or {})
    return refused
