"""Orders and trades of an account: lists with filters and pages, and look-ups by id.

Source: kraken-rest#open-orders, kraken-rest#closed-orders, kraken-rest#query-orders, kraken-rest#trades-history,
kraken-rest#query-trades and kraken-rest#positions; kraken-orders#order-object and kraken-orders#unknown-ids;
venue-pages#user-references.
"""

from functools import partial
from itertools import islice
from typing import Final

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from seatrial.core.accounts import ApiKey
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
    Span,
)
from seatrial.dialects.kraken import errors
from seatrial.dialects.kraken.context import Context, Later
from seatrial.dialects.kraken.describe import (
    FOREX,
    TOKENIZED,
    OrderView,
    cost_text,
    fee_text,
    order_view,
    pair_class,
    price_text,
    seconds,
)
from seatrial.dialects.kraken.endpoint import Endpoint, any_of
from seatrial.dialects.kraken.errors import BadCall, bad_argument
from seatrial.dialects.kraken.manners import TRADE_FIELDS
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
    within_window,
)

MAX_OPEN: Final = 1_000
"""What `limit` may be at OpenOrders; without one it shows all. Source: kraken-rest#open-orders."""
MAX_ORDER_IDS: Final = 50
MAX_TRADE_IDS: Final = 20
"""Source: kraken-rest#query-orders and kraken-rest#query-trades."""

MIN_USERREF: Final = -(2**31)
MAX_USERREF: Final = 2**31 - 1

ALL: Final = "all"

NO_POSITION: Final = "TKH2SE-M7IF5-CFI7LT"
"""The `postxid` of a trade without a position. Source: kraken-rest#ids."""

PAIR_CLASSES: Final = (FOREX, TOKENIZED)

WITH_TRADES: Final = frozenset({ALL, "no position"})
POSITION_TRADES: Final = frozenset({"any position", "closed position", "closing position"})
"""TradesHistory's `type`: the first show every trade here, the others none, since nothing is traded on margin."""

CLOSE_TIMES: Final = {"open": OrderTime.OPENED, "close": OrderTime.CLOSED, "both": OrderTime.BOTH}


class TradeView(Struct, frozen=True, kw_only=True):
    """One fill of the account, as TradesHistory and QueryTrades show it.

    Source of the order: kraken-rest#trades-history.
    """

    ordertxid: str
    postxid: str = NO_POSITION
    pair: str
    aclass: str | UnsetType = UNSET
    time: float
    type: str
    ordertype: str
    tradeordertype: str | UnsetType = UNSET
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


def open_orders(context: Context, params: Params) -> dict[str, object] | Later:
    """The live orders, newest first; all of them unless a limit or a cursor asks for a page.

    So many as no page has are read and written beside the machine.
    """
    read_unused(params, "consolidate_taker")
    paging = read_paging(params, context.tools.ids.order_number, usual=MAX_OPEN, maximum=MAX_OPEN)
    is_page = paging.by_cursor or params.text("limit") is not None
    wanted = _read_open(context, params)
    chosen = _live_orders(context, wanted, paging.fetched if is_page else MAX_OPEN + 1, paging.before_id)
    if not is_page and len(chosen) > MAX_OPEN:
        return Later(wanted, partial(_write_all_open, context), is_long=True)
    if wanted.with_fills:
        query = OrdersById(context.account_id, tuple(order.order_id for order in chosen), with_fills=True)
        return Later(query, partial(_write_open, context, paging))
    return _write_open(context, paging, [OrderRecord(order, []) for order in chosen])


def closed_orders(context: Context, params: Params) -> Later:
    """The orders that ended, the one that ended last first."""
    read_unused(params, "consolidate_taker")
    paging = read_paging(params, context.tools.ids.order_number)
    query = OrderPage(
        context.account_id,
        live=False,
        tag=_userref(params),
        client_id=params.text("cl_ord_id"),
        span=span_of(context, params, context.tools.ids.order_number),
        by=CLOSE_TIMES[params.choice("closetime", CLOSE_TIMES, "both")],
        before_id=paging.before_id,
        offset=paging.offset,
        limit=paging.fetched,
        counted=paging.counted,
        with_fills=params.boolean("trades", default=False),
    )
    return Later(query, partial(_write_closed, context, paging))


def query_orders(context: Context, params: Params) -> Later:
    """Orders by id, of any status. Those that the key may not see, or nobody has, are left out."""
    read_unused(params, "consolidate_taker")
    names = params.comma_list("txid", MAX_ORDER_IDS)
    client_ids = params.comma_list("cl_ord_id", MAX_ORDER_IDS)
    if not names and not client_ids:
        raise bad_argument("txid")
    query = OrdersById(
        context.account_id,
        numbers(names, "O", context.tools.ids.order_number),
        _userref(params),
        client_ids,
        with_fills=params.boolean("trades", default=False),
    )
    return Later(query, partial(_write_queried_orders, context))


def trades_history(context: Context, params: Params) -> Later | dict[str, object]:
    """The account's fills, newest first."""
    ids = context.tools.ids
    read_unused(params, "trades")
    kind = params.choice("type", WITH_TRADES | POSITION_TRADES, ALL)
    paging = read_paging(params, ids.trade_number)
    with_ledgers = params.boolean("ledgers", default=False)
    markets = _markets(context, params)
    query = FillPage(
        context.account_id,
        markets or (),
        span_of(context, params, ids.trade_number),
        paging.before_id,
        paging.offset,
        paging.fetched,
        counted=paging.counted,
        merge_sweeps=_consolidates(params) and not with_ledgers,
    )
    write = partial(_write_trades, context, paging, with_ledgers=with_ledgers)
    return write(nothing(paging)) if markets is None or kind in POSITION_TRADES else Later(query, write)


def query_trades(context: Context, params: Params) -> Later:
    """Fills by id, without those that the key may not see or nobody has."""
    read_unused(params, "trades")
    names = required_list(params, "txid", MAX_TRADE_IDS)
    with_ledgers = params.boolean("ledgers", default=False)
    query = FillsById(context.account_id, numbers(names, "T", context.tools.ids.trade_number))
    return Later(query, partial(_write_queried_trades, context, with_ledgers=with_ledgers))


def open_positions(_context: Context, params: Params) -> dict[str, object] | list[object]:
    """The positions: nobody has one. Source: kraken-rest#positions."""
    read_unused(params, "docalcs")
    params.comma_list("txid", MAX_TRADE_IDS)
    return [] if params.choice("consolidation", ("market",), None) else {}


def _read_open(context: Context, params: Params) -> OrderPage:
    """All that are asked for, as the store would find them."""
    return OrderPage(
        context.account_id,
        live=True,
        tag=_userref(params),
        client_id=params.text("cl_ord_id"),
        span=within_window(context.key, Span()),
        limit=None,
        counted=False,
        with_fills=params.boolean("trades", default=False),
    )


def _live_orders(context: Context, wanted: OrderPage, maximum: int, before_id: int | None) -> list[Order]:
    """The newest of them, as the machine has them."""
    tag, client_id, key = wanted.tag, wanted.client_id, context.key
    newest_first = reversed(context.account.orders.values())
    chosen = (
        order
        for order in newest_first
        if (tag is None or order.tag == tag)
        and (client_id is None or order.client_id == client_id)
        and (before_id is None or order.order_id < before_id)
        and is_visible(key, order.opened_ns)
    )
    return list(islice(chosen, maximum))


def _write_all_open(context: Context, found: Page[OrderRecord]) -> dict[str, object]:
    """Each order is spelled out by itself, so that others have their turn in between."""
    views = (_order_item(context, record, with_reason=False) for record in found.rows)
    return {"open": {txid: Raw(_encode(view)) for txid, view in views}}


def _write_open(context: Context, paging: Paging, found: list[OrderRecord]) -> dict[str, object]:
    """Orders that ended before their trades were looked up are open no more."""
    records = [record for record in found if record.order.is_live]
    return page_of("open", records, None, paging, partial(_order_item, context, with_reason=False))


def _write_closed(context: Context, paging: Paging, found: Page[OrderRecord]) -> dict[str, object]:
    return page_of("closed", found.rows, found.total, paging, partial(_order_item, context))


def _write_queried_orders(context: Context, found: list[OrderRecord]) -> dict[str, OrderView]:
    visible = (record for record in found if is_order_visible(context.key, record.order))
    return dict(_order_item(context, record) for record in visible)


def _write_trades(context: Context, paging: Paging, found: Page[Fill], *, with_ledgers: bool) -> dict[str, object]:
    item = partial(_trade_item, context, with_ledgers=with_ledgers)
    return page_of("trades", found.rows, found.total, paging, item)


def _write_queried_trades(context: Context, found: list[Fill], *, with_ledgers: bool) -> dict[str, TradeView]:
    visible = (fill for fill in found if is_visible(context.key, fill.at_ns))
    return dict(_trade_item(context, fill, with_ledgers=with_ledgers) for fill in visible)


def _order_item(context: Context, record: OrderRecord, *, with_reason: bool = True) -> tuple[str, OrderView]:
    order, tools = record.order, context.tools
    market = context.state.markets[order.market].market
    trades = [tools.ids.trade(number) for number in record.fill_ids]
    as_of_ns = context.state.as_of(context.at_ns)
    view = order_view(order, market, tools.symbols, as_of_ns, with_reason=with_reason, trades=trades)
    return tools.ids.order(order.order_id), view


def _trade_item(context: Context, fill: Fill, *, with_ledgers: bool) -> tuple[str, TradeView]:
    """Decided: `tradeordertype` is what the order was placed as, as `ordertype` is while no order is triggered."""
    market, ids, symbols = context.state.markets[fill.market].market, context.tools.ids, context.tools.symbols
    postings = range(fill.first_posting, fill.first_posting + fill.postings)
    is_newer = context.does(TRADE_FIELDS)
    view = TradeView(
        ordertxid=ids.order(fill.order_id),
        pair=symbols.pair_name(fill.market),
        aclass=pair_class(symbols, fill.market) if is_newer else UNSET,
        time=seconds(fill.at_ns),
        type=fill.side,
        ordertype=fill.kind,
        tradeordertype=fill.kind if is_newer else UNSET,
        price=price_text(market, fill.price_ticks),
        cost=cost_text(market, fill.exact),
        fee=fee_text(market, fill.fee_exact),
        vol=format_units(fill.qty_lots, market.lot_scale),
        margin=format_units(0, market.cost_scale),
        trade_id=fill.trade_id,
        maker=fill.maker,
        ledgers=[ids.ledger(number) for number in postings] if with_ledgers else UNSET,
    )
    return ids.trade(fill.fill_id), view


def is_order_visible(key: ApiKey, order: Order) -> bool:
    """An order shows when either of its times may be seen; an open one has but one."""
    return is_visible(key, order.opened_ns) or (not order.is_live and is_visible(key, order.closed_ns))


def _userref(params: Params) -> int | None:
    """Clients send 0 for none, and no order has it (decided)."""
    return params.integer("userref", MIN_USERREF, MAX_USERREF) or None


def _consolidates(params: Params) -> bool:
    """Whether the fills of one arriving order are shown as one.

    Decided: only when asked for, though Kraken's default is true: every ledger entry's refid must be a trade that can
    be found. With `ledgers` they stay apart, because a ledger entry belongs to one fill.
    """
    return params.boolean("consolidate_taker", default=False)


def _markets(context: Context, params: Params) -> tuple[str, ...] | None:
    """Whose trades are asked for; empty: all; None: those of no market.

    Without a class all classes are shown (decided).
    """
    symbols = context.tools.symbols
    wanted = params.choice("aclass", PAIR_CLASSES, None)
    named = tuple(_pair(context, text, wanted) for text in params.comma_list("pair", MAX_NAMES))
    if named or wanted is None:
        return named
    return of_class(symbols.pair_symbols, partial(pair_class, symbols), wanted)


def _pair(context: Context, text: str, wanted: str | None) -> str:
    symbol = context.tools.symbols.pair(text)
    if symbol is None or wanted not in (None, pair_class(context.tools.symbols, symbol)):
        raise BadCall(errors.UNKNOWN_PAIR)
    return symbol


_encode: Final = msgspec.json.Encoder().encode

ENDPOINTS: Final = (
    Endpoint("OpenOrders", of_wallet(open_orders), any_of("query-open-trades")),
    Endpoint("ClosedOrders", of_wallet(closed_orders), any_of("query-closed-trades")),
    Endpoint("QueryOrders", of_wallet(query_orders), any_of("query-open-trades", "query-closed-trades")),
    Endpoint("TradesHistory", of_wallet(trades_history), any_of("query-closed-trades", "query-open-trades"), cost=2),
    Endpoint("QueryTrades", of_wallet(query_trades), any_of("query-closed-trades", "query-open-trades")),
    Endpoint("OpenPositions", of_wallet(open_positions), any_of("query-open-trades")),
)
"""Permissions: kraken-rest#permissions, where guide and method pages differ either of the two.
Costs: kraken-rest#call-limits."""
