"""PreTrade and PostTrade: what everybody may know of orders and trades."""

import pytest

from tests.support.kraken_exchange import START_NS, Exchange, Trader

BAD = "EGeneral:Invalid arguments"
UNKNOWN = "EQuery:Unknown asset pair"
START = "2026-09-30T23:52:25.678900000Z"
BITCOIN = {
    "symbol": "BTC/USD",
    "description": "Bitcoin / US Dollar",
    "base_asset": "XBT",
    "base_notation": "UNIT",
    "base_dti_code": "V15WLZJMF",
    "base_dti_short_name": "BTC,XBT",
    "quote_asset": "USD",
    "quote_notation": "MONE",
    "quote_dti_code": "",
    "quote_dti_short_name": "",
}
"""As recorded on 2026-05-29."""


@pytest.fixture
def pair(exchange: Exchange) -> tuple[Trader, Trader]:
    """Two who own much of both assets."""
    return exchange.two_rich_traders()


class TestPreTrade:
    def test_a_level_adds_its_orders_up(self, exchange: Exchange, pair: tuple[Trader, Trader]) -> None:
        one, other = pair
        one.place("buy", "0.5", "61000")
        exchange.clock.advance(2)
        other.place("buy", "0.25", "61000")
        one.place("sell", "1", "61000.1")
        assert exchange.public_result("PreTrade", symbol="BTC/USD") == BITCOIN | {
            "venue": "PGSL",
            "system": "CLOB",
            "bids": [
                {
                    "side": "BUY",
                    "price": "61000.00000",
                    "qty": "0.75000000",
                    "count": 2,
                    "submission_ts": START,
                    "publication_ts": "2026-09-30T23:52:27.678900000Z",
                }
            ],
            "asks": [
                {
                    "side": "SELL",
                    "price": "61000.10000",
                    "qty": "1.00000000",
                    "count": 1,
                    "submission_ts": "2026-09-30T23:52:27.678900000Z",
                    "publication_ts": "2026-09-30T23:52:27.678900000Z",
                }
            ],
        }

    def test_the_ten_best_levels_are_shown_best_first(self, exchange: Exchange, pair: tuple[Trader, Trader]) -> None:
        for offset in range(12):
            pair[0].place("buy", "0.1", str(50_000 - offset))
            pair[0].place("sell", "0.1", str(60_000 + offset))
        book = exchange.public_result("PreTrade", symbol="BTC/USD")
        assert [level["price"] for level in book["bids"]] == [f"{50_000 - offset}.00000" for offset in range(10)]
        assert [level["price"] for level in book["asks"]] == [f"{60_000 + offset}.00000" for offset in range(10)]

    def test_an_empty_book_has_empty_sides(self, exchange: Exchange) -> None:
        book = exchange.public_result("PreTrade", symbol="ETH/BTC")
        assert (book["bids"], book["asks"]) == ([], [])

    @pytest.mark.parametrize(
        ("symbol", "notations"),
        [("BTC/USD", ("UNIT", "MONE")), ("ETH/BTC", ("UNIT", "UNIT")), ("EUR/USD", ("NOML", "MONE"))],
    )
    def test_money_is_told_from_coins(self, exchange: Exchange, symbol: str, notations: tuple[str, str]) -> None:
        book = exchange.public_result("PreTrade", symbol=symbol)
        assert (book["base_notation"], book["quote_notation"]) == notations

    @pytest.mark.parametrize("symbol", ["BTC/USD", "XBTUSD", "XXBTZUSD", "xbt/usd"])
    def test_every_name_of_the_pair_is_understood(self, exchange: Exchange, symbol: str) -> None:
        assert exchange.public_result("PreTrade", symbol=symbol)["symbol"] == "BTC/USD"

    @pytest.mark.parametrize(
        ("params", "error"),
        [
            ({}, f"{BAD}:symbol"),
            ({"symbol": "BT"}, f"{BAD}:symbol"),
            ({"symbol": "B" * 33}, f"{BAD}:symbol"),
            ({"symbol": "B" * 32}, UNKNOWN),
            ({"symbol": "TRX/USDT"}, UNKNOWN),
        ],
    )
    def test_refuses_what_it_does_not_know(self, exchange: Exchange, params: dict[str, str], error: str) -> None:
        assert exchange.public_error("PreTrade", **params) == error


class TestPostTrade:
    @pytest.fixture(autouse=True)
    def _trade(self, exchange: Exchange, pair: tuple[Trader, Trader]) -> None:  # noqa: ARG002 - the two who trade
        """Four trades a second apart, the second one of another market."""
        exchange.trade("61250.4", "0.01")
        exchange.clock.advance(1)
        rich = exchange.account(ETH="100", BTC="100"), exchange.account(ETH="100", BTC="100")
        rich[0].place("sell", "2", "0.04", pair="ETH/BTC")
        rich[1].place("buy", "2", "0.04", pair="ETH/BTC")
        exchange.clock.advance(1)
        exchange.trade("61251.4", "0.02")
        exchange.clock.advance(1)
        exchange.trade("61252.4", "0.03", "sell")

    def test_a_trade_says_what_it_was_of(self, exchange: Exchange) -> None:
        found = exchange.public_result("PostTrade", symbol="BTC/USD", to_ts="2026-09-30T23:52:26Z")
        (row,) = found["trades"]
        at = "2026-09-30T23:52:25.678900001Z"
        assert (found["last_ts"], found["count"]) == (at, 1)
        assert row.pop("trade_id") == exchange.ids.published_trade("BTC/USD", 1)
        assert row == BITCOIN | {
            "price": "61250.40000",
            "quantity": "0.01000000",
            "trade_venue": "PGSL",
            "trade_ts": at,
            "publication_venue": "PGSL",
            "publication_ts": at,
        }

    def test_without_a_symbol_all_markets_are_shown_the_newest_first(self, exchange: Exchange) -> None:
        found = exchange.public_result("PostTrade")
        assert shown(found) == [("BTC/USD", "0.03"), ("BTC/USD", "0.02"), ("ETH/BTC", "2"), ("BTC/USD", "0.01")]
        assert found["last_ts"] == found["trades"][0]["trade_ts"]
        assert len({row["trade_id"] for row in found["trades"]}) == 4

    def test_a_count_shows_the_newest(self, exchange: Exchange) -> None:
        assert shown(exchange.public_result("PostTrade", count=1)) == [("BTC/USD", "0.03")]

    def test_who_asks_from_the_last_time_on_goes_on_there(self, exchange: Exchange) -> None:
        seen, moment = [], "2026-09-30T00:00:00Z"
        while (found := exchange.public_result("PostTrade", from_ts=moment, count=2))["count"]:
            seen += shown(found)[::-1]
            moment = found["last_ts"]
        assert [volume for _, volume in seen] == ["0.01", "2", "0.02", "0.03"]
        assert found == {"last_ts": moment, "count": 0, "trades": []}

    def test_a_span_excludes_its_beginning_and_includes_its_end(self, exchange: Exchange) -> None:
        times = [row["trade_ts"] for row in exchange.public_result("PostTrade")["trades"]][::-1]
        found = exchange.public_result("PostTrade", from_ts=times[0], to_ts=times[2])
        assert shown(found) == [("BTC/USD", "0.02"), ("ETH/BTC", "2")]

    @pytest.mark.parametrize(
        ("params", "error"),
        [
            ({"symbol": "NOPE/USD"}, UNKNOWN),
            ({"symbol": "B"}, f"{BAD}:symbol"),
            ({"count": 0}, f"{BAD}:count"),
            ({"count": 1001}, f"{BAD}:count"),
            ({"from_ts": START_NS}, f"{BAD}:from_ts"),
            ({"to_ts": "yesterday"}, f"{BAD}:to_ts"),
        ],
    )
    def test_refuses_what_it_does_not_know(self, exchange: Exchange, params: dict[str, object], error: str) -> None:
        assert exchange.public_error("PostTrade", **params) == error

    @pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
    def test_times_that_are_far_away_are_understood(self, exchange: Exchange, moment: str) -> None:
        is_past = moment.startswith("0001")
        assert exchange.public_result("PostTrade", from_ts=moment)["count"] == (4 if is_past else 0)
        assert exchange.public_result("PostTrade", to_ts=moment)["count"] == (0 if is_past else 4)


def shown(found: dict[str, object]) -> list[tuple[str, str]]:
    """Symbols and volumes."""
    rows = found["trades"]
    assert isinstance(rows, list)
    return [(row["symbol"], row["quantity"].rstrip("0").rstrip(".")) for row in rows]
