"""Ids have Kraken's shapes, look random, and lead back to their numbers."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.dialects.kraken.ids import LIMIT, Decode, Encode, Ids

numbers = st.integers(0, LIMIT - 1)
seeds = st.integers(-(2**63), 2**63)
KINDS = ("order", "trade", "ledger", "deposit", "withdrawal", "transfer")
SHAPES = {
    "order": r"O[A-Z2-7]{5}-[A-Z2-7]{5}-[A-Z2-7]{6}",
    "trade": r"T[A-Z2-7]{5}-[A-Z2-7]{5}-[A-Z2-7]{6}",
    "ledger": r"L[A-Z2-7]{5}-[A-Z2-7]{5}-[A-Z2-7]{6}",
    "deposit": r"Q[A-Z2-7]{6}-[A-Z2-7]{6}-[A-Z2-7]{6}",
    "withdrawal": r"A[A-Z2-7]{6}-[A-Z2-7]{6}-[A-Z2-7]{6}",
    "transfer": r"B[A-Z2-7]{6}-[A-Z2-7]{6}-[A-Z2-7]{6}",
}
IDS = Ids(7)


def codec(ids: Ids, kind: str) -> tuple[Encode, Decode]:
    """How a kind of id is spelled and read."""
    return getattr(ids, kind), getattr(ids, f"{kind}_number")


@pytest.mark.parametrize("kind", KINDS)
@given(seed=seeds, number=numbers)
def test_an_id_leads_back_to_its_number(kind: str, seed: int, number: int) -> None:
    encode, decode = codec(Ids(seed), kind)
    assert decode(encode(number)) == number


@pytest.mark.parametrize("kind", KINDS)
@given(number=numbers)
def test_an_id_has_the_shape_of_its_kind(kind: str, number: int) -> None:
    encode, _ = codec(IDS, kind)
    assert re.fullmatch(SHAPES[kind], encode(number))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", [0, 1, 2**31, LIMIT - 1])
def test_the_ends_of_the_range_have_ids(kind: str, number: int) -> None:
    encode, decode = codec(IDS, kind)
    assert decode(encode(number)) == number


@pytest.mark.parametrize("number", [-1, LIMIT])
def test_a_number_out_of_range_is_a_bug(number: int) -> None:
    with pytest.raises(AssertionError):
        IDS.order(number)


@pytest.mark.parametrize("kind", KINDS)
@given(first=numbers, second=numbers)
def test_two_numbers_never_share_an_id(kind: str, first: int, second: int) -> None:
    encode, _ = codec(IDS, kind)
    assert (encode(first) == encode(second)) == (first == second)


@given(number=numbers)
def test_no_kind_reads_the_id_of_another(number: int) -> None:
    for kind in KINDS:
        encode, _ = codec(IDS, kind)
        readers = [other for other in KINDS if codec(IDS, other)[1](encode(number)) is not None]
        assert readers == [kind]


def test_kinds_of_one_shape_are_spelled_differently() -> None:
    assert len({codec(IDS, kind)[0](1)[1:] for kind in KINDS}) == len(KINDS)


def test_worlds_of_different_seeds_have_different_ids() -> None:
    assert Ids(1).order(1) != Ids(2).order(1)
    assert Ids(1).credentials(1) != Ids(2).credentials(1)
    assert Ids(1).ws_token(1) != Ids(2).ws_token(1)


def test_the_same_seed_gives_the_same_ids_for_ever() -> None:
    assert Ids(7).order(1) == "OOP4WU-XWFOW-FBQYCE"
    assert Ids(7).deposit(1) == "Q72Y7RX-T2ZYJG-44LLMG"


@pytest.mark.parametrize("kind", KINDS)
def test_ids_of_neighbours_look_unrelated(kind: str) -> None:
    """At every place, every one of the 32 characters turns up about equally often."""
    encode, _ = codec(IDS, kind)
    columns = list(zip(*(encode(number) for number in range(3200)), strict=True))
    for column in columns[1:]:
        if column[0] != "-":
            counts = [column.count(character) for character in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"]
            assert min(counts) > 50
            assert max(counts) < 150


@pytest.mark.parametrize("seed_id", ["OQJSXE-F5FOM-IXHVL4", "O7YEFN-3V4RK-FBNSNM", "OZZZZZ-ZZZZZ-ZZZZZZ"])
def test_an_id_of_another_exchange_is_unknown_here(seed_id: str) -> None:
    assert IDS.order_number(seed_id) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "O",
        IDS.order(5).lower(),
        IDS.order(5)[:-1],
        IDS.order(5) + "A",
        " " + IDS.order(5)[:-1],
        IDS.order(5).replace("-", "_"),
        IDS.order(5).replace("-", ""),
        IDS.order(5)[:8] + "1" + IDS.order(5)[9:],
        "O" * 19,
        "O" + "-" * 18,
        "OABCD-EFGHIJ-KLMNOP",
        "\uff2fABCDE-FGHIJ-KLMNOP",
        "OABCDÉ-FGHIJ-KLMNOP",
        "OABCDE-FGHIJ-KLMNO\n",
        "27649653",
    ],
)
def test_a_text_of_another_form_is_no_order_id(text: str) -> None:
    assert IDS.order_number(text) is None


@pytest.mark.parametrize(
    "text",
    [IDS.deposit(5).lower(), IDS.deposit(5)[:-1], IDS.deposit(5).replace("-", "A"), "Q" * 21, "Q" + "-" * 20, ""],
)
def test_a_text_of_another_form_is_no_deposit_id(text: str) -> None:
    assert IDS.deposit_number(text) is None


@given(st.text(max_size=25))
def test_no_text_breaks_the_reading(text: str) -> None:
    assert all(codec(IDS, kind)[1](text) is None for kind in KINDS)


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=16, max_size=16))
def test_whatever_reads_as_an_order_id_is_one(letters: str) -> None:
    text = f"O{letters[:5]}-{letters[5:10]}-{letters[10:]}"
    number = IDS.order_number(text)
    assert number is None or IDS.order(number) == text


def test_credentials_have_the_lengths_of_real_ones() -> None:
    key, secret = IDS.credentials(1)
    assert re.fullmatch(r"[A-Za-z0-9+/]{56}", key)
    assert len(base64.b64decode(secret, validate=True)) == 64
    assert IDS.credentials(1) == (key, secret)
    assert not {key, secret} & set(IDS.credentials(2))


def test_a_websocket_token_is_43_characters_that_need_no_escaping() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", IDS.ws_token(1))
    assert IDS.ws_token(1) != IDS.ws_token(2)
