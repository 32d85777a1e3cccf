"""How we know: where each behaviour that a user can meet comes from."""

from enum import StrEnum

from msgspec import Struct


class Source(StrEnum):
    """The three ways in which a behaviour came to be as it is."""

    DOCUMENTED = "documented"
    """The venue's own pages say so."""
    OBSERVED = "observed"
    """The real venue was seen to answer so, or real clients only work if it does."""
    DECIDED = "decided"
    """Nobody outside the venue knows, or the sources disagree: we chose, in one place."""


class Rule(Struct, frozen=True):
    """One behaviour and its origin. A venue's rules stand in its dialect's `fidelity.py`."""

    key: str
    """`topic.behaviour`; the topic is the heading it is published under."""
    source: Source
    where: str
    """The page, client or recording that shows it; for a decision, why it was taken."""
    says: str
    """The behaviour, in one sentence that a user of the venue understands."""

    @property
    def topic(self) -> str:
        """What comes before the dot."""
        return self.key.partition(".")[0]
