"""When answers are sent: in order, as fast as they are taken, to those who are there, until the server stops."""

import asyncio

import pytest

from seatrial.dialects.wire import Reply
from tests.support.http_caller import DATE, MAX_WAIT, Caller, post, run

TIMES_BEFORE = pytest.mark.parametrize("before", [0, 1, 2], ids=["parsed", "remembered", "remembered again"])


def test_who_does_not_read_is_sent_no_more() -> None:
    async def story() -> None:
        caller = Caller()
        caller.send(post())
        caller.protocol.pause_writing()
        assert caller.send(post()) == b""
        assert caller.send(post(), post()) == b""
        await caller.settle()
        assert not caller.wire.reads
        before = caller.wire.written
        caller.protocol.resume_writing()
        await caller.settle()
        assert caller.wire.written == 4 * before
        assert caller.wire.reads

    run(story)


@TIMES_BEFORE
def test_a_call_at_work_is_answered_before_the_server_stops(before: int) -> None:
    async def story() -> None:
        caller = Caller()
        for number in range(1 + before):
            caller.send(post(path=b"/0/later"))
            caller.stop() if number == before else None
            await caller.settle()
        assert caller.wire.written.count(b"HTTP/1.1 200 OK") == 1 + before
        assert caller.wire.written.count(b"connection: close\r\n\r\n") == 1
        assert caller.wire.closed

    run(story)


def test_who_is_idle_when_the_server_stops_is_let_go() -> None:
    async def story() -> None:
        silent, idle, begun = Caller(), Caller(), Caller()
        idle.send(post())
        begun.send(post()[:30])
        for caller in (silent, idle, begun):
            caller.stop()
            assert caller.wire.closed

    run(story)


def test_calls_in_line_are_answered_before_the_server_stops_and_none_is_begun_after() -> None:
    async def story() -> None:
        caller = Caller()
        caller.send(post(path=b"/0/later"), post(path=b"/0/next") + post(path=b"/0/half")[:-3])
        caller.stop()
        caller.send(b"=1" + post(path=b"/0/late"))
        await caller.settle()
        assert [call.path for call in caller.mirror.calls] == ["/0/later", "/0/next"]
        assert caller.wire.written.count(b"HTTP/1.1 200 OK") == 2
        assert caller.wire.written.count(b"connection: close\r\n\r\n") == 1
        assert caller.wire.closed

    run(story)


def test_a_call_that_has_come_in_part_may_come_whole_while_the_server_stops() -> None:
    async def story() -> None:
        caller = Caller()
        caller.send(post()[:-3])
        caller.stop()
        assert b"connection: close\r\n\r\n" in caller.send(post()[-3:])
        assert caller.wire.closed

    run(story)


def test_who_comes_while_the_server_stops_is_let_go() -> None:
    async def story() -> None:
        caller = Caller()
        caller.hub.is_stopping = True
        caller.protocol.connection_made(caller.wire)  # type: ignore[arg-type]
        assert caller.wire.closed

    run(story)


@TIMES_BEFORE
def test_who_hangs_up_gets_no_answer(before: int) -> None:
    async def story() -> None:
        caller = Caller()
        for _ in range(before):
            caller.send(post(path=b"/0/later?note"))
            await caller.settle()
        written = caller.wire.written
        caller.send(post(path=b"/0/later?note"))
        caller.hang_up()
        await caller.settle()
        assert caller.wire.written == written
        assert caller.notes == ["noted"] * (1 + before)
        assert not caller.hub.connections

    run(story)


@pytest.mark.parametrize("answered", [0, 1, 2])
def test_who_hangs_up_with_calls_in_line_gets_no_more_answers(answered: int) -> None:
    async def story() -> None:
        caller = Caller()
        caller.send(post(path=b"/0/later") * 3)
        for _ in range(answered):
            caller.mirror.later.pop()()
            for _ in range(MAX_WAIT):
                await asyncio.sleep(0)
        assert caller.wire.written.count(b"HTTP/1.1 200 OK") == answered
        caller.hang_up()
        await caller.settle()
        assert caller.wire.written.count(b"HTTP/1.1 200 OK") == answered
        assert len(caller.mirror.calls) == answered + 1, "what nobody waits for is not begun"

    run(story)


def test_each_answer_has_the_date_of_its_second() -> None:
    async def story() -> None:
        caller = Caller()
        assert caller.send(post()).startswith(b"HTTP/1.1 200 OK\r\ndate: " + DATE + b"\r\ncontent-type: ")
        caller.hub.replies.renew("a second later")
        assert caller.send(post()).startswith(b"HTTP/1.1 200 OK\r\ndate: a second later\r\ncontent-type: ")

    run(story)


def test_an_answer_has_its_status_type_length_and_headers_in_this_order() -> None:
    async def story() -> None:
        caller = Caller()
        head, _, body = caller.send(post(path=b"/0/x?status&more&html", more=b"Connection: close\r\n")).partition(
            b"\r\n\r\n"
        )
        assert head.split(b"\r\n") == [
            b"HTTP/1.1 404 Not Found", b"date: " + DATE, b"content-type: text/html",
            b"content-length: %d" % len(body), b"x-more: yes", b"connection: close",
        ]  # fmt: skip
        assert caller.hub.replies.first_lines(599).startswith(b"HTTP/1.1 599 \r\n")

    run(story)


def test_the_answer_to_head_is_that_to_get_without_its_body() -> None:
    async def story() -> None:
        get, head = (Caller().send(verb + b" /nobody HTTP/1.1\r\n\r\n") for verb in (b"GET", b"HEAD"))
        assert get.startswith(head)
        assert head.endswith(b"\r\n\r\n")
        assert get != head

    run(story)


def test_a_reply_is_written_once_whatever_waits_behind_it() -> None:
    async def story() -> None:
        caller = Caller()
        caller.send(post(), post(path=b"/0/later"), post(path=b"/0/later"))
        assert caller.protocol.keeps_alive is not None
        await caller.settle()
        await caller.settle()
        written = caller.wire.written
        caller.protocol.respond(Reply(b"again"))
        assert caller.wire.written == written, "to nobody"

    run(story)
