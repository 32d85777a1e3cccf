"""Used names: as a dict of them would say, in a fraction of its room."""

from collections import defaultdict
from sys import getsizeof

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core import names
from seatrial.core.names import UsedNames
from seatrial.core.orders import NAME_KEPT_NS

ACCOUNTS = st.sampled_from((1, 2, 12))
NAMES = st.one_of(st.sampled_from(("", "1", "2:", ":2", "a", "aa", "\xff", "\udcff")), st.text(max_size=3))
GAPS = st.one_of(st.integers(0, 3), st.sampled_from((NAME_KEPT_NS - 1, NAME_KEPT_NS, NAME_KEPT_NS // 3)))


@pytest.mark.parametrize("shelves", [1, 4_096])
@given(steps=st.lists(st.tuples(GAPS, ACCOUNTS, NAMES), max_size=30), asked=st.lists(NAMES, max_size=5))
def test_a_name_is_used_for_a_day_after_its_last_order_ended(
    shelves: int, steps: list[tuple[int, int, str]], asked: list[str]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(names, "_SHELVES", shelves)
        used, ended, at_ns = UsedNames(), dict[tuple[int, str], int](), 0
        for gap_ns, account_id, name in steps:
            at_ns += gap_ns
            used.keep(account_id, name, at_ns)
            ended[account_id, name] = at_ns
            for other in (*asked, *(name for _, _, name in steps)):
                ended_ns = ended.get((account_id, other))
                is_used = ended_ns is not None and at_ns - ended_ns < NAME_KEPT_NS
                assert used.has(account_id, other, at_ns) is is_used
        expected: dict[int, dict[str, int]] = defaultdict(dict)
        for (account_id, name), ended_ns in ended.items():
            if at_ns - ended_ns < NAME_KEPT_NS:
                expected[account_id][name] = ended_ns
        assert used.of_accounts(at_ns) == expected


def test_many_names_take_little_room() -> None:
    """And those that are free again take none, however long this goes on."""
    used, a_day = UsedNames(), 50_000
    for number in range(2 * a_day):
        used.keep(1, f"{number:036d}", number * (NAME_KEPT_NS // a_day))
    size = sum(getsizeof(part) for shelf in used._shelves.values() for part in (shelf, shelf._names, shelf._ended_ns))
    assert size < a_day * 100
