"""What changed a user's money: the account ledger and its high-frequency relatives.

Source: venue-pages#get-account-ledgers; kucoin-rest#account-ledgers.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from seatrial.core.funding import Transfer
from seatrial.core.orders import Fill
from seatrial.core.postings import EntryKind, Posting
from seatrial.core.queries import FillsById, Page, PostingPage, TransfersById
from seatrial.dialects.kucoin import errors
from seatrial.dialects.kucoin.amounts import USUAL_DECIMALS, moved, padded, short, usable
from seatrial.dialects.kucoin.context import Context, Later
from seatrial.dialects.kucoin.endpoint import GENERAL, Endpoint
from seatrial.dialects.kucoin.errors import BadCall, Error
from seatrial.dialects.kucoin.ids import Ids
from seatrial.dialects.kucoin.limits import Pool
from seatrial.dialects.kucoin.paging import DAY_NS, Paging, page_of, read_bounds, read_page, read_window, span
from seatrial.dialects.kucoin.params import MILLISECOND_NS, Params
from seatrial.dialects.kucoin.rest.account import find_purse
from seatrial.dialects.kucoin.rest.funding import transfer_id, wallet_tx_id

MAX_CURRENCIES: Final = 10
MIN_PAGE: Final = 10
"""Source of both: venue-pages#get-account-ledgers. Decided: a smaller page is refused, as it says so."""
KEPT_NS: Final = 365 * DAY_NS
"""How far back the ledger goes. Source: venue-pages#get-account-ledgers, "1 year"; decided: what is older is not there,
and no error."""
HF_KEPT_NS: Final = 3 * DAY_NS
"""How far back the high-frequency ledgers go, whatever is asked. Source: kucoin-rest#high-frequency-ledgers."""
HF_USUAL: Final = 100
HF_MAX: Final = 200

TOO_LONG: Final = Error(
    errors.PARAMETER.code, "Get List Account Ledgers doesn't support get ledgers in a large timespan (> 24 hours)"
)
"""Source: venue-pages#get-account-ledgers for the error. Decided: its words, after those of the fills in
kucoin-rest#messages."""

DIRECTIONS: Final = {"in": True, "out": False}
"""What `direction` may be → whether the money came in."""

NAMES: Final = {
    EntryKind.NONE: "Other rewards",
    EntryKind.TRADE: "Trade_Exchange",
    EntryKind.DEPOSIT: "Deposit",
    EntryKind.WITHDRAWAL: "Withdrawal",
    EntryKind.TRANSFER: "Transfer",
    EntryKind.MARGIN: "Margin Trade",
    EntryKind.ADJUSTMENT: "Other rewards",
    EntryKind.ROLLOVER: "Borrowings",
    EntryKind.SPEND: "Buy Crypto",
    EntryKind.RECEIVE: "Buy Crypto",
    EntryKind.SETTLED: "Margin Trade",
    EntryKind.CREDIT: "Other rewards",
    EntryKind.STAKING: "Staking Profits",
    EntryKind.REWARD: "KuCoin Bonus",
    EntryKind.DIVIDEND: "Distribution",
    EntryKind.SALE: "Sell Crypto",
    EntryKind.CONVERSION: "Instant Exchange",
    EntryKind.NFT_TRADE: "Instant Exchange",
    EntryKind.NFT_CREATOR_FEE: "Other rewards",
    EntryKind.NFT_REBATE: "Fee Rebate",
    EntryKind.CUSTODY_TRANSFER: "Transfer",
    EntryKind.SUB_TRANSFER: "Sub-account transfer",
    EntryKind.AUTO_ALLOCATION: "Transfer",
    EntryKind.FEE_REFUND: "Refunded Fees",
    EntryKind.FEE_PAYMENT: "KCS Pay Fees",
}
"""Our kinds of entries by the display names of venue-pages#get-account-ledgers. Decided: which name each of those gets
that the core never posts for a KuCoin account."""
CODES: Final[dict[str, tuple[EntryKind, ...]]] = {
    "DEPOSIT": (EntryKind.DEPOSIT,),
    "WITHDRAW": (EntryKind.WITHDRAWAL,),
    "TRANSFER": (EntryKind.TRANSFER, EntryKind.CUSTODY_TRANSFER),
    "SUB_TRANSFER": (EntryKind.SUB_TRANSFER,),
    "TRADE_EXCHANGE": (EntryKind.TRADE,),
    "MARGIN_EXCHANGE": (EntryKind.MARGIN, EntryKind.SETTLED),
    "KUCOIN_BONUS": (EntryKind.REWARD,),
    "BROKER_TRANSFER": (),
    "REBATE": (EntryKind.NFT_REBATE,),
}
"""What `bizType` may be → the kinds that it shows. Source: venue-pages#get-account-ledgers; the last two from
kucoin-rest#request-codes. Decided: what the last one shows."""

_HF_NAMED: Final = frozenset(
    {
        EntryKind.TRADE,
        EntryKind.TRANSFER,
        EntryKind.CUSTODY_TRANSFER,
        EntryKind.SUB_TRANSFER,
        EntryKind.FEE_REFUND,
        EntryKind.FEE_PAYMENT,
    }
)
HF_CODES: Final[dict[str, tuple[EntryKind, ...]]] = {
    "TRADE_EXCHANGE": (EntryKind.TRADE,),
    "TRANSFER": (EntryKind.TRANSFER, EntryKind.CUSTODY_TRANSFER),
    "SUB_TRANSFER": (EntryKind.SUB_TRANSFER,),
    "RETURNED_FEES": (EntryKind.FEE_REFUND,),
    "DEDUCTION_FEES": (EntryKind.FEE_PAYMENT,),
    "OTHER": tuple(kind for kind in EntryKind if kind not in _HF_NAMED),
}
"""The same of the high-frequency ledger, whose rows show the code itself.
Source: kucoin-rest#high-frequency-ledgers."""

MARGIN_CODES: Final[dict[str, tuple[EntryKind, ...]]] = {
    "TRANSFER": (EntryKind.TRANSFER, EntryKind.CUSTODY_TRANSFER),
    "MARGIN_EXCHANGE": (EntryKind.MARGIN, EntryKind.TRADE),
    "ISOLATED_EXCHANGE": (),
    "LIQUIDATION": (EntryKind.SETTLED,),
    "ASSERT_RETURN": (EntryKind.ROLLOVER,),
}
"""The same of the margin ledger. Source: kucoin-rest#margin-ledgers, spelled so."""

_encode = msgspec.json.Encoder().encode


class LedgerRow(Struct, frozen=True, rename="camel"):
    """One posting, as the account ledger shows it."""

    id: str
    currency: str
    amount: str
    fee: str
    balance: str
    account_type: str
    biz_type: str
    direction: str
    created_at: int
    context: str


class OldLedgerRow(Struct, frozen=True, rename="camel"):
    """One posting, as the retired ledger of one account shows it."""

    id: str
    currency: str
    amount: str
    fee: str
    balance: str
    biz_type: str
    direction: str
    created_at: int
    context: dict[str, str]


class HfLedgerRow(Struct, frozen=True, rename="camel"):
    """One posting, as the high-frequency ledger shows it: its time is a text."""

    id: str
    currency: str
    amount: str
    fee: str
    tax: str
    balance: str
    account_type: str
    biz_type: str
    direction: str
    created_at: str
    context: str


class MarginLedgerRow(Struct, frozen=True, rename="camel"):
    """One posting, as the high-frequency margin ledger shows it: its id and time are numbers."""

    id: int
    currency: str
    amount: str
    fee: str
    balance: str
    account_type: str
    biz_type: str
    direction: str
    created_at: int
    context: str
    tax: str


class Filter(NamedTuple):
    """Which postings a call wants. None as the assets or kinds: nothing can match."""

    assets: tuple[str, ...] | None
    kinds: tuple[EntryKind, ...] | None
    incoming: bool | None

    @property
    def matches_nothing(self) -> bool:
        """Whether no posting can be wanted."""
        return self.assets is None or self.kinds is None


def ledger(context: Context, params: Params) -> Later | dict[str, object]:
    """Every change of the caller's money in any wallet, newest first."""
    wanted = _read_filter(context, params, CODES)
    return _ledger_page(context, params, wanted, (), _ledger_row)


def old_ledger(context: Context, params: Params) -> Later | dict[str, object]:
    """The same of one wallet's currency."""
    purse = find_purse(context, params)
    wanted = _read_filter(context, params, CODES)._replace(assets=(purse.asset.code,))
    return _ledger_page(context, params, wanted, (purse.wallet,), _old_ledger_row)


def hf_ledger(context: Context, params: Params) -> Later | list[object]:
    """Every change in the trading wallet, newest first, by cursor."""
    return _hf_ledger(context, params, HF_CODES, "trade", _hf_ledger_row)


def margin_ledger(context: Context, params: Params) -> Later | list[object]:
    """Every change in the margin wallet, newest first, by cursor."""
    return _hf_ledger(context, params, MARGIN_CODES, "margin", _margin_ledger_row)


def direction_of(posting: Posting) -> str:
    """Which way the money went, fee included."""
    return "in" if posting.incoming else "out"


Row = Callable[[Context, Posting, dict[str, str]], object]


def _ledger_page(
    context: Context, params: Params, wanted: Filter, wallets: tuple[str, ...], row: Row
) -> Later | dict[str, object]:
    paging = read_page(params, minimum=MIN_PAGE)
    start_ns, end_ns = read_window(params, context.at_ns, DAY_NS, DAY_NS, TOO_LONG)
    start_ns = max(start_ns, context.at_ns - KEPT_NS)
    if wanted.matches_nothing or start_ns > end_ns:
        return page_of([], 0, paging)
    query = PostingPage(
        context.account_id,
        wallets=wallets,
        assets=wanted.assets or (),
        kinds=wanted.kinds or (),
        incoming=wanted.incoming,
        span=span(start_ns, end_ns),
        offset=paging.offset,
        limit=paging.size,
    )
    return Later(query, partial(_write_page, context, paging, row))


def _write_page(context: Context, paging: Paging, row: Row, page: Page[Posting]) -> object:
    total = page.total
    assert total is not None, "the page was counted"
    return _with_contexts(context, page.rows, row, lambda rows: page_of(rows, total, paging))


def _hf_ledger(
    context: Context, params: Params, codes: dict[str, tuple[EntryKind, ...]], wallet: str, row: Row
) -> Later | list[object]:
    """Source of what is silently cut to three days: kucoin-rest#high-frequency-ledgers."""
    wanted = _read_filter(context, params, codes)
    limit = params.integer("limit", 1, HF_MAX) or HF_USUAL
    before = _cursor(context, params)
    start_ns, end_ns = read_bounds(params)
    start_ns = max(start_ns or 0, context.at_ns - HF_KEPT_NS)
    if wanted.matches_nothing:
        return []
    query = PostingPage(
        context.account_id,
        wallets=(wallet,),
        assets=wanted.assets or (),
        kinds=wanted.kinds or (),
        incoming=wanted.incoming,
        span=span(start_ns, end_ns),
        before_id=before,
        limit=limit,
        counted=False,
    )
    return Later(query, lambda page: _with_contexts(context, page.rows, row, lambda rows: rows))


def _with_contexts(
    context: Context, postings: list[Posting], row: Row, finish: Callable[[list[object]], object]
) -> object:
    """The rows of some postings, each with its fill or transfer, which are looked up first."""
    fill_ids = _refs(postings, EntryKind.TRADE, EntryKind.FEE_REFUND, EntryKind.FEE_PAYMENT)
    transfer_ids = _refs(postings, EntryKind.DEPOSIT, EntryKind.WITHDRAWAL)

    def write(fills: list[Fill], transfers: list[Transfer]) -> object:
        told: dict[int, Fill] = {fill.fill_id: fill for fill in fills}
        moved = {transfer.transfer_id: transfer for transfer in transfers}
        return finish([row(context, posting, _about(context, posting, told, moved)) for posting in postings])

    def find_transfers(fills: list[Fill]) -> object:
        if not transfer_ids:
            return write(fills, [])
        return Later(TransfersById(transfer_ids, context.account_id), partial(write, fills))

    return Later(FillsById(context.account_id, fill_ids), find_transfers) if fill_ids else find_transfers([])


def _refs(postings: list[Posting], *kinds: EntryKind) -> tuple[int, ...]:
    return tuple({posting.ref for posting in postings if posting.kind in kinds})


def _about(
    context: Context, posting: Posting, fills: dict[int, Fill], transfers: dict[int, Transfer]
) -> dict[str, str]:
    """What the row is about, by its kind. Source: kucoin-rest#context."""
    ids = context.tools.ids
    match posting.kind:
        case EntryKind.TRADE:
            fill = fills[posting.ref]
            return {"symbol": context.tools.symbols.name(fill.market), **_trade_of(ids, fill)}
        case EntryKind.FEE_REFUND | EntryKind.FEE_PAYMENT:
            return _trade_of(ids, fills[posting.ref])
        case EntryKind.DEPOSIT | EntryKind.WITHDRAWAL:
            transfer = transfers[posting.ref]
            return {"orderId": transfer_id(ids, transfer), "txId": wallet_tx_id(context, transfer) or ""}
    return {}


def _trade_of(ids: Ids, fill: Fill) -> dict[str, str]:
    return {"orderId": ids.order(fill.order_id, fill.opened_s), "tradeId": str(ids.trade(fill.trade_id))}


def _read_filter(context: Context, params: Params, codes: dict[str, tuple[EntryKind, ...]]) -> Filter:
    code = params.text("bizType")
    if code is not None and code not in codes:
        raise BadCall(errors.OUT_OF_RANGE)
    kinds = () if code is None else codes[code] or None
    direction = params.choice("direction", DIRECTIONS, None)
    return Filter(_read_assets(context, params), kinds, None if direction is None else DIRECTIONS[direction])


def _read_assets(context: Context, params: Params) -> tuple[str, ...] | None:
    """The assets named, or none for all; unknown names count as nothing (decided)."""
    names = params.comma_list("currency", MAX_CURRENCIES)
    codes = tuple(code for name in names if (code := context.tools.symbols.code(name)) is not None)
    return None if names and not codes else codes


def _cursor(context: Context, params: Params) -> int | None:
    """The posting that `lastId` names. Decided: one that is not the caller's has nothing before it."""
    last = params.integer("lastId", 0, 2**63 - 1)
    return None if last is None else max(context.tools.ids.ledger_row.number(last), 0)


def _amount(posting: Posting) -> int:
    """The change with its fee, without a sign.

    Source: venue-pages#get-account-ledgers, "fees included"; the specification's example, where a sale of 1.5992 at a
    fee of 0.0015992 is `1.59760080` in.
    """
    return abs(posting.amount - posting.fee)


def _code(posting: Posting, codes: dict[str, tuple[EntryKind, ...]], usual: str) -> str:
    return next((code for code, kinds in codes.items() if posting.kind in kinds), usual)


def _text(about: dict[str, str]) -> str:
    """JSON inside a text; empty where there is nothing to say."""
    return _encode(about).decode() if about else ""


def _ledger_row(context: Context, posting: Posting, about: dict[str, str]) -> LedgerRow:
    """`balance` is always 0. Source: venue-pages#get-account-ledgers and kucoin-rest#account-ledgers."""
    scale = context.state.assets[posting.asset].scale
    return LedgerRow(
        context.tools.ids.ledger(posting.posting_id, posting.at_ns),
        context.tools.symbols.currency(posting.asset),
        short(moved(_amount(posting), scale), USUAL_DECIMALS),
        short(moved(posting.fee, scale), USUAL_DECIMALS),
        "0",
        posting.wallet.upper(),
        NAMES[posting.kind],
        direction_of(posting),
        posting.at_ns // MILLISECOND_NS,
        _text(about),
    )


def _old_ledger_row(context: Context, posting: Posting, about: dict[str, str]) -> OldLedgerRow:
    row = _ledger_row(context, posting, {})
    return OldLedgerRow(
        row.id, row.currency, row.amount, row.fee, row.balance, row.biz_type, row.direction, row.created_at, about
    )


def _hf_ledger_row(context: Context, posting: Posting, about: dict[str, str]) -> HfLedgerRow:
    scale = context.state.assets[posting.asset].scale
    return HfLedgerRow(
        str(context.tools.ids.ledger_row(posting.posting_id)),
        context.tools.symbols.currency(posting.asset),
        padded(moved(_amount(posting), scale), USUAL_DECIMALS),
        padded(moved(posting.fee, scale), USUAL_DECIMALS),
        "0",
        padded(usable(posting.balance, scale), USUAL_DECIMALS),
        "TRADE_HF",
        _code(posting, HF_CODES, "OTHER"),
        direction_of(posting),
        str(posting.at_ns // MILLISECOND_NS),
        _text(about),
    )


def _margin_ledger_row(context: Context, posting: Posting, about: dict[str, str]) -> MarginLedgerRow:
    scale = context.state.assets[posting.asset].scale
    return MarginLedgerRow(
        context.tools.ids.ledger_row(posting.posting_id),
        context.tools.symbols.currency(posting.asset),
        padded(moved(_amount(posting), scale), USUAL_DECIMALS),
        padded(moved(posting.fee, scale), USUAL_DECIMALS),
        padded(usable(posting.balance, scale), USUAL_DECIMALS),
        "MARGIN_V2",
        _code(posting, MARGIN_CODES, "ASSERT_RETURN"),
        direction_of(posting),
        posting.at_ns // MILLISECOND_NS,
        _encode(about).decode(),
        padded(0, scale),
    )


ENDPOINTS: Final = (
    Endpoint("GET", "/api/v1/accounts/ledgers", ledger, GENERAL, Pool.MANAGEMENT, 10),
    Endpoint("GET", "/api/v1/accounts/{accountId}/ledgers", old_ledger, GENERAL, Pool.MANAGEMENT, 10),
    Endpoint("GET", "/api/v1/hf/accounts/ledgers", hf_ledger, GENERAL, Pool.SPOT, 2),
    Endpoint("GET", "/api/v3/hf/margin/account/ledgers", margin_ledger, GENERAL, Pool.SPOT, 2),
)
"""Source of the first weight: venue-pages#get-account-ledgers, which outranks the specification's 2."""
