"""KuCoin's Spot REST API over one world: paths to endpoints, and every way a call can go wrong."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from seatrial.core.accounts import FeePayment
from seatrial.core.funding import Transfer
from seatrial.core.machine import Machine
from seatrial.core.markets import SystemStatus
from seatrial.core.orders import Fill
from seatrial.core.state import State
from seatrial.dialects.kucoin import admission, errors
from seatrial.dialects.kucoin.context import Context, Later, PublicContext, Steps, Tools
from seatrial.dialects.kucoin.endpoint import (
    GENERAL,
    SPOT,
    WITHDRAWAL,
    Argument,
    Endpoint,
    PublicEndpoint,
    Routes,
    failure,
    success,
)
from seatrial.dialects.kucoin.errors import BadCall
from seatrial.dialects.kucoin.ids import Ids
from seatrial.dialects.kucoin.limits import DEFAULT_TIER, TIERS, Headers, Limits
from seatrial.dialects.kucoin.params import SECOND_NS
from seatrial.dialects.kucoin.rest import (
    account,
    funding,
    ledgers,
    market_data,
    orders_and_fills,
    sub_accounts,
    trading,
    transfers,
)
from seatrial.dialects.kucoin.symbols import Symbols
from seatrial.dialects.wire import Call, Credentials, Lookup, Opening, Reply, Served, Unfinished

ENDPOINTS: Final = (
    *market_data.ENDPOINTS,
    *account.ENDPOINTS,
    *ledgers.ENDPOINTS,
    *orders_and_fills.ENDPOINTS,
    *trading.ENDPOINTS,
    *funding.ENDPOINTS,
    *sub_accounts.ENDPOINTS,
    *transfers.ENDPOINTS,
)
ROUTES: Final = Routes(ENDPOINTS)

ALWAYS_OPEN: Final = frozenset({"/api/v1/status", "/api/v1/timestamp"})
"""What is answered while the exchange as a whole is closed. Decided: else nobody could hear that it is."""

MAIN: Final = "main"
TRADE: Final = "trade"
"""Deposits land in the one, orders pay from the other. Source: kucoin-rest#accounts and kucoin-rest#withdrawing."""

KCS: Final = "KCS"
FEES_IN_KCS: Final = FeePayment(0, KCS, KCS, per_unit_ppm=800_000, counts_ppm=950_000)
"""Four fifths of a fee, in KCS that count for 95 % of their price. Source: kucoin-rest#fees-in-kcs."""

PERMISSIONS: Final = frozenset({GENERAL, SPOT, "Margin", "Futures", "Earn", WITHDRAWAL, "InnerTransfer"})
"""Source: kucoin-rest#permissions."""


class Kucoin:
    """The dialect of one world."""

    changing_headers: Final = frozenset({b"kc-api-sign", b"kc-api-timestamp"})

    def __init__(self, seed: int, symbols: Symbols) -> None:
        self.ids = Ids(seed)
        self.symbols = symbols
        self._tools = Tools(symbols, self.ids, Limits())

    def serve(self, machine: Machine, call: Call, at_ns: int, real_ns: int | None = None) -> Served:
        """Answer one call. Nothing that a caller sends raises out of here."""
        self._ids_of(machine.state)
        real_ns = at_ns if real_ns is None else real_ns
        by_verb, in_path = ROUTES.find(call.path)
        if not by_verb:
            return failure(errors.NOT_FOUND)
        endpoint = by_verb.get("GET" if call.verb == "HEAD" else call.verb)
        if endpoint is None:
            return failure(errors.METHOD_NOT_ALLOWED)
        if machine.state.modes.system is SystemStatus.MAINTENANCE and call.path not in ALWAYS_OPEN:
            return failure(errors.MAINTENANCE)
        if isinstance(endpoint, PublicEndpoint):
            return self._public(endpoint, machine, call, at_ns, in_path)
        return self._private(endpoint, machine, call, at_ns, real_ns, in_path)

    def unavailable(self) -> Reply:
        """The store did not take it. Source: kucoin-rest#http-status and kucoin-rest#system-codes."""
        return failure(errors.UNAVAILABLE)

    def unreadable(self) -> Reply:
        """A body larger than any call needs."""
        return failure(errors.PARAMETER)

    @property
    def opening(self) -> Opening:
        """Two wallets, the lowest level, every permission."""
        return Opening(
            TRADE, MAIN, account.WALLETS, DEFAULT_TIER, TIERS, PERMISSIONS, stamps_calls=True,
            fee_payment=FEES_IN_KCS if self.symbols.has(KCS) else None,
        )  # fmt: skip

    def asset_code(self, text: str) -> str | None:
        """The asset of KuCoin's name."""
        return self.symbols.code(text)

    def market_symbol(self, text: str) -> str | None:
        """The market of one of KuCoin's symbols."""
        return self.symbols.symbol(text)

    def credentials(self, number: int) -> Credentials:
        """Texts in the form of KuCoin's keys, with a passphrase that its owner may choose instead."""
        return Credentials(*self.ids.credentials(number), self.ids.passphrase(number))

    def order_ref(self, state: State, order_id: int, opened_ns: int, /) -> str:
        """The orderId."""
        return self._ids_of(state).order(order_id, opened_ns // SECOND_NS)

    def fill_ref(self, fill: Fill, /) -> str:
        """The tradeId, which both sides of a trade share."""
        return str(self.ids.trade(fill.trade_id))

    def posting_ref(self, posting_id: int, at_ns: int, /) -> str:
        """The id of a row of the account ledger."""
        return self.ids.ledger(posting_id, at_ns)

    def transfer_ref(self, state: State, transfer: Transfer, /) -> str:
        """Its id in its own list or in the ledger."""
        return funding.transfer_id(self._ids_of(state), transfer)

    def transfer_number(self, ref: str) -> int | None:
        """The transfer of such an id: now of one kind for both directions, in older releases of two."""
        ids = self.ids
        readings = (ids.deposit.plain_number, ids.withdrawal.plain_number, ids.deposit.stamped_number)
        return next((number for read in readings if (number := read(ref)) is not None), None)

    def _ids_of(self, state: State) -> Ids:
        """They depend on how old the world is, which a restored backup may change."""
        self.ids.plain_until_s = state.counters.plain_ids_until_s
        return self.ids

    def _public(
        self, endpoint: PublicEndpoint, machine: Machine, call: Call, at_ns: int, in_path: Argument | None
    ) -> Reply | Lookup:
        try:
            params = admission.read(call, in_path)
            return _reply((), endpoint.handle(PublicContext(machine, self._tools, at_ns, call.address), params))
        except BadCall as bad:
            return failure(bad.error)

    def _private(
        self, endpoint: Endpoint, machine: Machine, call: Call, at_ns: int, real_ns: int, in_path: Argument | None
    ) -> Served:
        try:
            key, account = admission.admit(endpoint, machine, call, at_ns, real_ns)
        except admission.Mistimed as bad:
            return failure(bad.error, note=bad.note)
        except admission.Unsigned as bad:
            return failure(bad.error, note=bad.expected)
        except BadCall as bad:
            return failure(bad.error)
        usage = admission.charge(endpoint, self._tools, account, at_ns)
        if not usage.allowed:
            return failure(errors.TOO_MANY_REQUESTS, usage.headers)
        try:
            context = Context(machine, self._tools, at_ns, key, account, real_ns)
            return _served(context, usage.headers, endpoint.handle(context, admission.read(call, in_path)))
        except BadCall as bad:
            return failure(bad.error, usage.headers)


def _reply(headers: Headers, result: object) -> Reply | Lookup:
    if isinstance(result, Later):
        return Lookup(result.query, partial(_write, headers, result.write))
    return success(result, headers)


def _served(context: Context, headers: Headers, result: object) -> Served:
    if isinstance(result, Steps):
        return Unfinished(partial(_go_on, context, headers, result.go_on), result.query, result.turn)
    return _reply(headers, result)


def _go_on(
    context: Context, headers: Headers, go_on: Callable[[Context, Any], Any], found: object, at_ns: int
) -> Served:
    context = context._replace(at_ns=at_ns)
    try:
        return _served(context, headers, go_on(context, found))
    except BadCall as bad:
        return failure(bad.error, headers)


def _write(headers: Headers, write: Callable[[Any], Any], answer: object) -> Reply | Lookup:
    try:
        return _reply(headers, write(answer))
    except BadCall as bad:
        return failure(bad.error, headers)
