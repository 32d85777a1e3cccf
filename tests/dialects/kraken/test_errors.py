"""Kraken's words for every refusal."""

import re

import pytest

from seatrial.core.rejects import Reject
from seatrial.dialects.kraken.errors import OLDER_SPELLING, SPELLING


def test_every_refusal_of_the_core_has_kraken_words_and_no_other_does() -> None:
    assert set(SPELLING) == set(Reject)


@pytest.mark.parametrize("reject", Reject)
def test_the_words_have_krakens_form(reject: Reject) -> None:
    """Severity, category, text; in the documented categories."""
    assert re.fullmatch(r"E(General|API|Query|Order|Trade|Funding|Service):[A-Z][\w ]*(:[\w ]+)?", SPELLING[reject])


def test_the_older_words_are_others() -> None:
    assert all(SPELLING[reject] != older for reject, (_, older) in OLDER_SPELLING.items())
    assert OLDER_SPELLING[Reject.ORDER_UNKNOWN][1] == "EOrder:Unknown order"
