"""What a world asks of whoever moves its prices."""

from typing import Final, Protocol

from seatrial.core.machine import Machine
from seatrial.pricing.ladder import Liquidity

NEVER: Final = 2**63
"""Later than any moment."""


class Driver(Protocol):
    """Acts on the machine like any user, through commands, each at its own time."""

    @property
    def due_ns(self) -> int:
        """When it next has something to do; `NEVER` when it has not."""
        ...

    @property
    def done_ns(self) -> int:
        """Up to when all is done."""
        ...

    def act(self, machine: Machine, until_ns: int) -> None:
        """Do the next thing that is due by then. It is a small thing: a driver that is far behind acts many times."""
        ...

    def text(self) -> str:
        """All that it has to remember, for the store."""
        ...

    def restore(self, text: str) -> None:
        """Go on from what it remembered, or from the beginning if that is empty."""
        ...

    def begin_again(self, at_ns: int) -> None:
        """The world begins again at that moment."""
        ...

    @property
    def symbols(self) -> list[str]:
        """The markets that it moves."""
        ...

    def liquidity(self, symbol: str) -> Liquidity:
        """On which sides of one of them the house quotes."""
        ...

    def set_liquidity(self, symbol: str, liquidity: Liquidity) -> None:
        """Quote on these sides only, from the next act on, which is due at once."""
        ...

    def set_price(self, symbol: str, price_ticks: int, at_ns: int) -> bool:
        """Move a market to a price, from the next act on; False if it has no say over that market's prices."""
        ...

    def close(self) -> None:
        """Let go of what it reads: it acts no more."""
        ...
