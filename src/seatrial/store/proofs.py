"""Laws that every stored world obeys, read out of its rows alone: nothing here knows how they came about."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, Row, Select, select, text

from seatrial.store import schema
from seatrial.store.schema import MARK_EVERY

MOST_EXAMPLES: Final = 10
"""How many of a law's breaches are told one by one."""

AT_ONCE: Final = 10_000

_RANKS: Final = "SELECT account_id, stream_id, seq, nth FROM posting_ranks"
_EXPECTED_RANKS: Final = f"""
    SELECT placed.account_id, streams.stream_id, placed.mark AS seq, MAX(placed.place) AS nth
    FROM (
        SELECT account_id, wallet, asset, kind, incoming,
            (seq + {MARK_EVERY - 1}) / {MARK_EVERY} * {MARK_EVERY} AS mark,
            ROW_NUMBER() OVER (PARTITION BY account_id, wallet, asset, kind, incoming ORDER BY seq) AS place
        FROM (SELECT *, CASE WHEN amount >= fee THEN 1 ELSE 0 END AS incoming FROM postings) AS every
    ) AS placed
    JOIN (SELECT account_id, MAX(seq) AS newest FROM postings GROUP BY account_id) AS ledgers
        ON ledgers.account_id = placed.account_id AND placed.mark <= ledgers.newest
    LEFT JOIN posting_streams AS streams ON streams.account_id = placed.account_id AND streams.wallet = placed.wallet
        AND streams.asset = placed.asset AND streams.kind = placed.kind AND streams.incoming = placed.incoming
    GROUP BY placed.account_id, streams.stream_id, placed.mark
"""  # noqa: S608  our own words
"""As the postings themselves say."""

SQL_LAWS: Final = {
    "every entry sums to zero": """
        SELECT entry_id, asset, SUM(amount - fee) AS total FROM postings
        GROUP BY entry_id, asset HAVING SUM(amount - fee) <> 0
    """,
    "every posting's balance is the one before it plus what it says": """
        SELECT posting_id, last, amount, fee, balance FROM (
            SELECT *, COALESCE(LAG(balance) OVER (PARTITION BY account_id, wallet, asset ORDER BY seq), 0) AS last
            FROM postings
        ) AS chain WHERE balance <> last + amount - fee
    """,
    "an account's postings are numbered without a gap": """
        SELECT account_id, COUNT(*) AS found, MAX(seq) AS newest FROM postings
        GROUP BY account_id HAVING MIN(seq) <> 1 OR MAX(seq) <> COUNT(*)
    """,
    "an account's postings follow time, and so do their ids": """
        SELECT account_id, posting_id, at_ns FROM (
            SELECT *, LAG(at_ns) OVER (PARTITION BY account_id ORDER BY seq) AS last_ns,
                LAG(posting_id) OVER (PARTITION BY account_id ORDER BY seq) AS last_id
            FROM postings
        ) AS chain WHERE at_ns < last_ns OR posting_id <= last_id
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
    "every posting has its stream": """
        SELECT account_id, wallet, asset, kind, CASE WHEN amount >= fee THEN 1 ELSE 0 END AS incoming FROM postings
        EXCEPT SELECT account_id, wallet, asset, kind, incoming FROM posting_streams
    """,
    "a ledger's marks rank every stream that grew": f"{_EXPECTED_RANKS} EXCEPT {_RANKS}",
    "a rank is how many postings of a stream there are up to a mark": f"{_RANKS} EXCEPT {_EXPECTED_RANKS}",
    "a purse is the sum of its postings": """
        SELECT p.account_id, p.wallet, p.asset, p.free, p.held, p.leaving, p.booked, s.total
        FROM purses AS p LEFT JOIN (
            SELECT account_id, wallet, asset, SUM(amount - fee) AS total FROM postings
            GROUP BY account_id, wallet, asset
        ) AS s ON s.account_id = p.account_id AND s.wallet = p.wallet AND s.asset = p.asset
        WHERE p.booked <> p.free + p.held + p.leaving OR p.booked <> COALESCE(s.total, 0)
    """,
    "every posting has its purse": """
        SELECT account_id, wallet, asset FROM postings EXCEPT SELECT account_id, wallet, asset FROM purses
    """,
    "every purse has its account": """
        SELECT account_id, wallet, asset FROM purses
        WHERE account_id <> 0 AND account_id NOT IN (SELECT account_id FROM accounts)
    """,
    "the books of every asset sum to zero": """
        SELECT asset, SUM(free + held + leaving) AS total FROM purses
        GROUP BY asset HAVING SUM(free + held + leaving) <> 0
    """,
    "no client's balance is below zero": """
        SELECT account_id, wallet, asset, free, held, leaving FROM purses
        WHERE account_id <> 0 AND (free < 0 OR held < 0 OR leaving < 0)
    """,
    "what is held is what open orders hold": """
        SELECT account_id, asset, SUM(units) AS too_much FROM (
            SELECT account_id, asset, held AS units FROM purses
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
    "what is leaving is what pending withdrawals send": """
        SELECT account_id, wallet, asset, SUM(units) AS too_much FROM (
            SELECT account_id, wallet, asset, leaving AS units FROM purses
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
        SELECT m.move_id, m.asset, m.amount, COUNT(p.posting_id) AS found
        FROM moves AS m LEFT JOIN postings AS p
        ON p.at_ns = m.at_ns AND p.ref = m.move_id AND p.asset = m.asset AND p.kind IN ('transfer', 'sub_transfer')
        AND ((p.account_id = m.from_account_id AND p.wallet = m.from_wallet AND p.amount = -m.amount)
            OR (p.account_id = m.to_account_id AND p.wallet = m.to_wallet AND p.amount = m.amount))
        GROUP BY m.account_id, m.move_id, m.asset, m.amount HAVING COUNT(p.posting_id) <> 2
    """,
    "a trade is one maker's fill and one taker's, or the house's own": """
        SELECT t.market, t.trade_id, COUNT(f.fill_id) AS fills, SUM(f.maker) AS makers
        FROM trades AS t LEFT JOIN fills AS f
        ON f.market = t.market AND f.trade_id = t.trade_id AND f.qty_lots = t.qty_lots
        AND f.price_ticks = t.price_ticks AND f.at_ns = t.at_ns
        GROUP BY t.market, t.trade_id
        HAVING (COUNT(f.fill_id) <> 2 OR SUM(f.maker) <> 1)
        AND (COUNT(f.fill_id) <> 0 OR NOT EXISTS (SELECT 1 FROM accounts WHERE venue = 'house'))
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
    "a fill's postings are there, with its fees": """
        SELECT f.fill_id, f.postings, COUNT(p.posting_id) AS found, f.fee_quote, f.fee_base
        FROM fills AS f LEFT JOIN postings AS p
        ON p.account_id = f.account_id AND p.posting_id >= f.first_posting
        AND p.posting_id < f.first_posting + f.postings AND p.kind = 'trade' AND p.ref = f.fill_id
        GROUP BY f.account_id, f.fill_id, f.market, f.postings, f.fee_quote, f.fee_base
        HAVING COUNT(p.posting_id) <> f.postings
        OR COALESCE(SUM(CASE WHEN p.asset = {quote_of_fill} THEN p.fee ELSE 0 END), 0) <> f.fee_quote
        OR COALESCE(SUM(CASE WHEN p.asset = {base_of_fill} THEN p.fee ELSE 0 END), 0) <> f.fee_base
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
    "a key is its own": "SELECT public, COUNT(*) AS found FROM api_keys GROUP BY public HAVING COUNT(*) > 1",
    "every key has its account": """
        SELECT key_id, account_id FROM api_keys WHERE account_id NOT IN (SELECT account_id FROM accounts)
    """,
}
"""What must be so → a query whose every row is a breach. It runs on both engines, which differ in the words below."""

_COUNTERS: Final = (
    "order_id", "house_order_id", "fill_id", "transfer_id", "account_id", "address_id", "key_id", "move_id",
)  # fmt: skip

_WORDS: Final[dict[str, dict[str, str]]] = {
    "sqlite": {
        "base": "substr(market, 1, instr(market, '/') - 1)",
        "quote": "substr(market, instr(market, '/') + 1)",
        "base_of_fill": "substr(f.market, 1, instr(f.market, '/') - 1)",
        "quote_of_fill": "substr(f.market, instr(f.market, '/') + 1)",
        **{name: f"COALESCE(json_extract(counters, '$.{name}'), 0)" for name in _COUNTERS},
    },
    "postgresql": {
        "base": "split_part(market, '/', 1)",
        "quote": "split_part(market, '/', 2)",
        "base_of_fill": "split_part(f.market, '/', 1)",
        "quote_of_fill": "split_part(f.market, '/', 2)",
        **{name: f"COALESCE((counters::json->>'{name}')::bigint, 0)" for name in _COUNTERS},
    },
}

ORDER_LAW: Final = "an order is the sum of its fills"
"""Its sums can outgrow the engines' integers, so it is looked through here."""

LAWS: Final = (*SQL_LAWS, ORDER_LAW)


class Proof(Struct, frozen=True):
    """What came of one law."""

    law: str
    breaches: int
    examples: list[dict[str, Any]]
    """The first of them: what the rows say that break it."""


def prove(connection: Connection, begin: Callable[[str], object] = lambda _law: None) -> Iterator[Proof]:
    """Look at every law in turn; `begin` is told which one is next."""
    for law in LAWS:
        begin(law)
        found = _orders_unlike_their_fills(connection) if law == ORDER_LAW else _ask(connection, SQL_LAWS[law])
        yield _proof(law, found)


def _ask(connection: Connection, query: str) -> Iterator[dict[str, Any]]:
    words = _WORDS[connection.dialect.name]
    asked = text(query.format_map(words) if "{" in query else query)
    for row in connection.execution_options(yield_per=AT_ONCE).execute(asked):
        yield dict(row._mapping)  # noqa: SLF001  SQLAlchemy's own name for it


def _proof(law: str, found: Iterable[dict[str, Any]]) -> Proof:
    breaches, examples = 0, []
    for row in found:
        breaches += 1
        if breaches <= MOST_EXAMPLES:
            examples.append({name: _plain(value) for name, value in row.items()})
    return Proof(law, breaches, examples)


def _plain(value: str | int | Decimal | None) -> str | int | None:
    """PostgreSQL's sums are decimals without a fraction."""
    return int(value) if isinstance(value, Decimal) else value


def _orders_unlike_their_fills(connection: Connection) -> Iterator[dict[str, Any]]:
    """Orders and fills side by side, both in the order of account and order."""
    orders, fills = schema.orders.c, schema.fills.c
    sums = _sums(_rows(connection, select(schema.fills).order_by(fills.account_id, fills.order_id, fills.fill_id)))
    nothing = ((-1, 0), (0, 0, 0, 0, 0))
    key, filled = next(sums, nothing)
    for order in _rows(connection, select(schema.orders).order_by(orders.account_id, orders.order_id)):
        mine = (order.account_id, order.order_id)
        while key < mine and key != nothing[0]:
            key, filled = next(sums, nothing)
        expected = filled if key == mine else nothing[1]
        said = (order.filled_lots, int(order.exact), int(order.fee_exact), order.fee_quote, order.fee_base)
        if not _agrees(order, said, expected):
            yield {"account_id": mine[0], "order_id": mine[1], "says": str(said), "its_fills_say": str(expected)}


def _agrees(order: Row[Any], said: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    """The house's orders also fill each other, which leaves no fills."""
    if order.order_id < 0:
        return said[0] >= expected[0] and order.filled_lots <= order.qty_lots
    return said == expected and (order.qty_lots == 0 or (order.status == "filled") is (said[0] == order.qty_lots))


def _sums(fills: Iterable[Row[Any]]) -> Iterator[tuple[tuple[int, int], tuple[int, ...]]]:
    for (account_id, order_id), group in groupby(fills, key=lambda row: (row.account_id, row.order_id)):
        parts = [
            (row.qty_lots, row.price_ticks * row.qty_lots, row.price_ticks * row.qty_lots * row.fee_ppm,
             row.fee_quote, row.fee_base)
            for row in group
        ]  # fmt: skip
        yield (account_id, order_id), tuple(sum(map(itemgetter(place), parts)) for place in range(5))


def _rows(connection: Connection, query: Select[Any]) -> Iterator[Row[Any]]:
    """One by one. Whoever looks at no more of them lets go of them all."""
    with connection.execution_options(yield_per=AT_ONCE).execute(query) as found:
        yield from found
