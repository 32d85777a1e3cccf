"""Money that moves between wallets and sub-accounts, and keys whose rights change."""

import pytest

from seatrial.core.commands import ChangeKey, IssueKey, MoveFunds, OpenAccount, RequestWithdrawal, RevokeKey, SpendNonce
from seatrial.core.facts import AccountOpened, FundsMoved, KeyChanged, WithdrawalRequested
from seatrial.core.findings import MovedBefore
from seatrial.core.funding import Destination
from seatrial.core.machine import first
from seatrial.core.postings import EntryKind
from seatrial.core.rejects import Reject
from tests.support.trading_floor import Floor, units

PARENT, CHILD, SIBLING, STRANGER = 1, 2, 3, 4


@pytest.fixture
def floor() -> Floor:
    """A client with two sub-accounts, and a stranger."""
    floor = Floor()
    floor.open("parent", USD="100")
    for name in ("child", "sibling"):
        command = OpenAccount(
            name, "kraken", "pro", rate_limits=False, trading_wallet="spot", funding_wallet="vault",
            parent_id=PARENT, access="Spot", note="for tests",
        )  # fmt: skip
        event = first(AccountOpened, floor.apply(command))
        assert (event.account.parent_id, event.account.access, event.account.note) == (PARENT, "Spot", "for tests")
        floor.names[event.account.account_id] = name
    floor.open("stranger", USD="100")
    return floor


def usd(amount: str) -> int:
    """Dollars in units."""
    return units(amount, 4)


def moved(floor: Floor, command: MoveFunds) -> int:
    """The number of a move that must be possible."""
    (told,) = [told for told in floor.apply(command) if isinstance(told, FundsMoved | MovedBefore)]
    return told.move.move_id if isinstance(told, FundsMoved) else told.move_id


def free(floor: Floor, account_id: int, wallet: str) -> int:
    """What lies there."""
    purse = floor.machine.state.ledger.purses.get((account_id, wallet, "USD"))
    return 0 if purse is None else purse.free.balance


def test_money_moves_between_two_wallets_and_both_sides_are_posted(floor: Floor) -> None:
    floor.postings.clear()
    move_id = moved(floor, MoveFunds(PARENT, "USD", usd("30"), PARENT, "spot", PARENT, "vault"))
    assert (free(floor, PARENT, "spot"), free(floor, PARENT, "vault")) == (usd("70"), usd("30"))
    assert [(row.wallet, row.kind, row.amount, row.balance, row.ref) for row in floor.postings] == [
        ("spot", EntryKind.TRANSFER, -usd("30"), usd("70"), move_id),
        ("vault", EntryKind.TRANSFER, usd("30"), usd("30"), move_id),
    ]
    assert len({row.entry_id for row in floor.postings}) == 1
    floor.machine.state.ledger.prove()


def test_the_same_name_again_moves_nothing_and_is_the_same_move(floor: Floor) -> None:
    command = MoveFunds(PARENT, "USD", usd("30"), PARENT, "spot", PARENT, "vault", "rent")
    number = moved(floor, command)
    before = floor.machine.fingerprint()
    assert moved(floor, command) == number
    assert floor.machine.fingerprint() == before
    other = MoveFunds(STRANGER, "USD", usd("30"), STRANGER, "spot", STRANGER, "vault", "rent")
    assert moved(floor, other) == number + 1, "names are the user's own"


@pytest.mark.parametrize(
    ("asking", "source", "target"),
    [(PARENT, PARENT, CHILD), (PARENT, CHILD, PARENT), (PARENT, CHILD, SIBLING), (CHILD, CHILD, PARENT)],
)
def test_a_client_moves_its_familys_money_and_a_sub_account_may_pay_its_client(
    floor: Floor, asking: int, source: int, target: int
) -> None:
    if source == CHILD:
        moved(floor, MoveFunds(PARENT, "USD", usd("50"), PARENT, "spot", CHILD, "spot"))
    floor.postings.clear()
    before = free(floor, target, "spot")
    moved(floor, MoveFunds(asking, "USD", usd("20"), source, "spot", target, "spot"))
    assert free(floor, target, "spot") == before + usd("20")
    assert {(row.account_id, row.kind) for row in floor.postings} == {
        (source, EntryKind.SUB_TRANSFER), (target, EntryKind.SUB_TRANSFER),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("command", "reject"),
    [
        (MoveFunds(99, "USD", 1, 99, "spot", 99, "vault"), Reject.ACCOUNT_UNKNOWN),
        (MoveFunds(PARENT, "USD", 1, STRANGER, "spot", PARENT, "spot"), Reject.ACCOUNT_NOT_OWNED),
        (MoveFunds(PARENT, "USD", 1, PARENT, "spot", STRANGER, "spot"), Reject.ACCOUNT_NOT_OWNED),
        (MoveFunds(PARENT, "USD", 1, PARENT, "spot", 0, "custody"), Reject.ACCOUNT_NOT_OWNED),
        (MoveFunds(CHILD, "USD", 1, PARENT, "spot", CHILD, "spot"), Reject.ACCOUNT_NOT_OWNED),
        (MoveFunds(CHILD, "USD", 1, CHILD, "spot", SIBLING, "spot"), Reject.ACCOUNT_NOT_OWNED),
        (MoveFunds(PARENT, "DOGGO", 1, PARENT, "spot", PARENT, "vault"), Reject.ASSET_UNKNOWN),
        (MoveFunds(PARENT, "USD", 1, PARENT, "spot", PARENT, "spot"), Reject.SAME_WALLET),
        (MoveFunds(PARENT, "USD", 0, PARENT, "spot", PARENT, "vault"), Reject.AMOUNT_INVALID),
        (MoveFunds(PARENT, "USD", -1, PARENT, "spot", PARENT, "vault"), Reject.AMOUNT_INVALID),
        (MoveFunds(PARENT, "USD", 1_000_001, PARENT, "spot", PARENT, "vault"), Reject.AMOUNT_ABOVE_BALANCE),
        (MoveFunds(PARENT, "USD", 1, CHILD, "spot", PARENT, "spot"), Reject.AMOUNT_ABOVE_BALANCE),
    ],
)  # fmt: skip
def test_a_move_that_cannot_be_changes_nothing(floor: Floor, command: MoveFunds, reject: Reject) -> None:
    before = floor.machine.fingerprint()
    assert floor.refusal(command) is reject
    assert floor.machine.fingerprint() == before


def test_what_an_order_holds_stays_where_it_is(floor: Floor) -> None:
    floor.open("bob", USD="1000", BTC="1")
    floor.draw("bid 100 5 bob")
    bob = floor.trader("bob").account.account_id
    held = floor.machine.state.ledger.purses[bob, "spot", "USD"].held.balance
    assert held > 0
    everything = MoveFunds(bob, "USD", usd("1000"), bob, "spot", bob, "vault")
    assert floor.refusal(everything) is Reject.AMOUNT_ABOVE_BALANCE
    moved(floor, MoveFunds(bob, "USD", usd("1000") - held, bob, "spot", bob, "vault"))
    assert free(floor, bob, "spot") == 0


def test_a_sub_account_needs_a_client(floor: Floor) -> None:
    command = OpenAccount(
        "orphan", "kraken", "pro", rate_limits=False, trading_wallet="spot", funding_wallet="spot", parent_id=99
    )
    assert floor.refusal(command) is Reject.ACCOUNT_UNKNOWN


def test_a_keys_rights_change_and_what_is_not_said_stays(floor: Floor) -> None:
    floor.apply(IssueKey(CHILD, "bot", "public", "secret", frozenset({"query"}), ip_allowlist=("10.0.0.1",)))
    (event,) = floor.apply(ChangeKey(CHILD, "public", permissions=frozenset({"query", "trade"})))
    assert isinstance(event, KeyChanged)
    assert (event.permissions, event.ip_allowlist) == (frozenset({"query", "trade"}), ("10.0.0.1",))
    floor.apply(ChangeKey(CHILD, "public", ip_allowlist=(), valid_until_ns=7))
    key = floor.machine.state.keys["public"]
    assert (key.ip_allowlist, key.valid_until_ns) == ((), 7)
    assert key.permissions == frozenset({"query", "trade"})


def test_a_revoked_key_is_nobodys(floor: Floor) -> None:
    floor.apply(IssueKey(CHILD, "bot", "public", "secret", frozenset({"query"})))
    floor.apply(RevokeKey(CHILD, "public"))
    assert floor.refusal(SpendNonce("public", 1)) is Reject.KEY_UNKNOWN
    assert floor.refusal(RevokeKey(CHILD, "public")) is Reject.KEY_UNKNOWN


def test_nobody_changes_anothers_key(floor: Floor) -> None:
    floor.apply(IssueKey(CHILD, "bot", "public", "secret", frozenset({"query"})))
    assert floor.refusal(ChangeKey(STRANGER, "public", permissions=frozenset())) is Reject.KEY_UNKNOWN
    assert floor.refusal(RevokeKey(STRANGER, "public")) is Reject.KEY_UNKNOWN


def test_a_withdrawal_may_go_where_nothing_was_saved(floor: Floor) -> None:
    floor.open("bob", BTC="2")
    bob = floor.trader("bob").account.account_id
    where = Destination(bob, "BTC", "Bitcoin", "", "bc1qnew", None, verified=True)
    done = floor.apply(RequestWithdrawal(bob, "BTC", where, 10**10, remark="to myself"))
    sent = first(WithdrawalRequested, done).transfer
    assert (sent.address, sent.destination, sent.remark, sent.gross) == ("bc1qnew", None, "to myself", 10**10)
    assert floor.trader("bob").destinations == {}
