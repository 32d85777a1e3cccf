"""What a command found out beside its facts, because it changes nothing or has not changed everything yet."""

from msgspec import Struct

from seatrial.core.funding import Transfer
from seatrial.core.markets import FundingMethod
from seatrial.core.orders import Order


class OrderChecked(Struct, frozen=True):
    """Nothing is wrong with the order itself; what its account has was not looked at."""

    order: Order


class OrdersCanceled(Struct, frozen=True):
    """How many orders a cancel ended, and whether there are more, which it was not to end yet."""

    count: int
    more: bool = False


class WithdrawalChecked(Struct, frozen=True):
    """A withdrawal that would be accepted: what would be sent, at what fee, and the most that could be sent."""

    method: FundingMethod
    amount: int
    fee: int
    maximum: int


class CancelDenied(Struct, frozen=True):
    """The withdrawal was broadcast already; it goes on."""

    transfer: Transfer


class MovedBefore(Struct, frozen=True):
    """The money went where it was to go when that name was used first."""

    move_id: int
    at_ns: int


Finding = OrderChecked | OrdersCanceled | WithdrawalChecked | CancelDenied | MovedBefore
