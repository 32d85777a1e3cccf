"""What a world remembers of an account: its live orders, the purses it trades from, and what it pays."""

from collections.abc import Iterator

from seatrial.core.accounts import HOUSE, Account, FeePayment
from seatrial.core.assets import Asset
from seatrial.core.funding import DepositAddress, Destination
from seatrial.core.ledger import Ledger, Purse
from seatrial.core.markets import FeeTier, Market
from seatrial.core.orders import CancelTimer, Order
from seatrial.core.rates import NO_FEES, Rates
from seatrial.core.volume import PlatformAssets, RollingVolume, Valuation


class AccountState:
    """One account: its purses in the wallet it trades from, its live orders, its volume and its assets' worth."""

    def __init__(self, account: Account, ledger: Ledger, assets: PlatformAssets) -> None:
        self.account = account
        self.orders: dict[int, Order] = {}
        self.by_client_id: dict[str, Order] = {}
        self.in_market: dict[str, dict[int, Order]] = {}
        """Its live orders by market; there and by tag the oldest come first, as in `orders`."""
        self.by_tag: dict[int, dict[int, Order]] = {}
        self.volume = RollingVolume()
        self.assets = assets
        self.fee_payment: FeePayment | None = None
        """What its owner chose to pay its trading fees with, if anything."""
        self.addresses: dict[tuple[str, str], list[DepositAddress]] = {}
        """By asset and method, oldest first."""
        self.destinations: dict[tuple[str, str], Destination] = {}
        """By asset and name, and in that order."""
        self.cancel_timer: CancelTimer | None = None
        self.fired_timer: CancelTimer | None = None
        """One that fell due and has more to cancel."""
        self._ledger = ledger
        self._trading: dict[str, Purse] = {}
        self._pairs: dict[str, tuple[Purse, Purse]] = {}
        self._rates: dict[str, Rates] = {}
        self._as_of_ns = 0

    def orders_in(self, markets: tuple[str, ...]) -> Iterator[Order]:
        """Its live orders in these markets, or in all markets if none is named."""
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

    def choose_payment(self, payment: FeePayment | None) -> None:
        """Have trading fees paid so."""
        self.fee_payment = payment
        self._ledger.owner(self.account.account_id).choose_payment(payment)

    def add_destination(self, destination: Destination) -> None:
        """Remember a place to withdraw to."""
        self.destinations[destination.asset, destination.name] = destination
        self.destinations = dict(sorted(self.destinations.items()))

    def fee_tier(self, market: Market, at_ns: int) -> FeeTier:
        """What it pays in that market by its venue, tier, 30-day volume and assets; the house pays nothing."""
        rates = self._rates.get(market.symbol)
        if rates is None:
            account = self.account
            fees = NO_FEES if account.venue == HOUSE else market.fees_for(account.venue).of_level(account.tier)
            fees = fees.at(self._as_of_ns).alone if self._as_of_ns else fees
            rates = self._rates[market.symbol] = Rates(fees, self.volume, self.assets)
        return rates.at(at_ns)

    def set_as_of(self, as_of_ns: int) -> None:
        """Pay the rates of that moment; 0: those of the clock's time."""
        self._as_of_ns = as_of_ns
        self._rates.clear()

    def value_assets(self, at_ns: int) -> Valuation | None:
        """Value its assets anew; None if no rate depends on them."""
        self._rates.clear()
        return self.assets.value(self.account.account_id, at_ns)
