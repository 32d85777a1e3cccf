"""Everything a world remembers while it runs. The functions of the core's other modules are its rules."""

from typing import TYPE_CHECKING

from msgspec import Struct

from seatrial.core.account_state import AccountState
from seatrial.core.assets import Assets
from seatrial.core.changes import Changes
from seatrial.core.facts import Recorded
from seatrial.core.funding import Delays, Transfer
from seatrial.core.ledger import Ledger
from seatrial.core.market_state import MarketState
from seatrial.core.markets import FundingMethod, Market, Modes
from seatrial.core.orders import Order
from seatrial.core.timers import Timer, Timers

if TYPE_CHECKING:
    from seatrial.core.accounts import ApiKey, Token
    from seatrial.core.facts import AnyFact
    from seatrial.core.findings import Finding


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
    amend_id: int = 0
    transfer_id: int = 0
    address_id: int = 0
    move_id: int = 0
    plain_ids_until_s: int = 0
    """Until that second an older release made the ids, without a time in them."""
    fact: int = 0
    """Without those that the store has not seen."""


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
        self.as_of_ns = 0
        """When it is for what venues do, whatever the clock says; 0: what the clock says. Set by `set_as_of`."""
        self.accounts: dict[int, AccountState] = {}
        self.house: AccountState | None = None
        """The account that makes markets, once there is one."""
        self.live_orders: dict[int, Order] = {}
        self.account_names: dict[str, int] = {}
        self.keys: dict[str, ApiKey] = {}
        """By public text. `add_key` and `drop_key` change them."""
        self.key_numbers: dict[int, ApiKey] = {}
        """The same by number."""
        self.tokens: dict[int, Token] = {}
        self.facts: list[AnyFact] = []
        """What happened that the store has not seen, in its order."""
        self.cuts: list[int] = []
        """Where in them the next command begins, or the next thing that fell due."""
        self.found: tuple[Finding, ...] = ()
        """What the command at work has found out beside its facts."""
        self.ledger = Ledger(self.facts)
        self.transfers: dict[int, Transfer] = {}
        """Those that are not finished, and those that accounts were opened with."""
        self.funds_moved = False
        """Whether money ever moved between wallets."""
        self.changes = Changes()
        self.looks_at_assets: dict[str, bool] = {}
        """By venue: whether its users' assets can change what they pay, as far as anybody asked."""
        self.timers = Timers()
        self.next_due_ns: int | None = None
        """When the next timer fires; None when none is set."""
        self.sets_off = False
        """Whether the command at work traded so that orders are to start behind it."""
        self.is_behind = False
        """Whether more has fallen due than the last command waited for."""

    def add_key(self, key: "ApiKey") -> None:
        """A key is there from now on."""
        self.keys[key.public] = self.key_numbers[key.key_id] = key

    def drop_key(self, key: "ApiKey") -> None:
        """A key is no longer there."""
        del self.keys[key.public], self.key_numbers[key.key_id]

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
        if order.expires_ns:
            self.stop_timer(order.expires_ns, Timer.EXPIRE_ORDER, order.order_id)
        self.stop_start(order)

    def stop_start(self, order: Order) -> None:
        """Stop the timers that would start an order which has started or ended."""
        if order.starts_ns:
            self.stop_timer(order.starts_ns, Timer.START_ORDER, order.order_id)
        if order.triggered_ns:
            self.stop_timer(order.triggered_ns, Timer.START_TRIGGERED, order.order_id)

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

    def set_as_of(self, as_of_ns: int) -> None:
        """Venues do what they did at that moment; 0: what they do at the clock's time."""
        self.as_of_ns = as_of_ns
        for account in self.accounts.values():
            account.set_as_of(as_of_ns)

    def as_of(self, at_ns: int) -> int:
        """By what moment a venue does what it does, or shows what is of that time."""
        return self.as_of_ns or at_ns

    def set_timer(self, due_ns: int, timer: Timer, number: int) -> None:
        """Set a timer for the order, transfer or account of that number."""
        self.timers.set((due_ns, timer, number))
        self.next_due_ns = self.timers.next_due_ns

    def stop_timer(self, due_ns: int, timer: Timer, number: int) -> None:
        """Stop a timer, unless it has fired."""
        self.timers.stop((due_ns, timer, number))
        self.next_due_ns = self.timers.next_due_ns

    def pop_timer(self) -> tuple[int, Timer, int]:
        """Take the next timer: when it was due, what it is for, and the number of whom it is about."""
        due_ns, timer, number = self.timers.pop()
        self.next_due_ns = self.timers.next_due_ns
        return due_ns, Timer(timer), number

    def cut(self) -> None:
        """What happens from here on belongs to something else than what happened before."""
        here, cuts = len(self.facts), self.cuts
        if here and (not cuts or cuts[-1] != here):
            cuts.append(here)

    def find(self, finding: "Finding") -> None:
        """The command at work tells that, too."""
        self.found = (*self.found, finding)

    def order(self, order_id: int) -> Order | None:
        """An order that is live, or that changed since the store last saw it."""
        return self.live_orders.get(order_id) or self.changes.orders.get(order_id)

    @property
    def last_fact(self) -> int:
        """The number of the last thing that happened."""
        return self.counters.fact + len(self.facts)

    @property
    def has_changes(self) -> bool:
        """Whether there is anything that the store has not seen. Every change is told by a fact."""
        return bool(self.facts)

    def take_changes(self) -> Changes:
        """Hand over what changed since the last time."""
        changes, self.changes = self.changes, Changes()
        ledger = self.ledger
        changes.postings, ledger.posted = ledger.posted, []
        changes.purses, ledger.touched = ledger.touched, {}
        if facts := self.facts:
            changes.recorded = Recorded(self.counters.fact + 1, tuple(facts), tuple(self.cuts))
            self.counters.fact += len(facts)
            facts.clear()
            self.cuts.clear()
        return changes
