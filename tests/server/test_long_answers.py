"""An answer without an end of its own is written beside the event loop."""

import threading

import pytest

from seatrial.dialects.kraken.rest import orders_and_trades
from tests.support.inside import Inside, inside

ORDER = {"ordertype": "limit", "type": "buy", "pair": "XBTUSD", "volume": "0.0001", "price": "10000"}
MORE_THAN_A_PAGE = 1_001


async def orders_of(server: Inside) -> int:
    """Place more orders than a page shows; how many OpenOrders shows."""
    trader = await server.account("ann", USD="100000")
    for _ in range(MORE_THAN_A_PAGE):
        assert (await server.send(trader.call("AddOrder", **ORDER))).json["error"] == []
    return len((await server.send(trader.call("OpenOrders"))).result["open"])


def test_open_orders_of_more_than_a_page_are_written_in_another_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    write, threads = orders_and_trades._write_all_open, []

    def noted(*given: object) -> object:
        threads.append(threading.current_thread())
        return write(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(orders_and_trades, "_write_all_open", noted)
    assert inside(orders_of) == MORE_THAN_A_PAGE
    assert threads != [threading.main_thread()]


def test_a_bug_in_writing_them_is_the_venues_word_for_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> object:
        raise KeyError("a planted bug")

    async def story(server: Inside) -> None:
        monkeypatch.setattr(orders_and_trades, "_write_all_open", breaks)
        with pytest.raises(AssertionError, match="EService:Unavailable"):
            await orders_of(server)
        assert (await server.call("Balance")).json["error"] == []

    inside(story)
