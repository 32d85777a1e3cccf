"""The HMAC of signatures is everybody's HMAC."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.dialects.keyed import keyed


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("length", [0, 1, 63, 64, 65, 127, 128, 129, 300])
@given(data=st.data(), messages=st.lists(st.binary(), min_size=1, max_size=3))
def test_it_is_the_hmac_of_the_standard_library(
    algorithm: str, length: int, data: st.DataObject, messages: list[bytes]
) -> None:
    key = data.draw(st.binary(min_size=length, max_size=length))
    digest = keyed(key, algorithm)
    for message in messages:
        assert digest(message) == hmac.digest(key, message, algorithm)
