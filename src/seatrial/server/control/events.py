"""`GET /events`: what happens in the world, as server-sent events."""

import asyncio
from collections.abc import Coroutine
from http import HTTPStatus
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from seatrial.client import shapes
from seatrial.core.facts import Fact
from seatrial.server.control.context import Context, Operation, Problem, known_account_id
from seatrial.server.control.event_stream import EventStream, Wanted, mark
from seatrial.server.control.event_views import BY_NAME, Views
from seatrial.server.control.market_operations import market_of
from seatrial.world.record import Gone, Record
from seatrial.world.sessions import Conversation

MAX_LAST: Final = 10_000
"""How many held facts one can begin with."""


class EventsResponse(Response):
    """An answer that lasts as long as its conversation, or until the other side leaves."""

    media_type = "text/event-stream"

    def __init__(self, conversation: Conversation, place: int) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._conversation = conversation
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send all that happens."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if scope["method"] != "HEAD":
            await _either(self._converse(send), _left(receive))
        await send({"type": "http.response.body", "body": b""})

    async def _converse(self, send: Send) -> None:
        async def pass_on(frame: bytes) -> None:
            await send({"type": "http.response.body", "body": frame, "more_body": True})

        await pass_on(mark(self._place))
        await self._conversation.run(pass_on)


async def follow(context: Context) -> Response:
    record, query = context.world.record, context.query
    wanted = _wanted(context)
    place = _place(context, wanted)
    until = None if _flag(query.get("follow"), "follow", usual=True) else context.world.record.last
    stream = EventStream(Views(lambda: context.state, context.world.dialects), wanted)
    return EventsResponse(Conversation(stream, record, place, until), place)


async def _either(*works: Coroutine[None, None, None]) -> None:
    """Wait until one of them ends, and cancel the others."""
    tasks = [asyncio.get_running_loop().create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
    for task in done:
        task.result()


async def _left(receive: Receive) -> None:
    """Comes back when the other side is gone, or the server stops."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _wanted(context: Context) -> Wanted:
    query = context.query
    account, market, kinds = query.get("account"), query.get("market"), query.get("kind")
    return Wanted(
        None if account is None else known_account_id(context, account),
        None if market is None else market_of(context, market).market.symbol,
        None if kinds is None else frozenset(map(_kind, kinds.split(","))),
    )


def _kind(name: str) -> type[Fact]:
    kind = BY_NAME.get(name.strip())
    if kind is None:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"there is no kind {name!r}: one of {', '.join(BY_NAME)}")
    return kind


def _place(context: Context, wanted: Wanted) -> int:
    """The number of the last fact that the reader knows."""
    record = context.world.record
    since = context.query.get("since", context.headers.get("last-event-id"))
    last = context.query.get("last")
    if last is not None:
        if since is not None:
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "since and last do not go together: leave one of them out")
        return _before_last(record, wanted, _number(last, "last", MAX_LAST))
    if since is None:
        return context.state.last_fact
    place = _number(since, "since")
    try:
        record.after(place, 0)
    except Gone as gone:
        held = f"facts {gone.first} to {gone.last} are held" if gone.last >= gone.first else f"the last is {gone.last}"
        says = f"what followed fact {place} is not held: {held}; look at the world anew and follow from there"
        raise Problem(HTTPStatus.GONE, says) from gone
    return place


def _before_last(record: Record, wanted: Wanted, count: int) -> int:
    """The place after which so many of the held facts are wanted ones."""
    if not count:
        return record.last
    for recorded in record.held():
        for number in range(recorded.last, recorded.first - 1, -1):
            if wanted.matches(recorded.facts[number - recorded.first]):
                count -= 1
                if not count:
                    return number - 1
    return record.first - 1


def _number(text: str, name: str, maximum: int = 2**63) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(maximum)) and int(text) <= maximum):
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"{name} must be a whole number from 0 to {maximum}, not {text!r}"
        )
    return int(text)


def _flag(text: str | None, name: str, *, usual: bool) -> bool:
    if text is None:
        return usual
    if text.lower() not in ("true", "false"):
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"{name} must be true or false, not {text!r}")
    return text.lower() == "true"


EVENTS_OPERATIONS: Final = (
    Operation(
        "GET", "/events", "What happens, as server-sent events: each fact once, in order, after it is stored.",
        follow, shapes.StreamedEvent,
        filters={
            "account": "Only what is about this account, by id or name.",
            "market": "Only what is about this market.",
            "kind": "Only facts of these kinds, with commas between them, as in `traded,order_ended`.",
            "since": "Go on behind the fact of this number. `Last-Event-ID` is as good.",
            "last": f"Begin with so many of those that are held, {MAX_LAST} at most.",
            "follow": "With `false` the stream ends with what is stored now.",
        },
        media_type="text/event-stream",
    ),
)  # fmt: skip
