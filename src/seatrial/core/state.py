"""Everything a world remembers while it runs, and what has changed since the store last saw it."""

from collections import deque
from collections.abc import Iterator
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from seatrial.core.accounts import HOUSE, Account, ApiKey, Token
from seatrial.core.alarms import Alarms, Due
from seatrial.core.assets import Asset, AssetKind, Assets
from seatrial.core.book import Book
from seatrial.core.candles import Candles, DayStats, Tally
from seatrial.core.funding import Delays, DepositAddress, Destination, Move, Transfer
from seatrial.core.ledger import Ledger, Posted, Purse
from seatrial.core.markets import FeeSchedule, FeeTier, FundingMethod, Market, Modes
from seatrial.core.money import rescale_floor
from seatrial.core.orders import CancelTimer, Fill, Order, Side, Status, Trade
from seatrial.core.volume import NEVER_NS, USD_SCALE, PlatformAssets, RollingVolume, Valuation

if TYPE_CHECKING:
    from seatrial.core.events import Event

KEPT_QUOTES: Final = 200
"""How many changes of the best bid or ask a market remembers. Source: market-data section 7."""

PPM: Final = 1_000_000

USD: Final = "USD"
_USD_UNITS: Final = 10**USD_SCALE
_NO_BOUND: Final = 2**100
"""More than any volume."""

NO_FEES: Final = FeeSchedule("none", (FeeTier(0, 0, 0),), counts_volume=False)


class Ratio:
    """An exact change of scale: value * mul / div."""

    __slots__ = ("_twice_div", "_twice_mul", "div", "mul")

    def __init__(self, from_scale: int, to_scale: int) -> None:
        self.mul: int = 10 ** max(to_scale - from_scale, 0)
        self.div: int = 10 ** max(from_scale - to_scale, 0)
        self._twice_mul: int = 2 * self.mul
        self._twice_div: int = 2 * self.div

    def nearest(self, value: int) -> int:
        """The value in the other scale, to the nearest unit, halves up."""
        return (value * self._twice_mul + self.div) // self._twice_div

    def ceil(self, value: int) -> int:
        """The value in the other scale, rounded up."""
        return -(-value * self.mul // self.div)


class Quote(Struct, frozen=True):
    """The best prices of a market from one moment on."""

    market: str
    number: int
    """Counts up within the market."""
    at_ns: int
    bid_ticks: int
    ask_ticks: int


class MarketState:
    """One market: its book, its trades' summaries and its changes of scale."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.status = market.status
        self.book = Book()
        self.tally = Tally()
        self.quotes: deque[Quote] = deque(maxlen=KEPT_QUOTES)
        self.trade_id = 0
        self.is_in_dollars = market.quote.code == USD
        exact_scale = market.price_scale + market.lot_scale
        self.to_quote = Ratio(exact_scale, market.quote.scale)
        self.to_quote_fee = Ratio(exact_scale + 6, market.quote.scale)
        self.to_base = Ratio(market.lot_scale, market.base.scale)
        self.to_base_fee = Ratio(market.lot_scale + 6, market.base.scale)
        self.to_usd = Ratio(exact_scale, USD_SCALE)
        self.min_exact = Ratio(market.cost_scale, exact_scale).ceil(market.min_cost)
        """The smallest cost of an order, in ticks * lots."""
        self.dust = (self.to_quote.div - 1) // self.to_quote.mul
        """The most in ticks * lots that is worth less than the smallest unit of the quote: nobody could pay for it.

        Source: four recorded orders that ended with such a rest, of a fifth of a unit at most; kucoin-rest 9.2, dust.
        """

    @property
    def candles(self) -> Candles:
        """Its candles, of all trades so far."""
        return self.tally.candles

    @property
    def stats(self) -> DayStats:
        """Its day statistics, of all trades so far."""
        return self.tally.stats

    def bound_ticks(self, side: Side, band_ppm: int) -> int | None:
        """The worst price within that distance of the best opposite one; None when there is no opposite one."""
        buys = side is Side.BUY
        best = (self.book.asks if buys else self.book.bids).best_ticks
        if best is None:
            return None
        return best * (PPM + band_ppm) // PPM if buys else -(-best * (PPM - band_ppm) // PPM)

    def note_quote(self, at_ns: int) -> Quote | None:
        """Remember the best prices if they changed; None when they did not, or a side is empty."""
        bid, ask = self.book.bids.best_ticks, self.book.asks.best_ticks
        if bid is None or ask is None:
            return None
        last = self.quotes[-1] if self.quotes else None
        if last is not None and last.bid_ticks == bid and last.ask_ticks == ask:
            return None
        quote = Quote(self.market.symbol, last.number + 1 if last else 1, at_ns, bid, ask)
        self.quotes.append(quote)
        return quote


class Rates:
    """What an account pays in one market: the tier of a schedule that its volume or its assets have reached.

    Good until the assets are valued anew.
    """

    __slots__ = ("_assets", "_below", "_fees", "_from", "_tier", "_until_ns", "_volume")

    def __init__(self, fees: FeeSchedule, volume: RollingVolume, assets: PlatformAssets) -> None:
        self._fees = fees
        self._volume = volume
        self._assets = assets if fees.looks_at_assets else None
        self._tier = fees.tiers[0]
        self._from = self._below = self._until_ns = 0
        """Between which volumes, and until when, that tier is the one; at first it is not known."""

    def at(self, at_ns: int) -> FeeTier:
        """The rates at that moment."""
        volume = self._volume
        if not (at_ns < volume.drops_ns and at_ns < self._until_ns and self._from <= volume.total < self._below):
            self._climb(volume.at(at_ns), at_ns)
        return self._tier

    def _climb(self, volume: int, at_ns: int) -> None:
        ladder, following_ns = self._fees.at(at_ns), self._fees.next_from_ns(at_ns)
        tiers, assets = ladder.tiers, self._assets
        assets_usd = 0 if assets is None else assets.at(at_ns) // _USD_UNITS
        rung, lowest = ladder.rung(volume // _USD_UNITS, assets_usd), ladder.rung(0, assets_usd)
        tier = self._tier = tiers[rung]
        higher = rung + 1
        self._from = tier.from_usd * _USD_UNITS if rung > lowest else 0
        self._below = tiers[higher].from_usd * _USD_UNITS if higher < len(tiers) else _NO_BOUND
        self._until_ns = min(
            NEVER_NS if assets is None else assets.due_ns, NEVER_NS if following_ns is None else following_ns
        )


class AccountState:
    """One account: its purses in the wallet it trades from, its live orders, its volume and its assets' worth."""

    def __init__(self, account: Account, state: "State") -> None:
        self.account = account
        self.orders: dict[int, Order] = {}
        self.by_client_id: dict[str, Order] = {}
        self.in_market: dict[str, dict[int, Order]] = {}
        """Its live orders by market; there and by tag the oldest come first, as in `orders`."""
        self.by_tag: dict[int, dict[int, Order]] = {}
        self.volume = RollingVolume()
        self.assets = PlatformAssets(
            lambda: state.assets_usd(account.account_id), counts=state.fees_look_at_assets(account.venue)
        )
        self.addresses: dict[tuple[str, str], list[DepositAddress]] = {}
        """By asset and method, oldest first."""
        self.destinations: dict[tuple[str, str], Destination] = {}
        """By asset and name, and in that order."""
        self.cancel_timer: CancelTimer | None = None
        self.fired_timer: CancelTimer | None = None
        """One that fell due and has more to cancel."""
        self._ledger = state.ledger
        self._trading: dict[str, Purse] = {}
        self._pairs: dict[str, tuple[Purse, Purse]] = {}
        self._rates: dict[str, Rates] = {}

    def orders_in(self, markets: tuple[str, ...]) -> Iterator[Order]:
        """Its live orders in these markets, in all where none is named."""
        if not markets:
            yield from self.orders.values()
        for symbol in dict.fromkeys(markets):
            yield from self.in_market.get(symbol, {}).values()

    def trading_purse(self, asset: Asset) -> Purse:
        """The purse that orders pay from and fills go to."""
        purse = self._trading.get(asset.code)
        if purse is None:
            account = self.account
            purse = self._ledger.purse(account.account_id, account.trading_wallet, asset)
            self._trading[asset.code] = purse
        return purse

    def trading_purses(self, market: Market) -> tuple[Purse, Purse]:
        """Those for the base and the quote of a market."""
        pair = self._pairs.get(market.symbol)
        if pair is None:
            pair = self._pairs[market.symbol] = self.trading_purse(market.base), self.trading_purse(market.quote)
        return pair

    def funding_purse(self, asset: Asset) -> Purse:
        """The purse that deposits go to and withdrawals leave from."""
        return self._ledger.purse(self.account.account_id, self.account.funding_wallet, asset)

    def add_destination(self, destination: Destination) -> None:
        """Remember a place to withdraw to."""
        self.destinations[destination.asset, destination.name] = destination
        self.destinations = dict(sorted(self.destinations.items()))

    def fee_tier(self, market: Market, at_ns: int) -> FeeTier:
        """The rates that its venue, tier, 30-day volume and assets give it in that market; the house pays none."""
        rates = self._rates.get(market.symbol)
        if rates is None:
            account = self.account
            fees = NO_FEES if account.venue == HOUSE else market.fees_for(account.venue).of_level(account.tier)
            rates = self._rates[market.symbol] = Rates(fees, self.volume, self.assets)
        return rates.at(at_ns)

    def value_assets(self, at_ns: int) -> Valuation | None:
        """Value anew what it has; None where no rate depends on that."""
        self._rates.clear()
        return self.assets.value(self.account.account_id, at_ns)


class Alarm(IntEnum):
    """What may fall due; several due at one moment happen in this order."""

    START_ORDER = 1
    EXPIRE_ORDER = 2
    MOVE_TRANSFER = 3
    CANCEL_ORDERS = 4


class Counters(Struct):
    """The last number given out of each kind. Ids are made of nothing else and the seed."""

    account_id: int = 0
    key_id: int = 0
    token_id: int = 0
    order_id: int = 0
    house_order_id: int = 0
    """The house's orders count down from -1, so that clients' ids do not depend on it."""
    queue: int = 0
    fill_id: int = 0
    transfer_id: int = 0
    address_id: int = 0
    move_id: int = 0
    plain_ids_until_s: int = 0
    """An older release made the ids of what there was by that second, and made them without a time."""


class Changes:
    """What the store has not seen yet. Ids ascend, so the store can tell new rows from changed ones."""

    def __init__(self) -> None:
        self.accounts: list[Account] = []
        self.keys: dict[int, ApiKey] = {}
        self.changed_keys: dict[int, ApiKey] = {}
        """Those with other rights than before."""
        self.revoked_keys: list[int] = []
        self.nonces: dict[int, list[int]] = {}
        """What keys with a window spent, as it came."""
        self.moves: list[Move] = []
        self.tokens: list[Token] = []
        self.orders: dict[int, Order] = {}
        self.fills: list[Fill] = []
        self.trades: list[Trade] = []
        self.transfers: dict[int, Transfer] = {}
        self.addresses: dict[int, DepositAddress] = {}
        self.destinations: list[Destination] = []
        self.quotes: list[Quote] = []
        self.candles: dict[str, MarketState] = {}
        """Markets whose candles changed."""
        self.postings: list[Posted] = []
        self.purses: dict[Purse, None] = {}
        self.delays: Delays | None = None
        self.modes: Modes | None = None
        self.cancel_timers: dict[int, CancelTimer | None] = {}
        """By account; None for one that is off now."""
        self.valuations: dict[int, Valuation] = {}
        """By account."""
        self.fired_timers: dict[int, CancelTimer | None] = {}
        """By account; None for one that has canceled all by now."""


class State:
    """A whole world in memory. `machine.Machine` is the only one that changes it."""

    def __init__(
        self, seed: int, assets: Assets, markets: dict[str, Market], methods: tuple[FundingMethod, ...]
    ) -> None:
        self.seed = seed
        self.assets = assets
        self.markets = {symbol: MarketState(market) for symbol, market in markets.items()}
        self.methods: dict[str, list[FundingMethod]] = {}
        for method in methods:
            self.methods.setdefault(method.asset.code, []).append(method)
        self.now_ns = 0
        self.counters = Counters()
        self.delays = Delays()
        self.modes = Modes()
        self.accounts: dict[int, AccountState] = {}
        self.house: AccountState | None = None
        """The account that makes markets, once there is one."""
        self.live_orders: dict[int, Order] = {}
        self.account_names: dict[str, int] = {}
        self.keys: dict[str, ApiKey] = {}
        """By public text."""
        self.tokens: dict[int, Token] = {}
        self.ledger = Ledger()
        self.transfers: dict[int, Transfer] = {}
        """Those that are not finished, and those that accounts were opened with."""
        self.funds_moved = False
        """Whether money ever moved between wallets."""
        self.changes = Changes()
        self.events: list[Event] = []
        """Of the command at work."""
        self._looks_at_assets: dict[str, bool] = {}
        """By venue."""
        self._alarms = Alarms()
        self.next_due_ns: int | None = None
        """When the next alarm rings; None when none is set."""
        self.is_behind = False
        """Whether more has fallen due than the last command waited for."""

    def number(self, order: Order) -> None:
        """Give a new order its id."""
        counters = self.counters
        if order.is_house:
            counters.house_order_id += 1
            order.order_id = -counters.house_order_id
        else:
            counters.order_id += 1
            order.order_id = counters.order_id

    def enlist(self, account: AccountState, order: Order) -> None:
        """Count a live order."""
        self.live_orders[order.order_id] = account.orders[order.order_id] = order
        if order.client_id is not None:
            account.by_client_id[order.client_id] = order
        if order.tag is not None:
            account.by_tag.setdefault(order.tag, {})[order.order_id] = order
        in_market = account.in_market.get(order.market)
        if in_market is None:
            in_market = account.in_market[order.market] = {}
        in_market[order.order_id] = order

    def delist(self, account: AccountState, order: Order) -> None:
        """An order is live no more."""
        del self.live_orders[order.order_id], account.orders[order.order_id]
        if order.client_id is not None:
            del account.by_client_id[order.client_id]
        del account.in_market[order.market][order.order_id]
        if order.tag is not None:
            tagged = account.by_tag[order.tag]
            del tagged[order.order_id]
            if not tagged:
                del account.by_tag[order.tag]
        if order.expires_ns > self.now_ns or order.starts_ns > self.now_ns:
            self.drop_alarm(order.order_id)

    def method(self, asset: str, name: str | None) -> FundingMethod | None:
        """The asset's funding method of that name, or its first one when no name is given."""
        methods = self.methods.get(asset, [])
        if name is None:
            return methods[0] if methods else None
        return next((method for method in methods if method.name == name), None)

    def set_modes(self, modes: Modes) -> None:
        """Open and halt what they say."""
        self.modes = modes
        for ms in self.markets.values():
            ms.status = modes.markets.get(ms.market.symbol, ms.market.status)

    def set_alarm(self, due_ns: int, alarm: Alarm, number: int) -> None:
        """Something falls due. Alarms are not taken back: whoever answers one looks whether it still applies."""
        self._alarms.add((due_ns, alarm, number))
        self.next_due_ns = self._alarms.next_due_ns

    def drop_alarm(self, number: int) -> None:
        """One of the alarms of that order, transfer or account applies no more."""
        if self._alarms.drop(number, self._applies):
            self.next_due_ns = self._alarms.next_due_ns

    @property
    def next_happening_ns(self) -> int | None:
        """When the next alarm rings that still applies; None when none will."""
        while (due := self._alarms.next_due) is not None and not self._applies(due):
            self.pop_alarm()
        return self.next_due_ns

    def _applies(self, due: Due) -> bool:
        due_ns, alarm, number = due
        if alarm == Alarm.MOVE_TRANSFER:
            transfer = self.transfers.get(number)
            return transfer is not None and transfer.due_ns == due_ns
        if alarm == Alarm.CANCEL_ORDERS:
            account = self.accounts[number]
            return any(timer and timer.due_ns == due_ns for timer in (account.cancel_timer, account.fired_timer))
        order = self.live_orders.get(number)
        return order is not None and (alarm == Alarm.EXPIRE_ORDER or order.status is Status.PENDING)

    def pop_alarm(self) -> tuple[Alarm, int]:
        """The next alarm: what, and the number of the order, transfer or account."""
        _, alarm, number = self._alarms.pop()
        self.next_due_ns = self._alarms.next_due_ns
        return Alarm(alarm), number

    def price_of(self, asset: str, in_asset: str) -> tuple[int, int] | None:
        """What one unit of an asset is worth in units of another, as a fraction (numerator, denominator).

        From the last trade of a market between the two, either way round, else by way of US dollars; a
        US-dollar stablecoin without a trade counts one to one. None when nothing is known (decided).
        """
        direct = self._direct_price(asset, in_asset)
        if direct is not None or USD in (asset, in_asset):
            return direct
        in_usd, target_in_usd = self._direct_price(asset, USD), self._direct_price(in_asset, USD)
        if in_usd is None or target_in_usd is None:
            return None
        return in_usd[0] * target_in_usd[1], in_usd[1] * target_in_usd[0]

    def _direct_price(self, asset: str, in_asset: str) -> tuple[int, int] | None:
        if asset == in_asset:
            return 1, 1
        forward = self._last_price(f"{asset}/{in_asset}")
        if forward is not None:
            return forward
        backward = self._last_price(f"{in_asset}/{asset}")
        if backward is not None:
            return backward[1], backward[0]
        return self._par(asset, in_asset)

    def _last_price(self, symbol: str) -> tuple[int, int] | None:
        state = self.markets.get(symbol)
        last = None if state is None else state.tally.last
        if state is None or last is None:
            return None
        market, ticks = state.market, last.price_ticks
        return ticks * 10**market.quote.scale, 10 ** (market.price_scale + market.base.scale)

    def _par(self, asset: str, in_asset: str) -> tuple[int, int] | None:
        one, other = self.assets.get(asset), self.assets.get(in_asset)
        dollars = {AssetKind.STABLECOIN, AssetKind.FIAT}
        if one is None or other is None or one.kind not in dollars or other.kind not in dollars:
            return None
        if not {asset, in_asset} <= {USD, "USDT", "USDC", "DAI", "PYUSD"}:
            return None
        return 10**other.scale, 10**one.scale

    def assets_usd(self, account_id: int) -> int:
        """What all that an account has is worth, in 10**-USD_SCALE US dollars, by the last trades.

        Withdrawals on their way out do not count. What has no known price counts nothing, a suffixed asset as much as
        its base (decided).
        """
        total = 0
        for purse in self.ledger.of_account(account_id):
            price = self.price_of(purse.asset.code.partition(".")[0], USD)
            if price is not None:
                total += purse.settled * price[0] // price[1]
        return rescale_floor(total, self.assets[USD].scale, USD_SCALE) if total else 0

    def value_assets(self, account_id: int, at_ns: int) -> None:
        """Value anew what an account has."""
        valuation = self.accounts[account_id].value_assets(at_ns)
        if valuation is not None:
            self.changes.valuations[account_id] = valuation

    def fees_look_at_assets(self, venue: str) -> bool:
        """Whether what a venue's users have on the exchange can change what they pay."""
        known = self._looks_at_assets.get(venue)
        if known is None:
            known = venue != HOUSE and any(ms.market.fees_for(venue).looks_at_assets for ms in self.markets.values())
            self._looks_at_assets[venue] = known
        return known

    @property
    def has_changes(self) -> bool:
        """Whether there is anything that the store has not seen."""
        new, ledger = self.changes, self.ledger
        return bool(
            new.keys or new.orders or ledger.touched or new.transfers or new.addresses or new.destinations
            or new.tokens or new.accounts or new.delays or new.trades or new.modes or new.changed_keys
            or new.revoked_keys or new.cancel_timers or new.fired_timers or new.valuations
        )  # fmt: skip

    def take_changes(self) -> Changes:
        """Hand over what changed since the last time."""
        changes, self.changes = self.changes, Changes()
        ledger = self.ledger
        changes.postings, ledger.posted = ledger.posted, []
        changes.purses, ledger.touched = ledger.touched, {}
        return changes
