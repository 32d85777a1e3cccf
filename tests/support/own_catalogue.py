"""Catalogues of a user's own: our tree, copied and changed."""

from pathlib import Path

from seatrial.catalogue import copy_ours


def own_tree(folder: Path, **files: str) -> Path:
    """A copy of our tree in which the named files hold these texts: `fees__by_level` is `fees/by-level.csv`."""
    copy_ours(folder)
    for name, text in files.items():
        file_of(folder, name).write_text(text, encoding="utf-8")
    return folder


def add_lines(folder: Path, **files: str) -> Path:
    """More lines for some files of a tree."""
    for name, text in files.items():
        with file_of(folder, name).open("a", encoding="utf-8") as file:
            file.write(text)
    return folder


def file_of(folder: Path, name: str) -> Path:
    """`fees__by_level` is `fees/by-level.csv`."""
    return folder / f"{name.replace('__', '/').replace('_', '-')}.csv"
