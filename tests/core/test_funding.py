"""Deposits and withdrawals: every step that their life cycles have, and what each does to the ledger and the holds.

Sources: venue-pages#funding-statuses, kraken-ledgers#funding-entries.
"""

from itertools import product

import pytest
from msgspec.structs import replace

from seatrial.core.commands import (
    CancelWithdrawal,
    DriveTransfer,
    IssueAddress,
    RequestWithdrawal,
    SaveDestination,
    SeeDeposit,
    SetDelays,
)
from seatrial.core.facts import (
    AddressIssued,
    AddressUsed,
    DepositSeen,
    DestinationSaved,
    TransferMoved,
    WithdrawalRequested,
)
from seatrial.core.findings import CancelDenied, WithdrawalChecked
from seatrial.core.funding import (
    CANCELABLE,
    FIRST_STATUS,
    NEXT_STATUS,
    STEPS,
    Booking,
    Delays,
    DepositAddress,
    Direction,
    TransferNote,
    TransferStatus,
)
from seatrial.core.machine import first
from seatrial.core.markets import FundingMethod
from seatrial.core.money import MAX_UNITS
from seatrial.core.rejects import Reject
from tests.support.trading_floor import Floor, Followed, catalogue, drawn, units

INITIAL, PENDING, ON_HOLD = TransferStatus.INITIAL, TransferStatus.PENDING, TransferStatus.ON_HOLD
SETTLED, SUCCESS, FAILURE = TransferStatus.SETTLED, TransferStatus.SUCCESS, TransferStatus.FAILURE
DEPOSIT, WITHDRAWAL = Direction.DEPOSIT, Direction.WITHDRAWAL

EURO = next(asset for asset in catalogue().assets if asset.code == "EUR")
BITCOIN = next(asset for asset in catalogue().assets if asset.code == "BTC")
SEPA = FundingMethod(EURO, "SEPA", None, 10_0000, 1_7500, 5_0000, 9000, "iban_de")
WIRE = FundingMethod(EURO, "Wire", None, 0, 0, 100_0000, 20_0000, "bank")
CHAIN = FundingMethod(BITCOIN, "Bitcoin", "Bitcoin", 1_000_000, 0, 4_000_000, 1_500_000, "bitcoin")


@pytest.fixture
def floor() -> Floor:
    """Ann has 300 EUR and a saved bank account; both ways of funding euros cost a fee."""
    floor = Floor(methods=(SEPA, WIRE, CHAIN))
    floor.open("ann", EUR="300")
    floor.apply(SaveDestination(1, "EUR", "SEPA", "bank", "DE00123"))
    return floor


def deposit(floor: Floor, amount: str = "100", fee: int | None = None, **details: str) -> Followed:
    """A deposit of euros that only the test moves on."""
    return seen(floor, SeeDeposit(1, "EUR", units(amount, 4), manual=True, fee=fee, **details))


def seen(floor: Floor, command: SeeDeposit) -> Followed:
    """A deposit that must show up."""
    return Followed(floor, first(DepositSeen, floor.apply(command)).transfer.transfer_id)


def withdraw(floor: Floor, gross: str = "250", *, by_hand: bool = True) -> Followed:
    """A withdrawal of euros."""
    done = floor.apply(RequestWithdrawal(1, "EUR", "bank", units(gross, 4)))
    number = first(WithdrawalRequested, done).transfer.transfer_id
    transfers = floor.machine.state.transfers
    transfers[number] = floor.transfers[number] = replace(transfers[number], manual=by_hand)
    return Followed(floor, number)


def drive(floor: Floor, transfer: Followed, *path: TransferStatus) -> None:
    """Take steps of the life cycle, one after another."""
    for status in path:
        moved = first(TransferMoved, floor.apply(DriveTransfer(transfer.transfer_id, status)))
        assert (moved.transfer, transfer.status) == (transfer.now, status)


def test_a_deposit_is_seen_before_it_is_credited(floor: Floor) -> None:
    transfer = deposit(floor)
    assert (transfer.status, floor.money("ann", "EUR"), floor.rows("ann")) == (SETTLED, "free 300", "")


def test_a_deposit_is_credited_gross_with_its_fee_beside_it(floor: Floor) -> None:
    """Source: kraken-ledgers#funding-entries: 4,000,000 with a fee of 1.75 leaves 3,999,998.25."""
    drive(floor, deposit(floor, "4000000"), SUCCESS)
    assert floor.rows("ann") == "deposit EUR 4000000.0000 1.7500 4000298.2500"


def test_a_deposit_that_fails_was_never_credited(floor: Floor) -> None:
    drive(floor, deposit(floor), FAILURE)
    assert floor.rows("ann") == ""


def test_a_credited_deposit_is_taken_back_by_a_row_of_negative_amount_and_fee(floor: Floor) -> None:
    drive(floor, deposit(floor), SUCCESS, FAILURE)
    assert floor.rows("ann") == drawn("""
        deposit EUR  100.0000  1.7500 398.2500
        deposit EUR -100.0000 -1.7500 300.0000""")


def test_a_deposit_that_was_spent_cannot_be_taken_back(floor: Floor) -> None:
    transfer = deposit(floor)
    drive(floor, transfer, SUCCESS)
    withdraw(floor, "350")
    assert floor.refusal(DriveTransfer(transfer.transfer_id, FAILURE)) is Reject.AMOUNT_ABOVE_BALANCE
    assert transfer.status is SUCCESS


def test_a_withdrawal_takes_the_gross_amount_at_once_and_shows_no_row_yet(floor: Floor) -> None:
    """The fee comes out of what was asked for."""
    transfer = withdraw(floor)
    assert (transfer.amount, transfer.fee) == (249_1000, 9000)
    assert (floor.money("ann", "EUR"), floor.rows("ann")) == ("free 50 outgoing 250", "")
    assert floor.purse("ann", "EUR").settled == 50_0000


def test_a_withdrawal_that_the_bank_returns_comes_back_with_its_fee(floor: Floor) -> None:
    """Source: kraken-ledgers#entries-by-example, the fourth."""
    drive(floor, withdraw(floor), PENDING, SETTLED, SUCCESS, FAILURE)
    assert floor.rows("ann") == drawn("""
        withdrawal EUR -249.1000  0.9000  50.0000
        withdrawal EUR  249.1000 -0.9000 300.0000""")
    refs = {(row.kind, row.ref) for row in floor.postings if row.kind == "withdrawal"}
    assert len(refs) == 1


@pytest.mark.parametrize("path", [(), (PENDING,), (ON_HOLD,), (PENDING, ON_HOLD), (ON_HOLD, PENDING)])
def test_until_it_is_broadcast_its_owner_can_cancel_a_withdrawal(
    floor: Floor, path: tuple[TransferStatus, ...]
) -> None:
    """No row was posted, so none takes it back."""
    transfer = withdraw(floor)
    drive(floor, transfer, *path)
    done = floor.apply(CancelWithdrawal(1, transfer.transfer_id))
    assert first(TransferMoved, done).transfer == transfer.now
    assert (transfer.status, transfer.note) == (FAILURE, TransferNote.CANCELED)
    assert (floor.money("ann", "EUR"), floor.rows("ann")) == ("free 300", "")


def test_once_it_was_broadcast_a_cancel_comes_too_late(floor: Floor) -> None:
    transfer = withdraw(floor)
    drive(floor, transfer, PENDING, SETTLED)
    before = floor.machine.fingerprint()
    assert floor.apply(CancelWithdrawal(1, transfer.transfer_id)) == (CancelDenied(transfer.now),)
    assert floor.machine.fingerprint() == before


@pytest.mark.parametrize("path", [(PENDING, SETTLED, SUCCESS), (FAILURE,)])
def test_a_finished_transfer_is_in_memory_no_more(floor: Floor, path: tuple[TransferStatus, ...]) -> None:
    transfer = withdraw(floor)
    drive(floor, transfer, *path)
    assert not floor.machine.state.transfers
    assert floor.refusal(CancelWithdrawal(1, transfer.transfer_id)) is Reject.TRANSFER_UNKNOWN


def test_a_step_of_a_finished_transfer_needs_what_the_store_says_of_it(floor: Floor) -> None:
    transfer = deposit(floor)
    other, early = deposit(floor).now, transfer.now
    drive(floor, transfer, SUCCESS)
    step, machine = DriveTransfer(transfer.transfer_id, FAILURE), floor.machine
    for wrong in (None, other, early):
        assert machine.apply(replace(step, finished=wrong), floor.now_ns) is Reject.TRANSFER_UNKNOWN
    floor.apply(replace(step, finished=transfer.now))
    assert transfer.status is FAILURE


def test_nobody_cancels_a_deposit_or_what_is_not_his(floor: Floor) -> None:
    theirs, incoming = withdraw(floor), deposit(floor)
    floor.open("bob", EUR="1")
    for account_id, number in ((2, theirs.transfer_id), (1, incoming.transfer_id), (1, 99)):
        assert floor.refusal(CancelWithdrawal(account_id, number)) is Reject.TRANSFER_UNKNOWN


ROWS_AND_MONEY = {
    Booking.NOTHING: (0, 0, 0),
    Booking.CREDIT: (1, 98_2500, 0),
    Booking.TAKE_BACK: (1, -98_2500, 0),
    Booking.SEND: (1, 0, -250_0000),
    Booking.RELEASE: (0, 250_0000, -250_0000),
    Booking.RETURN: (1, 250_0000, 0),
}
"""How many rows, what becomes free, and what is on its way out after it."""


def way_to(direction: Direction, status: TransferStatus) -> tuple[TransferStatus, ...]:
    """Steps that lead from the beginning to a status."""
    return {
        (DEPOSIT, SETTLED): (),
        (DEPOSIT, SUCCESS): (SUCCESS,),
        (DEPOSIT, FAILURE): (FAILURE,),
        (WITHDRAWAL, INITIAL): (),
        (WITHDRAWAL, PENDING): (PENDING,),
        (WITHDRAWAL, ON_HOLD): (ON_HOLD,),
        (WITHDRAWAL, SETTLED): (PENDING, SETTLED),
        (WITHDRAWAL, SUCCESS): (PENDING, SETTLED, SUCCESS),
        (WITHDRAWAL, FAILURE): (FAILURE,),
    }[direction, status]


def begun(floor: Floor, direction: Direction, status: TransferStatus) -> Followed:
    """A transfer in that status."""
    transfer = deposit(floor) if direction is DEPOSIT else withdraw(floor)
    drive(floor, transfer, *way_to(direction, status))
    return transfer


@pytest.mark.parametrize(("step", "booking"), STEPS.items(), ids=lambda value: "-".join(value) if value else "")
def test_each_step_does_to_the_books_what_its_line_says(
    floor: Floor, step: tuple[Direction, TransferStatus, TransferStatus], booking: Booking
) -> None:
    direction, here, there = step
    transfer = begun(floor, direction, here)
    purse, rows = floor.purse("ann", "EUR"), len(floor.rows("ann").splitlines())
    free, outgoing = purse.free.balance, purse.outgoing.balance
    drive(floor, transfer, there)
    after = (
        len(floor.rows("ann").splitlines()) - rows, purse.free.balance - free, purse.outgoing.balance - outgoing,
    )  # fmt: skip
    assert after == ROWS_AND_MONEY[booking]


REACHABLE = sorted({(direction, status) for direction, here, there in STEPS for status in (here, there)})


@pytest.mark.parametrize(
    ("direction", "here", "there"),
    [(*at, there) for at, there in product(REACHABLE, TransferStatus) if (*at, there) not in STEPS and at[1] != there],
)
def test_no_other_step_exists(floor: Floor, direction: Direction, here: TransferStatus, there: TransferStatus) -> None:
    transfer = begun(floor, direction, here)
    before = floor.machine.fingerprint()
    assert floor.refusal(DriveTransfer(transfer.transfer_id, there)) is Reject.STEP_NOT_ALLOWED
    assert floor.machine.fingerprint() == before


def test_the_tables_of_the_life_cycles_agree() -> None:
    for (direction, here), there in NEXT_STATUS.items():
        assert (direction, here, there) in STEPS
        assert Delays().after(direction, here) is not None
    for direction, status in REACHABLE:
        assert (Delays().after(direction, status) is None) is ((direction, status) not in NEXT_STATUS)
    for status in CANCELABLE:
        assert STEPS[WITHDRAWAL, status, FAILURE] is Booking.RELEASE
    assert {(direction, status) for direction, status in FIRST_STATUS.items()} <= set(REACHABLE)


def test_a_transfer_that_does_not_exist_cannot_be_driven(floor: Floor) -> None:
    assert floor.refusal(DriveTransfer(99, SUCCESS)) is Reject.TRANSFER_UNKNOWN


def test_a_note_can_be_set_with_a_step_and_without_one(floor: Floor) -> None:
    transfer = withdraw(floor)
    floor.apply(DriveTransfer(transfer.transfer_id, note=TransferNote.CANCEL_PENDING))
    assert (transfer.status, transfer.note) == (INITIAL, TransferNote.CANCEL_PENDING)
    floor.apply(DriveTransfer(transfer.transfer_id, ON_HOLD, TransferNote.ON_HOLD))
    assert (transfer.status, transfer.note) == (ON_HOLD, TransferNote.ON_HOLD)


def test_a_broadcast_withdrawal_has_a_transaction_on_the_chain(floor: Floor) -> None:
    transfer = withdraw(floor)
    drive(floor, transfer, PENDING)
    assert transfer.chain_tx is None
    drive(floor, transfer, SETTLED)
    assert transfer.chain_tx


def test_the_clock_takes_a_withdrawal_through_its_life(floor: Floor) -> None:
    floor.apply(SetDelays(Delays(0, 10 * 10**9, 20 * 10**9, 30 * 10**9)))
    transfer = withdraw(floor, by_hand=False)
    seen = []
    for _ in range(7):
        seen.append(transfer.status)
        floor.wait(10)
    assert seen == [INITIAL, PENDING, PENDING, SETTLED, SETTLED, SETTLED, SUCCESS]
    assert transfer.due_ns == 0


def test_each_step_happens_at_its_own_time_however_late_one_looks(floor: Floor) -> None:
    transfer = withdraw(floor, by_hand=False)
    began_ns = floor.now_ns
    floor.wait(3_600)
    assert transfer.status is SUCCESS
    posted = next(row for row in floor.postings if row.kind == "withdrawal")
    delays = Delays()
    assert posted.at_ns == began_ns + delays.withdrawal_initial_ns + delays.withdrawal_pending_ns


def test_the_clock_credits_a_deposit(floor: Floor) -> None:
    transfer = seen(floor, SeeDeposit(1, "EUR", units("100", 4)))
    floor.wait(29)
    assert transfer.status is SETTLED
    floor.wait(1)
    assert transfer.status is SUCCESS


def test_the_clock_leaves_alone_what_is_moved_by_hand(floor: Floor) -> None:
    transfer = deposit(floor)
    floor.wait(3_600)
    assert transfer.status is SETTLED


def test_the_clock_leaves_alone_what_is_on_hold(floor: Floor) -> None:
    transfer = withdraw(floor, by_hand=False)
    drive(floor, transfer, ON_HOLD)
    floor.wait(3_600)
    assert transfer.status is ON_HOLD
    drive(floor, transfer, PENDING)
    floor.wait(3_600)
    assert transfer.status is SUCCESS


def test_a_transfer_that_was_driven_waits_its_new_delay(floor: Floor) -> None:
    transfer = withdraw(floor, by_hand=False)
    floor.wait(9)
    drive(floor, transfer, PENDING)
    floor.wait(9)
    assert transfer.status is PENDING
    floor.wait(1)
    assert transfer.status is SETTLED


def test_new_delays_are_for_the_steps_to_come(floor: Floor) -> None:
    transfer = withdraw(floor, by_hand=False)
    floor.apply(SetDelays(Delays(0, 3_600 * 10**9, 0, 0)))
    floor.wait(10)
    assert transfer.status is SUCCESS


def test_a_deposit_needs_the_smallest_amount_and_more_than_its_fee(floor: Floor) -> None:
    assert floor.refusal(SeeDeposit(1, "EUR", units("9.9999", 4))) is Reject.AMOUNT_INVALID
    assert floor.apply(SeeDeposit(1, "EUR", units("10", 4)))
    assert floor.refusal(SeeDeposit(1, "EUR", 0, method="Wire")) is Reject.AMOUNT_INVALID
    assert floor.apply(SeeDeposit(1, "EUR", 1, method="Wire"))


def test_a_deposit_that_the_books_could_not_hold_is_refused_or_fails(floor: Floor) -> None:
    assert floor.refusal(SeeDeposit(1, "EUR", MAX_UNITS)) is Reject.AMOUNT_INVALID
    half, other = (SeeDeposit(1, "EUR", MAX_UNITS // 2 + 1) for _ in "12")
    floor.apply(half)
    transfer = seen(floor, other)
    floor.wait(30)
    assert transfer.status is FAILURE


def test_a_withdrawal_cannot_come_back_into_books_that_are_full(floor: Floor) -> None:
    transfer = withdraw(floor)
    drive(floor, transfer, PENDING, SETTLED)
    drive(floor, deposit(floor, method="Wire", amount="922337203685300"), SUCCESS)
    assert floor.refusal(DriveTransfer(transfer.transfer_id, FAILURE)) is Reject.AMOUNT_INVALID


def test_a_deposit_arrives_at_the_newest_address_of_its_method(floor: Floor) -> None:
    older, newer = (_address(floor, "BTC", "Bitcoin") for _ in "12")
    assert seen(floor, SeeDeposit(1, "BTC", 10**10)).address == newer.address.text
    assert (older.used, newer.used) == (False, True)


def _address(floor: Floor, asset: str, method: str) -> DepositAddress:
    (fact,) = floor.apply(IssueAddress(1, asset, method, 5))
    assert isinstance(fact, AddressIssued)
    address = floor.trader("ann").addresses[asset, method][-1]
    assert (address.address_id, address.address) == (fact.address_id, fact.address)
    return address


def test_a_deposit_without_an_address_gets_one(floor: Floor) -> None:
    done = floor.apply(SeeDeposit(1, "BTC", 10**10))
    (address,) = floor.trader("ann").addresses["BTC", "Bitcoin"]
    assert (first(DepositSeen, done).transfer.address, address.used) == (address.address.text, True)
    assert [type(fact) for fact in done] == [AddressIssued, AddressUsed, DepositSeen]


def test_a_deposit_may_name_its_address_and_transaction(floor: Floor) -> None:
    older, _ = (_address(floor, "BTC", "Bitcoin") for _ in "12")
    known = seen(floor, SeeDeposit(1, "BTC", 10**10, chain_tx="cafe", address=older.address.text))
    foreign = seen(floor, SeeDeposit(1, "BTC", 10**10, address="elsewhere"))
    assert (known.chain_tx, known.address, older.used) == ("cafe", older.address.text, True)
    assert foreign.address == "elsewhere"
    assert foreign.chain_tx not in {None, "cafe"}


def test_only_so_many_addresses_may_wait_for_their_first_deposit(floor: Floor) -> None:
    for _ in range(5):
        _address(floor, "BTC", "Bitcoin")
    assert floor.refusal(IssueAddress(1, "BTC", "Bitcoin", 5)) is Reject.TOO_MANY_ADDRESSES
    floor.apply(SeeDeposit(1, "BTC", 10**10))
    assert _address(floor, "BTC", "Bitcoin")


def test_a_destination_needs_a_method_and_a_name_of_its_own(floor: Floor) -> None:
    assert floor.refusal(SaveDestination(1, "EUR", "SEPA", "bank", "DE1")) is Reject.DESTINATION_NAME_TAKEN
    assert floor.refusal(SaveDestination(1, "EUR", "Bitcoin", "b", "DE1")) is Reject.METHOD_UNKNOWN
    assert floor.refusal(SaveDestination(1, "DOGGO", "SEPA", "b", "DE1")) is Reject.ASSET_UNKNOWN
    assert floor.refusal(SaveDestination(1, "DOT.S", "SEPA", "b", "DE1")) is Reject.ASSET_READ_ONLY
    assert floor.refusal(SaveDestination(9, "EUR", "SEPA", "b", "DE1")) is Reject.ACCOUNT_UNKNOWN
    (event,) = floor.apply(SaveDestination(1, "BTC", "Bitcoin", "bank", "bc1q", "tag"))
    assert isinstance(event, DestinationSaved)
    assert event.destination.tag == "tag"


def test_destinations_are_listed_by_asset_and_name(floor: Floor) -> None:
    """However they came about, so that a restart does not shuffle them."""
    for asset, method, name in (("EUR", "Wire", "a"), ("BTC", "Bitcoin", "z"), ("BTC", "Bitcoin", "b")):
        floor.apply(SaveDestination(1, asset, method, name, "x"))
    assert list(floor.trader("ann").destinations) == [("BTC", "b"), ("BTC", "z"), ("EUR", "a"), ("EUR", "bank")]


@pytest.mark.parametrize(
    ("command", "reject"),
    [
        (RequestWithdrawal(1, "EUR", "nowhere", 100_0000), Reject.DESTINATION_UNKNOWN),
        (RequestWithdrawal(1, "EUR", "bank", 100_0000, address="DE9"), Reject.DESTINATION_DIFFERS),
        (RequestWithdrawal(1, "EUR", "bank", 4_9999), Reject.AMOUNT_INVALID),
        (RequestWithdrawal(1, "EUR", "bank", 300_0001), Reject.AMOUNT_ABOVE_BALANCE),
        (RequestWithdrawal(1, "EUR", "bank", 300_0000, max_fee=8999), Reject.FEE_ABOVE_MAXIMUM),
    ],
)
def test_a_withdrawal_is_refused_for_a_reason(floor: Floor, command: RequestWithdrawal, reject: Reject) -> None:
    before = floor.machine.fingerprint()
    assert floor.refusal(command) is reject
    assert floor.machine.fingerprint() == before


def test_a_destination_whose_method_is_gone_is_of_no_use(floor: Floor) -> None:
    """The catalogue was changed since the world was stored."""
    floor.machine.state.methods["EUR"] = [WIRE]
    assert floor.refusal(RequestWithdrawal(1, "EUR", "bank", 100_0000)) is Reject.METHOD_UNKNOWN


def test_a_withdrawal_whose_method_is_gone_goes_on(floor: Floor) -> None:
    transfer = withdraw(floor)
    floor.machine.state.methods["EUR"] = [WIRE]
    drive(floor, transfer, PENDING, SETTLED)
    assert transfer.chain_tx


def test_all_that_is_free_can_be_withdrawn(floor: Floor) -> None:
    floor.apply(RequestWithdrawal(1, "EUR", "bank", 300_0000, address="DE00123", max_fee=9000))
    assert floor.money("ann", "EUR") == "free 0 outgoing 300"


def test_checking_a_withdrawal_says_what_would_be_sent_and_the_most_that_could(floor: Floor) -> None:
    before = floor.machine.fingerprint()
    outcome = floor.apply(RequestWithdrawal(1, "EUR", "bank", 250_0000, check_only=True))
    assert outcome == (WithdrawalChecked(SEPA, 249_1000, 9000, 299_1000),)
    assert floor.machine.fingerprint() == before


def test_the_exchanges_side_shows_where_the_money_went(floor: Floor) -> None:
    """Custody is minus all that clients brought in; fees are income."""
    drive(floor, withdraw(floor), PENDING, SETTLED)
    purses = floor.machine.state.ledger.purses
    assert purses[0, "custody", "EUR"].free.balance == -50_9000
    assert purses[0, "fee_income", "EUR"].free.balance == 9000


def test_a_deposit_costs_what_is_said_or_what_its_method_does(floor: Floor) -> None:
    assert deposit(floor, "100").fee == SEPA.deposit_fee
    free, dear = deposit(floor, "100", 0), deposit(floor, "100", units("99.9999", 4))
    assert (free.fee, dear.fee) == (0, units("99.9999", 4))
    for fee in (-1, units("100", 4)):
        assert floor.refusal(SeeDeposit(1, "EUR", units("100", 4), fee=fee)) is Reject.AMOUNT_INVALID
