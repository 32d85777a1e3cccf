"""What a connection reads: the same however it is cut, never more than a request holds, never without end."""

import re
import sys
from collections.abc import Sequence

import h11
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seatrial.server.connections.limits import MAX_BODY_BYTES, MAX_HEAD_BYTES
from tests.support.http_caller import Caller, chunked, cut, one_by_one, post, run

UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n"
GET = b"GET /api/x HTTP/1.1\r\nHost: here\r\n\r\n"

WHOLE = {
    "a call": post(),
    "a call without a body": GET,
    "in chunks": chunked(),
    "with a trailer": chunked(b"X: y\r\n"),
    "with an expectation": post(more=b"Expect: 100-continue\r\n"),
    "with an upgrade": post(more=UPGRADE),
    "in chunks, with an upgrade": chunked(more=UPGRADE),
    "with percents": post(path=b"/0/%78?y=%2F"),
    "of nobody": post(path=b"/nobody"),
    "for its head": b"HEAD /0/x HTTP/1.1\r\n\r\n",
    "the last one": post(more=b"Connection: close\r\n"),
    "of the old version": b"GET /0/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "no request": b"GET /0/x\r\n\r\n",
    "an unknown coding": chunked().replace(b"chunked", b"gzip, chunked"),
}


async def _at_once(pieces: Sequence[bytes]) -> bytes:
    caller = Caller()
    caller.send(*pieces)
    await caller.settle()
    return caller.wire.written


@pytest.mark.parametrize("what", WHOLE)
@pytest.mark.parametrize("is_first", [True, False], ids=["before a call", "behind a call"])
def test_where_two_requests_are_cut_does_not_show(what: str, is_first: bool) -> None:
    """At every byte. They are answered as if the second had waited for the answer to the first."""

    async def story() -> None:
        first, second = (WHOLE[what], GET) if is_first else (GET, WHOLE[what])
        data = first + second
        told = await one_by_one([first, second])
        assert await _at_once([data]) == told
        for at in range(1, len(data)):
            assert await _at_once([data[:at], data[at:]]) == told, data[:at]

    run(story)


def test_a_request_may_come_byte_by_byte() -> None:
    async def story() -> None:
        for request in WHOLE.values():
            data = post() + request + post()
            assert await _at_once([data[at : at + 1] for at in range(len(data))]) == await _at_once([data])

    run(story)


well_formed = st.builds(
    post,
    st.sampled_from([b"c2ln", b"Zm9v"]),
    st.sampled_from([b"nonce=1", b"nonce=2", b"\r\n\r\nabc", b"GET /0/", b"", b"nonce=10"]),
    st.sampled_from([b"/0/x", b"/0/later", b"/0/x?more", b"/0/x?status", b"/api/Balanc%65", b"/0/x?y=%2F", b"/none"]),
    st.sampled_from(
        [b"", b"X: y\r\n", b"Connection: keep-alive\r\n", b"X: \r\n", b"X:  a b \r\n", b"Upgrade: h2c\r\n"]
    ),
)


def _read_by_h11(data: bytes) -> list[tuple[bytes, bytes, list[tuple[bytes, bytes]], bytes]]:
    """The requests in some bytes, by another parser: verb, target, headers, body."""
    found = []
    other = h11.Connection(h11.SERVER)
    other.receive_data(data)
    while isinstance(head := other.next_event(), h11.Request):
        body = b""
        while isinstance(part := other.next_event(), h11.Data):
            body += bytes(part.data)
        found.append((head.method, head.target, sorted(head.headers), body))
        other.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
        other.send(h11.EndOfMessage())
        other.start_next_cycle()
    return found


@given(
    calls=st.lists(well_formed | st.just(chunked(more=b"Host: here\r\n")), min_size=1, max_size=8),
    cuts=st.lists(st.integers(0, 2000)),
)
def test_another_parser_reads_the_same(calls: list[bytes], cuts: list[int]) -> None:
    async def story() -> None:
        caller = Caller()
        for piece in cut(b"".join(calls), cuts):
            caller.send(piece)
        for _ in calls:
            await caller.settle()
        read = [
            (call.verb.encode(), call.endpoint, sorted(call.headers.items()), call.body) for call in caller.mirror.calls
        ]
        assert read == [one for one in _read_by_h11(b"".join(calls)) if one[1] != b"/none"]

    run(story)


@given(calls=st.lists(well_formed, min_size=1, max_size=8), cuts=st.lists(st.integers(0, 2000), max_size=12))
def test_calls_that_wait_for_no_answer_are_answered_in_order(calls: list[bytes], cuts: list[int]) -> None:
    """Whole or cut anywhere: between two calls, too."""

    async def at_once(pieces: Sequence[bytes]) -> bytes:
        caller = Caller()
        caller.send(*calls[:1])
        await caller.settle()
        caller.send(*pieces)
        for _ in calls:
            await caller.settle()
        return caller.wire.written

    in_turn = run(lambda: one_by_one([calls[0], *calls]))
    assert run(lambda: at_once(calls)) == in_turn
    assert run(lambda: at_once(list(cut(b"".join(calls), cuts)))) == in_turn


anything = st.sampled_from([*WHOLE.values(), b"\r\n", b"0\r\n\r\n", b"7\r\n", UPGRADE, b" ", b"X: y\r\n"]) | st.binary()


@given(parts=st.lists(anything, min_size=1, max_size=8), cuts=st.lists(st.integers(0, 2000), max_size=8))
def test_any_bytes_are_answered_the_same_however_they_are_cut(parts: list[bytes], cuts: list[int]) -> None:
    data = b"".join(parts)
    assume(data)
    told = run(lambda: _at_once([data]))
    assert told == run(lambda: _at_once(list(cut(data, cuts))))
    assert not told or told.startswith(b"HTTP/1.1 ")
    assert told.count(b"HTTP/1.1 400 ") + told.count(b"HTTP/1.1 501 ") <= 1


def test_a_long_line_of_calls_is_no_deep_one_and_lets_others_have_their_turn() -> None:
    async def story() -> None:
        caller, other = Caller(), Caller()
        calls = 2 * sys.getrecursionlimit()
        assert caller.send(GET * calls).count(b"HTTP/1.1 200 OK") == 1
        assert not caller.wire.reads, "no more is read while there is a line"
        assert other.send(GET).count(b"HTTP/1.1 200 OK") == 1
        while caller.wire.written.count(b"HTTP/1.1 200 OK") < calls:
            await caller.settle()
        assert caller.wire.reads

    run(story)


def test_what_looks_like_a_call_in_the_body_of_another_is_its_body() -> None:
    async def story() -> None:
        caller = Caller()
        caller.send(post())
        head = b"POST /0/x HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(post())
        assert caller.send(head) == b""
        caller.send(post())
        assert [(call.path, call.body) for call in caller.mirror.calls[1:]] == [("/0/x", post())]

    run(story)


def test_what_looks_like_a_call_in_the_head_of_another_is_its_head() -> None:
    async def story() -> None:
        caller = Caller()
        caller.send(post(), b"POST /0/y HTTP/1.1\r\nX: ", post())
        assert [(call.path, call.headers.get(b"x")) for call in caller.mirror.calls[1:]] == [
            ("/0/y", b"POST /0/x HTTP/1.1")
        ]

    run(story)


def test_the_rest_of_a_call_is_no_call() -> None:
    async def story() -> None:
        caller = Caller()
        caller.send(post()[:30])
        caller.send(post()[30:])
        assert caller.send(post()[30:]).startswith(b"HTTP/1.1 400 ")

    run(story)


@pytest.mark.parametrize("more", [UPGRADE, UPGRADE + b"Expect: 100-continue\r\n"])
def test_a_request_for_an_upgrade_is_answered_as_if_it_asked_for_none(more: bytes) -> None:
    """Its body, too, is its body: the call of somebody else that a body looks like is none."""

    async def story() -> None:
        caller = Caller()
        caller.send(post(body=post(path=b"/0/hidden"), more=more) + post(path=b"/0/next"))
        caller.send(chunked(more=more) + post(path=b"/0/last"))
        await caller.settle()
        found = [(call.path, call.body) for call in caller.mirror.calls]
        hidden = post(path=b"/0/hidden")
        assert found == [
            ("/0/x", hidden), ("/0/next", b"nonce=1"), ("/0/x", b"nonce=1"), ("/0/last", b"nonce=1")
        ]  # fmt: skip

    run(story)


HIDING = {
    "two lengths": b"Content-Length: 7\r\nContent-Length: 6\r\n",
    "two equal lengths": b"Content-Length: 7\r\nContent-Length: 7\r\n",
    "a list of lengths": b"Content-Length: 7, 7\r\n",
    "a length with a sign": b"Content-Length: +7\r\n",
    "a length of other digits": b"Content-Length: 0x7\r\n",
    "a length and chunks": b"Content-Length: 7\r\nTransfer-Encoding: chunked\r\n",
    "chunks and a length": b"Transfer-Encoding: chunked\r\nContent-Length: 7\r\n",
    "a folded length": b"Content-Length:\r\n 7\r\n",
    "a folded header": b"Content-Length: 7\r\nX: y\r\n Transfer-Encoding: chunked\r\n",
    "a folded first header": b" X: y\r\nContent-Length: 7\r\n",
    "a blank before a colon": b"Content-Length : 7\r\n",
    "chunks with a blank before the colon": b"Transfer-Encoding : chunked\r\n",
    "chunks under a tab": b"Transfer-Encoding:\x0bchunked\r\n",
    "chunked twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "chunked before another coding": b"Transfer-Encoding: chunked, identity\r\n",
    "chunked behind another coding": b"Transfer-Encoding: identity, chunked\r\n",
    "an unknown coding": b"Transfer-Encoding: xchunked\r\n",
    "a bare line feed": b"Content-Length: 7\nX: y\r\n",
    "a bare carriage return": b"X: y\rContent-Length: 7\r\n",
    "a zero byte": b"X: y\0\r\nContent-Length: 7\r\n",
    "a name with a blank": b"X y: z\r\nContent-Length: 7\r\n",
    "no colon": b"X\r\nContent-Length: 7\r\n",
}


@pytest.mark.parametrize("headers", HIDING.values(), ids=HIDING)
@pytest.mark.parametrize("before", [b"", post()], ids=["first", "second"])
def test_a_request_that_two_servers_could_read_differently_is_refused(headers: bytes, before: bytes) -> None:
    """And nothing behind it is a request. Source: RFC 9112, 11.2."""

    async def story() -> None:
        caller = Caller()
        caller.send(before) if before else None
        bad = b"POST /0/bad HTTP/1.1\r\nHost: here\r\n" + headers + b"\r\n"
        caller.send(bad + b"7\r\nnonce=1\r\n0\r\n\r\n" + post(path=b"/0/hidden"))
        await caller.settle()
        assert re.search(rb"HTTP/1\.1 (400|501) [^\r]+\r\n[^!]*connection: close\r\n", caller.wire.written)
        assert {call.path for call in caller.mirror.calls} <= {"/0/x"}
        assert caller.wire.closed

    run(story)


@pytest.mark.parametrize(
    "target", [b"/0/\xff", b"/0/x?y=\xff", b"*", b"h:80", b"http://h", b"?x", b"http://h/0/x?y=\xff", b"0/x"]
)
@pytest.mark.parametrize("verb", [b"GET", b"OPTIONS", b"CONNECT"])
def test_a_target_that_is_no_path_is_refused(verb: bytes, target: bytes) -> None:
    async def story() -> None:
        caller = Caller()
        caller.send(verb + b" " + target + b" HTTP/1.1\r\nHost: here\r\n\r\n" + GET)
        await caller.settle()
        star = verb != b"CONNECT" and target == b"*"
        assert caller.wire.written.startswith(b"HTTP/1.1 404 " if star else b"HTTP/1.1 400 ")
        assert caller.wire.closed is not star
        assert len(caller.mirror.calls) == star

    run(story)


def test_chunks_of_the_old_version_end_the_connection() -> None:
    async def story() -> None:
        caller = Caller()
        caller.send(chunked().replace(b"1.1", b"1.0") + post(path=b"/0/hidden"))
        await caller.settle()
        assert [call.path for call in caller.mirror.calls] == ["/0/x"]
        assert caller.wire.closed

    run(story)


@pytest.mark.parametrize("more", [b"Connection: close\r\n", b"Connection: close, x\r\n"])
def test_what_comes_behind_the_last_request_is_not_read(more: bytes) -> None:
    async def story() -> None:
        caller = Caller()
        caller.send(post(path=b"/0/later", more=more) + post(path=b"/0/hidden"), post(path=b"/0/hidden"))
        await caller.settle()
        assert [call.path for call in caller.mirror.calls] == ["/0/later"]
        assert caller.wire.written.count(b"HTTP/1.1") == 1
        assert caller.wire.closed

    run(story)


def test_noise_behind_a_call_at_work_is_refused_after_its_answer() -> None:
    async def story() -> None:
        caller = Caller()
        assert caller.send(post(path=b"/0/later"), b"noise\r\n\r\n") == b""
        await caller.settle()
        assert re.findall(rb"HTTP/1\.1 (\d+) ", caller.wire.written) == [b"200", b"400"]
        assert caller.wire.closed

    run(story)


@pytest.mark.parametrize("more", [b"", b"Expect: 100-continue\r\n"], ids=["plain", "expecting"])
def test_what_comes_behind_a_body_is_no_header(more: bytes) -> None:
    async def story() -> None:
        caller = Caller()
        caller.send(chunked(b"API-Key: key\r\nX: y\r\n", more))
        caller.send(post())
        trailed, plain = caller.mirror.calls
        assert (trailed.body, trailed.headers[b"api-key"], b"x" in trailed.headers) == (b"nonce=1", b"nobody", False)
        assert plain.headers[b"api-key"] == b"key"

    run(story)


@pytest.mark.parametrize("key", [b"key", b" key", b"key ", b"\t key \t "])
def test_blanks_around_a_value_are_no_part_of_it(key: bytes) -> None:
    async def story() -> None:
        caller = Caller()
        request = post().replace(b"API-Key: key", b"API-Key:" + key).replace(b"c2ln", b"c2ln \t")
        caller.send(request, request, request.replace(b"c2ln", b"Zm9v"))
        assert [call.headers[b"api-key"] for call in caller.mirror.calls] == [b"key"] * 3
        assert [call.headers[b"api-sign"] for call in caller.mirror.calls] == [b"c2ln", b"c2ln", b"Zm9v"]

    run(story)


def test_who_asks_whether_to_send_a_body_is_told_to_when_it_is_their_turn() -> None:
    async def story() -> None:
        caller = Caller()
        expecting = post(more=b"Expect: 100-continue\r\n")
        head = expecting[: -len(b"nonce=1")]
        assert caller.send(head) == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert caller.send(b"nonce=1").startswith(b"HTTP/1.1 200 OK")
        assert caller.send(post(path=b"/0/later"), head) == b""
        caller.mirror.later.pop()()
        await caller.turn()
        assert caller.wire.written.endswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        old = head.replace(b"1.1", b"1.0")
        assert Caller().send(old) == b"", "the old version knows no such answer"

    run(story)


ENDLESS = {
    "a first line": (b"GET /0/", b"x" * 1000),
    "a name": (b"GET /0/x HTTP/1.1\r\n", b"x" * 1000),
    "a value": (b"GET /0/x HTTP/1.1\r\nX: ", b"x" * 1000),
    "headers": (b"GET /0/x HTTP/1.1\r\n", b"X: y\r\n" * 200),
    "the control API's headers": (b"GET /elsewhere HTTP/1.1\r\n", b"X: y\r\n" * 200),
    "trailers": (chunked()[:-2], b"X: y\r\n" * 200),
    "a trailer": (chunked(b"X: ")[:-2], b"x" * 1000),
}


@pytest.mark.parametrize("what", ENDLESS)
@pytest.mark.parametrize("in_pieces", [True, False])
def test_a_head_without_end_is_refused_before_it_fills_the_memory(what: str, in_pieces: bool) -> None:
    async def story() -> None:
        caller = Caller()
        begun, piece = ENDLESS[what]
        if in_pieces:
            answer = caller.send(begun, *[piece] * (3 * MAX_HEAD_BYTES // len(piece)))
        else:
            answer = caller.send(begun + piece * (3 * MAX_HEAD_BYTES // len(piece)) + b":\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
        assert answer.count(b"HTTP/1.1") == 1
        assert caller.wire.closed

    run(story)


def test_a_chunks_size_without_end_is_refused() -> None:
    async def story() -> None:
        caller = Caller()
        begun = b"POST /0/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;"
        assert caller.send(begun, *[b"x" * 1000] * 200).startswith(b"HTTP/1.1 431 ")
        assert caller.wire.closed

    run(story)


def test_a_head_may_be_long_and_a_body_longer() -> None:
    async def story() -> None:
        caller = Caller()
        long = post(body=b"x" * 900_000, more=b"X: " + b"x" * 60_000 + b"\r\n")
        for answer in (caller.send(long), caller.send(*cut(long, range(0, len(long), 5_000)))):
            assert answer.startswith(b"HTTP/1.1 200 OK")
        assert not caller.wire.closed

    run(story)


def test_a_body_of_many_small_chunks_is_put_together_once() -> None:
    """Each part added to all before it would copy half a terabyte."""

    async def story() -> None:
        caller = Caller()
        caller.send(b"POST /0/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        many = b"1\r\nx\r\n" * 1_000
        caller.send(*[many] * (MAX_BODY_BYTES // 1_000), b"0\r\n\r\n")
        (call,) = caller.mirror.calls
        assert len(call.body) == MAX_BODY_BYTES // 1_000 * 1_000

    run(story)


@pytest.mark.parametrize(
    ("path", "answer"), [(b"/0/x", b"too large"), (b"/_seatrial/v1/x", b"a body of more than 1048576 bytes")]
)
def test_a_body_too_large_is_refused_once_and_the_connection_goes_on(path: bytes, answer: bytes) -> None:
    async def story() -> None:
        caller = Caller()
        size = MAX_BODY_BYTES + 1
        head = b"POST %b HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (path, 2 * size)
        assert answer in caller.send(head, b"x" * size)
        assert caller.send(b"x" * (size - 1)) == b""
        assert not caller.mirror.calls
        assert caller.send(b"x" + post()).count(b"HTTP/1.1 200 OK") == 1

    run(story)
