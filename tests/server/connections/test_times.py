"""Who says nothing, drips or does not listen is not waited for; who waits for us is."""

import pytest

from seatrial.server.connections.limits import KEEP_ALIVE_SECONDS, REQUEST_SECONDS
from tests.support.http_caller import Caller, Hand, post


def test_a_connection_is_closed_when_nothing_came_for_long() -> None:
    hand = Hand()
    caller = Caller(loop=hand)
    for _ in range(5):
        caller.send(post())
        hand.advance(KEEP_ALIVE_SECONDS - 1)
        assert not caller.wire.closed
    hand.advance(0.5)
    assert not caller.wire.closed
    hand.advance(0.5)
    assert caller.wire.closed


def test_a_connection_is_not_closed_while_a_call_is_at_work() -> None:
    hand = Hand()
    caller = Caller(loop=hand)
    for _ in range(3):
        caller.send(post(path=b"/0/later"))
        hand.advance(10 * KEEP_ALIVE_SECONDS)
        assert not caller.wire.closed
        caller.mirror.later.pop()()
    hand.advance(KEEP_ALIVE_SECONDS)
    assert caller.wire.closed


def test_a_request_has_its_time_to_come_after_which_the_connection_is_closed() -> None:
    hand = Hand()
    caller = Caller(loop=hand)
    caller.send(post(), post(), post()[:20])
    hand.advance(REQUEST_SECONDS - 1)
    assert not caller.wire.closed
    assert caller.send(post()[20:]).startswith(b"HTTP/1.1 200 OK")
    hand.advance(KEEP_ALIVE_SECONDS - 1)
    assert not caller.wire.closed
    caller.send(post()[:20])
    hand.advance(REQUEST_SECONDS)
    assert caller.wire.closed


DRIPPED = {
    "nothing": (b"", b""),
    "empty lines": (b"", b"\r\n"),
    "empty lines after a call": (post(), b"\r\n"),
    "a first line": (b"GET /0/", b"x"),
    "a header": (b"GET /0/x HTTP/1.1\r\nX: ", b"x"),
    "headers": (b"GET /0/x HTTP/1.1\r\n", b"X: y\r\n"),
    "a body": (b"POST /0/x HTTP/1.1\r\nContent-Length: 9000\r\n\r\n", b"x"),
    "a body that was asked for": (b"POST /0/x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9000\r\n\r\n", b"x"),
    "the rest of a body that was refused": (
        b"POST /0/x HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n" + b"x" * 2_000_000, b"x",
    ),
    "chunks": (b"POST /0/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "trailers": (b"POST /0/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
    "the head of a second call": (post() + b"GET /0/x HTTP/1.1\r\n", b"X: y\r\n"),
}  # fmt: skip


@pytest.mark.parametrize("what", DRIPPED)
def test_who_drips_a_request_is_not_waited_for(what: str) -> None:
    hand = Hand()
    caller = Caller(loop=hand)
    begun, drop = DRIPPED[what]
    caller.send(begun) if begun else None
    for _ in range(int(REQUEST_SECONDS) - 1):
        hand.advance(1)
        caller.send(drop) if drop else None
        assert not caller.wire.closed
    hand.advance(2)
    assert caller.wire.closed


def test_who_waits_for_an_answer_may_take_long_to_send_the_next_call() -> None:
    hand = Hand()
    caller = Caller(loop=hand)
    caller.send(post(path=b"/0/later"), post()[:20])
    hand.advance(5.5 * REQUEST_SECONDS)
    assert not caller.wire.closed
    caller.mirror.later.pop()()
    assert caller.wire.written.startswith(b"HTTP/1.1 200 OK")
    hand.advance(REQUEST_SECONDS - 1)
    assert not caller.wire.closed
    hand.advance(1)
    assert caller.wire.closed


def test_who_takes_nothing_of_an_answer_is_not_waited_for() -> None:
    hand = Hand()
    caller = Caller(loop=hand)
    caller.send(post())
    caller.protocol.pause_writing()
    for unsent in (100_000, 90_000, 80_000):
        caller.wire.unsent = unsent
        hand.advance(REQUEST_SECONDS - 1)
        assert not caller.wire.closed, "they take some"
    hand.advance(2 * REQUEST_SECONDS)
    assert caller.wire.closed


def test_who_takes_an_answer_in_the_end_is_a_caller_like_others() -> None:
    hand = Hand()
    caller = Caller(loop=hand)
    caller.send(post())
    caller.wire.unsent = 100_000
    caller.protocol.pause_writing()
    hand.advance(REQUEST_SECONDS)
    caller.wire.unsent = 0
    caller.protocol.resume_writing()
    assert caller.send(post()).startswith(b"HTTP/1.1 200 OK")
    hand.advance(KEEP_ALIVE_SECONDS - 1)
    assert not caller.wire.closed
