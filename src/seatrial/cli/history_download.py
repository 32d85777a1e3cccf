"""What `seatrial history download` does, and the bar that shows how far it is."""

import signal
import time
from pathlib import Path
from typing import NamedTuple, Self

import msgspec
import typer
from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from seatrial.cli.clock import now_ns
from seatrial.cli.exits import FAILED, REFUSED, fail, note, stopped
from seatrial.cli.history_options import known_pair, open_store, optional_time, plain_pair, show_time
from seatrial.client import download
from seatrial.client.kraken import KrakenClient
from seatrial.client.trades import PACE_SECONDS, TradesFeed, VenueError, ask_pair
from seatrial.client.transport import UrlError, is_local
from seatrial.history.appending import PairAppender
from seatrial.history.errors import HistoryError
from seatrial.history.manifest import Gap, Manifest, Pair, gaps
from seatrial.history.store import TradeStore
from seatrial.world.clock import iso


class Asked(NamedTuple):
    """What the person said."""

    pair: str
    since: str | None
    until: str | None
    url: str


class Downloaded(Struct, frozen=True, rename={"first": "from", "last": "to"}):
    """What is stored of the pair now."""

    pair: str
    added: int
    stored: int
    first: str | None
    """The oldest and the newest trade; null: there is none."""
    last: str | None


def run(asked: Asked, folder: Path | None, *, as_json: bool) -> None:
    """Download; every known trouble is one line and a non-zero exit, and what had come by then is stored."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    since_ns, until_ns = optional_time(asked.since), optional_time(asked.until)
    if until_ns is not None and since_ns is not None and until_ns <= since_ns:
        fail("--until must be later than --since")
    store = open_store(folder)
    try:
        with KrakenClient(asked.url, now_ns=now_ns) as client:
            pair = _pair(store, client, asked.pair)
            with store.writer(pair) as writer:
                before = sum(span.rows for span in writer.stored.spans)
                _fill(client, writer, asked.url, since_ns, until_ns)
                _tell(writer.stored, before, as_json=as_json)
    except (HistoryError, UrlError) as error:
        fail(str(error))
    except VenueError as error:
        note(f"{error}; the same command goes on from here")
        raise typer.Exit(REFUSED if error.refused else FAILED) from None
    except KeyboardInterrupt:
        stopped("stopped; the same command goes on from here")


def _pair(store: TradeStore, client: KrakenClient, name: str) -> Pair:
    """The package's list first, then the venue's: so one that only knows Trades will do."""
    stored = store.find(name)
    return stored.pair if stored else known_pair(name) or ask_pair(client, name) or plain_pair(name)


def _fill(client: KrakenClient, writer: PairAppender, url: str, since_ns: int | None, until_ns: int | None) -> None:
    pair, spans = writer.stored.pair, writer.stored.spans
    if since_ns is None:
        since_ns = spans[-1].end_ns if spans else 0
    missing = gaps(spans, since_ns, until_ns)
    with _Bar(pair.name, missing) as bar:
        pace = 0.0 if is_local(url) else PACE_SECONDS
        feed = TradesFeed(
            client, pair.name, pace_seconds=pace, monotonic=time.monotonic, pause=time.sleep, warn=bar.warn
        )
        bar.aim(feed, until_ns)
        work = download.Download(feed, writer, url.rstrip("/"), bar, time.monotonic)
        all(work.fill(gap) for gap in missing)


def _tell(stored: Manifest, before: int, *, as_json: bool) -> None:
    total = sum(span.rows for span in stored.spans)
    name, first_ns, last_ns = stored.pair.name, min((file.first_ns for file in stored.files), default=0), 0
    if total:
        last_ns = max(file.last_ns for file in stored.files)
    if as_json:
        reach = (iso(first_ns), iso(last_ns)) if total else (None, None)
        typer.echo(msgspec.json.encode(Downloaded(name, total - before, total, *reach)))
    elif total:
        reach_text = f"{show_time(first_ns)} to {show_time(last_ns)}"
        typer.echo(f"{name}: {total - before:,} trades added; {total:,} stored, {reach_text}")
        note(f"`seatrial candles {name} --interval 1h` makes candles of them")
    else:
        typer.echo(f"{name}: the venue has no trades of that time")


class _Bar:
    """On a terminal a bar with the time left; elsewhere only the warnings."""

    def __init__(self, name: str, missing: list[Gap]) -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%  {task.fields[trades]:,} trades, at {task.fields[at]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._begins_ns = missing[0].first_ns if missing else 0
        self._ends_ns = (missing[-1].end_ns if missing else None) or now_ns()
        self._newest_id = self._first_id = 0
        self._task = self._progress.add_task(name, total=None, trades=0, at="the beginning")

    def aim(self, feed: TradesFeed, until_ns: int | None) -> None:
        """Learn how many trades there will be, where a bar is shown and the venue's ids tell."""
        if not self._progress.disable and until_ns is None:
            self._newest_id = feed.newest_id()

    def advanced(self, progress: download.Progress) -> None:
        """Move the bar: by trades where their number is known, by time where not."""
        if self._newest_id and progress.trade_id:
            self._first_id = self._first_id or progress.trade_id - progress.trades
            total, done = self._newest_id - self._first_id, progress.trade_id - self._first_id
        else:
            self._begins_ns = self._begins_ns or progress.at_ns
            total, done = self._ends_ns - self._begins_ns, progress.at_ns - self._begins_ns
        at = show_time(progress.at_ns // 10**9 * 10**9)
        self._progress.update(self._task, total=total, completed=done, trades=progress.trades, at=at)

    def warn(self, text: str) -> None:
        """Say it above the bar."""
        self._progress.console.print(f"seatrial: {text}", highlight=False, markup=False, soft_wrap=True)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
