"""The control API for programs: `Control` waits for its answers, `AsyncControl` awaits them.

A method each per operation, of the operation's own name. What it answers is a value; an exception says that the
exchange refused, wants a token, or that nothing of Seatrial's answers there.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Generic, NamedTuple, Self, TypeVar

import httpx
import msgspec

from seatrial.client import calls, shapes
from seatrial.client.calls import ANY_ACCOUNT, ANY_KEY, ANYTHING, Call, Name, Wanted
from seatrial.client.transport import TIMEOUT_SECONDS, async_http_client, checked_url, http_client

PREFIX: Final = "/_seatrial/v1"

STREAM_SECONDS: Final = 60.0
"""A stream that lives says so more often than that."""

ENDS: Final = frozenset({"cut_off", "world_replaced", "server_stops"})
"""Kinds of the event that a stream ends with, where its reader did not end it."""

T = TypeVar("T")


class NoResultError(Exception):
    """The call gave no result; the kinds below say why."""


class ControlError(NoResultError):
    """The exchange refused: `status` is that of HTTP, `detail` says why."""

    def __init__(self, status: int, detail: str, content: bytes = b"") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.content = content
        """The problem document as it came. Source: RFC 9457."""


class TokenWantedError(ControlError):
    """The exchange answers only who shows its token."""


class UnreachableError(NoResultError):
    """Nothing answers there, so nothing was done."""


class UnansweredError(NoResultError):
    """The answer did not come, or broke off, for the reason `why`: a change may have been made."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"no answer from {url}: {why}")
        self.why = why


class StrangerError(NoResultError):
    """What answers there is no control API."""


class StreamEndedError(NoResultError):
    """The exchange ended a stream of events: `kind` and the text say why, `last` is the number of the last event."""

    def __init__(self, kind: str, detail: str, last: int) -> None:
        super().__init__(detail)
        self.kind = kind
        self.last = last


class Answer(NamedTuple, Generic[T]):
    """What came back."""

    content: bytes
    """As it came."""
    value: T


class Event(NamedTuple):
    """One fact of the world, by its number."""

    number: int
    at: str
    kind: str
    details: dict[str, Any]
    """What else it says, by its kind."""
    text: str
    """The JSON as it came."""


def event_of(line: str) -> Event | None:
    """The event of one line of a stream, where the line ends one; `StreamEndedError` where the exchange ends it.

    Source of the form: the HTML standard, "Server-sent events".
    """
    if not line.startswith("data: "):
        return None
    text = line.removeprefix("data: ")
    told = msgspec.json.decode(text, type=dict[str, Any])
    if told["kind"] in ENDS:
        raise StreamEndedError(told["kind"], told["detail"], told["last"])
    return Event(told.pop("number"), told.pop("at"), told.pop("kind"), told, text)


class _Problem(msgspec.Struct, frozen=True):
    """Source: RFC 9457."""

    status: int
    detail: str


def _refusal(response: httpx.Response) -> ControlError | StrangerError:
    try:
        problem = msgspec.json.decode(response.content, type=_Problem)
    except msgspec.DecodeError:
        return _stranger(response)
    kind = TokenWantedError if problem.status == HTTPStatus.UNAUTHORIZED else ControlError
    return kind(problem.status, problem.detail, response.content)


def _stranger(response: httpx.Response) -> StrangerError:
    return StrangerError(f"{response.url} answered HTTP {response.status_code}, and not as Seatrial does")


def _read(response: httpx.Response, call: Call[T]) -> Answer[T]:
    if not response.is_success:
        raise _refusal(response)
    try:
        return Answer(response.content, msgspec.json.decode(response.content, type=call.result))
    except msgspec.DecodeError:
        raise _stranger(response) from None


class _Sender:
    """What both kinds of client make of a call, and of a connection that fails."""

    def __init__(self, url: str, token: str | None, patience: float | None) -> None:
        self.url: Final = checked_url(url).removesuffix(PREFIX) + PREFIX
        """Where the control API is."""
        self._headers = {} if token is None else {b"Authorization": b"Bearer " + token.encode()}
        self._timeout = httpx.Timeout(TIMEOUT_SECONDS, read=patience)

    def _request(
        self, client: httpx.Client | httpx.AsyncClient, call: Call[Any], timeout: httpx.Timeout
    ) -> httpx.Request:
        content = None if call.body is None else msgspec.json.encode(call.body)
        headers = self._headers if content is None else {**self._headers, b"Content-Type": b"application/json"}
        url = self.url + call.path
        return client.build_request(
            call.verb, url, content=content, params=call.query, headers=headers, timeout=timeout
        )

    def _stream_request(self, client: httpx.Client | httpx.AsyncClient, wanted: Wanted) -> httpx.Request:
        return self._request(client, calls.follow(wanted), httpx.Timeout(TIMEOUT_SECONDS, read=STREAM_SECONDS))

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise UnreachableError(f"nothing answers at {self.url}") from error
        except httpx.HTTPError as error:
            raise UnansweredError(self.url, str(error) or type(error).__name__) from error


class Control(_Sender):
    """The control API of the exchange at a URL; `token` is what it was started with.

    `patience` is how many seconds to wait for an answer; None: as long as it takes, as to make much time pass.
    Every method raises `ControlError` when the exchange refuses, `UnreachableError` when nothing answers.
    """

    def __init__(self, url: str, token: str | None = None, *, patience: float | None = None) -> None:
        """`UrlError` when the URL is none."""
        super().__init__(url, token, patience)
        self._http = http_client(self.url)

    def send(self, call: Call[T]) -> Answer[T]:
        """Make a call."""
        with self._failing():
            response = self._http.send(self._request(self._http, call, self._timeout))
        return _read(response, call)

    def follow(self, wanted: Wanted = ANYTHING) -> Iterator[Event]:
        """What happens, as it happens. Leaving the iterator unread to its end leaves the stream; `close` it then."""
        with self._failing():
            response = self._http.send(self._stream_request(self._http, wanted), stream=True)
            try:
                if not response.is_success:
                    response.read()
                    raise _refusal(response)
                for line in response.iter_lines():
                    if (event := event_of(line)) is not None:
                        yield event
            finally:
                response.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def health(self) -> shapes.Health:
        """Whether the world answers."""
        return self.send(calls.health()).value

    def list_accounts(self) -> list[shapes.AccountView]:
        """All accounts, without their secrets."""
        return self.send(calls.list_accounts()).value

    def open_account(self, account: shapes.NewAccount = ANY_ACCOUNT) -> shapes.OpenedAccount:
        """Open an account with balances and a key that may do everything."""
        return self.send(calls.open_account(account)).value

    def choose_fee_asset(self, account: Name, choice: shapes.FeeChoice) -> shapes.FeeView:
        """Have another asset pay an account's trading fees, where its venue has one."""
        return self.send(calls.choose_fee_asset(account, choice)).value

    def issue_key(self, account: Name, key: shapes.NewKey = ANY_KEY) -> shapes.IssuedKey:
        """Issue a key, restricted as it says."""
        return self.send(calls.issue_key(account, key)).value

    def see_deposit(self, account: Name, deposit: shapes.NewDeposit) -> shapes.TransferView:
        """Let a deposit show up; the clock or `drive_transfer` confirms it."""
        return self.send(calls.see_deposit(account, deposit)).value

    def save_destination(self, account: Name, destination: shapes.NewDestination) -> shapes.DestinationView:
        """Save an address to withdraw to, under a name."""
        return self.send(calls.save_destination(account, destination)).value

    def list_funding(
        self, account: Name | None = None, *, limit: int | None = None, before: str | None = None
    ) -> list[shapes.TransferView]:
        """Deposits and withdrawals, newest first."""
        return self.send(calls.list_funding(account, limit=limit, before=before)).value

    def drive_transfer(self, refid: str, step: shapes.Step) -> shapes.TransferView:
        """Take one step of a transfer's life cycle, or set its status_prop."""
        return self.send(calls.drive_transfer(refid, step)).value

    def read_delays(self) -> shapes.DelaysView:
        """How long transfers stay in each status."""
        return self.send(calls.read_delays()).value

    def set_delays(self, change: shapes.DelaysChange) -> shapes.DelaysView:
        """Change how long."""
        return self.send(calls.set_delays(change)).value

    def read_clock(self) -> shapes.ClockView:
        """The world's time."""
        return self.send(calls.read_clock()).value

    def set_clock(self, change: shapes.ClockChange) -> shapes.ClockView:
        """Freeze, set, advance or speed time up; answered when all that fell due has happened."""
        return self.send(calls.set_clock(change)).value

    def read_restore(self) -> shapes.RestoreView:
        """How far a backup is that is being restored, and what came of the last one."""
        return self.send(calls.read_restore()).value

    def restore(self, wanted: shapes.Restore) -> shapes.Restored:
        """Put the world of a backup, a file on the server's machine, in the place of this one."""
        return self.send(calls.restore(wanted)).value

    def read_books(self) -> shapes.Books:
        """The trial balance, and the exchange's own accounts."""
        return self.send(calls.read_books()).value

    def list_markets(self) -> list[shapes.MarketView]:
        """All markets at a glance."""
        return self.send(calls.list_markets()).value

    def read_market(self, pair: str) -> shapes.MarketView:
        """One market."""
        return self.send(calls.read_market(pair)).value

    def change_market(self, pair: str, change: shapes.MarketChange) -> shapes.MarketView:
        """Halt a market, move its price, or take the house's quotes away."""
        return self.send(calls.change_market(pair, change)).value

    def print_trade(self, pair: str, trade: shapes.NewTrade) -> shapes.MarketView:
        """Print a trade; orders in its way are filled first."""
        return self.send(calls.print_trade(pair, trade)).value

    def read_system(self) -> shapes.SystemView:
        """What the exchange as a whole is open for."""
        return self.send(calls.read_system()).value

    def change_system(self, change: shapes.SystemChange) -> shapes.SystemView:
        """Halt the exchange, or open it again."""
        return self.send(calls.change_system(change)).value

    def read_crowd(self) -> shapes.CrowdView:
        """Who trades by themselves, and how."""
        return self.send(calls.read_crowd()).value

    def change_crowd(self, change: shapes.CrowdChange) -> shapes.CrowdView:
        """Change how much goes on, and tune one pair."""
        return self.send(calls.change_crowd(change)).value

    def read_tape(self) -> shapes.TapeView:
        """How far the tape has been played."""
        return self.send(calls.read_tape()).value


class AsyncControl(_Sender):
    """`Control` for programs with an event loop."""

    def __init__(self, url: str, token: str | None = None, *, patience: float | None = None) -> None:
        """`UrlError` when the URL is none."""
        super().__init__(url, token, patience)
        self._http = async_http_client(self.url)

    async def send(self, call: Call[T]) -> Answer[T]:
        """Make a call."""
        with self._failing():
            response = await self._http.send(self._request(self._http, call, self._timeout))
        return _read(response, call)

    async def follow(self, wanted: Wanted = ANYTHING) -> AsyncIterator[Event]:
        """What happens, as it happens. Leaving the iterator unread to its end leaves the stream; `aclose` it then."""
        with self._failing():
            response = await self._http.send(self._stream_request(self._http, wanted), stream=True)
            try:
                if not response.is_success:
                    await response.aread()
                    raise _refusal(response)
                async for line in response.aiter_lines():
                    if (event := event_of(line)) is not None:
                        yield event
            finally:
                await response.aclose()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def health(self) -> shapes.Health:
        """Whether the world answers."""
        return (await self.send(calls.health())).value

    async def list_accounts(self) -> list[shapes.AccountView]:
        """All accounts, without their secrets."""
        return (await self.send(calls.list_accounts())).value

    async def open_account(self, account: shapes.NewAccount = ANY_ACCOUNT) -> shapes.OpenedAccount:
        """Open an account with balances and a key that may do everything."""
        return (await self.send(calls.open_account(account))).value

    async def choose_fee_asset(self, account: Name, choice: shapes.FeeChoice) -> shapes.FeeView:
        """Have another asset pay an account's trading fees, where its venue has one."""
        return (await self.send(calls.choose_fee_asset(account, choice))).value

    async def issue_key(self, account: Name, key: shapes.NewKey = ANY_KEY) -> shapes.IssuedKey:
        """Issue a key, restricted as it says."""
        return (await self.send(calls.issue_key(account, key))).value

    async def see_deposit(self, account: Name, deposit: shapes.NewDeposit) -> shapes.TransferView:
        """Let a deposit show up; the clock or `drive_transfer` confirms it."""
        return (await self.send(calls.see_deposit(account, deposit))).value

    async def save_destination(self, account: Name, destination: shapes.NewDestination) -> shapes.DestinationView:
        """Save an address to withdraw to, under a name."""
        return (await self.send(calls.save_destination(account, destination))).value

    async def list_funding(
        self, account: Name | None = None, *, limit: int | None = None, before: str | None = None
    ) -> list[shapes.TransferView]:
        """Deposits and withdrawals, newest first."""
        return (await self.send(calls.list_funding(account, limit=limit, before=before))).value

    async def drive_transfer(self, refid: str, step: shapes.Step) -> shapes.TransferView:
        """Take one step of a transfer's life cycle, or set its status_prop."""
        return (await self.send(calls.drive_transfer(refid, step))).value

    async def read_delays(self) -> shapes.DelaysView:
        """How long transfers stay in each status."""
        return (await self.send(calls.read_delays())).value

    async def set_delays(self, change: shapes.DelaysChange) -> shapes.DelaysView:
        """Change how long."""
        return (await self.send(calls.set_delays(change))).value

    async def read_clock(self) -> shapes.ClockView:
        """The world's time."""
        return (await self.send(calls.read_clock())).value

    async def set_clock(self, change: shapes.ClockChange) -> shapes.ClockView:
        """Freeze, set, advance or speed time up; answered when all that fell due has happened."""
        return (await self.send(calls.set_clock(change))).value

    async def read_restore(self) -> shapes.RestoreView:
        """How far a backup is that is being restored, and what came of the last one."""
        return (await self.send(calls.read_restore())).value

    async def restore(self, wanted: shapes.Restore) -> shapes.Restored:
        """Put the world of a backup, a file on the server's machine, in the place of this one."""
        return (await self.send(calls.restore(wanted))).value

    async def read_books(self) -> shapes.Books:
        """The trial balance, and the exchange's own accounts."""
        return (await self.send(calls.read_books())).value

    async def list_markets(self) -> list[shapes.MarketView]:
        """All markets at a glance."""
        return (await self.send(calls.list_markets())).value

    async def read_market(self, pair: str) -> shapes.MarketView:
        """One market."""
        return (await self.send(calls.read_market(pair))).value

    async def change_market(self, pair: str, change: shapes.MarketChange) -> shapes.MarketView:
        """Halt a market, move its price, or take the house's quotes away."""
        return (await self.send(calls.change_market(pair, change))).value

    async def print_trade(self, pair: str, trade: shapes.NewTrade) -> shapes.MarketView:
        """Print a trade; orders in its way are filled first."""
        return (await self.send(calls.print_trade(pair, trade))).value

    async def read_system(self) -> shapes.SystemView:
        """What the exchange as a whole is open for."""
        return (await self.send(calls.read_system())).value

    async def change_system(self, change: shapes.SystemChange) -> shapes.SystemView:
        """Halt the exchange, or open it again."""
        return (await self.send(calls.change_system(change))).value

    async def read_crowd(self) -> shapes.CrowdView:
        """Who trades by themselves, and how."""
        return (await self.send(calls.read_crowd())).value

    async def change_crowd(self, change: shapes.CrowdChange) -> shapes.CrowdView:
        """Change how much goes on, and tune one pair."""
        return (await self.send(calls.change_crowd(change))).value

    async def read_tape(self) -> shapes.TapeView:
        """How far the tape has been played."""
        return (await self.send(calls.read_tape())).value
