"""Answers about stored history. Reads only."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from itertools import count, islice, takewhile
from operator import itemgetter
from typing import Any, Final, assert_never

from msgspec.structs import replace
from sqlalchemy import Column, Connection, Select, and_, exists, func, not_, or_, select
from sqlalchemy.sql import ColumnElement

from seatrial.core.candles import Candle
from seatrial.core.funding import Transfer
from seatrial.core.orders import Fill, Trade
from seatrial.core.queries import (
    AmendsOf,
    Answer,
    CandlePage,
    FillPage,
    FillsById,
    FundingPage,
    MoveNamed,
    OrderHistory,
    OrderPage,
    OrderRecord,
    OrdersById,
    OrderTime,
    Page,
    PostingPage,
    PostingsById,
    Query,
    Span,
    TradePage,
    TradesOfMarkets,
    TransferPage,
    TransfersById,
)
from seatrial.store import marks, postings, schema
from seatrial.store.columns import AnyRow, RawRow
from seatrial.store.quick import Question, Statement, by_id, named

_orders, _fills = schema.orders.c, schema.fills.c
_trades, _transfers, _candles = schema.trades.c, schema.transfers.c, schema.candles.c

_TAPE_PAGE: Final = 100
"""How many of a market's trades are read at once beside those of others."""

MAX_IN_A_LIST: Final = 10_000
"""Values in one condition; the databases take 32,766 and 65,535."""

_FILLS_BY_ID: Final = by_id(schema.fills, "fill_id")
_ORDERS_BY_ID: Final = by_id(schema.orders, "order_id")
_TRANSFERS_BY_ID: Final = by_id(schema.transfers, "transfer_id")
_ANY_TRANSFERS: Final = by_id(schema.transfers, "transfer_id", of_account=False)
_MOVE_NAMED: Final = Statement(
    "SELECT move_id, at_ns FROM moves WHERE account_id = :account AND client_id = :name ORDER BY move_id LIMIT 1"
)

_NO_ID: Final = 2**63 - 1
"""Larger than any."""

_SUMMED: Final = ("qty_lots", "exact", "fee_exact", "fee_quote", "fee_base", "volume_usd")
"""Of the fills that are shown as one."""

Condition = ColumnElement[bool]


def answer(query: Query, connection: Connection) -> Answer:  # noqa: C901  one case per query
    """Answer one query from what is committed."""
    if (question := quick(query)) is not None:
        return question.read(question.statement.run(connection, question.parameters))
    match query:
        case PostingPage():
            return postings.page(query, connection)
        case OrderPage():
            return _order_page(query, connection)
        case OrdersById():
            return _orders_by_id(query, connection)
        case AmendsOf():
            return _order_history(query, connection)
        case FillPage():
            return _fill_page(query, connection)
        case TransferPage():
            return _transfer_page(query, connection)
        case FundingPage():
            return _funding_page(query, connection)
        case TradePage():
            return _trade_page(query, connection)
        case TradesOfMarkets():
            return _trades_of_markets(query, connection)
        case CandlePage():
            return _candle_page(query, connection)
        case PostingsById() | FillsById() | TransfersById() | MoveNamed():
            raise AssertionError("these are one statement")
    assert_never(query)


def quick(query: Query) -> Question | None:
    """A query as one statement that an index leads straight to a few rows, where it is one."""
    match query:
        case PostingPage() | PostingsById():
            return postings.quick(query)
        case FillsById():
            return Question(_FILLS_BY_ID, named(query.account_id, query.fill_ids), _fills_of)
        case OrdersById() if query.tag is None and not query.client_ids and not query.with_fills:
            return Question(_ORDERS_BY_ID, named(query.account_id, query.order_ids), _orders_of)
        case TransfersById():
            statement = _ANY_TRANSFERS if query.account_id is None else _TRANSFERS_BY_ID
            return Question(statement, named(query.account_id or 0, query.transfer_ids), _transfers_of)
        case MoveNamed():
            return Question(_MOVE_NAMED, {"account": query.account_id, "name": query.client_id}, _moves_of)
    return None


def _transfers_of(found: Iterable[AnyRow]) -> list[Transfer]:
    return list(map(schema.TRANSFERS.from_row, found))


def _moves_of(found: Iterable[AnyRow]) -> list[tuple[int, int]]:
    return [(move_id, at_ns) for move_id, at_ns in found]


def _fills_of(found: Iterable[AnyRow]) -> list[Fill]:
    return list(map(schema.FILLS.from_row, found))


def _orders_of(found: Iterable[AnyRow]) -> list[OrderRecord]:
    return [OrderRecord(order, []) for order in map(schema.ORDERS.from_row, found)]


def is_quick(query: Query) -> bool:
    """Whether an index leads straight to a few rows, however long the history is."""
    match query:
        case PostingsById() | FillsById() | TransfersById() | MoveNamed():
            return True
        case OrdersById():
            return not query.client_ids
        case PostingPage():
            return not postings.is_filtered(query)
    return False


def _page(
    connection: Connection,
    found: Select[Any],
    order: tuple[ColumnElement[Any], ...],
    query: OrderPage | FillPage | TransferPage,
    read: Callable[..., Any],
) -> Page[Any]:
    """One page of what was found, and how many there are when that was asked."""
    total = None
    if query.counted:
        total = connection.execute(select(func.count()).select_from(found.subquery())).scalar_one()
    page = found.order_by(*order).offset(query.offset)
    if query.limit is not None:
        page = page.limit(query.limit)
    return Page([read(row) for row in connection.execute(page)], total)


def _among(*wanted: tuple[Column[Any], tuple[Any, ...]]) -> list[Condition]:
    """That each column has one of some values; empty ones ask for nothing."""
    return [column.in_([str(value) for value in values]) for column, values in wanted if values]


def _within(
    span: Span, at: Column[int], key: Column[int], account_id: int, record_at: Column[int] | None = None
) -> list[Condition]:
    """The conditions of a span on one time column.

    A bound given by a record is that record's time, `record_at` where that is not the bounded one; one given by a
    record that the account does not have leaves nothing (decided).
    """
    own_at = at if record_at is None else record_at

    def time_of(number: int) -> ColumnElement[int]:
        own = select(own_at).where(at.table.c.account_id == account_id, key == number)
        return own.correlate(None).scalar_subquery()

    lows: list[marks.Moment] = [] if span.after_ns is None else [span.after_ns]
    highs: list[marks.Moment] = [] if span.until_ns is None else [span.until_ns]
    if span.after_id is not None:
        lows.append(time_of(span.after_id))
    if span.until_id is not None:
        highs.append(time_of(span.until_id))
    if at is not _orders.opened_ns and at is not _fills.at_ns:
        return [*(at > low for low in lows), *(at <= high for high in highs)]
    bounds = [*(marks.later(key, at, low) for low in lows), *(marks.until(key, at, high) for high in highs)]
    return [condition for bound in bounds for condition in bound]


def _order_page(query: OrderPage, connection: Connection) -> Page[OrderRecord]:
    lives = _orders.closed_ns == 0 if query.live else _orders.closed_ns > 0
    conditions = [_orders.account_id == query.account_id, lives]
    if query.tag is not None:
        conditions.append(_orders.tag == query.tag)
    if query.client_id is not None:
        conditions.append(_orders.client_id == query.client_id)
    conditions += _among((_orders.market, query.markets), (_orders.side, query.sides), (_orders.kind, query.kinds))
    conditions += _order_span(query)
    if query.before_id is not None:
        conditions.append(_listed_after(query.before_id, query))
    found = select(schema.orders).where(*conditions)
    page = _page(connection, found, _listing(query), query, lambda row: row)
    return Page(_records(page.rows, query.account_id, connection, with_fills=query.with_fills), page.total)


def _order_span(query: OrderPage) -> list[Condition]:
    """A bound given by an order is its opening time, whichever time is asked about.

    Source: kraken-rest#closed-orders.
    """

    def within(at: Column[int]) -> list[Condition]:
        return _within(query.span, at, _orders.order_id, query.account_id, _orders.opened_ns)

    if query.span == Span():
        return []
    if query.live or query.by is OrderTime.OPENED:
        return within(_orders.opened_ns)
    if query.by is OrderTime.CLOSED:
        return within(_orders.closed_ns)
    return [or_(and_(*within(_orders.opened_ns)), and_(*within(_orders.closed_ns)))]


def _listing(query: OrderPage) -> tuple[ColumnElement[Any], ...]:
    """Orders are numbered as they are opened."""
    if query.live or query.newest_opened_first:
        return (_orders.order_id.desc(),)
    return _orders.closed_ns.desc(), _orders.order_id.desc()


def _listed_after(order_id: int, query: OrderPage) -> Condition:
    if query.live or query.newest_opened_first:
        return _orders.order_id < order_id
    shown = select(_orders.closed_ns).where(_orders.account_id == query.account_id, _orders.order_id == order_id)
    closed_ns = shown.correlate(None).scalar_subquery()
    return or_(_orders.closed_ns < closed_ns, and_(_orders.closed_ns == closed_ns, _orders.order_id < order_id))


def _orders_by_id(query: OrdersById, connection: Connection) -> list[OrderRecord]:
    if query.tag is None and not query.client_ids:
        plain = _ORDERS_BY_ID.run(connection, named(query.account_id, query.order_ids))
        return _with_fills(_orders_of(plain), query.account_id, connection)
    names = [column.in_(ids) for column, ids in _names(query) if ids]
    if not names:
        return []
    conditions = [_orders.account_id == query.account_id, or_(*names)]
    if query.tag is not None:
        conditions.append(_orders.tag == query.tag)
    found = connection.execute(select(schema.orders).where(*conditions).order_by(_orders.order_id.desc())).all()
    return _records(found, query.account_id, connection, with_fills=query.with_fills)


def _order_history(query: AmendsOf, connection: Connection) -> list[OrderHistory]:
    found_orders = _ORDERS_BY_ID.run(connection, named(query.account_id, (query.order_id,)))
    amends = schema.amends.c
    mine = and_(amends.account_id == query.account_id, amends.order_id == query.order_id)
    found = connection.execute(select(schema.amends).where(mine).order_by(amends.amend_id))
    history = list(map(schema.AMENDS.from_row, found))
    return [OrderHistory(order, history) for order in map(schema.ORDERS.from_row, found_orders)]


def _names(query: OrdersById) -> tuple[tuple[Column[Any], tuple[Any, ...]], ...]:
    return (_orders.order_id, query.order_ids), (_orders.client_id, query.client_ids)


def _records(
    found: Iterable[RawRow], account_id: int, connection: Connection, *, with_fills: bool
) -> list[OrderRecord]:
    records = _orders_of(found)
    return _with_fills(records, account_id, connection) if with_fills else records


def _with_fills(records: list[OrderRecord], account_id: int, connection: Connection) -> list[OrderRecord]:
    for start in range(0, len(records), MAX_IN_A_LIST):
        owners = {record.order.order_id: record for record in records[start : start + MAX_IN_A_LIST]}
        ids = select(_fills.order_id, _fills.fill_id).where(
            _fills.account_id == account_id, _fills.order_id.in_(list(owners))
        )
        for order_id, fill_id in sorted(connection.execute(ids), key=itemgetter(1)):
            owners[order_id].fill_ids.append(fill_id)
    return records


def _fill_page(query: FillPage, connection: Connection) -> Page[Fill]:
    conditions = [_fills.account_id == query.account_id]
    conditions += _among((_fills.market, query.markets), (_fills.side, query.sides), (_fills.kind, query.kinds))
    if query.order_ids:
        conditions.append(_fills.order_id.in_(query.order_ids))
    conditions += _within(query.span, _fills.at_ns, _fills.fill_id, query.account_id)
    if query.before_id is not None:
        conditions.append(_fills.fill_id < query.before_id)
    order = (_fills.fill_id.desc(),)
    if not query.merge_sweeps:
        return _page(connection, select(schema.fills).where(*conditions), order, query, schema.FILLS.from_row)
    earlier = schema.fills.alias().c
    goes_on = exists().where(
        earlier.account_id == _fills.account_id, earlier.order_id == _fills.order_id, earlier.maker == 0,
        earlier.trade_id == _fills.trade_id - 1, earlier.at_ns == _fills.at_ns - 1,
    )  # fmt: skip
    leads = or_(_fills.maker == 1, not_(goes_on))
    page = _page(connection, select(schema.fills).where(*conditions, leads), order, query, schema.FILLS.from_row)
    return Page([fill if fill.maker else _whole_sweep(fill, connection) for fill in page.rows], page.total)


def _whole_sweep(lead: Fill, connection: Connection) -> Fill:
    """All that the order took at one moment, as its first fill with the sums of all and the average price, cut off.

    The trades of one moment are numbered one after the other, and each is a nanosecond later than the one before; what
    the order took when it was amended is another moment's.
    """
    mine = and_(_fills.account_id == lead.account_id, _fills.order_id == lead.order_id, _fills.maker == 0)
    behind = select(schema.fills).where(mine, _fills.fill_id >= lead.fill_id).order_by(_fills.fill_id)
    taken = map(schema.FILLS.from_row, connection.execute(behind))
    moments = zip(count(lead.trade_id), count(lead.at_ns), taken, strict=False)
    parts = [fill for _, _, fill in takewhile(lambda row: row[:2] == (row[2].trade_id, row[2].at_ns), moments)]
    last, sums = parts[-1], {name: sum(getattr(part, name) for part in parts) for name in _SUMMED}
    price_ticks, postings = sums["exact"] // sums["qty_lots"], last.first_posting + last.postings - lead.first_posting
    return replace(lead, price_ticks=price_ticks, postings=postings, **sums)


def _transfer_page(query: TransferPage, connection: Connection) -> Page[Any]:
    conditions = [
        _transfers.account_id == query.account_id,
        _transfers.direction == str(query.direction),
        _transfers.method != "",
    ]
    if query.asset is not None:
        conditions.append(_transfers.asset == query.asset)
    if query.method is not None:
        conditions.append(_transfers.method == query.method)
    if query.before_id is not None:
        conditions.append(_transfers.transfer_id < query.before_id)
    conditions += _among((_transfers.status, query.statuses))
    conditions += _within(query.span, _transfers.created_ns, _transfers.transfer_id, query.account_id)
    found = select(schema.transfers).where(*conditions)
    return _page(connection, found, (_transfers.transfer_id.desc(),), query, schema.TRANSFERS.from_row)


def _funding_page(query: FundingPage, connection: Connection) -> Page[Any]:
    found = select(schema.transfers).where(_transfers.transfer_id < (query.before_id or _NO_ID))
    if query.account_id is not None:
        found = found.where(_transfers.account_id == query.account_id)
    if query.without is not None:
        found = found.where(_transfers.account_id != query.without)
    page = found.order_by(_transfers.transfer_id.desc()).limit(query.limit)
    return Page([schema.TRANSFERS.from_row(row) for row in connection.execute(page)])


def _candle_page(query: CandlePage, connection: Connection) -> list[Candle]:
    mine = select(schema.candles).where(
        _candles.market == query.market, _candles.minutes == query.minutes,
        _candles.start_s >= query.from_s, _candles.start_s < query.until_s,
    )  # fmt: skip
    page = mine.order_by(_candles.start_s.desc()).limit(query.limit)
    return [schema.CANDLES.from_row(row) for row in connection.execute(page)]


def _trade_page(query: TradePage, connection: Connection) -> list[Any]:
    mine = select(schema.trades).where(_trades.market == query.market)
    if query.after_ns is not None:
        later = marks.later(_trades.trade_id, _trades.at_ns, query.after_ns, query.market)
        page = mine.where(*later).order_by(_trades.trade_id).limit(query.limit)
        return [schema.TRADES.from_row(row) for row in connection.execute(page)]
    newest: list[RawRow] = list(connection.execute(mine.order_by(_trades.trade_id.desc()).limit(query.limit)))
    return [schema.TRADES.from_row(row) for row in reversed(newest)]


def _trades_of_markets(query: TradesOfMarkets, connection: Connection) -> list[Trade]:
    """Markets are read side by side, each only as far as its trades are among those that are asked for."""
    is_forward = query.after_ns is not None
    tapes = [_tape(query, market, connection, is_forward=is_forward) for market in query.markets]
    found = list(islice(heapq.merge(*tapes, key=_place_in_time, reverse=not is_forward), query.limit))
    return found if is_forward else found[::-1]


def _place_in_time(trade: Trade) -> tuple[int, str]:
    return trade.at_ns, trade.market


def _tape(query: TradesOfMarkets, market: str, connection: Connection, *, is_forward: bool) -> Iterator[Trade]:
    """A market's trades after the first moment, or backwards from the second one."""
    number, at, until_ns = _trades.trade_id, _trades.at_ns, query.until_ns
    page = select(schema.trades).where(_trades.market == market).order_by(number if is_forward else number.desc())
    page = page.limit(query.limit if len(query.markets) == 1 else min(query.limit, _TAPE_PAGE))
    if query.after_ns is not None:
        page = page.where(*marks.later(number, at, query.after_ns, market))
    elif until_ns is not None:
        page = page.where(*marks.until(number, at, until_ns, market))
    found: list[Trade] = [schema.TRADES.from_row(row) for row in connection.execute(page)]
    while found:
        for trade in found:
            if until_ns is not None and trade.at_ns > until_ns:
                return
            yield trade
        last = found[-1].trade_id
        rest = page.where(number > last if is_forward else number < last)
        found = [schema.TRADES.from_row(row) for row in connection.execute(rest)]
