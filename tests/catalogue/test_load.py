"""The catalogue that ships with the package, and how a bad replacement of it is refused."""

from pathlib import Path

import pytest

from seatrial.catalogue import Catalogue, CatalogueError, load
from seatrial.core.addresses import STYLES, new_address
from seatrial.core.assets import Asset, AssetKind, Assets
from seatrial.core.markets import FeeTier, FundingMethod, MarketStatus
from tests.support.own_catalogue import own_tree

ASSETS = "code,kind,scale,collateral\n"
MARKETS = "symbol,price_scale,lot_scale,cost_scale,min_qty,min_cost,fees,status\n"
FEES = "schedule,counts_volume,from_usd,taker_percent,maker_percent\n"
DATED = "schedule,from,counts_volume,from_usd,from_futures_usd,from_assets_usd,taker_percent,maker_percent\n"
LEVELS = "schedule,level,taker_percent,maker_percent\n"
VENUES = "venue,symbol,schedule\n"
JULY_2025_NS = 1_751_328_000 * 10**9
JULY_2026_NS = 1_783_555_200 * 10**9
"""2026-07-09, when Kraken's ladder of 17 rungs began."""
METHODS = "asset,method,network,deposit_minimum,deposit_fee,withdrawal_minimum,withdrawal_fee,address_style\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A user's own, which is like ours until it is changed."""
    return own_tree(tmp_path / "own")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def method_of(catalogue: Catalogue, asset: str, name: str) -> FundingMethod:
    (found,) = (method for method in catalogue.methods if (method.asset.code, method.name) == (asset, name))
    return found


def test_the_package_has_all_assets_and_markets_of_the_reference_and_more_in_dollar_coins(catalogue: Catalogue) -> None:
    assert (len(catalogue.assets), len(catalogue.markets)) == (68, 98)


@pytest.mark.parametrize(
    ("code", "kind", "scale", "collateral_ppm"),
    [
        ("USD", AssetKind.FIAT, 4, 1_000_000),
        ("JPY", AssetKind.FIAT, 2, 1_000_000),
        ("BTC", AssetKind.CRYPTO, 10, 990_000),
        ("DOGE", AssetKind.CRYPTO, 8, 925_000),
        ("ETH2", AssetKind.CRYPTO, 10, 0),
        ("USDT", AssetKind.STABLECOIN, 8, 900_000),
        ("EURC", AssetKind.STABLECOIN, 8, 0),
        ("KFEE", AssetKind.FEE_CREDIT, 2, 0),
        ("ETH2.S", AssetKind.READ_ONLY, 10, 0),
        ("BTC.M", AssetKind.READ_ONLY, 10, 0),
        ("USD.M", AssetKind.READ_ONLY, 4, 0),
    ],
)
def test_an_asset_has_its_kind_scale_and_collateral(
    catalogue: Catalogue, code: str, kind: AssetKind, scale: int, collateral_ppm: int
) -> None:
    assert Assets(catalogue.assets)[code] == Asset(code, kind, scale, collateral_ppm)


def test_six_assets_are_stablecoins(catalogue: Catalogue) -> None:
    found = {asset.code for asset in catalogue.assets if asset.kind is AssetKind.STABLECOIN}
    assert found == {"USDT", "USDC", "DAI", "PYUSD", "EURT", "EURC"}


def test_a_market_counts_in_ticks_lots_and_cost_units(catalogue: Catalogue) -> None:
    market = catalogue.markets["BTC/USD"]
    assert (market.base.code, market.quote.code, market.fees.name) == ("BTC", "USD", "crypto")
    assert (market.price_scale, market.lot_scale, market.cost_scale) == (1, 8, 5)
    assert (market.min_qty_lots, market.min_cost) == (5_000, 50_000)
    assert market.status is MarketStatus.ONLINE


def test_a_market_of_coarse_lots_counts_in_them(catalogue: Catalogue) -> None:
    market = catalogue.markets["SHIB/USD"]
    assert (market.lot_scale, market.min_qty_lots) == (5, 160_000 * 10**5)


def test_every_market_is_named_for_what_it_trades(catalogue: Catalogue) -> None:
    for symbol, market in catalogue.markets.items():
        assert symbol == market.symbol == f"{market.base.code}/{market.quote.code}"


@pytest.mark.parametrize(
    ("symbol", "volume_usd", "tier"),
    [
        ("BTC/USD", 0, FeeTier(0, 4_000, 2_500)),
        ("BTC/USD", 9_999, FeeTier(0, 4_000, 2_500)),
        ("BTC/USD", 10_000, FeeTier(10_000, 3_500, 2_000)),
        ("BTC/USD", 10**10, FeeTier(500_000_000, 500, 0)),
        ("LINK/ETH", 0, FeeTier(0, 4_000, 2_300)),
        ("LINK/ETH", 10_000_000, FeeTier(10_000_000, 1_000, -200)),
        ("USDC/USD", 49_999, FeeTier(0, 2_000, 2_000)),
        ("USDC/USD", 100_000_000, FeeTier(100_000_000, 10, 0)),
    ],
)
def test_from_july_2025_until_july_2026_fees_follow_the_market_s_schedule(
    catalogue: Catalogue, symbol: str, volume_usd: int, tier: FeeTier
) -> None:
    for at_ns in (JULY_2025_NS, JULY_2026_NS - 1):
        assert catalogue.markets[symbol].fees.at(at_ns).tier(volume_usd, assets_usd=10**9) == tier


@pytest.mark.parametrize(
    ("volume_usd", "assets_usd", "percent"),
    [
        (0, 0, (8_000, 4_000)),
        (0, 19_999, (8_000, 4_000)),
        (2_500, 0, (6_000, 3_000)),
        (0, 20_000, (3_800, 2_200)),
        (25_000, 20_000, (3_500, 2_000)),
        (2_500, 999_999, (2_000, 800)),
        (10**10, 0, (500, 0)),
        (0, 10**10, (500, 0)),
    ],
)
def test_since_july_2026_volume_or_assets_lead_up_the_ladder(
    catalogue: Catalogue, volume_usd: int, assets_usd: int, percent: tuple[int, int]
) -> None:
    """Source: Kraken's support page "cross-platform fee tier changes", updated 2026-07-09."""
    ladder = catalogue.markets["BTC/USD"].fees.at(JULY_2026_NS)
    tier = ladder.tier(volume_usd, assets_usd)
    assert (tier.taker_ppm, tier.maker_ppm) == percent
    assert len(ladder.tiers) == 17


def test_files_without_the_columns_of_dates_and_assets_still_hold(tree: Path) -> None:
    (tree / "fees/by-volume.csv").write_text(FEES + "".join(
        f"{name},yes,0,0.4,0.2\n" for name in ("crypto", "crypto_rebate", "stable_fx")
    ))  # fmt: skip
    fees = load(tree).markets["BTC/USD"].fees
    assert fees.tiers == (FeeTier(0, 4_000, 2_000),)
    assert (fees.earlier, fees.looks_at_assets) == (None, False)


def test_a_schedule_by_level_has_dates_too(tree: Path) -> None:
    (tree / "fees/by-level.csv").write_text(
        "schedule,from,level,taker_percent,maker_percent\n"
        "kucoin_a,,vip0,0.1,0.1\nkucoin_a,,vip1,0.09,0.08\n"
        "kucoin_a,2026-01-01,vip0,0.2,0.2\nkucoin_a,2026-01-01,vip1,0.1,0.1\n"
    )
    fees = load(tree).markets["BTC/USD"].fees_for("kucoin").of_level("vip1")
    day_ns = 20_454 * 86_400 * 10**9
    assert [fees.at(at_ns).tier(0).taker_ppm for at_ns in (0, day_ns - 1, day_ns)] == [900, 900, 1_000]


@pytest.mark.parametrize(
    ("level", "taker_ppm", "maker_ppm"),
    [("vip0", 1_000, 1_000), ("vip3", 900, 750), ("vip12", 250, -50), ("pro", 1_000, 1_000)],
)
def test_at_kucoin_fees_follow_the_level_of_the_account(
    catalogue: Catalogue, level: str, taker_ppm: int, maker_ppm: int
) -> None:
    for market in catalogue.markets.values():
        assert market.fees_for("kucoin").of_level(level).tier(10**9) == FeeTier(0, taker_ppm, maker_ppm)
        assert market.fees_for("kraken").of_level(level) is market.fees_for("anywhere else") is market.fees


def test_a_markets_own_line_of_venue_fees_counts_before_that_of_all(tree: Path) -> None:
    (tree / "fees/by-venue.csv").write_text(VENUES + "kucoin,BTC/USD,kucoin_c\nkucoin,*,kucoin_b\n")
    markets = load(tree).markets
    assert [markets[symbol].fees_for("kucoin").name for symbol in ("BTC/USD", "ETH/USD")] == ["kucoin_c", "kucoin_b"]


def test_only_trades_in_crypto_bases_count_towards_the_volume(catalogue: Catalogue) -> None:
    counting = {market.fees.name: market.fees.counts_volume for market in catalogue.markets.values()}
    assert counting == {"crypto": True, "crypto_rebate": True, "stable_fx": False}


def test_dogecoin_costs_what_the_seed_s_withdrawal_shows(catalogue: Catalogue) -> None:
    """100 asked, 98 sent, fee 2; 997 received, fee 0."""
    method = method_of(catalogue, "DOGE", "Dogecoin")
    assert (method.withdrawal_fee, method.deposit_fee) == (2 * 10**8, 0)
    assert method.withdrawal_minimum <= 100 * 10**8
    assert method.deposit_minimum <= 997 * 10**8
    assert new_address(method.address_style, 1, 1).text.startswith("D")


def test_bitcoin_and_wires_cost_what_recorded_answers_show(catalogue: Catalogue) -> None:
    bitcoin = method_of(catalogue, "BTC", "Bitcoin")
    assert (bitcoin.withdrawal_minimum, bitcoin.withdrawal_fee, bitcoin.network) == (4_000_000, 1_500_000, "Bitcoin")
    wire = method_of(catalogue, "USD", "Bank (Wire)")
    assert (wire.withdrawal_minimum, wire.withdrawal_fee, wire.network) == (200_000, 40_000, None)


def test_everything_that_can_be_moved_has_a_method(catalogue: Catalogue) -> None:
    """Except ETH2, which was only ever staked and unstaked."""
    with_method = {method.asset.code for method in catalogue.methods}
    kinds = {AssetKind.FIAT, AssetKind.CRYPTO, AssetKind.STABLECOIN}
    assert {asset.code for asset in catalogue.assets if asset.kind in kinds} - with_method == {"ETH2"}


def test_only_fiat_moves_without_a_network(catalogue: Catalogue) -> None:
    for method in catalogue.methods:
        assert (method.network is None) == (method.asset.kind is AssetKind.FIAT)


def test_every_address_style_is_used_and_no_other(catalogue: Catalogue) -> None:
    assert {method.address_style for method in catalogue.methods} == STYLES


def test_a_file_in_the_folder_replaces_the_package_s_own(tree: Path) -> None:
    (tree / "markets.csv").write_text(MARKETS + "BTC/USD,2,8,5,0.1,1,crypto,post_only\n")
    changed = load(tree)
    (market,) = changed.markets.values()
    assert (market.price_scale, market.min_qty_lots, market.status) == (2, 10**7, MarketStatus.POST_ONLY)
    assert changed.assets == load().assets


def test_a_spreadsheet_s_byte_order_mark_and_empty_lines_do_no_harm(tree: Path) -> None:
    text = MARKETS + "\nBTC/USD,2,8,5,0.1,1,crypto,online\n\n"
    (tree / "markets.csv").write_text(text, encoding="utf-8-sig")
    assert list(load(tree).markets) == ["BTC/USD"]


def test_a_folder_that_is_not_there_is_refused(tree: Path) -> None:
    with pytest.raises(CatalogueError, match="is not a folder"):
        load(tree / "missing")


BAD_FILES = [
    ("assets.csv", "", "assets.csv line 1: the columns must be code,kind,scale,collateral"),
    ("assets.csv", "kind,code,scale,collateral\n", "assets.csv line 1: the columns must be"),
    ("assets.csv", ASSETS + "USD,fiat,4\n", "assets.csv line 2: 3 cells instead of 4"),
    ("assets.csv", ASSETS + 'USD,fiat,"4,1\n', "assets.csv line 2: unexpected end of data"),
    ("assets.csv", ASSETS + ",fiat,4,1\n", "assets.csv line 2: code is empty"),
    ("assets.csv", ASSETS + "U D,fiat,4,1\n", "assets.csv line 2: code 'U D' is not of letters and digits"),
    ("assets.csv", ASSETS + "EUR,fiat,4,1\n", "assets.csv line 1: USD is not listed, in which volumes are counted"),
    ("assets.csv", ASSETS + "USD,money,4,1\n", "assets.csv line 2: kind 'money' is none of fiat, crypto"),
    ("assets.csv", ASSETS + "USD,fiat,11,1\n", "assets.csv line 2: scale '11' is above 10"),
    ("assets.csv", ASSETS + "USD,fiat,four,1\n", "assets.csv line 2: scale 'four' is not a plain number"),
    ("assets.csv", ASSETS + "USD,fiat,4,1.1\n", "assets.csv line 2: collateral '1.1' is above 1.000000"),
    ("assets.csv", ASSETS + "USD,fiat,4,1\n\nUSD,fiat,4,1\n", "assets.csv line 4: USD is listed twice"),
    ("assets.csv", ASSETS + "USD.X,read_only,4,0\n", "assets.csv line 2: code 'USD.X' must end in one of .S .M"),
    ("assets.csv", ASSETS + "USD.M,fiat,4,0\n", "assets.csv line 2: USD.M must have a suffix if and only if"),
    ("assets.csv", ASSETS + "USD.F,read_only,5,0\nUSD,fiat,4,0\n", "assets.csv line 2: USD.F is spent as USD"),
    ("assets.csv", ASSETS + "USD,read_only,4,0\n", "assets.csv line 2: USD must have a suffix if and only if"),
    ("fees/by-volume.csv", FEES + "crypto,yes,10,0.4,0.2\n", "line 2: the first tier of crypto must begin at 0"),
    ("fees/by-volume.csv", FEES + "c,yes,0,0.4,0.2\nc,yes,0,0.3,0.1\n", "line 3: from_usd must rise from line to line"),
    (
        "fees/by-volume.csv",
        FEES + "c,yes,0,0.4,0.2\nc,no,9,0.3,0.1\n",
        "line 3: c counts volume on one line and",
    ),
    ("fees/by-volume.csv", FEES + "c,maybe,0,0.4,0.2\n", "line 2: counts_volume 'maybe' is none of yes, no"),
    ("fees/by-volume.csv", FEES + "c,yes,0,100.1,0.2\n", "line 2: taker_percent '100.1' is above 100.0000"),
    ("fees/by-volume.csv", FEES + "c,yes,0,-0.4,0.2\n", "line 2: taker_percent '-0.4' is not a plain number"),
    ("fees/by-volume.csv", FEES + "c,yes,0,0.4,--0.2\n", "line 2: maker_percent '-0.2' is not a plain number"),
    ("fees/by-volume.csv", FEES + "c,yes,0,0.1,-0.2\n", "line 2: the maker's rebate may not be above the taker"),
    (
        "fees/by-volume.csv",
        DATED + "c,2026-7-9,yes,0,,,0.4,0.2\n",
        "line 2: from '2026-7-9' is not a day like 2026-07-09",
    ),
    ("fees/by-volume.csv", DATED + "c,2026-02-30,yes,0,,,0.4,0.2\n", "line 2: from '2026-02-30' is no day of the"),
    ("fees/by-volume.csv", DATED + "c,1969-12-31,yes,0,,,0.4,0.2\n", "line 2: from '1969-12-31' is before 1970"),
    ("fees/by-volume.csv", DATED + "c,2026-01-02,yes,0,,,1,1\nc,2026-01-01,yes,0,,,1,1\n", "line 3: from must not go"),
    ("fees/by-volume.csv", DATED + "c,,yes,0,,,1,1\nc,2026-01-01,yes,5,,,1,1\n", "line 3: the first tier of c must"),
    ("fees/by-volume.csv", DATED + "c,,yes,0,,9,1,1\nc,,yes,5,,9,1,1\n", "line 3: from_assets_usd must rise"),
    (
        "fees/by-volume.csv",
        FEES.replace("from_usd", "from_usd,more"),
        "line 1: the columns must be schedule,counts_volume",
    ),
    ("fees/by-level.csv", LEVELS + "crypto,vip0,0.1,0.1\n", "line 2: crypto is a schedule by volume"),
    ("fees/by-level.csv", LEVELS + 2 * "new,vip0,0.1,0.1\n", "line 3: vip0 of new is listed twice"),
    (
        "fees/by-level.csv",
        LEVELS + "new,vip0,0.1,-0.2\n",
        "line 2: the maker's rebate may not be above the taker",
    ),
    ("fees/by-venue.csv", VENUES + "kucoin,BTC/XYZ,kucoin_a\n", "line 2: BTC/XYZ is no market"),
    ("fees/by-venue.csv", VENUES + 2 * "kucoin,*,kucoin_a\n", "line 3: * is listed twice for kucoin"),
    ("fees/by-venue.csv", VENUES + "kucoin,*,free\n", "line 2: schedule 'free' is none of crypto, crypto_rebate"),
    ("markets.csv", MARKETS + "BTCUSD,1,8,5,1,1,crypto,online\n", "line 2: 'BTCUSD' is no asset that can be traded"),
    ("markets.csv", MARKETS + "BTC/US,1,8,5,1,1,crypto,online\n", "line 2: 'US' is no asset that can be traded"),
    ("markets.csv", MARKETS + "BTC.M/USD,1,8,5,1,1,crypto,online\n", "line 2: 'BTC.M' is no asset that can be traded"),
    ("markets.csv", MARKETS + "KFEE/USD,1,8,5,1,1,crypto,online\n", "line 2: 'KFEE' is no asset that can be traded"),
    ("markets.csv", MARKETS + "BTC/BTC,1,8,5,1,1,crypto,online\n", "line 2: BTC/BTC trades an asset for itself"),
    ("markets.csv", MARKETS + "BTC/USD,1,8,5,0,1,crypto,online\n", "line 2: min_qty must be above zero"),
    ("markets.csv", MARKETS + "BTC/USD,1,2,5,0.001,1,crypto,online\n", "line 2: min_qty '0.001' is not a plain number"),
    ("markets.csv", MARKETS + "BTC/USD,1,8,5,1e5,1,crypto,online\n", "line 2: min_qty '1e5' is not a plain number"),
    (
        "markets.csv",
        MARKETS + "BTC/USD,1,8,5,99999999999,1,crypto,online\n",
        "min_qty '99999999999' is above 92233720368",
    ),
    (
        "markets.csv",
        MARKETS + "BTC/USD,1,8,5,1,1,free,online\n",
        "line 2: fees 'free' is none of crypto, crypto_rebate",
    ),
    (
        "markets.csv",
        MARKETS + "BTC/USD,1,8,5,1,1,crypto,open\n",
        "line 2: status 'open' is none of online, cancel_only",
    ),
    ("markets.csv", MARKETS + 2 * "BTC/USD,1,8,5,1,1,crypto,online\n", "markets.csv line 3: BTC/USD is listed twice"),
    ("funding/methods.csv", METHODS + "XBT,Bitcoin,,0,0,1,0,bitcoin\n", "line 2: 'XBT' is no asset that can be traded"),
    ("funding/methods.csv", METHODS + "BTC,,,0,0,1,0,bitcoin\n", "line 2: method is empty"),
    ("funding/methods.csv", METHODS + "BTC,B,,0,0,1,0,paper\n", "line 2: address_style 'paper' is none of algorand"),
    ("funding/methods.csv", METHODS + "BTC,B,,0,0,1,1,bitcoin\n", "line 2: withdrawal_minimum must be above"),
    ("funding/methods.csv", METHODS + 2 * "BTC,B,,0,0,1,0,bitcoin\n", "line 3: B is listed twice for BTC"),
]


@pytest.mark.parametrize(("file", "text", "said"), BAD_FILES, ids=[said for _, _, said in BAD_FILES])
def test_a_bad_file_is_refused_in_one_line(tree: Path, file: str, text: str, said: str) -> None:
    (tree / file).write_text(text)
    with pytest.raises(CatalogueError) as refused:
        load(tree)
    assert said in str(refused.value)
    assert str(refused.value).startswith(f"{tree}/{file} line ")
    assert "\n" not in str(refused.value)


def test_a_file_that_is_no_text_is_refused(tree: Path) -> None:
    (tree / "assets.csv").write_bytes(b"code,kind\xff\xfe")
    with pytest.raises(CatalogueError, match=r"/own/assets.csv cannot be read: .*invalid start byte"):
        load(tree)


def test_a_file_that_is_a_folder_is_refused(tree: Path) -> None:
    (tree / "assets.csv").unlink()
    (tree / "assets.csv").mkdir()
    with pytest.raises(CatalogueError, match=r"/own/assets.csv cannot be read: "):
        load(tree)
