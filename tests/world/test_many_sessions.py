"""A thousand sessions with ten thousand subscriptions: all are told, and each frame is made once."""

import time
import tracemalloc

import msgspec

from seatrial.dialects.wire import Call, SocketSession
from tests.support.http_caller import until
from tests.support.inside import Inside, inside
from tests.support.signed_calls import Signer

PAIRS = ("BTC/USDT", "ETH/USDT")
CHANNELS = ("book", "ticker", "trade", "ohlc")
SUBSCRIPTIONS = 10
"""Of each session: eight of two markets, and all orders and funds of the demo account."""


class Ear:
    """The other side of a session, which keeps only what it was told last."""

    def __init__(self) -> None:
        self.count = 0
        self.frames: list[bytes] = []
        self.closed: int | None = None

    def send(self, frame: bytes) -> None:
        """The venue says something."""
        self.count += 1
        self.frames.append(frame)

    def close(self, code: int) -> None:
        """The venue has enough."""
        self.closed = code


class Crowd:
    """So many sessions."""

    def __init__(self, server: Inside, token: str, count: int) -> None:
        self.ears = [Ear() for _ in range(count)]
        sockets = server.world.sockets["/v2"]
        call = Call("GET", "/v2", b"", {}, b"", "127.0.0.1")
        self.sessions: list[SocketSession] = [sockets.open(call, ear) for ear in self.ears]
        asks: list[dict[str, object]] = [{"channel": channel, "symbol": PAIRS} for channel in CHANNELS]
        asks += [{"channel": channel, "token": token} for channel in ("executions", "balances")]
        messages = [msgspec.json.encode({"method": "subscribe", "params": params}) for params in asks]
        for session in self.sessions:
            for message in messages:
                sockets.receive(session, message)

    async def has_begun(self) -> None:
        """Wait until all have their acknowledgements."""
        await until(lambda: all(len(ear.frames) > SUBSCRIPTIONS for ear in self.ears))

    def forget(self) -> None:
        """What was told until now."""
        for ear in self.ears:
            ear.frames.clear()

    def leave(self) -> None:
        """All of them."""
        for session in self.sessions:
            session.leave()


async def trade(server: Inside, ann: Signer, pair: str = "XBTUSDT") -> None:
    """Two orders, which meet."""
    order = {"pair": pair, "ordertype": "limit", "price": 100, "volume": "0.1"}
    assert (await server.call("AddOrder", **order, type="buy")).result
    assert (await server.send(ann.call("AddOrder", **order, type="sell"))).result


async def told(server: Inside, ann: Signer, crowd: Crowd, rounds: int) -> float:
    """How long the processor works until all have heard of some trades."""
    before, began = crowd.ears[-1].count, time.process_time()
    for _ in range(rounds):
        await trade(server, ann)
    await until(lambda: crowd.ears[-1].count >= before + 5 * rounds)
    return time.process_time() - began


def test_a_thousand_sessions_with_ten_thousand_subscriptions_are_told() -> None:
    async def story(server: Inside) -> None:
        token = (await server.call("GetWebSocketsToken")).result["token"]
        ann = await server.account("ann", BTC="100")
        tracemalloc.start()
        crowd = Crowd(server, token, 1_000)
        sockets = server.world.sockets["/v2"]
        await crowd.has_begun()
        crowd.forget()
        bytes_each = tracemalloc.get_traced_memory()[0] / len(crowd.sessions)
        tracemalloc.stop()
        assert bytes_each < 20_000, "a session with ten subscriptions takes little"
        await trade(server, ann)
        await until(lambda: all(len(ear.frames) >= 10 for ear in crowd.ears))
        channels = {msgspec.json.decode(frame)["channel"] for frame in crowd.ears[-1].frames}
        assert channels == {*CHANNELS, "executions", "balances"}
        assert len({tuple(ear.frames) for ear in crowd.ears}) == 1, "all hear the same"
        shared = {id(frame) for ear in crowd.ears for frame in ear.frames if b'"sequence"' not in frame}
        assert len(shared) < 10, "which is made once"
        crowd.leave()
        assert not sockets._feed.is_followed

    inside(story)


def test_ten_times_the_sessions_take_no_more_than_ten_times_the_work() -> None:
    async def story(server: Inside) -> None:
        token = (await server.call("GetWebSocketsToken")).result["token"]
        ann = await server.account("ann", BTC="100")
        took = []
        for count in (100, 1_000):
            began = time.process_time()
            crowd = Crowd(server, token, count)
            await crowd.has_begun()
            await told(server, ann, crowd, 10)
            crowd.leave()
            took.append(time.process_time() - began)
        assert took[1] < 20 * took[0], took

    inside(story)
