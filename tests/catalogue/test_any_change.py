"""Whatever is done to a file of a catalogue: a world opens with it and trades, or one line says what is wrong where."""

import asyncio
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.catalogue import OURS
from seatrial.pricing.crowd import Mode
from seatrial.server.worlds import Settings, WorldError, open_world
from tests.support.own_catalogue import own_tree

FILES = {path.relative_to(OURS.folder).as_posix(): path.read_text("utf-8") for path in OURS.folder.rglob("*.csv")}
WORDS = (
    "", "0", "1", "-1", "10", "11", "0.5", "1e5", "99999999999", "9223372036854775807", "0.0000000001", "x", " ", '"',
    "a\nb", "\x00", "é", "*", "yes", "USD", "BTC", "usd", "BTC.M", "BTC/USD", "BTC/BTC", "USD/BTC", "2026-01-01",
)  # fmt: skip
ACTS = 100
"""Of the crowd: all its quotes, and some trades."""


@st.composite
def changes(draw: st.DrawFn) -> tuple[str, str]:
    """A file with one cell, or one line, that is another."""
    name = draw(st.sampled_from(sorted(FILES)))
    lines = [line.split(",") for line in FILES[name].splitlines()]
    number = draw(st.integers(0, len(lines) - 1))
    line = lines[number]
    column = draw(st.integers(0, len(line) - 1))
    elsewhere = draw(st.sampled_from(lines))[column]
    word = draw(st.sampled_from((*WORDS, elsewhere)))
    quoted = f'"{word}"' if "\n" in word else word
    changed = draw(st.sampled_from(("cell", "cell", "cell", "gone", "twice", "shorter", "longer")))
    others = {
        "cell": [[*line[:column], quoted, *line[column + 1 :]]],
        "gone": [],
        "twice": [line, line],
        "shorter": [line[:column]],
        "longer": [[*line, quoted]],
    }
    return name, "".join(f"{','.join(cells)}\n" for cells in [*lines[:number], *others[changed], *lines[number + 1 :]])


@settings(max_examples=60, deadline=None)
@given(changes())
def test_a_changed_file_is_good_or_refused_in_one_line(change: tuple[str, str]) -> None:
    name, text = change
    with TemporaryDirectory() as folder:
        tree = own_tree(Path(folder) / "own")
        (tree / name).write_text(text, encoding="utf-8")
        said = refusal(tree)
        assert said is None or re.fullmatch(rf"{re.escape(str(tree))}/[-a-z/]+\.csv line [1-9][0-9]*: .+", said), said


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    tree = own_tree(tmp_path / "own")
    (tree / name).unlink()
    with pytest.raises(WorldError) as error:
        trade(tree)
    assert str(error.value) == f"{tree}/{name} is missing: `seatrial catalogue copy` writes one to begin with"


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_missing_column_is_named(name: str, tmp_path: Path) -> None:
    tree = own_tree(tmp_path / "own")
    lines = FILES[name].splitlines()
    column = lines[0].split(",")[0]
    (tree / name).write_text("".join(f"{line.partition(',')[2]}\n" for line in lines), encoding="utf-8")
    with pytest.raises(WorldError) as error:
        trade(tree)
    assert str(error.value).startswith(f"{tree}/{name} line 1: the columns must be {column}")


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_line_that_is_there_twice_is_named(name: str, tmp_path: Path) -> None:
    tree = own_tree(tmp_path / "own")
    head, first, *rest = FILES[name].splitlines()
    (tree / name).write_text("\n".join([head, first, first, *rest]), encoding="utf-8")
    with pytest.raises(WorldError) as error:
        trade(tree)
    assert str(error.value).startswith(f"{tree}/{name} line 3: ")


def refusal(tree: Path) -> str | None:
    """What is said instead of trading, if it is not done."""
    try:
        trade(tree)
    except WorldError as error:
        return str(error)
    return None


def trade(tree: Path) -> None:
    """Open a world and let its crowd act."""
    world = open_world(Settings(None, catalogue=tree, crowd=Mode.CALM))
    for _ in range(ACTS):
        world.driver.act(world.machine, max(world.driver.due_ns, world.machine.state.now_ns))
    asyncio.run(world.stop())
