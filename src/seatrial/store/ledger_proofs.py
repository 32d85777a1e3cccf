"""Laws of the ledgers, which one pass over all postings looks at together, each account's in its own order.

Each of them in SQL would sort the postings anew, which are most of what a world has.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection, text

from seatrial.store.schema import MARK_EVERY

CHAINED: Final = "every posting's balance is the one before it plus what it says"
DENSE: Final = "an account's postings are numbered without a gap"
IN_TIME: Final = "an account's postings follow time, and so do their ids"
HAS_STREAM: Final = "every posting has its stream"
RANKED: Final = "a ledger's marks rank every stream that grew by how many postings it has up to there"
PURSE_IS_SUM: Final = "a purse is the sum of its postings"
HAS_PURSE: Final = "every posting has its purse"

LEDGER_LAWS: Final = (CHAINED, DENSE, IN_TIME, HAS_STREAM, RANKED, PURSE_IS_SUM, HAS_PURSE)

AT_ONCE: Final = 10_000

_POSTINGS: Final = """
    SELECT account_id, seq, posting_id, at_ns, wallet, asset, kind, amount, fee, balance FROM postings
    ORDER BY account_id, seq
"""
_PURSES: Final = "SELECT account_id, wallet, asset, free, held, outgoing, booked FROM purses ORDER BY account_id"
_STREAMS: Final = """
    SELECT account_id, stream_id, wallet, asset, kind, incoming FROM posting_streams ORDER BY account_id
"""
_RANKS: Final = "SELECT account_id, seq, stream_id, nth FROM posting_ranks ORDER BY account_id, seq"

Found = tuple[Any, ...]
"""A row as the driver has it."""
Breach = tuple[str, dict[str, Any]]
"""The law, and what the rows say that break it."""
_Purse = tuple[str, str]
_Stream = tuple[Any, ...]
"""Wallet, asset, kind, and whether it comes in."""
_UNKNOWN: Final[_Stream] = (None, None, None, None)


def breaches_of_ledgers(connection: Connection) -> Iterator[Breach]:
    """Look at all of these laws."""
    sources = [rows_of(connection, query) for query in (_POSTINGS, _PURSES, _STREAMS, _RANKS)]
    for account_id, (postings, purses, streams, ranks) in _by_account(sources):
        ledger = _Ledger(account_id, streams, ranks)
        while part := list(islice(postings, AT_ONCE)):
            yield from ledger.follow(part)
        yield from ledger.end(purses)


def rows_of(connection: Connection, query: str) -> Iterator[Found]:
    """The rows of a query as the driver has them, fetched many at a time. Whoever stops lets go of them all.

    That takes half the time of SQLAlchemy's own rows. The first one it has fetched already where it streams.
    """
    with connection.execution_options(yield_per=AT_ONCE).execute(text(query)) as found:
        first = found.fetchone()
        if first is None:
            return
        yield tuple(first)
        cursor: Any = found.cursor
        while part := cursor.fetchmany(AT_ONCE):
            yield from part


def _by_account(sources: Sequence[Iterator[Found]]) -> Iterator[tuple[int, list[Iterator[Found]]]]:
    """Each account's rows of all sources, which are in the order of accounts. A source may have none for an account."""
    groups = [groupby(source, key=itemgetter(0)) for source in sources]
    heads = [next(group, None) for group in groups]
    while accounts := [head[0] for head in heads if head]:
        account_id = min(accounts)
        mine = [head is not None and head[0] == account_id for head in heads]
        yield account_id, [head[1] if head and its else iter(()) for head, its in zip(heads, mine, strict=True)]
        heads = [next(group, None) if its else head for group, head, its in zip(groups, heads, mine, strict=True)]


class _Ledger:
    """One account's postings, and what they must agree with."""

    def __init__(self, account_id: int, streams: Iterable[Found], ranks: Iterator[Found]) -> None:
        self._account_id = account_id
        self._streams: dict[int, _Stream] = {number: (*told,) for _, number, *told in streams}
        self._ranks = ranks
        self._rank = next(ranks, None)
        self._mark = MARK_EVERY
        self._grown: set[_Stream] = set()
        self._counts: dict[_Stream, int] = {}
        self._balances: dict[_Purse, int] = {}
        self._jumps: dict[_Purse, int] = {}
        """By how much balances changed without a posting."""
        self._count = self._first_seq = self._last_seq = 0
        self._last_id = self._last_ns = 0

    def follow(self, postings: Sequence[Found]) -> Iterator[Breach]:
        """The next ones."""
        self._first_seq = self._first_seq or postings[0][1]
        self._count += len(postings)
        yield from self._chain(postings)
        yield from self._tell_time(postings)
        yield from self._rank_streams(postings)
        self._last_seq = postings[-1][1]

    def end(self, purses: Iterable[Found]) -> Iterator[Breach]:
        """There are no more."""
        if self._count and not self._first_seq == 1 <= self._last_seq == self._count:
            yield DENSE, {"account_id": self._account_id, "found": self._count, "newest": self._last_seq}
        if self._last_seq == self._mark:
            yield from self._compare_ranks()
        yield from self._refuse_ranks(None)
        for stream in sorted(self._counts.keys() - set(self._streams.values())):
            yield HAS_STREAM, self._named(stream)
        yield from self._add_up(purses)

    def _chain(self, postings: Sequence[Found]) -> Iterator[Breach]:
        balances = self._balances
        for _, _, posting_id, _, wallet, asset, _, amount, fee, balance in postings:
            purse = wallet, asset
            last = balances.get(purse, 0)
            if balance != last + amount - fee:
                told = {"last": last, "amount": amount, "fee": fee, "balance": balance}
                yield CHAINED, {"posting_id": posting_id, **told}
                self._jumps[purse] = self._jumps.get(purse, 0) + balance - last - amount + fee
            balances[purse] = balance

    def _tell_time(self, postings: Sequence[Found]) -> Iterator[Breach]:
        last_id, last_ns = self._last_id, self._last_ns
        for _, _, posting_id, at_ns, _, _, _, _, _, _ in postings:
            if at_ns < last_ns or posting_id <= last_id:
                yield IN_TIME, {"account_id": self._account_id, "posting_id": posting_id, "at_ns": at_ns}
            last_id, last_ns = posting_id, at_ns
        self._last_id, self._last_ns = last_id, last_ns

    def _rank_streams(self, postings: Sequence[Found]) -> Iterator[Breach]:
        counts, grown = self._counts, self._grown
        for _, seq, _, _, wallet, asset, kind, amount, fee, _ in postings:
            if seq > self._mark:
                yield from self._compare_ranks()
                self._mark = -(-seq // MARK_EVERY) * MARK_EVERY
            stream = wallet, asset, kind, amount >= fee
            counts[stream] = counts.get(stream, 0) + 1
            grown.add(stream)

    def _compare_ranks(self) -> Iterator[Breach]:
        """At a mark, those that grew since the last one and no others are ranked."""
        yield from self._refuse_ranks(self._mark)
        told: dict[_Stream, int] = {}
        while self._rank is not None and self._rank[1] == self._mark:
            told[self._streams.get(self._rank[2], _UNKNOWN)] = self._rank[3]
            self._rank = next(self._ranks, None)
        counted = {stream: self._counts[stream] for stream in self._grown}
        self._grown.clear()
        if told != counted:
            for stream in told.keys() | counted.keys():
                ranked, found = told.get(stream, 0), counted.get(stream, 0)
                if ranked != found:
                    yield RANKED, self._named(stream) | {"seq": self._mark, "ranked": ranked, "counted": found}

    def _refuse_ranks(self, before: int | None) -> Iterator[Breach]:
        """There is no mark here."""
        while self._rank is not None and (before is None or self._rank[1] < before):
            _, seq, stream_id, nth = self._rank
            stream = self._streams.get(stream_id, _UNKNOWN)
            yield RANKED, self._named(stream) | {"seq": seq, "ranked": nth, "counted": 0}
            self._rank = next(self._ranks, None)

    def _add_up(self, purses: Iterable[Found]) -> Iterator[Breach]:
        left = {purse: balance - self._jumps.get(purse, 0) for purse, balance in self._balances.items()}
        for account_id, wallet, asset, free, held, outgoing, booked in purses:
            total = left.pop((wallet, asset), 0)
            if booked != free + held + outgoing or booked != total:
                told = {"free": free, "held": held, "outgoing": outgoing, "booked": booked, "total": total}
                yield PURSE_IS_SUM, {"account_id": account_id, "wallet": wallet, "asset": asset, **told}
        for wallet, asset in left:
            yield HAS_PURSE, {"account_id": self._account_id, "wallet": wallet, "asset": asset}

    def _named(self, stream: _Stream) -> dict[str, Any]:
        wallet, asset, kind, incoming = stream
        return {
            "account_id": self._account_id, "wallet": wallet, "asset": asset, "kind": kind, "incoming": incoming,
        }  # fmt: skip
