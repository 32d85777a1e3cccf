"""What clients of the venue tell, in one form.

Codes and symbols are everyday ones (BTC, BTC/USD), numbers exact, and states the venue's own words.
"""

from decimal import Decimal
from typing import Any, NamedTuple, Protocol

PAGE = 50
"""Rows that a page of history has."""


def exact(number: object) -> Decimal:
    """A number as it prints: floats too, which ccxt makes of everything."""
    return Decimal(str(number))


class Rules(NamedTuple):
    """What an order in a market must keep."""

    tick: Decimal
    smallest: Decimal


class Holding(NamedTuple):
    """What an account has of an asset, and how much of that its open orders hold."""

    total: Decimal
    held: Decimal


class PlacedOrder(NamedTuple):
    """An order as its owner sees it."""

    status: str
    side: str
    volume: Decimal
    filled: Decimal
    average: Decimal
    """0 before the first fill."""
    fee: Decimal
    name: str | None
    """The user's own, or the user's own number as text."""


class OwnTrade(NamedTuple):
    """One fill as its owner sees it."""

    order: str
    side: str
    price: Decimal
    volume: Decimal
    cost: Decimal
    fee: Decimal
    maker: bool


class Entry(NamedTuple):
    """One ledger row."""

    refid: str
    asset: str
    amount: Decimal
    fee: Decimal
    balance: Decimal


class Moved(NamedTuple):
    """A deposit or a withdrawal."""

    status: str
    note: str | None
    amount: Decimal
    fee: Decimal


class Candle(NamedTuple):
    """One interval of trading."""

    start_s: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


class Print(NamedTuple):
    """One public trade."""

    id: int
    side: str
    price: Decimal
    volume: Decimal


class Quote(NamedTuple):
    """A market at a glance."""

    bid: Decimal
    ask: Decimal
    last: Decimal
    volume: Decimal


Levels = list[tuple[Decimal, Decimal]]


class VenueClient(Protocol):
    """What every story asks of a client."""

    def close(self) -> None:
        """Let go of its connections."""

    def private(self, method: str, /, **params: Any) -> Any:
        """The result of a private method by its name; the client's own exception when it is refused."""

    def markets(self) -> dict[str, Rules]:
        """All markets by symbol."""

    def balances(self) -> dict[str, Holding]:
        """All balances by code."""

    def place(self, side: str, volume: str, price: str | None = None, *, symbol: str, **more: Any) -> str:
        """Place a limit order, or a market order without a price; its id. `more`: userref, cl_ord_id."""

    def cancel(self, order: str | int) -> int:
        """Cancel by id or userref; how many."""

    def cancel_named(self, client_id: str) -> int:
        """Cancel by cl_ord_id; how many."""

    def open_orders(self) -> dict[str, PlacedOrder]:
        """The open orders by id."""

    def closed_orders(self) -> dict[str, PlacedOrder]:
        """The newest orders that ended, by id."""

    def order(self, order: str) -> PlacedOrder:
        """One order by its id."""

    def own_trades(self) -> dict[str, OwnTrade]:
        """The newest fills by id."""

    def ledger(self, offset: int) -> dict[str, Entry]:
        """One page of the ledger by id."""

    def deposits(self, code: str) -> dict[str, Moved]:
        """Deposits by refid."""

    def withdrawals(self, code: str) -> dict[str, Moved]:
        """Withdrawals by refid."""

    def withdraw(self, code: str, key: str, amount: str) -> str:
        """Ask for a withdrawal; its refid."""

    def cancel_withdrawal(self, code: str, refid: str) -> bool:
        """Stop a withdrawal."""

    def candles(self, symbol: str, since_s: int) -> list[Candle]:
        """Candles of a minute that start at `since_s` or later."""

    def prints(self, symbol: str, cursor: str, count: int) -> tuple[list[Print], str]:
        """Public trades after the cursor, and where the next page begins."""

    def quote(self, symbol: str) -> Quote:
        """The ticker."""

    def book(self, symbol: str) -> tuple[Levels, Levels]:
        """Bids and asks, best first."""

    def spreads(self, symbol: str) -> Levels:
        """Bid and ask, oldest first."""
