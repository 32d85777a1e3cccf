"""Opening the account that makes markets, and taking its quotes away."""

from typing import Final

from seatrial.core.accounts import HOUSE
from seatrial.core.commands import DriveTransfer, OpenAccount, QuoteMarket, Rung, SeeDeposit
from seatrial.core.funding import TransferStatus
from seatrial.core.machine import Machine

PLENTY: Final = 10**18
"""What it has of each asset, in the asset's units: a tenth of what the books can hold."""


def open_house(machine: Machine, at_ns: int) -> None:
    """Make sure that a world has a house, with plenty of everything that is traded."""
    state = machine.state
    if state.house is not None:
        return
    assets = {asset.code for ms in state.markets.values() for asset in (ms.market.base, ms.market.quote)}
    name = HOUSE
    while name in state.account_names:
        name += "'"
    machine.apply(
        OpenAccount(
            name, HOUSE, HOUSE, rate_limits=False, trading_wallet=HOUSE, funding_wallet=HOUSE,
            balances=tuple((HOUSE, code, PLENTY) for code in sorted(assets)),
        ),
        at_ns,
    )  # fmt: skip


def supply_house(machine: Machine, at_ns: int) -> None:
    """Give an existing house plenty of each asset that the catalogue did not list when it was opened."""
    state = machine.state
    if state.house is None:
        return
    traded = {asset.code: asset for ms in state.markets.values() for asset in (ms.market.base, ms.market.quote)}
    for code in sorted(traded):
        if not state.house.trading_purse(traded[code]).used and state.method(code, None) is not None:
            _deposit(machine, state.house.account.account_id, code, at_ns)


def _deposit(machine: Machine, account_id: int, code: str, at_ns: int) -> None:
    """Nobody waits for it."""
    machine.apply(SeeDeposit(account_id, code, PLENTY, manual=True, fee=0), at_ns)
    machine.apply(DriveTransfer(machine.state.counters.transfer_id, TransferStatus.SUCCESS), at_ns)


def withdraw_quotes(machine: Machine, at_ns: int) -> None:
    """Take all of its quotes away, whatever is halted."""
    house = machine.state.house
    rungs: dict[str, list[Rung]] = {}
    for name, order in house.by_client_id.items() if house is not None else ():
        place = int(name.rpartition(" ")[2])
        rungs.setdefault(order.market, []).append(Rung(order.side, place, order.price_ticks, 0))
    for market, gone in rungs.items():
        machine.apply(QuoteMarket(market, tuple(gone)), at_ns)
