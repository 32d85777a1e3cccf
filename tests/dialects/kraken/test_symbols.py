"""Kraken's names, in and out, and the records of Assets and AssetPairs."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.catalogue import CatalogueError, load
from seatrial.core.assets import READ_ONLY_SUFFIXES, Assets
from seatrial.dialects.kraken.listings import read_unlisted
from seatrial.dialects.kraken.symbols import Symbols
from tests.support.own_catalogue import add_lines, own_tree

CATALOGUE = load()
SYMBOLS = Symbols(CATALOGUE)
ASSETS = Assets(CATALOGUE.assets)
BASES = sorted({asset.code for asset in CATALOGUE.assets if "." not in asset.code} - read_unlisted(CATALOGUE))
RECORDED = Path(os.environ.get("SEATRIAL_DATA", Path(__file__).parents[4] / "shared" / "data"))

MARKET_COLUMNS = "symbol,price_scale,lot_scale,cost_scale,min_qty,min_cost,fees,status\n"
ASSET_LINES = "code,canonical,altname,display,aclass,display_decimals,margin_rate\n"
PAIR_LINES = (
    "symbol,canonical,altname,wsname,lot,lot_multiplier,leverage_buy,leverage_sell,long_position_limit,"
    "short_position_limit,margin_call,margin_stop,fee_volume_currency,execution_venue\n"
)


def test_a_catalogue_without_full_names_calls_assets_as_they_are_shown(tmp_path: Path) -> None:
    own = own_tree(tmp_path, venues__kraken__assets=ASSET_LINES + "BTC,XXBT,XBT,BTC,currency,5,\n")
    symbols = Symbols(load(own))
    assert (symbols.asset_full_name("BTC"), symbols.asset_dti("BTC")) == ("BTC", ("", ""))
    assert (SYMBOLS.asset_full_name("BTC"), SYMBOLS.asset_dti("BTC")) == ("Bitcoin", ("V15WLZJMF", "BTC,XBT"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("XXBT", "BTC"),
        ("XBT", "BTC"),
        ("BTC", "BTC"),
        ("xbt", "BTC"),
        ("xXbT", "BTC"),
        ("ZUSD", "USD"),
        ("usd", "USD"),
        ("CHF", "CHF"),
        ("doge", "DOGE"),
        ("XXDG", "DOGE"),
        ("XDG", "DOGE"),
        ("KFEE", "KFEE"),
        ("FEE", "KFEE"),
        ("ETH2", "ETH2"),
        ("ETH2.S", "ETH2.S"),
        ("XBT.M", "BTC.M"),
        ("btc.m", "BTC.M"),
        ("USDT.F", "USDT.F"),
        ("eur.hold", "EUR.HOLD"),
        ("XDG.F", "DOGE.F"),
        ("DOT28.S", "DOT28.S"),
        ("SUI.B", "SUI.B"),
    ],
)
def test_an_asset_is_known_by_all_its_names_in_any_case(text: str, code: str) -> None:
    assert SYMBOLS.asset(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        " XBT",
        "XBT ",
        "NOPE",
        "XXBT.M",
        "ZEUR.HOLD",
        "XBT.X",
        "XBT.",
        ".M",
        "XBT.M.M",
        "DOT28.S.S",
        "BTC/USD",
        "\ufb01l",
    ],
)
def test_what_is_no_name_of_an_asset_is_refused(text: str) -> None:
    """Suffixed names use the altname, never XXBT.M; and no other alphabet's upper case makes a name."""
    assert SYMBOLS.asset(text) is None


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("XXBTZUSD", "BTC/USD"),
        ("XBTUSD", "BTC/USD"),
        ("xbtusd", "BTC/USD"),
        ("XBT/USD", "BTC/USD"),
        ("BTC/USD", "BTC/USD"),
        ("BTCUSD", "BTC/USD"),
        ("btc/usd", "BTC/USD"),
        ("XXBT/ZUSD", "BTC/USD"),
        ("XBT/ZUSD", "BTC/USD"),
        ("BTCUSDT", "BTC/USDT"),
        ("xdgusd", "DOGE/USD"),
        ("DOGEUSD", "DOGE/USD"),
        ("XXDG/ZUSD", "DOGE/USD"),
        ("USDTZUSD", "USDT/USD"),
        ("ZEURZUSD", "EUR/USD"),
        ("XETHXXBT", "ETH/BTC"),
        ("ETHBTC", "ETH/BTC"),
        ("ADAUSD", "ADA/USD"),
        ("ADA/ZUSD", "ADA/USD"),
    ],
)
def test_a_pair_is_known_by_all_its_names_in_any_case(text: str, symbol: str) -> None:
    assert SYMBOLS.pair(text) == symbol


@pytest.mark.parametrize(
    "text",
    ["", "XBT", "XBTNOPE", "USDXBT", "XBT-USD", "XBT//USD", "XBTUSD,ETHUSD", " XBTUSD", "XBT.M/USD", "XBTU\u017fD"],
)
def test_what_is_no_name_of_a_pair_is_refused(text: str) -> None:
    assert SYMBOLS.pair(text) is None


@given(text=st.text(max_size=12))
def test_no_text_is_taken_for_an_asset_or_pair_that_does_not_exist(text: str) -> None:
    code, symbol = SYMBOLS.asset(text), SYMBOLS.pair(text)
    assert code is None or ASSETS.get(code) is not None
    assert symbol is None or symbol in CATALOGUE.markets


@pytest.mark.parametrize(
    ("code", "name", "altname", "display"),
    [
        ("BTC", "XXBT", "XBT", "BTC"),
        ("USD", "ZUSD", "USD", "USD"),
        ("DOGE", "XXDG", "XDG", "DOGE"),
        ("CHF", "CHF", "CHF", "CHF"),
        ("KFEE", "KFEE", "FEE", "FEE"),
        ("BTC.M", "XBT.M", "XBT.M", "XBT.M"),
        ("BTC.F", "XBT.F", "XBT.F", "XBT.F"),
        ("EUR.HOLD", "EUR.HOLD", "EUR.HOLD", "EUR.HOLD"),
        ("DOGE.F", "XDG.F", "XDG.F", "XDG.F"),
    ],
)
def test_an_asset_is_answered_by_its_names(code: str, name: str, altname: str, display: str) -> None:
    assert SYMBOLS.asset_name(code) == name
    assert SYMBOLS.asset_altname(code) == altname
    assert SYMBOLS.asset_display(code) == display


@pytest.mark.parametrize(
    ("symbol", "name", "altname", "wsname"),
    [
        ("BTC/USD", "XXBTZUSD", "XBTUSD", "XBT/USD"),
        ("DOGE/USD", "XDGUSD", "XDGUSD", "XDG/USD"),
        ("USDT/USD", "USDTZUSD", "USDTUSD", "USDT/USD"),
        ("BTC/USDT", "XBTUSDT", "XBTUSDT", "XBT/USDT"),
    ],
)
def test_a_pair_is_answered_by_its_names(symbol: str, name: str, altname: str, wsname: str) -> None:
    assert SYMBOLS.pair_name(symbol) == name
    assert SYMBOLS.pair_altname(symbol) == altname
    assert SYMBOLS.wsname(symbol) == wsname
    assert SYMBOLS.pair_display(symbol) == symbol


@pytest.mark.parametrize("write", [SYMBOLS.asset_name, SYMBOLS.asset_altname, SYMBOLS.asset_display])
def test_every_name_of_an_asset_that_goes_out_comes_back(write: Callable[[str], str]) -> None:
    codes = [*SYMBOLS.asset_codes, *(base + suffix for base in BASES for suffix in READ_ONLY_SUFFIXES)]
    for code in codes:
        assert SYMBOLS.asset(write(code)) == code
        assert SYMBOLS.asset(write(code).lower()) == code


@pytest.mark.parametrize("write", [SYMBOLS.pair_name, SYMBOLS.pair_altname, SYMBOLS.wsname, SYMBOLS.pair_display])
def test_every_name_of_a_pair_that_goes_out_comes_back(write: Callable[[str], str]) -> None:
    for symbol in SYMBOLS.pair_symbols:
        assert SYMBOLS.pair(write(symbol)) == symbol
        assert SYMBOLS.pair(write(symbol).lower()) == symbol


def test_a_market_that_is_not_on_kraken_has_no_name_there() -> None:
    assert {"TRX/USDT", "KCS/USDT"} < read_unlisted(CATALOGUE)
    names = ("TRXUSDT", "TRX/USDT", "KCSUSDT", "trxusd")
    assert [SYMBOLS.pair(name) for name in names] == [None, None, None, "TRX/USD"]


def test_an_asset_that_is_not_on_kraken_has_no_name_there() -> None:
    assert [SYMBOLS.asset(name) for name in ("KCS", "kcs", "KCS.M")] == [None, None, None]
    assert "KCS" not in SYMBOLS.asset_codes
    assert SYMBOLS.asset_name("KCS") == "KCS", "who has some can still see it"


def test_a_list_in_the_folder_says_what_is_not_on_kraken(tmp_path: Path) -> None:
    changed = Symbols(load(own_tree(tmp_path / "own", venues__kraken__unlisted="symbol\nBTC/USD\n")))
    assert (changed.pair("XBTUSD"), changed.pair("TRXUSDT")) == (None, "TRX/USDT")


def test_the_lists_have_everything_once_in_the_order_of_kraken_s_names() -> None:
    assert set(SYMBOLS.asset_codes) == {asset.code for asset in CATALOGUE.assets} - read_unlisted(CATALOGUE)
    assert set(SYMBOLS.pair_symbols) == set(CATALOGUE.markets) - read_unlisted(CATALOGUE)
    names = [SYMBOLS.asset_name(code) for code in SYMBOLS.asset_codes]
    assert names == sorted(set(names))
    pairs = [SYMBOLS.pair_name(symbol) for symbol in SYMBOLS.pair_symbols]
    assert pairs == sorted(set(pairs))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            "BTC",
            (
                '{"aclass":"currency","altname":"XBT","decimals":10,"display_decimals":5,"collateral_value":0.99,'
                '"status":"enabled","margin_rate":"0.01"}'
            ),
        ),
        (
            "USD",
            (
                '{"aclass":"currency","altname":"USD","decimals":4,"display_decimals":2,"collateral_value":1.0,'
                '"status":"enabled","margin_rate":"0.036"}'
            ),
        ),
        ("SHIB", '{"aclass":"currency","altname":"SHIB","decimals":5,"display_decimals":0,"status":"enabled"}'),
        ("BTC.M", '{"aclass":"currency","altname":"XBT.M","decimals":10,"display_decimals":8,"status":"enabled"}'),
        ("USDT.F", '{"aclass":"currency","altname":"USDT.F","decimals":8,"display_decimals":4,"status":"enabled"}'),
    ],
)
def test_assets_says_of_an_asset(code: str, said: str) -> None:
    assert msgspec.json.encode(SYMBOLS.asset_info(code)).decode() == said


def test_asset_pairs_says_of_a_pair() -> None:
    """The documented example, whose fees are empty since 2026-09-08."""
    said = msgspec.json.encode(SYMBOLS.pair_info("BTC/USD")).decode()
    assert said == (
        '{"altname":"XBTUSD","wsname":"XBT/USD","aclass_base":"currency","base":"XXBT","aclass_quote":"currency",'
        '"quote":"ZUSD","lot":"unit","cost_decimals":5,"pair_decimals":1,"lot_decimals":8,"lot_multiplier":1,'
        '"leverage_buy":[2,3,4,5,6,7,8,9,10],"leverage_sell":[2,3,4,5,6,7,8,9,10],'
        '"fees":[],"fees_maker":[],"fee_volume_currency":"ZUSD","margin_call":80,"margin_stop":40,"ordermin":"0.00005","costmin":"0.5",'
        '"tick_size":"0.1","status":"online","long_position_limit":350,"short_position_limit":250,'
        '"execution_venue":"international"}'
    )


def test_a_pair_without_margin_has_no_position_limits() -> None:
    said = msgspec.to_builtins(SYMBOLS.pair_info("BTC/JPY"))
    assert said["leverage_buy"] == said["leverage_sell"] == ()
    assert {"long_position_limit", "short_position_limit"} & set(said) == set()
    assert (said["tick_size"], said["ordermin"], said["costmin"]) == ("1", "0.00005", "50")


def test_a_pair_of_large_lots_says_so() -> None:
    said = SYMBOLS.pair_info("SHIB/USD")
    assert (said.lot, said.lot_decimals, said.ordermin, said.leverage_buy) == ("unit5", 5, "160000", (2, 3))
    assert SYMBOLS.pair_info("USDT/USD").leverage_buy == (2,)


def test_a_recorded_pair_has_the_same_fields_in_the_same_order() -> None:
    """Except that the fees are gone and the execution venue was added since it was recorded."""
    recording = RECORDED / "kraken-2025-11-10-XBTUSDT" / "assetpairs.json"
    if not recording.exists():
        pytest.skip(f"no recorded data at {RECORDED}: set SEATRIAL_DATA")
    recorded: dict[str, Any] = json.loads(recording.read_text())["result"]["XBTUSDT"]
    said: dict[str, Any] = json.loads(msgspec.json.encode(SYMBOLS.pair_info("BTC/USDT")))
    assert list(said) == [*recorded, "execution_venue"]
    assert said["fees"] == said["fees_maker"] == []
    rest = set(recorded) - {"fees", "fees_maker"}
    assert {field: said[field] for field in rest} == {field: recorded[field] for field in rest}


def test_a_new_market_of_a_catalogue_of_ones_own_gets_plain_names(tmp_path: Path) -> None:
    tree = own_tree(
        tmp_path / "own",
        assets="code,kind,scale,collateral\nUSD,fiat,4,1\nBTC,crypto,10,0.5\nSeaT,crypto,6,0\nSeaT.F,read_only,6,0\n",
        fees__by_volume="schedule,counts_volume,from_usd,taker_percent,maker_percent\nflat,yes,0,0.2,0.2\n",
        markets=MARKET_COLUMNS + "SeaT/USD,3,6,5,1,1,flat,online\nSeaT/BTC,9,8,10,0.5,0,flat,post_only\n",
        funding__methods="asset,method,network,deposit_minimum,deposit_fee,withdrawal_minimum,withdrawal_fee,"
        "address_style\n",
        venues__kraken__assets=ASSET_LINES + "USD,ZUSD,USD,USD,currency,2,\nBTC,XXBT,XBT,BTC,currency,5,\n",
        venues__kraken__pairs=PAIR_LINES,
        venues__kraken__unlisted="symbol\n",
    )
    symbols = Symbols(load(tree))
    assert symbols.asset("seat") == "SeaT"
    assert symbols.asset_name("SeaT.F") == "SeaT.F"
    assert symbols.pair("seat/zusd") == symbols.pair("SEATUSD") == "SeaT/USD"
    assert (symbols.pair_name("SeaT/BTC"), symbols.wsname("SeaT/BTC")) == ("SeaTXBT", "SeaT/XBT")
    info = symbols.pair_info("SeaT/USD")
    assert (info.lot, symbols.pair_info("SeaT/BTC").lot) == ("unit6", "unit")
    assert symbols.pair_info("SeaT/BTC").status == "post_only"
    assert symbols.asset_info("BTC").collateral_value == 0.5


def test_a_replaced_kraken_file_changes_the_names(tmp_path: Path) -> None:
    lines = ASSET_LINES + "AAVE,XAAVE,AAV,Aave,currency,3,\n"
    symbols = Symbols(load(own_tree(tmp_path / "own", venues__kraken__assets=lines, venues__kraken__pairs=PAIR_LINES)))
    assert symbols.asset("xaave") == symbols.asset("aav") == "AAVE"
    assert symbols.asset_name("AAVE.F") == "AAV.F"
    assert symbols.asset_name("BTC") == "BTC"


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("assets.csv", ASSET_LINES + 2 * "USD,ZUSD,USD,USD,currency,2,\n", "assets.csv line 3: USD is listed twice"),
        (
            "assets.csv",
            ASSET_LINES + "USD,EUR,US,US,currency,2,\nEUR,EU,EU,EU,currency,2,\n",
            "assets.csv line 3: Kraken's name EUR means both USD and EUR",
        ),
        (
            "assets.csv",
            ASSET_LINES + "GBP,G,G,XXX.F,currency,2,\nXRP,XXX,XXX,XXX,currency,2,\n",
            "assets.csv line 2: Kraken's name XXX.F means both XRP.F and GBP",
        ),
        ("assets.csv", ASSET_LINES + "XBT,A,B,C,currency,2,\n", "assets.csv line 2: code 'XBT' is not in assets.csv"),
        (
            "unlisted.csv",
            "symbol\nBTCUSD\n",
            "unlisted.csv line 2: symbol 'BTCUSD' is not in markets.csv or assets.csv",
        ),
        (
            "pairs.csv",
            PAIR_LINES + "BTC/USD,A,A,ETH/USD,unit,1,2,2,,,80,40,ZUSD,international\n",
            "pairs.csv line 2: Kraken's name ETH/USD means both BTC/USD and ETH/USD",
        ),
        (
            "pairs.csv",
            PAIR_LINES + 2 * "BTC/USD,A,A,A,unit,1,2,2,,,80,40,ZUSD,international\n",
            "pairs.csv line 3: BTC/USD is listed twice",
        ),
        (
            "pairs.csv",
            PAIR_LINES + "BTC/USD,A,A,A,unit,1,two,2,,,80,40,ZUSD,international\n",
            "pairs.csv line 2: leverage_buy 'two' is no range such as 2-10",
        ),
        (
            "pairs.csv",
            PAIR_LINES + "BTC/USD,A,A,A,unit,1,2,5-2,,,80,40,ZUSD,international\n",
            "pairs.csv line 2: leverage_sell '5-2' runs backwards",
        ),
    ],
)
def test_a_bad_kraken_file_is_refused_in_one_line(tmp_path: Path, file: str, text: str, said: str) -> None:
    tree = own_tree(tmp_path / "own")
    (tree / "venues" / "kraken" / file).write_text(text)
    with pytest.raises(CatalogueError) as refused:
        Symbols(load(tree))
    assert str(refused.value) == f"{tree}/venues/kraken/{said}"


def test_a_plain_name_that_means_two_markets_is_refused_by_the_line_of_the_market(tmp_path: Path) -> None:
    tree = add_lines(
        own_tree(tmp_path / "own"),
        assets="AA,crypto,8,0\nAAB,crypto,8,0\nBCC,crypto,8,0\nCC,crypto,8,0\n",
        markets="AA/BCC,2,8,5,1,1,crypto,online\nAAB/CC,2,8,5,1,1,crypto,online\n",
    )
    with pytest.raises(CatalogueError) as refused:
        Symbols(load(tree))
    assert str(refused.value) == f"{tree}/markets.csv line 101: Kraken's name AABCC means both AA/BCC and AAB/CC"
