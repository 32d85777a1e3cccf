"""What KuCoin's clients tell, in one form, and what every story asks of them.

Codes and symbols are everyday ones (BTC, BTC/USDT), numbers exact; orders are open, closed or canceled, and funding has
the venue's own words where a client hands them on.
"""

from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from tests.support.venue_facts import Candle, Holding, Levels, OwnTrade, PlacedOrder, Print, Quote, Rules


class Line(NamedTuple):
    """One row of the account ledger."""

    code: str
    amount: Decimal
    """With its fee; what went out is negative."""
    fee: Decimal
    about: str | None
    """The trade that it belongs to, else the order, as its context has it."""
    at_ms: int


class Window(NamedTuple):
    """A stretch of the ledger, both ends included, and what of it is wanted."""

    start_ms: int
    end_ms: int
    size: int = 500
    """Rows to a page."""
    code: str | None = None


class Flow(NamedTuple):
    """A deposit or a withdrawal; pending, ok or failed."""

    status: str
    amount: Decimal
    fee: Decimal


class Quota(NamedTuple):
    """What may be withdrawn."""

    available: Decimal
    fee: Decimal
    smallest: Decimal


class KucoinClient(Protocol):
    """What every story asks of a client."""

    def close(self) -> None:
        """Let go of its connections."""

    def private(self, verb: str, path: str, /, **params: Any) -> Any:
        """What a signed call brings, by the client's most general method; its own exception when it is refused."""

    def markets(self) -> dict[str, Rules]:
        """All markets by symbol."""

    def balances(self, wallet: str = "trade") -> dict[str, Holding]:
        """All balances of a wallet by code."""

    def place(self, side: str, size: str | None, price: str | None = None, *, symbol: str, **more: Any) -> str:
        """Place a limit order, or a market order without a price; its id. `more`: clientOid, funds, postOnly, …."""

    def cancel(self, order: str, symbol: str) -> None:
        """Cancel by id."""

    def cancel_named(self, client_oid: str, symbol: str) -> None:
        """Cancel by the user's own name for it."""

    def cancel_all(self, symbol: str) -> None:
        """Cancel every order of a market."""

    def open_orders(self, symbol: str) -> dict[str, PlacedOrder]:
        """The live orders of a market by id."""

    def done_orders(self, symbol: str) -> dict[str, PlacedOrder]:
        """The newest ended orders of a market by id."""

    def order(self, order: str, symbol: str) -> PlacedOrder:
        """One order by its id."""

    def own_trades(self, symbol: str) -> list[OwnTrade]:
        """The newest fills of a market."""

    def lines(self, window: Window) -> list[Line]:
        """Every row of a window, page by page."""

    def book(self, symbol: str) -> tuple[Levels, Levels]:
        """Bids and asks, best first."""

    def quote(self, symbol: str) -> Quote:
        """The ticker."""

    def candles(self, symbol: str, start_s: int, end_s: int) -> list[Candle]:
        """Candles of a minute from `start_s` until before `end_s`, oldest first."""

    def prints(self, symbol: str) -> list[Print]:
        """The newest public trades, oldest first."""

    def create_address(self, code: str, chain: str) -> str:
        """A new address to deposit to."""

    def address(self, code: str, chain: str) -> str:
        """The address that there is."""

    def deposits(self, code: str) -> list[Flow]:
        """Deposits, newest first."""

    def withdrawals(self, code: str) -> dict[str, Flow]:
        """Withdrawals by id."""

    def quota(self, code: str, chain: str) -> Quota:
        """What may be withdrawn."""

    def transfer(self, code: str, amount: str, source: str, target: str) -> str:
        """Move money between two wallets; the id of that."""

    def withdraw(self, code: str, amount: str, address: str, chain: str) -> str:
        """Send money out of the main wallet; its id."""

    def cancel_withdrawal(self, withdrawal: str) -> None:
        """Stop a withdrawal."""
