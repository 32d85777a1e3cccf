"""Someone who sees only what happened, keeps plain lists of it, and works everything out again from them."""

from collections import Counter, defaultdict
from fractions import Fraction
from itertools import pairwise
from math import ceil

from seatrial.core import firing
from seatrial.core.assets import Asset
from seatrial.core.candles import DAY_NS, MINUTES, SECOND_NS, Candle, Stats
from seatrial.core.changes import Changes
from seatrial.core.funding import CANCELABLE, Direction, Move, Transfer
from seatrial.core.ledger import EXCHANGE, Purse
from seatrial.core.machine import Machine
from seatrial.core.market_state import MarketState
from seatrial.core.orders import Amend, AmendKind, Fill, Order, OrderKind, OrderStatus, Side, Trade
from seatrial.core.postings import EntryKind, Posting, posting_of
from seatrial.core.volume import HOUR_NS, WINDOW_HOURS


class Auditor:
    """Everything that a world's changes said so far, and the laws that must hold for it."""

    def __init__(self) -> None:
        self.postings: dict[int, list[Posting]] = defaultdict(list)
        self.entries: dict[int, list[Posting]] = defaultdict(list)
        self.fills: list[Fill] = []
        self.trades: dict[str, list[Trade]] = defaultdict(list)
        self.orders: dict[int, Order] = {}
        self.transfers: dict[int, Transfer] = {}
        self.moves: list[Move] = []
        self.amends: list[Amend] = []

    def note(self, changes: Changes) -> None:
        """Take down what happened."""
        for posting in map(posting_of, changes.postings):
            self.postings[posting.account_id].append(posting)
            self.entries[posting.entry_id].append(posting)
        self.fills += changes.fills
        for trade in changes.trades:
            self.trades[trade.market].append(trade)
        self.orders.update(changes.orders)
        self.transfers.update(changes.transfers)
        self.moves += changes.moves
        self.amends += changes.amends

    def check(self, machine: Machine) -> None:
        """All laws at once."""
        machine.state.ledger.prove()
        self.check_postings()
        self.check_orders()
        check_holds(machine)
        check_timers(machine)
        check_keys(machine)
        for ms in machine.state.markets.values():
            check_book(machine, ms)
            self.check_trades(ms, machine.state.now_ns)
        self.check_volumes(machine)

    def check_postings(self) -> None:
        """Each account's postings are numbered without gaps, in order of time, and each purse's balances chain."""
        for rows in self.postings.values():
            assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
            assert all(one.at_ns <= other.at_ns for one, other in pairwise(rows))
            balances: Counter[tuple[str, str]] = Counter()
            for row in rows:
                balances[row.wallet, row.asset] += row.amount - row.fee
                assert row.balance == balances[row.wallet, row.asset]
        numbers = sorted(row.posting_id for rows in self.postings.values() for row in rows)
        assert numbers == list(range(1, len(numbers) + 1))
        for number, entry in enumerate(self.entries.values(), start=1):
            sums: Counter[str] = Counter()
            for row in entry:
                sums[row.asset] += row.amount - row.fee
            assert not any(sums.values()), entry
            assert {row.entry_id for row in entry} == {number}
            check_rewards(entry)

    def check_orders(self) -> None:
        """An order is the sum of its fills, and each fill points at its own postings."""
        postings = {row.posting_id: row for rows in self.postings.values() for row in rows}
        of_order: dict[int, list[Fill]] = defaultdict(list)
        for fill in self.fills:
            of_order[fill.order_id].append(fill)
            own = [postings[fill.first_posting + place] for place in range(fill.postings)]
            assert {(row.account_id, row.ref) for row in own} <= {(fill.account_id, fill.fill_id)}
            base, quote = fill.market.split("/")
            charged = [sum(row.fee for row in own if row.asset == asset) for asset in (quote, base)]
            assert [fill.fee_quote, fill.fee_base] == charged
            others = [row for row in own if row.asset not in (base, quote)]
            assert all((row.asset, row.amount, row.fee > 0) == ("KFEE", 0, True) for row in others)
            assert fill.fee_exact == fill.exact * fill.fee_ppm == fill.price_ticks * fill.qty_lots * fill.fee_ppm
        charged_by = {(fill.account_id, fill.fill_id): (fill.fee_quote, fill.fee_base) for fill in self.fills}
        for row in postings.values():
            if row.kind in (EntryKind.FEE_REFUND, EntryKind.FEE_PAYMENT) and row.account_id != EXCHANGE:
                assert (row.kind is EntryKind.FEE_PAYMENT) is (row.amount < 0)
                assert row.amount < 0 or row.amount <= max(charged_by[row.account_id, row.ref])
        check_counters(self.fills)
        for order in self.orders.values():
            fills = of_order[order.order_id]
            assert order.filled_lots == sum(fill.qty_lots for fill in fills)
            assert order.exact == sum(fill.price_ticks * fill.qty_lots for fill in fills)
            assert order.fee_exact == sum(fill.fee_exact for fill in fills)
            assert (order.fee_quote, order.fee_base) == _paid(fills)
            assert order.is_live is (order.closed_ns == 0)
            is_filled = order.status is OrderStatus.FILLED
            assert order.qty_lots == 0 or is_filled is (order.open_lots == 0) or self.was_amended_to_fills(order)
        self.check_amends()

    def was_amended_to_fills(self, order: Order) -> bool:
        """Whether its owner had it ask for what was filled, which cancels the rest of nothing."""
        newest = next((amend for amend in reversed(self.amends) if amend.order_id == order.order_id), None)
        return order.status is OrderStatus.CANCELED and newest is not None and newest.remaining_lots == 0

    def check_amends(self) -> None:
        """They are numbered without gaps; the history of an order begins with what it was placed as."""
        numbers = [amend.amend_id for amend in self.amends if amend.kind is AmendKind.USER]
        assert numbers == list(range(1, len(numbers) + 1))
        of_order: dict[int, list[Amend]] = defaultdict(list)
        for amend in self.amends:
            of_order[amend.order_id].append(amend)
        assert of_order.keys() == {number for number, order in self.orders.items() if order.amended_ns}
        for number, (original, *amends) in of_order.items():
            order = self.orders[number]
            assert (original.amend_id, original.kind, original.at_ns) == (0, AmendKind.ORIGINAL, order.opened_ns)
            assert original.qty_lots == original.remaining_lots
            assert amends
            assert (amends[-1].price_ticks, amends[-1].at_ns) == (order.price_ticks, order.amended_ns)
            for before, after in pairwise((original, *amends)):
                is_other = (before.price_ticks, before.qty_lots) != (after.price_ticks, after.qty_lots)
                assert is_other or order.given_up_lots

    def check_trades(self, ms: MarketState, now_ns: int) -> None:
        """Trades are numbered without gaps, strictly in order of time; candles and statistics equal them."""
        trades = self.trades[ms.market.symbol]
        assert [trade.trade_id for trade in trades] == list(range(1, len(trades) + 1))
        assert all(one.at_ns < other.at_ns for one, other in pairwise(trades))
        for minutes in MINUTES:
            assert ms.candles.of(minutes) == candles_of(trades, minutes)
        if trades:
            oldest_ns = trades[-1].at_ns // SECOND_NS * SECOND_NS - DAY_NS
            assert ms.stats.day() == stats_of([trade for trade in trades if trade.at_ns >= oldest_ns])
            today = [trade for trade in trades if trade.at_ns // DAY_NS == now_ns // DAY_NS]
            price = trades[-1].price_ticks
            assert ms.stats.today(now_ns) == (stats_of(today) if today else Stats(price, price, price))

    def check_volumes(self, machine: Machine) -> None:
        """An account's volume is that of its fills of the last thirty days."""
        now_ns = machine.state.now_ns
        sums: Counter[int] = Counter()
        for fill in self.fills:
            if fill.at_ns // HOUR_NS >= now_ns // HOUR_NS - WINDOW_HOURS:
                sums[fill.account_id] += fill.volume_usd
        for number, account in machine.state.accounts.items():
            assert account.volume.at(now_ns) == sums[number]


def check_timers(machine: Machine) -> None:
    """Exactly those timers are set that a world would set which is loaded now."""
    assert list(machine.state.timers) == sorted(firing.standing(machine.state))


def check_keys(machine: Machine) -> None:
    """A key is found by its number as by its text."""
    state = machine.state
    assert state.key_numbers == {key.key_id: key for key in state.keys.values()}


def check_book(machine: Machine, ms: MarketState) -> None:
    """The book is not crossed and holds exactly the open orders, each level in order of arrival."""
    bids, asks = list(ms.book.bids.levels()), list(ms.book.asks.levels())
    assert not bids or not asks or bids[0].price_ticks < asks[0].price_ticks
    resting = {}
    for levels, side, best in ((bids, Side.BUY, max), (asks, Side.SELL, min)):
        prices = [level.price_ticks for level in levels]
        assert prices == sorted(set(prices), reverse=side is Side.BUY)
        assert not prices or prices[0] == best(prices)
        for level in levels:
            orders = list(level.orders.values())
            assert orders
            assert [order.queue for order in orders] == sorted(order.queue for order in orders)
            assert level.qty_lots == sum(order.open_lots for order in orders)
            assert {(order.side, order.price_ticks, order.status) for order in orders} == {
                (side, level.price_ticks, OrderStatus.OPEN)
            }
            resting.update(level.orders)
    live = machine.state.live_orders.values()
    assert resting == {o.order_id: o for o in live if o.market == ms.market.symbol and o.status is OrderStatus.OPEN}


def check_counters(fills: list[Fill]) -> None:
    """A trade's two fills name each other's orders."""
    sides: dict[tuple[str, int], list[Fill]] = defaultdict(list)
    for fill in fills:
        sides[fill.market, fill.trade_id].append(fill)
    for maker, taker in sides.values():
        assert (maker.maker, taker.maker) == (True, False)
        assert (maker.counter_order_id, taker.counter_order_id) == (taker.order_id, maker.order_id)


def _paid(fills: list[Fill]) -> tuple[int, int]:
    return sum(fill.fee_quote for fill in fills), sum(fill.fee_base for fill in fills)


def check_rewards(entry: list[Posting]) -> None:
    """What rewards lose, their asset gets, in the same wallet; nobody's fee changes by it."""
    if entry[0].kind is EntryKind.AUTO_ALLOCATION:
        client, asset = entry[0].account_id, entry[0].asset
        assert [row.account_id for row in entry] == [client, client, EXCHANGE, EXCHANGE]
        assert [row.asset for row in entry[:2]] == [asset, asset.removesuffix(".F")]
        assert [row.amount for row in entry[:2]] == [-entry[1].amount, entry[1].amount]
        assert entry[1].amount > 0
        assert not any(row.fee for row in entry)


def check_holds(machine: Machine) -> None:
    """What is held is what the open orders need and what withdrawals on their way take, and nothing else."""
    state = machine.state
    held: Counter[Purse] = Counter()
    in_rewards: dict[Purse, int] = {}
    for order in state.live_orders.values():
        market = state.markets[order.market].market
        need, asset = needed(order, state.markets[order.market])
        assert order.hold == need, order
        assert asset in (market.base, market.quote)
        purse = state.accounts[order.account_id].trading_purse(asset)
        held[purse] += need
        rewards = state.ledger.rewards(purse)
        if rewards is not None and rewards.held.balance:
            in_rewards[rewards], in_rewards[purse] = rewards.held.balance, -rewards.held.balance
    outgoing: Counter[Purse] = Counter()
    for transfer in state.transfers.values():
        if transfer.direction is Direction.WITHDRAWAL and transfer.status in CANCELABLE:
            purse = state.ledger.purse(transfer.account_id, transfer.wallet, state.assets[transfer.asset])
            outgoing[purse] += transfer.amount + transfer.fee
    for purse in state.ledger.purses.values():
        assert purse.held.balance == held[purse] + in_rewards.get(purse, 0)
        assert purse.outgoing.balance == outgoing[purse]
        assert purse.account_id == EXCHANGE or min(purse.free.balance, purse.held.balance) >= 0


def needed(order: Order, ms: MarketState) -> tuple[int, Asset]:
    """What an open order must set aside, worked out in fractions of a whole dollar or coin."""
    market = ms.market
    rate = 1 + Fraction(order.hold_ppm, 10**6)
    size = Fraction(order.open_lots, 10**market.lot_scale)
    if order.side is Side.SELL:
        return ceil(size * (rate if order.fee_in_base else 1) * 10**market.base.scale), market.base
    if order.kind is OrderKind.MARKET:
        return ceil(order.spend * (1 if order.fee_in_base else rate)), market.quote
    cost = size * Fraction(order.price_ticks, 10**market.price_scale)
    return ceil(cost * (1 if order.fee_in_base else rate) * 10**market.quote.scale), market.quote


def candles_of(trades: list[Trade], minutes: int) -> list[Candle]:
    """Candles from the plain list of trades."""
    groups: dict[int, list[Trade]] = defaultdict(list)
    for trade in trades:
        groups[trade.at_ns // (minutes * 60 * 10**9) * minutes * 60].append(trade)
    candles = []
    for start_s, group in groups.items():
        prices = [trade.price_ticks for trade in group]
        stats = stats_of(group)
        candles.append(
            Candle(
                start_s, prices[0], max(prices), min(prices), prices[-1], stats.volume_lots, stats.exact, stats.count
            )
        )
    return candles


def stats_of(trades: list[Trade]) -> Stats:
    """Statistics from the plain list of trades, which must not be empty."""
    prices = [trade.price_ticks for trade in trades]
    return Stats(
        prices[0],
        max(prices),
        min(prices),
        sum(trade.qty_lots for trade in trades),
        sum(trade.price_ticks * trade.qty_lots for trade in trades),
        len(trades),
    )
