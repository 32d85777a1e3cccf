"""A hash of everything about a world that must survive a restart."""

from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from seatrial.core.account_state import AccountState
from seatrial.core.ledger import EXCHANGE
from seatrial.core.market_state import MarketState
from seatrial.core.state import State


def of(state: State) -> str:
    """Equal for equal worlds, however they came about and in whatever process."""
    return blake2b(msgspec.json.encode(facts(state), order="sorted"), digest_size=16).hexdigest()


def facts(state: State) -> dict[str, object]:
    """What must survive, as plain values: to see where two worlds differ.

    Purses never held in and expired tokens are left out: they say nothing. Timers follow from the rest. How many facts
    led to it is left out, too: worlds can be equal that did not come about in the same way.
    """
    ledger = state.ledger
    counts = [(number, owner.seq) for number, owner in ledger.owners.items() if owner.seq]
    return {
        "now_ns": state.now_ns,
        "counters": replace(state.counters, fact=0),
        "delays": state.delays,
        "modes": state.modes,
        "as_of_ns": state.as_of_ns,
        "accounts": [_account(account, state.now_ns) for account in state.accounts.values()],
        "keys": list(state.keys.values()),
        "tokens": [token for token in state.tokens.values() if token.expires_ns > state.now_ns],
        "orders": sorted(state.live_orders.values(), key=lambda order: order.order_id),
        "markets": {symbol: _market(ms, state.now_ns) for symbol, ms in state.markets.items()},
        "transfers": list(state.transfers.values()),
        "purses": [_purses(state, account_id) for account_id in (EXCHANGE, *state.accounts)],
        "ledger": (ledger.entry_id, ledger.posting_id, sorted(counts)),
    }


def _account(account: AccountState, now_ns: int) -> dict[str, object]:
    return {
        "account": account.account,
        "orders": list(account.orders),
        "client_ids": {client_id: order.order_id for client_id, order in account.by_client_id.items()},
        "in_market": {symbol: list(orders) for symbol, orders in account.in_market.items() if orders},
        "by_tag": {str(tag): list(orders) for tag, orders in account.by_tag.items()},
        "volume": account.volume.at(now_ns),
        "valuation": account.assets.valuation,
        "fee_payment": account.fee_payment,
        "addresses": list(account.addresses.values()),
        "destinations": list(account.destinations.values()),
        "cancel_timer": account.cancel_timer,
        "fired_timer": account.fired_timer,
    }


def _purses(state: State, account_id: int) -> list[object]:
    return [
        (purse.wallet, purse.asset.code, purse.free.balance, purse.held.balance, purse.outgoing.balance, purse.booked)
        for purse in state.ledger.of_account(account_id)
    ]


def _market(ms: MarketState, now_ns: int) -> dict[str, object]:
    book = ms.book
    return {
        "bids": [[order.order_id for order in level.orders.values()] for level in book.bids.levels()],
        "asks": [[order.order_id for order in level.orders.values()] for level in book.asks.levels()],
        "levels": [(level.price_ticks, level.qty_lots) for side in (book.bids, book.asks) for level in side.levels()],
        "candles": [ms.candles.of(length) for length in (1, *ms.candles.longer)],
        "today": ms.stats.today(now_ns),
        "day": ms.stats.day(),
        "last": ms.stats.last,
        "quotes": list(ms.quotes),
        "trade_id": ms.trade_id,
        "status": ms.status,
        "sequence": book.sequence,
    }
