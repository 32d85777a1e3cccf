"""The tables, and the columns of each stored struct, declared once: what is written and read of it follows.

Private tables are keyed by account first, public ones by market, so that they can be spread out. Amounts are integers
of the asset's smallest unit; times are integer nanoseconds. Sums of products, costs and nonces can outgrow 64 bits and
are kept as text. Flags are 0 or 1. Nothing here that PostgreSQL could not do. A change of this file goes with a
migration; a test compares the two.
"""

from typing import Final

from sqlalchemy import Index, Table
from sqlalchemy import text as sql

from seatrial.core.accounts import Account, ApiKey, FeePayment, Token
from seatrial.core.addresses import Address
from seatrial.core.candles import Candle
from seatrial.core.funding import DepositAddress, Destination, Direction, Move, Transfer, TransferNote, TransferStatus
from seatrial.core.ledger import Purse
from seatrial.core.market_state import Quote
from seatrial.core.orders import (
    Amend,
    AmendKind,
    CancelTimer,
    EndReason,
    Fill,
    Order,
    OrderKind,
    OrderStatus,
    SelfTrade,
    Side,
    TimeInForce,
    Trade,
)
from seatrial.core.postings import EntryKind, Posting
from seatrial.core.volume import Valuation
from seatrial.store import columns
from seatrial.store.columns import Stored, big, flag, name_set, names, stored, table, text, unbounded, word

METADATA: Final = columns.METADATA

world: Final = table(
    "world",
    ("id",),
    big("id"),
    big("seed"),
    big("created_ns"),
    big("now_ns", changes=True),
    text("counters", changes=True),
    text("delays", changes=True),
    text("clock", changes=True),
)

world_notes: Final = table("world_notes", ("world_id", "name"), big("world_id"), text("name"), text("text"))

ACCOUNTS: Final = stored(
    Account,
    "accounts",
    ("account_id",),
    big("account_id"),
    text("name"),
    text("venue"),
    text("tier"),
    flag("rate_limits"),
    text("trading_wallet"),
    text("funding_wallet"),
    big("created_ns"),
    big("parent_id", default=0),
    text("access", default=""),
    text("note", default=""),
    flag("check_timestamps", null=True),
)
accounts: Final = ACCOUNTS.table

API_KEYS: Final = stored(
    ApiKey,
    "api_keys",
    ("key_id",),
    big("key_id"),
    big("account_id"),
    text("name"),
    text("public"),
    text("secret"),
    name_set("permissions"),
    big("nonce_window"),
    text("one_time_password", null=True),
    text("totp_secret", null=True),
    big("valid_until_ns"),
    big("query_from_ns"),
    big("query_to_ns"),
    names("ip_allowlist"),
    big("created_ns"),
    unbounded("highest_nonce", changes=True),
    big("used_ns", changes=True),
    computed={"recent_nonces": "[]"},
)
"""A key of which other rights are wanted is written anew. What it remembers of nonces has tables of its own."""
api_keys: Final = API_KEYS.table

key_uses: Final = table("key_uses", ("use_id",), big("use_id"), text("keys"), has_long_rows=True)
"""What keys spent since their own rows said so: a row per commit, JSON of `[key_id, highest_nonce, nonces, used_ns]`
per key. The last one that names a key counts; a key with a window has spent the nonces of all. See
docs/decisions/0005."""

key_nonces: Final = table(
    "key_nonces", ("key_id", "part"), big("key_id"), big("part"), text("nonces"), has_long_rows=True
)
"""What keys with a window spent before that, in parts: a part has what was new, the first one all that counted. See
docs/decisions/0005."""

TOKENS: Final = stored(
    Token, "tokens", ("token_id",), big("token_id"), big("account_id"), big("key_id"), big("expires_ns")
)
tokens: Final = TOKENS.table

PURSES: Final = stored(
    Purse,
    "purses",
    ("account_id", "wallet", "asset"),
    big("account_id"),
    text("wallet"),
    text("asset", field="asset.code"),
    big("free", field="free.balance", changes=True),
    big("held", field="held.balance", changes=True),
    big("outgoing", field="outgoing.balance", changes=True),
    big("booked", changes=True),
)
purses: Final = PURSES.table

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


def _some(name: str, where: str, *columns: str) -> Index:
    return Index(name, *columns, sqlite_where=sql(where), postgresql_where=sql(where))


def _marked(name: str, *columns: str) -> Index:
    return _some(name, MARKED[name.partition("_")[0]], *columns)


POSTINGS: Final = stored(
    Posting,
    "postings",
    ("account_id", "seq"),
    big("posting_id"),
    big("entry_id"),
    big("account_id"),
    big("seq"),
    text("wallet"),
    text("asset"),
    word("kind", EntryKind),
    text("subtype"),
    big("ref"),
    big("at_ns"),
    big("amount"),
    big("fee"),
    big("balance"),
    _marked("postings_by_id", "account_id", "posting_id", "seq"),
    _marked("postings_by_time", "account_id", "at_ns", "seq"),
)
"""The machine makes them as such rows: see `Posted` in `core/ledger.py`."""
postings: Final = POSTINGS.table

posting_streams: Final = table(
    "posting_streams",
    ("account_id", "stream_id"),
    big("account_id"),
    big("stream_id"),
    text("wallet"),
    text("asset"),
    text("kind"),
    flag("incoming"),
)

posting_ranks: Final = table(
    "posting_ranks",
    ("account_id", "stream_id", "seq"),
    big("account_id"),
    big("stream_id"),
    big("seq"),
    big("nth"),
)

ORDERS: Final = stored(
    Order,
    "orders",
    ("account_id", "order_id"),
    big("order_id"),
    big("account_id"),
    text("market"),
    word("side", Side),
    word("kind", OrderKind),
    big("price_ticks", changes=True),
    big("qty_lots", changes=True),
    big("spend"),
    word("time_in_force", TimeInForce),
    word("self_trade", SelfTrade),
    flag("post_only"),
    flag("fee_in_base"),
    big("starts_ns"),
    big("expires_ns"),
    big("tag", null=True),
    text("client_id", null=True),
    big("opened_ns"),
    word("status", OrderStatus, changes=True),
    word("end_reason", EndReason, null=True, changes=True),
    big("closed_ns", changes=True),
    big("touched_ns", changes=True),
    big("queue", changes=True),
    big("filled_lots", changes=True),
    unbounded("exact", changes=True),
    big("fee_base", changes=True),
    big("hold", changes=True),
    big("hold_ppm", changes=True),
    unbounded("fee_exact", default="0", changes=True),
    big("fee_quote", default=0, changes=True),
    big("given_up_lots", default=0, changes=True),
    text("note", null=True),
    text("label", null=True),
    big("band_ppm", default=0),
    big("max_open", null=True),
    flag("cancels_post_only", default=0),
    big("triggered_ns", default=0, changes=True),
    big("amended_ns", default=0, changes=True),
    Index("orders_by_close", "account_id", "closed_ns", "order_id"),
    _marked("orders_by_time", "opened_ns", "order_id"),
    _some("orders_by_client_id", "client_id IS NOT NULL", "account_id", "client_id", "order_id"),
    computed={"is_house": "order_id < 0"},
)
orders: Final = ORDERS.table

AMENDS: Final = stored(
    Amend,
    "amends",
    ("account_id", "order_id", "amend_id"),
    big("amend_id"),
    big("account_id"),
    big("order_id"),
    word("kind", AmendKind),
    big("price_ticks"),
    big("qty_lots"),
    big("remaining_lots"),
    flag("post_only"),
    big("at_ns"),
)
"""Of orders that were amended: what they began with, and each amendment."""
amends: Final = AMENDS.table


def _timers(name: str) -> Stored[CancelTimer]:
    return stored(
        CancelTimer,
        name,
        ("account_id",),
        big("account_id", given=True),
        big("set_ns"),
        big("due_ns"),
        names("markets"),
    )


CANCEL_TIMERS: Final = _timers("cancel_timers")
cancel_timers: Final = CANCEL_TIMERS.table

VALUATIONS: Final = stored(Valuation, "valuations", ("account_id",), big("account_id"), big("usd"), big("at_ns"))
"""What accounts had on the exchange when that was last summed up."""
valuations: Final = VALUATIONS.table

FEE_PAYMENTS: Final = stored(
    FeePayment,
    "fee_payments",
    ("account_id",),
    big("account_id"),
    text("asset"),
    text("unit"),
    big("per_unit_ppm"),
    big("counts_ppm"),
    flag("afterwards"),
)
"""What accounts chose to pay their trading fees with."""
fee_payments: Final = FEE_PAYMENTS.table

FIRED_TIMERS: Final = _timers("fired_timers")
"""Timers that fell due and have more orders to cancel."""
fired_timers: Final = FIRED_TIMERS.table

FILLS: Final = stored(
    Fill,
    "fills",
    ("account_id", "fill_id"),
    big("fill_id"),
    big("account_id"),
    big("order_id"),
    text("market"),
    big("trade_id"),
    word("side", Side),
    word("kind", OrderKind),
    big("price_ticks"),
    big("qty_lots"),
    flag("maker"),
    big("at_ns"),
    big("first_posting"),
    big("postings"),
    big("volume_usd"),
    big("fee_ppm", default=0),
    big("fee_quote", default=0),
    big("fee_base", default=0),
    big("counter_order_id", default=0),
    big("opened_s", default=0),
    big("counter_opened_s", default=0),
    Index("fills_by_order", "account_id", "order_id", "fill_id"),
    _marked("fills_by_time", "at_ns", "fill_id"),
    computed={"exact": "price_ticks * qty_lots", "fee_exact": "exact * fee_ppm"},
)
fills: Final = FILLS.table

TRADES: Final = stored(
    Trade,
    "trades",
    ("market", "trade_id"),
    text("market"),
    big("trade_id"),
    big("price_ticks"),
    big("qty_lots"),
    big("at_ns"),
    word("taker_side", Side),
    word("taker_kind", OrderKind),
    _marked("trades_by_time", "market", "at_ns", "trade_id"),
)
trades: Final = TRADES.table

books: Final = table("books", ("market",), text("market"), big("sequence", changes=True))

QUOTES: Final = stored(
    Quote,
    "quotes",
    ("market", "number"),
    text("market"),
    big("number"),
    big("at_ns"),
    big("bid_ticks"),
    big("ask_ticks"),
)
quotes: Final = QUOTES.table

CANDLES: Final = stored(
    Candle,
    "candles",
    ("market", "minutes", "start_s"),
    text("market", given=True),
    big("minutes", given=True),
    big("start_s"),
    big("open_ticks"),
    big("high_ticks", changes=True),
    big("low_ticks", changes=True),
    big("close_ticks", changes=True),
    unbounded("volume_lots", changes=True),
    unbounded("exact", changes=True),
    big("trade_count", field="count", changes=True),
)
candles: Final = CANDLES.table

UNFINISHED: Final = sql("status NOT IN ('success', 'failure')")
OPENING: Final = sql("opening = 1")
"""Of a transfer: the ones that a world has in memory are not finished, or an account was opened with them."""

TRANSFERS: Final = stored(
    Transfer,
    "transfers",
    ("account_id", "transfer_id"),
    big("transfer_id"),
    big("account_id"),
    word("direction", Direction),
    text("wallet"),
    text("asset"),
    text("method"),
    text("network", null=True),
    big("amount"),
    big("fee"),
    text("address"),
    text("tag", null=True),
    text("destination", null=True),
    text("chain_tx", null=True, changes=True),
    big("created_ns"),
    word("status", TransferStatus, changes=True),
    word("note", TransferNote, null=True, changes=True),
    flag("manual"),
    big("due_ns", changes=True),
    big("moved_ns", default=0, changes=True),
    text("remark", default=""),
    flag("opening", default=0),
    Index("transfers_by_direction", "account_id", "direction", "transfer_id"),
    Index("transfers_by_id", "transfer_id"),
    Index("transfers_unfinished", "transfer_id", sqlite_where=UNFINISHED, postgresql_where=UNFINISHED),
    Index("transfers_opening", "transfer_id", sqlite_where=OPENING, postgresql_where=OPENING),
)
transfers: Final = TRANSFERS.table

MOVES: Final = stored(
    Move,
    "moves",
    ("account_id", "move_id"),
    big("move_id"),
    big("account_id"),
    text("client_id", null=True),
    text("asset"),
    big("amount"),
    big("from_account_id"),
    text("from_wallet"),
    big("to_account_id"),
    text("to_wallet"),
    big("at_ns"),
    _some("moves_by_client_id", "client_id IS NOT NULL", "account_id", "client_id", "move_id", "at_ns"),
)
moves: Final = MOVES.table

ADDRESSES: Final = stored(
    DepositAddress,
    "addresses",
    ("account_id", "address_id"),
    big("address_id"),
    big("account_id"),
    text("asset"),
    text("method"),
    text("text", field="address.text"),
    text("tag", field="address.tag", null=True),
    text("memo", field="address.memo", null=True),
    big("created_ns"),
    flag("used", changes=True),
    parts={"address": Address},
)
addresses: Final = ADDRESSES.table

DESTINATIONS: Final = stored(
    Destination,
    "destinations",
    ("account_id", "asset", "name"),
    big("account_id"),
    text("asset"),
    text("name"),
    text("method"),
    text("address"),
    text("tag", null=True),
    flag("verified"),
)
destinations: Final = DESTINATIONS.table

CHANGING: Final[dict[Table, tuple[str, ...]]] = columns.changing()
"""The columns that may change after a row was written. All others are written once."""

DELETING: Final = (
    api_keys, key_uses, key_nonces, orders, quotes, cancel_timers, fired_timers, valuations, fee_payments, world_notes
)  # fmt: skip
"""Tables whose rows may go: keys that were revoked or changed, uses that the keys' own rows tell by now, nonces that
no window reaches, the house's orders that ended, best prices too old to be shown, timers, valuations,
fee payments and notes that are written anew."""

REPLACED: Final = tuple(table for table in METADATA.sorted_tables if table is not world)
"""Tables whose rows all go when a world is begun again."""
