"""How often one address may open a WebSocket. Source: kraken-websocket#connection.

Nobody's own tests could live with it, so it counts only where it is asked for.
"""

from collections import deque
from typing import Final, TypeVar

Kept = TypeVar("Kept")

MAX_OPENED: Final = 150
WINDOW_SECONDS: Final = 600.0
BLOCKED_SECONDS: Final = 600.0
MAX_ADDRESSES: Final = 1_000
"""How many are remembered, those that came last."""


class Comings:
    """When each address opened its last ones, by the computer's clock."""

    def __init__(self) -> None:
        self._opened: dict[str, deque[float]] = {}
        self._blocked: dict[str, float] = {}
        """Until when nobody is let in from there."""

    def admits(self, address: str, at_s: float) -> bool:
        """Count one more; False where that is too many, and for ten minutes from then on."""
        if self._blocked.get(address, at_s) > at_s:
            return False
        opened = self._opened.pop(address, deque())
        while opened and opened[0] <= at_s - WINDOW_SECONDS:
            opened.popleft()
        if len(opened) >= MAX_OPENED:
            _keep(self._blocked, address, at_s + BLOCKED_SECONDS)
            return False
        opened.append(at_s)
        _keep(self._opened, address, opened)
        return True


def _keep(known: dict[str, Kept], address: str, kept: Kept) -> None:
    """As the newest, in the place of the oldest where there are too many."""
    known.pop(address, None)
    known[address] = kept
    if len(known) > MAX_ADDRESSES:
        del known[next(iter(known))]
