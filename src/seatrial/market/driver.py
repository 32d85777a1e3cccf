"""What a world asks of whoever moves its prices."""

from typing import Final, Protocol

from seatrial.core.machine import Machine

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
        """Do the next thing that is due by then. It is small: whoever is far behind acts many times."""
        ...

    def text(self) -> str:
        """All that it has to remember, for the store."""
        ...

    def restore(self, text: str) -> None:
        """Go on from what it remembered."""
        ...
