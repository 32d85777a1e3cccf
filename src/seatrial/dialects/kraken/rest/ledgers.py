"""The ledger of an account: its list with filters and pages, and look-ups by id.

Source: kraken-rest#ledgers and kraken-rest#query-ledgers; kraken-orders#unknown-ids; venue-pages#query-ledgers.
"""

from functools import partial
from typing import Final

from msgspec import Struct

from seatrial.core.money import format_units
from seatrial.core.postings import EntryKind, Posting
from seatrial.core.queries import Page, PostingPage, PostingsById
from seatrial.dialects.kraken import errors
from seatrial.dialects.kraken.context import Context, Later
from seatrial.dialects.kraken.describe import TOKENIZED, seconds
from seatrial.dialects.kraken.endpoint import Endpoint, any_of
from seatrial.dialects.kraken.errors import BadCall
from seatrial.dialects.kraken.ids import Ids
from seatrial.dialects.kraken.manners import TRADE_SUBTYPE
from seatrial.dialects.kraken.params import Params
from seatrial.dialects.kraken.rest.account import of_wallet
from seatrial.dialects.kraken.rest.paging import (
    MAX_NAMES,
    Paging,
    is_visible,
    nothing,
    numbers,
    of_class,
    page_of,
    read_paging,
    read_unused,
    required_list,
    span_of,
)

MAX_LEDGER_IDS: Final = 20
"""Source: venue-pages#query-ledgers."""

ALL: Final = "all"
ASSET_CLASSES: Final = ("currency", TOKENIZED)

ENTRY_TYPES: Final = {
    EntryKind.NONE: "none",
    EntryKind.TRADE: "trade",
    EntryKind.DEPOSIT: "deposit",
    EntryKind.WITHDRAWAL: "withdrawal",
    EntryKind.TRANSFER: "transfer",
    EntryKind.MARGIN: "margin",
    EntryKind.ADJUSTMENT: "adjustment",
    EntryKind.ROLLOVER: "rollover",
    EntryKind.SPEND: "spend",
    EntryKind.RECEIVE: "receive",
    EntryKind.SETTLED: "settled",
    EntryKind.CREDIT: "credit",
    EntryKind.STAKING: "staking",
    EntryKind.REWARD: "reward",
    EntryKind.DIVIDEND: "dividend",
    EntryKind.SALE: "sale",
    EntryKind.CONVERSION: "conversion",
    EntryKind.NFT_TRADE: "nfttrade",
    EntryKind.NFT_CREATOR_FEE: "nftcreatorfee",
    EntryKind.NFT_REBATE: "nftrebate",
    EntryKind.CUSTODY_TRANSFER: "custodytransfer",
    EntryKind.SUB_TRANSFER: "transfer",
    EntryKind.AUTO_ALLOCATION: "earn",
    EntryKind.FEE_REFUND: "credit",
    EntryKind.FEE_PAYMENT: "adjustment",
}
"""Our kinds of entries in Kraken's words. Source: venue-pages#query-ledgers, `type`; accounts here have no
sub-accounts, and nothing but credits pays their fees.
Source of the last, which is not listed there: two programs that read it from Ledgers in autumn 2026; BittyTax."""

ENTRY_SUBTYPES: Final = {EntryKind.TRADE: "tradespot", EntryKind.AUTO_ALLOCATION: "autoallocation"}
"""The others have none of their own. Source: kraken-ledgers#kinds, rows of March 2025 and of 2026."""

TYPE_FILTERS: Final[dict[str, tuple[EntryKind, ...]]] = {
    **{name: tuple(kind for kind, said in ENTRY_TYPES.items() if said == name) for name in ENTRY_TYPES.values()},
    ALL: (),
    "sale": (EntryKind.SALE, EntryKind.SPEND, EntryKind.RECEIVE),
    "nft_rebate": (EntryKind.NFT_REBATE,),
}
"""What Ledgers' `type` may be → which kinds it shows; none means all. Source: the same 21 types and `earn`, whose
entries it shows (decided); the last two as kraken-rest#ledgers lists them, and kraken-ledgers#kinds: `sale`
brings up spend and receive."""


class LedgerEntry(Struct, frozen=True, kw_only=True):
    """One posting to the account."""

    refid: str
    time: float
    type: str
    subtype: str
    aclass: str
    asset: str
    amount: str
    fee: str
    balance: str


def ledgers(context: Context, params: Params) -> Later | dict[str, object]:
    """The account's postings, newest first."""
    ids = context.tools.ids
    read_unused(params)
    paging = read_paging(params, ids.ledger_number)
    assets = _assets(context, params)
    query = PostingPage(
        context.account_id,
        assets=assets or (),
        kinds=TYPE_FILTERS[params.choice("type", TYPE_FILTERS, ALL)],
        span=span_of(context, params, ids.ledger_number),
        before_id=paging.before_id,
        offset=paging.offset,
        limit=paging.fetched,
        counted=paging.counted,
    )
    write = partial(_write_ledger, context, paging)
    return write(nothing(paging)) if assets is None else Later(query, write)


def query_ledgers(context: Context, params: Params) -> Later:
    """Postings by id. `trades` is about positions, of which there are none. Source: venue-pages#query-ledgers."""
    read_unused(params, "trades")
    names = required_list(params, "id", MAX_LEDGER_IDS)
    query = PostingsById(context.account_id, numbers(names, "L", context.tools.ids.ledger_number))
    return Later(query, partial(_write_queried_ledger, context))


def _write_ledger(context: Context, paging: Paging, found: Page[Posting]) -> dict[str, object]:
    return page_of("ledger", found.rows, found.total, paging, partial(_ledger_item, context))


def _write_queried_ledger(context: Context, found: list[Posting]) -> dict[str, LedgerEntry]:
    """The known ones; none known is an error. Source: kraken-orders#unknown-ids."""
    visible = [posting for posting in found if is_visible(context.key, posting.at_ns)]
    if not visible:
        raise BadCall(errors.INVALID_ORDER)
    return dict(_ledger_item(context, posting) for posting in visible)


def _ledger_item(context: Context, posting: Posting) -> tuple[str, LedgerEntry]:
    symbols, scale = context.tools.symbols, context.state.assets[posting.asset].scale
    entry = LedgerEntry(
        refid=refid(context.tools.ids, posting),
        time=seconds(posting.at_ns),
        type=ENTRY_TYPES[posting.kind],
        subtype=posting.subtype or _subtype(context, posting),
        aclass=symbols.asset_info(posting.asset).aclass,
        asset=symbols.asset_name(posting.asset),
        amount=format_units(posting.amount, scale),
        fee=format_units(posting.fee, scale),
        balance=format_units(posting.balance, scale),
    )
    return context.tools.ids.ledger(posting.posting_id), entry


def _subtype(context: Context, posting: Posting) -> str:
    """What the kind of the entry says, by the day of the entry."""
    if posting.kind is EntryKind.TRADE and not TRADE_SUBTYPE.holds(context.state.as_of(posting.at_ns)):
        return ""
    return ENTRY_SUBTYPES.get(posting.kind, "")


def refid(ids: Ids, posting: Posting) -> str:
    """The id of what caused it. Source: kraken-rest#ids."""
    match posting.kind:
        case EntryKind.TRADE:
            return ids.trade(posting.ref)
        case EntryKind.DEPOSIT:
            return ids.deposit(posting.ref)
        case EntryKind.WITHDRAWAL:
            return ids.withdrawal(posting.ref)
    return ids.transfer(posting.ref)


def _assets(context: Context, params: Params) -> tuple[str, ...] | None:
    """Whose entries are asked for; empty: all; None: those of no asset.

    Source of all classes being shown where none is named: Ledgers of 2026-07 with entries of both, rotki #12564.
    """
    symbols = context.tools.symbols
    wanted = params.choice("aclass", ASSET_CLASSES, None)
    named = _assets_named(context, params, wanted)
    if named or wanted is None:
        return named
    held = {purse.asset.code for purse in context.state.ledger.of_account(context.account_id)}
    return of_class(held, lambda code: symbols.asset_info(code).aclass, wanted)


def _assets_named(context: Context, params: Params, wanted: str | None) -> tuple[str, ...]:
    """They may be sent as texts, or as objects of an asset and its class."""
    if params.has_rows("asset"):
        rows = params.rows("asset", MAX_NAMES)
        return tuple(
            _asset(context, row.required("asset"), row.choice("aclass", ASSET_CLASSES, wanted)) for row in rows
        )
    names = params.comma_list("asset", MAX_NAMES)
    return () if names == (ALL,) else tuple(_asset(context, name, wanted) for name in names)


def _asset(context: Context, text: str, wanted: str | None) -> str:
    symbols = context.tools.symbols
    code = symbols.asset(text)
    if code is None or wanted not in (None, symbols.asset_info(code).aclass):
        raise BadCall(errors.UNKNOWN_ASSET)
    return code


ENDPOINTS: Final = (
    Endpoint("Ledgers", of_wallet(ledgers), any_of("query-ledger"), cost=2),
    Endpoint("QueryLedgers", of_wallet(query_ledgers), any_of("query-ledger"), cost=2),
)
"""Permissions: kraken-rest#permissions. Costs: kraken-rest#call-limits."""
