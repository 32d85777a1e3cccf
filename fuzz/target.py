"""A world at work to send requests to, and all that can be seen of it."""

import asyncio
import hmac
from hashlib import sha256
from random import Random
from typing import Final, NamedTuple
from urllib.parse import unquote

import msgspec

from fuzz.requests import NONCE, SOCKET, TOKEN, Proof, Request
from fuzz.talking import Talk
from seatrial.core.fingerprint import facts
from seatrial.core.machine import Machine
from seatrial.dialects.wire import Call, Reply
from seatrial.world.world import World
from tests.support.inside import Inside
from tests.support.signed_calls import KucoinSigner, Signer

BEGIN: Final = "2026-01-01T00:00:00Z"
ADDRESS: Final = "127.0.0.1"
PATIENCE_SECONDS: Final = 120
PRICES: Final = {
    "BTC-USDT": "105000", "ETH-USDT": "3550", "ETH-BTC": "0.0338", "BTC-USD": "105000", "XRP-USD": "2.45",
    "SOL-EUR": "142",
}  # fmt: skip
PLENTY: Final = {"USD": "1000000", "EUR": "500000", "USDT": "1000000", "BTC": "20", "ETH": "300", "XRP": "100000"}
KUCOIN_PLENTY: Final = {
    "USDT": "1000000", "BTC": "20", "ETH": "300", "XRP": "100000", "main:USDT": "50000", "main:BTC": "5",
    "main:ETH": "50",
}  # fmt: skip
DESTINATIONS: Final = (
    ("BTC", "wallet", "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"),
    ("ETH", "cold", "0x52908400098527886E0F7030069857D2E4169EE7"),
    ("XRP", "ledger", "rPT1Sjq2YGrBMTttX4GZHjKu9dyfzbpAYe"),
)
TOKENS: Final = "/0/private/GetWebSocketsToken"
SUB_NAMES: Final = ("trader01sub", "trader02sub")
PASSPHRASE: Final = "passphrase1"  # noqa: S105  of keys that live in memory for some seconds
SPENT: Final = ("highest_nonce", "recent_nonces", "used_ns")
"""What a refused call may change of its key: its nonce is spent from the signature on."""


class Caller(NamedTuple):
    """Someone with a key."""

    account_id: int
    signer: Signer | KucoinSigner


class Sent(NamedTuple):
    """A call that was answered."""

    reply: Reply
    changed: frozenset[str]
    """Kinds of changes that were there for the store before the answer left; the spent nonce is none."""


class Target:
    """One world and its callers."""

    def __init__(self, server: Inside, callers: dict[str, list[Caller]]) -> None:
        self.server = server
        self.callers = callers
        self._talks: dict[int, Talk] = {}
        """Of the callers that have said something over a socket."""
        self._tokens: dict[int, bytes] = {}

    @property
    def world(self) -> World:
        """The world."""
        return self.server.world

    @property
    def machine(self) -> Machine:
        """The machine of this moment: another one's state after a bug."""
        return self.server.world.machine

    def caller(self, request: Request) -> Caller:
        """Who makes a request."""
        return self.callers[request.venue][request.caller]

    async def prepare(self, request: Request) -> None:
        """Have what it needs at hand: a token that is good."""
        if TOKEN not in request.body:
            return
        asked = Request(
            venue=request.venue, endpoint="", verb="POST", path=TOKENS, body=b"nonce=" + NONCE, caller=request.caller
        )
        sent = await self.send(asked)
        assert sent is not None
        answer = msgspec.json.decode(sent.reply.body)
        self._tokens[request.caller] = answer["result"]["token"].encode() if "result" in answer else b"none"

    async def send(self, request: Request) -> Sent | None:
        """Send a request the way the server's short cut does; None where no venue has its path."""
        if request.verb == SOCKET:
            return await self._say(request)
        call = self._call(request)
        dialect = self.server.app.dialect(call.path)
        if dialect is None:
            return None
        before = _marks(self.machine)
        answered: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.server.app.answer(dialect, call, answered.set_result)
        changed = self._changed_since(before)
        reply = await asyncio.wait_for(answered, PATIENCE_SECONDS)
        await self.server.recovered()
        return Sent(reply, changed)

    async def _say(self, request: Request) -> Sent | None:
        if request.path not in self.world.sockets:
            return None
        talk = self._talks.get(request.caller)
        if talk is None:
            talk = self._talks[request.caller] = Talk(self.world, request.path)
        before = _marks(self.machine)
        talk.say(request.body.replace(TOKEN, self._tokens.get(request.caller, b"")))
        changed = self._changed_since(before)
        reply = await asyncio.wait_for(talk.heard(), PATIENCE_SECONDS)
        await self.server.recovered()
        return Sent(reply, changed)

    def _changed_since(self, before: dict[str, object]) -> frozenset[str]:
        moved = {name for name, mark in _marks(self.machine).items() if mark != before[name]}
        return frozenset(changes_of(self.machine) | moved)

    def image(self) -> dict[str, object]:
        """All that must survive, as plain values, but for spent nonces."""
        image: dict[str, object] = msgspec.to_builtins(facts(self.machine.state), str_keys=True)
        keys: list[dict[str, object]] = msgspec.to_builtins(list(self.machine.state.keys.values()))
        image["keys"] = [{name: value for name, value in key.items() if name not in SPENT} for key in keys]
        return image

    def _call(self, request: Request) -> Call:
        path, _, query = request.target.partition("?")
        body, headers = request.body, {b"host": b"localhost", b"user-agent": b"fuzz"}
        if request.proof is not Proof.NONE:
            body, signed = self._signed(request)
            headers.update({name.lower().encode(): value.encode("latin-1") for name, value in signed.items()})
        headers.pop(b"content-type", None)
        if request.content_type is not None:
            headers[b"content-type"] = request.content_type.encode("latin-1")
        raw_path = path.encode() if "%" in path else b""
        return Call(request.verb, unquote(path), query.encode(), headers, body, ADDRESS, raw_path)

    def _signed(self, request: Request) -> tuple[bytes, dict[str, str]]:
        caller = self.caller(request)
        body, headers = _sign(caller.signer, request, self._now_ms())
        if request.proof is Proof.FOREIGN:
            other = self.callers["kucoin" if request.venue == "kraken" else "kraken"][0]
            headers |= {name: other.signer.key for name in ("API-Key", "KC-API-KEY") if name in headers}
        return body, _bent(headers, request)

    def _now_ms(self) -> int:
        return max(self.world.clock.now_ns(), self.machine.state.now_ns) // 10**6


def _sign(signer: Signer | KucoinSigner, request: Request, at_ms: int) -> tuple[bytes, dict[str, str]]:
    if isinstance(signer, KucoinSigner):
        return request.body, signer.headers(request.verb, request.target, request.body, at_ms)
    signer.nonce += 1
    body = request.body.replace(NONCE, b"%d" % signer.nonce)
    call = signer.signed(unquote(request.path), str(signer.nonce), body)
    return body, call.headers


def _bent(headers: dict[str, str], request: Request) -> dict[str, str]:
    """The headers as good as the request's proof; which one is bent follows from the request."""
    names = [name for name in headers if name.upper().startswith(("API-", "KC-"))]
    seed = sha256(request.body + request.query + request.path.encode()).digest()
    name = names[seed[0] % len(names)]
    match request.proof:
        case Proof.FORGED:
            sign = next(name for name in names if name.upper().endswith("SIGN"))
            return {**headers, sign: hmac.new(seed, b"another", "sha512").hexdigest()}
        case Proof.PARTIAL:
            return {kept: value for kept, value in headers.items() if kept != name}
        case Proof.ODD:
            odd = ("", " ", "0", "-1", "\xff\xfe", "A" * 10_000, "1e9", "=" * 8, headers[name][:-1])
            return {**headers, name: odd[seed[1] % len(odd)]}
    return headers


def changes_of(machine: Machine) -> set[str]:
    """The kinds of changes that the store has not seen; keys that were merely used are none."""
    state = machine.state
    kinds = {name for name, value in vars(state.changes).items() if value}
    kinds |= {name for name, value in (("postings", state.ledger.posted), ("purses", state.ledger.touched)) if value}
    return kinds - {"keys", "nonces"}


def _marks(machine: Machine) -> dict[str, object]:
    """What moves with nearly every change, and is cheap to compare: time and the last numbers given out."""
    state = machine.state
    counters: dict[str, object] = msgspec.structs.asdict(state.counters)
    return counters | {"now_ns": state.now_ns, "postings": state.ledger.posting_id, "accounts": len(state.accounts)}


async def open_target(server: Inside, luck: Random) -> Target:
    """Accounts, keys, sub-accounts, saved addresses, trades and transfers, from a fixed moment on."""
    await _posted(server, "/clock", now=BEGIN)
    kraken, kucoin = [], []
    for name, limited in (("ann", False), ("bob", False), ("carl", True)):
        kraken.append(await _opened(server, name, "kraken", PLENTY, limited=limited))
        kucoin.append(await _opened(server, f"{name}-kucoin", "kucoin", KUCOIN_PLENTY, limited=limited))
    kraken.append(await _restricted(server, kraken[0]))
    kucoin.append(await _sub_caller(server, kucoin[0]))
    for asset, key, address in DESTINATIONS:
        for caller in kraken[:2]:
            await _posted(server, f"/accounts/{caller.account_id}/withdraw-keys", asset=asset, key=key, address=address)
    for pair, price in PRICES.items():
        await _posted(server, f"/markets/{pair}/trades", price=price, volume="1")
    target = Target(server, {"kraken": kraken, "kucoin": kucoin})
    for _ in range(6):
        await see_deposit(target, luck)
    return target


async def see_deposit(target: Target, luck: Random) -> None:
    """A deposit shows up for one of the callers."""
    caller = luck.choice(luck.choice(list(target.callers.values()))[:2])
    asset, amount = luck.choice((("BTC", "0.5"), ("USDT", "1000"), ("ETH", "3"), ("XRP", "500")))
    await _posted(target.server, f"/accounts/{caller.account_id}/deposits", asset=asset, amount=amount)


async def _posted(server: Inside, path: str, **body: object) -> dict[str, object]:
    answer = await server.post(path, **body)
    assert answer.status < 300, answer
    result: dict[str, object] = answer.json
    return result


async def _opened(server: Inside, name: str, venue: str, balances: dict[str, str], *, limited: bool) -> Caller:
    opened = await _posted(server, "/accounts", name=name, venue=venue, balances=balances, rate_limits=limited)
    return Caller(int(str(opened["id"])), _signer(opened))


async def _restricted(server: Inside, owner: Caller) -> Caller:
    """A key that may only look, and has a nonce window."""
    path = f"/accounts/{owner.account_id}/keys"
    issued = await _posted(server, path, permissions=["query-funds", "query-ledger"], nonce_window=5)
    return Caller(owner.account_id, _signer(issued))


def _signer(keyed: dict[str, object]) -> Signer | KucoinSigner:
    key, secret, passphrase = (str(keyed[name]) if name in keyed else "" for name in ("key", "secret", "passphrase"))
    return KucoinSigner(key, secret, passphrase) if passphrase else Signer(key, secret)


async def _sub_caller(server: Inside, owner: Caller) -> Caller:
    """A sub-account with a key of its own, opened as its owner would; another one without."""
    assert isinstance(owner.signer, KucoinSigner)
    for name in SUB_NAMES:
        path = "/api/v2/sub/user/created"
        await _told(server, owner.signer, path, subName=name, password="password1", access="Spot")  # noqa: S106  unused
    path, permission = "/api/v1/sub/api-key", "General,Spot,InnerTransfer"
    issued = await _told(
        server, owner.signer, path, subName=SUB_NAMES[0], passphrase=PASSPHRASE, remark="fuzz", permission=permission
    )
    return Caller(
        server.machine.state.keys[issued["apiKey"]].account_id,
        KucoinSigner(issued["apiKey"], issued["apiSecret"], PASSPHRASE),
    )


async def _told(server: Inside, signer: KucoinSigner, path: str, **body: str) -> dict[str, str]:
    answer = await server.kucoin(signer, "POST", path, "", **body)
    assert answer.json["code"] == "200000", answer
    told: dict[str, str] = answer.json["data"]
    return told
