"""A small world with awkward markets, and anything that may be asked of it.

Who is of Kraken has as much again of everything that earns rewards, and fee credits that run out.
"""

from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

import msgspec
from hypothesis import strategies as st

from seatrial.core.accounts import FeePayment
from seatrial.core.assets import Assets
from seatrial.core.commands import (
    AmendOrder,
    CancelOrders,
    ChangeKey,
    ChooseFeePayment,
    Command,
    DecreaseOrder,
    DriveTransfer,
    IssueAddress,
    IssueKey,
    IssueToken,
    MoveFunds,
    OpenAccount,
    PassTime,
    PlaceOrder,
    ReplaceOrder,
    RequestWithdrawal,
    RevokeKey,
    SaveDestination,
    SeeDeposit,
    SetAsOf,
    SetCancelTimer,
    SetDelays,
    SpendNonce,
)
from seatrial.core.funding import Delays, TransferNote, TransferStatus
from seatrial.core.machine import Machine
from seatrial.core.markets import FeeSchedule, FeeTier, Market
from seatrial.core.orders import OrderKind, SelfTrade, Side, TimeInForce
from seatrial.core.state import State
from tests.support.trading_floor import SECOND_NS, START_NS, catalogue

Journal = list[tuple[Command, int]]
"""Commands and the time before each."""

STEEP = FeeSchedule(
    "steep",
    (
        FeeTier(0, 4_000, 2_500), FeeTier(3, 3_501, 1_799), FeeTier(9, 1_000, -200, from_assets_usd=2),
        FeeTier(10**6, 500, -200, from_assets_usd=40),
    ),
    counts_volume=True,
    from_ns=START_NS + 3_600 * SECOND_NS,
    earlier=FeeSchedule("steep", (FeeTier(0, 3_999, 2_499), FeeTier(2, 3_000, -100)), counts_volume=True),
)  # fmt: skip
"""Tiers so low that a few trades, or a little wealth, reach the maker's rebate; other ones in the first hour."""

LEVELS = FeeSchedule(
    "levels", (FeeTier(0, 1_000, 900),), counts_volume=True, levels={"vip1": FeeTier(0, 777, -13)}
)  # fmt: skip
"""What the users of another venue pay."""

PRICES = {
    "BTC/USD": 600_003,
    "SHIB/USD": 1_237,
    "PEPE/USD": 7_001,
    "SUI/USD": 20_003,
    "SOL/ETH": 55_559,
    "BTC/DAI": 600_003,
    "ETH/PYUSD": 300_007,
    "EUR/USD": 125_003,
}
"""Ticks around which each market trades; no round number among them."""

STEEP_MARKETS = frozenset({"ETH/PYUSD", "PEPE/USD"})
FUNDED = ("EUR", "BTC", "SHIB", "USD", "DOT.S")
DESTINATIONS = ("bank", "home")
KEYS = ("strict", "lenient")


@cache
def markets() -> dict[str, Market]:
    """Those markets, two of them on the steep schedule."""
    found = catalogue().markets
    return {symbol: _steep(found[symbol]) if symbol in STEEP_MARKETS else found[symbol] for symbol in PRICES}


def _steep(market: Market) -> Market:
    """One of its users pays by another venue's rates."""
    return msgspec.structs.replace(market, fees=STEEP, venue_fees={"kucoin": LEVELS})


def new_state() -> State:
    """The world before anything happened."""
    return State(7, Assets(catalogue().assets), markets(), catalogue().methods)


def new_machine() -> Machine:
    """The same, at work since a certain moment."""
    machine = Machine(new_state())
    machine.state.now_ns = START_NS
    return machine


def _opening(name: str, plenty: int, venue: str = "kraken", tier: str = "pro", parent_id: int = 0) -> OpenAccount:
    codes = {market.base.code for market in markets().values()} | {m.quote.code for m in markets().values()}
    balances = []
    for code in sorted(codes):
        market = next(m for m in markets().values() if code in (m.base.code, m.quote.code))
        base_units = plenty * market.min_qty_lots * 10**market.base.scale // 10**market.lot_scale
        price_scale = market.price_scale + market.base.scale - market.quote.scale
        quote_units = base_units * PRICES[market.symbol] // 10**price_scale
        amount = (base_units if code == market.base.code else quote_units) + plenty
        balances.append(("spot", code, amount))
        if venue == "kraken":
            balances.append(("spot", f"{code}.F", amount))
    if venue == "kraken":
        balances.append(("spot", "KFEE", 20 * plenty))
    return OpenAccount(
        name, venue, tier, rate_limits=False, trading_wallet="spot", funding_wallet="spot",
        balances=tuple(balances), parent_id=parent_id,
    )  # fmt: skip


OPENING: tuple[Command, ...] = (
    _opening("rich", 10_000),
    _opening("fair", 200, "kucoin", "vip1"),
    _opening("poor", 5, parent_id=1),
    IssueKey(1, "strict", "strict", "secret", frozenset({"query", "trade"})),
    IssueKey(2, "lenient", "lenient", "secret", frozenset({"withdraw", "query", "trade"}), nonce_window=5),
    SaveDestination(1, "EUR", "Bank Frick (SEPA)", "home", "DE1"),
    SaveDestination(1, "BTC", "Bitcoin", "home", "bc1"),
    SaveDestination(2, "SHIB", "Shiba Inu (SHIB)", "home", "0x1"),
)
"""How every world here begins."""

_ACCOUNTS = (1, 1, 1, 2, 2, 2, 3) * 3 + (99,)
_LATER_NS = tuple(START_NS + seconds * SECOND_NS for seconds in (45, 60, 90, 3_700))
_TWISTS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {},
    {"fee_in_base": True},
    {"post_only": True},
    {"check_only": True},
    {"max_open": 3},
    {"tag": 1},
    {"tag": -2, "fee_in_base": True},
    {"client_id": "a"},
    {"client_id": "a", "note": "a note"},
    {"self_trade": SelfTrade.DECREASE, "label": "a label"},
    {"self_trade": SelfTrade.ALLOW},
    {"self_trade": SelfTrade.ALLOW, "time_in_force": TimeInForce.FOK},
    {"post_only": True, "cancels_post_only": True},
    {"band_ppm": 2},
    {"band_ppm": 2, "starts_ns": _LATER_NS[0]},
    {"client_id": "b", "self_trade": SelfTrade.CANCEL_BOTH},
    {"self_trade": SelfTrade.CANCEL_OLDEST},
    {"self_trade": SelfTrade.CANCEL_OLDEST, "time_in_force": TimeInForce.FOK},
    {"time_in_force": TimeInForce.IOC},
    {"time_in_force": TimeInForce.FOK},
    *({"starts_ns": at_ns} for at_ns in _LATER_NS),
    *({"time_in_force": TimeInForce.GTD, "expires_ns": at_ns} for at_ns in _LATER_NS),
    {"starts_ns": _LATER_NS[1], "expires_ns": _LATER_NS[2], "post_only": True},
)


def any_order(luck: Random, symbols: tuple[str, ...] = tuple(PRICES)) -> PlaceOrder:
    """An order in one of those markets that often trades and is sometimes refused."""
    market = markets()[luck.choice(symbols)]
    side = luck.choice((Side.BUY, Side.SELL))
    offset = luck.randint(-3, 3)
    lots = luck.randint(market.min_qty_lots - 1, 3 * market.min_qty_lots)
    twist = luck.choice(_TWISTS)
    account_id = luck.choice(_ACCOUNTS)
    if offset < 3:
        return _order(account_id, market.symbol, side, twist, price_ticks=PRICES[market.symbol] + offset, qty_lots=lots)
    twist = {name: value for name, value in twist.items() if name not in {"post_only", "time_in_force"}}
    if lots % 2:
        exact = (lots * PRICES[market.symbol] + 1) * 10**market.quote.scale
        return _order(
            account_id, market.symbol, side, twist, spend=exact // 10 ** (market.price_scale + market.lot_scale)
        )
    return _order(account_id, market.symbol, side, twist, qty_lots=lots)


def _order(
    account_id: int, symbol: str, side: Side, twist: dict[str, Any], *,
    price_ticks: int = 0, qty_lots: int = 0, spend: int = 0,
) -> PlaceOrder:  # fmt: skip
    kind = OrderKind.LIMIT if price_ticks else OrderKind.MARKET
    plain = PlaceOrder(account_id, symbol, side, kind, price_ticks, qty_lots, spend)
    return msgspec.structs.replace(plain, **twist)


def any_cancel(luck: Random) -> Command:
    """By some selectors, or everything."""
    return CancelOrders(
        luck.choice(_ACCOUNTS),
        tuple(luck.randint(1, 60) for _ in range(luck.randint(0, 3))),
        luck.choice(((), (), (1,), (1, -2))),
        luck.choice(((), (), ("a",))),
        luck.randint(1, 6) == 1,
    )


def any_amendment(luck: Random) -> Command:
    """A part is canceled, or an order is placed anew, or it asks for something else."""
    account_id, number = luck.choice(_ACCOUNTS), luck.randint(1, 60)
    market = markets()[luck.choice(tuple(PRICES))]
    lots = luck.choice((0, 1, market.min_qty_lots, 2 * market.min_qty_lots))
    if luck.randint(1, 2) == 1:
        return DecreaseOrder(account_id, number, lots)
    price = luck.choice((None, PRICES[market.symbol] + luck.randint(-3, 3)))
    qty = luck.choice((None, lots))
    if number % 2:
        return AmendOrder(
            account_id, number, price, qty, post_only=number % 7 == 0, check_only=number % 11 == 0,
            matching_ns=number % 3,
        )  # fmt: skip
    return ReplaceOrder(account_id, number, price, qty)


def aimed(state: State, command: Command) -> Command:
    """The command; of an amendment often one of an order that is open, which its number is of by chance only."""
    if not isinstance(command, AmendOrder) or command.order_id % 5 == 0:
        return command
    live = [order for order in state.live_orders.values() if order.order_id > 0 and order.kind is OrderKind.LIMIT]
    if not live:
        return command
    number = command.order_id
    order = live[number % len(live)]
    price = None if command.price_ticks is None else order.price_ticks + number % 5 - 2
    grown = order.qty_lots + (number % 4 - 2) * markets()[order.market].min_qty_lots // 2
    qty = None if command.qty_lots is None else max(0, grown)
    return msgspec.structs.replace(
        command, account_id=order.account_id, order_id=order.order_id, price_ticks=price, qty_lots=qty
    )


def any_cancel_timer(luck: Random) -> Command:
    """For some markets or all; sometimes off."""
    markets = luck.choice(((), (), ("BTC/USD",), ("PEPE/USD", "BTC/USD"), ("NO/SUCH",)))
    return SetCancelTimer(luck.choice(_ACCOUNTS), luck.choice((0, 1, 60 * SECOND_NS, 600 * SECOND_NS)), markets)


def any_deposit(luck: Random) -> Command:
    """Often below the minimum, sometimes to an address of its own."""
    return SeeDeposit(
        luck.choice(_ACCOUNTS),
        luck.choice(FUNDED),
        luck.randint(0, 10 ** luck.randint(5, 12)),
        chain_tx=luck.choice((None, "cafe")),
        address=luck.choice((None, None, "elsewhere")),
        manual=luck.choice((True, False)),
    )


def any_withdrawal(luck: Random) -> Command:
    """Often to a place that was never saved."""
    return RequestWithdrawal(
        luck.choice(_ACCOUNTS),
        luck.choice(("EUR", "EUR", "BTC", "BTC", *FUNDED)),
        luck.choice(("home", "home", "home", *DESTINATIONS)),
        luck.randint(0, 10 ** luck.randint(5, 10)),
        luck.choice((None, None, None, None, None, "DE1")),
        luck.choice((None, None, None, 10**6)),
        luck.randint(1, 6) == 1,
    )


def any_drive(luck: Random) -> Command:
    """A step that the life cycle may or may not have."""
    statuses = (None, *TransferStatus, TransferStatus.SUCCESS)
    return DriveTransfer(
        luck.randint(1, luck.choice((3, 10, 30))), luck.choice(statuses), luck.choice((None, *TransferNote))
    )


def any_destination(luck: Random) -> Command:
    """Under one of two names."""
    return SaveDestination(
        luck.choice(_ACCOUNTS),
        luck.choice(("BTC", "EUR", *FUNDED)),
        luck.choice(("Bitcoin", "Bank Frick (SEPA)")),
        luck.choice(DESTINATIONS),
        "x",
        luck.choice((None, "memo")),
        luck.choice((True, False)),
    )


def any_delays(luck: Random) -> Command:
    """From none to a day."""
    return SetDelays(Delays(*(luck.choice((0, SECOND_NS, 30 * SECOND_NS, 86_400 * SECOND_NS)) for _ in range(4))))


def any_as_of(luck: Random) -> Command:
    """By the clock, or by a day before or after the fees changed."""
    return SetAsOf(luck.choice((0, 1_704_067_200 * 10**9, 1_790_000_000 * 10**9)))


def any_move(luck: Random) -> Command:
    """Between wallets and accounts, some of which belong together; sometimes under a name used before."""
    family = luck.choice((1, 1, 3, 2, 99)), luck.choice((1, 3, 3, 2, 0))
    return MoveFunds(
        luck.choice((1, 1, 1, 3)), luck.choice(("BTC", "USD", "USD.F", "KFEE", "NOPE")),
        luck.randint(-1, 10 ** luck.randint(1, 9)),
        family[0], luck.choice(("spot", "vault")), family[1], luck.choice(("spot", "vault")),
        luck.choice((None, "a", "b", str(luck.random()))),
    )  # fmt: skip


def any_fee_payment(luck: Random) -> Command:
    """In an asset of one of the markets, or as ever."""
    account_id, asset = luck.choice(_ACCOUNTS), luck.choice((None, "ETH", "EUR", "USD", "NOPE"))
    payment = None if asset is None else FeePayment(account_id, asset, asset, 800_000, 950_000)
    return ChooseFeePayment(account_id, payment)


def any_key_change(luck: Random) -> Command:
    """Of one of three keys, which may be gone already."""
    account_id, public = luck.choice(((1, "strict"), (2, "lenient"), (3, "third"), (1, "lenient")))
    if luck.randint(1, 3) == 1:
        return IssueKey(3, "third", "third", "secret", frozenset({"query"}))
    if luck.randint(1, 8) == 1:
        return RevokeKey(account_id, public)
    return ChangeKey(account_id, public, luck.choice((None, frozenset({"trade"}))), luck.choice((None, ("::1",))), 7)


_OTHERS: tuple[Callable[[Random], Command], ...] = (
    any_cancel,
    any_cancel,
    any_amendment,
    any_amendment,
    any_amendment,
    any_cancel_timer,
    any_deposit,
    any_deposit,
    any_withdrawal,
    any_withdrawal,
    any_withdrawal,
    any_drive,
    any_drive,
    any_drive,
    any_destination,
    any_move,
    any_move,
    any_key_change,
    any_fee_payment,
    any_delays,
    any_as_of,
    lambda luck: IssueAddress(luck.choice(_ACCOUNTS), "BTC", luck.choice(("Bitcoin", "Nothing")), 3),
    lambda luck: _opening(luck.choice(("rich", "new", "newer")), luck.randint(0, 50)),
    lambda luck: SpendNonce(luck.choice((*KEYS, "unknown")), luck.randint(0, 20)),
    lambda luck: IssueToken(1, 1, luck.choice((SECOND_NS, 900 * SECOND_NS))),
    lambda _luck: PassTime(),
)


def anything_else(luck: Random) -> Command:
    """All but orders."""
    return luck.choice(_OTHERS)(luck)


def any_gap_ns(luck: Random) -> int:
    """How long after the one before a command comes: mostly soon."""
    longest = luck.choice((0, 0, 0, 1, 2, 3))
    return luck.choice(
        (0, 1, 1_000_000, SECOND_NS, 31 * SECOND_NS, 3_600 * SECOND_NS, 86_400 * SECOND_NS, 30 * 86_400 * SECOND_NS)
        [: 2 * longest + 2]
    )  # fmt: skip


def any_journal(seed: int, length: int, symbols: tuple[str, ...] = tuple(PRICES)) -> Journal:
    """That many commands and the time before each, two of three of them orders."""
    luck = Random(seed)  # noqa: S311  a test's luck
    return [
        (any_order(luck, symbols) if luck.randint(1, 3) < 3 else anything_else(luck), any_gap_ns(luck))
        for _ in range(length)
    ]


@st.composite
def orders(draw: st.DrawFn, symbols: tuple[str, ...] = tuple(PRICES)) -> PlaceOrder:
    """An order that hypothesis chooses and can shrink."""
    return any_order(draw(st.randoms(use_true_random=False)), symbols)


@st.composite
def others(draw: st.DrawFn) -> Command:
    """Any other command that hypothesis chooses and can shrink."""
    return anything_else(draw(st.randoms(use_true_random=False)))


GAPS_NS: st.SearchStrategy[int] = st.one_of(
    st.just(0),
    st.sampled_from((1, 1_000_000, SECOND_NS, 31 * SECOND_NS)),
    st.sampled_from((0, 0, 31 * SECOND_NS, 3_600 * SECOND_NS, 86_400 * SECOND_NS, 30 * 86_400 * SECOND_NS)),
)
"""How long after the one before a command comes."""
