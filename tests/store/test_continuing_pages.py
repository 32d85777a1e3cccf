"""Pages that continue behind the last row shown, whatever was added in front meanwhile."""

import pytest

from seatrial.core.commands import CancelOrders
from seatrial.core.orders import Fill
from seatrial.core.postings import Posting
from seatrial.core.queries import FillPage, OrderPage, OrderRecord, Page, PostingPage
from tests.support.kraken_exchange import Exchange, Trader


@pytest.fixture
def trader() -> Trader:
    """The maker of three trades, who has three live orders and canceled three others at one moment."""
    exchange = Exchange()
    trader, _ = exchange.two_rich_traders()
    for _ in range(3):
        exchange.trade("100", "1")
    canceled = [trader.place("buy", "1", "10").order_id for _ in range(3)]
    exchange.apply(CancelOrders(trader.account_id, order_ids=tuple(canceled)))
    for _ in range(3):
        trader.place("buy", "1", "10")
    return trader


def ids(trader: Trader, query: OrderPage | FillPage | PostingPage) -> list[int]:
    """The ids of a page's rows."""
    page = trader.exchange.store.answer(query)
    assert isinstance(page, Page)
    found = []
    for row in page.rows:
        match row:
            case OrderRecord():
                found.append(row.order.order_id)
            case Fill():
                found.append(row.fill_id)
            case Posting():
                found.append(row.posting_id)
    return found


@pytest.mark.parametrize("live", [True, False])
def test_orders_continue_behind_the_last_one(trader: Trader, live: bool) -> None:
    whole = ids(trader, OrderPage(trader.account_id, live=live))
    for place, order_id in enumerate(whole):
        assert ids(trader, OrderPage(trader.account_id, live=live, before_id=order_id)) == whole[place + 1 :]
    assert len(whole) == (3 if live else 6)


def test_live_orders_continue_behind_one_that_ended_meanwhile(trader: Trader) -> None:
    newest, second, third = ids(trader, OrderPage(trader.account_id, live=True))
    trader.exchange.apply(CancelOrders(trader.account_id, order_ids=(second,)))
    assert ids(trader, OrderPage(trader.account_id, live=True, before_id=second)) == [third]
    assert ids(trader, OrderPage(trader.account_id, live=True)) == [newest, third]


def test_fills_continue_behind_the_last_one(trader: Trader) -> None:
    whole = ids(trader, FillPage(trader.account_id))
    assert ids(trader, FillPage(trader.account_id, before_id=whole[0])) == whole[1:]
    assert len(whole) == 3


@pytest.mark.parametrize(("assets", "count"), [((), 8), (("BTC",), 4)])
def test_postings_continue_behind_the_last_one(trader: Trader, assets: tuple[str, ...], count: int) -> None:
    whole = ids(trader, PostingPage(trader.account_id, assets=assets))
    assert ids(trader, PostingPage(trader.account_id, assets=assets, before_id=whole[1])) == whole[2:]
    assert len(whole) == count
