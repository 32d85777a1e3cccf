"""The orders of a book, one by one. Source: kraken-rest#level3."""

from functools import partial
from itertools import islice
from typing import Final

from msgspec import Struct

from seatrial.core.book import BookSide
from seatrial.core.markets import Market
from seatrial.core.money import format_units
from seatrial.core.queries import OrdersById
from seatrial.dialects.kraken import errors
from seatrial.dialects.kraken.context import Context, Later
from seatrial.dialects.kraken.describe import price_text
from seatrial.dialects.kraken.endpoint import Endpoint, added, any_of
from seatrial.dialects.kraken.errors import BadCall, bad_argument
from seatrial.dialects.kraken.ids import Ids
from seatrial.dialects.kraken.manners import FULL_BOOKS
from seatrial.dialects.kraken.params import Params

FULL: Final = 0
DEPTHS: Final = (FULL, 10, 25, 100, 250, 1000)
USUAL_DEPTH: Final = 100

MANY: Final = 2_000
"""From so many orders on they are written beside the machine."""

NOTHING: Final = OrdersById(0, (), client_ids=("",))
"""Looked up where nothing is needed: what is quick to find would be written at once."""

Resting = tuple[int, int, int, int]
"""Price, what is left, number, and when it came to rest, filled or got smaller."""


class RestingOrder(Struct, frozen=True):
    """One order of Level3."""

    price: str
    qty: str
    order_id: str
    timestamp: int


def level3(context: Context, params: Params) -> dict[str, object] | Later:
    """The orders of the best levels of both sides, in the order of their queues. Decided: `depth` counts levels."""
    symbols, asked = context.tools.symbols, params.required("pair")
    symbol, depth = symbols.pair(asked), params.integer("depth", FULL, DEPTHS[-1])
    if symbol is None:
        raise BadCall(errors.UNKNOWN_PAIR)
    if depth is not None and depth not in DEPTHS:
        raise bad_argument("depth")
    name = symbols.pair_display(symbol) if symbols.is_pair_display(asked, symbol) else symbols.pair_name(symbol)
    ms = context.state.markets[symbol]
    count = USUAL_DEPTH if depth is None else depth or None
    bids, asks = _resting(ms.book.bids, count), _resting(ms.book.asks, count)
    write = partial(_write, name, ms.market, context.tools.ids, bids, asks)
    if len(bids) + len(asks) < MANY:
        return write(None)
    return Later(NOTHING, write, is_long=True)


def _resting(side: BookSide, count: int | None) -> list[Resting]:
    return [
        (order.price_ticks, order.open_lots, order.order_id, order.touched_ns)
        for level in islice(side.levels(), count)
        for order in level.orders.values()
    ]


def _write(
    name: str, market: Market, ids: Ids, bids: list[Resting], asks: list[Resting], _found: object
) -> dict[str, object]:
    def row(ticks: int, lots: int, order_id: int, touched_ns: int) -> RestingOrder:
        qty = format_units(lots, market.lot_scale)
        return RestingOrder(price_text(market, ticks), qty, ids.any_order(order_id), touched_ns)

    return {"pair": name, "bids": [row(*resting) for resting in bids], "asks": [row(*resting) for resting in asks]}


ENDPOINTS: Final = (Endpoint("Level3", added(FULL_BOOKS, level3), any_of("query-open-trades")),)
"""Source of the permission: kraken-rest#permissions."""
