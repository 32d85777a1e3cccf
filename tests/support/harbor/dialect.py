"""Harbor's API over one world."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any, Final

import msgspec

from seatrial.catalogue import Catalogue
from seatrial.core.account_state import AccountState
from seatrial.core.commands import CancelOrders, PlaceOrder
from seatrial.core.facts import OrderAccepted
from seatrial.core.funding import Transfer
from seatrial.core.machine import Machine, first
from seatrial.core.money import format_units, parse_units
from seatrial.core.orders import Fill, Order, OrderKind, Side
from seatrial.core.queries import Page, PostingPage
from seatrial.core.rejects import Reject
from seatrial.core.state import State
from seatrial.dialects.wire import Call, Credentials, Lookup, Opening, Reply, Served
from tests.support.harbor import auth

NAME: Final = "harbor"
MILLISECOND_NS: Final = 10**6
WINDOW_NS: Final = 10**10

Handler = Callable[[Machine, AccountState, Call, int], Served]


class Refused(Exception):
    """A call that Harbor refuses."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.reply = Reply(msgspec.json.encode({"code": code, "msg": message}), status)


class Harbor:
    """The dialect of one world."""

    changing_headers: Final = frozenset({b"x-harbor-sign", b"x-harbor-time"})
    opening: Final = Opening("vault", "vault", ("vault",), "mate", ("mate", "captain"), frozenset({"read", "trade"}))

    def __init__(self, seed: int, catalogue: Catalogue) -> None:
        self._seed = seed
        self._assets = {asset.code for asset in catalogue.assets}
        self._markets = {symbol.replace("/", ""): symbol for symbol in catalogue.markets}
        self._private: dict[tuple[str, str], tuple[str, Handler]] = {
            ("GET", "/api/v3/balance"): ("read", self._balance),
            ("GET", "/api/v3/ledger"): ("read", self._ledger),
            ("POST", "/api/v3/order"): ("trade", self._place),
            ("DELETE", "/api/v3/order"): ("trade", self._cancel),
        }

    def serve(self, machine: Machine, call: Call, at_ns: int, real_ns: int | None = None) -> Served:
        if call.path == "/api/v3/time":
            return _reply({"serverTime": at_ns // MILLISECOND_NS})
        if call.path == "/api/v3/markets":
            return _reply(list(self._markets))
        if (found := self._private.get((call.verb, call.path))) is None:
            return Refused(404, -1, "nothing moors here").reply
        try:
            account = _admitted(machine.state, call, found[0], (at_ns, real_ns or at_ns))
            return found[1](machine, account, call, at_ns)
        except Refused as refused:
            return refused.reply

    def _balance(self, machine: Machine, account: AccountState, _call: Call, _at_ns: int) -> Served:
        purses = machine.state.ledger.of_account(account.account.account_id)
        return _reply(
            {
                purse.asset.code: {
                    "free": format_units(purse.free.balance, purse.asset.scale),
                    "locked": format_units(purse.held.balance, purse.asset.scale),
                }
                for purse in purses
            }
        )

    def _ledger(self, machine: Machine, account: AccountState, _call: Call, _at_ns: int) -> Served:
        def rows(page: Page[Any]) -> Reply:
            return _reply(
                [
                    {
                        "id": self.posting_ref(row.posting_id, row.at_ns),
                        "asset": row.asset,
                        "type": row.kind,
                        "amount": format_units(row.amount, machine.state.assets[row.asset].scale),
                    }
                    for row in page.rows
                ]
            )

        return Lookup(PostingPage(account.account.account_id), rows)

    def _place(self, machine: Machine, account: AccountState, call: Call, at_ns: int) -> Served:
        try:
            asked = msgspec.json.decode(call.body, type=dict[str, str])
            symbol, side = self._markets[asked["market"]], Side(asked["side"])
        except (msgspec.DecodeError, KeyError, ValueError) as error:
            raise Refused(400, -2, "no order") from error
        market = machine.state.markets[symbol].market
        price, qty = parse_units(asked["price"], market.price_scale), parse_units(asked["qty"], market.lot_scale)
        if price is None or qty is None:
            raise Refused(400, -2, "no order")
        number = account.account.account_id
        outcome = machine.apply(PlaceOrder(number, symbol, side, OrderKind.LIMIT, price, qty), at_ns)
        if isinstance(outcome, Reject):
            raise Refused(400, -3, outcome)
        order = machine.state.order(first(OrderAccepted, outcome).order_id)
        assert order is not None
        return _reply(self._shown(machine.state, order))

    def _cancel(self, machine: Machine, account: AccountState, call: Call, at_ns: int) -> Served:
        number = _number("HO", call.query.decode().removeprefix("id=")) or 0
        outcome = machine.apply(CancelOrders(account.account.account_id, (number,)), at_ns)
        order = machine.state.order(number)
        if isinstance(outcome, Reject) or order is None:
            raise Refused(400, -4, "no such order")
        return _reply(self._shown(machine.state, order))

    def _shown(self, state: State, order: Order) -> dict[str, str]:
        scale = state.markets[order.market].market.lot_scale
        filled = format_units(order.filled_lots, scale)
        return {"id": self.order_ref(state, order.order_id, 0), "status": order.status, "filled": filled}

    def unavailable(self) -> Reply:
        return Refused(503, -5, "fog").reply

    def unreadable(self) -> Reply:
        return Refused(400, -6, "too much cargo").reply

    def asset_code(self, text: str) -> str | None:
        return text.upper() if text.upper() in self._assets else None

    def market_symbol(self, text: str) -> str | None:
        return self._markets.get(text)

    def credentials(self, number: int) -> Credentials:
        drawn = hashlib.sha512(f"harbor {self._seed} {number}".encode()).hexdigest()
        return Credentials(drawn[:32], drawn[32:], None)

    def order_ref(self, _state: State, order_id: int, _opened_ns: int, /) -> str:
        return f"HO{order_id}"

    def fill_ref(self, fill: Fill, /) -> str:
        return f"HF{fill.fill_id}"

    def posting_ref(self, posting_id: int, _at_ns: int, /) -> str:
        return f"HL{posting_id}"

    def transfer_ref(self, _state: State, transfer: Transfer, /) -> str:
        return f"HT{transfer.transfer_id}"

    def transfer_number(self, ref: str) -> int | None:
        return _number("HT", ref)


def _admitted(state: State, call: Call, permission: str, moments: tuple[int, ...]) -> AccountState:
    public, moment, signature = (
        call.headers.get(name, b"").decode("latin-1") for name in (b"x-harbor-key", b"x-harbor-time", b"x-harbor-sign")
    )
    key = state.keys.get(public)
    if key is None or state.accounts[key.account_id].account.venue != NAME:
        raise Refused(401, -7, "who goes there")
    if not moment.isdigit() or all(abs(int(moment) * MILLISECOND_NS - near) > WINDOW_NS for near in moments):
        raise Refused(401, -8, "wrong tide")
    if not hmac.compare_digest(auth.sign(moment, call.verb, call.endpoint, call.body, key.secret), signature):
        raise Refused(401, -9, "wrong seal")
    if permission not in key.permissions:
        raise Refused(403, -10, "not your ship")
    return state.accounts[key.account_id]


def _number(letters: str, ref: str) -> int | None:
    digits = ref.removeprefix(letters)
    return int(digits) if ref.startswith(letters) and digits.isdecimal() and digits.isascii() else None


def _reply(value: object) -> Reply:
    return Reply(msgspec.json.encode(value))
