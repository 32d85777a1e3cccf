"""Public market data, as a client without a key sees it."""

from typing import Any

import pytest

from seatrial.core.candles import MINUTES
from seatrial.dialects.kraken.listings import read_unlisted
from tests.support.kraken_exchange import SECOND_NS, Exchange, catalogue

MIDNIGHT_S = 1_790_726_400
"""2026-09-30 00:00 UTC, a Wednesday."""
MINUTE = 60

PAIR = "XXBTZUSD"


@pytest.fixture
def exchange() -> Exchange:
    """A world that begins at a midnight, with two traders."""
    exchange = Exchange(now_ns=MIDNIGHT_S * SECOND_NS)
    exchange.two_rich_traders()
    return exchange


def candles(exchange: Exchange, **params: object) -> list[Any]:
    """The rows of an OHLC reply."""
    rows: list[Any] = exchange.public_result("OHLC", pair="XBTUSD", **params)[PAIR]
    return rows


def trade_ids(exchange: Exchange, **params: object) -> list[int]:
    """Which trades a Trades reply shows."""
    return [row[6] for row in exchange.public_result("Trades", pair="XBTUSD", **params)[PAIR]]


class TestTimeAndStatus:
    def test_time_is_whole_seconds_and_a_text_with_a_year_of_two_digits(self, exchange: Exchange) -> None:
        exchange.clock.advance(86_399.9)
        assert exchange.public_result("Time") == {
            "unixtime": MIDNIGHT_S + 86_399,
            "rfc1123": "Wed, 30 Sep 26 23:59:59 +0000",
        }

    def test_a_day_of_one_digit_is_padded_with_a_space(self, exchange: Exchange) -> None:
        exchange.clock.now_ns = 1_812_369_600 * SECOND_NS
        assert exchange.public_result("Time")["rfc1123"] == "Mon,  7 Jun 27 12:00:00 +0000"

    def test_the_system_is_online_now(self, exchange: Exchange) -> None:
        assert exchange.public_result("SystemStatus") == {
            "status": "online",
            "timestamp": "2026-09-30T00:00:00Z",
            "upcoming_maintenance": [],
            "emergency": [],
        }

    def test_no_maintenance_is_announced(self, exchange: Exchange) -> None:
        assert exchange.public_result("MaintenanceSchedule") == {"events": []}


class TestAssets:
    def test_shows_every_asset_by_its_canonical_name(self, exchange: Exchange) -> None:
        found = exchange.public_result("Assets")
        listed = {asset.code for asset in exchange.machine.state.assets.listed}
        assert len(found) == len(listed - read_unlisted(catalogue()))
        assert "KCS" not in found, "it is KuCoin's own"
        assert list(found) == sorted(found)

    def test_takes_any_name_and_shows_each_asset_once(self, exchange: Exchange) -> None:
        found = exchange.public_result("Assets", asset="xbt, XBT,XXBT,ETH2.S")
        assert list(found) == ["XXBT", "ETH2.S"]

    @pytest.mark.parametrize(
        ("asked", "keys"),
        [
            ("BTC,USD", ["BTC", "USD"]),
            ("btc,xbt", ["BTC"]),
            ("BTC,EUR", ["BTC", "EUR"]),
            ("DOGE,ZUSD", ["DOGE", "ZUSD"]),
            ("XBT,USD", ["XXBT", "ZUSD"]),
            ("XXBT,ZUSD", ["XXBT", "ZUSD"]),
            ("ETH,USD", ["XETH", "ZUSD"]),
            ("SOL,EUR", ["SOL", "ZEUR"]),
        ],
    )
    def test_names_assets_as_they_were_asked(self, exchange: Exchange, asked: str, keys: list[str]) -> None:
        """A plain name that is older than display names, such as ETH and USD, is one only beside such as BTC."""
        found = exchange.public_result("Assets", asset=asked)
        assert list(found) == keys
        assert {info["altname"] for info in found.values()} <= {"XBT", "USD", "EUR", "XDG", "ETH", "SOL"}

    def test_has_the_documented_fields_and_types(self, exchange: Exchange) -> None:
        assert exchange.public_result("Assets", asset="XBT,XXRP") == {
            "XXBT": {
                "aclass": "currency",
                "altname": "XBT",
                "decimals": 10,
                "display_decimals": 5,
                "collateral_value": 0.99,
                "status": "enabled",
                "margin_rate": "0.01",
            },
            "XXRP": {
                "aclass": "currency",
                "altname": "XRP",
                "decimals": 8,
                "display_decimals": 5,
                "status": "enabled",
                "margin_rate": "0.02",
            },
        }

    def test_version_1_uses_display_names(self, exchange: Exchange) -> None:
        assert list(exchange.public_result("Assets", asset="XBT,XDG,XBT.M", assetVersion=1)) == ["BTC", "DOGE", "XBT.M"]

    def test_no_asset_is_tokenized(self, exchange: Exchange) -> None:
        assert exchange.public_result("Assets", aclass="tokenized_asset") == {}

    @pytest.mark.parametrize(
        ("params", "error"),
        [
            ({"asset": "NIX,NOPE"}, "EQuery:Unknown asset"),
            ({"asset": "XBT", "aclass": "tokenized_asset"}, "EQuery:Unknown asset"),
            ({"aclass": "bond"}, "EGeneral:Invalid arguments:aclass"),
            ({"assetVersion": 2}, "EGeneral:Invalid arguments:assetVersion"),
        ],
    )
    def test_refuses_what_it_does_not_know(self, exchange: Exchange, params: dict[str, object], error: str) -> None:
        assert exchange.public_error("Assets", **params) == error

    def test_unknown_assets_are_an_error_beside_the_known_ones(self, exchange: Exchange) -> None:
        answer = exchange.public("Assets", asset="XBT,NOPE,NIX")
        assert answer["error"] == ["EQuery:Unknown asset"]
        assert list(answer["result"]) == ["XXBT"]


class TestAssetPairs:
    def test_shows_every_market_that_is_on_kraken(self, exchange: Exchange) -> None:
        found = exchange.public_result("AssetPairs")
        assert len(found) == len(set(exchange.machine.state.markets) - read_unlisted(catalogue()))
        assert ("XDGUSDT" in found, "TRXUSDT" in found) == (True, False)
        assert found["XXBTZUSD"]["wsname"] == "XBT/USD"

    @pytest.mark.parametrize("name", ["XXBTZUSD", "xbtusd", "XBT/USD", "BTCUSD", "btcusd", "XXBT/ZUSD"])
    def test_answers_with_the_canonical_name_whatever_older_name_was_asked(self, exchange: Exchange, name: str) -> None:
        assert list(exchange.public_result("AssetPairs", pair=name)) == ["XXBTZUSD"]

    def test_answers_with_the_display_name_that_was_asked(self, exchange: Exchange) -> None:
        """Only the key is another: what stands below it keeps the older names."""
        found = exchange.public_result("AssetPairs", pair="BTC/USD,eth/usd,XBTUSD")
        assert list(found) == ["BTC/USD", "ETH/USD", "XXBTZUSD"]
        assert found["BTC/USD"] == found["XXBTZUSD"]
        assert (found["BTC/USD"]["base"], found["BTC/USD"]["quote"]) == ("XXBT", "ZUSD")

    @pytest.mark.parametrize("method", ["Ticker", "OHLC", "Depth", "Trades", "Spread"])
    def test_every_method_answers_with_the_name_that_was_asked(self, exchange: Exchange, method: str) -> None:
        for asked, key in (("BTC/USD", "BTC/USD"), ("XBT/USD", "XXBTZUSD"), ("XBTUSD", "XXBTZUSD")):
            assert set(exchange.public_result(method, pair=asked)) - {"last"} == {key}

    def test_lists_no_fees(self, exchange: Exchange) -> None:
        """TradeVolume tells them since 2026-09-08."""
        for params in ({}, {"info": "fees"}):
            infos = exchange.public_result("AssetPairs", **params).values()
            assert all(info["fees"] == info["fees_maker"] == [] for info in infos)

    def test_shows_pairs_of_all_classes_on_request(self, exchange: Exchange) -> None:
        assert exchange.public_result("AssetPairs", aclass_base="all") == exchange.public_result("AssetPairs")
        assert exchange.public_error("AssetPairs", aclass_base="equity") == "EGeneral:Invalid arguments"

    @pytest.mark.parametrize(
        ("info", "fields"),
        [
            ("leverage", ["leverage_buy", "leverage_sell"]),
            ("fees", ["fees", "fees_maker", "fee_volume_currency"]),
            ("margin", ["margin_call", "margin_stop"]),
        ],
    )
    def test_info_chooses_the_fields(self, exchange: Exchange, info: str, fields: list[str]) -> None:
        assert list(exchange.public_result("AssetPairs", pair="XBTUSD", info=info)[PAIR]) == fields

    def test_info_info_is_everything(self, exchange: Exchange) -> None:
        whole = exchange.public_result("AssetPairs", pair="XBTUSD")
        assert exchange.public_result("AssetPairs", pair="XBTUSD", info="info") == whole

    def test_version_1_shows_display_names_for_pair_base_and_quote(self, exchange: Exchange) -> None:
        found = exchange.public_result("AssetPairs", pair="XDGUSD", assetVersion=1)
        info = found["DOGE/USD"]
        assert (info["altname"], info["base"], info["quote"]) == ("XDGUSD", "DOGE", "USD")

    def test_all_markets_are_in_the_international_venue(self, exchange: Exchange) -> None:
        both = exchange.public_result("AssetPairs", execution_venue="international,bitnomial_exchange")
        assert both == exchange.public_result("AssetPairs")
        assert exchange.public_result("AssetPairs", execution_venue="bitnomial_exchange") == {}

    def test_no_base_is_tokenized(self, exchange: Exchange) -> None:
        assert exchange.public_result("AssetPairs", aclass_base="tokenized_asset") == {}

    def test_the_country_changes_nothing(self, exchange: Exchange) -> None:
        assert exchange.public_result("AssetPairs", country_code="US:TX") == exchange.public_result("AssetPairs")

    @pytest.mark.parametrize(
        ("params", "error"),
        [
            ({"pair": "NIXUSD,NOPE"}, "EQuery:Unknown asset pair"),
            ({"pair": "XBTUSD", "aclass_base": "tokenized_asset"}, "EQuery:Unknown asset pair"),
            ({"info": "everything"}, "EGeneral:Invalid arguments:info"),
            ({"aclass_base": "equity"}, "EGeneral:Invalid arguments"),
            ({"execution_venue": "elsewhere"}, "EGeneral:Invalid arguments:execution_venue"),
        ],
    )
    def test_refuses_what_it_does_not_know(self, exchange: Exchange, params: dict[str, object], error: str) -> None:
        assert exchange.public_error("AssetPairs", **params) == error

    def test_an_unknown_pair_is_an_error_beside_the_known_ones(self, exchange: Exchange) -> None:
        answer = exchange.public("AssetPairs", pair="NOPE,XBTUSD,ETH/USD")
        assert answer["error"] == ["EQuery:Unknown asset pair"]
        assert list(answer["result"]) == ["XXBTZUSD", "ETH/USD"]


class TestTicker:
    def test_shows_all_markets_when_none_is_named(self, exchange: Exchange) -> None:
        assert list(exchange.public_result("Ticker")) == list(exchange.public_result("AssetPairs"))

    def test_shows_best_prices_and_both_windows(self, exchange: Exchange) -> None:
        maker, _ = exchange.traders
        exchange.trade("100", "1")
        exchange.clock.advance(20 * 3_600)
        exchange.trade("130", "2")
        exchange.clock.advance(5 * 3_600)
        exchange.trade("120.1", "0.5")
        maker.place("sell", "0.136", "121")
        maker.place("buy", "2.5", "119.9")
        assert exchange.public_result("Ticker", pair="XBTUSD") == {
            PAIR: {
                "a": ["121.00000", "1", "1.000"],
                "b": ["119.90000", "3", "3.000"],
                "c": ["120.10000", "0.50000000"],
                "v": ["0.50000000", "2.50000000"],
                "p": ["120.10000", "128.02000"],
                "t": [1, 2],
                "l": ["120.10000", "120.10000"],
                "h": ["120.10000", "130.00000"],
                "o": "120.10000",
            }
        }

    def test_the_average_is_cut_off(self, exchange: Exchange) -> None:
        exchange.trade("100", "1")
        exchange.trade("100.1", "2")
        assert exchange.public_result("Ticker", pair="XBTUSD")[PAIR]["p"] == ["100.06666", "100.06666"]

    def test_a_quiet_day_counts_nothing_at_the_price_of_the_last_trade(self, exchange: Exchange) -> None:
        exchange.trade("100", "1")
        exchange.clock.advance(86_400)
        found = exchange.public_result("Ticker", pair="XBTUSD")[PAIR]
        assert (found["v"], found["t"]) == (["0.00000000", "1.00000000"], [0, 1])
        assert (found["o"], found["p"], found["h"]) == ("100.00000", ["100.00000"] * 2, ["100.00000"] * 2)

    def test_a_market_without_trades_and_orders_shows_zeros(self, exchange: Exchange) -> None:
        found = exchange.public_result("Ticker", pair="XBTUSD")[PAIR]
        assert (found["a"], found["b"]) == (["0.00000", "0", "0.000"],) * 2
        assert (found["c"], found["o"], found["t"]) == (["0.00000", "0.00000000"], "0.00000", [0, 0])

    @pytest.mark.parametrize(
        ("symbol", "volume", "price", "shown"),
        [
            ("XMR/USD", "1", "354.38", "354.38000000"),
            ("DOGE/USD", "100", "0.0726379", "0.072637900"),
            ("PEPE/USD", "10000000", "0.000007123", "0.000007123"),
        ],
    )
    def test_prices_have_the_decimals_of_the_cost_and_never_fewer_than_their_own(
        self, exchange: Exchange, symbol: str, volume: str, price: str, shown: str
    ) -> None:
        trader, _ = exchange.two_rich_traders(symbol)
        trader.place("buy", volume, price, pair=symbol)
        (found,) = exchange.public_result("Ticker", pair=symbol).values()
        assert found["b"][0] == shown

    def test_version_1_keys_by_display_name(self, exchange: Exchange) -> None:
        assert list(exchange.public_result("Ticker", pair="XBTUSD,xdgusd", assetVersion=1)) == ["BTC/USD", "DOGE/USD"]

    def test_an_unknown_pair_is_an_error_beside_the_known_ones(self, exchange: Exchange) -> None:
        answer = exchange.public("Ticker", pair="XBTUSD,NOPE")
        assert list(answer) == ["error", "result"]
        assert answer["error"] == ["EQuery:Unknown asset pair"]
        assert answer["result"] == exchange.public_result("Ticker", pair="XBTUSD")

    def test_a_list_without_a_known_pair_is_refused(self, exchange: Exchange) -> None:
        assert exchange.public("Ticker", pair="NIX,NOPE") == {"error": ["EQuery:Unknown asset pair"]}

    def test_a_class_that_the_pair_is_not_of_finds_no_pair(self, exchange: Exchange) -> None:
        assert exchange.public_error("Ticker", pair="XBTUSD", asset_class="tokenized_asset") == (
            "EQuery:Unknown asset pair"
        )
        assert exchange.public_result("Ticker", asset_class="tokenized_asset") == {}


class TestOhlc:
    def test_a_market_without_trades_has_no_rows(self, exchange: Exchange) -> None:
        assert exchange.public_result("OHLC", pair="XBTUSD") == {PAIR: [], "last": MIDNIGHT_S - MINUTE}

    def test_the_running_candle_is_last_and_last_is_the_one_before(self, exchange: Exchange) -> None:
        exchange.trade("100", "1")
        exchange.trade("100.1", "2")
        exchange.clock.advance(MINUTE)
        exchange.trade("99.5", "0.5")
        assert exchange.public_result("OHLC", pair="XBTUSD") == {
            PAIR: [
                [MIDNIGHT_S, "100.0", "100.1", "100.0", "100.1", "100.0", "3.00000000", 2],
                [MIDNIGHT_S + MINUTE, "99.5", "99.5", "99.5", "99.5", "99.5", "0.50000000", 1],
            ],
            "last": MIDNIGHT_S,
        }

    def test_intervals_without_trades_repeat_the_close_up_to_now(self, exchange: Exchange) -> None:
        exchange.trade("100", "1")
        exchange.clock.advance(3 * MINUTE)
        exchange.trade("101", "1")
        exchange.clock.advance(2 * MINUTE)
        empty = ["0.0", "0.00000000", 0]
        assert [(row[0] - MIDNIGHT_S) // MINUTE for row in candles(exchange)] == [0, 1, 2, 3, 4, 5]
        assert [row[1:] for row in candles(exchange)][1:3] == [["100.0"] * 4 + empty] * 2
        assert [row[1:] for row in candles(exchange)][4:] == [["101.0"] * 4 + empty] * 2

    def test_has_720_candles_whatever_since_says(self, exchange: Exchange) -> None:
        exchange.trade("100", "1")
        exchange.clock.advance(2_000 * MINUTE)
        exchange.trade("101", "1")
        rows = candles(exchange, since=1)
        assert len(rows) == 720
        assert rows[0] == [MIDNIGHT_S + 1_281 * MINUTE, *["100.0"] * 4, "0.0", "0.00000000", 0]
        assert rows == candles(exchange)

    def test_since_is_exclusive(self, exchange: Exchange) -> None:
        exchange.trade("100", "1")
        exchange.clock.advance(3 * MINUTE)
        starts = [row[0] - MIDNIGHT_S for row in candles(exchange, since=MIDNIGHT_S + MINUTE)]
        assert starts == [2 * MINUTE, 3 * MINUTE]
        assert candles(exchange, since=MIDNIGHT_S + MINUTE - 1)[0][0] == MIDNIGHT_S + MINUTE
        assert candles(exchange, since=f"{MIDNIGHT_S}.5")[0][0] == MIDNIGHT_S + MINUTE

    @pytest.mark.parametrize("ahead", [0, MINUTE, 10**6])
    def test_the_running_candle_is_shown_whatever_since_says(self, exchange: Exchange, ahead: int) -> None:
        exchange.trade("100", "1")
        exchange.clock.advance(MINUTE)
        reply = exchange.public_result("OHLC", pair="XBTUSD", since=MIDNIGHT_S + ahead)
        assert [row[0] for row in reply[PAIR]] == [MIDNIGHT_S + MINUTE]
        assert reply["last"] == MIDNIGHT_S

    def test_polling_with_last_gives_the_finished_and_the_running_candle(self, exchange: Exchange) -> None:
        exchange.trade("100", "1")
        last = exchange.public_result("OHLC", pair="XBTUSD")["last"]
        assert [row[0] for row in candles(exchange, since=last)] == [MIDNIGHT_S]
        exchange.clock.advance(MINUTE)
        assert [row[0] for row in candles(exchange, since=last)] == [MIDNIGHT_S, MIDNIGHT_S + MINUTE]

    @pytest.mark.parametrize("minutes", MINUTES)
    def test_every_interval_starts_at_a_multiple_of_itself(self, exchange: Exchange, minutes: int) -> None:
        exchange.trade("100", "1")
        exchange.clock.advance(31 * 60)
        exchange.trade("102", "1")
        rows = candles(exchange, interval=minutes)
        assert {row[0] % (minutes * MINUTE) for row in rows} == {0}
        assert rows[-1][0] <= MIDNIGHT_S + 31 * 60 < rows[-1][0] + minutes * MINUTE
        assert sum(row[7] for row in rows) == 2
        assert (rows[0][1], rows[-1][4]) == ("100.0", "102.0")

    def test_weeks_start_on_thursday(self, exchange: Exchange) -> None:
        exchange.trade("100", "1")
        ((start, *_),) = candles(exchange, interval=10_080)
        assert start == MIDNIGHT_S - 6 * 86_400

    @pytest.mark.parametrize(
        ("params", "error"),
        [
            ({"pair": None}, "EGeneral:Invalid arguments:pair"),
            ({"pair": "NOPE"}, "EQuery:Unknown asset pair"),
            ({"interval": 360}, "EGeneral:Invalid arguments"),
            ({"interval": 0}, "EGeneral:Invalid arguments"),
            ({"interval": "1m"}, "EGeneral:Invalid arguments"),
            ({"since": "-1"}, "EGeneral:Invalid arguments:since"),
            ({"asset_class": "tokenized_asset"}, "EQuery:Unknown asset pair"),
        ],
    )
    def test_refuses_other_arguments(self, exchange: Exchange, params: dict[str, object], error: str) -> None:
        assert exchange.public_error("OHLC", **({"pair": "XBTUSD"} | params)) == error


class TestDepth:
    def test_shows_the_best_levels_with_three_decimals_cut_off(self, exchange: Exchange) -> None:
        maker, other = exchange.traders
        maker.place("buy", "1.2345", "99")
        other.place("buy", "0.5", "99")
        exchange.clock.advance(7)
        maker.place("buy", "0.0099", "98.5")
        maker.place("sell", "1", "101")
        maker.place("sell", "1", "100.5")
        late, early = MIDNIGHT_S + 7, MIDNIGHT_S
        assert exchange.public_result("Depth", pair="XBTUSD") == {
            PAIR: {
                "asks": [["100.50000", "1.000", late], ["101.00000", "1.000", late]],
                "bids": [["99.00000", "1.734", early], ["98.50000", "0.009", late]],
            }
        }

    def test_count_limits_each_side(self, exchange: Exchange) -> None:
        maker, _ = exchange.traders
        for price in range(101, 301):
            maker.place("sell", "0.1", str(price))
        asked = {count: exchange.public_result("Depth", pair="XBTUSD", count=count)[PAIR] for count in (None, 1, 500)}
        assert {count: len(book["asks"]) for count, book in asked.items()} == {None: 100, 1: 1, 500: 200}
        assert asked[1] == {"asks": [["101.00000", "0.100", MIDNIGHT_S]], "bids": []}

    @pytest.mark.parametrize("count", [0, 501, "ten"])
    def test_refuses_other_counts(self, exchange: Exchange, count: object) -> None:
        assert exchange.public_error("Depth", pair="XBTUSD", count=count) == "EGeneral:Invalid arguments:count"


class TestGroupedBook:
    def test_levels_are_as_many_ticks_wide_as_asked_for(self, exchange: Exchange) -> None:
        """Asks go up to the next multiple, bids down."""
        maker, other = exchange.traders
        for price, volume in (("99.5", "1"), ("99.9", "0.25"), ("100", "0.5"), ("95", "2"), ("94.9", "0.125")):
            maker.place("buy", volume, price)
        for price, volume in (("100.1", "1"), ("105", "0.5"), ("105.1", "0.25"), ("110", "2"), ("120", "0.0625")):
            other.place("sell", volume, price)
        assert exchange.public_result("GroupedBook", pair="XBTUSD", grouping=50) == {
            "pair": PAIR,
            "grouping": 50,
            "bids": [
                {"price": "100.00000", "qty": "0.50000000"},
                {"price": "95.00000", "qty": "3.25000000"},
                {"price": "90.00000", "qty": "0.12500000"},
            ],
            "asks": [
                {"price": "105.00000", "qty": "1.50000000"},
                {"price": "110.00000", "qty": "2.25000000"},
                {"price": "120.00000", "qty": "0.06250000"},
            ],
        }

    def test_without_a_grouping_each_tick_is_a_level(self, exchange: Exchange) -> None:
        maker, other = exchange.traders
        maker.place("buy", "1", "99.9")
        other.place("buy", "1.5", "99.9")
        maker.place("buy", "1", "99.8")
        found = exchange.public_result("GroupedBook", pair="XBTUSD")
        assert found["grouping"] == 1
        assert found["bids"] == [
            {"price": "99.90000", "qty": "2.50000000"},
            {"price": "99.80000", "qty": "1.00000000"},
        ]
        assert found["asks"] == []

    def test_the_depth_counts_groups_and_is_ten(self, exchange: Exchange) -> None:
        maker, _ = exchange.traders
        for tick in range(400):
            maker.place("sell", "0.1", f"{100 + tick / 10:.1f}")
        asked = {
            depth: exchange.public_result("GroupedBook", pair="XBTUSD", depth=depth) for depth in (None, 2, 25, 1000)
        }
        assert {depth: len(book["asks"]) for depth, book in asked.items()} == {None: 10, 2: 2, 25: 25, 1000: 400}
        wide = exchange.public_result("GroupedBook", pair="XBTUSD", depth=2, grouping=100)["asks"]
        assert [level["qty"] for level in wide] == ["0.10000000", "10.00000000"]

    def test_the_pair_is_called_as_it_was_asked_for(self, exchange: Exchange) -> None:
        assert exchange.public_result("GroupedBook", pair="BTC/USD")["pair"] == "BTC/USD"
        assert exchange.public_result("GroupedBook", pair="XBTUSD", assetVersion=1)["pair"] == "BTC/USD"

    @pytest.mark.parametrize(
        ("params", "error"),
        [
            ({"pair": None}, "EGeneral:Invalid arguments:pair"),
            ({"pair": "NOPE"}, "EQuery:Unknown asset pair"),
            ({"depth": 0}, "EGeneral:Invalid arguments:depth"),
            ({"depth": 1001}, "EGeneral:Invalid arguments:depth"),
            ({"grouping": 2}, "EGeneral:Invalid arguments:grouping"),
            ({"grouping": "1.0"}, "EGeneral:Invalid arguments:grouping"),
        ],
    )
    def test_refuses_what_it_does_not_know(self, exchange: Exchange, params: dict[str, object], error: str) -> None:
        assert exchange.public_error("GroupedBook", **{"pair": "XBTUSD"} | params) == error


class TestTrades:
    def test_rows_have_seven_fields_and_tell_the_takers_side_and_type(self, exchange: Exchange) -> None:
        maker, taker = exchange.traders
        exchange.clock.advance(0.25)
        exchange.trade("100", "1")
        exchange.trade("99", "0.5", "sell")
        maker.place("sell", "0.25", "101")
        taker.place("buy", "0.25", "102")
        at = MIDNIGHT_S + 0.25
        assert exchange.public_result("Trades", pair="XBTUSD") == {
            PAIR: [
                ["100.00000", "1.00000000", at, "b", "m", "", 1],
                ["99.00000", "0.50000000", at, "s", "m", "", 2],
                ["101.00000", "0.25000000", at, "b", "l", "", 3],
            ],
            "last": str(MIDNIGHT_S * SECOND_NS + 250_000_003),
        }

    def test_without_since_the_newest_are_shown_oldest_first(self, exchange: Exchange) -> None:
        for price in range(100, 105):
            exchange.trade(str(price), "1")
        assert trade_ids(exchange, count=3) == [3, 4, 5]
        assert trade_ids(exchange) == [1, 2, 3, 4, 5]

    def test_more_than_a_page_is_a_whole_page(self, exchange: Exchange) -> None:
        for price in range(100, 105):
            exchange.trade(str(price), "1")
        assert trade_ids(exchange, count=12_000) == [1, 2, 3, 4, 5]

    def test_pages_follow_each_other_without_a_gap_or_a_repeat(self, exchange: Exchange) -> None:
        for price in range(100, 107):
            exchange.trade(str(price), "1")
        since, seen = "0", []
        while rows := (reply := exchange.public_result("Trades", pair="XBTUSD", since=since, count=3))[PAIR]:
            seen += [row[6] for row in rows]
            since = reply["last"]
        assert seen == [1, 2, 3, 4, 5, 6, 7]
        assert reply["last"] == since

    def test_a_small_number_or_one_with_a_point_is_in_seconds(self, exchange: Exchange) -> None:
        for _ in range(3):
            exchange.trade("100", "1")
            exchange.clock.advance(1)
        assert trade_ids(exchange, since=MIDNIGHT_S) == [1, 2, 3]
        assert trade_ids(exchange, since=MIDNIGHT_S + 1) == [2, 3]
        assert trade_ids(exchange, since=f"{MIDNIGHT_S}.5") == [2, 3]
        assert trade_ids(exchange, since=MIDNIGHT_S * SECOND_NS + 1) == [2, 3]

    @pytest.mark.parametrize(
        ("since", "last"),
        [
            (None, "0"),
            ("1999999999999999999", "1999999999999999999"),
            ("1999999999", "1999999999000000000"),
            ("9" * 30, str(2**63 - 1)),
        ],
    )
    def test_without_rows_last_is_since_in_nanoseconds(self, exchange: Exchange, since: str | None, last: str) -> None:
        assert exchange.public_result("Trades", pair="XBTUSD", since=since) == {PAIR: [], "last": last}

    @pytest.mark.parametrize("params", [{"count": 0}, {"since": "-1"}, {"since": "1e9"}])
    def test_refuses_other_arguments(self, exchange: Exchange, params: dict[str, object]) -> None:
        (name,) = params
        assert exchange.public_error("Trades", pair="XBTUSD", **params) == f"EGeneral:Invalid arguments:{name}"


class TestSpread:
    def test_shows_each_change_of_the_best_prices(self, exchange: Exchange) -> None:
        maker, _ = exchange.traders
        maker.place("buy", "1", "99")
        assert exchange.public_result("Spread", pair="XBTUSD") == {PAIR: [], "last": 0}
        maker.place("sell", "1", "101")
        exchange.clock.advance(5)
        maker.place("sell", "1", "100.5")
        maker.place("buy", "1", "98")
        assert exchange.public_result("Spread", pair="XBTUSD") == {
            PAIR: [
                [MIDNIGHT_S, "99.00000", "101.00000"],
                [MIDNIGHT_S + 5, "99.00000", "100.50000"],
            ],
            "last": MIDNIGHT_S + 5,
        }

    def test_since_includes_its_second(self, exchange: Exchange) -> None:
        maker, _ = exchange.traders
        maker.place("buy", "1", "99")
        for price in ("101", "100.5", "100"):
            exchange.clock.advance(1)
            maker.place("sell", "1", price)
        found = exchange.public_result("Spread", pair="XBTUSD", since=MIDNIGHT_S + 2)
        assert [row[0] - MIDNIGHT_S for row in found[PAIR]] == [2, 3]
        later = MIDNIGHT_S + 100
        assert exchange.public_result("Spread", pair="XBTUSD", since=later) == {PAIR: [], "last": later}

    def test_200_changes_are_kept(self, exchange: Exchange) -> None:
        maker, _ = exchange.traders
        maker.place("buy", "1", "99")
        for price in range(400, 195, -1):
            maker.place("sell", "1", str(price))
        rows = exchange.public_result("Spread", pair="XBTUSD")[PAIR]
        assert [row[2] for row in rows] == [f"{price}.00000" for price in range(395, 195, -1)]


@pytest.mark.parametrize("method", ["OHLC", "Depth", "Trades", "Spread"])
def test_version_1_keys_by_display_name(exchange: Exchange, method: str) -> None:
    assert "BTC/USD" in exchange.public_result(method, pair="xbtusd", assetVersion=1)
