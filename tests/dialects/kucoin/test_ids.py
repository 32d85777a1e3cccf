"""KuCoin's ids are spelled from numbers and read back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.dialects.kucoin.ids import LIMIT, Ids

NUMBERS = st.integers(0, LIMIT - 1)
KINDS = ("order", "deposit", "withdrawal", "user", "move")
IDS = Ids(1)
NOW_S = 0x6AE87C95
OLD = Ids(1)
OLD.plain_until_s = NOW_S
PLAIN = [
    "3e49870482224eee3d5da583", "c69e59878332dec6c0e3e136", "5a0f18ed50fd89d91c29a15a", "7d0811d847af86e07822aa9b",
    "e32bf95e897ef36de9c6e577",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@given(number=NUMBERS, second=st.integers(1, 2**32 - 1))
def test_an_id_is_24_hexadecimal_digits_that_begin_with_a_second_and_can_be_read_back(
    kind: str, number: int, second: int
) -> None:
    text = getattr(IDS, kind)(number, second)
    assert re.fullmatch("[0-9a-f]{24}", text)
    assert int(text[:8], 16) == second
    assert getattr(IDS, kind).number(text) == number


@pytest.mark.parametrize("kind", KINDS)
@given(number=NUMBERS)
def test_what_was_there_in_an_older_release_keeps_its_id(kind: str, number: int) -> None:
    text = getattr(OLD, kind)(number, NOW_S)
    assert text == getattr(OLD, kind)(number, 0), "it says nothing of the time"
    assert getattr(IDS, kind).number(text) == getattr(OLD, kind).number(text) == number
    assert getattr(OLD, kind)(number, NOW_S + 1) == getattr(IDS, kind)(number, NOW_S + 1)


def test_ids_of_the_last_release_are_as_they_were() -> None:
    plain = [OLD.order(1, 1), OLD.deposit(1, 1), OLD.withdrawal(1, 1), OLD.move(1, 1), OLD.user(1, 1)]
    assert plain == PLAIN


@given(number=st.integers(0, 10**9), second=st.integers(1, 2**32 - 1), off=st.integers(1, 10**6))
def test_an_id_with_another_second_is_that_of_nothing(number: int, second: int, off: int) -> None:
    text = f"{second - off & 0xFFFFFFFF:08x}{IDS.order(number, second)[8:]}"
    found = IDS.order.number(text)
    assert found is None or found > 10**9


@given(number=NUMBERS, at_ns=st.integers(0, 2**62))
def test_a_ledger_row_can_be_read_back(number: int, at_ns: int) -> None:
    assert IDS.ledger_number(IDS.ledger(number, at_ns)) == number


@pytest.mark.parametrize(("lead", "at_ms"), [("611a1e7c", 1629101692950), ("611a18bc", 1629100220843)])
def test_a_ledger_row_begins_with_its_second_as_in_the_seed(lead: str, at_ms: int) -> None:
    assert IDS.ledger(1, at_ms * 10**6).startswith(lead)


def test_neighbours_look_unrelated_and_kinds_and_worlds_differ() -> None:
    ids = [
        IDS.order(1, NOW_S),
        IDS.order(2, NOW_S),
        IDS.withdrawal(1, NOW_S),
        IDS.user(1, NOW_S),
        Ids(2).order(1, NOW_S),
    ]
    assert len({text[8:14] for text in ids}) == len(ids)


@pytest.mark.parametrize("text", ["", "x", "0" * 23, "0" * 25, "g" * 24, "6AE8" + "a" * 20, " " + "0" * 23])
def test_what_has_another_form_is_no_id(text: str) -> None:
    assert IDS.order.number(text) is None
    assert IDS.ledger_number(text) is None


def test_a_guessed_id_finds_nothing() -> None:
    guesses = [f"{guess:024x}" for guess in range(10**9, 10**9 + 1000)]
    assert [guess for guess in guesses if (IDS.order.number(guess) or LIMIT) < 10**9] == []


def test_an_order_of_the_house_has_an_id_that_is_nobody_elses() -> None:
    assert IDS.counter_order(7, NOW_S) == IDS.order(7, NOW_S)
    assert IDS.order.number(IDS.counter_order(-7, NOW_S)) == LIMIT - 7


def test_ids_to_page_by_ascend_and_fit_64_bits() -> None:
    for counted in (IDS.ledger_row, IDS.order_row, IDS.fill_row, IDS.trade):
        assert counted(2) == counted(1) + 1
        assert counted.number(counted(77)) == 77
        assert 0 < counted(LIMIT) < 2**63


def test_a_key_has_the_form_of_kucoins() -> None:
    public, secret = IDS.credentials(1)
    assert re.fullmatch("[0-9a-f]{24}", public)
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", secret)
    assert re.fullmatch("[a-z2-9]{12}", IDS.passphrase(1))
    assert IDS.credentials(1) == Ids(1).credentials(1) != IDS.credentials(2)
    assert IDS.passphrase(1) == Ids(1).passphrase(1) != IDS.passphrase(2)


def test_purses_and_users_have_ids_of_their_own() -> None:
    purses = {IDS.purse(1, "main", "BTC"), IDS.purse(1, "trade", "BTC"), IDS.purse(2, "main", "BTC")}
    assert len(purses) == 3
    assert all(re.fullmatch("[0-9a-f]{24}", purse) for purse in purses)
    assert IDS.uid(1) != IDS.uid(2)
