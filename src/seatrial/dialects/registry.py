"""Which venues there are. A further one is its folder and a line here."""

from collections.abc import Iterable
from functools import lru_cache
from importlib import import_module
from typing import Final

from seatrial.dialects.venue import Venue

MODULES: Final = [
    "seatrial.dialects.kraken.venue",
    "seatrial.dialects.kucoin.venue",
]
"""Where each has its `VENUE`. The first is the one that is meant where nobody says which."""


def venues() -> tuple[Venue, ...]:
    """All of them, in the order of their lines."""
    return _venues(tuple(MODULES))


def default_venue() -> Venue:
    """The one that is meant where nobody says which."""
    return venues()[0]


def prefixes() -> tuple[tuple[str, Venue], ...]:
    """What paths begin with, and whose those are: the first that fits is the one that says most.

    A venue's longer prefixes are left out where no other one's come between.
    """
    found: list[tuple[str, Venue]] = []
    pairs = [(prefix, venue) for venue in venues() for prefix in venue.prefixes]
    for prefix, venue in sorted(pairs, key=lambda pair: len(pair[0])):
        if _fitting(found, prefix) is not venue:
            found.insert(0, (prefix, venue))
    return tuple(found)


def venue_of_path(path: str) -> Venue | None:
    """Whose path it is."""
    return _fitting(prefixes(), path)


def where_paths_begin(*, private: bool = False) -> str:
    """What the paths of all calls, or of the private ones, begin with: a part of a sentence."""
    begins = [(venue.title, (private and venue.private) or venue.prefix) for venue in venues()]
    (title, prefix), *others = begins
    return ", ".join((f"{title}'s begin with {prefix}", *(f"{title}'s with {prefix}" for title, prefix in others)))


def _fitting(found: Iterable[tuple[str, Venue]], path: str) -> Venue | None:
    return next((venue for prefix, venue in found if path.startswith(prefix)), None)


@lru_cache
def _venues(modules: tuple[str, ...]) -> tuple[Venue, ...]:
    found: tuple[Venue, ...] = tuple(import_module(module).VENUE for module in modules)
    for words in (
        [venue.name for venue in found],
        [venue.demo.account for venue in found],
        [prefix for venue in found for prefix in venue.prefixes],
        [host for venue in found for host in venue.hosts],
    ):
        assert len(set(words)) == len(words), f"two venues say the same of {words}"
    return found
