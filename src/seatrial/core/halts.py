"""What is open: which orders exchange and markets take now, and how that is changed."""

from typing import Final

from msgspec.structs import replace

from seatrial.core.commands import SetStatus, SetSystemStatus
from seatrial.core.facts import StatusSet
from seatrial.core.market_state import MarketState
from seatrial.core.markets import MarketStatus, SystemStatus
from seatrial.core.orders import OrderKind
from seatrial.core.rejects import Reject
from seatrial.core.state import State

# Named once: looking a member up in its enum takes longer than most of what is done with it here.
_LIMIT: Final = OrderKind.LIMIT
_MARKET_ONLINE, _EXCHANGE_ONLINE = MarketStatus.ONLINE, SystemStatus.ONLINE

_REFUSALS: Final = {
    SystemStatus.MAINTENANCE.value: Reject.EXCHANGE_CLOSED,
    MarketStatus.CANCEL_ONLY.value: Reject.MARKET_CANCEL_ONLY,
    MarketStatus.REDUCE_ONLY.value: Reject.MARKET_REDUCE_ONLY,
    MarketStatus.POST_ONLY.value: Reject.MARKET_POST_ONLY,
    MarketStatus.LIMIT_ONLY.value: Reject.MARKET_LIMIT_ONLY,
}
"""By the words that exchange and markets share."""


def set_status(state: State, command: SetStatus | SetSystemStatus, at_ns: int) -> Reject | None:
    """Open or halt a market, or the exchange. What rests stays; orders that start in a halt are canceled (decided)."""
    modes = state.modes
    if isinstance(command, SetSystemStatus):
        modes = replace(modes, system=command.status)
    elif command.market in state.markets:
        modes = replace(modes, markets={**modes.markets, command.market: command.status})
    else:
        return Reject.MARKET_UNKNOWN
    state.set_modes(modes)
    state.changes.modes = modes
    state.facts.append(StatusSet(at_ns, modes))
    return None


def closed_to(state: State, ms: MarketState, kind: OrderKind, *, post_only: bool) -> Reject | None:
    """Why the exchange, or else the market, takes no such order now. Source: kraken-orders#modes."""
    if ms.status is _MARKET_ONLINE and state.modes.system is _EXCHANGE_ONLINE:
        return None
    for status in (state.modes.system.value, ms.status.value):
        refusal = _REFUSALS.get(status)
        if refusal is Reject.MARKET_POST_ONLY and post_only:
            continue
        if refusal is Reject.MARKET_LIMIT_ONLY and kind is _LIMIT:
            continue
        if refusal is not None:
            return refusal
    return None
