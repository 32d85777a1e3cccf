"""The control API's operations as values: one function each, of the operation's own name, which gives the call."""

from collections.abc import Mapping
from typing import Any, Final, Generic, Literal, NamedTuple, TypeVar
from urllib.parse import quote

from msgspec import Struct

from seatrial.client import shapes

T = TypeVar("T")
Name = str | int
"""Of an account: its id or its name."""


class Call(NamedTuple, Generic[T]):
    """One call, whose answer is a `T`: POST when it has a body."""

    path: str
    result: type[T]
    body: Struct | Mapping[str, Any] | None = None
    filters: Mapping[str, str | int | None] = {}
    """What is asked for; those that are None are left out."""

    @property
    def verb(self) -> Literal["GET", "POST"]:
        """A call that changes nothing has no body."""
        return "GET" if self.body is None else "POST"

    @property
    def query(self) -> dict[str, str]:
        """The filters that go out."""
        return {name: str(value) for name, value in self.filters.items() if value is not None}


class Wanted(NamedTuple):
    """Which events a reader wants."""

    account: Name | None = None
    market: str | None = None
    kind: str | None = None
    """Kinds, with commas between them."""
    since: int | None = None
    """Go on behind the event of this number."""
    last: int | None = None
    """Begin with so many of those that are held."""
    follow: bool = True
    """Whether to go on with what happens, or to end with what is stored now."""


ANY_ACCOUNT: Final = shapes.NewAccount()
ANY_KEY: Final = shapes.NewKey()
"""With a name that the exchange makes up; that may do everything."""

ANYTHING: Final = Wanted()


def health() -> Call[shapes.Health]:
    """Whether the world answers."""
    return Call("/health", shapes.Health)


def list_accounts() -> Call[list[shapes.AccountView]]:
    """All accounts, without their secrets."""
    return Call("/accounts", list[shapes.AccountView])


def open_account(account: shapes.NewAccount) -> Call[shapes.OpenedAccount]:
    """Open an account with balances and a key that may do everything."""
    return Call("/accounts", shapes.OpenedAccount, account)


def choose_fee_asset(account: Name, choice: shapes.FeeChoice) -> Call[shapes.FeeView]:
    """Have another asset pay an account's trading fees, where its venue has one."""
    return Call(f"/accounts/{_quoted(account)}/fees", shapes.FeeView, choice)


def issue_key(account: Name, key: shapes.NewKey) -> Call[shapes.IssuedKey]:
    """Issue a key, restricted as it says."""
    return Call(f"/accounts/{_quoted(account)}/keys", shapes.IssuedKey, key)


def see_deposit(account: Name, deposit: shapes.NewDeposit) -> Call[shapes.TransferView]:
    """Let a deposit show up; the clock or `drive_transfer` confirms it."""
    return Call(f"/accounts/{_quoted(account)}/deposits", shapes.TransferView, deposit)


def save_destination(account: Name, destination: shapes.NewDestination) -> Call[shapes.DestinationView]:
    """Save an address to withdraw to, under a name."""
    return Call(f"/accounts/{_quoted(account)}/withdraw-keys", shapes.DestinationView, destination)


def list_funding(
    account: Name | None = None, *, limit: int | None = None, before: str | None = None
) -> Call[list[shapes.TransferView]]:
    """Deposits and withdrawals, newest first."""
    filters = {"account": account, "limit": limit, "before": before}
    return Call("/funding", list[shapes.TransferView], filters=filters)


def drive_transfer(refid: str, step: shapes.Step) -> Call[shapes.TransferView]:
    """Take one step of a transfer's life cycle, or set its status_prop."""
    return Call(f"/funding/{_quoted(refid)}", shapes.TransferView, step)


def read_delays() -> Call[shapes.DelaysView]:
    """How long transfers stay in each status."""
    return Call("/delays", shapes.DelaysView)


def set_delays(change: shapes.DelaysChange) -> Call[shapes.DelaysView]:
    """Change how long."""
    return Call("/delays", shapes.DelaysView, change)


def read_clock() -> Call[shapes.ClockView]:
    """The world's time."""
    return Call("/clock", shapes.ClockView)


def set_clock(change: shapes.ClockChange) -> Call[shapes.ClockView]:
    """Freeze, set, advance or speed time up; answered when all that fell due has happened."""
    return Call("/clock", shapes.ClockView, change)


def read_restore() -> Call[shapes.RestoreView]:
    """How far a backup is that is being restored, and what came of the last one."""
    return Call("/restore", shapes.RestoreView)


def restore(wanted: shapes.Restore) -> Call[shapes.Restored]:
    """Put the world of a backup, a file on the server's machine, in the place of this one."""
    return Call("/restore", shapes.Restored, wanted)


def read_books() -> Call[shapes.Books]:
    """The trial balance, and the exchange's own accounts."""
    return Call("/books", shapes.Books)


def list_markets() -> Call[list[shapes.MarketView]]:
    """All markets at a glance."""
    return Call("/markets", list[shapes.MarketView])


def read_market(pair: str) -> Call[shapes.MarketView]:
    """One market."""
    return Call(f"/markets/{_quoted(pair)}", shapes.MarketView)


def change_market(pair: str, change: shapes.MarketChange) -> Call[shapes.MarketView]:
    """Halt a market, move its price, or take the house's quotes away."""
    return Call(f"/markets/{_quoted(pair)}", shapes.MarketView, change)


def print_trade(pair: str, trade: shapes.NewTrade) -> Call[shapes.MarketView]:
    """Print a trade; orders in its way are filled first."""
    return Call(f"/markets/{_quoted(pair)}/trades", shapes.MarketView, trade)


def read_system() -> Call[shapes.SystemView]:
    """What the exchange as a whole is open for."""
    return Call("/system", shapes.SystemView)


def change_system(change: shapes.SystemChange) -> Call[shapes.SystemView]:
    """Halt the exchange, or open it again."""
    return Call("/system", shapes.SystemView, change)


def read_crowd() -> Call[shapes.CrowdView]:
    """Who trades by themselves, and how."""
    return Call("/crowd", shapes.CrowdView)


def change_crowd(change: shapes.CrowdChange) -> Call[shapes.CrowdView]:
    """Change how much goes on, and tune one pair."""
    return Call("/crowd", shapes.CrowdView, change)


def read_tape() -> Call[shapes.TapeView]:
    """How far the tape has been played."""
    return Call("/tape", shapes.TapeView)


def follow(wanted: Wanted) -> Call[shapes.StreamedEvent]:
    """What happens, as server-sent events."""
    filters = wanted._asdict() | {"follow": None if wanted.follow else "false"}
    return Call("/events", shapes.StreamedEvent, filters=filters)


def _quoted(name: Name) -> str:
    """A name as one part of a path."""
    return quote(str(name), safe="")
