"""Someone who reads nothing but facts, from any moment on, and keeps a whole world of his own by them.

What the machine holds and what the follower worked out are compared as one picture each: plain values, so that a
difference shows where it is.
"""

from collections import defaultdict
from typing import Any, Final, assert_never

from msgspec import structs

from seatrial.core import facts as f
from seatrial.core.assets import REWARDS_SUFFIX
from seatrial.core.candles import KEPT, MINUTES, SECOND_NS
from seatrial.core.funding import CANCELABLE, FINISHED, Direction, Transfer
from seatrial.core.orders import Fill, Order, OrderKind, OrderStatus, Side, Trade
from seatrial.core.state import State

Place = tuple[int, str, str]
"""Of money: account, wallet, asset."""

FREE: Final = 0
HELD: Final = 1
OUTGOING: Final = 2


def picture_of(state: State) -> dict[str, Any]:
    """All of a world that facts tell."""
    return {
        "orders": {number: structs.asdict(order) for number, order in state.live_orders.items()},
        "books": {symbol: book for symbol in state.markets if (book := _book_of(state, symbol))},
        "money": {
            place: [purse.free.balance, purse.held.balance, purse.outgoing.balance]
            for place, purse in state.ledger.purses.items()
            if purse.total or purse.held.balance or purse.outgoing.balance
        },
        "transfers": {number: structs.asdict(transfer) for number, transfer in state.transfers.items()},
        "trades": {symbol: ms.trade_id for symbol, ms in state.markets.items() if ms.trade_id},
        "candles": {
            (symbol, length): [structs.astuple(candle) for candle in ms.candles.of(length)][-KEPT:]
            for symbol, ms in state.markets.items()
            if ms.trade_id
            for length in MINUTES
        },
        "accounts": {number: account.account for number, account in state.accounts.items()},
        "keys": {
            key.key_id: (
                key.public, key.account_id, key.permissions, key.ip_allowlist, key.valid_until_ns, key.highest_nonce,
            )
            for key in state.keys.values()
        },
        "tokens": {token.token_id: (token.account_id, token.expires_ns) for token in state.tokens.values()},
        "timers": {n: account.cancel_timer for n, account in state.accounts.items() if account.cancel_timer},
        "fired": {n: account.fired_timer for n, account in state.accounts.items() if account.fired_timer},
        "addresses": {
            address.address_id: (address.account_id, address.asset, address.address, address.used)
            for account in state.accounts.values()
            for addresses in account.addresses.values()
            for address in addresses
        },
        "destinations": {
            (number, *place): destination
            for number, account in state.accounts.items()
            for place, destination in account.destinations.items()
        },
        "modes": state.modes,
        "delays": state.delays,
        "fee_payments": {n: chosen for n, account in state.accounts.items() if (chosen := account.fee_payment)},
        "as_of_ns": state.as_of_ns,
        "worth": {
            number: (valuation.usd, valuation.at_ns)
            for number, account in state.accounts.items()
            if (valuation := account.assets.valuation) is not None
        },
    }  # fmt: skip


def _book_of(state: State, symbol: str) -> list[tuple[str, int, int, int]]:
    book = state.markets[symbol].book
    return [
        (side, order.order_id, order.price_ticks, order.open_lots)
        for side, levels in (("bid", book.bids), ("ask", book.asks))
        for level in levels.levels()
        for order in level.orders.values()
    ]


class Follower:
    """A world of his own, from the moment of a state on."""

    def __init__(self, state: State) -> None:
        self.last = state.last_fact
        picture = picture_of(state)
        self.orders = {number: Order(**fields) for number, fields in picture["orders"].items()}
        self.money: dict[Place, list[int]] = defaultdict(lambda: [0, 0, 0], picture["money"])
        self.transfers: dict[int, Transfer] = dict(state.transfers)
        self.outgoing = {n: t for n, t in state.transfers.items() if _is_outgoing(t)}
        self.trades: dict[str, int] = picture["trades"]
        self.candles: dict[tuple[str, int], list[list[int]]] = {
            place: [list(candle) for candle in candles] for place, candles in picture["candles"].items()
        }
        self.accounts = picture["accounts"]
        self.keys = picture["keys"]
        self.tokens = picture["tokens"]
        self.timers = picture["timers"]
        self.fired = picture["fired"]
        self.addresses = picture["addresses"]
        self.destinations = picture["destinations"]
        self.modes = picture["modes"]
        self.delays = picture["delays"]
        self.fee_payments = picture["fee_payments"]
        self.as_of_ns = picture["as_of_ns"]
        self.worth = picture["worth"]

    def read(self, recorded: f.Recorded | None) -> None:
        """What was published: without a gap, each fact once; those before he came are known."""
        if recorded is None:
            return
        assert recorded.first <= self.last + 1, "a gap"
        for number, fact in enumerate(recorded.facts, recorded.first):
            if number > self.last:
                self.last = number
                self.take(fact)

    def check(self, state: State) -> None:
        """What he worked out is what the machine holds."""
        assert self.last == state.last_fact
        theirs, mine = picture_of(state), self.picture()
        for name, value in theirs.items():
            assert mine[name] == value, name

    def picture(self) -> dict[str, Any]:
        """As of a machine."""
        return {
            "orders": {number: structs.asdict(order) for number, order in self.orders.items()},
            "books": self._books(),
            "money": {place: amounts for place, amounts in self.money.items() if any(amounts)},
            "transfers": {n: structs.asdict(t) for n, t in self.transfers.items()},
            "trades": self.trades,
            "candles": {place: [tuple(row) for row in rows][-KEPT:] for place, rows in self.candles.items()},
            "accounts": self.accounts,
            "keys": self.keys,
            "tokens": self.tokens,
            "timers": self.timers,
            "fired": self.fired,
            "addresses": self.addresses,
            "destinations": self.destinations,
            "modes": self.modes,
            "delays": self.delays,
            "fee_payments": self.fee_payments,
            "as_of_ns": self.as_of_ns,
            "worth": self.worth,
        }

    def take(self, fact: f.AnyFact) -> None:  # noqa: C901, PLR0912, PLR0915  one case per kind of fact
        """One more thing happened."""
        match fact:
            case f.OrderAccepted():
                self._accept(fact)
            case f.OrderStarted():
                self._start(fact)
            case f.OrderTriggered():
                self.orders[fact.order_id].triggered_ns = fact.at_ns
            case f.OrderRested():
                order = self.orders[fact.order_id]
                order.queue, order.touched_ns = fact.queue, fact.at_ns
            case f.OrderDecreased():
                order = self.orders[fact.order_id]
                order.qty_lots -= fact.lots
                order.given_up_lots += fact.lots
                order.touched_ns = fact.at_ns
                self._hold(order, fact.hold)
            case f.OrderAmended():
                order = self.orders[fact.order_id]
                order.price_ticks, order.qty_lots = fact.amend.price_ticks, fact.amend.qty_lots
                order.amended_ns, order.hold_ppm = fact.at_ns, fact.hold_ppm
                assert order.open_lots == fact.amend.remaining_lots
                if fact.keeps_place:
                    order.touched_ns = fact.at_ns
                else:
                    order.queue = 0
                self._hold(order, fact.hold)
            case f.HouseOrderFilled():
                order = self.orders[fact.order_id]
                order.filled_lots += fact.lots
                order.exact += fact.exact
                order.touched_ns = fact.at_ns
                self._hold(order, fact.hold)
            case f.OrderEnded():
                self._hold(self.orders.pop(fact.order_id), 0)
            case f.Traded():
                self._fill(fact.maker, fact.maker_hold)
                self._fill(fact.taker, fact.taker_hold)
                self._see(fact.trade)
            case f.TradePrinted():
                self._see(fact.trade)
            case f.EntryPosted():
                for _, _, account_id, _, wallet, asset, _, _, _, _, amount, fee, _ in fact.postings:
                    self.money[account_id, wallet, asset][FREE] += amount - fee
            case f.AccountOpened():
                self.accounts[fact.account.account_id] = fact.account
            case f.FeePaymentChosen():
                self.fee_payments.pop(fact.account_id, None)
                if fact.payment is not None:
                    self.fee_payments[fact.account_id] = fact.payment
            case f.KeyIssued():
                self.keys[fact.key_id] = (
                    fact.public, fact.account_id, fact.permissions, fact.ip_allowlist, fact.valid_until_ns, -1,
                )  # fmt: skip
            case f.KeyChanged():
                public, account_id, *_, highest = self.keys[fact.key_id]
                self.keys[fact.key_id] = (
                    public, account_id, fact.permissions, fact.ip_allowlist, fact.valid_until_ns, highest,
                )  # fmt: skip
            case f.KeyRevoked():
                del self.keys[fact.key_id]
            case f.NonceSpent():
                *rest, highest = self.keys[fact.key_id]
                self.keys[fact.key_id] = (*rest, max(highest, fact.nonce))
            case f.TokenIssued():
                self.tokens = {n: token for n, token in self.tokens.items() if token[1] > fact.at_ns}
                self.tokens[fact.token_id] = (fact.account_id, fact.expires_ns)
            case f.AssetsValued():
                self.worth[fact.account_id] = (fact.usd, fact.at_ns)
            case f.CancelTimerSet():
                self.timers.pop(fact.account_id, None)
                if fact.timer is not None:
                    self.timers[fact.account_id] = fact.timer
            case f.CancelTimerFired():
                assert self.timers.pop(fact.account_id) == fact.timer
                self.fired[fact.account_id] = fact.timer
            case f.CancelTimerDone():
                del self.fired[fact.account_id]
            case f.AddressIssued():
                self.addresses[fact.address_id] = (fact.account_id, fact.asset, fact.address, False)
            case f.AddressUsed():
                self.addresses[fact.address_id] = (*self.addresses[fact.address_id][:3], True)
            case f.DestinationSaved():
                saved = fact.destination
                self.destinations[saved.account_id, saved.asset, saved.name] = saved
            case f.DepositSeen():
                self.transfers[fact.transfer.transfer_id] = fact.transfer
            case f.WithdrawalRequested():
                self._withdraw(fact.transfer)
            case f.TransferMoved():
                self._move(fact.transfer)
            case f.FundsMoved():
                pass  # its entry says all
            case f.StatusSet():
                self.modes = fact.modes
            case f.DelaysSet():
                self.delays = fact.delays
            case f.AsOfSet():
                self.as_of_ns = fact.as_of_ns
            case _:
                assert_never(fact)

    def _accept(self, fact: f.OrderAccepted) -> None:
        said = structs.asdict(fact.terms)
        for name in ("check_only", "worth_min_qty", "minimums", "matching_ns"):
            del said[name]
        order = Order(
            **said | {"price_ticks": fact.price_ticks}, order_id=fact.order_id, opened_ns=fact.at_ns,
            status=fact.status, hold_ppm=fact.hold_ppm, is_house=self.accounts[fact.account_id].venue == "house",
        )  # fmt: skip
        self.orders[fact.order_id] = order
        self._hold(order, fact.hold)

    def _start(self, fact: f.OrderStarted) -> None:
        order = self.orders[fact.order_id]
        order.status, order.price_ticks = OrderStatus.OPEN, fact.price_ticks
        if order.kind is OrderKind.MARKET:
            self._hold(order, 0)
        self._hold(order, fact.hold)

    def _fill(self, fill: Fill, hold: int) -> None:
        order = self.orders[fill.order_id]
        order.filled_lots += fill.qty_lots
        order.exact += fill.exact
        order.fee_exact += fill.fee_exact
        order.fee_quote += fill.fee_quote
        order.fee_base += fill.fee_base
        order.touched_ns = fill.at_ns
        self._hold(order, hold)

    def _hold(self, order: Order, hold: int) -> None:
        """What it sets aside from now on, in its asset first where money comes free, in its rewards what that lacks."""
        base, quote = order.market.split("/")
        asset = quote if order.side is Side.BUY else base
        wallet = self.accounts[order.account_id].trading_wallet
        own = self.money[order.account_id, wallet, asset]
        more = hold - order.hold
        order.hold = hold
        in_own = min(more, own[FREE]) if more > 0 else max(more, -own[HELD])
        for amounts, units in (
            (own, in_own),
            (self.money[order.account_id, wallet, asset + REWARDS_SUFFIX], more - in_own),
        ):
            amounts[FREE] -= units
            amounts[HELD] += units

    def _see(self, trade: Trade) -> None:
        assert trade.trade_id == self.trades.get(trade.market, 0) + 1
        self.trades[trade.market] = trade.trade_id
        price, lots = trade.price_ticks, trade.qty_lots
        for length in MINUTES:
            start_s = trade.at_ns // SECOND_NS // (60 * length) * 60 * length
            rows = self.candles.setdefault((trade.market, length), [])
            if not rows or rows[-1][0] != start_s:
                rows.append([start_s, price, price, price, price, 0, 0, 0])
            row = rows[-1]
            row[2], row[3], row[4] = max(row[2], price), min(row[3], price), price
            row[5:] = [row[5] + lots, row[6] + price * lots, row[7] + 1]

    def _withdraw(self, transfer: Transfer) -> None:
        self.transfers[transfer.transfer_id] = self.outgoing[transfer.transfer_id] = transfer
        self._set_aside(transfer, transfer.gross)

    def _move(self, transfer: Transfer) -> None:
        number = transfer.transfer_id
        if number in self.outgoing and not _is_outgoing(transfer):
            del self.outgoing[number]
            self._set_aside(transfer, -transfer.gross)
        if transfer.status in FINISHED and not transfer.opening:
            self.transfers.pop(number, None)
        else:
            self.transfers[number] = transfer

    def _set_aside(self, transfer: Transfer, units: int) -> None:
        amounts = self.money[transfer.account_id, transfer.wallet, transfer.asset]
        amounts[FREE] -= units
        amounts[OUTGOING] += units

    def _resting(self) -> list[Order]:
        return [order for order in self.orders.values() if order.queue]

    def _books(self) -> dict[str, list[tuple[str, int, int, int]]]:
        return {symbol: self._book(symbol) for symbol in {order.market for order in self._resting()}}

    def _book(self, symbol: str) -> list[tuple[str, int, int, int]]:
        found = [order for order in self._resting() if order.market == symbol]
        bids = sorted((o for o in found if o.side is Side.BUY), key=lambda o: (-o.price_ticks, o.queue))
        asks = sorted((o for o in found if o.side is Side.SELL), key=lambda o: (o.price_ticks, o.queue))
        return [
            (word, order.order_id, order.price_ticks, order.open_lots)
            for word, side in (("bid", bids), ("ask", asks))
            for order in side
        ]


def _is_outgoing(transfer: Transfer) -> bool:
    return transfer.direction is Direction.WITHDRAWAL and transfer.status in CANCELABLE
