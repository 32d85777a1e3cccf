"""A world behind its application inside the test's own process: real calls, real answers, no socket."""

import asyncio
from collections.abc import Callable, Coroutine, MutableMapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from seatrial.core.machine import Machine
from seatrial.dialects.wire import Call, Dialect, Reply
from seatrial.server.app import App
from seatrial.server.control.app import control_app
from seatrial.server.host.demos import connection_of
from seatrial.server.host.worlds import Settings, open_world
from tests.support.signed_calls import KucoinSigner, SignedCall, Signer

Result = TypeVar("Result")
Message = MutableMapping[str, Any]

PREFIX = "/_seatrial/v1"
HERE = (("host", "localhost"),)
PATIENCE_SECONDS = 300
"""Longer than any story takes: a world that never recovers fails its test and does not hang it."""


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read."""
        return msgspec.json.decode(self.body)

    @property
    def result(self) -> Any:
        """The result of a venue's call that must succeed."""
        assert self.json["error"] == [], self.json
        return self.json["result"]

    @property
    def error(self) -> str:
        """The one error of a venue's call that must be refused."""
        (error,) = self.json["error"]
        assert "result" not in self.json
        return str(error)

    @property
    def problem(self) -> tuple[int, str]:
        """Status and detail of a problem document, which it must be. Source: RFC 9457."""
        assert self.headers["content-type"] == "application/problem+json", self
        assert self.json.keys() == {"type", "title", "status", "detail"}
        assert self.json["status"] == self.status
        return self.status, self.json["detail"]


class Inside:
    """A server without its socket. The clock stands still unless the test says otherwise."""

    def __init__(
        self,
        data: Path | None = None,
        *,
        token: str | None = None,
        live: bool = False,
        settings: Settings | None = None,
    ) -> None:
        self.world = open_world(settings or Settings(data))
        if not live:
            self.world.clock.set(frozen=True)
            self._commit()
        self.notes: list[str] = []
        self.app = App(self.world, lambda: control_app(self.world, token), self.notes.append)
        demo, kucoin = connection_of(self.world, "").accounts[:2]
        self.demo = Signer(demo.key, demo.secret, self._highest_nonce(demo.key))
        self.kucoin_demo = KucoinSigner(kucoin.key, kucoin.secret, str(kucoin.passphrase))

    @property
    def machine(self) -> Machine:
        """The machine, to look at."""
        return self.world.machine

    async def ask(
        self,
        verb: str,
        path: str,
        body: bytes | Sequence[bytes] = b"",
        *,
        query: str = "",
        headers: Sequence[tuple[str, str]] = HERE,
        client: str = "127.0.0.1",
        cut: bool = False,
    ) -> Answer:
        """One request; a body in several parts comes in several messages, and `cut` ends it before its end."""
        parts = [body] if isinstance(body, bytes) else list(body)
        dialect = self.app.dialect(path, dict(headers).get("host", "").encode())
        if dialect is not None:
            named = {name.lower().encode("latin-1"): value.encode("latin-1") for name, value in headers}
            content, raw_path = b"".join(parts), path.encode()
            return await self._venue(dialect, Call(verb, path, query.encode(), named, content, client, raw_path))
        incoming: list[Message] = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
        if cut:
            incoming.append({"type": "http.disconnect"})
        else:
            incoming[-1]["more_body"] = False
        sent: list[Message] = []
        scope = {
            "type": "http", "method": verb, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
            "client": (client, 1), "server": ("localhost", 80), "scheme": "http", "root_path": "",
            "http_version": "1.1", "asgi": {"version": "3.0"},
        }  # fmt: skip

        async def receive() -> Message:
            return incoming.pop(0) if incoming else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        application = self.app.application(path)
        if application is None:
            return _answer(self.app.nobody)
        await application(scope, receive, send)
        names = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], names, b"".join(message.get("body", b"") for message in sent[1:]))

    async def _venue(self, dialect: Dialect, call: Call) -> Answer:
        answered: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.app.answer(dialect, call, answered.set_result)
        reply = await answered
        if reply.note is not None:
            self.notes.append(reply.note)
        return _answer(reply)

    async def send(self, call: SignedCall) -> Answer:
        """A signed call."""
        return await self.ask("POST", call.path, call.body, headers=list(call.headers.items()))

    async def call(self, method: str, /, **params: object) -> Answer:
        """A private call by the demo account."""
        return await self.send(self.demo.call(method, **params))

    async def kucoin(
        self, who: KucoinSigner, verb: str, path: str, query: str = "", **body: object
    ) -> Answer:  # fmt: skip
        """A private call by a KuCoin user."""
        content = msgspec.json.encode(body) if body else b""
        endpoint = f"{path}?{query}" if query else path
        headers = who.headers(verb, endpoint, content, self.world.time.now_ns() // 10**6)
        return await self.ask(verb, path, content, query=query, headers=list(headers.items()))

    async def public(self, method: str, query: str = "") -> Answer:
        """A public call."""
        return await self.ask("GET", f"/0/public/{method}", query=query)

    async def get(self, path: str, query: str = "") -> Answer:
        """GET of the control API."""
        return await self.ask("GET", PREFIX + path, query=query)

    async def post(self, path: str, /, **body: object) -> Answer:
        """POST to the control API."""
        return await self.ask("POST", PREFIX + path, msgspec.json.encode(body))

    async def account(self, name: str, **balances: str) -> Signer:
        """A new account's key."""
        opened = await self.post("/accounts", name=name, balances=balances, rate_limits=False)
        assert opened.status == 201, opened
        return Signer(opened.json["key"], opened.json["secret"])

    async def recovered(self) -> None:
        """Wait while the world is loaded again after a bug."""
        while self.world.commits.is_lost:
            await asyncio.wait(self.world.tasks)

    def reloaded(self) -> Machine:
        """What a restart would bring, of all that was answered."""
        return Machine(self.world.keeping.load().state)

    def _commit(self) -> None:
        batch, recorded = self.world.keeping.batch()
        self.world._store.commit(batch)
        if recorded is not None:
            self.world.record.publish(recorded)

    def _highest_nonce(self, public: str) -> int:
        return max(0, self.machine.state.keys[public].highest_nonce)


def _answer(reply: Reply) -> Answer:
    headers = ((b"content-type", reply.content_type), *reply.headers)
    return Answer(reply.status, {name.decode(): value.decode() for name, value in headers}, reply.body)


def inside(
    story: Callable[[Inside], Coroutine[Any, Any, Result]],
    data: Path | None = None,
    *,
    token: str | None = None,
    live: bool = False,
    settings: Settings | None = None,
) -> Result:
    """Run a story against a world of its own, and stop the world after it."""

    async def told() -> Result:
        server = Inside(data, token=token, live=live, settings=settings)
        try:
            return await asyncio.wait_for(story(server), PATIENCE_SECONDS)
        finally:
            await server.world.stop()

    return asyncio.run(told())
