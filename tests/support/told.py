"""What a server finds in its store for a command, before it applies it."""

from typing import Any, Protocol

from msgspec.structs import replace

from seatrial.core.commands import Command, DriveTransfer, MoveFunds
from seatrial.core.funding import Move, Transfer
from seatrial.core.queries import MoveNamed, TransfersById
from seatrial.store.store import Store


class Past(Protocol):
    """All transfers and moves so far."""

    @property
    def transfers(self) -> dict[int, Transfer]:
        """As they stand."""
        ...

    @property
    def moves(self) -> list[Move]:
        """Oldest first."""
        ...


def told_by(past: Past, command: Command) -> Command:
    """The command with what happened before."""
    if isinstance(command, DriveTransfer):
        return replace(command, finished=past.transfers.get(command.transfer_id))
    if isinstance(command, MoveFunds) and command.client_id is not None:
        name = command.account_id, command.client_id
        before = ((move.move_id, move.at_ns) for move in past.moves if (move.account_id, move.client_id) == name)
        return replace(command, before=next(before, None))
    return command


def told_by_store(store: Store, command: Command) -> Command:
    """The same, of what is stored."""
    found: Any
    if isinstance(command, DriveTransfer):
        found = store.answer(TransfersById((command.transfer_id,)))
        return replace(command, finished=next(iter(found), None))
    if isinstance(command, MoveFunds) and command.client_id is not None:
        found = store.answer(MoveNamed(command.account_id, command.client_id))
        return replace(command, before=next(iter(found), None))
    return command
