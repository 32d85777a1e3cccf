"""What happens to an account's orders, as rows: one for each step of each order.

Source: kraken-websocket#executions and kraken-websocket#rows-of-executions. Decided: every row is a frame
of its own; fees in another currency than dollars show 0 as their equivalent in dollars.
"""

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from seatrial.core import facts
from seatrial.core.assets import USD
from seatrial.core.markets import Market
from seatrial.core.money import format_units
from seatrial.core.orders import EndReason, Fill, OrderKind, OrderStatus, Side, TimeInForce
from seatrial.core.queries import FillPage
from seatrial.core.state import State
from seatrial.dialects.kraken.describe import REASONS, cost_text, fee_text
from seatrial.dialects.kraken.ids import Ids
from seatrial.dialects.kraken.limits import Limits, Tier
from seatrial.dialects.kraken.symbols import Symbols
from seatrial.dialects.kraken.ws.frames import micros, text, whole_seconds
from seatrial.dialects.kraken.ws.rows import Row, rows_frame

if TYPE_CHECKING:
    from seatrial.dialects.kraken.ws.session import Subscription

EXECUTIONS: Final = "executions"
SNAPSHOT_FILLS: Final = 50
LOOKED_UP_FILLS: Final = 200
"""More than are shown: the newest of them may have happened after the snapshot's place."""

PENDING_NEW: Final = "pending_new"
NEW: Final = "new"
AMENDED: Final = "amended"
PARTLY: Final = "partially_filled"
FILLED: Final = "filled"
RESTATED: Final = "restated"
ENDS: Final = {OrderStatus.FILLED: FILLED, OrderStatus.CANCELED: "canceled", OrderStatus.EXPIRED: "expired"}

SHORT: Final = frozenset({NEW, "trade", *ENDS.values()})
"""The rows of who does not want every step. Source: kraken-websocket#executions; fills are inferred there."""


class RateCounters:
    """How high the counters of an account's orders were when each of its commands had been counted.

    They are counted when a command is applied, and told when it is stored: by then others may have been counted.
    Decided: they are told as `ratecount`, which is what version 1 calls them.
    """

    def __init__(
        self, state: State, limits: Limits, tier: Tier, account_id: int, noting: "dict[RateCounters, None]"
    ) -> None:
        self._state = state
        self._noting = noting
        """Those that know of something which has not been told."""
        self._decay_per_s = tier.orders_decay_per_s
        self._known = {market: (level, at_ns) for market, level, at_ns in limits.levels(account_id, state.markets)}
        self._noted: deque[tuple[int, str, float, int]] = deque()
        """By the last fact that was to follow: what was counted, and has not been told."""

    def note(self, market: str, level: float, at_ns: int, *, is_before: bool) -> None:
        """One of them changed."""
        number, noted = self._state.last_fact + is_before, self._noted
        if noted and noted[-1][:2] == (number, market):
            noted.pop()
        noted.append((number, market, level, at_ns))
        self._noting[self] = None

    def go_on_to(self, last: int) -> None:
        """All up to that fact is told."""
        noted = self._noted
        while noted and noted[0][0] <= last:
            _, market, level, at_ns = noted.popleft()
            self._known[market] = level, at_ns
        if not noted:
            self._noting.pop(self, None)

    def shown(self, market: str, at_ns: int) -> str:
        """What a row says of a market's."""
        level, since_ns = self._known.get(market, (0.0, 0))
        left = max(0.0, level - self._decay_per_s * max(0, at_ns - since_ns) / 1e9)
        return f',"ratecount":{round(left, 2):g}'


class Known(Struct, gc=False):
    """An order as far as it has been told."""

    order_id: int
    market: str
    side: Side
    kind: OrderKind
    price_ticks: int
    qty_lots: int
    spend: int
    time_in_force: TimeInForce
    post_only: bool
    fee_in_base: bool
    tag: int | None
    client_id: str | None
    starts_ns: int
    expires_ns: int
    opened_ns: int
    is_live: bool
    """Whether it was told to be live."""
    filled_lots: int = 0
    exact: int = 0
    fee_exact: int = 0
    is_amended: bool = False


class ExecutionsTopic:
    """The orders of one account."""

    channel: Final = EXECUTIONS

    def __init__(self, state: State, symbols: Symbols, ids: Ids, account_id: int, counters: RateCounters) -> None:
        self.key: tuple[Any, ...] = ()
        self.followers: dict[Subscription, None] = {}
        self.place = state.last_fact
        self.account_id = account_id
        self.user = f',"user":{text(ids.iban(account_id))}'
        self.counters = counters
        self.last_fill = state.counters.fill_id
        self._rows: list[Row] = []
        self._markets = {symbol: ms.market for symbol, ms in state.markets.items()}
        self._symbols = symbols
        self._ids = ids
        self._orders = {
            number: Known(
                number, order.market, order.side, order.kind, order.price_ticks, order.qty_lots, order.spend,
                order.time_in_force, order.post_only, order.fee_in_base, order.tag, order.client_id, order.starts_ns,
                order.expires_ns, order.opened_ns, order.status is OrderStatus.OPEN, order.filled_lots, order.exact,
                order.fee_exact, order.amended_ns > 0,
            )
            for number, order in state.accounts[account_id].orders.items()
        }  # fmt: skip

    def take(self, fact: facts.AnyFact) -> None:
        """One more thing happened to one of its orders."""
        match fact:
            case facts.OrderAccepted():
                self._accept(fact)
            case facts.OrderStarted():
                order = self._orders[fact.order_id]
                order.price_ticks = fact.price_ticks
                self._go_live(order, fact.at_ns)
            case facts.OrderRested():
                self._go_live(self._orders[fact.order_id], fact.at_ns)
            case facts.OrderDecreased():
                self._decrease(self._orders[fact.order_id], fact)
            case facts.OrderAmended():
                self._amend(self._orders[fact.order_id], fact)
            case facts.Traded():
                for fill in (fact.maker, fact.taker):
                    if fill.account_id == self.account_id:
                        self._fill(fill)
            case facts.OrderEnded():
                self._end(self._orders.pop(fact.order_id), fact)
            case _:
                pass

    def cut(self) -> list[Row]:
        """The rows since the last command."""
        rows, self._rows = self._rows, []
        return rows

    def orders_snapshot(self) -> bytes:
        """All orders that are open or wait for their start, the earliest first."""
        rows = (self._whole(order, NEW if order.is_live else PENDING_NEW) for order in self._orders.values())
        return rows_frame(EXECUTIONS, "snapshot", rows)

    def fills_wanted(self) -> FillPage:
        """What must be looked up for a snapshot of fills."""
        return FillPage(self.account_id, limit=LOOKED_UP_FILLS)

    def fills_snapshot(self, fills: Iterable[Fill], until: int) -> bytes:
        """The last fills, the newest first."""
        shown = [fill for fill in fills if fill.fill_id <= until][:SNAPSHOT_FILLS]
        return rows_frame(EXECUTIONS, "snapshot", (self._filled(fill, FILLED, "") for fill in shown))

    def _accept(self, fact: facts.OrderAccepted) -> None:
        terms = fact.terms
        order = self._orders[fact.order_id] = Known(
            fact.order_id, fact.market, terms.side, terms.kind, fact.price_ticks, terms.qty_lots, terms.spend,
            terms.time_in_force, terms.post_only, terms.fee_in_base, terms.tag, terms.client_id, terms.starts_ns,
            terms.expires_ns, fact.at_ns, is_live=False,
        )  # fmt: skip
        self._add(PENDING_NEW, self._whole(order, PENDING_NEW), order, fact.at_ns)

    def _go_live(self, order: Known, at_ns: int) -> None:
        if not order.is_live:
            order.is_live = True
            row = (
                f'{{"timestamp":"{micros(at_ns)}","order_status":"{NEW}","exec_type":"{NEW}",{_own_id(order)},'
                f'{_post_only(order)}"order_id":"{self._ids.order(order.order_id)}"}}'
            )
            self._add(NEW, row, order, at_ns)

    def _amend(self, order: Known, fact: facts.OrderAmended) -> None:
        """Source of the keys: kraken-websocket#rows-of-executions."""
        order.price_ticks, order.qty_lots, order.is_amended = fact.amend.price_ticks, fact.amend.qty_lots, True
        market = self._markets[order.market]
        live = NEW if order.is_live else PENDING_NEW
        row = (
            f'{{"timestamp":"{micros(fact.at_ns)}","exec_type":"{AMENDED}",'
            f'"order_status":"{PARTLY if order.filled_lots else live}",'
            f'"cum_qty":{format_units(order.filled_lots, market.lot_scale)},'
            f'"reason":{text(REASONS[EndReason.USER_REQUESTED])},"amended":true,{_wanted(order, market)},'
            f'"limit_price":{format_units(order.price_ticks, market.price_scale)},"limit_price_type":"static",'
            f'{_own_id(order)},"order_id":"{self._ids.order(order.order_id)}"}}'
        )
        self._add(AMENDED, row, order, fact.at_ns)

    def _fill(self, fill: Fill) -> None:
        self.last_fill = max(self.last_fill, fill.fill_id)
        order = self._orders[fill.order_id]
        self._go_live(order, fill.at_ns)
        order.filled_lots += fill.qty_lots
        order.exact += fill.exact
        order.fee_exact += fill.fee_exact
        self._rows.append(Row("trade", self._filled(fill, PARTLY, f"{self._sums(order)},", order)))

    def _decrease(self, order: Known, fact: facts.OrderDecreased) -> None:
        """The exchange made it smaller. Source: kraken-websocket#rows-of-executions."""
        order.qty_lots -= fact.lots
        market = self._markets[order.market]
        status = (PARTLY if order.filled_lots else NEW) if order.is_live else PENDING_NEW
        row = (
            f'{{"timestamp":"{micros(fact.at_ns)}","order_status":"{status}","exec_type":"{RESTATED}",'
            f'"cum_qty":{format_units(order.filled_lots, market.lot_scale)},"amended":true,{_wanted(order, market)},'
            f'{_own_id(order)},"order_id":"{self._ids.order(order.order_id)}"}}'
        )
        self._add(RESTATED, row, order, fact.at_ns)

    def _end(self, order: Known, fact: facts.OrderEnded) -> None:
        """Source of a worthless rest that counts as filled: ccxt issue 8816, as in REST."""
        kind = FILLED if fact.end_reason is EndReason.WORTHLESS else ENDS[fact.status]
        reason = REASONS[fact.end_reason] if fact.end_reason is not None and kind == "canceled" else None
        reasons = "" if reason is None else f'"cancel_reason":{text(reason)},"reason":{text(reason)},'
        market = self._markets[order.market]
        row = (
            f'{{"timestamp":"{micros(fact.at_ns)}","order_status":"{kind}","exec_type":"{kind}",{self._sums(order)},'
            f'"fee_usd_equiv":{_in_dollars(market, order.fee_exact)},{_own_id(order)},{reasons}'
            f'"order_id":"{self._ids.order(order.order_id)}"}}'
        )
        self._add(kind, row, order, fact.at_ns)

    def _add(self, kind: str, row: str, order: Known, at_ns: int) -> None:
        """A row about an order itself, which counters are told with."""
        self._rows.append(Row(kind, row, self.counters.shown(order.market, at_ns)))

    def _whole(self, order: Known, kind: str) -> str:
        """All of an order: when it is new, and in a snapshot."""
        market = self._markets[order.market]
        status = PARTLY if order.filled_lots else kind
        sums = self._sums(order) if order.filled_lots else '"cum_qty":0,"cum_cost":0,"avg_price":0'
        return (
            f'{{"order_id":"{self._ids.order(order.order_id)}",'
            f'"symbol":{text(self._symbols.pair_display(order.market))},{_wanted(order, market)},{sums},'
            f'"time_in_force":"{order.time_in_force.value.upper()}","exec_type":"{kind}","side":"{order.side.value}",'
            f'"order_type":"{order.kind.value}",{_own_id(order)},{_limit(order, market)}{_times(order)}'
            f'{_post_only(order)}{_amended(order)}"order_status":"{status}",'
            f'"fee_usd_equiv":{_in_dollars(market, order.fee_exact)},'
            f'"fee_ccy_pref":"{"fcib" if order.fee_in_base else "fciq"}","timestamp":"{micros(order.opened_ns)}"}}'
        )

    def _filled(self, fill: Fill, status: str, sums: str, order: Known | None = None) -> str:
        """A fill. In a snapshot nothing is known of its order but what it says itself."""
        market = self._markets[fill.market]
        own = "" if order is None else f"{_own_id(order)},"
        asset, fee = (market.base, fill.fee_base) if fill.fee_base else (market.quote, fill.fee_quote)
        return (
            f'{{"order_id":"{self._ids.order(fill.order_id)}",{own}"exec_id":"{self._ids.trade(fill.fill_id)}",'
            f'"exec_type":"trade","trade_id":{fill.trade_id},'
            f'"symbol":{text(self._symbols.pair_display(fill.market))},"side":"{fill.side.value}",'
            f'"last_qty":{format_units(fill.qty_lots, market.lot_scale)},'
            f'"last_price":{format_units(fill.price_ticks, market.price_scale)},'
            f'"liquidity_ind":"{"m" if fill.maker else "t"}","cost":{cost_text(market, fill.exact)},'
            f'"order_type":"{fill.kind.value}","timestamp":"{micros(fill.at_ns)}","order_status":"{status}",{sums}'
            f'"fee_usd_equiv":{_in_dollars(market, fill.fee_exact)},'
            f'"fees":[{{"asset":{text(self._symbols.asset_display(asset.code))},'
            f'"qty":{format_units(fee, asset.scale)}}}]}}'
        )

    def _sums(self, order: Known) -> str:
        """Decided: the average is cut off at the tick, as in REST."""
        market = self._markets[order.market]
        average = order.exact // order.filled_lots if order.filled_lots else 0
        return (
            f'"cum_qty":{format_units(order.filled_lots, market.lot_scale)},'
            f'"cum_cost":{cost_text(market, order.exact)},"avg_price":{format_units(average, market.price_scale)}'
        )


def _own_id(order: Known) -> str:
    """The user's name for it, or the user's number, 0 where there is neither."""
    if order.client_id is not None:
        return f'"cl_ord_id":{text(order.client_id)}'
    return f'"order_userref":{order.tag or 0}'


def _wanted(order: Known, market: Market) -> str:
    if order.spend:
        return f'"cash_order_qty":{format_units(order.spend, market.quote.scale)}'
    return f'"order_qty":{format_units(order.qty_lots, market.lot_scale)}'


def _limit(order: Known, market: Market) -> str:
    if order.kind is not OrderKind.LIMIT:
        return ""
    return f'"limit_price_type":"static","limit_price":{format_units(order.price_ticks, market.price_scale)},'


def _times(order: Known) -> str:
    start = f'"effective_time":"{whole_seconds(order.starts_ns)}",' if order.starts_ns else ""
    return start + (f'"expire_time":"{whole_seconds(order.expires_ns)}",' if order.expires_ns else "")


def _post_only(order: Known) -> str:
    return '"post_only":true,' if order.post_only else ""


def _amended(order: Known) -> str:
    return '"amended":true,' if order.is_amended else ""


def _in_dollars(market: Market, fee_exact: int) -> str:
    return fee_text(market, fee_exact) if market.quote.code == USD else "0"
