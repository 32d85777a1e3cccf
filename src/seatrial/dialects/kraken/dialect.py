"""Kraken's Spot REST API over one world: paths to endpoints, and every way a call can go wrong."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from seatrial.core.funding import Direction, Transfer
from seatrial.core.machine import Machine
from seatrial.core.markets import SystemStatus
from seatrial.core.orders import Fill
from seatrial.core.state import State
from seatrial.dialects.kraken import admission, errors
from seatrial.dialects.kraken.context import Context, Later, PublicContext, Steps, Tools
from seatrial.dialects.kraken.endpoint import Endpoint, PublicEndpoint, failure, success
from seatrial.dialects.kraken.errors import BAD_REQUEST, BadCall
from seatrial.dialects.kraken.ids import Ids
from seatrial.dialects.kraken.limits import DEFAULT_TIER, TIERS, Limits
from seatrial.dialects.kraken.manners import ONLY_GET
from seatrial.dialects.kraken.params import parse_body, parse_query
from seatrial.dialects.kraken.rest import (
    account,
    amending,
    batches,
    funding,
    ledgers,
    market_data,
    order_book,
    orders_and_trades,
    trading,
    transparency,
)
from seatrial.dialects.kraken.symbols import Symbols
from seatrial.dialects.kraken.ws.coming import Comings
from seatrial.dialects.kraken.ws.feed import PATHS, KrakenFeed
from seatrial.dialects.wire import Call, Credentials, Find, Lookup, Opening, Reply, Served, Unfinished

PUBLIC: Final = {
    f"/0/public/{endpoint.name}": endpoint for endpoint in (*market_data.ENDPOINTS, *transparency.ENDPOINTS)
}
PRIVATE: Final = {
    f"/0/private/{endpoint.name}": endpoint
    for endpoint in (
        *account.ENDPOINTS,
        *orders_and_trades.ENDPOINTS,
        *ledgers.ENDPOINTS,
        *order_book.ENDPOINTS,
        *trading.ENDPOINTS,
        *amending.ENDPOINTS,
        *batches.ENDPOINTS,
        *funding.ENDPOINTS,
    )
}

SPOT: Final = "spot"
PERMISSIONS: Final = frozenset(
    {
        "query-funds",
        "add-funds",
        "withdraw-funds",
        "earn-funds",
        "query-open-trades",
        "query-closed-trades",
        "modify-trades",
        "close-trades",
        "query-ledger",
        "export-data",
        "create-ws-token",
        "add-withdraw-address",
        "update-withdraw-address",
    }
)
"""Source: kraken-rest#permissions."""

_MAINTENANCE: Final = SystemStatus.MAINTENANCE

_FORBIDDEN: Final = Reply(
    b"<!DOCTYPE html>\n<html><head><title>Access denied</title></head>"
    b"<body><h1>Error 403: access denied</h1><p>The request carries no usable User-Agent header.</p></body></html>\n",
    status=403,
    content_type=b"text/html; charset=UTF-8",
)
"""Source: venue-pages#the-403-page; the page itself is ours."""


class Kraken:
    """The dialect of one world.

    `require_user_agent` turns the 403 page on, `says_unknown_order` the older refusal of a cancel, `counts_connections`
    the limit of WebSockets by address.
    """

    changing_headers: Final = frozenset({b"api-sign"})

    def __init__(
        self, seed: int, symbols: Symbols, *, require_user_agent: bool = False, says_unknown_order: bool = False,
        counts_connections: bool = False,
    ) -> None:  # fmt: skip
        self.ids = Ids(seed)
        self.symbols = symbols
        self._tools = Tools(symbols, self.ids, Limits(), {}, says_unknown_order)
        self._require_user_agent = require_user_agent
        self._comings = Comings() if counts_connections else None

    def serve(self, machine: Machine, call: Call, at_ns: int, real_ns: int | None = None) -> Served:
        """Answer one call. Nothing that a caller sends raises out of here."""
        if self._require_user_agent and not call.headers.get(b"user-agent", b"").strip():
            return _FORBIDDEN
        endpoint = PRIVATE.get(call.path)
        if endpoint is not None:
            return self._private(endpoint, machine, call, at_ns, at_ns if real_ns is None else real_ns)
        public = PUBLIC.get(call.path)
        if public is not None:
            return self._public(public, machine, call, at_ns)
        return _refusal(errors.UNKNOWN_METHOD)

    def unavailable(self) -> Reply:
        """The store did not take it. Source: kraken-rest#service-errors."""
        return failure(errors.UNAVAILABLE)

    def unreadable(self) -> Reply:
        """A body larger than any call needs. Source: kraken-rest#general-errors, an unparsable request."""
        return failure(BAD_REQUEST)

    socket_paths: Final = frozenset(PATHS)

    def feed(self, machine: Machine, find: Find) -> KrakenFeed:
        """What users are told over sockets."""
        return KrakenFeed(machine, self._tools, find, self._comings)

    @property
    def opening(self) -> Opening:
        """One spot wallet for everything, the tier that most verified clients have, every permission."""
        return Opening(SPOT, SPOT, (SPOT,), DEFAULT_TIER, tuple(TIERS), PERMISSIONS)

    def asset_code(self, text: str) -> str | None:
        """The asset of any of Kraken's names."""
        return self.symbols.asset(text)

    def market_symbol(self, text: str) -> str | None:
        """The market of any of Kraken's names."""
        return self.symbols.pair(text)

    def credentials(self, number: int) -> Credentials:
        """Texts in the form of Kraken's keys."""
        return Credentials(*self.ids.credentials(number), None)

    def order_ref(self, _state: State, order_id: int, _opened_ns: int, /) -> str:
        """The txid."""
        return self.ids.order(order_id)

    def fill_ref(self, fill: Fill, /) -> str:
        """The txid of a trade as its owner sees it."""
        return self.ids.trade(fill.fill_id)

    def posting_ref(self, posting_id: int, _at_ns: int, /) -> str:
        """The id of a ledger entry."""
        return self.ids.ledger(posting_id)

    def transfer_ref(self, _state: State, transfer: Transfer, /) -> str:
        """The refid."""
        if transfer.direction is Direction.DEPOSIT:
            return self.ids.deposit(transfer.transfer_id)
        return self.ids.withdrawal(transfer.transfer_id)

    def transfer_number(self, ref: str) -> int | None:
        """The transfer of a refid."""
        number = self.ids.deposit_number(ref)
        return self.ids.withdrawal_number(ref) if number is None else number

    def _private(self, endpoint: Endpoint, machine: Machine, call: Call, at_ns: int, real_ns: int) -> Served:
        if call.verb != "POST":
            return failure(errors.UNKNOWN_METHOD, status=405)
        if machine.state.modes.system is _MAINTENANCE:
            return self.unavailable()
        try:
            context, params = admission.admit(endpoint, machine, self._tools, call, at_ns, real_ns)
            result = endpoint.handle(context, params)
            return _unfinished(context, result) if isinstance(result, Steps) else _reply(result)
        except admission.Unsigned as bad:
            return failure(bad.error, note=bad.expected)
        except BadCall as bad:
            return _refusal(bad.error)

    def _public(self, endpoint: PublicEndpoint, machine: Machine, call: Call, at_ns: int) -> Reply | Lookup:
        context = PublicContext(machine, self._tools, at_ns)
        if call.verb in ("GET", "HEAD"):
            params = parse_query(call.query)
        elif call.verb == "POST" and not context.does(ONLY_GET):
            params = parse_body(call.headers.get(b"content-type"), call.body or call.query)
        else:
            return failure(errors.UNKNOWN_METHOD, status=405)
        if isinstance(params, BadCall):
            return failure(params.error)
        try:
            return _reply(endpoint.handle(context, params))
        except BadCall as bad:
            return _refusal(bad.error)


def _refusal(error: str) -> Reply:
    """Refusals come with status 200, but for a method that there is not. Source: kraken-rest#envelope."""
    return failure(error, status=404 if error == errors.UNKNOWN_METHOD else 200)


def _reply(result: object) -> Reply | Lookup:
    if isinstance(result, Later):
        return Lookup(result.query, partial(_write, result.write), result.is_long)
    return success(result)


def _unfinished(context: Context, steps: Steps) -> Unfinished:
    return Unfinished(partial(_go_on, context, steps.go_on), steps.query, steps.turn)


def _go_on(context: Context, go_on: Callable[[Context, Any], Any], found: object, at_ns: int) -> Served:
    context = replace(context, at_ns=at_ns)
    try:
        result = go_on(context, found)
    except BadCall as bad:
        return _refusal(bad.error)
    return _unfinished(context, result) if isinstance(result, Steps) else _reply(result)


def _write(write: Callable[[Any], Any], answer: object) -> Reply:
    try:
        return success(write(answer))
    except BadCall as bad:
        return _refusal(bad.error)
