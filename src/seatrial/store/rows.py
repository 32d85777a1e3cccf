"""What a commit writes: changes of a world to rows that are new, changes of others, and keys of those that go.

What a struct's row is, and what may change of it, follows from its columns in `schema.py`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Table

from seatrial.core.accounts import ApiKey, FeePayment
from seatrial.core.candles import Candle
from seatrial.core.changes import Changes
from seatrial.core.ledger import Purse
from seatrial.core.market_state import KEPT_QUOTES, MarketState, Quote
from seatrial.core.orders import CancelTimer, Order
from seatrial.core.postings import Posted
from seatrial.core.volume import Valuation
from seatrial.store import schema
from seatrial.store.columns import AnyRow, Stored, Values
from seatrial.store.nonces import Nonces

T = TypeVar("T")

WORLD: Final = 1
"""The key of the one row about the world, and of what is noted of it."""

MODES: Final = "modes"
"""The name of the note of what is open."""
AS_OF: Final = "as_of"
"""The name of the note of the moment by which venues do what they do."""
MARKET: Final = "market"
"""The name of the server's note of what makes the market."""

SCALES: Final = "scales"
"""The name of the note that says what rows are counted in."""

MAX_USES: Final = 64
"""After so many commits that tell of keys' uses, the keys' own rows are written."""


class Write(msgspec.Struct, frozen=True):
    """Rows of one table that are new, what changed of others, and the keys of those that go."""

    table: Table
    new: list[Values]
    changed: list[Values]
    gone: list[Values] = []


StreamKey = tuple[int, str, str, str, bool]
"""Account, wallet, asset, kind, and whether it came in."""

MarketCandle = tuple[Candle, str, int]
"""With its market and length."""


class Stream:
    """The postings of an account that are alike in what a page can be filtered by."""

    __slots__ = ("length", "ranked", "stream_id")

    def __init__(self, stream_id: int, length: int = 0) -> None:
        self.stream_id = stream_id
        self.length = self.ranked = length
        """Now, and at the last mark."""


class Known:
    """The rows that the store has already: ids only ever ascend."""

    def __init__(self) -> None:
        self.order_id = 0
        self.house_order_id = 0
        self.transfer_id = 0
        self.address_id = 0
        self.key_id = 0
        self.use_id = 0
        """How many rows tell of uses."""
        self.used_keys: dict[int, ApiKey] = {}
        """The keys they tell of."""
        self.nonces = Nonces()
        self.purses: set[tuple[int, str, str]] = set()
        self.stream_id = 0
        self.streams: dict[StreamKey, Stream] = {}
        self.streams_of: dict[int, list[Stream]] = {}
        """By account."""
        self.candles: dict[tuple[str, int], int] = {}
        """Newest start per market and length."""
        self.sequences: dict[str, int] = {}
        """Of each market's book."""
        self.market = ""
        self.scales = ""
        """As `scales.note_of` says them."""

    def add_stream(self, key: StreamKey, stream: Stream) -> None:
        """Numbers only ever ascend."""
        self.stream_id = max(self.stream_id, stream.stream_id)
        self.streams[key] = stream
        self.streams_of.setdefault(key[0], []).append(stream)


def restore_tail(postings: Iterable[AnyRow], known: Known) -> None:
    """Let streams be longer by an account's postings since its last mark."""
    for _, _, account_id, _, wallet, asset, kind, _, _, _, amount, fee, _ in postings:
        known.streams[account_id, wallet, asset, kind, amount >= fee].length += 1


def writes(changes: Changes, known: Known) -> list[Write]:
    """Everything that one transaction has to write; `known` is told."""
    return [write for write in _writes(changes, known) if write.new or write.changed or write.gone]


def _writes(changes: Changes, known: Known) -> Iterator[Write]:  # noqa: C901, PLR0912  a table after the other
    """Most commits change little of all that may change."""
    if changes.accounts:
        yield _new(schema.ACCOUNTS, changes.accounts)
    if changes.keys or changes.changed_keys or changes.revoked_keys:
        yield from _keys(changes, known)
    if changes.tokens:
        yield _new(schema.TOKENS, changes.tokens)
    if changes.purses:
        yield _purses(changes.purses, known)
    if changes.postings:
        yield Write(schema.postings, list[Values](changes.postings), [])
        yield from _ranks(changes.postings, known)
    if changes.orders:
        yield _orders(changes.orders, known)
    if changes.amends:
        yield _new(schema.AMENDS, changes.amends)
    if changes.fills:
        yield _new(schema.FILLS, changes.fills)
    if changes.trades:
        yield _new(schema.TRADES, changes.trades)
    if changes.quotes:
        yield _quotes(changes.quotes)
    if changes.candles:
        yield _candles(changes.candles, known)
    if changes.transfers:
        yield _split(schema.TRANSFERS, changes.transfers, known, "transfer_id")
    if changes.addresses:
        yield _split(schema.ADDRESSES, changes.addresses, known, "address_id")
    if changes.destinations:
        yield _new(schema.DESTINATIONS, changes.destinations)
    if changes.moves:
        yield _new(schema.MOVES, changes.moves)
    if changes.cancel_timers:
        yield _timers(schema.CANCEL_TIMERS, changes.cancel_timers)
    if changes.fired_timers:
        yield _timers(schema.FIRED_TIMERS, changes.fired_timers)
    if changes.fee_payments:
        yield _fee_payments(changes.fee_payments)
    if changes.valuations:
        yield _valuations(changes.valuations)


def books(orders: Mapping[int, Order], markets: Mapping[str, MarketState], known: Known) -> Write:
    """How often the books have changed in which these orders are or were; no book changes without an order."""
    write = Write(schema.books, [], [])
    for symbol in dict.fromkeys(order.market for order in orders.values()):
        sequence, stored = markets[symbol].book.sequence, known.sequences.get(symbol, 0)
        if sequence != stored:
            known.sequences[symbol] = sequence
            if stored:
                write.changed.append((sequence, symbol))
            else:
                write.new.append((symbol, sequence))
    return write


def notes(changes: Changes, market: str, scales: str, known: Known) -> Write:
    """What is noted of a world as a whole and is not as it was."""
    texts = {} if changes.modes is None else {MODES: msgspec.json.encode(changes.modes).decode()}
    if changes.as_of_ns is not None:
        texts[AS_OF] = str(changes.as_of_ns)
    if market != known.market:
        known.market = texts[MARKET] = market
    if scales != known.scales:
        known.scales = texts[SCALES] = scales
    return Write(
        schema.world_notes,
        [(WORLD, name, text) for name, text in texts.items()],
        [],
        [(WORLD, name) for name in texts],
    )


def _new(stored: Stored[T], things: Iterable[T]) -> Write:
    return Write(stored.table, stored.to_rows(things), [])


def _write(stored: Stored[Any], new: list[T], changed: list[T], gone: list[Values]) -> Write:
    """Most commits are small: what is not there is not asked for."""
    rows = stored.to_rows(new) if new else []
    return Write(stored.table, rows, stored.to_changes(changed) if changed else [], gone)


def _split(stored: Stored[T], things: Mapping[int, T], known: Known, counter: str) -> Write:
    newest = getattr(known, counter)
    setattr(known, counter, max(newest, *things))
    new = [thing for number, thing in things.items() if number > newest]
    changed = [thing for number, thing in things.items() if number <= newest]
    return _write(stored, new, changed, [])


def _keys(changes: Changes, known: Known) -> Iterator[Write]:
    """Keys that are new or got other rights are written whole.

    Every call uses a key: a commit tells all its uses in one row, and the keys' own rows follow once in many commits.
    """
    keys, uses, nonces = (Write(table, [], []) for table in (schema.api_keys, schema.key_uses, schema.key_nonces))
    newest, anew, revoked = known.key_id, changes.changed_keys, changes.revoked_keys
    touched = {number: key for number, key in changes.keys.items() if number not in anew and number not in revoked}
    used = {number: key for number, key in touched.items() if number <= newest}
    known.used_keys |= used
    known.nonces.note(changes.nonces)
    issued = [touched[number] for number in touched.keys() - used.keys()]
    keys.new.extend(schema.API_KEYS.to_rows(issued))
    for key in issued:
        known.nonces.begin(key, nonces)
    if anew or revoked or known.use_id >= MAX_USES:
        keys.new.extend(schema.API_KEYS.to_rows(key for number, key in anew.items() if number not in revoked))
        keys.gone.extend((number,) for number in {*anew, *revoked} if number <= newest)
        settled = {number: key for number, key in known.used_keys.items() if number not in revoked}
        settling = (key for number, key in settled.items() if number not in anew)
        keys.changed.extend(schema.API_KEYS.to_changes(settling))
        known.nonces.settle(settled | anew, revoked, nonces)
        uses.gone.extend((use_id,) for use_id in range(1, known.use_id + 1))
        known.use_id, known.used_keys = 0, {}
    elif used:
        known.use_id += 1
        spent = changes.nonces
        told = [(number, key.highest_nonce, spent.get(number, ()), key.used_ns) for number, key in used.items()]
        uses.new.append((known.use_id, msgspec.json.encode(told).decode()))
    known.key_id = max(newest, *changes.keys, *anew, *revoked, 0)
    yield from (keys, uses, nonces)


def _ranks(postings: list[Posted], known: Known) -> tuple[Write, Write]:
    """The streams that are new; and at every mark, how long those are by then that grew since the last one."""
    streams, ranks = Write(schema.posting_streams, [], []), Write(schema.posting_ranks, [], [])
    found = known.streams
    for _, _, account_id, seq, wallet, asset, kind, _, _, _, amount, fee, _ in postings:
        key = (account_id, wallet, asset, kind, amount >= fee)
        stream = found.get(key)
        if stream is None:
            stream = Stream(known.stream_id + 1)
            known.add_stream(key, stream)
            streams.new.append((account_id, stream.stream_id, wallet, asset, kind, int(amount >= fee)))
        stream.length += 1
        if seq % schema.MARK_EVERY == 0:
            for each in known.streams_of[account_id]:
                if each.length > each.ranked:
                    each.ranked = each.length
                    ranks.new.append((account_id, each.stream_id, seq, each.length))
    return streams, ranks


def _orders(orders: Mapping[int, Order], known: Known) -> Write:
    """The house's are stored while they live, so that its quotes leave nothing behind."""
    newest, newest_of_house = known.order_id, known.house_order_id
    new: list[Order] = []
    changed: list[Order] = []
    gone: list[Values] = []
    for number, order in orders.items():
        is_stored = -number <= newest_of_house if order.is_house else number <= newest
        if order.is_house and not order.is_live:
            if is_stored:
                gone.append((order.account_id, number))
        elif is_stored:
            changed.append(order)
        else:
            new.append(order)
    known.order_id, known.house_order_id = max(newest, *orders), max(newest_of_house, -min(orders))
    return _write(schema.ORDERS, new, changed, gone)


def _timers(stored: Stored[CancelTimer], timers: Mapping[int, CancelTimer | None]) -> Write:
    set_now = [(timer, account_id) for account_id, timer in timers.items() if timer is not None]
    return Write(stored.table, stored.to_rows(set_now), [], [(account_id,) for account_id in timers])


def _fee_payments(payments: Mapping[int, FeePayment | None]) -> Write:
    chosen = [payment for payment in payments.values() if payment is not None]
    return Write(schema.fee_payments, schema.FEE_PAYMENTS.to_rows(chosen), [], [(number,) for number in payments])


def _valuations(valuations: Mapping[int, Valuation]) -> Write:
    rows = schema.VALUATIONS.to_rows(valuations.values())
    return Write(schema.valuations, rows, [], [(account_id,) for account_id in valuations])


def _quotes(quotes: list[Quote]) -> Write:
    """Only the newest of a market are ever shown; those that they push out go."""
    by_market: dict[str, list[Quote]] = {}
    for quote in quotes:
        by_market.setdefault(quote.market, []).append(quote)
    write = Write(schema.quotes, [], [], [])
    for symbol, mine in by_market.items():
        write.new.extend(schema.QUOTES.to_rows(mine[-KEPT_QUOTES:]))
        oldest, newest = max(mine[0].number - KEPT_QUOTES, 1), min(mine[-1].number - KEPT_QUOTES, mine[0].number - 1)
        write.gone.extend((symbol, number) for number in range(oldest, newest + 1))
    return write


def _purses(purses: Iterable[Purse], known: Known) -> Write:
    new: list[Purse] = []
    changed: list[Purse] = []
    for purse in purses:
        key = (purse.account_id, purse.wallet, purse.asset.code)
        if key in known.purses:
            changed.append(purse)
        else:
            new.append(purse)
            known.purses.add(key)
    return _write(schema.PURSES, new, changed, [])


def _candles(markets: Mapping[str, MarketState], known: Known) -> Write:
    new: list[MarketCandle] = []
    changed: list[MarketCandle] = []
    for symbol, ms in markets.items():
        for (minutes, start_s), candle in ms.candles.touched.items():
            if start_s > known.candles.get((symbol, minutes), -1):
                new.append((candle, symbol, minutes))
                known.candles[symbol, minutes] = start_s
            else:
                changed.append((candle, symbol, minutes))
        ms.candles.touched = {}
    return _write(schema.CANDLES, new, changed, [])


def restore_uses(text: str, keys: Mapping[int, ApiKey], nonces: Nonces) -> dict[int, ApiKey]:
    """Apply a row of `key_uses` to the keys, given by id. Returns the keys that it tells of."""
    told = msgspec.json.decode(text, type=list[tuple[int, int, list[int], int]])
    used = {}
    for number, highest_nonce, spent, used_ns in told:
        used[number] = key = keys[number]
        key.highest_nonce, key.used_ns = highest_nonce, used_ns
        if spent:
            nonces.note({number: spent})
    return used
