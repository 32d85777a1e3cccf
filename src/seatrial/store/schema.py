"""The tables. Private ones are keyed by account first, public ones by market, so that they can be spread out.

Amounts are integers of the asset's smallest unit; times are integer nanoseconds. Sums of products, costs and nonces
can outgrow 64 bits and are kept as text. Flags are 0 or 1. Nothing here that PostgreSQL could not do. A change of this
file goes with a migration; a test compares the two.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, PrimaryKeyConstraint, Table, Text, text

METADATA: Final = MetaData()


_BIG: Final = BigInteger().with_variant(Integer, "sqlite")
"""SQLite's INTEGER holds 64 bits, and STRICT tables know no BIGINT."""


def _table(
    name: str, key: tuple[str, ...], *items: Column[int] | Column[str] | Index, has_long_rows: bool = False
) -> Table:
    """In SQLite a row is found by its key at once; one of more than a kilobyte is kept better by a number."""
    return Table(
        name, METADATA, *items, PrimaryKeyConstraint(*key, name=f"{name}_key"),
        sqlite_strict=True, sqlite_with_rowid=has_long_rows,
    )  # fmt: skip


def _big(name: str, *, null: bool = False, default: int | None = None) -> Column[int]:
    """`default` is what rows have that were written before the column was there."""
    return Column(
        name, _BIG, nullable=null, autoincrement=False, server_default=None if default is None else str(default)
    )


def _text(name: str, *, null: bool = False, default: str | None = None) -> Column[str]:
    return Column(name, Text, nullable=null, server_default=default)


def _flag(name: str, *, default: int | None = None) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=None if default is None else str(default))


world: Final = _table(
    "world",
    ("id",),
    _big("id"),
    _big("seed"),
    _big("created_ns"),
    _big("now_ns"),
    _text("counters"),
    _text("delays"),
    _text("clock"),
)

world_notes: Final = _table("world_notes", ("world_id", "name"), _big("world_id"), _text("name"), _text("text"))

accounts: Final = _table(
    "accounts",
    ("account_id",),
    _big("account_id"),
    _text("name"),
    _text("venue"),
    _text("tier"),
    _flag("rate_limits"),
    _text("trading_wallet"),
    _text("funding_wallet"),
    _big("created_ns"),
    _big("parent_id", default=0),
    _text("access", default=""),
    _text("note", default=""),
    Column("check_timestamps", Integer),
)

api_keys: Final = _table(
    "api_keys",
    ("key_id",),
    _big("key_id"),
    _big("account_id"),
    _text("name"),
    _text("public"),
    _text("secret"),
    _text("permissions"),
    _big("nonce_window"),
    _text("one_time_password", null=True),
    _text("totp_secret", null=True),
    _big("valid_until_ns"),
    _big("query_from_ns"),
    _big("query_to_ns"),
    _text("ip_allowlist"),
    _big("created_ns"),
    _text("highest_nonce"),
    _big("used_ns"),
)

key_uses: Final = _table("key_uses", ("use_id",), _big("use_id"), _text("keys"), has_long_rows=True)
"""What keys spent since their own rows said so: a row per commit, JSON of `[key_id, highest_nonce, nonces, used_ns]`
per key. The last one that names a key counts; a key with a window has spent the nonces of all. See
docs/decisions/0005."""

key_nonces: Final = _table(
    "key_nonces", ("key_id", "part"), _big("key_id"), _big("part"), _text("nonces"), has_long_rows=True
)
"""What keys with a window spent before that, in parts: a part has what was new, the first one all that counted. See
docs/decisions/0005."""

tokens: Final = _table(
    "tokens", ("token_id",), _big("token_id"), _big("account_id"), _big("key_id"), _big("expires_ns")
)

purses: Final = _table(
    "purses",
    ("account_id", "wallet", "asset"),
    _big("account_id"),
    _text("wallet"),
    _text("asset"),
    _big("free"),
    _big("held"),
    _big("leaving"),
    _big("booked"),
)

MARK_EVERY: Final = 32
"""Ids and times of an account's postings follow their dense `seq`, so indexes hold only every so-manyth of them, and
only these are ranked: from there on a few steps lead to any other. See docs/decisions/0014."""
MARKED: Final = {
    "postings": f"(seq & {MARK_EVERY - 1}) = 0",
    "orders": "order_id > 0 AND (order_id & 255) = 0",
    "fills": "(fill_id & 255) = 0",
    "trades": f"(trade_id & {MARK_EVERY - 1}) = 0",
}
"""Which rows are in a table's indexes by time. An account's own orders and fills are not numbered densely, so every
256th of all accounts' is, which leads from a time to a number just as well: see `marks.py`."""


def _marked(name: str, *columns: str) -> Index:
    where = text(MARKED[name.partition("_")[0]])
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


postings: Final = _table(
    "postings",
    ("account_id", "seq"),
    _big("posting_id"),
    _big("entry_id"),
    _big("account_id"),
    _big("seq"),
    _text("wallet"),
    _text("asset"),
    _text("kind"),
    _text("subtype"),
    _big("ref"),
    _big("at_ns"),
    _big("amount"),
    _big("fee"),
    _big("balance"),
    _marked("postings_by_id", "account_id", "posting_id", "seq"),
    _marked("postings_by_time", "account_id", "at_ns", "seq"),
)

posting_streams: Final = _table(
    "posting_streams",
    ("account_id", "stream_id"),
    _big("account_id"),
    _big("stream_id"),
    _text("wallet"),
    _text("asset"),
    _text("kind"),
    _flag("incoming"),
)

posting_ranks: Final = _table(
    "posting_ranks",
    ("account_id", "stream_id", "seq"),
    _big("account_id"),
    _big("stream_id"),
    _big("seq"),
    _big("nth"),
)

orders: Final = _table(
    "orders",
    ("account_id", "order_id"),
    _big("order_id"),
    _big("account_id"),
    _text("market"),
    _text("side"),
    _text("kind"),
    _big("price_ticks"),
    _big("qty_lots"),
    _big("spend"),
    _text("time_in_force"),
    _text("self_trade"),
    _flag("post_only"),
    _flag("fee_in_base"),
    _big("starts_ns"),
    _big("expires_ns"),
    _big("tag", null=True),
    _text("client_id", null=True),
    _big("opened_ns"),
    _text("status"),
    _text("reason", null=True),
    _big("closed_ns"),
    _big("touched_ns"),
    _big("queue"),
    _big("filled_lots"),
    _text("exact"),
    _big("fee_base"),
    _big("hold"),
    _big("hold_ppm"),
    _text("fee_exact", default="0"),
    _big("fee_quote", default=0),
    _big("given_up_lots", default=0),
    _text("note", null=True),
    _text("label", null=True),
    _big("band_ppm", default=0),
    _big("most_open", null=True),
    _flag("cancels_post_only", default=0),
    Index("orders_by_close", "account_id", "closed_ns", "order_id"),
    _marked("orders_by_time", "opened_ns", "order_id"),
    Index(
        "orders_by_client_id",
        "account_id",
        "client_id",
        "order_id",
        sqlite_where=text("client_id IS NOT NULL"),
        postgresql_where=text("client_id IS NOT NULL"),
    ),
)

cancel_timers: Final = _table(
    "cancel_timers", ("account_id",), _big("account_id"), _big("set_ns"), _big("due_ns"), _text("markets")
)

valuations: Final = _table("valuations", ("account_id",), _big("account_id"), _big("usd"), _big("at_ns"))
"""What accounts had on the exchange when that was last summed up."""
fired_timers: Final = _table(
    "fired_timers", ("account_id",), _big("account_id"), _big("set_ns"), _big("due_ns"), _text("markets")
)
"""Timers that fell due and have more orders to cancel."""

fills: Final = _table(
    "fills",
    ("account_id", "fill_id"),
    _big("fill_id"),
    _big("account_id"),
    _big("order_id"),
    _text("market"),
    _big("trade_id"),
    _text("side"),
    _text("kind"),
    _big("price_ticks"),
    _big("qty_lots"),
    _flag("maker"),
    _big("at_ns"),
    _big("first_posting"),
    _big("postings"),
    _big("volume_usd"),
    _big("fee_ppm", default=0),
    _big("fee_quote", default=0),
    _big("fee_base", default=0),
    _big("counter_order_id", default=0),
    _big("opened_s", default=0),
    _big("counter_opened_s", default=0),
    Index("fills_by_order", "account_id", "order_id", "fill_id"),
    _marked("fills_by_time", "at_ns", "fill_id"),
)

trades: Final = _table(
    "trades",
    ("market", "trade_id"),
    _text("market"),
    _big("trade_id"),
    _big("price_ticks"),
    _big("qty_lots"),
    _big("at_ns"),
    _text("taker_side"),
    _text("taker_kind"),
    _marked("trades_by_time", "market", "at_ns", "trade_id"),
)

books: Final = _table("books", ("market",), _text("market"), _big("sequence"))

quotes: Final = _table(
    "quotes", ("market", "number"), _text("market"), _big("number"), _big("at_ns"), _big("bid_ticks"), _big("ask_ticks")
)

candles: Final = _table(
    "candles",
    ("market", "minutes", "start_s"),
    _text("market"),
    _big("minutes"),
    _big("start_s"),
    _big("open_ticks"),
    _big("high_ticks"),
    _big("low_ticks"),
    _big("close_ticks"),
    _text("volume_lots"),
    _text("exact"),
    _big("trade_count"),
)

UNFINISHED: Final = text("status NOT IN ('success', 'failure')")
OPENING: Final = text("opening = 1")
"""Of a transfer: the ones that a world has in memory are not finished, or an account was opened with them."""

transfers: Final = _table(
    "transfers",
    ("account_id", "transfer_id"),
    _big("transfer_id"),
    _big("account_id"),
    _text("direction"),
    _text("wallet"),
    _text("asset"),
    _text("method"),
    _text("network", null=True),
    _big("amount"),
    _big("fee"),
    _text("address"),
    _text("tag", null=True),
    _text("destination", null=True),
    _text("chain_tx", null=True),
    _big("created_ns"),
    _text("status"),
    _text("note", null=True),
    _flag("manual"),
    _big("due_ns"),
    _big("moved_ns", default=0),
    _text("remark", default=""),
    _flag("opening", default=0),
    Index("transfers_by_direction", "account_id", "direction", "transfer_id"),
    Index("transfers_by_id", "transfer_id"),
    Index("transfers_unfinished", "transfer_id", sqlite_where=UNFINISHED, postgresql_where=UNFINISHED),
    Index("transfers_opening", "transfer_id", sqlite_where=OPENING, postgresql_where=OPENING),
)

moves: Final = _table(
    "moves",
    ("account_id", "move_id"),
    _big("move_id"),
    _big("account_id"),
    _text("client_id", null=True),
    _text("asset"),
    _big("amount"),
    _big("from_account_id"),
    _text("from_wallet"),
    _big("to_account_id"),
    _text("to_wallet"),
    _big("at_ns"),
    Index(
        "moves_by_client_id",
        "account_id",
        "client_id",
        "move_id",
        "at_ns",
        sqlite_where=text("client_id IS NOT NULL"),
        postgresql_where=text("client_id IS NOT NULL"),
    ),
)

addresses: Final = _table(
    "addresses",
    ("account_id", "address_id"),
    _big("address_id"),
    _big("account_id"),
    _text("asset"),
    _text("method"),
    _text("text"),
    _text("tag", null=True),
    _text("memo", null=True),
    _big("created_ns"),
    _flag("used"),
)

destinations: Final = _table(
    "destinations",
    ("account_id", "asset", "name"),
    _big("account_id"),
    _text("asset"),
    _text("name"),
    _text("method"),
    _text("address"),
    _text("tag", null=True),
    _flag("verified"),
)

CHANGING: Final[dict[Table, tuple[str, ...]]] = {
    world: ("now_ns", "counters", "delays", "clock"),
    api_keys: ("highest_nonce", "used_ns"),
    purses: ("free", "held", "leaving", "booked"),
    orders: (
        "price_ticks", "qty_lots", "status", "reason", "closed_ns", "touched_ns", "queue", "filled_lots", "exact",
        "fee_base", "hold", "fee_exact", "fee_quote", "given_up_lots",
    ),
    books: ("sequence",),
    candles: ("high_ticks", "low_ticks", "close_ticks", "volume_lots", "exact", "trade_count"),
    transfers: ("chain_tx", "status", "note", "due_ns", "moved_ns"),
    addresses: ("used",),
}  # fmt: skip
"""What may change of a row once it is written. All else, and all of the other tables, is written once."""

DELETING: Final = (
    api_keys, key_uses, key_nonces, orders, quotes, cancel_timers, fired_timers, valuations, world_notes
)  # fmt: skip
"""Whose rows may go: keys that were revoked or got other rights, uses that the keys' own rows tell by now, nonces that
no window reaches, the house's orders that ended, best prices too old to be shown, timers, valuations and notes that are
written anew."""

REPLACED: Final = tuple(table for table in METADATA.sorted_tables if table is not world)
"""Whose rows all go when a world is begun again."""
