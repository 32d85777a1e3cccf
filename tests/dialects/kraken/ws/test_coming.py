"""How often one address may open a WebSocket, where that is counted."""

from seatrial.dialects.kraken.dialect import Kraken
from seatrial.dialects.kraken.ws.coming import (
    BLOCKED_SECONDS,
    MAX_ADDRESSES,
    MAX_OPENED,
    WINDOW_SECONDS,
    Comings,
)
from seatrial.dialects.wire import Call
from tests.support.kraken_exchange import Exchange, symbols


def test_so_many_come_in_ten_minutes_and_then_nobody_for_ten_minutes() -> None:
    comings = Comings()
    assert all(comings.admits("1.2.3.4", at_s) for at_s in range(MAX_OPENED))
    late = float(MAX_OPENED)
    assert not comings.admits("1.2.3.4", late)
    assert comings.admits("5.6.7.8", late), "others may"
    assert not comings.admits("1.2.3.4", late + BLOCKED_SECONDS - 1)
    assert comings.admits("1.2.3.4", late + BLOCKED_SECONDS)


def test_who_comes_slowly_comes_for_ever() -> None:
    comings, step = Comings(), WINDOW_SECONDS / MAX_OPENED
    assert all(comings.admits("1.2.3.4", number * step) for number in range(5 * MAX_OPENED))


def test_a_bounded_number_of_addresses_is_remembered() -> None:
    comings = Comings()
    for number in range(2 * MAX_ADDRESSES):
        comings.admits(str(number), 0.0)
    assert len(comings._opened) == MAX_ADDRESSES


def test_only_where_it_is_asked_for_anybody_is_counted() -> None:
    call, exchange = Call("GET", "/v2", b"", {}, b"", "1.2.3.4"), Exchange()
    for counts, refused in ((False, 0), (True, 1)):
        feed = Kraken(1, symbols(), counts_connections=counts).feed(exchange.machine, lambda *_: None)
        answers = [feed.refusal(call, 0.0) for _ in range(MAX_OPENED + 1)]
        assert [reply.status for reply in answers if reply is not None] == [429] * refused
