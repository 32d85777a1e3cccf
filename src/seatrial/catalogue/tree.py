"""The tree of plain files that a catalogue is read from: one folder, whose files are named by their paths in it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

from seatrial.catalogue.table import CatalogueError, Row, read_table


class Tree(Struct, frozen=True):
    """One folder of files. Everything that a world begins with is read from the same one."""

    folder: Path
    prefix: str = ""
    """Where the tree is, as errors say it before a file's name."""

    def table(self, name: str, columns: tuple[str, ...], optional: tuple[str, ...] = ()) -> Iterator[Row]:
        """The rows of `fees/by-volume.csv`. Raises `CatalogueError`, one line with file, line and reason."""
        path = self.folder / name
        if not path.exists():
            raise CatalogueError(f"{self.prefix}{name} is missing: `seatrial catalogue copy` writes one to begin with")
        return read_table(path, f"{self.prefix}{name}", columns, optional)

    def venue_table(
        self, venue: str, name: str, columns: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> Iterator[Row]:
        """The rows of a file of one venue. The dialect knows what they mean."""
        return self.table(f"venues/{venue}/{name}", columns, optional)


OURS: Final = Tree(Path(__file__).parent / "files")
"""The one that comes with the package."""


def tree_at(folder: Path) -> Tree:
    """The tree of a user's own. Raises `CatalogueError` where there is no folder."""
    if not folder.is_dir():
        raise CatalogueError(f"{folder} is not a folder: `seatrial catalogue copy {folder}` writes one to begin with")
    return Tree(folder, f"{folder}/")


def copy_ours(folder: Path) -> tuple[str, ...]:
    """Write our tree into a new or empty folder, and say which files it has. Raises `CatalogueError`."""
    names = tuple(sorted(path.relative_to(OURS.folder).as_posix() for path in OURS.folder.rglob("*") if path.is_file()))
    try:
        if folder.exists() and any(folder.iterdir()):
            raise CatalogueError(f"{folder} is not empty: name a folder that is not there yet")
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((OURS.folder / name).read_bytes())
    except OSError as error:
        raise CatalogueError(f"cannot write {folder}: {error.strerror or error}") from error
    return names
