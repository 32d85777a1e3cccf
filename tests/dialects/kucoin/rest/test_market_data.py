"""Market data."""

import pytest

from seatrial.core.commands import SetStatus, SetSystemStatus
from seatrial.core.markets import MarketStatus, SystemStatus
from tests.support.kucoin_exchange import SECOND_NS, Exchange, User

DAY = 86_400
FIRST_OF_MAY = 1_777_593_600
"""2026-05-01 00:00 UTC, a Friday."""


class Market:
    """A seller and a buyer who trade when told."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.seller: User = exchange.user(BTC="1000", ETH="1000")
        self.buyer: User = exchange.user(USDT="100000000", BTC="1000")

    def trade(self, price: str, size: str = "1", *, market: str = "BTC/USDT") -> None:
        """The buyer takes what the seller offers."""
        self.seller.place("sell", size, price, market=market)
        self.buyer.place("buy", size, price, market=market)


@pytest.fixture
def market(exchange: Exchange) -> Market:
    """Two users with money, on the first of May."""
    exchange.clock.now_ns = FIRST_OF_MAY * SECOND_NS
    return Market(exchange)


def test_time_status_and_address(exchange: Exchange) -> None:
    assert exchange.get("/api/v1/timestamp") == exchange.now_ms == 1_790_812_345_678
    assert exchange.get("/api/v1/status") == {"status": "open", "msg": ""}
    assert exchange.get("/api/v1/my-ip") == "203.0.113.7"


@pytest.mark.parametrize(
    ("status", "word"),
    [(SystemStatus.POST_ONLY, "open"), (SystemStatus.LIMIT_ONLY, "open"), (SystemStatus.CANCEL_ONLY, "cancelonly")],
)
def test_the_status_of_the_exchange(exchange: Exchange, status: SystemStatus, word: str) -> None:
    exchange.apply(SetSystemStatus(status))
    assert exchange.get("/api/v1/status")["status"] == word


def test_a_halted_market_does_not_trade(exchange: Exchange) -> None:
    user = exchange.user(USDT="1000")
    exchange.apply(SetStatus("BTC/USDT", MarketStatus.CANCEL_ONLY))
    halted = [row["symbol"] for row in exchange.get("/api/v2/symbols") if not row["enableTrading"]]
    assert halted == ["BTC-USDT"]
    assert exchange.get("/api/v2/symbols/BTC-USDT")["enableTrading"] is False
    order = {"clientOid": "a", "side": "buy", "symbol": "BTC-USDT", "price": "50000", "size": "0.001"}
    assert user.refused("POST", "/api/v1/orders", **order)[:2] == (200, "200001")


def test_what_does_not_exist_here_is_empty(exchange: Exchange) -> None:
    assert exchange.get("/api/v1/contracts/active") == exchange.get("/api/v1/isolated/symbols") == []
    assert exchange.get("/api/v3/margin/symbols") == {"timestamp": exchange.now_ms, "items": []}
    assert exchange.get("/api/v3/announcements", pageSize=15) == {
        "currentPage": 1, "pageSize": 15, "totalNum": 0, "totalPage": 0, "items": [],
    }  # fmt: skip
    asked = exchange.get("/api/v3/announcements", annType="new-listings", lang="en_US", startTime=1729594043000)
    assert (asked["pageSize"], asked["items"]) == (50, [])


@pytest.mark.parametrize("levels", [20, 100])
def test_no_market_opens_with_a_call_auction(exchange: Exchange, levels: int) -> None:
    exchange.user(USDT="1000").place("buy", "0.01", "50000")
    path = f"/api/v1/market/orderbook/callauction/level2_{levels}"
    sequence = exchange.get("/api/v1/market/orderbook/level1", symbol="BTC-USDT")["sequence"]
    assert exchange.get(path, symbol="BTC-USDT") == {
        "time": exchange.now_ms, "sequence": sequence, "bids": [], "asks": [],
    }  # fmt: skip
    assert exchange.get("/api/v1/market/callauctionData", symbol="BTC-USDT") == {
        "symbol": "BTC-USDT",
        "estimatedPrice": "0",
        "estimatedSize": "0",
        "sellOrderRangeLowPrice": "0",
        "sellOrderRangeHighPrice": "0",
        "buyOrderRangeLowPrice": "0",
        "buyOrderRangeHighPrice": "0",
        "time": exchange.now_ms,
    }


def test_a_currency_with_its_chains(exchange: Exchange) -> None:
    assert exchange.get("/api/v3/currencies/BTC") == {
        "currency": "BTC",
        "name": "BTC",
        "fullName": "Bitcoin",
        "precision": 8,
        "confirms": None,
        "contractAddress": None,
        "isMarginEnabled": True,
        "isDebitEnabled": True,
        "chains": [
            {
                "chainName": "BTC",
                "withdrawalMinSize": "0.0004",
                "depositMinSize": "0.0001",
                "withdrawFeeRate": "0",
                "withdrawalMinFee": "0.00015",
                "isWithdrawEnabled": True,
                "isDepositEnabled": True,
                "confirms": 3,
                "preConfirms": 3,
                "contractAddress": "",
                "withdrawPrecision": 8,
                "maxWithdraw": None,
                "maxDeposit": None,
                "needTag": False,
                "chainId": "btc",
            },
            exchange.get("/api/v3/currencies/BTC", chain="btcln")["chains"][0],
        ],
    }


def test_the_list_of_currencies_has_what_the_single_ones_say(exchange: Exchange) -> None:
    listed = exchange.get("/api/v3/currencies")
    assert [row for row in listed if row["currency"] in ("BTC", "EUR")] == [
        exchange.get("/api/v3/currencies/EUR"),
        exchange.get("/api/v3/currencies/BTC"),
    ]
    assert [row["currency"] for row in listed] == [row["currency"] for row in exchange.get("/api/v1/currencies")]


def test_the_older_forms_of_a_currency(exchange: Exchange) -> None:
    version_2 = exchange.get("/api/v2/currencies/USDT", chain="trx")
    assert version_2["chains"] == [
        {
            "chainName": "TRC20",
            "chain": "trx",
            "withdrawalMinSize": "6",
            "withdrawalMinFee": "3",
            "isWithdrawEnabled": True,
            "isDepositEnabled": True,
            "confirms": 1,
            "contractAddress": "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
        }
    ]
    version_1 = exchange.get("/api/v1/currencies/USDT", chain="trx")
    assert list(version_1) == [
        "currency", "name", "fullName", "precision", "confirms", "contractAddress", "withdrawalMinSize",
        "withdrawalMinFee", "isWithdrawEnabled", "isDepositEnabled", "isMarginEnabled", "isDebitEnabled",
    ]  # fmt: skip
    assert (version_1["withdrawalMinFee"], version_1["confirms"]) == ("3", 1)
    assert exchange.get("/api/v1/currencies/USDT")["withdrawalMinFee"] == "6", "the usual chain's"


def test_a_fiat_currency_has_no_chain(exchange: Exchange) -> None:
    assert exchange.get("/api/v3/currencies/EUR")["chains"] == []
    assert exchange.get("/api/v1/currencies/EUR")["isDepositEnabled"] is False


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_currency_or_chain_that_is_none(exchange: Exchange, version: int) -> None:
    path = f"/api/v{version}/currencies"
    assert exchange.refused(f"{path}/USD") == (200, "400100", "currency not in the given range!")
    assert exchange.refused(f"{path}/BTC", chain="trx") == (200, "900014", "Invalid chainId")


def test_symbols_in_both_forms(exchange: Exchange) -> None:
    version_2 = exchange.get("/api/v2/symbols")
    assert exchange.get("/api/v2/symbols/BTC-USDT") in version_2
    assert list(version_2[0])[:17] == list(exchange.get("/api/v1/symbols")[0])
    assert [row["symbol"] for row in exchange.get("/api/v2/symbols", market="BTC")] == [
        row["symbol"] for row in version_2 if row["quoteCurrency"] == "BTC"
    ]
    assert exchange.get("/api/v2/symbols", market="none") == []
    assert {row["market"] for row in version_2} == set(exchange.get("/api/v1/markets"))


NEED_A_SYMBOL = [
    "/api/v1/market/orderbook/level1", "/api/v1/market/orderbook/level2_20",
    "/api/v1/market/orderbook/level2_100", "/api/v1/market/histories",
    "/api/v1/market/orderbook/callauction/level2_20", "/api/v1/market/orderbook/callauction/level2_100",
    "/api/v1/market/callauctionData",
]  # fmt: skip


@pytest.mark.parametrize("path", NEED_A_SYMBOL)
def test_a_symbol_must_be_named_and_known(exchange: Exchange, path: str) -> None:
    assert exchange.refused(path) == (200, "400100", "symbol can not be empty")
    assert exchange.refused(path, symbol="BTC-USD") == (
        200,
        "900001",
        "Trading pair BTC-USD does not exist.",
    )


def test_the_statistics_of_an_unknown_symbol_are_null(exchange: Exchange) -> None:
    assert exchange.refused("/api/v1/market/stats") == (200, "400100", "symbol can not be empty")
    found = exchange.get("/api/v1/market/stats", symbol="BTC")
    assert list(found) == list(exchange.get("/api/v1/market/stats", symbol="BTC-USDT"))
    assert {name: value for name, value in found.items() if value is not None} == {
        "time": exchange.now_ms, "symbol": "BTC",
    }  # fmt: skip


def test_an_unknown_symbol_in_a_path(exchange: Exchange) -> None:
    assert exchange.refused("/api/v2/symbols/BTC-USD")[1] == "900001"


def test_a_market_without_orders_and_trades_shows_null(exchange: Exchange) -> None:
    best = exchange.get("/api/v1/market/orderbook/level1", symbol="BTC-USDT")
    assert [name for name, value in best.items() if value is None] == [
        "price", "size", "bestBid", "bestBidSize", "bestAsk", "bestAskSize",
    ]  # fmt: skip
    stats = exchange.get("/api/v1/market/stats", symbol="BTC-USDT")
    assert {stats[name] for name in ("buy", "sell", "last", "high", "low", "vol", "volValue", "changeRate")} == {None}
    assert exchange.get("/api/v1/market/histories", symbol="BTC-USDT") == []
    assert exchange.get("/api/v1/market/candles", symbol="BTC-USDT", type="1min") == []


def test_the_ticker_of_a_market(market: Market) -> None:
    exchange = market.exchange
    market.trade("50000")
    exchange.clock.advance(3600)
    market.trade("52000", "0.5")
    market.trade("51000", "0.25")
    market.seller.place("sell", "0.1", "51500")
    market.buyer.place("buy", "0.2", "50500.5")
    day = {
        "changeRate": "0.02",
        "changePrice": "1000",
        "high": "52000",
        "low": "50000",
        "vol": "1.75",
        "volValue": "88750",
        "last": "51000",
        "averagePrice": "50714.28571428",
    }
    rates = {"takerFeeRate": "0.001", "makerFeeRate": "0.001", "takerCoefficient": "1", "makerCoefficient": "1"}
    everything = exchange.get("/api/v1/market/allTickers")
    row = next(row for row in everything["ticker"] if row["symbol"] == "BTC-USDT")
    assert row == {
        "symbol": "BTC-USDT",
        "symbolName": "BTC-USDT",
        "buy": "50500.5",
        "bestBidSize": "0.2",
        "sell": "51500",
        "bestAskSize": "0.1",
        **day,
        **rates,
    }
    assert exchange.get("/api/v1/market/stats", symbol="BTC-USDT") == {
        "time": exchange.now_ms,
        "symbol": "BTC-USDT",
        "buy": "50500.5",
        "sell": "51500",
        **day,
        **rates,
    }
    best = exchange.get("/api/v1/market/orderbook/level1", symbol="BTC-USDT")
    assert (best["price"], best["size"], best["bestBid"], best["bestAsk"]) == ("51000", "0.25", "50500.5", "51500")
    assert len(everything["ticker"]) == len(exchange.get("/api/v2/symbols"))


def test_a_fall_is_a_negative_change(market: Market) -> None:
    market.trade("50000")
    market.trade("49123.4")
    stats = market.exchange.get("/api/v1/market/stats", symbol="BTC-USDT")
    assert (stats["changePrice"], stats["changeRate"]) == ("-876.6", "-0.0175")


def test_the_book_is_aggregated_and_best_first(market: Market) -> None:
    exchange = market.exchange
    for number in range(120):
        market.seller.place("sell", "0.01", str(50000 + number))
        market.buyer.place("buy", "0.02", str(49000 - number))
    market.seller.place("sell", "0.5", "50001")
    path = "/api/v1/market/orderbook/level2"
    part, more = (exchange.get(f"{path}_{size}", symbol="BTC-USDT") for size in (20, 100))
    whole = market.buyer.get("/api/v3/market/orderbook/level2", symbol="BTC-USDT")
    assert part["asks"][:3] == [["50000", "0.01"], ["50001", "0.51"], ["50002", "0.01"]]
    assert part["bids"][:2] == [["49000", "0.02"], ["48999", "0.02"]]
    assert [len(found["asks"]) for found in (part, more, whole)] == [20, 100, 120]
    assert whole["bids"][:20] == part["bids"]
    assert part["time"] == exchange.now_ms
    assert part["sequence"].isdigit()


def test_the_full_book_is_private(exchange: Exchange) -> None:
    assert exchange.refused("/api/v3/market/orderbook/level2", symbol="BTC-USDT")[1] == "400001"


def test_the_sequence_never_falls(market: Market) -> None:
    def sequence() -> int:
        return int(market.exchange.get("/api/v1/market/orderbook/level2_20", symbol="BTC-USDT")["sequence"])

    seen = [sequence()]
    for _ in range(3):
        market.exchange.clock.advance(1)
        market.seller.place("sell", "0.01", "50000")
        seen.append(sequence())
    assert seen == sorted(set(seen))


def test_the_newest_hundred_trades_oldest_first(market: Market) -> None:
    for number in range(110):
        market.trade(str(50000 + number), "0.1")
    rows = market.exchange.get("/api/v1/market/histories", symbol="BTC-USDT")
    assert [row["price"] for row in rows] == [str(50000 + number) for number in range(10, 110)]
    assert {row["side"] for row in rows} == {"buy"}
    assert rows[0]["time"] // SECOND_NS == FIRST_OF_MAY
    assert int(rows[1]["sequence"]) == int(rows[0]["sequence"]) + 1


def candles(market: Market, kind: str, **bounds: int) -> list[list[str]]:
    """The candles of BTC-USDT."""
    rows: list[list[str]] = market.exchange.get("/api/v1/market/candles", symbol="BTC-USDT", type=kind, **bounds)
    return rows


def test_a_candle_is_seven_texts_with_the_close_second(market: Market) -> None:
    market.trade("50000")
    market.trade("51000")
    market.trade("49000.5")
    market.trade("50500", "0.5")
    assert candles(market, "1min") == [
        [str(FIRST_OF_MAY), "50000", "50500", "51000", "49000.5", "3.5", "175250.5"],
    ]


def test_candles_come_newest_first_and_empty_intervals_not_at_all(market: Market) -> None:
    market.trade("50000")
    market.exchange.clock.advance(180)
    market.trade("51000")
    assert [row[0] for row in candles(market, "1min")] == [str(FIRST_OF_MAY + 180), str(FIRST_OF_MAY)]


STARTS = {
    "1min": 60, "3min": 180, "5min": 300, "15min": 900, "30min": 1800, "1hour": 3600, "2hour": 7200, "4hour": 14400,
    "6hour": 21600, "8hour": 28800, "12hour": 43200, "1day": DAY, "1week": 7 * DAY,
}  # fmt: skip


@pytest.mark.parametrize(("kind", "length"), STARTS.items())
def test_every_length_is_exact(market: Market, kind: str, length: int) -> None:
    """A trade in each hour of two days and a bit, its price the number of its hour."""
    for hour in range(50):
        market.trade(str(50000 + hour), "0.001")
        market.exchange.clock.advance(3600)
    expected: dict[int, list[int]] = {}
    for hour in range(50):
        at = FIRST_OF_MAY + hour * 3600
        expected.setdefault(at - at % length, []).append(50000 + hour)
    rows = candles(market, kind)
    assert {int(row[0]): [int(text) for text in row[1:5]] for row in rows} == {
        start: [prices[0], prices[-1], max(prices), min(prices)] for start, prices in expected.items()
    }
    assert {int(row[0]): row[5] for row in rows} == {
        start: f"{len(prices) / 1000:.3f}".rstrip("0") for start, prices in expected.items()
    }


def test_months_are_those_of_the_calendar(market: Market) -> None:
    for price, days in (("50000", 30), ("51000", 1), ("52000", 29), ("53000", 1)):
        market.trade(price)
        market.exchange.clock.advance(days * DAY)
    june = FIRST_OF_MAY + 31 * DAY
    assert [(row[0], row[1], row[2]) for row in candles(market, "1month")] == [
        (str(june), "52000", "53000"),
        (str(FIRST_OF_MAY), "50000", "51000"),
    ]


def test_the_bounds_of_candles_are_seconds_and_the_end_is_excluded(market: Market) -> None:
    for _ in range(4):
        market.trade("50000")
        market.exchange.clock.advance(60)
    starts = [FIRST_OF_MAY + 60 * minute for minute in range(4)]
    found = candles(market, "1min", startAt=starts[1], endAt=starts[3])
    assert [int(row[0]) for row in found] == [starts[2], starts[1]]
    assert len(candles(market, "1min", startAt=0, endAt=0)) == 4


@pytest.fixture(scope="module")
def long_market() -> Market:
    """One with a trade a minute for longer than a market keeps its minutes in mind; its prices count the minutes."""
    market = Market(Exchange(now_ns=FIRST_OF_MAY * SECOND_NS))
    for minute in range(1600):
        market.trade(str(40000 + minute), "0.001")
        market.exchange.clock.advance(60)
    return market


def test_a_page_of_candles_reaches_back_to_what_only_the_store_knows(long_market: Market) -> None:
    """1500 of them at most, the newest ones."""
    page = candles(long_market, "1min")
    assert [int(row[1]) for row in page] == list(range(41599, 40099, -1))
    older = candles(long_market, "1min", endAt=int(page[-1][0]))
    assert [int(row[1]) for row in older] == list(range(40099, 39999, -1))


def test_longer_candles_are_whole_where_memory_and_store_meet(long_market: Market) -> None:
    rows = candles(long_market, "3min")
    assert {row[5] for row in rows[1:]} == {"0.003"}, "the newest has one minute so far"
    assert [int(row[1]) for row in rows] == list(range(41599, 39999, -3))
    assert [int(row[2]) for row in rows[1:]] == list(range(41598, 40000, -3))


def test_the_bounds_of_candles_hold_in_the_store_too(long_market: Market) -> None:
    starts = [FIRST_OF_MAY + 60 * minute for minute in range(20)]
    found = candles(long_market, "3min", startAt=starts[1], endAt=starts[10])
    assert [(int(row[0]), row[5]) for row in found] == [(starts[at], "0.003") for at in (9, 6, 3)]


def test_bad_input_to_candles(exchange: Exchange) -> None:
    path = "/api/v1/market/candles"
    assert exchange.refused(path, symbol="BTC-USDT") == (200, "400100", "type can not be empty")
    assert exchange.refused(path, symbol="BTC-USDT", type="1m")[2] == "type not in the given range!"
    assert (
        exchange.refused(path, symbol="BTC-USDT", type="1min", startAt=2, endAt=1)[2]
        == "startAt not in the given range!"
    )
    assert exchange.refused(path, symbol="BTC-USDT", type="1min", startAt="x")[2] == "Invalid Parameter. startAt"


def test_fiat_prices_come_from_trades_or_by_way_of_tether(market: Market) -> None:
    get = market.exchange.get
    assert get("/api/v1/prices") == {"USDT": "1", "USDC": "1", "DAI": "1"}
    market.trade("50000")
    assert get("/api/v1/prices", currencies="BTC,ETH") == {"BTC": "50000"}
    market.trade("0.04", market="ETH/BTC")
    assert get("/api/v1/prices", currencies="BTC,NONE", base="USD") == {"BTC": "50000"}
    assert get("/api/v1/prices", currencies="ETH", base="BTC") == {"ETH": "0.04"}
    assert get("/api/v1/prices", currencies="BTC", base="EUR") == {}
    assert market.exchange.refused("/api/v1/prices", base="XXX")[2] == "base not in the given range!"
