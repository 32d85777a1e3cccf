"""KuCoin's codes."""

import pytest

from seatrial.core.rejects import Reject
from seatrial.dialects.kucoin import errors
from seatrial.dialects.kucoin.errors import HF_SPELLING, SPELLING, STATUSES, Error


def test_every_refusal_has_a_spelling() -> None:
    assert set(SPELLING) == set(HF_SPELLING) == set(Reject)


@pytest.mark.parametrize("reject", list(Reject))
def test_no_refusal_looks_like_a_success(reject: Reject) -> None:
    for words in (SPELLING[reject], HF_SPELLING[reject]):
        assert words.code.isdigit()
        assert words.code != "200000"
        assert words.message


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("400001", 400), ("400002", 400), ("400003", 401), ("400004", 401), ("400005", 401), ("400006", 403),
        ("400007", 403), ("400100", 200), ("200004", 200), ("900001", 200), ("404000", 404), ("415000", 415),
        ("429000", 429), ("500000", 503),
    ],
)  # fmt: skip
def test_a_code_has_its_http_status(code: str, status: int) -> None:
    assert Error(code, "").status == status
    assert STATUSES.get(code, 200) == status


def test_messages_name_the_parameter() -> None:
    assert errors.out_of_range("price").message == "price not in the given range!"
    assert errors.missing("size").message == "size can not be empty"
    assert errors.malformed("startAt").message == "Invalid Parameter. startAt"
    assert errors.foreign_address("192.0.2.1") == ("400006", "Invalid request ip, the current clientIp is: 192.0.2.1")
