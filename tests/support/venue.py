"""A running world for tests of real clients: fresh accounts, and a clock that moves only when told."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, NamedTuple, Self

from seatrial.client.calls import Call
from seatrial.client.control import Control, ControlError
from seatrial.client.kraken import KrakenClient
from seatrial.client.shapes import ClockChange
from tests.support.running import ANSWER_SECONDS, RunningServer

MAX_QUESTIONS = 20_000


class Keys(NamedTuple):
    """An account and a key to it."""

    account: int
    key: str
    secret: str
    passphrase: str = ""
    """Of a KuCoin key."""


class Venue:
    """The world of a running server. Leaving closes the connections, not the server."""

    def __init__(self, server: RunningServer, *, frozen: bool = True) -> None:
        self.server = server
        self._control = Control(server.control, patience=ANSWER_SECONDS)
        self._accounts: list[int] = []
        if frozen:
            self.tell("/clock", frozen=True)

    @property
    def url(self) -> str:
        """Where clients call."""
        return self.server.url

    @property
    def now_ns(self) -> int:
        """The world's moment."""
        return self._control.read_clock().now_ns

    @property
    def now_s(self) -> int:
        """The world's moment in whole seconds."""
        return self.now_ns // 10**9

    def ask(self, path: str) -> Any:
        """GET of the control API."""
        return self._control.send(Call(path, Any)).value

    def tell(self, path: str, **body: Any) -> Any:
        """POST to the control API."""
        return self._control.send(Call(path, Any, body)).value

    @contextmanager
    def as_of(self, day: str) -> Iterator[None]:
        """The venue does what it did on that day, and after it what it did before."""
        before = self._control.read_clock().as_of
        self.tell("/clock", as_of=day)
        try:
            yield
        finally:
            self.tell("/clock", as_of=before)

    def advance(self, duration: str) -> None:
        """Move the clock on; all that falls due happens."""
        self.tell("/clock", advance=duration)

    def reach_next(self, seconds: int) -> int:
        """Move the clock on to the next multiple of so many seconds, and say which."""
        moment = self.now_s // seconds * seconds + seconds
        self.tell("/clock", now=moment)
        return moment

    def account(self, **balances: str) -> Keys:
        """A new account that may call as often as it likes; balances by our codes: USD="100", **{"ETH2.S": "5"}."""
        return self._open(balances=balances, rate_limits=False)

    def limited_account(self, tier: str, **balances: str) -> Keys:
        """A new account with the rate limits of a tier."""
        return self._open(balances=balances, tier=tier)

    def _open(self, **wanted: Any) -> Keys:
        opened = self.tell("/accounts", **wanted)
        self._accounts.append(opened["id"])
        return Keys(opened["id"], opened["key"], opened["secret"], opened.get("passphrase", ""))

    def key(self, account: int, **restrictions: Any) -> Keys:
        """One more key to an account."""
        issued = self.tell(f"/accounts/{account}/keys", **restrictions)
        return Keys(account, issued["key"], issued["secret"], issued.get("passphrase", ""))

    def feeder(self, keys: Keys) -> KrakenClient:
        """A lean client for what a test needs much of. It counts nonces from 1: the key must be its own."""
        return KrakenClient(self.url, keys.key, keys.secret, now_ns=lambda: 0)

    def deposit(self, account: int, asset: str, amount: str, **more: Any) -> str:
        """A deposit that the network has seen; its refid."""
        refid: str = self.tell(f"/accounts/{account}/deposits", asset=asset, amount=amount, **more)["refid"]
        return refid

    def drive(self, refid: str, status: str | None = None, **more: str) -> None:
        """Take one step of a transfer."""
        step = more if status is None else {"status": status, **more}
        self.tell(f"/funding/{refid}", **step)

    def save_withdraw_key(self, account: int, asset: str, key: str, address: str) -> None:
        """Save an address to withdraw to."""
        self.tell(f"/accounts/{account}/withdraw-keys", asset=asset, key=key, address=address)

    def wait_until_well(self) -> None:
        """Ask until a store that failed is read again; the server tries twice a second."""
        assert any(self._is_well() for _ in range(MAX_QUESTIONS)), self.server.log

    def _is_well(self) -> bool:
        try:
            self._control.set_clock(ClockChange())
        except ControlError:
            return False
        return True

    def is_balanced(self) -> bool:
        """Whether the books of the whole world sum to zero."""
        return self._control.read_books().balanced

    def clear_books(self) -> None:
        """Cancel all orders of the accounts opened here, so that the next test finds the markets empty."""
        accounts, self._accounts = self._accounts, []
        if any(float(asset["holds"]) for asset in self.ask("/books")["assets"].values()):
            for account in accounts:
                with self.feeder(self.key(account)) as cleaner:
                    done(cleaner, "CancelAll")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._control.close()


def done(client: KrakenClient, method: str, **arguments: str) -> Any:
    """The result of a call that must succeed."""
    reply = client.call(method, arguments)
    assert not reply.errors, reply.errors
    return reply.result
