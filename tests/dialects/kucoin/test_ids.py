"""KuCoin's ids are spelled from numbers and read back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.dialects.kucoin.ids import LIMIT, Ids

NUMBERS = st.integers(0, LIMIT - 1)
KINDS = ("order", "deposit", "withdrawal")
IDS = Ids(1)


@pytest.mark.parametrize("kind", KINDS)
@given(number=NUMBERS)
def test_an_id_is_24_hexadecimal_digits_that_can_be_read_back(kind: str, number: int) -> None:
    text = getattr(IDS, kind)(number)
    assert re.fullmatch("[0-9a-f]{24}", text)
    assert getattr(IDS, f"{kind}_number")(text) == number


@given(number=NUMBERS, at_ns=st.integers(0, 2**62))
def test_a_ledger_row_can_be_read_back(number: int, at_ns: int) -> None:
    assert IDS.ledger_number(IDS.ledger(number, at_ns)) == number


@pytest.mark.parametrize(("lead", "at_ms"), [("611a1e7c", 1629101692950), ("611a18bc", 1629100220843)])
def test_a_ledger_row_begins_with_its_second_as_in_the_seed(lead: str, at_ms: int) -> None:
    assert IDS.ledger(1, at_ms * 10**6).startswith(lead)


def test_neighbours_look_unrelated_and_kinds_and_worlds_differ() -> None:
    ids = [IDS.order(1), IDS.order(2), IDS.withdrawal(1), IDS.deposit(1), Ids(2).order(1)]
    assert len({text[:6] for text in ids}) == len(ids)


@pytest.mark.parametrize("text", ["", "x", "0" * 23, "0" * 25, "g" * 24, IDS.order(1).upper(), " " + IDS.order(1)[1:]])
def test_what_has_another_form_is_no_id(text: str) -> None:
    assert IDS.order_number(text) is None
    assert IDS.ledger_number(text) is None


def test_a_guessed_id_finds_nothing() -> None:
    guesses = [f"{guess:024x}" for guess in range(10**9, 10**9 + 1000)]
    assert [guess for guess in guesses if IDS.order_number(guess) is not None] == []


def test_an_order_of_the_house_has_an_id_that_is_nobody_elses() -> None:
    assert IDS.counter_order(7) == IDS.order(7)
    assert IDS.order_number(IDS.counter_order(-7)) == LIMIT - 7


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
