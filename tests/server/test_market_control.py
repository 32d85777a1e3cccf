"""What a tester can do with markets and with who moves their prices."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from seatrial.catalogue import load
from seatrial.core.markets import MarketStatus, SystemStatus
from seatrial.pricing import tables
from seatrial.pricing.crowd import Mode
from seatrial.server.host.worlds import Settings
from tests.support.inside import Inside, inside
from tests.support.own_catalogue import own_tree

CALM = Settings(None, crowd=Mode.CALM)
LIMIT = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "1000", "volume": "1"}
TAKE = {"pair": "XBTUSD", "type": "buy", "ordertype": "market", "volume": "0.01"}


async def market(server: Inside, pair: str = "XBTUSD") -> dict[str, Any]:
    """How it stands."""
    answer = await server.get(f"/markets/{pair}")
    assert answer.status == 200, answer
    return dict(answer.json)


async def changed(server: Inside, path: str, **body: object) -> Any:
    """A change that must be done."""
    answer = await server.post(path, **body)
    assert answer.status in (200, 201), answer
    return answer.json


async def closed_to(server: Inside) -> set[str]:
    """What the venue refuses now: to rest an order, to take, or to cancel."""
    found = set()
    [txid] = (await server.call("AddOrder", **LIMIT)).json.get("result", {}).get("txid", [""])
    if not txid:
        found.add("rest")
    if "error" in (taken := (await server.call("AddOrder", **TAKE)).json) and taken["error"]:
        found.add("take")
    if txid and (await server.call("CancelOrder", txid=txid)).json["error"]:
        found.add("cancel")
    return found


@pytest.mark.parametrize(
    ("status", "refused"),
    [
        (MarketStatus.ONLINE, set()), (MarketStatus.CANCEL_ONLY, {"rest", "take"}),
        (MarketStatus.POST_ONLY, {"rest", "take"}), (MarketStatus.LIMIT_ONLY, {"take"}),
        (MarketStatus.REDUCE_ONLY, {"rest", "take"}),
    ],
)  # fmt: skip
def test_a_market_is_halted_into_each_of_krakens_modes_and_opened_again(
    status: MarketStatus, refused: set[str]
) -> None:
    async def story(server: Inside) -> None:
        shown = await changed(server, "/markets/XBTUSD", status=status.value)
        assert shown["status"] == status.value
        pairs = (await server.public("AssetPairs", "pair=XBTUSD,ETHUSD")).result
        assert [pair["status"] for pair in pairs.values()] == [status.value, "online"]
        assert await closed_to(server) == refused
        await changed(server, "/markets/XBTUSD", status="online")
        assert await closed_to(server) == set()

    inside(story, settings=CALM)


@pytest.mark.parametrize(
    ("status", "refused"),
    [
        (SystemStatus.ONLINE, set()), (SystemStatus.MAINTENANCE, {"rest", "take"}),
        (SystemStatus.CANCEL_ONLY, {"rest", "take"}), (SystemStatus.POST_ONLY, {"rest", "take"}),
        (SystemStatus.LIMIT_ONLY, {"take"}),
    ],
)  # fmt: skip
def test_the_exchange_is_halted_into_each_of_krakens_modes_and_opened_again(
    status: SystemStatus, refused: set[str]
) -> None:
    async def story(server: Inside) -> None:
        assert await changed(server, "/system", status=status.value) == {"status": status.value}
        assert (await server.get("/system")).json == {"status": status.value}
        assert (await server.public("SystemStatus")).result["status"] == status.value
        assert await closed_to(server) == refused
        await changed(server, "/system", status="online")
        assert await closed_to(server) == set()

    inside(story, settings=CALM)


def test_a_price_that_is_set_is_where_the_crowd_trades_from_then_on() -> None:
    async def story(server: Inside) -> None:
        shown = await changed(server, "/markets/BTC-USD", price="90000")
        assert shown["last"] == "90000.0"
        assert Decimal(shown["bid"]) < 90_000 < Decimal(shown["ask"])
        euro = await market(server, "XBTEUR")
        assert abs(Decimal(euro["bid"]) / Decimal(90_000) * Decimal("1.16") - 1) < Decimal("0.01")
        await server.post("/clock", advance="10m")
        assert abs(Decimal((await market(server))["last"]) / 90_000 - 1) < Decimal("0.02")

    inside(story, settings=CALM)


def test_without_a_crowd_a_price_that_is_set_is_one_trade() -> None:
    async def story(server: Inside) -> None:
        shown = await changed(server, "/markets/XBTUSD", price=90_000)
        assert (shown["last"], shown["trades"], shown["bid"], shown["liquidity"]) == ("90000.0", 1, None, None)
        ticker = (await server.public("Ticker", "pair=XBTUSD")).result["XXBTZUSD"]
        assert ticker["c"] == ["90000.00000", "0.00005000"]

    inside(story)


def test_a_printed_trade_fills_what_is_in_its_way_and_is_seen_by_everyone() -> None:
    async def story(server: Inside) -> None:
        [txid] = (await server.call("AddOrder", **LIMIT)).result["txid"]
        shown = await changed(
            server, "/markets/XBTUSD/trades", price="999.9", volume="0.4", side="sell", ordertype="limit"
        )
        assert (shown["last"], shown["trades"]) == ("999.9", 2)
        rows = (await server.public("Trades", "pair=XBTUSD&since=0")).result["XXBTZUSD"]
        assert [(price, volume, side) for price, volume, _, side, *_ in rows] == [
            ("1000.00000", "0.40000000", "s"), ("999.90000", "0.40000000", "s"),
        ]  # fmt: skip
        order = (await server.call("QueryOrders", txid=txid)).result[txid]
        assert (order["status"], order["vol_exec"]) == ("open", "0.40000000")
        assert (await server.get("/books")).json["balanced"]

    inside(story)


@pytest.mark.parametrize(
    ("liquidity", "bids", "asks"),
    [("none", False, False), ("bids", True, False), ("asks", False, True), ("both", True, True)],
)
def test_the_houses_quotes_are_taken_away_and_given_back(liquidity: str, *, bids: bool, asks: bool) -> None:
    async def story(server: Inside) -> None:
        for wanted, has_bids, has_asks in ((liquidity, bids, asks), ("both", True, True)):
            shown = await changed(server, "/markets/XBTUSD", liquidity=wanted)
            assert shown["liquidity"] == wanted
            await server.post("/clock", advance="1m")
            depth = (await server.public("Depth", "pair=XBTUSD")).result["XXBTZUSD"]
            assert (bool(depth["bids"]), bool(depth["asks"])) == (has_bids, has_asks)
        assert (await market(server, "ETHUSD"))["liquidity"] == "both"

    inside(story, settings=CALM)


def test_a_pair_is_tuned_and_the_world_remembers(tmp_path: Path) -> None:
    wanted = {"pair": "XBTUSD", "price": "90000", "volatility": "8.5", "depth": 2, "activity": "0"}

    async def tune(server: Inside) -> list[dict[str, object]]:
        return list((await changed(server, "/crowd", mode="busy", **wanted))["pairs"])

    async def look(server: Inside) -> tuple[str, list[dict[str, object]]]:
        shown = (await server.get("/crowd")).json
        return shown["mode"], shown["pairs"]

    async def be_away(server: Inside) -> list[int]:
        counts = []
        for _ in range(2):
            counts.append((await market(server))["trades"])
            await server.post("/clock", advance="5s")
        return counts

    tuned = inside(tune, settings=Settings(tmp_path))
    assert tuned[0] == {
        "pair": "BTC/USD", "price": tuned[0]["price"], "volatility": 8.5, "depth": 2.0, "activity": 0.0,
        "liquidity": "both",
    }  # fmt: skip
    assert abs(Decimal(str(tuned[0]["price"])) / 90_000 - 1) < Decimal("0.001")
    mode, pairs = inside(look, settings=Settings(tmp_path))
    assert (mode, pairs[0]["volatility"], pairs[1]["volatility"]) == ("busy", 8.5, 8.5)
    before, after = inside(be_away, settings=Settings(tmp_path))
    assert before == after, "nobody takes"


def test_a_crowd_that_is_turned_off_leaves_its_trades_and_takes_its_quotes(tmp_path: Path) -> None:
    async def story(server: Inside) -> None:
        assert (await changed(server, "/crowd", mode="off"))["mode"] == "off"
        shown = await market(server)
        assert (shown["bid"], shown["ask"], shown["liquidity"]) == (None, None, None)
        assert shown["trades"] > 0
        await server.post("/clock", advance="1d")
        assert await market(server) == shown

    inside(story, settings=Settings(tmp_path, crowd=Mode.CALM))

    async def restart(server: Inside) -> None:
        assert (await server.get("/crowd")).json["mode"] == "off"
        shown = await changed(server, "/crowd", mode="calm")
        assert shown["mode"] == "calm"
        assert (await market(server))["bid"] is not None

    inside(restart, settings=Settings(tmp_path, first_crowd=Mode.BUSY))


def test_a_crowd_that_is_turned_off_in_maintenance_leaves_no_quotes_either() -> None:
    async def story(server: Inside) -> None:
        await changed(server, "/system", status="maintenance")
        await changed(server, "/crowd", mode="off")
        await changed(server, "/system", status="online")
        assert not server.machine.state.live_orders
        assert (await market(server))["bid"] is None
        assert (await server.get("/books")).json["balanced"]

    inside(story, settings=CALM)


def test_a_new_world_begins_with_its_first_crowd() -> None:
    async def story(server: Inside) -> str:
        return str((await server.get("/crowd")).json["mode"])

    assert inside(story) == "off"
    assert inside(story, settings=Settings(None, first_crowd=Mode.CALM)) == "calm"
    assert inside(story, settings=Settings(None, first_crowd=Mode.CALM, crowd=Mode.OFF)) == "off"


def test_while_the_crowd_is_off_nobody_has_quotes_to_take_away() -> None:
    async def story(server: Inside) -> None:
        assert (await server.post("/markets/XBTUSD", liquidity="none")).problem == (
            409, "nobody quotes while the crowd is off: make it calm or busy first",
        )  # fmt: skip

    inside(story)


def test_a_crowd_is_quiet_while_the_clock_is_frozen_and_the_same_for_one_seed() -> None:
    async def story(server: Inside) -> list[bytes]:
        await server.post("/clock", now="2024-01-01")
        first = (await server.public("Depth", "pair=XBTUSD")).body
        assert (await server.public("Depth", "pair=XBTUSD")).body == first
        await server.post("/clock", advance="5m")
        return [(await server.public("Trades", f"pair={pair}&since=0")).body for pair in ("XBTUSD", "ETHEUR")]

    one = inside(story, settings=CALM)
    assert inside(story, settings=CALM) == one
    assert inside(story, settings=Settings(None, seed=2, crowd=Mode.CALM)) != one


def test_a_market_order_of_500_dollars_fills_at_once_in_every_market_of_krakens() -> None:
    async def story(server: Inside) -> None:
        pairs = [row["pair"] for row in (await server.get("/crowd")).json["pairs"]]
        assert set(pairs) == server.machine.state.markets.keys()
        listed = (await server.public("AssetPairs")).result.values()
        names = {row["wsname"].replace("XBT", "BTC").replace("XDG", "DOGE") for row in listed}
        assert names < set(pairs), "KuCoin has some of its own"
        codes = {code for pair in names for code in pair.split("/")}
        rich = await server.account("rich", **{code: _worth(code, 5_000) for code in codes})
        for pair in names:
            volume = _worth(pair.partition("/")[0], 500)
            for side in ("buy", "sell"):
                order = {"pair": pair, "type": side, "ordertype": "market", "volume": volume}
                [txid] = (await server.send(rich.call("AddOrder", **order))).result["txid"]
                shown = (await server.send(rich.call("QueryOrders", txid=txid))).result[txid]
                assert (shown["status"], Decimal(shown["vol_exec"])) == ("closed", Decimal(volume)), pair
        assert (await server.get("/books")).json["balanced"]

    inside(story, settings=CALM)


def _worth(code: str, dollars: int) -> str:
    """About so much of an asset, in three digits."""
    lines = tables.load(load()).assets
    each = Decimal(lines[code].worth)
    while code != (code := lines[code].told_in):
        each = (each * lines[code].worth).scaleb(-tables.VALUE_SCALE)
    return f"{Decimal(f'{dollars / each.scaleb(-tables.VALUE_SCALE):.3g}'):f}"


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("/markets/NOPE", {"price": "1"}, 404, "there is no market 'NOPE'"),
        ("/markets/XBTUSD", {"price": "1.23"}, 422, "'1.23' is no price"),
        ("/markets/XBTUSD", {"price": "0"}, 422, "is no price"),
        ("/markets/XBTUSD", {"status": "closed"}, 422, "unknown status 'closed'"),
        ("/markets/XBTUSD", {"liquidity": "some"}, 422, "unknown liquidity 'some'"),
        ("/markets/XBTUSD/trades", {"price": "1"}, 400, "volume"),
        ("/markets/XBTUSD/trades", {"price": "1", "volume": "0"}, 422, "is no volume"),
        ("/markets/XBTUSD/trades", {"price": "1", "volume": "1", "side": "up"}, 422, "unknown side"),
        ("/system", {"status": "reduce_only"}, 422, "unknown status"),
        ("/crowd", {"mode": "wild"}, 422, "unknown mode 'wild': one of off, calm, busy"),
        ("/crowd", {"depth": 2}, 422, "name the pair that these tune: add pair"),
        ("/crowd", {"pair": "XBTUSD"}, 422, "name what to change of the pair"),
        ("/crowd", {"pair": "XBTUSD", "volatility": "101"}, 422, "is no volatility"),
        ("/crowd", {"pair": "XBTUSD", "activity": "-1"}, 422, "is no activity"),
    ],
)
def test_what_cannot_be_done_is_told_and_changes_nothing(
    path: str, body: dict[str, object], status: int, says: str
) -> None:
    async def story(server: Inside) -> None:
        before = [(await server.get(of)).json for of in ("/markets", "/system", "/crowd")]
        found, detail = (await server.post(path, **body)).problem
        assert (found, says in detail) == (status, True), detail
        assert [(await server.get(of)).json for of in ("/markets", "/system", "/crowd")] == before

    inside(story, settings=CALM)


@pytest.mark.parametrize(
    ("path", "body"),
    [("/markets/ADAEUR", {"liquidity": "none"}), ("/crowd", {"pair": "ADAEUR", "depth": 1, "price": "1"})],
)
def test_a_market_of_which_the_tables_say_nothing_has_no_quotes_to_tune(
    path: str, body: dict[str, object], tmp_path: Path
) -> None:
    tree = own_tree(tmp_path / "own")
    pairs = tree / "crowd" / "pairs.csv"
    columns, bitcoin, *_ = pairs.read_text(encoding="utf-8").splitlines()
    pairs.write_text(f"{columns}\n{bitcoin}\n", encoding="utf-8")

    async def story(server: Inside) -> None:
        assert [pair["pair"] for pair in (await server.get("/crowd")).json["pairs"]] == ["BTC/USD"]
        detail = "the crowd does not trade ADA/EUR; it trades BTC/USD"
        assert (await server.post(path, **body)).problem == (422, detail)
        assert (await market(server, "ADAEUR"))["trades"] == 0

    inside(story, settings=replace(CALM, catalogue=tree))


@pytest.mark.parametrize("name", ["BTC/USD", "btc/usd", "XBT/USD", "XXBT/ZUSD", "BTC-USD", "XBT-USD", "XBTUSD"])
def test_a_market_goes_by_its_name_with_a_slash_a_dash_or_neither(name: str) -> None:
    async def story(server: Inside) -> None:
        assert (await market(server, name))["pair"] == "BTC/USD"
        assert (await changed(server, f"/markets/{name}", price="91000"))["last"] == "91000.0"
        assert (await changed(server, f"/markets/{name}/trades", price="92000", volume="1"))["last"] == "92000.0"
        assert (await changed(server, "/crowd", pair=name, depth=2))["mode"] == "calm"

    inside(story, settings=CALM)


@pytest.mark.parametrize("path", ["/markets/BTC/USD/trades", "/markets/XBTUSD/trades"])
def test_a_wrong_verb_for_a_trade_is_told_the_right_one(path: str) -> None:
    async def story(server: Inside) -> None:
        answer = await server.get(path)
        assert (answer.status, answer.headers["allow"]) == (405, "POST")

    inside(story, settings=CALM)


def test_a_name_with_slashes_that_is_no_market_is_named_in_the_refusal() -> None:
    async def story(server: Inside) -> None:
        assert (await server.get("/markets/NO/PE")).problem == (
            404,
            "there is no market 'NO/PE': GET /markets lists them",
        )

    inside(story, settings=CALM)
