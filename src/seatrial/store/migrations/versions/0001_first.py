"""The tables of the first release.

Why: a world must survive its process. From here on the schema only changes by migrations, so what stands below is
a copy that stays as it is, whatever becomes of `schema.py`.
"""
# ruff: noqa: INP001  Alembic finds migrations by their number

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, Text

revision = "0001"
down_revision = None

_BIG = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Make all tables."""
    _world()
    _clients()
    _ledger()
    _orders()
    _markets()
    _funding()


def _create(name: str, key: str, *columns: Column[int] | Column[str]) -> None:
    op.create_table(
        name, *columns, PrimaryKeyConstraint(*key.split(), name=f"{name}_key"),
        sqlite_strict=True, sqlite_with_rowid=False,
    )  # fmt: skip


def _bigs(names: str) -> list[Column[int]]:
    return [Column(name, _BIG, nullable=False, autoincrement=False) for name in names.split()]


def _texts(names: str, *, null: bool = False) -> list[Column[str]]:
    return [Column(name, Text, nullable=null) for name in names.split()]


def _flags(names: str) -> list[Column[int]]:
    return [Column(name, Integer, nullable=False) for name in names.split()]


def _world() -> None:
    _create("world", "id", *_bigs("id seed created_ns now_ns"), *_texts("counters delays clock"))


def _clients() -> None:
    _create(
        "accounts", "account_id",
        *_bigs("account_id"), *_texts("name venue tier"), *_flags("rate_limits"),
        *_texts("trading_wallet funding_wallet"), *_bigs("created_ns"),
    )  # fmt: skip
    _create(
        "api_keys", "key_id",
        *_bigs("key_id account_id"), *_texts("name public secret permissions"), *_bigs("nonce_window"),
        *_texts("one_time_password totp_secret", null=True), *_bigs("valid_until_ns query_from_ns query_to_ns"),
        *_texts("ip_allowlist"), *_bigs("created_ns"), *_texts("highest_nonce recent_nonces"), *_bigs("used_ns"),
    )  # fmt: skip
    _create("tokens", "token_id", *_bigs("token_id account_id key_id expires_ns"))


def _ledger() -> None:
    _create(
        "purses", "account_id wallet asset",
        *_bigs("account_id"), *_texts("wallet asset"), *_bigs("free held leaving booked"),
    )  # fmt: skip
    _create(
        "postings", "account_id seq",
        *_bigs("posting_id entry_id account_id seq"), *_texts("wallet asset kind subtype"),
        *_bigs("ref at_ns amount fee balance"),
    )  # fmt: skip
    op.create_index("postings_by_id", "postings", ["account_id", "posting_id"], unique=True)
    op.create_index("postings_by_time", "postings", ["account_id", "at_ns", "seq"])
    op.create_index("postings_by_asset", "postings", ["account_id", "asset", "kind", "seq"])


def _orders() -> None:
    _create(
        "orders", "account_id order_id",
        *_bigs("order_id account_id"), *_texts("market side kind"), *_bigs("price_ticks qty_lots spend"),
        *_texts("time_in_force self_trade"), *_flags("post_only fee_in_base"), *_bigs("starts_ns expires_ns"),
        Column("tag", _BIG, nullable=True, autoincrement=False), *_texts("client_id", null=True), *_bigs("opened_ns"),
        *_texts("status"), *_texts("reason", null=True), *_bigs("closed_ns touched_ns queue filled_lots"),
        *_texts("exact cost fee"), *_bigs("fee_base hold hold_ppm"),
    )  # fmt: skip
    op.create_index("orders_by_close", "orders", ["account_id", "closed_ns", "order_id"])
    _create(
        "fills", "account_id fill_id",
        *_bigs("fill_id account_id order_id"), *_texts("market"), *_bigs("trade_id"), *_texts("side kind"),
        *_bigs("price_ticks qty_lots"), *_texts("cost fee"), *_flags("maker"),
        *_bigs("at_ns first_posting postings volume_usd"),
    )  # fmt: skip
    op.create_index("fills_by_order", "fills", ["account_id", "order_id", "fill_id"])
    op.create_index("fills_by_time", "fills", ["account_id", "at_ns", "fill_id"])


def _markets() -> None:
    _create(
        "trades", "market trade_id",
        *_texts("market"), *_bigs("trade_id price_ticks qty_lots at_ns"), *_texts("taker_side taker_kind"),
    )  # fmt: skip
    op.create_index("trades_by_time", "trades", ["market", "at_ns"], unique=True)
    _create("quotes", "market number", *_texts("market"), *_bigs("number at_ns bid_ticks ask_ticks"))
    _create(
        "candles", "market minutes start_s",
        *_texts("market"), *_bigs("minutes start_s open_ticks high_ticks low_ticks close_ticks"),
        *_texts("volume_lots exact"), *_bigs("trade_count"),
    )  # fmt: skip


def _funding() -> None:
    _create(
        "transfers", "account_id transfer_id",
        *_bigs("transfer_id account_id"), *_texts("direction wallet asset method"), *_texts("network", null=True),
        *_bigs("amount fee"), *_texts("address"), *_texts("tag destination chain_tx", null=True),
        *_bigs("created_ns"), *_texts("status"), *_texts("note", null=True), *_flags("manual"), *_bigs("due_ns"),
    )  # fmt: skip
    op.create_index("transfers_by_direction", "transfers", ["account_id", "direction", "transfer_id"])
    _create(
        "addresses", "account_id address_id",
        *_bigs("address_id account_id"), *_texts("asset method text"), *_texts("tag memo", null=True),
        *_bigs("created_ns"), *_flags("used"),
    )  # fmt: skip
    _create(
        "destinations", "account_id asset name",
        *_bigs("account_id"), *_texts("asset name method address"), *_texts("tag", null=True), *_flags("verified"),
    )  # fmt: skip
