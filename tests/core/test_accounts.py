"""Accounts, keys, nonces and tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.accounts import MAX_RECENT_NONCES, ApiKey
from seatrial.core.commands import IssueKey, IssueToken, OpenAccount, SpendNonce
from seatrial.core.facts import AccountOpened, KeyIssued, TokenIssued
from seatrial.core.rejects import Reject
from tests.support.trading_floor import SECOND_NS, Floor


@pytest.fixture
def floor() -> Floor:
    """A world with one account."""
    floor = Floor()
    floor.open("ann", USD="100")
    return floor


def test_an_opening_balance_is_a_transfer_and_no_deposit(floor: Floor) -> None:
    """A deposit is only what a tester drives."""
    assert floor.rows("ann", opening=True) == "transfer USD 100.0000 0.0000 100.0000"
    assert not floor.machine.state.transfers


def test_opening_balances_come_out_of_the_exchanges_custody(floor: Floor) -> None:
    custody = floor.machine.state.ledger.purses[0, "custody", "USD"]
    assert custody.free.balance == -100_0000


def test_an_account_may_begin_with_several_wallets_and_with_nothing_in_one(floor: Floor) -> None:
    balances = (("spot", "BTC", 5), ("earn", "BTC", 7), ("spot", "BTC", 1), ("spot", "DOT.S", 3), ("spot", "ETH", 0))
    opened = floor.apply(
        OpenAccount("bob", "kraken", "pro", rate_limits=True, trading_wallet="spot", funding_wallet="spot",
                    balances=balances)
    )  # fmt: skip
    assert isinstance(opened[0], AccountOpened)
    purses = floor.machine.state.ledger.of_account(2)
    assert [(purse.wallet, purse.asset.code, purse.total) for purse in purses] == [
        ("earn", "BTC", 7), ("spot", "BTC", 6), ("spot", "DOT.S", 3), ("spot", "ETH", 0),
    ]  # fmt: skip


def test_a_read_only_balance_of_any_listed_asset_can_be_held(floor: Floor) -> None:
    floor.open("bob", **{"DOGE.F": "1.5", "ETH2.S": "2"})
    assert floor.money("bob", "DOGE.F") == "free 1.5"


def _issue(floor: Floor, nonce_window: int = 0) -> ApiKey:
    (event,) = floor.apply(IssueKey(1, "bot", "public", "secret", frozenset({"query"}), nonce_window))
    assert isinstance(event, KeyIssued)
    return floor.machine.state.keys[event.public]


def test_a_key_belongs_to_an_account(floor: Floor) -> None:
    key = _issue(floor)
    assert (key.key_id, key.account_id, key.created_ns) == (1, 1, floor.now_ns)
    assert floor.refusal(IssueKey(9, "bot", "other", "secret", frozenset())) is Reject.ACCOUNT_UNKNOWN


def test_a_key_is_issued_once(floor: Floor) -> None:
    """A second one would take the first one's place, and the store would keep both."""
    _issue(floor)
    before = floor.machine.fingerprint()
    assert floor.refusal(IssueKey(1, "bot", "public", "other", frozenset())) is Reject.KEY_TAKEN
    assert floor.machine.fingerprint() == before


def test_a_nonce_of_an_unknown_key_is_refused(floor: Floor) -> None:
    assert floor.refusal(SpendNonce("public", 1)) is Reject.KEY_UNKNOWN


def test_without_a_window_each_nonce_is_above_all_before(floor: Floor) -> None:
    key = _issue(floor)
    for nonce in (0, 5, 7):
        floor.now_ns += 1
        floor.apply(SpendNonce("public", nonce))
        assert key.used_ns == floor.now_ns
    for nonce in (7, 6, 0):
        assert floor.refusal(SpendNonce("public", nonce)) is Reject.NONCE_USED
    assert key.highest_nonce == 7


def test_a_refused_nonce_leaves_the_key_as_it_was(floor: Floor) -> None:
    key = _issue(floor)
    floor.apply(SpendNonce("public", 7))
    used_ns = key.used_ns
    floor.now_ns += 1
    floor.refusal(SpendNonce("public", 7))
    assert key.used_ns == used_ns


def test_within_a_window_late_nonces_are_taken_once(floor: Floor) -> None:
    """Decided: above the highest less the window. Source: kraken-rest#nonce."""
    _issue(floor, nonce_window=10)
    for nonce in (100, 95, 91):
        floor.apply(SpendNonce("public", nonce))
    for nonce in (90, 91, 95, 100):
        assert floor.refusal(SpendNonce("public", nonce)) is Reject.NONCE_USED
    floor.apply(SpendNonce("public", 104))
    assert floor.refusal(SpendNonce("public", 94)) is Reject.NONCE_USED
    floor.apply(SpendNonce("public", 96))


def test_a_nonce_may_be_of_any_size(floor: Floor) -> None:
    _issue(floor)
    floor.apply(SpendNonce("public", 10**40))
    assert floor.refusal(SpendNonce("public", 10**40 - 1)) is Reject.NONCE_USED


@given(st.integers(0, 12), st.lists(st.integers(0, 40), max_size=60))
def test_nonces_equal_a_list_of_all_that_were_spent(window: int, nonces: list[int]) -> None:
    key = ApiKey(1, 1, "", "", "", frozenset(), window, None, None, 0, 0, 0, (), 0)
    spent: list[int] = []
    for nonce in nonces:
        highest = max(spent, default=-1)
        is_new = nonce > highest or (nonce > highest - window and nonce not in spent)
        assert key.take_nonce(nonce, 1) is is_new
        spent += [nonce] * is_new


def test_only_so_many_late_nonces_are_remembered_and_older_ones_count_as_spent() -> None:
    key = ApiKey(1, 1, "", "", "", frozenset(), 10**9, None, None, 0, 0, 0, (), 0)
    for nonce in range(10, 10 + 2 * MAX_RECENT_NONCES, 2):
        assert key.take_nonce(nonce, 1)
    assert key.take_nonce(11, 1), "above the oldest remembered one"
    assert not key.take_nonce(9, 1)
    assert not key.take_nonce(10, 1)
    assert len(key.recent_nonces) == MAX_RECENT_NONCES


def test_a_token_opens_a_feed_until_it_expires(floor: Floor) -> None:
    (event,) = floor.apply(IssueToken(1, 1, 900 * SECOND_NS))
    assert isinstance(event, TokenIssued)
    assert event.expires_ns == floor.now_ns + 900 * SECOND_NS


def test_expired_tokens_are_forgotten(floor: Floor) -> None:
    floor.apply(IssueToken(1, 1, 900 * SECOND_NS))
    floor.wait(899)
    floor.apply(IssueToken(1, 1, 900 * SECOND_NS))
    assert list(floor.machine.state.tokens) == [1, 2]
    floor.wait(1)
    floor.apply(IssueToken(1, 1, 900 * SECOND_NS))
    assert list(floor.machine.state.tokens) == [2, 3]
