"""Pages of a very long ledger by filters: from a call's parameters to the bytes of its answer, without the socket."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter_ns, thread_time_ns
from typing import Any, Final

from msgspec import Struct

from bench.report import Budget, Figure
from bench.wire import percentile_ms
from seatrial.catalogue import Catalogue, load
from seatrial.core.assets import Assets
from seatrial.core.commands import Command, IssueKey, OpenAccount, SeeDeposit
from seatrial.core.machine import Machine
from seatrial.core.rejects import Reject
from seatrial.core.state import State
from seatrial.dialects.kraken import context as kraken
from seatrial.dialects.kraken import ids as kraken_ids
from seatrial.dialects.kraken import params as kraken_params
from seatrial.dialects.kraken.endpoint import success as kraken_success
from seatrial.dialects.kraken.limits import Limits as KrakenLimits
from seatrial.dialects.kraken.rest import ledgers as kraken_ledgers
from seatrial.dialects.kraken.symbols import Symbols as KrakenSymbols
from seatrial.dialects.kucoin import context as kucoin
from seatrial.dialects.kucoin import ids as kucoin_ids
from seatrial.dialects.kucoin import params as kucoin_params
from seatrial.dialects.kucoin.endpoint import success as kucoin_success
from seatrial.dialects.kucoin.limits import Limits as KucoinLimits
from seatrial.dialects.kucoin.rest import ledgers
from seatrial.dialects.kucoin.symbols import Symbols as KucoinSymbols
from seatrial.store.store import Store, open_store

KucoinHandler = Callable[[kucoin.Context, kucoin_params.Params], object]

SEED: Final = 1
ACCOUNT: Final = 1
BEGAN_NS: Final = 1_790_000_000 * 10**9
SPREAD_NS: Final = 3 * 86_400 * 10**9
"""Over which the entries lie: as far as KuCoin's ledger by cursor reaches, so that a day holds millions."""
DAY_MS: Final = 86_400_000
MILLISECOND_NS: Final = 10**6
BASES: Final = ("BTC", "ETH", "SOL", "XRP", "USDC")
QUOTE: Final = "USDT"
KRAKEN_PAGE: Final = 50
HEAD_PAGES: Final = 10

_ENTRIES: Final = """
WITH RECURSIVE numbers(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM numbers WHERE seq < :entries),
mixed AS (SELECT seq, (seq + 1) / 2 AS pair, (seq + 1) / 2 * 2654435761 & 4294967295 AS luck FROM numbers),
drawn AS (
    SELECT seq, pair, :began + seq * :step AS at_ns, luck % 5 AS base, (luck >> 8) + seq & 1 AS incoming,
        CASE WHEN luck >> 16 & 15 THEN 0 ELSE 1 + luck % 3 END AS kind
    FROM mixed
),
entries AS (SELECT *, CASE WHEN kind = 0 AND seq & 1 THEN 5 ELSE base END AS asset FROM drawn)
"""
"""Two entries for each trade, base and quote, and one of sixteen pairs a transfer, deposits or withdrawals instead."""
_ASSETS: Final = "CASE {} " + " ".join(f"WHEN {n} THEN '{code}'" for n, code in enumerate((*BASES, QUOTE))) + " END"
_KINDS: Final = "CASE kind WHEN 0 THEN 'trade' WHEN 1 THEN 'transfer' WHEN 2 THEN 'deposit' ELSE 'withdrawal' END"
_WALLETS: Final = "CASE kind WHEN 0 THEN 'trade' ELSE 'main' END"
_STREAM: Final = "1 + incoming + 2 * (asset + 6 * kind)"
_INSERTS: Final = (
    f"""
    INSERT INTO postings {_ENTRIES} SELECT seq, pair, {ACCOUNT}, seq, {_WALLETS}, {_ASSETS.format("asset")}, {_KINDS},
        '', CASE kind WHEN 0 THEN pair ELSE 1 END, at_ns, CASE incoming WHEN 1 THEN 1000 ELSE -1000 END, kind = 0, 10000
    FROM entries
    """,  # noqa: S608  of constants only
    f"""
    INSERT INTO posting_streams {_ENTRIES}
    SELECT DISTINCT {ACCOUNT}, {_STREAM}, {_WALLETS}, {_ASSETS.format("asset")}, {_KINDS}, incoming FROM entries
    """,  # noqa: S608  of constants only
    f"""
    INSERT INTO posting_ranks {_ENTRIES}
    SELECT {ACCOUNT}, {_STREAM}, seq, ROW_NUMBER() OVER (PARTITION BY {_STREAM} ORDER BY seq) FROM entries
    """,  # noqa: S608  of constants only
    f"""
    INSERT INTO fills {_ENTRIES}
    SELECT pair, {ACCOUNT}, pair, {_ASSETS.format("base")} || '/{QUOTE}', pair, 'buy', 'limit', 1, 1, 1,
        at_ns, seq, 2, 1, 0, 1, 0, 0, 0, 0
    FROM entries WHERE kind = 0 AND seq & 1
    """,  # noqa: S608  of constants only
)


class _Call(Struct, frozen=True):
    """A method, and what it is asked near the head and anywhere."""

    name: str
    ask: Callable[[str], object]
    near: list[str]
    anywhere: list[str]


def measure(folder: Path, entries: int, pages: int, say: Callable[[str], None]) -> list[Figure]:
    """Both dialects' ledgers over one account."""
    data = folder / "pages"
    data.mkdir()
    catalogue = load()
    seconds = _build(data / "world.sqlite3", catalogue, entries, say)
    store = open_store(data / "world.sqlite3")
    machine = _machine(catalogue)
    store.load(machine.state)
    say(f"pages of {entries:,} ledger entries")
    found = [figure for call in _calls(machine, store, catalogue, entries, pages) for figure in _figures(call, entries)]
    store.close()
    size = sum(file.stat().st_size for file in data.iterdir())
    for file in data.iterdir():
        file.unlink()
    return [*found, Figure("making that ledger", seconds, "s", f"{size / 1e9:.2f} GB with the fills of its trades")]


def _figures(call: _Call, entries: int) -> Iterator[Figure]:
    for where, queries, max_ms in (("near the head", call.near, 10), ("anywhere", call.anywhere, 50)):
        times = [_time(call, query) for query in queries]
        taken, worked = (sorted(column) for column in zip(*times, strict=True))
        p50, p99, work = percentile_ms(taken, 0.5), percentile_ms(taken, 0.99), percentile_ms(worked, 0.99)
        notes = f"{entries:,} entries, {len(queries)} pages; p50 {p50:.2f} ms; processor time, p99: {work:.2f} ms"
        yield Figure(f"{call.name}, p99 {where}", p99, "ms", notes, [Budget(f"≤ {max_ms} ms", p99 <= max_ms)])


def _time(call: _Call, query: str) -> tuple[int, int]:
    """Nanoseconds by the clock, and of the processor: on a busy machine the first are mostly waiting."""
    began, worked = perf_counter_ns(), thread_time_ns()
    call.ask(query)
    return perf_counter_ns() - began, thread_time_ns() - worked


def _calls(machine: Machine, store: Store, catalogue: Catalogue, entries: int, pages: int) -> list[_Call]:
    """Queries spread over all that can be asked for."""
    by_kraken, by_kucoin = _kraken(machine, store, catalogue), _kucoin(machine, store, catalogue)
    row_id = kucoin_ids.Ids(SEED).ledger_row
    bought = "type=trade&asset=XBT"
    matches = _count(store, "SELECT count(*) FROM postings WHERE asset = 'BTC' AND kind = 'trade'")
    out = "currency=BTC,ETH&direction=out&bizType=TRADE_EXCHANGE"
    end_ms = BEGAN_NS // MILLISECOND_NS + 3 * DAY_MS
    of_a_day = entries // 3 * 2 // 15  # two of five bases, half of the rows, half of them out, most of them trades
    whole = [f"ofs={offset}" for offset in _spread(entries, pages)]
    filtered = [f"{bought}&ofs={offset}" for offset in _spread(matches, pages)]
    windows = [
        f"{out}&startAt={end_ms - DAY_MS - back}&endAt={end_ms - back}&currentPage={1 + row // 50}"
        for back, row in zip(_spread(2 * DAY_MS, pages), _spread(of_a_day, pages)[::-1], strict=True)
    ]
    cursors = [f"{out}&lastId={row_id(number + 1)}" for number in _spread(entries, pages)]
    return [
        _Call("Kraken Ledgers", by_kraken, _head("", pages), whole),
        _Call("Kraken Ledgers, two filters", by_kraken, _head(bought, pages), filtered),
        _Call("KuCoin ledgers, three filters", by_kucoin(ledgers.ledger),
              [f"{out}&currentPage={1 + number % HEAD_PAGES}" for number in range(pages)], windows),
        _Call("KuCoin hf ledgers, the same", by_kucoin(ledgers.hf_ledger),
              [f"{out}&lastId={row_id(entries - number)}" for number in range(pages)], cursors),
    ]  # fmt: skip


def _head(filters: str, pages: int) -> list[str]:
    return [f"{filters}&ofs={number % HEAD_PAGES * KRAKEN_PAGE}" for number in range(pages)]


def _spread(length: int, pages: int) -> list[int]:
    """Numbers below a length, one after the other far apart."""
    return [number * 7919 % pages * length // pages for number in range(pages)]


def _kraken(machine: Machine, store: Store, catalogue: Catalogue) -> Callable[[str], object]:
    state = machine.state
    tools = kraken.Tools(KrakenSymbols(catalogue), kraken_ids.Ids(SEED), KrakenLimits(), {})

    def ask(query: str) -> object:
        params = kraken_params.parse_query(query.encode())
        assert isinstance(params, kraken_params.Params)
        key, account = state.keys["key"], state.accounts[ACCOUNT]
        context = kraken.Context(machine, tools, state.now_ns, key, account, state.now_ns)
        later = kraken_ledgers.ledgers(context, params)
        assert isinstance(later, kraken.Later)
        return kraken_success(later.write(store.answer(later.query)))

    return ask


def _kucoin(machine: Machine, store: Store, catalogue: Catalogue) -> Callable[[KucoinHandler], Callable[[str], object]]:
    state = machine.state
    tools = kucoin.Tools(KucoinSymbols(catalogue), kucoin_ids.Ids(SEED), KucoinLimits())

    def caller(handle: KucoinHandler) -> Callable[[str], object]:
        def ask(query: str) -> object:
            params = kucoin_params.parse_query(query.encode())
            assert isinstance(params, kucoin_params.Params)
            key, account = state.keys["key"], state.accounts[ACCOUNT]
            context = kucoin.Context(machine, tools, state.now_ns, key, account, state.now_ns)
            result = handle(context, params)
            while isinstance(result, kucoin.Later):
                result = result.write(store.answer(result.query))
            return kucoin_success(result, ())

        return ask

    return caller


def _count(store: Store, statement: str) -> int:
    with store.database.reading() as connection:
        return int(connection.exec_driver_sql(statement).scalar_one())


def _build(path: Path, catalogue: Catalogue, entries: int, say: Callable[[str], None]) -> float:
    """An account with that many entries, written into the tables as the store would have; the seconds that took."""
    began = perf_counter_ns()
    machine, store = _machine(catalogue), open_store(path)
    store.begin_world(SEED, BEGAN_NS, "")
    for command in _opening():
        outcome = machine.apply(command, BEGAN_NS + SPREAD_NS)
        assert not isinstance(outcome, Reject), outcome
    store.commit(store.batch(machine.take_changes(), machine.state, ""))
    store.close()
    database = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"):
        database.execute(f"PRAGMA {pragma}").fetchall()
    values: dict[str, Any] = {"entries": entries, "began": BEGAN_NS, "step": SPREAD_NS // entries}
    for number, statement in enumerate(_INSERTS, 1):
        say(f"making a ledger of {entries:,} entries: step {number} of {len(_INSERTS)}")
        database.execute(statement, values)
    database.close()
    return (perf_counter_ns() - began) / 1e9


def _machine(catalogue: Catalogue) -> Machine:
    return Machine(State(SEED, Assets(catalogue.assets), catalogue.markets, catalogue.methods))


def _opening() -> tuple[Command, ...]:
    """The account, its key, and a deposit for all entries that need one."""
    return (
        OpenAccount("long", "kucoin", "vip0", False, "trade", "main", ()),
        IssueKey(ACCOUNT, "key", "key", "c2VjcmV0", frozenset()),
        SeeDeposit(ACCOUNT, QUOTE, 10**12),
    )
