"""The machine: a pure function of (state, command, time) → facts, or one refusal and no change.

No clock, no I/O, no luck, no floats. The same commands at the same times give the same state anywhere. What fell
due by then — orders that start or expire, deposits that confirm — happens first, each at its own time, in order.
"""

from typing import Final, TypeVar, assert_never

from seatrial.core import access, amending, canceling, cascade, fingerprint, firing, halts, house, placing, treasury
from seatrial.core.changes import Changes
from seatrial.core.commands import (
    AmendOrder,
    CancelOrders,
    CancelWithdrawal,
    ChangeKey,
    ChooseFeePayment,
    Command,
    DecreaseOrder,
    DriveTransfer,
    IssueAddress,
    IssueKey,
    IssueToken,
    MoveFunds,
    OpenAccount,
    PassTime,
    PlaceOrder,
    PrintTrade,
    QuoteMarket,
    ReplaceOrder,
    RequestWithdrawal,
    RevokeKey,
    SaveDestination,
    SeeDeposit,
    SetAsOf,
    SetCancelTimer,
    SetDelays,
    SetStatus,
    SetSystemStatus,
    SpendNonce,
)
from seatrial.core.facts import AnyFact, AsOfSet, DelaysSet
from seatrial.core.findings import Finding
from seatrial.core.rejects import Reject
from seatrial.core.state import State

Done = tuple[AnyFact | Finding, ...]
"""What a command led to: all of its facts, then what it tells beside them."""

Outcome = Done | Reject
"""The same, or why it changed nothing."""

Told = TypeVar("Told")


def first(kind: type[Told], outcome: Done) -> Told:
    """The first fact or finding of that kind, where there must be one."""
    for told in outcome:
        if isinstance(told, kind):
            return told
    raise AssertionError(f"{outcome} without {kind.__name__}")


MAX_DUE: Final = 500
"""How much of what fell due happens before a command: orders that start or expire, steps of transfers."""


class Machine:
    """One exchange. `state` may be read by anyone and is changed only here."""

    def __init__(self, state: State) -> None:
        self.state = state

    def apply(self, command: Command, at_ns: int) -> Outcome:
        """Let all fall due that is due by `at_ns`, or as much as a command waits for; then do what the command asks.

        The outcome is the command's own. Facts of what fell due stand before it in the state's record, those of orders
        that its trades set off behind it. Time never goes back: an earlier `at_ns` counts as the world's own moment,
        which each trade moves on by a nanosecond.
        """
        state = self.state
        if at_ns < state.now_ns:  # noqa: PLR1730  calling max takes longer, and this runs twice in every call
            at_ns = state.now_ns
        if state.next_due_ns is not None and state.next_due_ns <= at_ns:
            at_ns = self._fire_timers(at_ns, MAX_DUE)
        elif state.is_behind:
            state.is_behind = False
        state.now_ns = at_ns
        facts, begin = state.facts, len(state.facts)
        if begin:
            state.cut()
        refusal = self._do(command, at_ns)
        if refusal is not None:
            return refusal
        outcome = tuple(facts[begin:])
        if state.sets_off:
            self._fire_timers(state.now_ns, cascade.MAX_STARTED)
            state.sets_off = False
        if state.found:
            found, state.found = state.found, ()
            return (*outcome, *found)
        return outcome

    def pass_time(self, at_ns: int) -> int:
        """Let all happen that is due by then, as before a command. Returns the time for whoever looks next."""
        state = self.state
        if at_ns < state.now_ns:  # noqa: PLR1730  calling max takes longer, and this runs in every call
            at_ns = state.now_ns
        due_ns = state.next_due_ns
        if state.is_behind or (due_ns is not None and due_ns <= at_ns):
            self.apply(PassTime(), at_ns)
            return max(at_ns, state.now_ns)
        return at_ns

    def take_changes(self) -> Changes:
        """What the store has not seen yet."""
        return self.state.take_changes()

    def fingerprint(self) -> str:
        """A hash of everything that must survive: equal worlds have equal fingerprints."""
        return fingerprint.of(self.state)

    def _do(self, command: Command, at_ns: int) -> Reject | None:  # noqa: C901, PLR0912  one case per command
        """Each case is tried in turn, so the most frequent ones stand first."""
        state = self.state
        match command:
            case SpendNonce():
                return access.spend_nonce(state, command, at_ns)
            case PlaceOrder():
                return placing.place(state, command, at_ns)
            case CancelOrders():
                return canceling.cancel(state, command, at_ns)
            case DecreaseOrder():
                return amending.decrease_order(state, command, at_ns)
            case ReplaceOrder():
                return amending.replace_order(state, command, at_ns)
            case AmendOrder():
                return amending.amend_order(state, command, at_ns)
            case SetCancelTimer():
                return canceling.set_cancel_timer(state, command, at_ns)
            case QuoteMarket():
                return house.quote(state, command, at_ns)
            case PrintTrade():
                return house.print_trade(state, command, at_ns)
            case SetStatus() | SetSystemStatus():
                return halts.set_status(state, command, at_ns)
            case OpenAccount():
                return access.open_account(state, command, at_ns)
            case ChooseFeePayment():
                return access.choose_fee_payment(state, command, at_ns)
            case IssueKey():
                return access.issue_key(state, command, at_ns)
            case ChangeKey():
                return access.change_key(state, command, at_ns)
            case RevokeKey():
                return access.revoke_key(state, command, at_ns)
            case MoveFunds():
                return treasury.move_funds(state, command, at_ns)
            case IssueToken():
                return access.issue_token(state, command, at_ns)
            case IssueAddress():
                return treasury.issue_address(state, command, at_ns)
            case SaveDestination():
                return treasury.save_destination(state, command, at_ns)
            case SeeDeposit():
                return treasury.see_deposit(state, command, at_ns)
            case RequestWithdrawal():
                return treasury.request_withdrawal(state, command, at_ns)
            case CancelWithdrawal():
                return treasury.cancel_withdrawal(state, command, at_ns)
            case DriveTransfer():
                return treasury.drive(state, command, at_ns)
            case SetDelays():
                state.delays = state.changes.delays = command.delays
                state.facts.append(DelaysSet(at_ns, command.delays))
                return None
            case SetAsOf():
                state.set_as_of(command.as_of_ns)
                state.changes.as_of_ns = command.as_of_ns
                state.facts.append(AsOfSet(at_ns, command.as_of_ns))
                return None
            case PassTime():
                return None
        assert_never(command)

    def _fire_timers(self, until_ns: int, left: int) -> int:
        """Let happen what is due by then, or by the moment to which the trades on the way move the world.

        Of more than is done in some milliseconds, the rest is left to the commands that follow: until it is done the
        world is behind, and time does not go on.
        """
        state = self.state
        while (due_ns := state.next_due_ns) is not None and due_ns <= max(until_ns, state.now_ns):
            if left <= 0:
                state.is_behind = True
                return state.now_ns
            state.cut()
            left -= firing.fire_next(state, left)
        state.is_behind = False
        return max(until_ns, state.now_ns)
