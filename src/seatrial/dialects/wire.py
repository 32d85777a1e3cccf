"""What a dialect is: a call comes in, a reply or a look-up goes out. No socket, no clock, no waiting."""

from collections.abc import Callable, Hashable, Iterable
from typing import Any, NamedTuple, Protocol, runtime_checkable

from msgspec import Struct

from seatrial.core.accounts import FeePayment
from seatrial.core.facts import Recorded
from seatrial.core.funding import Transfer
from seatrial.core.machine import Machine
from seatrial.core.orders import Fill
from seatrial.core.queries import Query
from seatrial.core.state import State


class Call(Struct, frozen=True):
    """One HTTP request, as it came."""

    verb: str
    path: str
    """Without the query string, percent-decoded."""
    query: bytes
    headers: dict[bytes, bytes]
    """Names in lower case."""
    body: bytes
    address: str
    """Whom it came from."""
    raw_path: bytes = b""
    """The path as it was sent, where percent-encoding makes that another text than `path`."""

    @property
    def endpoint(self) -> bytes:
        """Path and query as they were sent."""
        path = self.raw_path or self.path.encode(errors="surrogatepass")
        return path + b"?" + self.query if self.query else path


class Reply(Struct, frozen=True):
    """One HTTP response."""

    body: bytes
    status: int = 200
    content_type: bytes = b"application/json; charset=utf-8"
    note: str | None = None
    """What the operator should know and the caller should not; never a secret."""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    """Beside the content type and length; names in lower case."""


class Lookup(Struct, frozen=True):
    """The reply needs stored history: look this up once all before it is committed, then write it.

    What is written of one answer may be a further look-up.
    """

    query: Query
    write: Callable[[Any], "Reply | Lookup"]
    is_long: bool = False
    """Whether so much may be written that the event loop must not wait for it: then `write` runs beside the machine,
    and looks at nothing that the machine changes."""


class Unfinished(Struct, frozen=True):
    """The call takes more than one step: others are served before the next one.

    Once all before it is committed and `query`, if there is one, is looked up, `go_on` takes what was found and the
    world's time then, up to which time has passed again.
    """

    go_on: Callable[[Any, int], "Reply | Lookup | Unfinished"]
    query: Query | None = None
    turn: Hashable = None
    """Of calls that have the same one, each begins when the one before it is answered; None: it need not wait."""


Served = Reply | Lookup | Unfinished
"""What becomes of a call."""


class Speaker(Protocol):
    """Answers a call in a venue's words: a dialect, or one request over a socket."""

    def serve(self, machine: Machine, call: Call, at_ns: int, real_ns: int | None = None) -> Served:
        """Answer it: see `Dialect`."""
        ...

    def unavailable(self) -> Reply:
        """The answer while nothing can be stored or looked up."""
        ...


class Line(Protocol):
    """The way to the other side of a conversation that lasts."""

    def send(self, frame: bytes) -> None:
        """Send a text."""
        ...

    def close(self, code: int) -> None:
        """Close behind all that was sent, with that code."""
        ...


class SocketSession(Protocol):
    """One conversation over a WebSocket."""

    is_over: bool

    @property
    def is_idle(self) -> bool:
        """Whether nothing will be sent unless something comes in."""
        ...

    def receive(self, message: bytes, at_ns: int) -> Iterable[Speaker]:
        """The other side said something; what of it may change the world, and is to be answered as calls are."""
        ...

    def answer(self, reply: Reply) -> None:
        """That is the answer to one of those."""
        ...

    def end(self, code: int) -> None:
        """Close it, with that code."""
        ...

    def leave(self) -> None:
        """The other side is gone."""
        ...


class Feed(Protocol):
    """What a venue's users are told over sockets of what happens in a world."""

    @property
    def is_followed(self) -> bool:
        """Whether there is anybody to tell."""
        ...

    def begin(self, last: int) -> None:
        """Somebody is about to come, and nobody is there; that was the last fact that is stored."""
        ...

    def refusal(self, call: Call, at_s: float) -> Reply | None:
        """Why nobody may come by that request, at that second of the computer's clock; None where somebody may."""
        ...

    def open(self, call: Call, line: Line) -> SocketSession:
        """Somebody comes, by that request."""
        ...

    def publish(self, recorded: Recorded) -> None:
        """More is stored."""
        ...

    def tick(self) -> None:
        """A second of the computer's time passed."""
        ...

    def break_off(self) -> None:
        """End all conversations: what was told may not have happened, or what comes next is not known."""
        ...


Find = Callable[[Query, Callable[[Any], None], Callable[[], None]], None]
"""Looks something up once all that happened is stored, and gives the answer to the first, or calls the second."""


class Credentials(NamedTuple):
    """What the owner of a key has."""

    public: str
    secret: str
    passphrase: str | None
    """A second secret, where the venue has one."""

    def __repr__(self) -> str:
        """Without its secrets, which must not reach a log."""
        return f"Credentials(public={self.public!r})"


class Dialect(Protocol):
    """One venue's language, over one world."""

    @property
    def changing_headers(self) -> frozenset[bytes]:
        """Headers that differ from call to call, such as signatures; names in lower case."""
        ...

    def serve(self, machine: Machine, call: Call, at_ns: int, real_ns: int | None = None) -> Served:
        """Answer a call: read it, check who asks, apply what it asks for, write the outcome.

        The caller has let time pass: all that is due by `at_ns`, the world's time, has happened.

        `real_ns` is the computer's own time, which clients sign by; None: it is the world's.
        """
        ...

    def unavailable(self) -> Reply:
        """The venue's answer while nothing can be stored or looked up."""
        ...

    def unreadable(self) -> Reply:
        """The venue's answer to a request too large to read."""
        ...

    @property
    def opening(self) -> "Opening":
        """What a new account of this venue is like."""
        ...

    def asset_code(self, text: str) -> str | None:
        """The asset that this venue's users call by that name."""
        ...

    def market_symbol(self, text: str) -> str | None:
        """The market that this venue's users call by that name."""
        ...

    def credentials(self, number: int) -> Credentials:
        """The texts of the key of that number, drawn from the world's seed."""
        ...

    def order_ref(self, state: State, order_id: int, opened_ns: int, /) -> str:
        """The venue's id of an order."""
        ...

    def fill_ref(self, fill: Fill, /) -> str:
        """The venue's id of an order's part in a trade."""
        ...

    def posting_ref(self, posting_id: int, at_ns: int, /) -> str:
        """The venue's id of a row of the ledger."""
        ...

    def transfer_ref(self, state: State, transfer: Transfer, /) -> str:
        """The venue's id of a deposit or withdrawal."""
        ...

    def transfer_number(self, ref: str) -> int | None:
        """The transfer of that id, if it is one."""
        ...


@runtime_checkable
class StreamingDialect(Dialect, Protocol):
    """A venue's language that is also spoken over WebSockets."""

    @property
    def socket_paths(self) -> frozenset[str]:
        """Paths at which a WebSocket can be opened."""
        ...

    def feed(self, machine: Machine, find: Find) -> Feed:
        """What is told there."""
        ...


class Opening(Struct, frozen=True):
    """What a new account of a venue gets."""

    trading_wallet: str
    """What orders pay from, and where opening balances lie unless another wallet is named."""
    funding_wallet: str
    wallets: tuple[str, ...]
    """All that it may have."""
    tier: str
    tiers: tuple[str, ...]
    permissions: frozenset[str]
    """All that a key may be given."""
    stamps_calls: bool = False
    """Whether every call says when it was signed."""
    fee_payment: FeePayment | None = None
    """What an account may choose to pay its trading fees with, if anything; of no account yet."""
