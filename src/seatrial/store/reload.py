"""From rows back to a running world: what is reloaded equals what was live."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
from sqlalchemy import Select, func, select

from seatrial.core import firing
from seatrial.core.access import add_account
from seatrial.core.candles import DAY_NS, KEPT, MINUTES, SECOND_NS
from seatrial.core.market_state import MarketState
from seatrial.core.markets import Modes
from seatrial.core.state import State
from seatrial.core.volume import HOUR_NS, WINDOW_HOURS
from seatrial.store import marks, rows, scales, schema
from seatrial.store.columns import RawRow

Read = Callable[[Select[Any]], Iterable[RawRow]]

_REMEMBERED: Final = (schema.UNFINISHED, schema.OPENING)
"""Of transfers: each has an index of its own."""

_EVERYONE: Final = select(schema.accounts.c.account_id)
"""All accounts, named although none is left out: private tables are keyed by account, so an index is used."""


def fill(state: State, read: Read) -> rows.Known:
    """Fill an empty state, and say what the store has rows for."""
    known = rows.Known()
    _notes(state, read, known)
    _clients(state, read, known)
    _streams(read, known)
    _ledger(state, read, known)
    _orders(state, read, known)
    _volumes(state, read)
    _transfers(state, read, known)
    for ms in state.markets.values():
        _market(ms, read, known)
    firing.start_all(state)
    return known


def _notes(state: State, read: Read, known: rows.Known) -> None:
    notes = schema.world_notes.c
    for name, text in read(select(notes.name, notes.text).where(notes.world_id == rows.WORLD)):
        if name == rows.MODES:
            state.set_modes(msgspec.json.decode(text, type=Modes))
        elif name == rows.AS_OF:
            state.set_as_of(int(text))
        elif name == rows.SCALES:
            known.scales = text
        else:
            known.market = text
    scales.check(known.scales, state, read)


def _clients(state: State, read: Read, known: rows.Known) -> None:
    for row in read(select(schema.accounts).order_by(schema.accounts.c.account_id)):
        add_account(state, schema.ACCOUNTS.from_row(row))
    for row in read(select(schema.api_keys).order_by(schema.api_keys.c.key_id)):
        state.add_key(schema.API_KEYS.from_row(row))
    known.key_id = state.counters.key_id
    _key_uses(state, read, known)
    tokens = schema.tokens
    for row in read(select(tokens).where(tokens.c.expires_ns > state.now_ns).order_by(tokens.c.token_id)):
        token = schema.TOKENS.from_row(row)
        state.tokens[token.token_id] = token
    for row in read(select(schema.addresses).order_by(schema.addresses.c.address_id)):
        address = schema.ADDRESSES.from_row(row)
        state.accounts[address.account_id].addresses.setdefault((address.asset, address.method), []).append(address)
        known.address_id = address.address_id
    for row in read(select(schema.destinations)):
        destination = schema.DESTINATIONS.from_row(row)
        state.accounts[destination.account_id].add_destination(destination)
    for row in read(select(schema.fee_payments)):
        state.accounts[row.account_id].choose_payment(schema.FEE_PAYMENTS.from_row(row))
    moves = schema.moves.c
    state.funds_moved = any(read(select(moves.move_id).where(moves.account_id.in_(_EVERYONE)).limit(1)))


def _key_uses(state: State, read: Read, known: rows.Known) -> None:
    keys = state.key_numbers
    for row in read(select(schema.key_uses).order_by(schema.key_uses.c.use_id)):
        known.use_id = row.use_id
        known.used_keys |= rows.restore_uses(row.keys, keys, known.nonces)
    remembered: dict[int, list[int]] = {}
    for row in read(select(schema.key_nonces)):
        remembered.setdefault(row.key_id, []).extend(known.nonces.restore(row.key_id, row.nonces))
    for number, key in keys.items():
        if key.nonce_window:
            key.remember([*remembered.get(number, ()), *known.nonces.untold(number)])


def _ledger(state: State, read: Read, known: rows.Known) -> None:
    ledger = state.ledger
    for row in read(select(schema.purses)):
        purse = ledger.purse(row.account_id, row.wallet, state.assets[row.asset])
        schema.PURSES.restore(purse, row)
        purse.used = True
        known.purses.add((row.account_id, row.wallet, row.asset))
    for account_id in known.streams_of:
        newest = list(read(_newest_postings(account_id)))
        last = newest[0]
        ledger.resume(account_id, last.seq, last.posting_id, last.entry_id)
        rows.restore_tail(newest[: last.seq % schema.MARK_EVERY], known)


def _streams(read: Read, known: rows.Known) -> None:
    streams, ranks = schema.posting_streams, schema.posting_ranks
    mine = (ranks.c.account_id == streams.c.account_id, ranks.c.stream_id == streams.c.stream_id)
    length = select(ranks.c.nth).where(*mine).order_by(ranks.c.seq.desc()).limit(1)
    for account_id, stream_id, *alike, incoming, nth in read(select(streams, length.scalar_subquery())):
        wallet, asset, kind = alike
        known.add_stream((account_id, wallet, asset, kind, bool(incoming)), rows.Stream(stream_id, nth or 0))


def _newest_postings(account_id: int) -> Select[Any]:
    """One step down the key; a maximum per account would read every posting there is."""
    postings = schema.postings.c
    mine = select(schema.postings).where(postings.account_id == account_id)
    return mine.order_by(postings.seq.desc()).limit(schema.MARK_EVERY)


def _orders(state: State, read: Read, known: rows.Known) -> None:
    orders = schema.orders.c
    live = select(schema.orders).where(orders.account_id.in_(_EVERYONE), orders.closed_ns == 0)
    for order in map(schema.ORDERS.from_row, read(live.order_by(func.abs(orders.order_id)))):
        state.enlist(state.accounts[order.account_id], order)
    for order in sorted(state.live_orders.values(), key=lambda order: order.queue):
        if order.queue:
            state.markets[order.market].book.side(order.side).add(order)
    for row in read(select(schema.books)):
        known.sequences[row.market] = row.sequence
        state.markets[row.market].book.resume(row.sequence)
    for row in read(select(schema.cancel_timers)):
        state.accounts[row.account_id].cancel_timer = schema.CANCEL_TIMERS.from_row(row)
    for row in read(select(schema.fired_timers)):
        state.accounts[row.account_id].fired_timer = schema.FIRED_TIMERS.from_row(row)
    known.order_id, known.house_order_id = state.counters.order_id, state.counters.house_order_id


def _volumes(state: State, read: Read) -> None:
    fills = schema.fills.c
    oldest_ns = (state.now_ns // HOUR_NS - WINDOW_HOURS) * HOUR_NS
    hour = (fills.at_ns // HOUR_NS).label("hour")
    for account_id, hour_of_day, volume in read(
        select(fills.account_id, hour, func.sum(fills.volume_usd))
        .where(fills.account_id.in_(_EVERYONE), *marks.later(fills.fill_id, fills.at_ns, oldest_ns - 1))
        .group_by(fills.account_id, hour)
        .order_by(fills.account_id, hour)
    ):
        state.accounts[account_id].volume.add(hour_of_day * HOUR_NS, int(volume))
    for row in read(select(schema.valuations)):
        state.accounts[row.account_id].assets.restore(schema.VALUATIONS.from_row(row))


def _transfers(state: State, read: Read, known: rows.Known) -> None:
    known.transfer_id = state.counters.transfer_id
    every = select(schema.transfers).order_by(schema.transfers.c.transfer_id)
    found = (schema.TRANSFERS.from_row(row) for remembered in _REMEMBERED for row in read(every.where(remembered)))
    state.transfers |= dict(sorted({transfer.transfer_id: transfer for transfer in found}.items()))


def _market(ms: MarketState, read: Read, known: rows.Known) -> None:
    symbol = ms.market.symbol
    trades, candles, quotes = schema.trades, schema.candles, schema.quotes
    newest_trade = select(trades).where(trades.c.market == symbol).order_by(trades.c.trade_id.desc()).limit(1)
    found = list(read(newest_trade))
    if found:
        last = found[0]
        ms.trade_id = last.trade_id
        points = select(trades.c.at_ns, trades.c.price_ticks, trades.c.qty_lots)
        day_ns = last.at_ns // SECOND_NS * SECOND_NS - DAY_NS
        later = marks.later(trades.c.trade_id, trades.c.at_ns, day_ns - 1, symbol)
        recent = points.where(trades.c.market == symbol, *later).order_by(trades.c.trade_id)
        ms.stats.restore((tuple(row) for row in read(recent)), schema.TRADES.from_row(last))
        for minutes in MINUTES:
            mine = select(candles).where(candles.c.market == symbol, candles.c.minutes == minutes)
            newest = list(read(mine.order_by(candles.c.start_s.desc()).limit(KEPT + 1)))
            ms.candles.restore(minutes, [schema.CANDLES.from_row(row) for row in reversed(newest)])
            if newest:
                known.candles[symbol, minutes] = newest[0].start_s
    mine = select(quotes).where(quotes.c.market == symbol).order_by(quotes.c.number.desc())
    ms.quotes.extend(reversed([schema.QUOTES.from_row(row) for row in read(mine.limit(ms.quotes.maxlen))]))
