"""What Kraken did when: each change, on the day before it and on its day."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from seatrial.catalogue import load
from seatrial.core.commands import SetAsOf
from seatrial.dialects.dated import Since, moment_of
from seatrial.dialects.kraken import manners
from seatrial.dialects.wire import Call
from tests.support.kraken_exchange import FORM, Exchange, catalogue, envelope

if TYPE_CHECKING:
    from seatrial.core.markets import FeeSchedule

Asked = Callable[[Exchange], Any]


@pytest.fixture
def exchange() -> Exchange:
    """Its users pay by the ladders of their time."""
    return Exchange(markets=catalogue().markets)


def before_and_since(exchange: Exchange, change: Since, ask: Asked) -> tuple[Any, Any]:
    """What is answered a moment before the change, and from then on."""
    answers = []
    for as_of_ns in (change.from_ns - 1, change.from_ns):
        exchange.apply(SetAsOf(as_of_ns))
        answers.append(ask(exchange))
    return answers[0], answers[1]


def first_row(exchange: Exchange, method: str, part: str | None = None, **params: object) -> dict[str, Any]:
    """Of an answer with rows by their ids."""
    found = exchange.traders[0].result(method, **params)
    rows = found if part is None else found[part]
    return dict(next(iter(rows.values())))


def test_trades_had_six_fields(exchange: Exchange) -> None:
    exchange.two_rich_traders()
    exchange.trade("20000", "0.1")
    rows = before_and_since(exchange, manners.TRADE_IDS, lambda of: of.public_result("Trades", pair="XBTUSD"))
    assert [len(row["XXBTZUSD"][0]) for row in rows] == [6, 7]


def test_the_ladders_have_their_days(exchange: Exchange) -> None:
    trader = exchange.account(USD="5000")

    def rates(_: Exchange) -> tuple[str, str]:
        found = trader.result("TradeVolume", pair="XBTUSD")
        return found["fees"]["XXBTZUSD"]["fee"], found["fees_maker"]["XXBTZUSD"]["fee"]

    assert before_and_since(exchange, manners.OLDER_LADDER, rates) == (("0.2600", "0.1600"), ("0.4000", "0.2500"))
    assert before_and_since(exchange, manners.NEWER_LADDER, rates) == (("0.4000", "0.2500"), ("0.8000", "0.4000"))


def test_who_is_paid_by_a_ladder_is_shown_by_it(exchange: Exchange) -> None:
    maker, taker = exchange.account(BTC="1"), exchange.account(USD="5000")
    exchange.apply(SetAsOf(moment_of("2023-06")))
    exchange.trade("20000", "0.1")
    fees = [who.result("TradesHistory")["trades"].popitem()[1]["fee"] for who in (maker, taker)]
    assert fees == ["3.20000", "5.20000"]


def test_every_ladder_of_the_catalogue_is_named_with_its_day() -> None:
    days: dict[str, set[int]] = {}
    for market in load().markets.values():
        ladder: FeeSchedule | None = market.fees
        while ladder is not None and ladder.from_ns:
            days.setdefault(ladder.name, set()).add(ladder.from_ns)
            ladder = ladder.earlier
    assert days == {name: {change.from_ns for change in changes} for name, changes in manners.LADDERS.items()}


def test_pair_info_had_the_ladders(exchange: Exchange) -> None:
    before, since = before_and_since(
        exchange, manners.NO_LADDERS, lambda of: of.public_result("AssetPairs", pair="XBTUSD", info="fees")
    )
    assert before["XXBTZUSD"]["fees"][:2] == [[0, 0.8], [2500, 0.6]]
    assert before["XXBTZUSD"]["fees_maker"][-1] == [500_000_000, 0]
    assert since["XXBTZUSD"] == {"fees": [], "fees_maker": [], "fee_volume_currency": "ZUSD"}
    exchange.apply(SetAsOf(moment_of("2024-06")))
    shown = exchange.public_result("AssetPairs")
    assert shown["XXBTZUSD"]["fees"][:3] == [[0, 0.4], [10_000, 0.35], [50_000, 0.24]]
    assert list(shown["XXBTZUSD"])[13:16] == ["fees", "fees_maker", "fee_volume_currency"]


def test_makers_rebates_came_later(exchange: Exchange) -> None:
    def last_rung(of: Exchange) -> list[float]:
        pairs = of.public_result("AssetPairs", info="fees")
        return sorted({info["fees_maker"][-1][1] for info in pairs.values()})

    before, since = before_and_since(exchange, manners.REBATES, last_rung)
    assert (before, since) == ([0], [-0.02, 0])


@pytest.mark.parametrize(
    ("change", "field"),
    [(manners.VOLUME_INPUTS, "inputs"), (manners.VOLUME_INPUTS, "asset_class"), (manners.SCHEDULES, "schedules")],
)
def test_trade_volume_has_had_more_fields(exchange: Exchange, change: Since, field: str) -> None:
    trader = exchange.account(USD="5000")
    answers = before_and_since(
        exchange, change, lambda _: trader.result("TradeVolume", pair="XBTUSD", fee_schedule="true")
    )
    assert [field in answer for answer in answers] == [False, True]


def test_public_methods_took_posts(exchange: Exchange) -> None:
    call = Call("POST", "/0/public/Ticker", b"", {b"content-type": FORM}, b"pair=XBTUSD", "127.0.0.1")
    before, since = before_and_since(exchange, manners.ONLY_GET, lambda of: of.serve(call))
    assert list(envelope(before.body)["result"]) == ["XXBTZUSD"]
    assert since.status == 405
    deleting = Call("DELETE", "/0/public/Time", b"", {}, b"", "127.0.0.1")
    assert [reply.status for reply in before_and_since(exchange, manners.ONLY_GET, lambda of: of.serve(deleting))] == [
        405,
        405,
    ]


def test_entries_of_trades_keep_what_they_were_shown_as() -> None:
    exchange = Exchange(now_ns=moment_of("2024-06"))
    exchange.two_rich_traders()
    exchange.trade("20000", "0.1")
    exchange.clock.now_ns = moment_of("2026-06")
    exchange.trade("20000", "0.1")

    def subtypes() -> set[str]:
        found = exchange.traders[0].result("Ledgers", type="trade")["ledger"]
        return {row["subtype"] for row in found.values()}

    assert subtypes() == {"", "tradespot"}
    for day, shown in (("2024", ""), ("2026", "tradespot")):
        exchange.apply(SetAsOf(moment_of(day)))
        assert subtypes() == {shown}


def test_orders_had_fewer_fields(exchange: Exchange) -> None:
    exchange.account(USD="5000").place("buy", "0.1", "20000", client_id="mine")
    before, since = before_and_since(exchange, manners.ORDER_FIELDS, lambda of: first_row(of, "OpenOrders", "open"))
    assert ("time_in_force" in before, before["userref"]) == (False, 0)
    assert (since["time_in_force"], since["userref"]) == ("gtc", None)
    before, since = before_and_since(
        exchange, manners.PAIR_CLASS, lambda of: first_row(of, "OpenOrders", "open")["descr"]
    )
    assert ("aclass" in before, since["aclass"]) == (False, "forex")


def test_own_trades_had_fewer_fields(exchange: Exchange) -> None:
    exchange.two_rich_traders()
    exchange.trade("20000", "0.1")
    before, since = before_and_since(
        exchange, manners.TRADE_FIELDS, lambda of: first_row(of, "TradesHistory", "trades")
    )
    assert since.keys() - before.keys() == {"aclass", "tradeordertype"}


def test_a_volume_below_the_least_was_refused_in_other_words(exchange: Exchange) -> None:
    trader = exchange.account(USD="5000")
    order = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "20000", "volume": "0.00000001"}
    assert before_and_since(exchange, manners.MINIMUM_TEXT, lambda _: trader.error("AddOrder", **order)) == (
        "EGeneral:Invalid arguments:volume",
        "EGeneral:Invalid arguments:volume minimum not met",
    )


def test_a_gone_order_was_unknown(exchange: Exchange) -> None:
    trader = exchange.account(USD="5000")
    gone = exchange.ids.order(99)
    assert before_and_since(exchange, manners.GONE_ORDERS, lambda _: trader.error("CancelOrder", txid=gone)) == (
        "EOrder:Unknown order",
        "EOrder:Invalid order",
    )


def test_fill_or_kill_came_later(exchange: Exchange) -> None:
    trader = exchange.account(USD="5000")
    order = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "20000", "volume": "0.1"}
    before, since = before_and_since(
        exchange, manners.FILL_OR_KILL, lambda _: trader.call("AddOrder", **order, timeinforce="FOK")
    )
    assert before["error"] == ["EGeneral:Invalid arguments:timeinforce"]
    assert since["error"] == []


def test_withdrawals_and_their_methods_had_fewer_fields(exchange: Exchange) -> None:
    trader = exchange.account(BTC="5")
    before, since = before_and_since(
        exchange, manners.METHOD_IDS, lambda _: trader.result("WithdrawMethods", asset="XBT")[0]
    )
    assert since.keys() - before.keys() == {"method_id", "network_id", "fee"}


@pytest.mark.parametrize(
    ("change", "method"),
    [(manners.KEY_INFO, "GetApiKeyInfo"), (manners.WALLETS, "ListWalletAccounts")],
)
def test_a_method_is_unknown_until_its_day(exchange: Exchange, change: Since, method: str) -> None:
    trader = exchange.account(USD="1")
    before, since = before_and_since(exchange, change, lambda _: trader.call(method))
    assert before == {"error": ["EGeneral:Unknown method"]}
    assert since["error"] == []


@pytest.mark.parametrize(
    ("change", "method", "params"),
    [(manners.FULL_BOOKS, "GroupedBook", {"pair": "XBTUSD"}), (manners.MAINTENANCE, "MaintenanceSchedule", {})],
)
def test_a_public_method_is_unknown_until_its_day(
    exchange: Exchange, change: Since, method: str, params: dict[str, str]
) -> None:
    before, since = before_and_since(exchange, change, lambda _: exchange.public(method, **params))
    assert before == {"error": ["EGeneral:Unknown method"]}
    assert since["error"] == []


def test_the_status_of_the_system_had_two_fields(exchange: Exchange) -> None:
    before, since = before_and_since(exchange, manners.MAINTENANCE, lambda _: exchange.public_result("SystemStatus"))
    assert list(before) == ["status", "timestamp"]
    assert list(since) == ["status", "timestamp", "upcoming_maintenance", "emergency"]


def test_changes_stand_in_their_order_and_each_once() -> None:
    days = [change.from_ns for change in manners.CHANGES]
    assert days == sorted(days)
    named = [change for change in vars(manners).values() if isinstance(change, Since)]
    assert len(named) == len(manners.CHANGES)
    assert set(named) == set(manners.CHANGES)


@pytest.mark.parametrize(("text", "at_s"), [("1970", 0), ("2024-02-29", 1_709_164_800), ("2026-09", 1_788_220_800)])
def test_a_day_begins_in_utc(text: str, at_s: int) -> None:
    assert moment_of(text) == at_s * 10**9


@pytest.mark.parametrize(
    "text", ["", "24", "2024-", "2024-1", "2024-02-30", "2024-01-01T00:00", "\u0662\u0660\u0662\u0664"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"2024-01-31|day|month"):
        moment_of(text)
