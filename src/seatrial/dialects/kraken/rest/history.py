"""Orders, trades and ledger entries of an account: lists with filters and pages, and look-ups by id.

Source: kraken-spot-rest 13.6 to 13.8, 13.10, 13.11, 13.13, 13.14 and 11.2; seeds "Query Ledgers" and "How to place,
view, and cancel orders using a user reference".
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from typing import Final, TypeVar

from msgspec import UNSET, Struct, UnsetType

from seatrial.core.accounts import ApiKey
from seatrial.core.ledger import EntryKind, Posting
from seatrial.core.money import format_units
from seatrial.core.orders import Fill, Order
from seatrial.core.queries import (
    FillPage,
    FillsById,
    OrderPage,
    OrderRecord,
    OrdersById,
    OrderTime,
    Page,
    PostingPage,
    PostingsById,
    Span,
)
from seatrial.dialects.kraken import errors
from seatrial.dialects.kraken.describe import (
    SHOWN_NS,
    OrderView,
    cost_text,
    fee_text,
    order_view,
    price_text,
    seconds,
)
from seatrial.dialects.kraken.endpoint import Endpoint, Later, Visit, any_of
from seatrial.dialects.kraken.ids import Decode, Ids
from seatrial.dialects.kraken.params import INVALID_ARGUMENTS, MAX_NS, BadCall, Params

PAGE: Final = 50
"""Rows of a page. Source: kraken-spot-rest 11.2."""
LARGEST_PAGE: Final = 100
MOST_OPEN: Final = 1_000
"""Orders that OpenOrders shows at once. Source: kraken-spot-rest 13.6."""
MOST_ORDER_IDS: Final = 50
MOST_TRADE_IDS: Final = 20
MOST_LEDGER_IDS: Final = 20
"""Source: seed "Query Ledgers"; kraken-spot-rest 13.8 and 13.11."""
MOST_NAMES: Final = 2_000

LEAST_USERREF: Final = -(2**31)
MOST_USERREF: Final = 2**31 - 1
MOST_OFFSET: Final = 2**62

ALL: Final = "all"

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
}
"""Our kinds of entries in Kraken's words. Source: seed "Query Ledgers", `type`; accounts here have no sub-accounts.
Source of the last, which is not listed there: two programs that read it from Ledgers in autumn 2026; BittyTax."""

SUBTYPES: Final = {EntryKind.AUTO_ALLOCATION: "autoallocation"}
"""Of which kinds an entry says more. Source: kraken-semantics section 10."""

TYPE_FILTERS: Final[dict[str, tuple[EntryKind, ...]]] = {
    **{name: (kind,) for kind, name in ENTRY_TYPES.items()},
    "transfer": (EntryKind.TRANSFER, EntryKind.SUB_TRANSFER),
    ALL: (),
    "sale": (EntryKind.SALE, EntryKind.SPEND, EntryKind.RECEIVE),
    "nft_rebate": (EntryKind.NFT_REBATE,),
}
"""What Ledgers' `type` may be → which kinds it shows; none means all. Source: the same 21 types and `earn`, whose
entries it shows (decided); the last two as
kraken-spot-rest 13.13 lists them, and kraken-semantics 1.2: `sale` brings up spend and receive."""

WITH_TRADES: Final = frozenset({ALL, "no position"})
POSITION_TRADES: Final = frozenset({"any position", "closed position", "closing position"})
"""TradesHistory's `type`: the first show every trade here, the others none, since nothing is traded on margin."""

CLOSE_TIMES: Final = {"open": OrderTime.OPENED, "close": OrderTime.CLOSED, "both": OrderTime.BOTH}

Row = TypeVar("Row")
View = TypeVar("View")


class TradeView(Struct, frozen=True, kw_only=True):
    """One fill of the account, as TradesHistory and QueryTrades show it."""

    ordertxid: str
    postxid: str
    pair: str
    time: float
    type: str
    ordertype: str
    price: str
    cost: str
    fee: str
    vol: str
    margin: str
    leverage: str = "0"
    misc: str = ""
    trade_id: int
    maker: bool
    ledgers: list[str] | UnsetType = UNSET


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


class Cursor(Struct, frozen=True):
    """Where the next page begins; null after the last."""

    next: str | None


class Paging(Struct, frozen=True):
    """How a list wants its page: from an offset with a count, or after a cursor."""

    by_cursor: bool
    before_id: int | None
    offset: int
    limit: int
    counted: bool

    @property
    def fetched(self) -> int:
        """One row more than a page by cursor shows tells whether there is another page."""
        return self.limit + 1 if self.by_cursor else self.limit


def open_orders(visit: Visit) -> dict[str, object] | Later:
    """The live orders, newest first."""
    params = visit.params
    paging = _paging(params, visit.tools.ids.order_number, usual=MOST_OPEN, most=MOST_OPEN)
    chosen = _live_orders(visit, paging)
    if params.boolean("trades", default=False):
        query = OrdersById(visit.account_id, tuple(order.order_id for order in chosen), with_fills=True)
        return Later(query, partial(_write_open, visit, paging))
    return _write_open(visit, paging, [OrderRecord(order, []) for order in chosen])


def closed_orders(visit: Visit) -> Later:
    """The orders that ended, the one that ended last first."""
    params = visit.params
    paging = _paging(params, visit.tools.ids.order_number)
    query = OrderPage(
        visit.account_id,
        live=False,
        tag=_userref(params),
        client_id=params.text("cl_ord_id"),
        span=_span(visit, visit.tools.ids.order_number),
        by=CLOSE_TIMES[params.choice("closetime", CLOSE_TIMES, "both")],
        before_id=paging.before_id,
        offset=paging.offset,
        limit=paging.fetched,
        counted=paging.counted,
        with_fills=params.boolean("trades", default=False),
    )
    return Later(query, partial(_write_closed, visit, paging))


def query_orders(visit: Visit) -> Later:
    """Orders by id, of any status."""
    params = visit.params
    names = params.comma_list("txid", MOST_ORDER_IDS)
    client_ids = params.comma_list("cl_ord_id", MOST_ORDER_IDS)
    if not names and not client_ids:
        raise BadCall(INVALID_ARGUMENTS)
    query = OrdersById(
        visit.account_id,
        _numbers(names, visit.tools.ids.order_number),
        _userref(params),
        client_ids,
        with_fills=params.boolean("trades", default=False),
    )
    return Later(query, partial(_write_queried_orders, visit))


def trades_history(visit: Visit) -> Later | dict[str, object]:
    """The account's fills, newest first."""
    params, ids = visit.params, visit.tools.ids
    kind = params.choice("type", WITH_TRADES | POSITION_TRADES, ALL)
    paging = _paging(params, ids.trade_number)
    with_ledgers = params.boolean("ledgers", default=False)
    query = FillPage(
        visit.account_id,
        tuple(_pair(visit, text) for text in params.comma_list("pair", MOST_NAMES)),
        _span(visit, ids.trade_number),
        paging.before_id,
        paging.offset,
        paging.fetched,
        counted=paging.counted,
        merge_sweeps=_consolidates(params) and not with_ledgers,
    )
    write = partial(_write_trades, visit, paging, with_ledgers=with_ledgers)
    return write(Page([], 0 if paging.counted else None)) if kind in POSITION_TRADES else Later(query, write)


def query_trades(visit: Visit) -> Later:
    """Fills by id."""
    names = _required_list(visit.params, "txid", MOST_TRADE_IDS)
    with_ledgers = visit.params.boolean("ledgers", default=False)
    query = FillsById(visit.account_id, _numbers(names, visit.tools.ids.trade_number))
    return Later(query, partial(_write_queried_trades, visit, with_ledgers=with_ledgers))


def ledgers(visit: Visit) -> Later:
    """The account's postings, newest first."""
    params, ids = visit.params, visit.tools.ids
    paging = _paging(params, ids.ledger_number)
    query = PostingPage(
        visit.account_id,
        assets=_assets(visit),
        kinds=TYPE_FILTERS[params.choice("type", TYPE_FILTERS, ALL)],
        span=_span(visit, ids.ledger_number),
        before_id=paging.before_id,
        offset=paging.offset,
        limit=paging.fetched,
        counted=paging.counted,
    )
    return Later(query, partial(_write_ledger, visit, paging))


def query_ledgers(visit: Visit) -> Later:
    """Postings by id. `trades` is about positions, of which there are none. Source: seed "Query Ledgers"."""
    names = _required_list(visit.params, "id", MOST_LEDGER_IDS)
    visit.params.boolean("trades", default=False)
    query = PostingsById(visit.account_id, _numbers(names, visit.tools.ids.ledger_number))
    return Later(query, partial(_write_queried_ledger, visit))


def _live_orders(visit: Visit, paging: Paging) -> list[Order]:
    tag, client_id = _userref(visit.params), visit.params.text("cl_ord_id")
    newest_first = reversed(visit.account.orders.values())
    chosen = (
        order
        for order in newest_first
        if (tag is None or order.tag == tag)
        and (client_id is None or order.client_id == client_id)
        and (paging.before_id is None or order.order_id < paging.before_id)
    )
    return list(islice(chosen, paging.fetched))


def _write_open(visit: Visit, paging: Paging, found: list[OrderRecord]) -> dict[str, object]:
    """Orders that ended before their trades were looked up are open no more."""
    records = [record for record in found if record.order.is_live]
    return _page("open", records, None, paging, partial(_order_item, visit, with_reason=False))


def _write_closed(visit: Visit, paging: Paging, found: Page[OrderRecord]) -> dict[str, object]:
    return _page("closed", found.rows, found.total, paging, partial(_order_item, visit))


def _write_queried_orders(visit: Visit, found: list[OrderRecord]) -> dict[str, OrderView]:
    """The known ones; none known is an error. Source: kraken-spot-rest 13.8."""
    visible = [record for record in found if _is_order_visible(visit.key, record.order)]
    if not visible:
        raise BadCall(errors.INVALID_ORDER)
    return dict(_order_item(visit, record) for record in visible)


def _write_trades(visit: Visit, paging: Paging, found: Page[Fill], *, with_ledgers: bool) -> dict[str, object]:
    item = partial(_trade_item, visit, with_ledgers=with_ledgers)
    return _page("trades", found.rows, found.total, paging, item)


def _write_queried_trades(visit: Visit, found: list[Fill], *, with_ledgers: bool) -> dict[str, TradeView]:
    visible = _some([fill for fill in found if _is_visible(visit.key, fill.at_ns)])
    return dict(_trade_item(visit, fill, with_ledgers=with_ledgers) for fill in visible)


def _write_ledger(visit: Visit, paging: Paging, found: Page[Posting]) -> dict[str, object]:
    return _page("ledger", found.rows, found.total, paging, partial(_ledger_item, visit))


def _write_queried_ledger(visit: Visit, found: list[Posting]) -> dict[str, LedgerEntry]:
    visible = _some([posting for posting in found if _is_visible(visit.key, posting.at_ns)])
    return dict(_ledger_item(visit, posting) for posting in visible)


def _some(rows: list[Row]) -> list[Row]:
    """Decided: trades and ledger entries by id are refused when none of the ids is known, as orders are."""
    if not rows:
        raise BadCall(INVALID_ARGUMENTS)
    return rows


def _page(
    name: str, rows: Sequence[Row], total: int | None, paging: Paging, item: Callable[[Row], tuple[str, View]]
) -> dict[str, object]:
    """A page under its name, and beside it the count of all matches or the cursor. Source: kraken-spot-rest 11.2."""
    views = dict(item(row) for row in rows[: paging.limit])
    result: dict[str, object] = {name: views}
    if paging.by_cursor:
        has_more = len(rows) > paging.limit
        result["cursor"] = Cursor(next(reversed(views)) if has_more else None)
    elif total is not None:
        result["count"] = total
    return result


def _order_item(visit: Visit, record: OrderRecord, *, with_reason: bool = True) -> tuple[str, OrderView]:
    order, tools = record.order, visit.tools
    market = visit.state.markets[order.market].market
    trades = [tools.ids.trade(number) for number in record.fill_ids]
    view = order_view(order, market, tools.symbols, with_reason=with_reason, trades=trades)
    return tools.ids.order(order.order_id), view


def _trade_item(visit: Visit, fill: Fill, *, with_ledgers: bool) -> tuple[str, TradeView]:
    """Decided: a trade without a position names itself as its position."""
    market, ids = visit.state.markets[fill.market].market, visit.tools.ids
    txid = ids.trade(fill.fill_id)
    postings = range(fill.first_posting, fill.first_posting + fill.postings)
    view = TradeView(
        ordertxid=ids.order(fill.order_id),
        postxid=txid,
        pair=visit.tools.symbols.pair_name(fill.market),
        time=seconds(fill.at_ns),
        type=fill.side,
        ordertype=fill.kind,
        price=price_text(market, fill.price_ticks),
        cost=cost_text(market, fill.exact),
        fee=fee_text(market, fill.fee_exact),
        vol=format_units(fill.qty_lots, market.lot_scale),
        margin=format_units(0, market.cost_scale),
        trade_id=fill.trade_id,
        maker=fill.maker,
        ledgers=[ids.ledger(number) for number in postings] if with_ledgers else UNSET,
    )
    return txid, view


def _ledger_item(visit: Visit, posting: Posting) -> tuple[str, LedgerEntry]:
    symbols, scale = visit.tools.symbols, visit.state.assets[posting.asset].scale
    entry = LedgerEntry(
        refid=_refid(visit.tools.ids, posting),
        time=seconds(posting.at_ns),
        type=ENTRY_TYPES[posting.kind],
        subtype=SUBTYPES.get(posting.kind, posting.subtype),
        aclass=symbols.asset_info(posting.asset).aclass,
        asset=symbols.asset_name(posting.asset),
        amount=format_units(posting.amount, scale),
        fee=format_units(posting.fee, scale),
        balance=format_units(posting.balance, scale),
    )
    return visit.tools.ids.ledger(posting.posting_id), entry


def _refid(ids: Ids, posting: Posting) -> str:
    """The id of what caused it. Source: kraken-spot-rest 7.1."""
    match posting.kind:
        case EntryKind.TRADE:
            return ids.trade(posting.ref)
        case EntryKind.DEPOSIT:
            return ids.deposit(posting.ref)
        case EntryKind.WITHDRAWAL:
            return ids.withdrawal(posting.ref)
    return ids.transfer(posting.ref)


def _paging(params: Params, number_of: Decode, *, usual: int = PAGE, most: int = LARGEST_PAGE) -> Paging:
    """A cursor is the id of the last row shown: rows that came since do not move the next page."""
    cursor = params.text("cursor")
    before_id = None if cursor is None else number_of(cursor)
    if cursor is not None and before_id is None:
        raise BadCall(INVALID_ARGUMENTS)
    by_cursor = params.boolean("with_cursor", default=False) or cursor is not None
    offset = params.integer("ofs", 0, MOST_OFFSET) or 0
    limit = params.integer("limit", 1, LARGEST_PAGE if by_cursor else most) or (PAGE if by_cursor else usual)
    counted = not by_cursor and not params.boolean("without_count", default=False)
    return Paging(by_cursor, before_id, 0 if by_cursor else offset, limit, counted)


def _span(visit: Visit, number_of: Decode) -> Span:
    """From `start`, exclusive, to `end`, inclusive, each a time or an id, within what the key may see."""
    key = visit.key
    after_ns, after_id = _bound(visit.params, "start", number_of)
    until_ns, until_id = _bound(visit.params, "end", number_of)
    if key.query_from_ns:
        after_ns = max(after_ns or 0, key.query_from_ns - 1)
    if key.query_to_ns:
        until_ns = min(MAX_NS if until_ns is None else until_ns, key.query_to_ns)
    return Span(after_ns, until_ns, after_id, until_id)


def _bound(params: Params, name: str, number_of: Decode) -> tuple[int | None, int | None]:
    """A time in nanoseconds or a record's number.

    A time means all that shows that time, so that a time read from a row can be sent back: the bound is the last
    nanosecond that is printed so (decided). `start=0` is no bound.
    """
    text = params.text(name)
    number = None if text is None else number_of(text)
    if text is None or number is not None:
        return None, number
    at_ns = params.time_ns(name) or 0
    if at_ns == 0 and name == "start":
        return None, None
    return min(at_ns - at_ns % SHOWN_NS + SHOWN_NS - 1, MAX_NS), None


def _is_visible(key: ApiKey, at_ns: int) -> bool:
    return key.query_from_ns <= at_ns and (not key.query_to_ns or at_ns <= key.query_to_ns)


def _is_order_visible(key: ApiKey, order: Order) -> bool:
    """An open order is no history; an ended one shows when either of its times may be seen."""
    return order.is_live or _is_visible(key, order.opened_ns) or _is_visible(key, order.closed_ns)


def _userref(params: Params) -> int | None:
    """Clients send 0 for none, and no order has it (decided)."""
    return params.integer("userref", LEAST_USERREF, MOST_USERREF) or None


def _consolidates(params: Params) -> bool:
    """Whether the fills of one arriving order are shown as one.

    Decided: only when asked for, though Kraken's default is true: every ledger entry's refid must be a trade that can
    be found. With `ledgers` they stay apart, because a ledger entry belongs to one fill.
    """
    return params.boolean("consolidate_taker", default=False)


def _required_list(params: Params, name: str, most: int) -> tuple[str, ...]:
    members = params.comma_list(name, most)
    if not members:
        raise BadCall(INVALID_ARGUMENTS)
    return members


def _numbers(names: tuple[str, ...], number_of: Decode) -> tuple[int, ...]:
    """The numbers of those texts that are ids."""
    numbers = (number_of(name) for name in names)
    return tuple(number for number in numbers if number is not None)


def _pair(visit: Visit, text: str) -> str:
    symbol = visit.tools.symbols.pair(text)
    if symbol is None:
        raise BadCall(errors.UNKNOWN_PAIR)
    return symbol


def _assets(visit: Visit) -> tuple[str, ...]:
    names = visit.params.comma_list("asset", MOST_NAMES)
    return () if names == (ALL,) else tuple(_asset(visit, name) for name in names)


def _asset(visit: Visit, text: str) -> str:
    code = visit.tools.symbols.asset(text)
    if code is None:
        raise BadCall(errors.UNKNOWN_ASSET)
    return code


ENDPOINTS: Final = (
    Endpoint("OpenOrders", open_orders, any_of("query-open-trades")),
    Endpoint("ClosedOrders", closed_orders, any_of("query-closed-trades")),
    Endpoint("QueryOrders", query_orders, any_of("query-open-trades", "query-closed-trades")),
    Endpoint("TradesHistory", trades_history, any_of("query-closed-trades", "query-open-trades"), cost=2),
    Endpoint("QueryTrades", query_trades, any_of("query-closed-trades", "query-open-trades")),
    Endpoint("Ledgers", ledgers, any_of("query-ledger"), cost=2),
    Endpoint("QueryLedgers", query_ledgers, any_of("query-ledger"), cost=2),
)
"""Permissions: kraken-spot-rest section 4, where guide and method pages differ either of the two. Costs: 5.1."""
