"""One market where traders call their orders aloud, and drawings of what came of it.

A book is drawn with a line for each resting order, asks above bids; whoever is nearer to the middle trades first:

    ask 102 5 ann
    ask 101 2 ann
    bid  99 4 bob
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from seatrial.catalogue import Catalogue, load
from seatrial.core.account_state import AccountState
from seatrial.core.assets import Assets
from seatrial.core.commands import CancelOrders, Command, OpenAccount, PassTime, PlaceOrder
from seatrial.core.facts import AccountOpened, OrderAccepted
from seatrial.core.findings import OrdersCanceled
from seatrial.core.ledger import Purse
from seatrial.core.machine import Done, Machine, first
from seatrial.core.markets import FeeSchedule, FeeTier, FundingMethod, Market
from seatrial.core.money import format_units, parse_units
from seatrial.core.orders import Amend, Fill, Order, OrderKind, OrderStatus, SelfTrade, Side, TimeInForce, Trade
from seatrial.core.postings import Posting, posting_of
from seatrial.core.rejects import Reject
from seatrial.core.state import State
from tests.support.told import told_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from seatrial.core.changes import Changes
    from seatrial.core.funding import Move, Transfer

SECOND_NS = 10**9
START_NS = 1_790_812_800 * SECOND_NS
"""2026-10-01 00:00:00 UTC."""

RICH = "1000000"
"""What a trader has of either asset unless the test says otherwise."""


@cache
def catalogue() -> Catalogue:
    """The package's own."""
    return load()


def flat(taker_ppm: int, maker_ppm: int) -> FeeSchedule:
    """A fee schedule of one tier."""
    return FeeSchedule("flat", (FeeTier(0, taker_ppm, maker_ppm),), counts_volume=True)


NO_FEES = flat(0, 0)


def units(text: str, scale: int) -> int:
    """A decimal as units; it must fit."""
    found = parse_units(text, scale)
    assert found is not None, text
    return found


def shown(amount: int, scale: int) -> str:
    """Units as a decimal without needless zeros."""
    text = format_units(amount, scale)
    return text.rstrip("0").rstrip(".") if "." in text else text


def drawn(text: str) -> str:
    """A drawing without its indentation and its columns."""
    return "\n".join(" ".join(line.split()) for line in text.strip().splitlines())


class Followed:
    """A transfer as it is now."""

    def __init__(self, floor: "Floor", number: int) -> None:
        self._floor = floor
        self.transfer_id = number

    @property
    def now(self) -> "Transfer":
        """The transfer itself."""
        return self._floor.transfers[self.transfer_id]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.now, name)


class Floor:
    """A market, its traders by name, and the world's clock."""

    def __init__(
        self,
        symbol: str = "BTC/USD",
        *,
        fees: FeeSchedule | None = None,
        cost_scale: int | None = None,
        methods: tuple[FundingMethod, ...] | None = None,
    ) -> None:
        market = catalogue().markets[symbol]
        if fees is not None:
            market = replace(market, fees=fees)
        if cost_scale is not None:
            market = replace(market, cost_scale=cost_scale)
        self.market: Market = market
        markets = {**catalogue().markets, symbol: market}
        state = State(1, Assets(catalogue().assets), markets, catalogue().methods if methods is None else methods)
        self.machine = Machine(state)
        self.now_ns = START_NS
        self.postings: list[Posting] = []
        self.fills: list[Fill] = []
        self.trades: list[Trade] = []
        self.orders: dict[int, Order] = {}
        self.transfers: dict[int, Transfer] = {}
        self.moves: list[Move] = []
        self.amends: list[Amend] = []
        self.names: dict[int, str] = {}
        self.commit_to: Callable[[Changes], None] | None = None
        """Is given all changes, too, if it is set."""

    def open(self, name: str, **amounts: str) -> AccountState:
        """A trader with exactly those amounts, by asset."""
        assets = self.machine.state.assets
        balances = tuple(("spot", code, units(amount, assets[code].scale)) for code, amount in amounts.items())
        done = self.apply(
            OpenAccount(
                name,
                "kraken",
                "pro",
                rate_limits=False,
                trading_wallet="spot",
                funding_wallet="spot",
                balances=balances,
            )
        )
        account_id = first(AccountOpened, done).account.account_id
        self.names[account_id] = name
        return self.machine.state.accounts[account_id]

    def trader(self, name: str) -> AccountState:
        """A trader; a new one is rich in both assets of the market."""
        number = self.machine.state.account_names.get(name)
        if number is None:
            return self.open(name, **{self.market.base.code: RICH, self.market.quote.code: RICH})
        return self.machine.state.accounts[number]

    def apply(self, command: Command) -> Done:
        """Do what must be possible."""
        outcome = self.attempt(command)
        assert not isinstance(outcome, Reject), outcome
        return outcome

    def attempt(self, command: Command) -> Done | Reject:
        """Do it, or see why not."""
        outcome = self.machine.apply(told_by(self, command), self.now_ns)
        self._note()
        return outcome

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.now_ns = max(self.now_ns, self.machine.state.now_ns) + seconds * SECOND_NS
        self.apply(PassTime())

    def order(
        self,
        name: str,
        side: Side,
        qty: str,
        at: str | None = None,
        *,
        spend: bool = False,
        time_in_force: TimeInForce = TimeInForce.GTC,
        self_trade: SelfTrade = SelfTrade.CANCEL_NEWEST,
        post_only: bool = False,
        fee_in_base: bool = False,
        starts_in: int = 0,
        expires_in: int = 0,
        tag: int | None = None,
        client_id: str | None = None,
        max_open: int | None = None,
        check_only: bool = False,
        **more: Any,
    ) -> PlaceOrder:
        """What a trader says: a market order without a price; `spend` takes the quantity as an amount of quote."""
        market = self.market
        return PlaceOrder(
            self.trader(name).account.account_id,
            market.symbol,
            side,
            OrderKind.MARKET if at is None else OrderKind.LIMIT,
            0 if at is None else units(at, market.price_scale),
            0 if spend else units(qty, market.lot_scale),
            units(qty, market.quote.scale) if spend else 0,
            time_in_force,
            self_trade,
            post_only,
            fee_in_base,
            self.now_ns + starts_in * SECOND_NS if starts_in else 0,
            self.now_ns + expires_in * SECOND_NS if expires_in else 0,
            tag,
            client_id,
            max_open,
            check_only,
            **more,
        )

    def place(self, command: PlaceOrder) -> Order:
        """Send an order that must be accepted."""
        return self.orders[first(OrderAccepted, self.apply(command)).order_id]

    def refusal(self, command: Command) -> Reject:
        """Send what must be refused."""
        outcome = self.attempt(command)
        assert isinstance(outcome, Reject), outcome
        return outcome

    def cancel(
        self, name: str, *, ids: tuple[int, ...] = (), tags: tuple[int, ...] = (), client_ids: tuple[str, ...] = ()
    ) -> int:
        """Cancel what the selectors name, which must be something; how many orders that were."""
        command = CancelOrders(self.trader(name).account.account_id, ids, tags, client_ids)
        return first(OrdersCanceled, self.apply(command)).count

    def draw(self, book: str) -> None:
        """Fill the book, from the middle outwards."""
        lines = drawn(book).splitlines()
        asks, bids = ([line for line in lines if line.startswith(side)] for side in ("ask", "bid"))
        for line in (*reversed(asks), *bids):
            side, price, qty, name = line.split()
            order = self.place(self.order(name, Side.BUY if side == "bid" else Side.SELL, qty, price))
            assert order.status is OrderStatus.OPEN
            assert not order.filled_lots

    def book(self) -> str:
        """The book as it would be drawn."""
        book = self.machine.state.markets[self.market.symbol].book
        asks = [self._line("ask", order) for level in book.asks.levels() for order in level.orders.values()]
        bids = [self._line("bid", order) for level in book.bids.levels() for order in level.orders.values()]
        return "\n".join([*reversed(asks), *bids])

    def tape(self) -> list[str]:
        """All trades: how much at what price."""
        market = self.market
        return [
            f"{shown(trade.qty_lots, market.lot_scale)} at {shown(trade.price_ticks, market.price_scale)}"
            for trade in self.trades
        ]

    def purse(self, name: str, asset: str) -> Purse:
        """What a trader has of an asset."""
        return self.trader(name).trading_purse(self.machine.state.assets[asset])

    def money(self, name: str, asset: str) -> str:
        """What a trader has of an asset: free, and what open orders and withdrawals set aside."""
        purse, scale = self.purse(name, asset), self.machine.state.assets[asset].scale
        parts = {"free": purse.free.balance, "held": purse.held.balance, "outgoing": purse.outgoing.balance}
        return " ".join(f"{part} {shown(amount, scale)}" for part, amount in parts.items() if amount or part == "free")

    def rows(self, name: str, *, opening: bool = False) -> str:
        """A trader's ledger, oldest first: kind, asset, amount, fee and balance after it."""
        number, assets = self.trader(name).account.account_id, self.machine.state.assets
        lines = []
        for row in self.postings:
            if row.account_id == number and (opening or row.kind != "transfer"):
                scale = assets[row.asset].scale
                amounts = (format_units(amount, scale) for amount in (row.amount, row.fee, row.balance))
                lines.append(" ".join((row.kind, row.asset, *amounts)))
        return "\n".join(lines)

    def _line(self, word: str, order: Order) -> str:
        market = self.market
        price = shown(order.price_ticks, market.price_scale)
        return f"{word} {price} {shown(order.open_lots, market.lot_scale)} {self.names[order.account_id]}"

    def _note(self) -> None:
        changes = self.machine.take_changes()
        if self.commit_to is not None:
            self.commit_to(changes)
        self.postings += map(posting_of, changes.postings)
        self.fills += changes.fills
        self.trades += changes.trades
        self.orders.update(changes.orders)
        self.transfers.update(changes.transfers)
        self.moves += changes.moves
        self.amends += changes.amends
        self.machine.state.ledger.prove()
