"""A user's orders and fills: lists by page and by cursor, and single ones.

Source: kucoin-rest#classic-orders and kucoin-rest#high-frequency-orders; kucoin-rest#pages and kucoin-rest#cursors.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final, NamedTuple

from msgspec.structs import replace

from seatrial.core.orders import Fill, Order, OrderKind, Side
from seatrial.core.queries import (
    FillPage,
    OrderPage,
    OrderRecord,
    OrdersById,
    OrderTime,
    Page,
    Span,
)
from seatrial.dialects.kucoin import errors
from seatrial.dialects.kucoin.context import Context, Later
from seatrial.dialects.kucoin.describe import (
    KINDS,
    SIDES,
    SPOT_TRADES,
    TRADE_TYPES,
    FillView,
    HfFillView,
    HfOrderView,
    OrderView,
    fill_view,
    hf_fill_view,
    hf_order_view,
    last_updated_ns,
    order_view,
)
from seatrial.dialects.kucoin.endpoint import GENERAL, Endpoint
from seatrial.dialects.kucoin.errors import BadCall, Error
from seatrial.dialects.kucoin.limits import Pool
from seatrial.dialects.kucoin.paging import (
    DAY_NS,
    WEEK_NS,
    Paging,
    page_of,
    read_bounds,
    read_page,
    read_window,
    span,
)
from seatrial.dialects.kucoin.params import Params
from seatrial.dialects.kucoin.reading import market_of

STOP_KINDS: Final = frozenset({"limit_stop", "market_stop", "oco_limit", "oco_stop"})
"""Kinds of orders that nobody has here: asking for them finds none."""
ACTIVE: Final = "active"
DONE: Final = "done"

MAX_RECENT: Final = 1000
HF_PAGE: Final = 20
HF_MAX_PAGE: Final = 50
HF_USUAL: Final = 20
HF_MAX_ORDERS: Final = 100
HF_MAX_FILLS: Final = 200

ORDERS_TOO_LONG: Final = Error(
    errors.PARAMETER.code, "List Orders doesn't support get orders in a large timespan (> 7 days)"
)
FILLS_TOO_LONG: Final = Error(
    errors.PARAMETER.code, "Get List Fills doesn't support get fills in a large timespan (> 7 days)"
)
"""Source: kucoin-rest#messages, where the older window of the second has 24 hours. Decided: the first."""


class Filter(NamedTuple):
    """Which orders or fills a call wants."""

    market: str | None
    side: Side | None
    kind: OrderKind | None
    exists: bool
    """Whether there are any of that kind at all."""

    def wants(self, found: Order) -> bool:
        """Whether one is wanted."""
        if not self.exists or self.market not in (None, found.market):
            return False
        return self.side in (None, found.side) and self.kind in (None, found.kind)

    @property
    def markets(self) -> tuple[str, ...]:
        """The market as a query has it; so the others."""
        return () if self.market is None else (self.market,)

    @property
    def sides(self) -> tuple[Side, ...]:
        """The side."""
        return () if self.side is None else (self.side,)

    @property
    def kinds(self) -> tuple[OrderKind, ...]:
        """The kind."""
        return () if self.kind is None else (self.kind,)


ANY: Final = Filter(None, None, None, exists=True)


def orders(context: Context, params: Params) -> Later | dict[str, object]:
    """A page of the live orders, or of the ended ones, newest first."""
    wanted, paging = _read_filter(context, params), read_page(params, minimum=1)
    if params.choice("status", (ACTIVE, DONE), DONE) == ACTIVE:
        start_ns, end_ns = read_bounds(params)
        live = [one for one in _live(context) if _is_within(one, start_ns, end_ns) and wanted.wants(one)]
        return page_of([_view(context, one) for one in paging.cut(live)], len(live), paging)
    start_ns, end_ns = read_window(params, context.at_ns, WEEK_NS, WEEK_NS, ORDERS_TOO_LONG)
    if not wanted.exists:
        return page_of([], 0, paging)
    query = replace(_ended(context, wanted, start_ns, end_ns, paging.size), offset=paging.offset, counted=True)
    return Later(query, partial(_write_orders, context, paging))


def recent_orders(context: Context, _params: Params) -> Later:
    """The orders of the last 24 hours, newest first, at most 1000."""
    since_ns = context.at_ns - DAY_NS
    live = [one for one in _live(context) if one.opened_ns >= since_ns]

    def write(page: Page[OrderRecord]) -> list[OrderView]:
        both = {one.order_id: one for one in (*live, *_orders_of(page))}
        return [_view(context, one) for one in _newest(both.values())[:MAX_RECENT]]

    return Later(_ended(context, ANY, since_ns, None, MAX_RECENT), write)


def order(context: Context, params: Params) -> Later:
    """One order."""
    return _one_order(context, _order_number(context, params), _view)


def live_order_by_client_oid(context: Context, params: Params) -> OrderView:
    """One live order by the user's own name for it."""
    found = context.account.by_client_id.get(params.required("clientOid"))
    if found is None:
        raise BadCall(errors.UNKNOWN_ORDER)
    return _view(context, found)


def fills(context: Context, params: Params) -> Later | dict[str, object]:
    """A page of fills, newest first. With `orderId` nothing else counts but the page."""
    paging = read_page(params, minimum=1)
    text = params.text("orderId")
    if text is not None:
        query = FillPage(context.account_id, order_ids=_named_order(context, text))
    else:
        wanted = _read_filter(context, params)
        start_ns, end_ns = read_window(params, context.at_ns, WEEK_NS, DAY_NS, FILLS_TOO_LONG)
        if not wanted.exists:
            return page_of([], 0, paging)
        query = _fills_within(context, wanted, start_ns, end_ns)
    return Later(replace(query, offset=paging.offset, limit=paging.size), partial(_write_fills, context, paging))


def recent_fills(context: Context, _params: Params) -> Later:
    """The fills of the last 24 hours, newest first, at most 1000."""
    query = FillPage(context.account_id, span=span(context.at_ns - DAY_NS, None), limit=MAX_RECENT, counted=False)
    return Later(query, lambda page: _fill_views(context, page.rows))


def hf_active(context: Context, params: Params) -> list[HfOrderView]:
    """The live orders of a market, the last one that anything happened to first."""
    return [_hf_view(context, found) for found in _hf_live(context, params)]


def hf_active_page(context: Context, params: Params) -> dict[str, object]:
    """A page of them. The page's number is `pageNum` here."""
    number = params.integer("pageNum", 1, 2**31) or 1
    paging = Paging(number, params.integer("pageSize", 1, HF_MAX_PAGE) or HF_PAGE)
    live = _hf_live(context, params)
    return page_of([_hf_view(context, found) for found in paging.cut(live)], len(live), paging)


def hf_active_symbols(context: Context, _params: Params) -> dict[str, list[str]]:
    """The markets with live orders."""
    live = dict.fromkeys(found.market for found in context.account.orders.values())
    return {"symbols": [context.tools.symbols.name(symbol) for symbol in live]}


def hf_done(context: Context, params: Params) -> Later | dict[str, object]:
    """The ended orders of a market, newest first, by cursor."""
    wanted = _read_filter(context, params)._replace(market=_required_market(context, params))
    limit = params.integer("limit", 1, HF_MAX_ORDERS) or HF_USUAL
    cursor = context.tools.ids.order_row
    before = _before(params, cursor.number)
    start_ns, end_ns = _hf_window(context, params)
    if not wanted.exists:
        return {"lastId": 0, "items": []}

    def write(page: Page[OrderRecord]) -> dict[str, object]:
        shown = list(_orders_of(page))
        last = cursor(shown[-1].order_id) if shown else 0
        return {"lastId": last, "items": [_hf_view(context, one) for one in shown]}

    return Later(replace(_ended(context, wanted, start_ns, end_ns, limit), before_id=before), write)


def hf_order(context: Context, params: Params) -> Later:
    """One order of a market."""
    return _one_order(context, _order_number(context, params), _hf_view, _required_market(context, params))


def hf_order_by_client_oid(context: Context, params: Params) -> Later:
    """The newest order of a market by the user's own name for it."""
    market = _required_market(context, params)
    query = OrdersById(context.account_id, (), client_ids=(params.required("clientOid"),))
    return Later(query, partial(_write_order, context, _hf_view, market))


def hf_fills(context: Context, params: Params) -> Later | dict[str, object]:
    """The fills of a market, newest first, by cursor. With `orderId` only those of that order, whenever they were."""
    wanted = _read_filter(context, params)._replace(market=_required_market(context, params))
    limit = params.integer("limit", 1, HF_MAX_FILLS) or HF_USUAL
    cursor = context.tools.ids.fill_row
    before = _before(params, cursor.number)
    start_ns, end_ns = _hf_window(context, params)
    if not wanted.exists:
        return {"items": [], "lastId": 0}

    def write(page: Page[Fill]) -> dict[str, object]:
        last = cursor(page.rows[-1].fill_id) if page.rows else 0
        return {"items": _hf_fill_views(context, page.rows), "lastId": last}

    query = _fills_within(context, wanted, start_ns, end_ns)
    text = params.text("orderId")
    if text is not None:
        query = replace(query, span=Span(), order_ids=_named_order(context, text))
    return Later(replace(query, before_id=before, limit=limit, counted=False), write)


View = Callable[[Context, Order], object]


def _read_filter(context: Context, params: Params) -> Filter:
    name = params.text("symbol")
    kind = params.choice("type", (*KINDS, *STOP_KINDS), None)
    side = params.choice("side", SIDES, None)
    is_spot = params.choice("tradeType", TRADE_TYPES, SPOT_TRADES) == SPOT_TRADES
    return Filter(
        market=None if name is None else market_of(context, name),
        side=None if side is None else SIDES[side],
        kind=None if kind is None else KINDS.get(kind),
        exists=is_spot and kind not in STOP_KINDS,
    )


def _required_market(context: Context, params: Params) -> str:
    return market_of(context, params.required("symbol"))


def _before(params: Params, number: Callable[[int], int]) -> int | None:
    """The row that `lastId` names."""
    last = params.integer("lastId", 0, 2**63 - 1)
    return None if last is None else number(last)


def _hf_window(context: Context, params: Params) -> tuple[int, int | None]:
    """Silently cut to the last seven days. Source: kucoin-rest#cursors, where older pages have three."""
    start_ns, end_ns = read_bounds(params)
    return max(start_ns or 0, context.at_ns - WEEK_NS), end_ns


def _ended(context: Context, wanted: Filter, start_ns: int, end_ns: int | None, limit: int) -> OrderPage:
    """The newest of the ended orders that were opened in a stretch of time."""
    return OrderPage(
        context.account_id, live=False, span=span(start_ns, end_ns), by=OrderTime.OPENED, limit=limit, counted=False,
        markets=wanted.markets, sides=wanted.sides, kinds=wanted.kinds, newest_opened_first=True,
    )  # fmt: skip


def _fills_within(context: Context, wanted: Filter, start_ns: int, end_ns: int | None) -> FillPage:
    return FillPage(context.account_id, wanted.markets, span(start_ns, end_ns), sides=wanted.sides, kinds=wanted.kinds)


def _order_number(context: Context, params: Params) -> int | None:
    return context.tools.ids.order.number(params.required("orderId"))


def _named_order(context: Context, text: str) -> tuple[int]:
    """Of an order that the caller does not have there are no fills (decided)."""
    return (context.tools.ids.order.number(text) or 0,)


def _live(context: Context) -> list[Order]:
    return _newest(context.account.orders.values())


def _orders_of(page: Page[OrderRecord]) -> Iterable[Order]:
    return (record.order for record in page.rows)


def _newest(found: Iterable[Order]) -> list[Order]:
    return sorted(found, key=lambda order: order.order_id, reverse=True)


def _is_within(order: Order, start_ns: int | None, end_ns: int | None) -> bool:
    return (start_ns is None or order.opened_ns >= start_ns) and (end_ns is None or order.opened_ns <= end_ns)


def _write_orders(context: Context, paging: Paging, page: Page[OrderRecord]) -> dict[str, object]:
    return page_of([_view(context, one) for one in _orders_of(page)], page.total or 0, paging)


def _one_order(context: Context, number: int | None, view: View, market: str | None = None) -> Later:
    if number is None:
        raise BadCall(errors.UNKNOWN_ORDER)
    return Later(OrdersById(context.account_id, (number,)), partial(_write_order, context, view, market))


def _write_order(context: Context, view: View, market: str | None, found: list[OrderRecord]) -> object:
    newest = next((record.order for record in found if market in (None, record.order.market)), None)
    if newest is None:
        raise BadCall(errors.UNKNOWN_ORDER)
    return view(context, newest)


def _hf_live(context: Context, params: Params) -> list[Order]:
    market = _required_market(context, params)
    live = (found for found in context.account.orders.values() if found.market == market)
    return sorted(live, key=lambda order: (last_updated_ns(order), order.order_id), reverse=True)


def _write_fills(context: Context, paging: Paging, page: Page[Fill]) -> dict[str, object]:
    return page_of(_fill_views(context, page.rows), page.total or 0, paging)


def _fill_views(context: Context, found: Iterable[Fill]) -> list[FillView]:
    state, tools = context.state, context.tools
    return [
        fill_view(one, state.markets[one.market].market, tools.symbols, tools.ids, state.as_of(one.at_ns))
        for one in found
    ]


def _hf_fill_views(context: Context, found: Iterable[Fill]) -> list[HfFillView]:
    markets, tools = context.state.markets, context.tools
    return [hf_fill_view(one, markets[one.market].market, tools.symbols, tools.ids) for one in found]


def _view(context: Context, order: Order) -> OrderView:
    return order_view(order, context.state.markets[order.market].market, context.tools.symbols, context.tools.ids)


def _hf_view(context: Context, order: Order) -> HfOrderView:
    return hf_order_view(order, context.state.markets[order.market].market, context.tools.symbols, context.tools.ids)


ENDPOINTS: Final = (
    Endpoint("GET", "/api/v1/orders", orders, GENERAL, Pool.SPOT, 2),
    Endpoint("GET", "/api/v1/orders/{orderId}", order, GENERAL, Pool.SPOT, 2),
    Endpoint("GET", "/api/v1/order/client-order/{clientOid}", live_order_by_client_oid, GENERAL, Pool.SPOT, 3),
    Endpoint("GET", "/api/v1/limit/orders", recent_orders, GENERAL, Pool.SPOT, 3),
    Endpoint("GET", "/api/v1/fills", fills, GENERAL, Pool.SPOT, 10),
    Endpoint("GET", "/api/v1/limit/fills", recent_fills, GENERAL, Pool.SPOT, 20),
    Endpoint("GET", "/api/v1/hf/orders/active", hf_active, GENERAL, Pool.SPOT, 2),
    Endpoint("GET", "/api/v1/hf/orders/active/page", hf_active_page, GENERAL, Pool.SPOT, 2),
    Endpoint("GET", "/api/v1/hf/orders/active/symbols", hf_active_symbols, GENERAL, Pool.SPOT, 2),
    Endpoint("GET", "/api/v1/hf/orders/done", hf_done, GENERAL, Pool.SPOT, 2),
    Endpoint("GET", "/api/v1/hf/orders/{orderId}", hf_order, GENERAL, Pool.SPOT, 2),
    Endpoint("GET", "/api/v1/hf/orders/client-order/{clientOid}", hf_order_by_client_oid, GENERAL, Pool.SPOT, 2),
    Endpoint("GET", "/api/v1/hf/fills", hf_fills, GENERAL, Pool.SPOT, 2),
)
