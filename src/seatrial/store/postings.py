"""Pages of an account's ledger: any filter, any place, without reading what is not shown.

An account's `seq` is dense and follows time, so without a filter a count is a subtraction and an offset an addition.
A filter chooses *streams*: the account's postings that are alike in wallet, asset, kind and direction. At every
*mark*, which is a `seq` that `MARK_EVERY` divides, the length of each stream that grew since the last one is known, so
what a filter finds up to any `seq` is a sum of one index step per stream and of a few postings, and the row at any
offset is found by trying. Source: docs/decisions/0014.
"""

from collections.abc import Callable, Iterable
from functools import partial
from operator import attrgetter
from typing import Final

import msgspec
from sqlalchemy import BindParameter, Connection, bindparam, select

from seatrial.core.postings import Posting
from seatrial.core.queries import Page, PostingPage, PostingsById, Span
from seatrial.store import schema
from seatrial.store.columns import AnyRow, RawRow
from seatrial.store.quick import Found, Parameters, Question, Statement, columns, named
from seatrial.store.schema import MARK_EVERY

_postings, _streams = schema.postings.c, schema.posting_streams.c

SLACK: Final = MARK_EVERY
"""How many rows beside a page may be read and dropped. Not less: a rank rises by as much from mark to mark."""
FREE_GUESSES: Final = 3
_LAST_NS: Final = 2**63 - 1
_EVER: Final = Span()

_ACCOUNT: Final[BindParameter[int]] = bindparam("account")


def page(query: PostingPage, connection: Connection) -> Page[Posting]:
    """One page, newest first. What was posted since the look-up began is not on it."""
    low, high = _stretch(query, connection)
    if is_filtered(query):
        return _filtered_page(query, low, high, connection)
    newest = high - query.offset
    oldest = max(low, newest - query.limit)
    seqs = {"account": query.account_id, "low": oldest, "high": newest}
    found = connection.execute(_BETWEEN, seqs).all() if oldest < newest else []
    return Page(list(map(schema.POSTINGS.from_row, found)), high - low if query.counted else None)


def by_id(account_id: int, posting_ids: Iterable[int], connection: Connection) -> list[Posting]:
    """The account's postings of those ids, newest first."""
    return _read(_BY_ID.run(connection, named(account_id, posting_ids)))


def quick(query: PostingPage | PostingsById) -> Question | None:
    """That query as one statement, where it is one."""
    if isinstance(query, PostingsById):
        return Question(_BY_ID, named(query.account_id, query.posting_ids), _read)
    if is_filtered(query) or query.span != _EVER or query.before_id is not None:
        return None
    place = {"account": query.account_id, "offset": query.offset, "limit": query.limit}
    return Question(_PLAIN_PAGE, place, partial(_plain_page, counted=query.counted))


def _plain_page(found: Found, *, counted: bool) -> Page[Posting]:
    """If the page is empty, there is one row with the count alone."""
    total = found[0][-1] if counted else None
    postings = [] if found[0][0] is None else [schema.POSTINGS.from_row(row[:-1]) for row in found]
    postings.sort(key=attrgetter("seq"), reverse=True)
    return Page(postings, total)


def is_filtered(query: PostingPage) -> bool:
    """Whether some postings of a stretch of the ledger are wanted and others not."""
    return bool(query.wallets or query.assets or query.kinds) or query.incoming is not None


def seq_of_rank(rank: Callable[[int], int], low: int, high: int, minimum: int, maximum: int) -> int:
    """A number from `low` to `high` whose rank is at least `minimum` and at most `maximum`.

    `rank` rises from each number to the next by no more than `maximum - minimum + 1`; that of `low` must not be over
    `maximum`, nor that of `high` under `minimum`. The first guesses take it for a straight line, the later ones in
    turns halve what is left: evenly spread ranks are found at once, all others in logarithmic time.
    """
    guesses = 0
    while rank(low) < minimum and rank(high) > maximum:
        if guesses < FREE_GUESSES or guesses % 2:
            rise = rank(high) - rank(low)
            guess = low + (high - low) * ((minimum + maximum) // 2 - rank(low)) // rise
        else:
            guess = (low + high) // 2
        guess = min(max(guess, low + 1), high - 1)
        if rank(guess) <= maximum:
            low = guess
        else:
            high = guess
        guesses += 1
    return high if rank(low) < minimum else low


def _stretch(query: PostingPage, connection: Connection) -> tuple[int, int]:
    """The `seq` after which and the one up to which postings are wanted.

    A bound given by a record is that record's time; one that the account does not have leaves nothing (decided).
    """
    span = query.span
    ids = {number for number in (span.after_id, span.until_id, query.before_id) if number is not None}
    records = {row.posting_id: row for row in by_id(query.account_id, ids, connection)} if ids else {}
    if len(records) < len(ids):
        return 0, 0

    def seqs(at_ns: int | None, posting_id: int | None) -> list[int]:
        times = [] if at_ns is None else [at_ns]
        if posting_id is not None:
            times.append(records[posting_id].at_ns)
        return [_length(query.account_id, time, connection) for time in times]

    low = max(seqs(span.after_ns, span.after_id), default=0)
    high = min(seqs(_LAST_NS if span.until_ns is None else span.until_ns, span.until_id))
    if query.before_id is not None:
        high = min(high, records[query.before_id].seq - 1)
    return low, max(low, high)


def _length(account_id: int, at_ns: int, connection: Connection) -> int:
    """How many postings the account had at that moment, which is the `seq` of the last of them."""
    ((length,),) = _LENGTH.run(connection, {"account": account_id, "at_ns": at_ns})
    return int(length)


def _filtered_page(query: PostingPage, low: int, high: int, connection: Connection) -> Page[Posting]:
    streams = _Streams(query, connection)
    first, last = streams.rank(low), streams.rank(high)
    newest = last - query.offset
    oldest = max(first, newest - query.limit)
    shown: list[Posting] = []
    if oldest < newest:
        end = high // MARK_EVERY + 1

        def rank(mark: int) -> int:
            return last if mark == end else streams.rank(mark * MARK_EVERY)

        after = seq_of_rank(rank, low // MARK_EVERY, end, oldest - SLACK, oldest)
        until = seq_of_rank(rank, after, end, newest, newest + SLACK)
        shown = streams.postings(after, until, high, rank(until) - newest, newest - oldest)
    return Page(shown, last - first if query.counted else None)


class _Streams:
    """The streams that a filter chooses, and what they hold."""

    def __init__(self, query: PostingPage, connection: Connection) -> None:
        found = connection.execute(_STREAMS, {"account": query.account_id})
        chosen = named(query.account_id, (row.stream_id for row in found if _is_wanted(query, row)))
        lists = {"wallets": query.wallets, "assets": query.assets, "kinds": query.kinds}
        self._connection = connection
        self._chosen: Parameters = {
            **chosen,
            **{name: msgspec.json.encode(values).decode() for name, values in lists.items()},
            "incoming": -1 if query.incoming is None else int(query.incoming),
        }
        self._ranks: dict[int, int] = {}

    def rank(self, seq: int) -> int:
        """How many of their postings there are up to that one."""
        known = self._ranks.get(seq)
        if known is None:
            place = {"seq": seq, "mark": seq // MARK_EVERY * MARK_EVERY}
            ((found,),) = _RANK.run(self._connection, {**self._chosen, **place})
            known = self._ranks[seq] = int(found)
        return known

    def postings(self, after: int, until: int, high: int, skip: int, limit: int) -> list[Posting]:
        """Their postings after one mark and up to another, but not above `high`, newest first."""
        between = {"low": after * MARK_EVERY, "mark": until * MARK_EVERY, "high": high, "skip": skip, "most": limit}
        return _read(_BETWEEN_MARKS.run(self._connection, {**self._chosen, **between}))


def _is_wanted(query: PostingPage, stream: RawRow) -> bool:
    return (
        (not query.wallets or stream.wallet in query.wallets)
        and (not query.assets or stream.asset in query.assets)
        and (not query.kinds or stream.kind in query.kinds)
        and query.incoming in (None, bool(stream.incoming))
    )


def _read(found: Iterable[AnyRow]) -> list[Posting]:
    return list(map(schema.POSTINGS.from_row, found))


_MINE: Final = _postings.account_id == _ACCOUNT
_NEWEST_FIRST: Final = select(schema.postings).where(_MINE).order_by(_postings.seq.desc())
_BETWEEN: Final = _NEWEST_FIRST.where(_postings.seq > bindparam("low"), _postings.seq <= bindparam("high"))
_STREAMS: Final = select(schema.posting_streams).where(_streams.account_id == _ACCOUNT)

_COLUMNS: Final = columns(schema.postings, "found")
_PLAIN_PAGE: Final = Statement(f"""
    SELECT {_COLUMNS}, ledger.newest FROM (
        SELECT COALESCE((
            SELECT seq FROM postings WHERE account_id = :account AND seq > 0 ORDER BY seq DESC LIMIT 1
        ), 0) AS newest
    ) AS ledger LEFT JOIN postings AS found ON found.account_id = :account
    AND found.seq <= ledger.newest - :offset AND found.seq > ledger.newest - :offset - :limit
""")
"""Without an order, for which SQLite would sort."""


def _marked(column: str, value: str) -> str:
    """The newest marked `seq` up to which the column is not over the value; it may be that of any of the next ones."""
    return (
        f"COALESCE((SELECT seq FROM postings WHERE account_id = :account AND {column} <= {value} "
        f"AND {schema.MARKED['postings']} ORDER BY {column} DESC, seq DESC LIMIT 1), 0)"
    )


def _from_mark(name: str) -> str:
    return f"found.account_id = :account AND found.seq >= {name}.mark AND found.seq < {name}.mark + {MARK_EVERY}"


_BY_ID: Final = Statement(f"""
    SELECT {_COLUMNS} FROM (SELECT id, {_marked("posting_id", "id")} AS mark FROM {{ids}}) AS named
    CROSS JOIN postings AS found WHERE {_from_mark("named")} AND found.posting_id = named.id ORDER BY found.seq DESC
""")
_LENGTH: Final = Statement(f"""
    SELECT COALESCE((
        SELECT found.seq FROM (SELECT {_marked("at_ns", ":at_ns")} AS mark) AS until
        CROSS JOIN postings AS found WHERE {_from_mark("until")} AND found.at_ns <= :at_ns
        ORDER BY found.seq DESC LIMIT 1
    ), 0)
""")
_WANTED: Final = """
    (:wallets = '[]' OR found.wallet IN {wallets}) AND (:assets = '[]' OR found.asset IN {assets})
    AND (:kinds = '[]' OR found.kind IN {kinds})
    AND :incoming IN (-1, CASE WHEN found.amount >= found.fee THEN 1 ELSE 0 END)
"""
_RANK: Final = Statement(f"""
    SELECT COALESCE((
        SELECT SUM((
            SELECT nth FROM posting_ranks WHERE account_id = :account AND stream_id = ids.id AND seq <= :mark
            ORDER BY seq DESC LIMIT 1
        )) FROM {{ids}}
    ), 0) + (
        SELECT COUNT(*) FROM postings AS found
        WHERE found.account_id = :account AND found.seq > :mark AND found.seq <= :seq AND {_WANTED}
    )
""")
"""One step down the key of each stream, and what came since the last mark."""
_BETWEEN_MARKS: Final = Statement(f"""
    SELECT {_COLUMNS} FROM (
        SELECT ranks.seq AS mark FROM {{ids}} CROSS JOIN posting_ranks AS ranks
        WHERE ranks.account_id = :account AND ranks.stream_id = ids.id AND ranks.seq > :low AND ranks.seq <= :mark
        UNION SELECT CAST(:mark AS BIGINT)
    ) AS marks CROSS JOIN postings AS found
    WHERE found.account_id = :account AND found.seq > marks.mark - {MARK_EVERY} AND found.seq <= marks.mark
    AND found.seq <= :high AND {_WANTED}
    ORDER BY found.seq DESC LIMIT :most OFFSET :skip
""")
"""Ranks at marks; after the last mark there are none yet."""
