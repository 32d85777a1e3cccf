"""Remembered heads: whatever a connection remembers, the answers are those of one that remembers nothing."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.server.connections.http1 import MAX_REMEMBERED_HEADS
from tests.support.http_caller import Caller, Forgetful, Parsing, cut, one_by_one, post, run

SIGNS = [
    b"c2ln", b"Zm9v", b" c2l", b"c2l ", b"\tc2l", b"c 2l", b"c\r2l", b"c\n2l", b"\r\n 2", b"c2l\xff", b"c\x002",
]  # fmt: skip
MORE = [
    b"", b"", b"X: y\r\n", b"Connection: keep-alive\r\n", b"Connection: close\r\n", b"Content-Length: 7\r\n",
    b"Content-Length: 8\r\n", b"Expect: 100-continue\r\n", b"Upgrade: websocket\r\n", b"X: \r\n",
    b"Connection: Upgrade\r\nUpgrade: h2c\r\n", b"X : y\r\n", b" folded\r\n", b"\r\n",
]  # fmt: skip
PATHS = [
    b"/0/x", b"/0/later", b"/0/x?more", b"/0/x?note", b"/0/x?status", b"/0/x?html", b"/0/Balanc%65",
    b"/0/x?y=%2F", b"/elsewhere", b"http://h/0/x", b"/0/a b",
]  # fmt: skip
BODIES = [b"nonce=1", b"nonce=2", b"\r\n\r\nabc", b"GET /0/", b"", b"nonce=10"]
SHAPES = [
    b"POST /0/x HTTP/1.1\r\nAPI-Key: key\r\nAPI-Sign: %b\r\nContent-Length: 7\r\n\r\nnonce=1",
    b"POST /0/x HTTP/1.1\r\nContent-Length: 7\r\nAPI-Sign:%b\r\n\r\nnonce=2",
    b"POST /0/x HTTP/1.1\r\nAPI-Sign: c2ln\r\nContent-Length: 7\r\napi-sign: %b\r\n\r\nnonce=1",
    b"POST /0/x HTTP/1.1\r\nAPI-Sign: %b\r\nContent-Length: 7\r\napi-sign: c2ln\r\n\r\nnonce=1",
    b"POST /0/x HTTP/1.1\r\nAPI-Sign: c2\r\n ln\r\nX: %b\r\nContent-Length: 0\r\n\r\n",
    b"POST /0/x HTTP/1.1\r\nAPI-Sign: %b\r\n ln\r\nContent-Length: 0\r\n\r\n",
    b"POST /0/x HTTP/1.1\r\nAPI-Sign: %b\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET /api/x HTTP/1.1\r\nKC-API-SIGN:  %b  \r\nKC-API-TIMESTAMP: 1700000000000\r\nHost: here\r\n\r\n",
    b"GET /api/x HTTP/1.1\r\nKC-API-TIMESTAMP: %b\r\nHost: here\r\nKC-API-SIGN: c2ln\r\n\r\n",
    b"GET /0/later HTTP/1.1\r\nAPI-Sign: \r\nX: %b\r\n\r\n",
    b"POST /0/x HTTP/1.1\r\nX: %b\r\nContent-Length: 15\r\n\r\nGET /0/x HTTP/1.1\r\n\r\n",
]
"""Heads in which one value changes."""

any_request = st.one_of(
    st.builds(post, st.sampled_from(SIGNS[:2]), st.sampled_from(BODIES)),
    st.builds(post, st.sampled_from(SIGNS), st.sampled_from(BODIES), st.sampled_from(PATHS), st.sampled_from(MORE)),
    st.sampled_from(PATHS).map(lambda path: b"GET %b HTTP/1.1\r\nHost: here\r\n\r\n" % path),
    st.sampled_from([b"\r\n" + post(), post() + post(), b"GET /0/x HTTP/1.0\r\n\r\n", b"HEAD /0/x HTTP/1.1\r\n\r\n"]),
    st.integers(1, 70).map(lambda start: post()[start:]),
)
"""What may come over a connection."""


async def _in_pieces(requests: Sequence[bytes], cuts: Sequence[int]) -> bytes:
    caller = Caller()
    for request in requests:
        for piece in cut(request, cuts):
            caller.send(piece)
        await caller.settle()
    return caller.wire.written


@given(requests=st.lists(any_request, min_size=1, max_size=8), cuts=st.lists(st.integers(0, 500), max_size=6))
def test_what_is_remembered_does_not_show(requests: list[bytes], cuts: list[int]) -> None:
    """Nor do the places where the network cuts what is sent."""
    parsed = run(lambda: one_by_one(requests, Forgetful))
    assert run(lambda: one_by_one(requests)) == parsed
    assert run(lambda: _in_pieces(requests, cuts)) == parsed


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_head_that_only_seems_the_same_is_parsed(shape: bytes, sign: bytes) -> None:
    requests = [shape % b"c2ln", shape % sign, post(), shape % sign]
    assert run(lambda: one_by_one(requests)) == run(lambda: one_by_one(requests, Forgetful))


@pytest.mark.parametrize("more", MORE)
def test_what_a_connection_was_told_goes_before_what_it_remembers(more: bytes) -> None:
    requests = [post(), post(more=more), post()]
    assert run(lambda: one_by_one(requests)) == run(lambda: one_by_one(requests, Forgetful))


VENUES = st.sampled_from([b"/0/x", b"/0/y", b"/api/x", b"/elsewhere"])
BOTH_VENUES = (
    b"GET %b HTTP/1.1\r\nAPI-Key: %b\r\nAPI-Sign: %b\r\n"
    b"KC-API-KEY: %b\r\nKC-API-SIGN: %b\r\nKC-API-TIMESTAMP: %d\r\n\r\n"
)
mixed = st.builds(
    lambda path, key, sign, stamp: BOTH_VENUES % (path, key, sign, key, sign, stamp),
    VENUES, st.sampled_from([b"key", b"yek", b"longer"]), st.sampled_from(SIGNS[:2]), st.integers(10**12, 10**12 + 3),
)  # fmt: skip
"""Calls of several keys to both venues, with the headers of both."""


@given(requests=st.lists(mixed, min_size=2, max_size=12))
def test_keys_and_venues_may_take_turns_on_a_connection(requests: list[bytes]) -> None:
    alone = run(lambda: each_alone(requests))
    assert run(lambda: one_by_one(requests)) == alone


async def each_alone(requests: Sequence[bytes]) -> bytes:
    """All answers to requests of which each has a connection of its own."""
    return b"".join([await one_by_one([request]) for request in requests])


OF_CLIENTS = [
    post(), post(path=b"/0/y"), post(body=b""),
    b"GET /0/x?y=z HTTP/1.1\r\nHost: here\r\n\r\n",
    b"GET /api/x HTTP/1.1\r\nKC-API-SIGN: c2ln\r\nKC-API-TIMESTAMP: 1700000000000\r\nConnection: keep-alive\r\n\r\n",
]  # fmt: skip


@settings(max_examples=200)
@given(
    request=st.sampled_from(OF_CLIENTS),
    changes=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), min_size=1, max_size=3),
)
def test_a_remembered_head_with_other_bytes_is_read_as_on_a_fresh_connection(
    request: bytes, changes: list[tuple[int, int]]
) -> None:  # fmt: skip
    changed = bytearray(request)
    for at, byte in changes:
        changed[at % len(changed)] = byte
    said = run(lambda: one_by_one([request, bytes(changed), request]))
    assert said == run(lambda: one_by_one([request, bytes(changed), request], Forgetful))
    fresh = run(lambda: one_by_one([bytes(changed)]))
    assert said.startswith(run(lambda: one_by_one([request])) + fresh)


@pytest.mark.parametrize("byte", [b" ", b"\t", b"\r", b"\n", b"\0", b":", b"\x7f", b"\xff", b"A"])
@pytest.mark.parametrize("request_of_client", OF_CLIENTS)
def test_every_byte_of_a_remembered_head_counts(request_of_client: bytes, byte: bytes) -> None:
    async def story() -> None:
        for at in range(request_of_client.index(b"\r\n\r\n") + 4):
            changed = request_of_client[:at] + byte + request_of_client[at + 1 :]
            assert await one_by_one([request_of_client, changed]) == await one_by_one(
                [request_of_client, changed], Forgetful
            )

    run(story)


def test_the_parser_sees_only_the_first_of_calls_with_the_same_head() -> None:
    async def story() -> None:
        caller = Caller(Parsing)
        assert b"nonce=1" in caller.send(post())
        answer = caller.send(post(b"Zm9v", b"nonce=2"))
        assert (b"Zm9v" in answer, b"c2ln" in answer, b"nonce=2" in answer) == (True, False, True)
        assert caller.parsed == 1
        kucoin = b"GET /api/x HTTP/1.1\r\nKC-API-TIMESTAMP: %d\r\nX: y\r\nKC-API-SIGN: %b\r\n\r\n"
        caller.send(kucoin % (1_700_000_000_000, b"c2ln"), kucoin % (1_700_000_000_001, b"Zm9v"))
        assert caller.parsed == 2
        assert [call.headers[b"kc-api-timestamp"] for call in caller.mirror.calls[2:]] == [
            b"1700000000000", b"1700000000001",
        ]  # fmt: skip

    run(story)


def test_a_connection_remembers_so_many_heads_and_no_long_ones() -> None:
    async def story() -> None:
        caller = Caller(Parsing)
        for length in range(2 * MAX_REMEMBERED_HEADS):
            caller.send(post(body=b"x" * length), post(body=b"y" * length))
        assert caller.parsed == 3 * MAX_REMEMBERED_HEADS
        long = Caller(Parsing)
        long.send(*[post(more=b"X: " + b"x" * 10_000 + b"\r\n")] * 3)
        assert long.parsed == 3

    run(story)
