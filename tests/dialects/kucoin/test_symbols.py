"""KuCoin's names for assets, markets and chains."""

import re
from pathlib import Path

import pytest

from seatrial.catalogue import CatalogueError, load
from seatrial.dialects.kucoin.listings import plain_symbol_line, rate
from seatrial.dialects.kucoin.symbols import Symbols
from tests.support.kraken_exchange import catalogue
from tests.support.kucoin_exchange import symbols
from tests.support.own_catalogue import own_tree


def test_names_go_in_and_out_as_they_are() -> None:
    assert symbols().code("BTC") == "BTC"
    assert symbols().currency("BTC") == "BTC"
    assert symbols().symbol("BTC-USDT") == "BTC/USDT"
    assert symbols().name("BTC/USDT") == "BTC-USDT"


@pytest.mark.parametrize("name", ["btc-usdt", "BTC/USDT", "BTCUSDT", "XBT-USDT", "BTC-USD", "", "BTC-"])
def test_other_names_are_none(name: str) -> None:
    assert symbols().symbol(name) is None


@pytest.mark.parametrize("name", ["XBT", "btc", "USD", "KFEE", "ETH2", "BTC.M", "XXBT", ""])
def test_what_kucoin_does_not_have_is_not_there(name: str) -> None:
    assert symbols().code(name) is None


def test_a_market_is_on_kucoin_if_both_its_assets_are() -> None:
    codes = set(symbols().codes)
    on_kucoin = [
        market.symbol
        for market in catalogue().markets.values()
        if market.base.code in codes and market.quote.code in codes
    ]
    assert list(symbols().markets) == on_kucoin
    assert {"BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT", "USDC/USDT", "ETH/BTC"} <= set(on_kucoin)
    assert "BTC/USD" not in on_kucoin


def test_every_crypto_asset_on_kucoin_has_a_chain_and_fiat_has_none() -> None:
    without = [code for code in symbols().codes if not symbols().chains(code)]
    assert without == ["EUR"]


def test_chains_are_found_by_id_and_by_method() -> None:
    chain = symbols().chain("USDT", "trx")
    assert chain is not None
    assert (chain.line.chain_name, chain.method.network) == ("TRC20", "Tron")
    assert symbols().chain_of("USDT", chain.line.method) == chain
    assert [one.line.chain_id for one in symbols().chains("USDT")] == ["eth", "trx", "sol"]
    assert symbols().chain("USDT", "btc") is symbols().chain_of("USDT", "Bank (Wire)") is None
    assert symbols().chain_of("USD", "Bank (Wire)") is None


def test_a_symbol_says_kucoins_own_sizes_and_steps() -> None:
    info, market = symbols().symbol_info("BTC/USDT"), catalogue().markets["BTC/USDT"]
    assert (market.price_scale, market.lot_scale, market.min_qty_lots) == (1, 8, 5000)
    assert (info.price_increment, info.base_increment, info.base_min_size) == ("0.1", "0.00000001", "0.00001")
    assert (info.min_funds, info.quote_min_size, info.quote_increment) == ("0.1", "0.1", "0.000001")
    assert (info.base_max_size, info.quote_max_size) == ("10000000000", "99999999")
    assert (info.market, info.fee_currency, info.enable_trading) == ("USDS", "USDT", True)


def test_a_symbol_of_which_nothing_is_known_has_the_markets_own_sizes_and_steps() -> None:
    info, market = symbols().symbol_info("BTC/EUR"), catalogue().markets["BTC/EUR"]
    assert (market.price_scale, market.lot_scale, market.min_qty_lots, market.quote.scale) == (1, 8, 5000, 4)
    assert (info.price_increment, info.base_increment, info.base_min_size) == ("0.1", "0.00000001", "0.00005")
    assert (info.min_funds, info.quote_min_size, info.quote_increment) == ("0.45", "0.45", "0.0001")


@pytest.mark.parametrize(("symbol", "step"), [("LTC/USDT", "0.01"), ("ETH/BTC", "0.00001")])
def test_a_step_that_is_finer_than_the_books_counts_as_theirs(symbol: str, step: str) -> None:
    assert symbols().symbol_info(symbol).price_increment == step


@pytest.mark.parametrize("symbol", symbols().markets)
def test_sizes_are_on_their_steps_and_in_order(symbol: str) -> None:
    sizes = symbols().line(symbol).sizes
    assert sizes.min_size % sizes.size_step == sizes.max_size % sizes.size_step == 0
    assert sizes.min_funds % sizes.funds_step == sizes.min_spend % sizes.funds_step == 0
    assert 0 < sizes.min_size < sizes.max_size
    assert 0 < sizes.min_spend < sizes.max_spend


def test_a_precision_is_eight_at_most_and_never_finer_than_the_books() -> None:
    assert (symbols().precision("BTC"), symbols().precision("USDT"), symbols().precision("PEPE")) == (8, 8, 2)


@pytest.mark.parametrize(
    ("symbol", "group"), [("BTC/EUR", "FIAT"), ("BTC/USDC", "USDS"), ("ETH/BTC", "BTC"), ("LINK/ETH", "ALTS")]
)
def test_a_market_without_a_line_is_listed_under_the_kind_of_its_quote(symbol: str, group: str) -> None:
    line = plain_symbol_line(catalogue().markets[symbol])
    assert (line.market, line.fee_category, line.price_limit_ppm, line.margin) == (group, 1, 100_000, False)


def test_a_file_of_a_users_own_replaces_the_packages(tmp_path: Path) -> None:
    tree = own_tree(
        tmp_path / "own",
        venues__kucoin__currencies=CURRENCIES + "BTC,XBT,Bits,Bitcoin,no\nUSDT,USDT,USDT,Tether,no\n",
        venues__kucoin__chains=CHAINS,
    )
    own = Symbols(load(tree))
    assert own.markets == ("BTC/USDT",)
    assert own.symbol("XBT-USDT") == "BTC/USDT"
    assert own.code("XBT") == "BTC"
    assert own.symbol_info("BTC/USDT").base_currency == "XBT"


CURRENCIES = "code,currency,name,full_name,margin\n"
CHAINS = "code,method,chain_id,chain_name,confirms,contract_address,needs_tag\n"
SYMBOLS = "symbol,market,fee_category,price_limit_rate,margin\n"


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("currencies.csv", CURRENCIES + "BTC,BTC,B,B,no\nBTC,BTX,B,B,no\n", "listed twice"),
        (
            "currencies.csv",
            CURRENCIES + "BTC,X,B,B,no\nETH,X,B,B,no\n",
            "line 3: KuCoin's name X means both",
        ),
        ("currencies.csv", CURRENCIES + "BTC,B-C,B,B,no\n", "line 2: currency 'B-C' has a dash"),
        ("currencies.csv", CURRENCIES + "XBT,X,B,B,no\n", "line 2: code 'XBT' is not in assets.csv"),
        (
            "chains.csv",
            CHAINS + "BTC,Bitcoin Cash,x,X,1,,no\n",
            "line 2: Bitcoin Cash of BTC is not in",
        ),
        (
            "chains.csv",
            CHAINS + "USD,Bank (Wire),x,X,1,,no\n",
            "line 2: code 'USD' is not in venues",
        ),
        ("symbols.csv", SYMBOLS + "BTC-USDT,A,1,0.1,no\n", "line 2: symbol 'BTC-USDT' is not in markets.csv"),
        ("chains.csv", CHAINS + "BTC,Bitcoin,x,X,1,,no\nBTC,Bitcoin Lightning,x,X,1,,no\n", "x of BTC is listed twice"),
        ("symbols.csv", SYMBOLS + "BTC/USDT,A,4,0.1,no\n", "fee_category '4'"),
        (
            "symbols.csv",
            SYMBOLS.strip() + ",price_increment\nBTC/USDT,A,1,0.1,no,0.25\n",
            "line 2: price_increment '0.25' is no multiple of the market's own step",
        ),
        (
            "symbols.csv",
            SYMBOLS.strip() + ",base_min_size\nBTC/USDT,A,1,0.1,no,0.000000001\n",
            "line 2: base_min_size '0.000000001' is not a plain number of at most 8 decimals",
        ),
        ("symbols.csv", SYMBOLS.strip() + ",min_funds\nBTC/USDT,A,1,0.1,no,0\n", "min_funds must be above zero"),
        ("symbols.csv", SYMBOLS + "BTC/USDT,A,1,0.1,no\nBTC/USDT,A,1,0.1,no\n", "listed twice"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, name: str, text: str, complaint: str) -> None:
    tree = own_tree(tmp_path / "own")
    (tree / "venues" / "kucoin" / name).write_text(text)
    with pytest.raises(CatalogueError, match=re.escape(complaint)):
        Symbols(load(tree))


@pytest.mark.parametrize(("ppm", "text"), [(1000, "0.001"), (0, "0"), (-200, "-0.0002"), (100_000, "0.1")])
def test_rates_are_fractions(ppm: int, text: str) -> None:
    assert rate(ppm) == text
