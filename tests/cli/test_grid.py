"""Tables at every width: nothing is broken, nothing is lost, and a pipe gets a row a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from seatrial.cli.grid import Grid, lines_of

REFID = "QGBNMZZ-ZFSQRQX-3RBUQE"
FUNDING = Grid(
    ("Refid", "Account", "Kind", "Amount", "Moves on"),
    [(REFID, "3", "deposit", "1.0000000000", "2026-11-30T14:00:53.408002158Z"), (REFID, "12", "deposit", "250.5", "")],
    "That is all.",
)


def test_a_pipe_gets_one_line_for_each_row() -> None:
    assert list(lines_of(FUNDING, None)) == [
        "Refid                   Account  Kind           Amount  Moves on",
        f"{REFID}        3  deposit  1.0000000000  2026-11-30T14:00:53.408002158Z",
        f"{REFID}       12  deposit         250.5",
        "That is all.",
    ]


def test_what_does_not_fit_beside_stands_below_with_its_name() -> None:
    assert list(lines_of(FUNDING, 60)) == [
        "Refid                   Account  Kind           Amount",
        f"{REFID}        3  deposit  1.0000000000",
        "    moves on 2026-11-30T14:00:53.408002158Z",
        f"{REFID}       12  deposit         250.5",
        "That is all.",
    ]


def test_a_long_list_is_broken_between_the_things_in_it() -> None:
    grid = Grid(("Id", "Owns"), [("1", "10.5 BTC, 20000.25 DOGE, 300.125 ETH")])
    assert list(lines_of(grid, 24)) == ["Id", " 1", "    owns 10.5 BTC,", "    20000.25 DOGE,", "    300.125 ETH"]


def test_a_name_cannot_move_the_cursor() -> None:
    grid = Grid(("Name",), [("a\n\x1b[31mb",)])
    assert list(lines_of(grid, 80)) == ["Name", "a\\n\\x1b[31mb"]


@pytest.mark.parametrize("width", [10, 40, 60, 80, 120])
@given(rows=st.lists(st.tuples(*[st.text(alphabet="abc1234-漢", max_size=30)] * 4), max_size=4))
def test_every_cell_is_whole_and_no_line_is_wider_than_it_must_be(width: int, rows: list[tuple[str, ...]]) -> None:
    grid = Grid(("Refid", "Kind", "Amount", "Fee"), rows)
    lines = list(lines_of(grid, width))
    for row in rows:
        assert all(any(cell in line for line in lines) for cell in row)
    longest = max((cell_len(cell) for row in rows for cell in row), default=0) + len("    amount ")
    assert all(cell_len(line) <= max(width, longest) for line in lines)
