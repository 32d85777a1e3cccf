"""What a venue is to everybody outside of its folder: its names, its paths, its dialect, its demo account.

A venue's folder says it in `venue.py`, as `VENUE`, and `registry` lists those modules. Nobody else names a venue. The
command line reads this whenever it starts, so nothing slow is imported here: see the functions of `venue.py`.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from seatrial.catalogue import Catalogue
    from seatrial.core.provenance import Rule
    from seatrial.dialects.dated import Since
    from seatrial.dialects.signing import Calculator
    from seatrial.dialects.wire import Dialect


class Demo(NamedTuple):
    """The account that a world has at a venue from its beginning."""

    account: str
    balances: Mapping[str, str]
    """As the control API takes them; without those whose assets the world's catalogue does not have."""


class Venue(NamedTuple):
    """One venue."""

    name: str
    """In the control API, on the command line and in stores: lower case, and for good."""
    title: str
    """In sentences."""
    prefix: str
    """What all its paths begin with. Where the paths of two venues begin alike, the longer beginning decides."""
    make: "Callable[[int, Catalogue, frozenset[str]], Dialect]"
    """Its dialect over a world, from the world's seed, the catalogue and the quirks that are wanted.

    Raises `CatalogueError`."""
    demo: Demo
    rules: "Callable[[], tuple[Rule, ...]]"
    """Where each behaviour comes from, for docs/fidelity.md."""
    changes: "Callable[[], tuple[Since, ...]] | None" = None
    """What it began to do otherwise, and when, for the same page; None: nothing is dated."""
    longer_prefixes: tuple[str, ...] = ()
    """What some of its paths begin with, where another venue may have a prefix that begins with `prefix`."""
    hosts: tuple[str, ...] = ()
    """The real venue's names: a call to one of them is its call, whatever the path."""
    private: str = ""
    """What the paths of its private calls begin with, where that says more than `prefix`."""
    sample_path: str = ""
    """Of a private call."""
    names_methods: bool = False
    """Whether a private call may be named by its method, without a path."""
    tiers: str = ""
    """Those of its users, in words."""
    sample: str = ""
    """Lines that show a person how to call it, with {url}, {key}, {secret} and {passphrase}."""
    calculator: "Callable[[], Calculator] | None" = None
    """Works signatures out step by step; None: nobody does."""

    @property
    def prefixes(self) -> tuple[str, ...]:
        """All of them."""
        return (self.prefix, *self.longer_prefixes)
