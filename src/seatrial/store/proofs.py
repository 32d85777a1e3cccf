"""Laws that every stored world obeys, read out of its rows alone: nothing here knows how they came about."""

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, text

from seatrial.core.assets import REWARDS_SUFFIX
from seatrial.store.ledger_proofs import AT_ONCE, LEDGER_LAWS, breaches_of_ledgers, rows_of

MAX_EXAMPLES: Final = 10
"""How many of a law's breaches are told one by one."""

SQL_LAWS: Final = {
    "every entry sums to zero": """
        SELECT entry_id, asset, SUM(amount - fee) AS total FROM postings
        GROUP BY entry_id, asset HAVING SUM(amount - fee) <> 0
    """,
    "fills are numbered as time goes on": """
        SELECT fill_id, at_ns FROM (
            SELECT fill_id, at_ns, LAG(at_ns) OVER (ORDER BY fill_id) AS last_ns FROM fills
        ) AS chain WHERE at_ns < last_ns
    """,
    "orders are numbered as they are opened": """
        SELECT order_id, opened_ns FROM (
            SELECT order_id, opened_ns, LAG(opened_ns) OVER (ORDER BY order_id) AS last_ns
            FROM orders WHERE order_id > 0
        ) AS chain WHERE opened_ns < last_ns
    """,
    "a market's trades are each later than the one before": """
        SELECT market, trade_id, at_ns FROM (
            SELECT market, trade_id, at_ns, LAG(at_ns) OVER (PARTITION BY market ORDER BY trade_id) AS last_ns
            FROM trades
        ) AS chain WHERE at_ns <= last_ns
    """,
    "postings are numbered without a gap, none twice": """
        SELECT MAX(posting_id) AS newest, COUNT(*) AS found FROM postings
        HAVING MIN(posting_id) <> 1 OR MAX(posting_id) <> COUNT(*) OR COUNT(DISTINCT posting_id) <> COUNT(*)
    """,
    "entries are numbered without a gap": """
        SELECT MAX(entry_id) AS newest, COUNT(DISTINCT entry_id) AS found FROM postings
        HAVING MIN(entry_id) <> 1 OR MAX(entry_id) <> COUNT(DISTINCT entry_id)
    """,
    "no stream is there twice": """
        SELECT account_id, wallet, asset, kind, incoming, COUNT(*) AS found FROM posting_streams
        GROUP BY account_id, wallet, asset, kind, incoming HAVING COUNT(*) > 1
    """,
    "every purse has its account": """
        SELECT account_id FROM purses WHERE account_id <> 0 EXCEPT SELECT account_id FROM accounts
    """,
    "the books of every asset sum to zero": """
        SELECT asset, SUM(free + held + outgoing) AS total FROM purses
        GROUP BY asset HAVING SUM(free + held + outgoing) <> 0
    """,
    "no client's balance is below zero": """
        SELECT account_id, wallet, asset, free, held, outgoing FROM purses
        WHERE account_id <> 0 AND (free < 0 OR held < 0 OR outgoing < 0)
    """,
    "what is held is what open orders hold": """
        SELECT account_id, asset, SUM(units) AS too_much FROM (
            SELECT account_id, {spent_as} AS asset, held AS units FROM purses
            UNION ALL
            SELECT account_id, CASE side WHEN 'buy' THEN {quote} ELSE {base} END AS asset, -hold
            FROM orders WHERE status IN ('open', 'pending')
        ) AS holds GROUP BY account_id, asset HAVING SUM(units) <> 0
    """,
    "an order that ended holds nothing": """
        SELECT account_id, order_id, status, hold FROM orders WHERE status NOT IN ('open', 'pending') AND hold <> 0
    """,
    "an order is closed if and only if it says when": """
        SELECT account_id, order_id, status, closed_ns FROM orders
        WHERE (closed_ns = 0) <> (status IN ('open', 'pending'))
    """,
    "what is outgoing is what pending withdrawals send": """
        SELECT account_id, wallet, asset, SUM(units) AS too_much FROM (
            SELECT account_id, wallet, asset, outgoing AS units FROM purses
            UNION ALL
            SELECT account_id, wallet, asset, -amount - fee FROM transfers
            WHERE direction = 'withdrawal' AND status IN ('initial', 'pending', 'on_hold')
        ) AS pending GROUP BY account_id, wallet, asset HAVING SUM(units) <> 0
    """,
    "a transfer is posted for what it moved": """
        SELECT t.transfer_id, t.direction, t.status, t.amount, t.fee, p.total
        FROM transfers AS t LEFT JOIN (
            SELECT account_id, kind, ref, SUM(amount - fee) AS total FROM postings
            WHERE kind IN ('deposit', 'withdrawal') GROUP BY account_id, kind, ref
        ) AS p ON p.account_id = t.account_id AND p.kind = t.direction AND p.ref = t.transfer_id
        WHERE COALESCE(p.total, 0) <> CASE
            WHEN t.direction = 'deposit' AND t.status = 'success' THEN t.amount - t.fee
            WHEN t.direction = 'withdrawal' AND t.status IN ('settled', 'success') THEN -t.amount - t.fee
            ELSE 0 END
    """,
    "every deposit and withdrawal that was posted is there": """
        SELECT DISTINCT account_id, kind, ref FROM postings
        WHERE account_id <> 0 AND kind IN ('deposit', 'withdrawal')
        EXCEPT SELECT account_id, direction, transfer_id FROM transfers
    """,
    "a move is posted for what it moved, on both sides": """
        SELECT move_id, asset, account_id, wallet, amount, SUM(told) AS told, SUM(found) AS found FROM (
            SELECT move_id, at_ns, asset, from_account_id AS account_id, from_wallet AS wallet, -amount AS amount,
                1 AS told, 0 AS found FROM moves
            UNION ALL
            SELECT move_id, at_ns, asset, to_account_id, to_wallet, amount, 1, 0 FROM moves
            UNION ALL
            SELECT ref, at_ns, asset, account_id, wallet, amount, 0, 1 FROM postings
            WHERE kind IN ('transfer', 'sub_transfer')
        ) AS sides GROUP BY move_id, at_ns, asset, account_id, wallet, amount
        HAVING SUM(told) > 0 AND SUM(found) <> SUM(told)
    """,
    "a trade is one maker's fill and one taker's, or the house's own": """
        SELECT market, trade_id, price_ticks, qty_lots, SUM(fill) AS fills, SUM(maker) AS makers FROM (
            SELECT market, trade_id, price_ticks, qty_lots, at_ns, 0 AS fill, 0 AS maker FROM trades
            UNION ALL
            SELECT market, trade_id, price_ticks, qty_lots, at_ns, 1, maker FROM fills
        ) AS sides GROUP BY market, trade_id, price_ticks, qty_lots, at_ns
        HAVING COUNT(*) - SUM(fill) <> 1 OR ((SUM(fill) <> 2 OR SUM(maker) <> 1)
            AND (SUM(fill) <> 0 OR NOT EXISTS (SELECT 1 FROM accounts WHERE venue = 'house')))
    """,
    "every fill has its trade": """
        SELECT market, trade_id FROM fills EXCEPT SELECT market, trade_id FROM trades
    """,
    "every fill has its order": """
        SELECT account_id, order_id FROM fills WHERE order_id > 0 EXCEPT SELECT account_id, order_id FROM orders
    """,
    "a market's trades are numbered without a gap": """
        SELECT market, COUNT(*) AS found, MAX(trade_id) AS newest FROM trades
        GROUP BY market HAVING MIN(trade_id) <> 1 OR MAX(trade_id) <> COUNT(*)
    """,
    "fills are numbered without a gap, none twice": """
        SELECT MAX(fill_id) AS newest, COUNT(*) AS found FROM fills
        HAVING MIN(fill_id) <> 1 OR MAX(fill_id) <> COUNT(*) OR COUNT(DISTINCT fill_id) <> COUNT(*)
    """,
    "a fill's postings are there, one after the other": """
        SELECT account_id, fill_id, MAX(first_posting) AS first_posting, MAX(postings) AS postings, SUM(found) AS found
        FROM (
            SELECT account_id, fill_id, first_posting, postings, NULL AS posting_id, 0 AS found FROM fills
            UNION ALL
            SELECT account_id, ref, NULL, NULL, posting_id, 1 FROM postings WHERE kind = 'trade' AND account_id <> 0
        ) AS sides GROUP BY account_id, fill_id HAVING COALESCE(MAX(postings), 0) <> SUM(found)
            OR MIN(posting_id) <> MAX(first_posting) OR MAX(posting_id) <> MAX(first_posting) + SUM(found) - 1
    """,
    "a fill's fees are those of its postings": """
        SELECT account_id, fill_id, asset, SUM(said) AS said, SUM(fee) AS posted FROM (
            SELECT account_id, fill_id, {quote} AS asset, fee_quote AS said, 0 AS fee, 1 AS its FROM fills
            UNION ALL
            SELECT account_id, fill_id, {base}, fee_base, 0, 1 FROM fills
            UNION ALL
            SELECT account_id, ref, asset, 0, fee, 0 FROM postings WHERE kind = 'trade' AND account_id <> 0 AND fee <> 0
        ) AS sides GROUP BY account_id, fill_id, asset HAVING SUM(its) > 0 AND SUM(said) <> SUM(fee)
    """,
    "what a trade moves is its market's two assets, and others only pay its fee": """
        SELECT p.account_id, p.posting_id, f.market, p.asset, p.amount, p.fee
        FROM postings AS p JOIN fills AS f ON f.account_id = p.account_id AND f.fill_id = p.ref
        WHERE p.kind = 'trade' AND p.asset <> {quote_of_fill} AND p.asset <> {base_of_fill}
        AND (p.amount <> 0 OR p.fee <= 0)
    """,
    "rewards become as much of their asset": """
        SELECT entry_id, account_id, wallet, COUNT(*) AS found, SUM(amount) AS total FROM postings
        WHERE kind = 'auto_allocation' GROUP BY entry_id, account_id, wallet, {spent_as}
        HAVING COUNT(*) <> 2 OR SUM(amount) <> 0 OR SUM(fee) <> 0
    """,
    "orders are numbered without a gap, none twice": """
        SELECT MAX(order_id) AS newest, COUNT(*) AS found FROM orders WHERE order_id > 0
        HAVING MIN(order_id) <> 1 OR MAX(order_id) <> COUNT(*) OR COUNT(DISTINCT order_id) <> COUNT(*)
    """,
    "transfers are numbered without a gap, none twice": """
        SELECT MAX(transfer_id) AS newest, COUNT(*) AS found FROM transfers
        HAVING MIN(transfer_id) <> 1 OR MAX(transfer_id) <> COUNT(*) OR COUNT(DISTINCT transfer_id) <> COUNT(*)
    """,
    "no move is there twice": """
        SELECT move_id FROM moves GROUP BY move_id HAVING COUNT(*) > 1
    """,
    "a counter is the last number given out": """
        SELECT counters FROM world WHERE
            {order_id} <> (SELECT COALESCE(MAX(order_id), 0) FROM orders WHERE order_id > 0)
            OR {house_order_id} < (SELECT COALESCE(-MIN(order_id), 0) FROM orders WHERE order_id < 0)
            OR {fill_id} <> (SELECT COALESCE(MAX(fill_id), 0) FROM fills)
            OR {transfer_id} <> (SELECT COALESCE(MAX(transfer_id), 0) FROM transfers)
            OR {account_id} <> (SELECT COALESCE(MAX(account_id), 0) FROM accounts)
            OR {address_id} <> (SELECT COALESCE(MAX(address_id), 0) FROM addresses)
            OR {key_id} < (SELECT COALESCE(MAX(key_id), 0) FROM api_keys)
            OR {move_id} < (SELECT COALESCE(MAX(move_id), 0) FROM moves)
    """,
    "there is one world": "SELECT COUNT(*) AS worlds FROM world HAVING COUNT(*) <> 1",
    "an account's name is its own": "SELECT name, COUNT(*) AS found FROM accounts GROUP BY name HAVING COUNT(*) > 1",
    "an order was amended if and only if it has a history": """
        SELECT account_id, order_id, MAX(amended_ns) AS amended_ns, MAX(last_ns) AS last_ns FROM (
            SELECT account_id, order_id, amended_ns, 0 AS last_ns, 1 AS oldest FROM orders WHERE amended_ns > 0
            UNION ALL
            SELECT account_id, order_id, 0, MAX(at_ns), MIN(amend_id) FROM amends GROUP BY account_id, order_id
        ) AS sides GROUP BY account_id, order_id
        HAVING COUNT(*) <> 2 OR MIN(oldest) <> 0 OR MAX(amended_ns) <> MAX(last_ns)
    """,
    "an amended order has the price of its last amendment": """
        SELECT o.account_id, o.order_id, o.price_ticks, a.price_ticks AS amended_to
        FROM orders AS o JOIN amends AS a ON a.account_id = o.account_id AND a.order_id = o.order_id
        JOIN (
            SELECT account_id, order_id, MAX(amend_id) AS amend_id FROM amends GROUP BY account_id, order_id
        ) AS newest
        ON newest.account_id = a.account_id AND newest.order_id = a.order_id AND newest.amend_id = a.amend_id
        WHERE o.price_ticks <> a.price_ticks OR a.qty_lots < a.remaining_lots OR o.qty_lots > a.qty_lots
    """,
    "amendments are numbered without a gap, none twice": """
        SELECT MAX(amend_id) AS newest, COUNT(*) AS found FROM amends WHERE amend_id > 0
        HAVING MIN(amend_id) <> 1 OR MAX(amend_id) <> COUNT(*) OR COUNT(DISTINCT amend_id) <> COUNT(*)
    """,
    "a key is its own": "SELECT public, COUNT(*) AS found FROM api_keys GROUP BY public HAVING COUNT(*) > 1",
    "every key has its account": """
        SELECT account_id FROM api_keys EXCEPT SELECT account_id FROM accounts
    """,
}
"""The law → a query whose every row is a breach. It runs on both engines, which differ in the words below."""

_COUNTERS: Final = (
    "order_id", "house_order_id", "fill_id", "transfer_id", "account_id", "address_id", "key_id", "move_id",
)  # fmt: skip

_SPENT_AS: Final = f"replace(asset, '{REWARDS_SUFFIX}', '')"

_WORDS: Final[dict[str, dict[str, str]]] = {
    "sqlite": {
        "base": "substr(market, 1, instr(market, '/') - 1)",
        "quote": "substr(market, instr(market, '/') + 1)",
        "base_of_fill": "substr(f.market, 1, instr(f.market, '/') - 1)",
        "quote_of_fill": "substr(f.market, instr(f.market, '/') + 1)",
        "spent_as": _SPENT_AS,
        **{name: f"COALESCE(json_extract(counters, '$.{name}'), 0)" for name in _COUNTERS},
    },
    "postgresql": {
        "base": "split_part(market, '/', 1)",
        "quote": "split_part(market, '/', 2)",
        "base_of_fill": "split_part(f.market, '/', 1)",
        "quote_of_fill": "split_part(f.market, '/', 2)",
        "spent_as": _SPENT_AS,
        **{name: f"COALESCE((counters::json->>'{name}')::bigint, 0)" for name in _COUNTERS},
    },
}

_Sums = tuple[int, int, int, int, int]
"""Lots, their exact cost, the exact fee, and what was charged in quote and in base."""
_NOTHING: Final[_Sums] = (0, 0, 0, 0, 0)
_END: Final = ((sys.maxsize, 0), _NOTHING)
_ORDERS: Final = """
    SELECT account_id, order_id, CASE WHEN amended_ns > 0 AND status = 'canceled' THEN 'amended' ELSE status END,
        qty_lots, filled_lots, exact, fee_exact, fee_quote, fee_base FROM orders
    ORDER BY account_id, order_id
"""
_FILLS: Final = """
    SELECT account_id, order_id, price_ticks, qty_lots, fee_ppm, fee_quote, fee_base FROM fills
    ORDER BY account_id, order_id
"""

ORDER_LAW: Final = "an order is the sum of its fills"
"""Its sums can outgrow the engines' integers, so it is looked through here."""

LAWS: Final = (*LEDGER_LAWS, ORDER_LAW, *SQL_LAWS)


_WHOLE_TABLES: Final = text("""
    SELECT set_config('enable_nestloop', 'off', true), set_config('cursor_tuple_fraction', '1', true),
        set_config('work_mem', '64MB', true)
""")
"""Of this transaction. Every law reads whole tables, whatever PostgreSQL thinks of those whose size it does not know.
Its plan for few rows, or for the first of many, would take time by the square."""


class Proof(Struct, frozen=True):
    """What came of one law."""

    law: str
    breaches: int
    examples: list[dict[str, Any]]
    """The first breaches: what the rows say."""


_Task = Callable[[Connection], list[Proof]]
_Tasks = deque[tuple[str, _Task]]
"""What is left to do, each by the name of its first law."""


def prove(
    connection: Connection, begin: Callable[[str], object] = lambda _law: None, twin: Connection | None = None
) -> Iterator[Proof]:
    """Look at every law; `begin` is told which one is next.

    A twin is a connection that sees the same moment. The two share the work: while Python does a part of it, the engine
    can do the rest.
    """
    tasks, done = _tasks(), deque[Proof]()
    for each in filter(None, (connection, twin)):
        if each.dialect.name == "postgresql":
            each.execute(_WHOLE_TABLES).close()
    with _helped(twin, tasks, done) as helper:
        for law, task in _taken(tasks.popleft):
            begin(law)
            yield from task(connection)
            while done:
                yield done.popleft()
        if helper is not None:
            helper.result()
    yield from done


def _tasks() -> _Tasks:
    """What Python does comes first, what SQL does last."""
    sql = [(law, partial(_ask, law)) for law in SQL_LAWS]
    return deque([(LEDGER_LAWS[0], _look_at_ledgers), (ORDER_LAW, _look_at_orders), *sql])


@contextmanager
def _helped(twin: Connection | None, tasks: _Tasks, done: deque[Proof]) -> Iterator[Future[None] | None]:
    """Another thread takes tasks from the end, until there are none; nobody begins one when this is left."""

    def work(connection: Connection) -> None:
        for _, task in _taken(tasks.pop):
            done.extend(task(connection))

    if twin is None:
        yield None
        return
    with ThreadPoolExecutor(1) as pool:
        try:
            yield pool.submit(work, twin)
        finally:
            tasks.clear()


def _taken(take: Callable[[], tuple[str, _Task]]) -> Iterator[tuple[str, _Task]]:
    while True:
        try:
            task = take()
        except IndexError:  # there is none left
            return
        yield task


def _ask(law: str, connection: Connection) -> list[Proof]:
    words, query = _WORDS[connection.dialect.name], SQL_LAWS[law]
    asked = text(query.format_map(words) if "{" in query else query)
    with connection.execution_options(yield_per=AT_ONCE).execute(asked) as found:
        return [_proof(law, (dict(row) for row in found.mappings()))]


def _look_at_ledgers(connection: Connection) -> list[Proof]:
    """Check their laws together; each has its own breaches."""
    breaches: dict[str, int] = dict.fromkeys(LEDGER_LAWS, 0)
    examples: dict[str, list[dict[str, Any]]] = {law: [] for law in LEDGER_LAWS}
    for law, row in breaches_of_ledgers(connection):
        breaches[law] += 1
        if breaches[law] <= MAX_EXAMPLES:
            examples[law].append(row)
    return [Proof(law, breaches[law], examples[law]) for law in LEDGER_LAWS]


def _look_at_orders(connection: Connection) -> list[Proof]:
    return [_proof(ORDER_LAW, _orders_unlike_their_fills(connection))]


def _proof(law: str, found: Iterable[dict[str, Any]]) -> Proof:
    breaches, examples = 0, []
    for row in found:
        breaches += 1
        if breaches <= MAX_EXAMPLES:
            examples.append({name: _plain(value) for name, value in row.items()})
    return Proof(law, breaches, examples)


def _plain(value: str | int | Decimal | None) -> str | int | None:
    """PostgreSQL's sums are decimals without a fraction."""
    return int(value) if isinstance(value, Decimal) else value


def _orders_unlike_their_fills(connection: Connection) -> Iterator[dict[str, Any]]:
    """Orders and fills side by side, both in the order of account and order."""
    sums = _sums(connection)
    key, filled = next(sums, _END)
    for account_id, order_id, status, qty_lots, *told in rows_of(connection, _ORDERS):
        while key < (account_id, order_id):
            key, filled = next(sums, _END)
        expected = filled if key == (account_id, order_id) else _NOTHING
        said = (told[0], int(told[1]), int(told[2]), told[3], told[4])
        if not _agrees(order_id, status, qty_lots, said, expected):
            yield {"account_id": account_id, "order_id": order_id, "says": str(said), "its_fills_say": str(expected)}


def _agrees(order_id: int, status: str, qty_lots: int, said: _Sums, expected: _Sums) -> bool:
    """The house's orders also fill each other, which leaves no fills. An order amended to its fills is canceled."""
    if order_id < 0:
        return said[0] >= expected[0] and said[0] <= qty_lots
    is_whole = said[0] == qty_lots
    is_told_so = (status == "filled") is is_whole or (is_whole and status == "amended")
    return said == expected and (qty_lots == 0 or is_told_so)


def _sums(connection: Connection) -> Iterator[tuple[tuple[int, int], _Sums]]:
    """What each order's fills add up to, in the order of the orders."""
    for (account_id, order_id), group in groupby(rows_of(connection, _FILLS), key=itemgetter(0, 1)):
        lots = exact = fee_exact = in_quote = in_base = 0
        for _, _, price_ticks, qty_lots, fee_ppm, fee_quote, fee_base in group:
            lots += qty_lots
            exact += (part := price_ticks * qty_lots)
            fee_exact += part * fee_ppm
            in_quote += fee_quote
            in_base += fee_base
        yield (account_id, order_id), (lots, exact, fee_exact, in_quote, in_base)
