"""KuCoin's users at work on a server that will be killed: they remember what it promised them.

They have no nonces. What makes each of their calls unlike all others is a name of their own, which the store keeps.
"""

import http.client
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from seatrial.client.control import Control, UnansweredError, UnreachableError
from tests.support.kucoin_calls import Heard, KucoinCaller
from tests.support.signed_calls import KucoinSigner

GONE = "order_not_exist_or_not_allow_to_cancel"
ADDRESS = "bc1qcold"


@dataclass
class KucoinPromises:
    """What one user was told, over all lives of the server."""

    made: dict[str, dict[str, str]] = field(default_factory=lambda: {"order": {}, "move": {}, "withdrawal": {}})
    """Kind of thing → the user's own name for it → the venue's id."""
    canceled: set[str] = field(default_factory=set)
    """Ids of orders."""


@dataclass
class KucoinAsk:
    """One call; `name` is the user's own for what it makes."""

    kind: str
    name: str
    verb: str
    path: str
    fields: dict[str, str]


class KucoinUser:
    """One account's client."""

    def __init__(self, name: str, account_id: int, signer: KucoinSigner, seed: str) -> None:
        self.name = name
        self.account_id = account_id
        self.signer = signer
        self.promises = KucoinPromises()
        self.in_doubt: KucoinAsk | None = None
        """What was sent and never answered."""
        self.unexpected: list[object] = []
        self._luck = Random(seed)  # noqa: S311  orders, no keys
        self._count = 0
        self._open: list[str] = []

    def work(self, url: str, done: Callable[[], bool]) -> None:
        """Call until told that it is done, or until the server is gone."""
        self._open = self._open[-20:]
        try:
            with self.caller(url) as caller:
                while not done():
                    self.in_doubt = ask = self._choose()
                    heard = send(caller, ask)
                    self.in_doubt = None
                    self.settle(ask, heard)
        except (OSError, http.client.HTTPException, UnreachableError, UnansweredError):
            return

    def caller(self, url: str) -> KucoinCaller:
        """A connection on the venue's time, which stood still now and then."""
        with Control(url) as control:
            ahead_ms = control.read_clock().now_ns // 10**6 - time.monotonic_ns() // 10**6
        return KucoinCaller(url, self.signer, lambda: time.monotonic_ns() // 10**6 + ahead_ms)

    def settle(self, ask: KucoinAsk, heard: Heard) -> None:
        """Remember an answer."""
        if ask.kind == "cancel":
            if heard.code == "200000":
                self.promises.canceled.add(ask.name)
            elif heard.message != GONE:
                self.unexpected.append((ask, heard))
        elif heard.code == "200000":
            self.promises.made[ask.kind][ask.name] = made = next(iter(heard.data.values()))
            self._open += [made] if ask.kind == "order" else []
        else:
            self.unexpected.append((ask, heard))

    def _choose(self) -> KucoinAsk:
        kinds = [self._order] * 6 + [self._move] * 2 + [self._withdrawal]
        kinds += [self._cancel] * 3 if self._open else []
        return self._luck.choice(kinds)()

    def _order(self) -> KucoinAsk:
        luck, name = self._luck, self._name()
        wanted = {
            "clientOid": name, "symbol": "BTC-USDT", "side": luck.choice(("buy", "sell")), "type": "limit",
            "price": str(100 + luck.randrange(8)), "size": f"0.{luck.randrange(1, 10)}",
        }  # fmt: skip
        return KucoinAsk("order", name, "POST", "/api/v1/orders", wanted)

    def _move(self) -> KucoinAsk:
        name = self._name()
        source, target = self._luck.choice((("main", "trade"), ("trade", "main")))
        wanted = {"clientOid": name, "currency": "USDT", "from": source, "to": target, "amount": "1"}
        return KucoinAsk("move", name, "POST", "/api/v2/accounts/inner-transfer", wanted)

    def _withdrawal(self) -> KucoinAsk:
        name = self._name()
        wanted = {"currency": "BTC", "chain": "btc", "toAddress": ADDRESS, "amount": "0.01", "remark": name}
        return KucoinAsk("withdrawal", name, "POST", "/api/v3/withdrawals", wanted | {"withdrawType": "ADDRESS"})

    def _cancel(self) -> KucoinAsk:
        order = self._open.pop(self._luck.randrange(len(self._open)))
        return KucoinAsk("cancel", order, "DELETE", f"/api/v1/orders/{order}", {})

    def _name(self) -> str:
        self._count += 1
        return f"{self.name}-{self._count}"


def send(caller: KucoinCaller, ask: KucoinAsk) -> Heard:
    """The answer to it, stamped now."""
    return caller.post(ask.path, **ask.fields) if ask.fields else caller.call(ask.verb, ask.path)
