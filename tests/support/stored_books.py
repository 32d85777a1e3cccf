"""The SQLite file itself: the laws of the books in plain SQL that knows nothing of the program, and how to break it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

LAWS: Final = {
    "every entry sums to zero": """
        SELECT entry_id, asset, SUM(amount - fee) FROM postings GROUP BY entry_id, asset HAVING SUM(amount - fee) <> 0
    """,
    "every posting's balance is the one before it plus what it says": """
        SELECT posting_id, before, amount, fee, balance FROM (
            SELECT *, COALESCE(LAG(balance) OVER (PARTITION BY account_id, wallet, asset ORDER BY seq), 0) AS before
            FROM postings
        ) WHERE balance <> before + amount - fee
    """,
    "an account's postings are numbered without a gap": """
        SELECT account_id FROM postings GROUP BY account_id HAVING MIN(seq) <> 1 OR MAX(seq) <> COUNT(*)
    """,
    "postings are numbered without a gap, none twice": """
        SELECT MAX(posting_id), COUNT(*) FROM postings
        HAVING MIN(posting_id) <> 1 OR MAX(posting_id) <> COUNT(*) OR COUNT(DISTINCT posting_id) <> COUNT(*)
    """,
    "a purse is the sum of its postings": """
        SELECT p.account_id, p.wallet, p.asset, p.free, p.held, p.leaving, p.booked, s.total
        FROM purses AS p LEFT JOIN (
            SELECT account_id, wallet, asset, SUM(amount - fee) AS total FROM postings GROUP BY 1, 2, 3
        ) AS s USING (account_id, wallet, asset)
        WHERE p.booked <> p.free + p.held + p.leaving OR p.booked <> COALESCE(s.total, 0)
    """,
    "every posting has its purse": """
        SELECT account_id, wallet, asset FROM postings EXCEPT SELECT account_id, wallet, asset FROM purses
    """,
    "the books of every asset sum to zero": """
        SELECT asset, SUM(free + held + leaving) FROM purses GROUP BY asset HAVING SUM(free + held + leaving) <> 0
    """,
    "no client's balance is below zero": """
        SELECT * FROM purses WHERE account_id <> 0 AND (free < 0 OR held < 0 OR leaving < 0)
    """,
    "what is held is what open orders hold": """
        SELECT account_id, asset, SUM(units) FROM (
            SELECT account_id, asset, held AS units FROM purses
            UNION ALL
            SELECT account_id, CASE side WHEN 'buy' THEN substr(market, instr(market, '/') + 1)
                               ELSE substr(market, 1, instr(market, '/') - 1) END, -hold
            FROM orders WHERE status IN ('open', 'pending')
        ) GROUP BY account_id, asset HAVING SUM(units) <> 0
    """,
    "an order that ended holds nothing": """
        SELECT order_id, status, hold FROM orders WHERE status NOT IN ('open', 'pending') AND hold <> 0
    """,
    "what is leaving is what pending withdrawals send": """
        SELECT account_id, asset, SUM(units) FROM (
            SELECT account_id, asset, leaving AS units FROM purses
            UNION ALL
            SELECT account_id, asset, -amount - fee FROM transfers
            WHERE direction = 'withdrawal' AND status IN ('initial', 'pending', 'on_hold')
        ) GROUP BY account_id, asset HAVING SUM(units) <> 0
    """,
    "an order has filled what its fills say": """
        SELECT o.order_id, o.filled_lots, f.lots FROM orders AS o LEFT JOIN (
            SELECT account_id, order_id, SUM(qty_lots) AS lots FROM fills GROUP BY 1, 2
        ) AS f USING (account_id, order_id) WHERE o.filled_lots <> COALESCE(f.lots, 0)
    """,
    "a trade is one maker's fill and one taker's": """
        SELECT t.market, t.trade_id, COUNT(f.fill_id), SUM(f.maker)
        FROM trades AS t LEFT JOIN fills AS f
        ON f.market = t.market AND f.trade_id = t.trade_id AND f.qty_lots = t.qty_lots AND f.price_ticks = t.price_ticks
        GROUP BY t.market, t.trade_id HAVING COUNT(f.fill_id) <> 2 OR SUM(f.maker) <> 1
    """,
    "every fill has its trade": """
        SELECT market, trade_id FROM fills EXCEPT SELECT market, trade_id FROM trades
    """,
    "a market's trades are numbered without a gap": """
        SELECT market FROM trades GROUP BY market HAVING MIN(trade_id) <> 1 OR MAX(trade_id) <> COUNT(*)
    """,
    "fills are numbered without a gap": """
        SELECT MAX(fill_id), COUNT(*) FROM fills HAVING MIN(fill_id) <> 1 OR MAX(fill_id) <> COUNT(*)
    """,
    "a fill's postings are there": """
        SELECT f.fill_id, f.postings, COUNT(p.posting_id) FROM fills AS f LEFT JOIN postings AS p
        ON p.account_id = f.account_id AND p.posting_id >= f.first_posting
        AND p.posting_id < f.first_posting + f.postings AND p.kind = 'trade' AND p.ref = f.fill_id
        GROUP BY f.account_id, f.fill_id HAVING COUNT(p.posting_id) <> f.postings
    """,
    "orders are numbered without a gap": """
        SELECT MAX(order_id), COUNT(*) FROM orders HAVING MIN(order_id) <> 1 OR MAX(order_id) <> COUNT(*)
    """,
    "transfers are numbered without a gap": """
        SELECT MAX(transfer_id), COUNT(*) FROM transfers HAVING MIN(transfer_id) <> 1 OR MAX(transfer_id) <> COUNT(*)
    """,
    "a transfer is posted as often as it moved money": """
        SELECT t.transfer_id, t.direction, t.status, COUNT(p.posting_id) FROM transfers AS t LEFT JOIN postings AS p
        ON p.account_id = t.account_id AND p.kind = t.direction AND p.ref = t.transfer_id
        GROUP BY t.account_id, t.transfer_id
        HAVING COUNT(p.posting_id) <> CASE
            WHEN t.direction = 'deposit' AND t.status = 'success' THEN 1
            WHEN t.direction = 'withdrawal' AND t.status IN ('settled', 'success') THEN 1
            ELSE 0 END AND t.status <> 'failure'
    """,
    "a counter is the last number given out": """
        SELECT counters FROM world WHERE
            json_extract(counters, '$.order_id') <> (SELECT COALESCE(MAX(order_id), 0) FROM orders)
            OR json_extract(counters, '$.fill_id') <> (SELECT COALESCE(MAX(fill_id), 0) FROM fills)
            OR json_extract(counters, '$.transfer_id') <> (SELECT COALESCE(MAX(transfer_id), 0) FROM transfers)
            OR json_extract(counters, '$.account_id') <> (SELECT MAX(account_id) FROM accounts)
            OR json_extract(counters, '$.key_id') <> (SELECT MAX(key_id) FROM api_keys)
    """,
    "an account's name is its own": "SELECT name FROM accounts GROUP BY name HAVING COUNT(*) > 1",
    "every account has a key": "SELECT account_id FROM accounts EXCEPT SELECT account_id FROM api_keys",
}
"""What must be so → a query whose every row is a breach."""


@contextmanager
def reading(database: Path) -> Iterator[sqlite3.Connection]:
    """A look into the file of a server that may be running."""
    connection = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)
    try:
        yield connection
    finally:
        connection.close()


def breaches(connection: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    """Every law that is broken, with the rows that break it."""
    found = {law: connection.execute(query).fetchall() for law, query in LAWS.items()}
    return {law: rows for law, rows in found.items() if rows}


@contextmanager
def renamed_table(store: Path) -> Iterator[None]:
    """The store without the table that every commit writes to."""
    with closing(sqlite3.connect(store, isolation_level=None)) as database:
        database.execute("ALTER TABLE world RENAME TO elsewhere")
        try:
            yield
        finally:
            database.execute("ALTER TABLE elsewhere RENAME TO world")
