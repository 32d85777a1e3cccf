"""A world that plays a tape: the same market however it is played, with a user's orders in it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from seatrial.cli.main import app
from seatrial.history.store import TradeStore
from seatrial.pricing.driver import NEVER
from seatrial.world.clock import iso
from tests.support.inside import Inside, inside
from tests.support.running import RunningServer
from tests.support.stored_trades import stored_rows
from tests.support.tape_files import BEGIN_S, everything, made_up, play_out, playing, recorded, write

SECOND_NS = 10**9
RECORDED_ROWS = 10_000
STEPS = ("1ns", "5ms", "1s", "1s", "29s", "5m", "20s", "3h", "1d")
LATER = "2018-05-20"


async def stop_at(server: Inside, moment: str) -> None:
    """Freeze the clock there."""
    answer = await server.post("/clock", frozen=True, now=moment)
    assert answer.status == 200, answer


def test_stepped_and_flat_out_and_restarted_it_is_the_same_market_byte_for_byte(tmp_path: Path) -> None:
    tape = write(tmp_path / "XBTUSD.csv", made_up())

    async def stepped(server: Inside) -> tuple[list[bytes], str]:
        for step in STEPS:
            await server.post("/clock", advance=step)
        await stop_at(server, LATER)
        return await everything(server), server.machine.fingerprint()

    async def flat_out(server: Inside) -> tuple[list[bytes], str]:
        await play_out(server)
        assert server.world.driver.due_ns == NEVER
        await stop_at(server, LATER)
        return await everything(server), server.machine.fingerprint()

    async def step(server: Inside) -> None:
        await server.post("/clock", advance="90s")

    one = inside(stepped, settings=playing(tape))
    assert inside(flat_out, live=True, settings=playing(tape, flat_out=True)) == one
    data = tmp_path / "data"
    for _ in range(5):
        inside(step, settings=playing(tape, data=data))
    assert inside(stepped, settings=playing(tape, data=data)) == one


def test_the_clock_begins_with_the_tape_and_the_time_between_lives_is_not_played(tmp_path: Path) -> None:
    tape = write(tmp_path / "XBTUSD.csv", made_up())

    async def story(server: Inside) -> tuple[str, int]:
        shown = (await server.get("/tape")).json
        await server.post("/clock", advance="60s")
        return shown["next"], (await server.get("/clock")).json["now_ns"]

    first, now_ns = inside(story, settings=playing(tape, data=tmp_path / "data"))
    assert first.startswith("2018-05-13T05:00:1")
    assert now_ns // SECOND_NS in (BEGIN_S + 59, BEGIN_S + 60)
    _, later_ns = inside(story, settings=playing(tape, data=tmp_path / "data"))
    assert later_ns == now_ns + 60 * SECOND_NS


def test_a_tape_begins_where_it_is_told_to(tmp_path: Path) -> None:
    lines = made_up()
    tape = write(tmp_path / "XBTUSD.csv", lines)
    at_s = BEGIN_S + 600

    async def story(server: Inside) -> list[list[object]]:
        assert (await server.get("/clock")).json["now"] == iso(at_s * SECOND_NS)
        await server.post("/clock", advance="1d")
        return list((await server.public("Trades", "pair=XBTUSD&since=0")).result["XXBTZUSD"])

    rows = inside(story, settings=playing(tape, begin_ns=at_s * SECOND_NS))
    expected = [line.split(",") for line in lines if float(line.split(",")[0]) >= at_s]
    assert [row[0] for row in rows] == [price for _, price, *_ in expected][: len(rows)]
    assert len(rows) == min(len(expected), 1_000)


def test_an_order_queues_fills_when_the_tape_trades_through_it_and_moves_nothing(tmp_path: Path) -> None:
    """The tape falls through 8500.0 and comes back; whoever bid there has bought, at that price, and no more."""
    lines = ["1526187617,8510.00000,1.00000000,b,l,", "1526187627,8499.00000,0.30000000,s,m,",
             "1526187637,8498.00000,5.00000000,s,m,", "1526187647,8511.00000,1.00000000,b,l,"]  # fmt: skip
    tape = write(tmp_path / "XBTUSD.csv", lines)

    async def story(server: Inside) -> list[list[object]]:
        order = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "8500", "volume": "1"}
        [txid] = (await server.call("AddOrder", **order)).result["txid"]

        async def filled() -> tuple[str, str]:
            shown = (await server.call("QueryOrders", txid=txid)).result[txid]
            return shown["status"], shown["vol_exec"]

        seen = [await filled()]
        for _ in range(4):
            await server.post("/clock", advance="10s")
            seen.append(await filled())
        assert seen == [
            ("open", "0.00000000"), ("open", "0.00000000"), ("open", "0.30000000"), ("closed", "1.00000000"),
            ("closed", "1.00000000"),
        ]  # fmt: skip
        shown = (await server.call("QueryOrders", txid=txid)).result[txid]
        assert float(shown["price"]) == 8500
        assert (await server.get("/books")).json["balanced"]
        return list((await server.public("Trades", "pair=XBTUSD&since=0")).result["XXBTZUSD"])

    rows = inside(story, settings=playing(tape))
    assert [row[:2] for row in rows if row[0] != "8500.00000"] == [line.split(",")[1:3] for line in lines]
    assert [row[1] for row in rows if row[0] == "8500.00000"] == ["0.30000000", "0.70000000"]


def test_a_market_order_meets_the_quotes_around_the_tape(tmp_path: Path) -> None:
    tape = write(tmp_path / "XBTUSD.csv", made_up())

    async def story(server: Inside) -> None:
        await server.post("/clock", advance="10m")
        order = {"pair": "XBTUSD", "type": "buy", "ordertype": "market", "volume": "0.1"}
        [txid] = (await server.call("AddOrder", **order)).result["txid"]
        shown = (await server.call("QueryOrders", txid=txid)).result[txid]
        last = (await server.public("Ticker", "pair=XBTUSD")).result["XXBTZUSD"]["c"][0]
        assert shown["status"] == "closed"
        assert abs(float(shown["price"]) / float(last) - 1) < 0.01

    inside(story, settings=playing(tape))


@pytest.mark.parametrize("lines", [made_up(), recorded(RECORDED_ROWS)], ids=["made up", "recorded"])
def test_a_download_from_it_reproduces_the_tape_byte_for_byte(tmp_path: Path, lines: list[str]) -> None:
    if not lines:
        pytest.skip("no recorded data: set SEATRIAL_DATA to the folder that has kraken-2018-05-13")
    tape = write(tmp_path / "XBTUSD.csv.gz", lines)
    store = TradeStore(tmp_path / "store")
    with RunningServer(tmp_path / "data", "--tape", str(tape), "--speed", "0") as server:
        server.tell("/clock", now=LATER)
        words = ["history", "download", "XBTUSD", "--from", server.url, "--store", str(store.folder)]
        downloaded = CliRunner().invoke(app, words)
        assert downloaded.exit_code == 0, downloaded.output
    assert written(store) == lines


def test_a_store_of_trades_plays_as_the_files_that_it_was_made_from(tmp_path: Path) -> None:
    """Two pairs together, one of them from the same file twice over."""
    lines = made_up()
    tapes = [write(tmp_path / name, lines) for name in ("XBTUSD.csv", "ETHUSD.csv.gz")]
    words = ["history", "import", *map(str, tapes), "--store", str(tmp_path / "store")]
    assert CliRunner().invoke(app, words).exit_code == 0

    async def story(server: Inside) -> list[bytes]:
        await server.post("/clock", advance="30m")
        await play_out(server)
        await stop_at(server, LATER)
        return await everything(server, "XBTUSD") + await everything(server, "ETHUSD")

    from_files = inside(story, settings=playing(*reversed(tapes)))
    assert inside(story, settings=playing(tmp_path / "store")) == from_files
    assert len(from_files) > 20


def test_what_a_killed_replay_has_printed_is_there_and_it_goes_on(tmp_path: Path) -> None:
    lines = made_up(12_000)
    tape, data = write(tmp_path / "XBTUSD.csv", lines), tmp_path / "data"
    with RunningServer(data, "--tape", str(tape), "--speed", "max") as server:
        while not (seen := server.ask("/tape")["rows"]):
            continue
        server.kill()
    with RunningServer(data, "--tape", str(tape), "--speed", "0") as server:
        assert seen <= server.ask("/tape")["rows"] < len(lines)
        server.tell("/clock", now=LATER)
        assert server.ask("/tape") == {"pairs": ["BTC/USD"], "rows": len(lines), "next": None}
        assert server.ask("/markets/XBTUSD")["trades"] == len(lines)


def written(store: TradeStore) -> list[str]:
    """The stored trades in the form of the tape."""
    return [
        ",".join((_time(int(str(at_ns))), *map(str, (price, volume, side, kind)), ""))
        for at_ns, price, volume, side, kind, _ in stored_rows(store)
    ]


def _time(at_ns: int) -> str:
    return f"{at_ns // SECOND_NS}.{at_ns % SECOND_NS:09d}".rstrip("0").rstrip(".")
