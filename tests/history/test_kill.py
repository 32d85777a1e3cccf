"""Whatever kills it and whenever: no trade is lost, none is there twice, and the same command goes on."""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from seatrial.cli.exits import INTERRUPTED
from seatrial.cli.main import app
from seatrial.client import download
from seatrial.history.appending import PairAppender
from seatrial.history.archive import import_member, members
from seatrial.history.manifest import Pair
from seatrial.history.store import TradeStore
from tests.support.stored_trades import Run, stored_rows
from tests.support.trades_venue import SECOND, START, Answer, Deal, TradesVenue, deals, iso, printed

SMALL_COMMITS = "import sys; from seatrial.client import download; download.COMMIT_TRADES = 120; "
COMMAND = SMALL_COMMITS + "from seatrial.cli.main import main; main()"
KILLS = 8
PAIR = Pair("XBTUSD", ("XXBTZUSD",), 1)

Step = Callable[[Run, TradesVenue, Path], None]


class Crash(BaseException):
    """The process is gone."""


def test_a_real_process_that_is_killed_again_and_again_ends_with_every_trade_once(store: TradeStore) -> None:
    made, draw = deals(8_000), random.Random(7)  # noqa: S311  when to kill, no secret
    lives: list[int] = []
    with TradesVenue(made, size=100) as venue:
        words = ["history", "download", "XBTUSD", "--from", venue.url, "--store", str(store.folder)]
        for _ in range(KILLS):
            with subprocess.Popen([sys.executable, "-c", COMMAND, *words], stdout=subprocess.DEVNULL) as process:
                venue.script = _kill_at(process, draw.randrange(1, 9), draw.random() / 20)
                process.wait()
            lives.append(process.returncode)
            stored = stored_rows(store) if store.find("XBTUSD") else []
            assert stored == printed(made)[: len(stored)]
        venue.script = None
        subprocess.run([sys.executable, "-c", COMMAND, *words], check=True, stdout=subprocess.DEVNULL)
    assert stored_rows(store) == printed(made)
    assert lives.count(-9) == KILLS


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_download_that_is_stopped_stores_what_it_has(store: TradeStore, stop: signal.Signals) -> None:
    made = deals(2_000)
    with TradesVenue(made, size=100) as venue:
        words = ["history", "download", "XBTUSD", "--from", venue.url, "--store", str(store.folder)]
        command = [sys.executable, "-m", "seatrial", *words]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            venue.script = lambda call, _: process.send_signal(stop) if call == 6 else None
            _, told = process.communicate()
    stored = stored_rows(store)
    assert (process.returncode, told) == (130, "seatrial: stopped; the same command goes on from here\n")
    assert 500 <= len(stored) < 2_000
    assert stored == printed(made)[: len(stored)]


def _kill_at(process: subprocess.Popen[bytes], call: int, delay_seconds: float) -> Callable[..., Answer | None]:
    """SIGKILL, so many calls from now and a little later: while it waits, reads, writes or commits."""
    left = [call]

    def script(_: int, asked: dict[str, str]) -> None:
        del asked
        left[0] -= 1
        if left[0] == 0:
            threading.Timer(delay_seconds, process.kill).start()

    return script


def _download(run: Run, venue: TradesVenue, _: Path) -> None:
    run("history", "download", "XBTUSD", "--from", venue.url, "--since", 0)


def _newer_part(run: Run, venue: TradesVenue, _: Path) -> None:
    run("history", "download", "XBTUSD", "--from", venue.url, "--since", iso(venue.deals[170].at_ns))


def _middle_part(run: Run, venue: TradesVenue, _: Path) -> None:
    first, last = iso(venue.deals[90].at_ns), iso(venue.deals[150].at_ns)
    run("history", "download", "XBTUSD", "--from", venue.url, "--since", first, "--until", last)


def _import(run: Run, venue: TradesVenue, folder: Path) -> None:
    """An archive of the first part, cut in the middle of its last second."""
    lines = (f"{deal.at_ns // SECOND},{deal.price},{deal.volume}\n" for deal in venue.deals[:101])
    path = folder / "XBTUSD.csv"
    path.write_text("".join(lines))
    run("history", "import", path)


def market() -> list[Deal]:
    """Two months; the numbers get longer on the way; a second is full of trades just where the archive is cut."""
    made = deals(250)
    made[98:104] = [deal._replace(at_ns=made[97].at_ns + 1000 * place) for place, deal in enumerate(made[98:104], 1)]
    month = 30 * 86_400 * SECOND
    made = [deal._replace(at_ns=deal.at_ns + month) if place >= 130 else deal for place, deal in enumerate(made)]
    return [deal._replace(price=f"{deal.price}123") if place >= 120 else deal for place, deal in enumerate(made)]


STORIES: dict[str, list[Step]] = {
    "one download": [_download],
    "the newer part first": [_newer_part, _download],
    "the middle first": [_middle_part, _newer_part, _download],
    "an archive, then the venue": [_import, _download],
    "an archive around what is there": [_middle_part, _import, _download],
}


class Fuse:
    """Counts every step that changes the disk. At one of them the process is gone, or somebody presses Ctrl-C."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, blow: type[BaseException] = Crash) -> None:
        self.steps = 0
        self.burns_at: int | None = None
        self.blow = blow
        for owner, name in (
            (os, "fsync"), (Path, "replace"), (Path, "unlink"), (PairAppender, "run"), (shutil, "rmtree"),
        ):  # fmt: skip
            monkeypatch.setattr(owner, name, self._fused(getattr(owner, name)))

    def _fused(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **options: Any) -> Any:
            self.steps += 1
            if self.steps == self.burns_at or (self.burns_at and self.steps > self.burns_at and self.blow is Crash):
                raise self.blow
            return real(*arguments, **options)

        return step


@pytest.fixture
def small_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit after each page."""
    monkeypatch.setattr(download, "COMMIT_TRADES", 1)


@pytest.mark.usefixtures("small_commits")
@pytest.mark.parametrize("story", STORIES)
def test_a_crash_at_any_step_loses_and_doubles_nothing(
    run: Run, store: TradeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, story: str
) -> None:
    with TradesVenue(market(), size=60) as venue:
        _break_at_every_step(Fuse(monkeypatch), store, STORIES[story], lambda step: step(run, venue, tmp_path))


@pytest.mark.usefixtures("small_commits")
@pytest.mark.parametrize("story", ["one download", "the newer part first"])
def test_an_interruption_at_any_step_loses_and_doubles_nothing(
    store: TradeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, story: str
) -> None:
    """The process lives on for a moment, and stores what it has."""

    def run(*words: object) -> Result:
        result = CliRunner().invoke(app, [*map(str, words), "--store", str(store.folder)])
        if result.exit_code == INTERRUPTED:
            raise KeyboardInterrupt
        assert result.exit_code == 0, result.output
        return result

    with TradesVenue(market(), size=60) as venue:
        fuse = Fuse(monkeypatch, KeyboardInterrupt)
        _break_at_every_step(fuse, store, STORIES[story], lambda step: step(run, venue, tmp_path))


def _break_at_every_step(fuse: Fuse, store: TradeStore, story: list[Step], tell: Callable[[Step], None]) -> None:
    """Tell a story; then break it at one step after the other, each time go on, and compare."""

    def all_of_it() -> None:
        for step in story:
            tell(step)

    all_of_it()
    whole, steps = stored_rows(store), fuse.steps
    assert len(whole) == len(market())
    for burns_at in range(1, steps + 1, _stride(steps)):
        fuse.burns_at = None
        _empty(store)
        fuse.steps, fuse.burns_at = 0, burns_at
        with pytest.raises(fuse.blow):
            all_of_it()
        fuse.burns_at = None
        _sound(store)
        all_of_it()
        assert stored_rows(store) == whole, burns_at


def _stride(steps: int) -> int:
    """Some seven of the steps, an odd number apart so that each kind of step has its turn."""
    return max(steps // 6, 1) | 1


def _empty(store: TradeStore) -> None:
    for path in sorted(store.folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def _sound(store: TradeStore) -> None:
    """What a crash left can be read, and has no trade twice."""
    stored = store.find("XBTUSD")
    if stored is not None and any(stored.files):
        ids = [row[-1] for row in stored_rows(store) if row[-1] is not None]
        assert len(ids) == len(set(ids))


def test_the_rows_of_all_stories_are_the_market(run: Run, store: TradeStore) -> None:
    """The stories compare with themselves; this one compares with the market."""
    with TradesVenue(market(), size=60) as venue:
        _download(run, venue, store.folder)
    assert [row[0] for row in stored_rows(store)] == [row[0] for row in printed(market())]


def test_what_a_dead_process_left_behind_is_removed(store: TradeStore) -> None:
    folder = store.folder / "pair=XBTUSD"
    (folder / "month=2019-06").mkdir(parents=True)
    (folder / ".work").mkdir()
    (folder / "month=2019-06" / "000001.parquet").write_bytes(b"half")
    (folder / ".work" / "000002.parquet").write_bytes(b"half")
    with store.writer(PAIR):
        assert [path.name for path in folder.rglob("*.parquet")] == []


def test_a_reader_of_the_last_state_still_finds_its_files(run: Run, store: TradeStore) -> None:
    """A file that was replaced stays until the next commit after that."""
    made = [Deal(START + number * SECOND, "1.5", "2", trade_id=number) for number in range(1, 4)]
    with TradesVenue(made[:1]) as venue:
        run("history", "download", "XBTUSD", "--from", venue.url)
        seen = store.find("XBTUSD")
        assert seen is not None
        venue.deals = made[:2]
        run("history", "download", "XBTUSD", "--from", venue.url)
        assert [path.exists() for path in store.paths(seen, seen.files)] == [True]


def test_an_import_that_is_killed_has_stored_nothing(
    store: TradeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "XBTUSD.csv"
    path.write_text("".join(f"{START // SECOND + 86_400 * day},1.5,2\n" for day in range(100)))
    fuse = Fuse(monkeypatch)
    fuse.burns_at = 10
    with pytest.raises(Crash):
        import_member(store, PAIR, members(path)[0])
    assert store.find("XBTUSD") is None
    fuse.burns_at = None
    assert import_member(store, PAIR, members(path)[0]).added == 100
