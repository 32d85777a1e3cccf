"""Clients that keep a server busy, and remember what it promised them."""

import http.client
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from threading import Event, Thread
from typing import Any, Protocol

from seatrial.client.calls import Call
from seatrial.client.control import Control, ControlError, UnansweredError, UnreachableError
from tests.support.signed_calls import SignedCall, Signer
from tests.support.venue_client import VenueClient

MARKET = "XBTUSDT"
CANCEL_WHAT_IS_GONE = "EOrder:Invalid order"


@dataclass
class Promises:
    """What one client was told, over all lives of the server."""

    orders: dict[int, str] = field(default_factory=dict)
    """userref → txid."""
    canceled: set[str] = field(default_factory=set)
    withdrawals: dict[str, str] = field(default_factory=dict)
    """The amount, which no other withdrawal has → refid."""
    stopped: set[str] = field(default_factory=set)
    """Refids of canceled withdrawals."""
    deposits: dict[str, str] = field(default_factory=dict)
    """txid, which no other deposit has → refid."""


@dataclass
class Ask:
    """One call, what makes it unlike all others, and what to remember when it is answered."""

    kind: str
    call: SignedCall
    mark: str
    keep: Callable[[Any], None]


class Client:
    """One account's client. It owns its key, so its calls reach the server in the order of their nonces."""

    def __init__(self, name: str, signer: Signer, seed: str, number: int) -> None:
        self.name = name
        self.signer = signer
        self.promises = Promises()
        self.answered: dict[str, SignedCall] = {}
        """The last answered call of each kind."""
        self.in_doubt: Ask | None = None
        """What was sent and never answered."""
        self.unexpected: list[object] = []
        self._luck = Random(seed)  # noqa: S311  orders, no keys
        self._count = number * 10_000_000
        self._open: list[str] = []
        self._leaving: list[str] = []

    def work(self, url: str, done: Callable[[], bool]) -> None:
        """Call until told that it is done, or until the server is gone."""
        self._open = self._open[-20:]
        self._leaving = self._leaving[-5:]
        with VenueClient(url, self.signer) as venue:
            try:
                while not done():
                    self._one(venue)
            except (OSError, http.client.HTTPException):
                return

    def _one(self, venue: VenueClient) -> None:
        self.in_doubt = ask = self._choose()
        answer = venue.send(ask.call)
        self.in_doubt = None
        self.settle(ask, answer)

    def settle(self, ask: Ask, answer: Any) -> None:
        """Remember an answer."""
        self.answered[ask.kind] = ask.call
        if answer["error"] == []:
            ask.keep(answer["result"])
        elif ask.kind not in {"CancelOrder", "WithdrawCancel"}:
            self.unexpected.append((ask, answer))

    def _choose(self) -> Ask:
        kinds = [self._order] * 8 + [self._withdrawal, self._balance, self._balance]
        kinds += [self._cancel] * 4 if self._open else []
        kinds += [self._stop] if self._leaving else []
        return self._luck.choice(kinds)()

    def _order(self) -> Ask:
        self._count += 1
        userref, luck = self._count, self._luck
        call = self.signer.call(
            "AddOrder", pair=MARKET, type=luck.choice(("buy", "sell")), ordertype="limit",
            price=100 + luck.randrange(8), volume=f"0.{luck.randrange(1, 10)}", userref=userref,
        )  # fmt: skip

        def keep(result: Any) -> None:
            (txid,) = result["txid"]
            self.promises.orders[userref] = txid
            self._open.append(txid)

        return Ask("AddOrder", call, str(userref), keep)

    def _cancel(self) -> Ask:
        txid = self._open.pop(self._luck.randrange(len(self._open)))

        def keep(result: Any) -> None:
            if result["count"] == 1:
                self.promises.canceled.add(txid)

        return Ask("CancelOrder", self.signer.call("CancelOrder", txid=txid), txid, keep)

    def _withdrawal(self) -> Ask:
        self._count += 1
        amount = f"0.01{self._count:08d}"
        call = self.signer.call("Withdraw", asset="XBT", key="cold", amount=amount)

        def keep(result: Any) -> None:
            self.promises.withdrawals[amount] = result["refid"]
            self._leaving.append(result["refid"])

        return Ask("Withdraw", call, amount, keep)

    def _stop(self) -> Ask:
        refid = self._leaving.pop(self._luck.randrange(len(self._leaving)))

        def keep(result: Any) -> None:
            if result is True:
                self.promises.stopped.add(refid)

        return Ask("WithdrawCancel", self.signer.call("WithdrawCancel", asset="XBT", refid=refid), refid, keep)

    def _balance(self) -> Ask:
        return Ask("Balance", self.signer.call("Balance"), "", lambda _: None)


class Bank:
    """Lets deposits show up through the control API, and opens accounts now and then."""

    def __init__(self, names: list[str], seed: str) -> None:
        self.deposits: dict[str, tuple[str, str]] = {}
        """txid → account and refid."""
        self.accounts: dict[str, str] = {}
        """Name → key."""
        self.unexpected: list[object] = []
        self._names = names
        self._luck = Random(seed)  # noqa: S311  orders, no keys
        self._count = 0

    def work(self, url: str, done: Callable[[], bool]) -> None:
        """Call until told that it is done, or until the server is gone."""
        with Control(url, patience=30) as control, suppress(UnreachableError, UnansweredError):
            while not done():
                self._one(control)

    def _one(self, control: Control) -> None:
        self._count += 1
        if self._luck.randrange(5):
            name, txid = self._luck.choice(self._names), f"tx-{self._count}"
            path, body = f"/accounts/{name}/deposits", {"asset": "XBT", "amount": "0.5", "txid": txid}
        else:
            name, txid = f"guest-{self._count}", ""
            path, body = "/accounts", {"name": name, "balances": {"USD": "10"}}  # type: ignore[dict-item]
        try:
            answer: Any = control.send(Call(path, Any, body)).value
        except ControlError as error:
            self.unexpected.append((path, body, error.detail))
            return
        if txid:
            self.deposits[txid] = (name, answer["refid"])
        else:
            self.accounts[name] = answer["key"]


class Worker(Protocol):
    """One who calls."""

    def work(self, url: str, done: Callable[[], bool]) -> None:
        """Call until told that it is done, or until the server is gone."""


class Load:
    """All clients at work on one life of a server, until it was answered often enough and killed."""

    def __init__(self, workers: Sequence[Worker], url: str, answers: int) -> None:
        self._left = answers
        self._enough = Event()
        self._over = Event()
        self._threads = [Thread(target=worker.work, args=(url, self._done)) for worker in workers]

    def run(self, kill: Callable[[], None], linger_seconds: float) -> None:
        """Start, wait for the last of the answers and a moment more, kill while all go on, and wait for all to end."""
        for thread in self._threads:
            thread.start()
        self._enough.wait(60)
        self._over.wait(linger_seconds)
        try:
            kill()
        finally:
            self._over.set()
            for thread in self._threads:
                thread.join()

    def _done(self) -> bool:
        """Asked before each call, so it counts the calls; a miscount between threads does no harm."""
        self._left -= 1
        if self._left <= 0:
            self._enough.set()
        return self._over.is_set()
