"""`seatrial history download` walks Trades as Kraken's support says, and stores every trade once.

Source: venue-pages#time-and-sales; market-data#trades and market-data#downloading.
"""

import json
from importlib.metadata import version

import pytest
from msgspec.structs import replace

from seatrial.client.download import Download, Progress
from seatrial.client.kraken import KrakenClient
from seatrial.client.trades import BACK_OFF_SECONDS, PACE_SECONDS, TradesFeed, VenueError
from seatrial.history.manifest import Gap, Pair
from seatrial.history.store import TradeStore
from tests.support.stored_trades import Run, stored_rows
from tests.support.trades_venue import SECOND, START, Answer, Deal, TradesVenue, deals, iso, page_of, printed, refusal


def test_the_whole_history_is_stored_exactly(run: Run, store: TradeStore) -> None:
    made = deals(3_500)
    with TradesVenue(made) as venue:
        told = run("history", "download", "XBTUSD", "--from", venue.url, "--since", 0).output
    assert stored_rows(store) == printed(made)
    assert "3,500 trades added" in told


def test_programs_are_told_what_is_stored(run: Run) -> None:
    made = deals(5)
    with TradesVenue(made) as venue:
        told = json.loads(run("history", "download", "XBTUSD", "--from", venue.url, "--since", 0, "--json").output)
    assert list(told) == ["pair", "added", "stored", "from", "to"]
    assert (told["pair"], told["added"], told["stored"]) == ("XBTUSD", 5, 5)
    assert told["from"] == iso(made[0].at_ns)
    assert told["to"].startswith(iso(made[-1].at_ns).removesuffix("Z"))


def test_each_last_is_the_next_since_and_an_empty_page_is_the_end(run: Run) -> None:
    made = deals(2_000)
    with TradesVenue(made) as venue:
        run("history", "download", "xbt/usd", "--from", venue.url, "--since", 0)
    cursors = ["0", str(made[999].at_ns), str(made[1999].at_ns)]
    assert venue.asked == [{"pair": "XBTUSD", "since": cursor} for cursor in cursors]


def test_the_venue_is_told_who_asks(run: Run) -> None:
    with TradesVenue(deals(5)) as venue:
        run("history", "download", "XBTUSD", "--from", venue.url)
    assert venue.agents == {f"seatrial/{version('seatrial')}"}


@pytest.mark.parametrize("form", [iso, str])
def test_it_can_begin_at_any_moment(run: Run, store: TradeStore, form: type[str]) -> None:
    made = deals(2_500)
    since_ns = made[1_300].at_ns // SECOND * SECOND
    with TradesVenue(made) as venue:
        run("history", "download", "XBTUSD", "--from", venue.url, "--since", form(since_ns))
    assert stored_rows(store) == printed([deal for deal in made if deal.at_ns >= since_ns])
    assert venue.asked[0]["since"] == str(since_ns - 1)


def test_it_stops_before_the_moment_it_is_told(run: Run, store: TradeStore) -> None:
    made = deals(2_500)
    until_ns = made[1_300].at_ns // SECOND * SECOND
    with TradesVenue(made) as venue:
        run("history", "download", "XBTUSD", "--from", venue.url, "--until", iso(until_ns))
        assert stored_rows(store) == printed([deal for deal in made if deal.at_ns < until_ns])
        assert len(venue.asked) == 2
        run("history", "download", "XBTUSD", "--from", venue.url)
    assert stored_rows(store) == printed(made)


def test_what_is_stored_up_to_a_moment_is_not_asked_for_again(run: Run) -> None:
    made = deals(1_500)
    words = ("history", "download", "XBTUSD", "--since", 0, "--until", iso(made[700].at_ns))
    with TradesVenue(made) as venue:
        run(*words, "--from", venue.url)
        asked = len(venue.asked)
        assert "0 trades added" in run(*words, "--from", venue.url).output
    assert len(venue.asked) == asked


def test_a_later_download_goes_on_where_the_trades_end(run: Run, store: TradeStore) -> None:
    made = deals(4_000)
    with TradesVenue(made[:1_700]) as venue:
        run("history", "download", "XBTUSD", "--from", venue.url)
        venue.deals = made
        run("history", "download", "XBTUSD", "--from", venue.url)
    assert stored_rows(store) == printed(made)
    assert venue.asked[3]["since"] == str(made[1_699].at_ns)


@pytest.mark.parametrize("ids", [True, False])
def test_an_older_part_that_is_downloaded_later_joins_without_a_seam(run: Run, store: TradeStore, *, ids: bool) -> None:
    made = deals(4_000, ids=ids)
    since_ns = made[2_600].at_ns // SECOND * SECOND
    with TradesVenue(made) as venue:
        run("history", "download", "XBTUSD", "--from", venue.url, "--since", since_ns)
        run("history", "download", "XBTUSD", "--from", venue.url, "--since", 0)
    assert stored_rows(store) == printed(made)
    stored = store.find("XBTUSD")
    assert stored is not None
    assert [(span.first_ns, span.rows) for span in stored.spans] == [(0, 4_000)]


def test_a_stretch_in_between_is_filled(run: Run, store: TradeStore) -> None:
    made = deals(4_000)
    first, second = (made[number].at_ns // SECOND * SECOND for number in (1_200, 2_300))
    with TradesVenue(made) as venue:
        run("history", "download", "XBTUSD", "--from", venue.url, "--since", 0, "--until", iso(first))
        run("history", "download", "XBTUSD", "--from", venue.url, "--since", iso(second))
        run("history", "download", "XBTUSD", "--from", venue.url, "--since", iso(made[50].at_ns))
    assert stored_rows(store) == printed(made)


def test_small_additions_become_few_files(run: Run, store: TradeStore) -> None:
    made = [Deal(START + number * SECOND, "1.5", "2", trade_id=number) for number in range(1, 41)]
    with TradesVenue() as venue:
        for count in range(1, 41):
            venue.deals = made[:count]
            run("history", "download", "XBTUSD", "--from", venue.url)
    stored = store.find("XBTUSD")
    assert stored is not None
    assert len(stored_rows(store)) == 40
    assert len(list(stored.files)) <= 6
    assert len(list(store.folder.glob("pair=*/month=*/*"))) <= 12


def test_files_are_by_pair_and_month(run: Run, store: TradeStore) -> None:
    made = [Deal(START - SECOND, "1", "1", trade_id=1), Deal(START, "1", "1", trade_id=2)]
    with TradesVenue(made) as venue:
        run("history", "download", "XBTUSD", "--from", venue.url)
    found = sorted(str(path.parent.relative_to(store.folder)) for path in store.folder.rglob("*.parquet"))
    assert found == ["pair=XBTUSD/month=2019-05", "pair=XBTUSD/month=2019-06"]


def test_numbers_with_more_digits_than_before_are_stored_exactly(run: Run, store: TradeStore) -> None:
    made = [
        Deal(START, "8552.9", "0.1", trade_id=1),
        Deal(START + 1000, "8552.123456789", "0.12345678", trade_id=2),
        Deal(START + 2000, "100000000000", "12345678901.12345678", trade_id=3),
    ]
    with TradesVenue() as venue:
        for count in range(1, 4):
            venue.deals = made[:count]
            run("history", "download", "XBTUSD", "--from", venue.url)
    assert [row[1:3] for row in stored_rows(store)] == [
        ("8552.900000000", "0.10000000"),
        ("8552.123456789", "0.12345678"),
        ("100000000000.000000000", "12345678901.12345678"),
    ]


def test_an_empty_page_is_the_end_whatever_its_cursor_says(run: Run, store: TradeStore) -> None:
    made = deals(5)

    def hasty(call: int, asked: dict[str, str]) -> Answer | None:
        past_them = int(asked["since"]) >= made[-1].at_ns
        return Answer(page_of([], START * 2 + call)) if past_them else None

    with TradesVenue(made, script=hasty) as venue:
        run("history", "download", "XBTUSD", "--from", venue.url)
        venue.deals, venue.script = deals(9), None
        run("history", "download", "XBTUSD", "--from", venue.url)
    assert stored_rows(store) == printed(deals(9))


@pytest.mark.parametrize("ids", [True, False])
def test_a_venue_that_repeats_the_trade_asked_with_is_seen_through(run: Run, store: TradeStore, *, ids: bool) -> None:
    made = [deal._replace(at_ns=START + place * 1_000_000) for place, deal in enumerate(deals(2_500, ids=ids))]

    def inclusive(_: int, asked: dict[str, str]) -> Answer:
        return Answer(page_of(made, int(asked["since"]) - 1))

    with TradesVenue(script=inclusive) as venue:
        run("history", "download", "XBTUSD", "--from", venue.url)
    assert stored_rows(store) == printed(made)


def test_trades_without_ids_that_look_alike_are_all_kept_where_pages_meet_too(run: Run, store: TradeStore) -> None:
    made = [Deal(START + 10 * number, "8552.9", "0.10000000") for number in range(1, 31)]
    with TradesVenue(made, size=7) as venue:
        run("history", "download", "XBTUSD", "--from", venue.url)
    assert stored_rows(store) == printed(made)


def test_a_jump_of_the_ids_is_told_and_its_trades_are_kept(run: Run, store: TradeStore) -> None:
    made = deals(30)
    with TradesVenue(made[:10] + made[15:], size=10) as venue:
        told = run("history", "download", "XBTUSD", "--from", venue.url).output
    assert "trade ids jump from 10 to 16" in told
    assert len(stored_rows(store)) == 25


def test_ids_that_are_zero_for_a_while_end_nothing(run: Run, store: TradeStore) -> None:
    made = [deal._replace(trade_id=0) if 5 <= place < 25 else deal for place, deal in enumerate(deals(40))]
    with TradesVenue(made, size=10) as venue:
        run("history", "download", "XBTUSD", "--from", venue.url)
    assert stored_rows(store) == printed(made)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (refusal("EQuery:Unknown asset pair"), "the venue refused: EQuery:Unknown asset pair"),
        (refusal("EGeneral:Invalid arguments"), "the venue refused: EGeneral:Invalid arguments"),
    ],
)
def test_a_refusal_that_stays_ends_it_at_once(run: Run, answer: Answer, says: str) -> None:
    with TradesVenue(script=lambda _, __: answer) as venue:
        assert says in run("history", "download", "NOSUCH", "--from", venue.url, fails=1).output
    assert len(venue.asked) == 1


def test_nobody_there_is_one_line(run: Run) -> None:
    with TradesVenue() as venue:
        url = venue.url
    told = run("history", "download", "XBTUSD", "--from", url, fails=2).output
    assert told == f"seatrial: nothing answers at {url}; the same command goes on from here\n"


@pytest.mark.parametrize(
    "words",
    [
        ("XBTUSD", "--since", "yesterday"),
        ("XBTUSD", "--since", "2024-01-02", "--until", "2024-01-01"),
        ("XBTUSD", "--from", "kraken"),
        ("../XBTUSD",),
    ],
)
def test_wrong_words_are_one_line(run: Run, words: tuple[str, ...]) -> None:
    told = (
        run("history", "download", *words, "--from", "http://127.0.0.1:9", fails=2).output
        if len(words) == 1
        else (run("history", "download", *words, fails=2).output)
    )
    assert told.startswith("seatrial: ")
    assert told.count("\n") == 1


class Watch:
    """Notes what it is told, and a time that only passes when somebody waits."""

    def __init__(self) -> None:
        self.warned: list[str] = []
        self.waited: list[float] = []
        self.progress: list[Progress] = []
        self.now = 0.0

    def warn(self, text: str) -> None:
        self.warned.append(text)

    def advanced(self, progress: Progress) -> None:
        self.progress.append(progress)

    def monotonic(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += seconds


def fetch(venue: TradesVenue, store: TradeStore, watch: Watch, pace_seconds: float = 0.0) -> bool:
    """Download everything, in this process."""
    with (
        KrakenClient(venue.url, now_ns=lambda: 0, pause=watch.pause) as client,
        store.writer(Pair("XBTUSD", ("XXBTZUSD",), 1)) as writer,
    ):
        feed = TradesFeed(
            client, "XBTUSD", pace_seconds=pace_seconds, monotonic=watch.monotonic, pause=watch.pause, warn=watch.warn
        )
        return Download(feed, writer, venue.url, watch, watch.monotonic).fill(Gap(0, None))


BROKEN = {
    "rate limit": refusal("EAPI:Rate limit exceeded"),
    "too many": refusal("EGeneral:Too many requests"),
    "busy": refusal("EService:Busy"),
    "internal": refusal("EGeneral:Internal error"),
    "html": Answer(b"<html>checking your browser</html>", 403, "text/html"),
    "no json": Answer(b"{", 200),
    "no trades": Answer(b'{"error":[],"result":{"last":"5"}}'),
    "no last": Answer(b'{"error":[],"result":{"XXBTZUSD":[["1","1",1559347200.1,"b","m",""]]}}'),
    "last is no number": Answer(b'{"error":[],"result":{"XXBTZUSD":[["1","1",1559347200.1,"b","m",""]],"last":"x"}}'),
    "last was a double": Answer(
        b'{"error":[],"result":{"XXBTZUSD":[["1","1",1762820035.9822779,"b","m",""]],"last":"1762820035982280000"}}'
    ),
    "last is behind": Answer(b'{"error":[],"result":{"XXBTZUSD":[["1","1",1.5,"b","m",""]],"last":"1500000000"}}'),
    "no price": Answer(
        b'{"error":[],"result":{"XXBTZUSD":[["NaN","1",1559347200.1,"b","m",""]],"last":"1559347200100000000"}}'
    ),
    "ids go back": Answer(
        b'{"error":[],"result":{"XXBTZUSD":[["1","1",1559347200.1,"b","m","",5],["1","1",1559347200.1,"b","m","",4]],'
        b'"last":"1559347200100000000"}}'
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_stumble_is_waited_out_with_the_same_cursor(store: TradeStore, broken: str) -> None:
    made, watch = deals(2_500), Watch()
    with TradesVenue(made, script=lambda call, _: BROKEN[broken] if 2 <= call <= 4 else None) as venue:
        fetch(venue, store, watch)
    assert stored_rows(store) == printed(made)
    assert watch.waited == list(BACK_OFF_SECONDS[:3])
    assert len({asked["since"] for asked in venue.asked[1:5]}) == 1
    assert len(watch.warned) == 3


def test_a_venue_that_keeps_failing_is_given_up_and_what_came_is_kept(store: TradeStore) -> None:
    made, watch = deals(3_000), Watch()
    with TradesVenue(made, script=lambda call, _: refusal("EService:Unavailable") if call > 2 else None) as venue:
        with pytest.raises(VenueError, match=r"EService:Unavailable, for the 10th time in a row"):
            fetch(venue, store, watch)
        assert stored_rows(store) == printed(made[:2_000])
        venue.script = None
        fetch_on(venue, store)
    assert stored_rows(store) == printed(made)


def fetch_on(venue: TradesVenue, store: TradeStore) -> None:
    """Go on where the stored trades end."""
    stored = store.find("XBTUSD")
    assert stored is not None
    watch = Watch()
    with (
        KrakenClient(venue.url, now_ns=lambda: 0) as client,
        store.writer(stored.pair) as writer,
    ):
        feed = TradesFeed(
            client, "XBTUSD", pace_seconds=0.0, monotonic=watch.monotonic, pause=watch.pause, warn=watch.warn
        )
        Download(feed, writer, venue.url, watch, watch.monotonic).fill(Gap(stored.spans[-1].end_ns, None))


def test_a_far_venue_is_asked_no_faster_than_it_allows(store: TradeStore) -> None:
    watch = Watch()
    with TradesVenue(deals(3_000)) as venue:
        fetch(venue, store, watch, PACE_SECONDS)
    assert len(venue.asked) == 4
    assert watch.waited == [pytest.approx(PACE_SECONDS)] * 3


def test_what_waits_long_enough_is_stored(store: TradeStore) -> None:
    """A kill after the second of two slow pages finds the first two stored."""
    made, watch = deals(3_000), Watch()
    seen: list[int] = []

    def slow(*_: object) -> None:
        stored = store.find("XBTUSD")
        seen.append(sum(span.rows for span in stored.spans) if stored else 0)
        watch.now += 10

    with TradesVenue(made, script=slow) as venue:
        fetch(venue, store, watch)
    assert seen == [0, 0, 2_000, 2_000]


def test_progress_says_how_far_it_is(store: TradeStore) -> None:
    made, watch = deals(2_500), Watch()
    with TradesVenue(made) as venue:
        fetch(venue, store, watch)
    assert [(said.trades, said.trade_id) for said in watch.progress] == [(1000, 1000), (2000, 2000), (2500, 2500)]
    assert watch.progress[-1].at_ns == made[-1].at_ns + 1


def test_two_downloads_of_one_pair_do_not_mix(run: Run, store: TradeStore) -> None:
    with store.writer(Pair("XBTUSD")), TradesVenue(deals(5)) as venue:
        told = run("history", "download", "XBTUSD", "--from", venue.url, fails=2).output
    assert "another process is writing" in told


def test_a_manifest_of_a_newer_version_is_left_alone(run: Run, store: TradeStore) -> None:
    with TradesVenue(deals(5)) as venue:
        run("history", "download", "XBTUSD", "--from", venue.url)
        stored = store.find("XBTUSD")
        assert stored is not None
        path = store.pair_folder(stored.pair) / "manifest.json"
        content = path.read_bytes()
        path.write_bytes(content.replace(b'"format": 1', b'"format": 2'))
        told = run("history", "download", "XBTUSD", "--from", venue.url, fails=2).output
    assert "another version" in told
    assert replace(stored, format=2).format == 2


ASSET_PAIRS = b"""{"error":[],"result":{"XNEWZUSD":{"altname":"NEWUSD","wsname":"NEW/USD","pair_decimals":3}}}"""


def test_a_pair_that_the_package_does_not_list_is_called_as_the_venue_calls_it(run: Run, store: TradeStore) -> None:
    with TradesVenue(deals(5)) as venue:
        venue.asset_pairs = ASSET_PAIRS
        run("history", "download", "new/usd", "--from", venue.url)
        run("history", "download", "XNEWZUSD", "--from", venue.url)
    stored = store.find("NEW/USD")
    assert stored is not None
    assert stored.pair == Pair("NEWUSD", ("XNEWZUSD", "NEW/USD"), 3)
    assert {asked["pair"] for asked in venue.asked} == {"NEWUSD"}


@pytest.mark.parametrize("answer", [b'{"error":["EGeneral:Unknown method"]}', b'{"error":[],"result":{}}', b"hello"])
def test_a_venue_that_does_not_say_what_a_pair_is_called_is_asked_by_the_name(run: Run, answer: bytes) -> None:
    with TradesVenue(deals(5)) as venue:
        venue.asset_pairs = answer
        run("history", "download", "new/usd", "--from", venue.url)
    assert venue.asked[0]["pair"] == "NEWUSD"


def test_on_a_terminal_a_bar_shows_the_time_left(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest id says how many trades there will be."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    made = deals(2_500)

    def newest(_: int, asked: dict[str, str]) -> Answer | None:
        return Answer(page_of(made, made[-2].at_ns)) if "count" in asked else None

    with TradesVenue(made, script=newest) as venue:
        told = run("history", "download", "XBTUSD", "--from", venue.url).stderr
        assert "2,500 trades" in told
        assert "100%" in told
        assert venue.asked[0] == {"pair": "XBTUSD", "count": "1"}
        asked = len(venue.asked)
        run("history", "download", "XBTUSD", "--from", venue.url, "--since", 0, "--until", iso(made[9].at_ns))
        assert len(venue.asked) == asked


@pytest.mark.parametrize("ids", [True, False])
def test_without_the_newest_id_the_bar_goes_by_time(run: Run, monkeypatch: pytest.MonkeyPatch, *, ids: bool) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    made = deals(500, ids=ids)
    with TradesVenue(made, size=100) as venue:
        told = run("history", "download", "XBTUSD", "--from", venue.url, "--until", iso(made[-1].at_ns)).stderr
    assert "100%" in told
    assert all("count" not in asked for asked in venue.asked)
