"""What an account is told: rows, each in a frame of its own, made once for all who want the same of it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from seatrial.core.facts import AnyFact

if TYPE_CHECKING:
    from seatrial.dialects.kraken.ws.session import Subscription


class Row(Struct, frozen=True):
    """One row."""

    kind: str
    text: str
    counted: str = ""
    """What follows it for who wants to know the counter of its market, too."""


class AccountTopic(Protocol):
    """What is told of one account over one channel."""

    @property
    def channel(self) -> str:
        """Its name."""
        ...

    key: tuple[Any, ...]
    followers: "dict[Subscription, None]"
    place: int
    """The fact that its snapshot is of, until those behind it are stored."""
    account_id: int
    user: str
    """What follows a row for who follows all users."""

    def take(self, fact: AnyFact) -> None:
        """One more thing happened to the account."""
        ...

    def cut(self) -> list[Row]:
        """The rows since the last command."""
        ...


def tell(topic: AccountTopic, short: frozenset[str]) -> None:
    """What the last command did, to all who follow; rows of `short` kinds only to who does not want every step."""
    for row in topic.cut():
        written: dict[str, bytes] = {}
        for subscription in list(topic.followers):
            options = subscription.options
            if options.get("order_status", True) or row.kind in short:
                more = (row.counted if options.get("ratecounter") else "") + (topic.user if options["users"] else "")
                frame = written.get(more)
                if frame is None:
                    frame = written[more] = rows_frame(topic.channel, "update", (row.text[:-1] + more + "}",))
                subscription.deliver(frame)


def rows_frame(channel: str, kind: str, rows: Iterable[str]) -> bytes:
    """A frame of rows, but for its end: see `PrivateSubscription`."""
    return f'{{"channel":"{channel}","type":"{kind}","data":[{",".join(rows)}]'.encode()
