"""Core values to table rows and back.

A row is a tuple in the order of its table's columns. What changed of one is a tuple of its `schema.CHANGING` columns
and then its key.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Row, Table

from seatrial.core.accounts import Account, ApiKey, Token
from seatrial.core.addresses import Address
from seatrial.core.candles import Candle
from seatrial.core.changes import Changes
from seatrial.core.funding import DepositAddress, Destination, Direction, Transfer, TransferNote, TransferStatus
from seatrial.core.ledger import Purse
from seatrial.core.market_state import KEPT_QUOTES, MarketState, Quote
from seatrial.core.markets import Modes
from seatrial.core.orders import (
    CancelTimer,
    Fill,
    Order,
    OrderKind,
    Reason,
    SelfTrade,
    Side,
    Status,
    TimeInForce,
    Trade,
)
from seatrial.core.postings import Posted, Posting, posting_of
from seatrial.core.volume import Valuation
from seatrial.store import schema
from seatrial.store.nonces import Nonces

WORLD: Final = 1
"""The key of the one row about the world, and of what is noted of it."""

MODES: Final = "modes"
"""The name of the note of what is open."""
MARKET: Final = "market"
"""The name of the server's note of what makes the market."""

MOST_USES: Final = 64
"""How many commits tell of keys' uses before the keys' own rows do."""

Values = tuple[object, ...]
RawRow = Row[*tuple[Any, ...]]
AnyRow = RawRow | tuple[Any, ...]
"""SQLAlchemy's or a driver's."""


class Write(msgspec.Struct, frozen=True):
    """Rows of one table that are new, what changed of others, and the keys of those that go."""

    table: Table
    new: list[Values]
    changed: list[Values]
    gone: list[Values] = []


StreamKey = tuple[int, str, str, str, bool]
"""Account, wallet, asset, kind, and whether it came in."""


class Stream:
    """The postings of an account that are alike in what a page can be filtered by."""

    __slots__ = ("length", "ranked", "stream_id")

    def __init__(self, stream_id: int, length: int = 0) -> None:
        self.stream_id = stream_id
        self.length = self.ranked = length
        """Now, and at the last mark."""


class Known:
    """What the store has rows for already: ids only ever ascend."""

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

    def add_stream(self, key: StreamKey, stream: Stream) -> None:
        """Numbers only ever ascend."""
        self.stream_id = max(self.stream_id, stream.stream_id)
        self.streams[key] = stream
        self.streams_of.setdefault(key[0], []).append(stream)


def restore_tail(postings: Iterable[Posted], known: Known) -> None:
    """Let streams be longer by an account's postings since its last mark."""
    for _, _, account_id, _, wallet, asset, kind, _, _, _, amount, fee, _ in postings:
        known.streams[account_id, wallet, asset, kind, amount >= fee].length += 1


def writes(changes: Changes, known: Known) -> list[Write]:
    """Everything that one transaction has to write; `known` is told."""
    return [write for write in _writes(changes, known) if write.new or write.changed or write.gone]


def _writes(changes: Changes, known: Known) -> Iterator[Write]:  # noqa: C901, PLR0912  a table after the other
    """Most commits change little of all that may change."""
    if changes.accounts:
        yield _new(schema.accounts, changes.accounts, _account)
    if changes.keys or changes.changed_keys or changes.revoked_keys:
        yield from _keys(changes, known)
    if changes.tokens:
        yield _new(schema.tokens, changes.tokens, msgspec.structs.astuple)
    if changes.purses:
        yield _purses(changes.purses, known)
    if changes.postings:
        yield Write(schema.postings, list[Values](changes.postings), [])
        yield from _ranks(changes.postings, known)
    if changes.orders:
        yield _orders(changes.orders, known)
    if changes.fills:
        yield _new(schema.fills, changes.fills, _fill)
    if changes.trades:
        yield _new(schema.trades, changes.trades, _trade)
    if changes.quotes:
        yield _quotes(changes.quotes)
    if changes.candles:
        yield _candles(changes.candles, known)
    if changes.transfers:
        yield _split(schema.transfers, changes.transfers, known, "transfer_id", _transfer, _transfer_change)
    if changes.addresses:
        yield _split(schema.addresses, changes.addresses, known, "address_id", _address, _address_change)
    if changes.destinations:
        yield _new(schema.destinations, changes.destinations, _destination)
    if changes.moves:
        yield _new(schema.moves, changes.moves, msgspec.structs.astuple)
    if changes.cancel_timers:
        yield _cancel_timers(schema.cancel_timers, changes.cancel_timers)
    if changes.fired_timers:
        yield _cancel_timers(schema.fired_timers, changes.fired_timers)
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


def notes(modes: Modes | None, market: str, known: Known) -> Write:
    """What is noted of a world as a whole and is not as it was."""
    texts = {} if modes is None else {MODES: msgspec.json.encode(modes).decode()}
    if market != known.market:
        known.market = texts[MARKET] = market
    return Write(
        schema.world_notes,
        [(WORLD, name, text) for name, text in texts.items()],
        [],
        [(WORLD, name) for name in texts],
    )


def _new(table: Table, things: Iterable[Any], row: Callable[[Any], Values]) -> Write:
    return Write(table, [row(thing) for thing in things], [])


def _split(
    table: Table, things: Mapping[int, Any], known: Known, counter: str,
    row: Callable[[Any], Values], change: Callable[[Any], Values],
) -> Write:  # fmt: skip
    newest = getattr(known, counter)
    write = Write(table, [], [], [])
    for number, thing in things.items():
        if number > newest:
            write.new.append(row(thing))
        else:
            write.changed.append(change(thing))
    if things:
        setattr(known, counter, max(newest, *things))
    return write


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
    for number in touched.keys() - used.keys():
        keys.new.append(_key(touched[number]))
        known.nonces.begin(touched[number], nonces)
    if anew or revoked or known.use_id >= MOST_USES:
        keys.new.extend(_key(key) for number, key in anew.items() if number not in revoked)
        keys.gone.extend((number,) for number in {*anew, *revoked} if number <= newest)
        settled = {number: key for number, key in known.used_keys.items() if number not in revoked}
        keys.changed.extend(_key_change(key) for number, key in settled.items() if number not in anew)
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
    write = Write(schema.orders, [], [], [])
    for number, order in orders.items():
        is_stored = -number <= newest_of_house if order.is_house else number <= newest
        if order.is_house and not order.is_live:
            if is_stored:
                write.gone.append((order.account_id, number))
        elif is_stored:
            write.changed.append(_order_change(order))
        else:
            write.new.append(_order(order))
    if orders:
        known.order_id, known.house_order_id = max(newest, *orders), max(newest_of_house, -min(orders))
    return write


def _cancel_timers(table: Table, timers: Mapping[int, CancelTimer | None]) -> Write:
    return Write(
        table,
        [
            (account_id, timer.set_ns, timer.due_ns, " ".join(timer.markets))
            for account_id, timer in timers.items()
            if timer is not None
        ],
        [],
        [(account_id,) for account_id in timers],
    )


def _valuations(valuations: Mapping[int, Valuation]) -> Write:
    return Write(
        schema.valuations,
        [msgspec.structs.astuple(valuation) for valuation in valuations.values()],
        [],
        [(account_id,) for account_id in valuations],
    )


def _quotes(quotes: list[Quote]) -> Write:
    """Only the newest of a market are ever shown; those that they push out go."""
    by_market: dict[str, list[Quote]] = {}
    for quote in quotes:
        by_market.setdefault(quote.market, []).append(quote)
    write = Write(schema.quotes, [], [], [])
    for symbol, mine in by_market.items():
        write.new.extend(msgspec.structs.astuple(quote) for quote in mine[-KEPT_QUOTES:])
        oldest, newest = max(mine[0].number - KEPT_QUOTES, 1), min(mine[-1].number - KEPT_QUOTES, mine[0].number - 1)
        write.gone.extend((symbol, number) for number in range(oldest, newest + 1))
    return write


def _purses(purses: Iterable[Purse], known: Known) -> Write:
    write = Write(schema.purses, [], [])
    for purse in purses:
        key = (purse.account_id, purse.wallet, purse.asset.code)
        balances = (purse.free.balance, purse.held.balance, purse.leaving.balance, purse.booked)
        if key in known.purses:
            write.changed.append(balances + key)
        else:
            write.new.append(key + balances)
            known.purses.add(key)
    return write


def _candles(markets: Mapping[str, MarketState], known: Known) -> Write:
    write = Write(schema.candles, [], [])
    for symbol, ms in markets.items():
        for (minutes, start_s), candle in ms.candles.touched.items():
            newest = known.candles.get((symbol, minutes), -1)
            if start_s > newest:
                write.new.append(_candle(symbol, minutes, candle))
                known.candles[symbol, minutes] = start_s
            else:
                write.changed.append(_candle_change(symbol, minutes, candle))
        ms.candles.touched = {}
    return write


def _account(account: Account) -> Values:
    return (
        account.account_id, account.name, account.venue, account.tier, int(account.rate_limits),
        account.trading_wallet, account.funding_wallet, account.created_ns, account.parent_id, account.access,
        account.note, None if account.check_timestamps is None else int(account.check_timestamps),
    )  # fmt: skip


def _key(key: ApiKey) -> Values:
    return (
        key.key_id, key.account_id, key.name, key.public, key.secret, " ".join(sorted(key.permissions)),
        key.nonce_window, key.one_time_password, key.totp_secret, key.valid_until_ns, key.query_from_ns,
        key.query_to_ns, " ".join(key.ip_allowlist), key.created_ns, str(key.highest_nonce), key.used_ns,
    )  # fmt: skip


def _key_change(key: ApiKey) -> Values:
    return str(key.highest_nonce), key.used_ns, key.key_id


def _order(order: Order) -> Values:
    return (
        order.order_id, order.account_id, order.market, order.side._value_, order.kind._value_, order.price_ticks,
        order.qty_lots, order.spend, order.time_in_force._value_, order.self_trade._value_, 1 if order.post_only else 0,
        1 if order.fee_in_base else 0, order.starts_ns, order.expires_ns, order.tag, order.client_id, order.opened_ns,
        order.status._value_, None if order.reason is None else order.reason._value_, order.closed_ns, order.touched_ns,
        order.queue, order.filled_lots, str(order.exact), order.fee_base, order.hold, order.hold_ppm,
        str(order.fee_exact), order.fee_quote, order.given_up_lots, order.note, order.label,
        order.band_ppm, order.most_open, 1 if order.cancels_post_only else 0,
    )  # fmt: skip


def _order_change(order: Order) -> Values:
    return (
        order.price_ticks, order.qty_lots, order.status._value_,
        None if order.reason is None else order.reason._value_, order.closed_ns, order.touched_ns, order.queue,
        order.filled_lots, str(order.exact), order.fee_base, order.hold, str(order.fee_exact), order.fee_quote,
        order.given_up_lots, order.account_id, order.order_id,
    )  # fmt: skip


def _fill(fill: Fill) -> Values:
    return (
        fill.fill_id, fill.account_id, fill.order_id, fill.market, fill.trade_id, fill.side._value_, fill.kind._value_,
        fill.price_ticks, fill.qty_lots, 1 if fill.maker else 0, fill.at_ns, fill.first_posting, fill.postings,
        fill.volume_usd, fill.fee_ppm, fill.fee_quote, fill.fee_base, fill.counter_order_id, fill.opened_s,
        fill.counter_opened_s,
    )  # fmt: skip


def _trade(trade: Trade) -> Values:
    return (
        trade.market, trade.trade_id, trade.price_ticks, trade.qty_lots, trade.at_ns,
        trade.taker_side._value_, trade.taker_kind._value_,
    )  # fmt: skip


def _candle(symbol: str, minutes: int, candle: Candle) -> Values:
    return (
        symbol, minutes, candle.start_s, candle.open_ticks, candle.high_ticks, candle.low_ticks, candle.close_ticks,
        str(candle.volume_lots), str(candle.exact), candle.count,
    )  # fmt: skip


def _candle_change(symbol: str, minutes: int, candle: Candle) -> Values:
    return (
        candle.high_ticks, candle.low_ticks, candle.close_ticks, str(candle.volume_lots), str(candle.exact),
        candle.count, symbol, minutes, candle.start_s,
    )  # fmt: skip


def _transfer(transfer: Transfer) -> Values:
    return (
        transfer.transfer_id, transfer.account_id, transfer.direction._value_, transfer.wallet, transfer.asset,
        transfer.method, transfer.network, transfer.amount, transfer.fee, transfer.address, transfer.tag,
        transfer.destination, transfer.chain_tx, transfer.created_ns, transfer.status._value_,
        None if transfer.note is None else transfer.note._value_, int(transfer.manual), transfer.due_ns,
        transfer.moved_ns, transfer.remark, int(transfer.opening),
    )  # fmt: skip


def _transfer_change(transfer: Transfer) -> Values:
    return (
        transfer.chain_tx, transfer.status._value_, None if transfer.note is None else transfer.note._value_,
        transfer.due_ns, transfer.moved_ns, transfer.account_id, transfer.transfer_id,
    )  # fmt: skip


def _address(address: DepositAddress) -> Values:
    return (
        address.address_id, address.account_id, address.asset, address.method, address.address.text,
        address.address.tag, address.address.memo, address.created_ns, int(address.used),
    )  # fmt: skip


def _address_change(address: DepositAddress) -> Values:
    return int(address.used), address.account_id, address.address_id


def _destination(destination: Destination) -> Values:
    return (
        destination.account_id, destination.asset, destination.name, destination.method, destination.address,
        destination.tag, int(destination.verified),
    )  # fmt: skip


_SIDES: Final = {str(side): side for side in Side}
_KINDS: Final = {str(kind): kind for kind in OrderKind}


def account(row: RawRow) -> Account:
    """An account from its row."""
    number, name, venue, tier, limits, *rest, checks = row
    account = Account(number, name, venue, tier, bool(limits), *rest)
    return account if checks is None else msgspec.structs.replace(account, check_timestamps=bool(checks))


def key(row: RawRow) -> ApiKey:
    """A key from its row."""
    return ApiKey(
        row.key_id, row.account_id, row.name, row.public, row.secret, frozenset(row.permissions.split()),
        row.nonce_window, row.one_time_password, row.totp_secret, row.valid_until_ns, row.query_from_ns,
        row.query_to_ns, tuple(row.ip_allowlist.split()), row.created_ns, int(row.highest_nonce),
        used_ns=row.used_ns,
    )  # fmt: skip


def restore_uses(text: str, keys: Mapping[int, ApiKey], nonces: Nonces) -> dict[int, ApiKey]:
    """Let keys, given by id, have been used as a row of `key_uses` tells; those that it tells of."""
    told = msgspec.json.decode(text, type=list[tuple[int, int, list[int], int]])
    used = {}
    for number, highest_nonce, spent, used_ns in told:
        used[number] = key = keys[number]
        key.highest_nonce, key.used_ns = highest_nonce, used_ns
        if spent:
            nonces.note({number: spent})
    return used


def token(row: RawRow) -> Token:
    """A token from its row."""
    return Token(*row)


def posting(row: AnyRow) -> Posting:
    """A posting from its row."""
    return posting_of(tuple(row))


def order(row: AnyRow) -> Order:
    """An order from its row."""
    (
        order_id, account_id, market, side, kind, price_ticks, qty_lots, spend, time_in_force, self_trade, post_only,
        fee_in_base, starts_ns, expires_ns, tag, client_id, opened_ns, status, reason, closed_ns, touched_ns, queue,
        filled_lots, exact, fee_base, hold, hold_ppm, fee_exact, fee_quote, given_up_lots, note, label,
        band_ppm, most_open, cancels_post_only,
    ) = row  # fmt: skip
    return Order(
        order_id, account_id, market, _SIDES[side], _KINDS[kind], price_ticks, qty_lots, spend,
        TimeInForce(time_in_force), SelfTrade(self_trade), bool(post_only), bool(fee_in_base), starts_ns, expires_ns,
        tag, client_id, opened_ns, Status(status), None if reason is None else Reason(reason), closed_ns, touched_ns,
        queue, filled_lots, int(exact), int(fee_exact), fee_quote, fee_base, hold, hold_ppm, given_up_lots, note, label,
        band_ppm, most_open, bool(cancels_post_only),
    )  # fmt: skip


def valuation(row: AnyRow) -> Valuation:
    """A valuation from its row."""
    return Valuation(*row)


def fill(row: AnyRow) -> Fill:
    """A fill from its row."""
    (
        fill_id, account_id, order_id, market, trade_id, side, kind, price_ticks, qty_lots, maker, at_ns,
        first_posting, postings, volume_usd, fee_ppm, fee_quote, fee_base, counter_order_id, opened_s, counter_opened_s,
    ) = row  # fmt: skip
    exact = price_ticks * qty_lots
    return Fill(
        fill_id, account_id, order_id, market, trade_id, _SIDES[side], _KINDS[kind], price_ticks, qty_lots, exact,
        fee_ppm, exact * fee_ppm, fee_quote, fee_base, bool(maker), at_ns, first_posting, postings, volume_usd,
        counter_order_id, opened_s, counter_opened_s,
    )  # fmt: skip


def cancel_timer(row: RawRow) -> CancelTimer:
    """A timer from its row."""
    return CancelTimer(row.set_ns, row.due_ns, tuple(row.markets.split()))


def trade(row: RawRow) -> Trade:
    """A trade from its row."""
    market, number, price_ticks, qty_lots, at_ns, side, kind = row
    return Trade(market, number, price_ticks, qty_lots, at_ns, _SIDES[side], _KINDS[kind])


def quote(row: RawRow) -> Quote:
    """A quote from its row."""
    return Quote(*row)


def candle(row: RawRow) -> Candle:
    """A candle from its row."""
    return Candle(
        row.start_s, row.open_ticks, row.high_ticks, row.low_ticks, row.close_ticks,
        int(row.volume_lots), int(row.exact), row.trade_count,
    )  # fmt: skip


def transfer(row: AnyRow) -> Transfer:
    """A transfer from its row."""
    (
        transfer_id, account_id, direction, wallet, asset, method, network, amount, fee, address, tag, destination,
        chain_tx, created_ns, status, note, manual, due_ns, moved_ns, remark, opening,
    ) = row  # fmt: skip
    return Transfer(
        transfer_id, account_id, Direction(direction), wallet, asset, method, network, amount, fee, address, tag,
        destination, chain_tx, created_ns, TransferStatus(status), None if note is None else TransferNote(note),
        bool(manual), due_ns, moved_ns, remark, bool(opening),
    )  # fmt: skip


def address(row: RawRow) -> DepositAddress:
    """A deposit address from its row."""
    return DepositAddress(
        row.address_id, row.account_id, row.asset, row.method, Address(row.text, row.tag, row.memo),
        row.created_ns, bool(row.used),
    )  # fmt: skip


def destination(row: RawRow) -> Destination:
    """A destination from its row."""
    return Destination(row.account_id, row.asset, row.method, row.name, row.address, row.tag, bool(row.verified))
