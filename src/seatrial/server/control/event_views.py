"""Facts as JSON: names of accounts and markets, decimals, and ids as their venue shows them."""

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, TypeVar

from msgspec import Struct

from seatrial.core import facts
from seatrial.core.funding import Direction, Transfer
from seatrial.core.markets import Market
from seatrial.core.money import format_units
from seatrial.core.orders import CancelTimer, Fill, OrderKind, Side, Trade
from seatrial.core.postings import Posted
from seatrial.core.settlement import SECOND_NS
from seatrial.core.state import State
from seatrial.core.volume import USD_SCALE
from seatrial.dialects.wire import Dialect
from seatrial.server.control import words
from seatrial.server.control.views import day_of, delays_view
from seatrial.world.clock import iso

View = dict[str, Any]
F = TypeVar("F", bound=facts.Fact)


class About(NamedTuple):
    """Whom a fact is about: accounts, by number, and at most one market."""

    accounts: frozenset[int] = frozenset()
    market: str | None = None


class Views:
    """Shows the facts of one world. Of the state that changes it reads only the accounts."""

    def __init__(self, state: Callable[[], State], dialects: dict[str, Dialect]) -> None:
        self._state = state
        self._dialects = dialects

    def of(self, number: int, fact: facts.AnyFact, only: int | None = None) -> View:
        """A fact; of an entry only the rows of the account that is asked for."""
        kind = KINDS[type(fact)]
        return {"number": number, "at": iso(fact.at_ns), "kind": kind.name, **kind.view(self, fact, only)}

    def market(self, symbol: str) -> Market:
        """A market by its symbol."""
        return self._state().markets[symbol].market

    def account(self, number: int) -> str | None:
        """An account's name; None for the exchange's own."""
        account = self._state().accounts.get(number)
        return None if account is None else account.account.name

    def units(self, units: int, asset: str) -> str:
        """An amount as a decimal."""
        return format_units(units, self._state().assets[asset].scale)

    def order(self, account_id: int, order_id: int, opened_ns: int) -> str | None:
        """An order's id; the house's have none on any wire."""
        dialect = self._dialect(account_id)
        return None if dialect is None else dialect.order_ref(self._state(), order_id, opened_ns)

    def trade(self, trade: Trade) -> View:
        """A trade as everyone sees it."""
        market = self.market(trade.market)
        return {
            "market": trade.market,
            "trade": trade.trade_id,
            "price": format_units(trade.price_ticks, market.price_scale),
            "qty": format_units(trade.qty_lots, market.lot_scale),
            "taker_side": trade.taker_side.value,
            "taker_type": trade.taker_kind.value,
        }

    def fill(self, fill: Fill, opened_ns: int) -> View:
        """One side of a trade."""
        dialect = self._dialect(fill.account_id)
        base, quote = fill.market.split("/")
        return {
            "account": self.account(fill.account_id),
            "order": self.order(fill.account_id, fill.order_id, opened_ns),
            "id": None if dialect is None else dialect.fill_ref(fill),
            "side": fill.side.value,
            "fee_quote": self.units(fill.fee_quote, quote),
            "fee_base": self.units(fill.fee_base, base),
        }

    def posting(self, posted: Posted) -> View:
        """One row of an entry."""
        posting_id, _, account_id, _, wallet, asset, kind, subtype, _, at_ns, amount, fee, balance = posted
        dialect = self._dialect(account_id)
        return {
            "account": self.account(account_id),
            "id": None if dialect is None else dialect.posting_ref(posting_id, at_ns),
            "wallet": wallet,
            "asset": asset,
            "type": kind,
            "subtype": subtype,
            "amount": self.units(amount, asset),
            "fee": self.units(fee, asset),
            "balance": self.units(balance, asset),
        }

    def transfer(self, transfer: Transfer) -> View:
        """A deposit or withdrawal as it is now."""
        dialect = self._dialect(transfer.account_id)
        return {
            "account": self.account(transfer.account_id),
            "refid": None if dialect is None else dialect.transfer_ref(self._state(), transfer),
            "type": "deposit" if transfer.direction is Direction.DEPOSIT else "withdrawal",
            "asset": transfer.asset,
            "method": transfer.method,
            "amount": self.units(transfer.amount, transfer.asset),
            "fee": self.units(transfer.fee, transfer.asset),
            "status": words.STATUS_TEXTS[transfer.status],
            "status_prop": transfer.note and words.NOTE_TEXTS[transfer.note],
            "txid": transfer.chain_tx,
        }

    def _dialect(self, account_id: int) -> Dialect | None:
        account = self._state().accounts.get(account_id)
        return None if account is None else self._dialects.get(account.account.venue)


class Kind(Struct, frozen=True):
    """One kind of fact: its name, what it shows and whom it is about."""

    name: str
    view: Callable[[Views, Any, int | None], View]
    about: Callable[[Any], About]


def about(fact: facts.AnyFact) -> About:
    """Whom a fact is about."""
    return KINDS[type(fact)].about(fact)


def _of_account(fact: Any) -> About:  # noqa: ANN401  any fact with an account
    return About(frozenset((fact.account_id,)))


def _of_order(fact: facts.OrderFact) -> About:
    return About(frozenset((fact.account_id,)), fact.market)


def _of_transfer(fact: Any) -> About:  # noqa: ANN401  any fact with a transfer
    return About(frozenset((fact.transfer.account_id,)))


def _order(views: Views, fact: facts.OrderFact) -> View:
    return {
        "account": views.account(fact.account_id),
        "market": fact.market,
        "order": views.order(fact.account_id, fact.order_id, fact.opened_ns),
    }


def _accepted(views: Views, fact: facts.OrderAccepted, _only: int | None) -> View:
    terms, market = fact.terms, views.market(fact.market)
    limits = terms.kind is OrderKind.LIMIT
    paid = market.quote if terms.side is Side.BUY else market.base
    return _order(views, fact) | {
        "side": terms.side.value,
        "type": terms.kind.value,
        "price": format_units(fact.price_ticks, market.price_scale) if limits else None,
        "qty": None if terms.spend else format_units(terms.qty_lots, market.lot_scale),
        "spend": format_units(terms.spend, market.quote.scale) if terms.spend else None,
        "time_in_force": terms.time_in_force.value,
        "post_only": terms.post_only,
        "client_id": terms.client_id,
        "userref": terms.tag,
        "status": fact.status.value,
        "starts": iso(terms.starts_ns) if terms.starts_ns else None,
        "expires": iso(terms.expires_ns) if terms.expires_ns else None,
        "held": format_units(fact.hold, paid.scale),
    }


def _ended(views: Views, fact: facts.OrderEnded, _only: int | None) -> View:
    return _order(views, fact) | {"status": fact.status.value, "reason": fact.end_reason and fact.end_reason.value}


def _order_alone(views: Views, fact: facts.OrderStarted, _only: int | None) -> View:
    return _order(views, fact)


def _smaller(views: Views, fact: facts.OrderDecreased | facts.HouseOrderFilled, _only: int | None) -> View:
    return _order(views, fact) | {"qty": format_units(fact.lots, views.market(fact.market).lot_scale)}


def _amended(views: Views, fact: facts.OrderAmended, _only: int | None) -> View:
    amend, market = fact.amend, views.market(fact.market)
    return _order(views, fact) | {
        "price": format_units(amend.price_ticks, market.price_scale),
        "qty": format_units(amend.qty_lots, market.lot_scale),
        "remaining": format_units(amend.remaining_lots, market.lot_scale),
        "keeps_place": fact.keeps_place,
    }


def _traded(views: Views, fact: facts.Traded, _only: int | None) -> View:
    maker, taker = fact.maker, fact.taker
    return views.trade(fact.trade) | {
        "maker": views.fill(maker, maker.opened_s * SECOND_NS),
        "taker": views.fill(taker, taker.opened_s * SECOND_NS),
    }


def _posted(views: Views, fact: facts.EntryPosted, only: int | None) -> View:
    return {
        "entry": fact.postings[0][1],
        "rows": [views.posting(row) for row in fact.postings if only in (None, row[2])],
    }


def _opened(_views: Views, fact: facts.AccountOpened, _only: int | None) -> View:
    account = fact.account
    return {"account": account.name, "id": account.account_id, "venue": account.venue, "tier": account.tier}


def _payment(views: Views, fact: facts.FeePaymentChosen, _only: int | None) -> View:
    return {"account": views.account(fact.account_id), "asset": None if fact.payment is None else fact.payment.asset}


def _issued(views: Views, fact: facts.KeyIssued, _only: int | None) -> View:
    return {
        "account": views.account(fact.account_id), "key_number": fact.key_id, "key": fact.public, "name": fact.name,
        "permissions": sorted(fact.permissions), "ips": fact.ip_allowlist,
    }  # fmt: skip


def _changed(views: Views, fact: facts.KeyChanged, _only: int | None) -> View:
    return {
        "account": views.account(fact.account_id), "key_number": fact.key_id,
        "permissions": sorted(fact.permissions), "ips": fact.ip_allowlist,
    }  # fmt: skip


def _of_key(views: Views, fact: facts.KeyRevoked | facts.NonceSpent | facts.TokenIssued, _only: int | None) -> View:
    return {"account": views.account(fact.account_id), "key_number": fact.key_id}


def _valued(views: Views, fact: facts.AssetsValued, _only: int | None) -> View:
    return {"account": views.account(fact.account_id), "usd": format_units(fact.usd, USD_SCALE)}


def _timer(views: Views, fact: facts.CancelTimerSet | facts.CancelTimerFired, _only: int | None) -> View:
    timer: CancelTimer | None = fact.timer
    return {
        "account": views.account(fact.account_id),
        "due": None if timer is None else iso(timer.due_ns),
        "markets": [] if timer is None else timer.markets,
    }


def _account_alone(views: Views, fact: facts.CancelTimerDone, _only: int | None) -> View:
    return {"account": views.account(fact.account_id)}


def _address(views: Views, fact: facts.AddressIssued, _only: int | None) -> View:
    return {
        "account": views.account(fact.account_id), "asset": fact.asset, "method": fact.method,
        "address": fact.address.text, "tag": fact.address.tag or fact.address.memo,
    }  # fmt: skip


def _destination(views: Views, fact: facts.DestinationSaved, _only: int | None) -> View:
    saved = fact.destination
    return {
        "account": views.account(saved.account_id), "asset": saved.asset, "method": saved.method, "key": saved.name,
        "address": saved.address, "tag": saved.tag, "verified": saved.verified,
    }  # fmt: skip


def _transfer(views: Views, fact: Any, _only: int | None) -> View:  # noqa: ANN401  any fact with a transfer
    return views.transfer(fact.transfer)


def _moved(views: Views, fact: facts.FundsMoved, _only: int | None) -> View:
    move = fact.move
    return {
        "account": views.account(move.account_id), "asset": move.asset,
        "amount": views.units(move.amount, move.asset), "client_id": move.client_id,
        "from": {"account": views.account(move.from_account_id), "wallet": move.from_wallet},
        "to": {"account": views.account(move.to_account_id), "wallet": move.to_wallet},
    }  # fmt: skip


def _status(_views: Views, fact: facts.StatusSet, _only: int | None) -> View:
    markets = {symbol: status.value for symbol, status in fact.modes.markets.items()}
    return {"system": fact.modes.system.value, "markets": markets}


def _delays(_views: Views, fact: facts.DelaysSet, _only: int | None) -> View:
    return {"delays": delays_view(fact.delays)}


def _as_of(_views: Views, fact: facts.AsOfSet, _only: int | None) -> View:
    return {"as_of": day_of(fact.as_of_ns)}


def _table(kinds: Iterable[tuple[type[facts.Fact], Any, Any]]) -> dict[type[facts.Fact], Kind]:
    return {kind: Kind(_snake(kind.__name__), view, about) for kind, view, about in kinds}


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("_")


KINDS: Final = _table(
    (
        (facts.AccountOpened, _opened, lambda fact: About(frozenset((fact.account.account_id,)))),
        (facts.FeePaymentChosen, _payment, _of_account),
        (facts.KeyIssued, _issued, _of_account),
        (facts.KeyChanged, _changed, _of_account),
        (facts.KeyRevoked, _of_key, _of_account),
        (facts.NonceSpent, _of_key, _of_account),
        (facts.TokenIssued, _of_key, _of_account),
        (facts.AssetsValued, _valued, _of_account),
        (facts.OrderAccepted, _accepted, _of_order),
        (facts.OrderStarted, _order_alone, _of_order),
        (facts.OrderTriggered, _order_alone, _of_order),
        (facts.OrderRested, _order_alone, _of_order),
        (facts.OrderDecreased, _smaller, _of_order),
        (facts.OrderAmended, _amended, _of_order),
        (facts.HouseOrderFilled, _smaller, _of_order),
        (facts.OrderEnded, _ended, _of_order),
        (
            facts.Traded, _traded,
            lambda fact: About(frozenset((fact.maker.account_id, fact.taker.account_id)), fact.trade.market),
        ),
        (
            facts.TradePrinted, lambda views, fact, _only: views.trade(fact.trade),
            lambda fact: About(market=fact.trade.market),
        ),
        (facts.EntryPosted, _posted, lambda fact: About(frozenset(row[2] for row in fact.postings))),
        (facts.CancelTimerSet, _timer, _of_account),
        (facts.CancelTimerFired, _timer, _of_account),
        (facts.CancelTimerDone, _account_alone, _of_account),
        (facts.AddressIssued, _address, _of_account),
        (facts.AddressUsed, _account_alone, _of_account),
        (facts.DestinationSaved, _destination, lambda fact: About(frozenset((fact.destination.account_id,)))),
        (facts.DepositSeen, _transfer, _of_transfer),
        (facts.WithdrawalRequested, _transfer, _of_transfer),
        (facts.TransferMoved, _transfer, _of_transfer),
        (
            facts.FundsMoved, _moved,
            lambda fact: About(
                frozenset((fact.move.account_id, fact.move.from_account_id, fact.move.to_account_id))
            ),
        ),
        (facts.StatusSet, _status, lambda _fact: About()),
        (facts.DelaysSet, _delays, lambda _fact: About()),
        (facts.AsOfSet, _as_of, lambda _fact: About()),
    )
)  # fmt: skip
"""Every kind of fact."""

BY_NAME: Final = {kind.name: of for of, kind in KINDS.items()}
