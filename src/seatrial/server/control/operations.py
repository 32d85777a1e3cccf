"""What the control API can do: one table, one handler per line."""

from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import UNSET

from seatrial import version
from seatrial.client import shapes
from seatrial.core.account_state import AccountState
from seatrial.core.commands import ChooseFeePayment, DriveTransfer, SaveDestination, SeeDeposit, SetAsOf, SetDelays
from seatrial.core.facts import (
    AccountOpened,
    DepositSeen,
    DestinationSaved,
    FeePaymentChosen,
    KeyIssued,
    TransferMoved,
)
from seatrial.core.funding import STEPS, Delays, Direction, Transfer
from seatrial.core.machine import Outcome
from seatrial.core.money import format_units
from seatrial.core.queries import FundingPage, TransfersById
from seatrial.core.rejects import Reject
from seatrial.dialects.wire import Dialect
from seatrial.server.control import times, views, words
from seatrial.server.control.context import Context, Operation, Problem, applied, known_account_id, only, read
from seatrial.server.control.events import EVENTS_OPERATIONS
from seatrial.server.control.market_operations import MARKET_OPERATIONS
from seatrial.server.host.opening import account_command, asset_of, fee_payment_of, key_command, units_of
from seatrial.store.errors import StoreError
from seatrial.world.beginning import what_happened
from seatrial.world.clock import LATEST_NS, iso


async def health(context: Context) -> shapes.Health:
    return shapes.Health("ok", context.world.name, iso(_now(context)), list(context.world.dialects), version())


async def list_accounts(context: Context) -> list[shapes.AccountView]:
    keys: dict[int, list[str]] = {}
    for key in context.state.keys.values():
        keys.setdefault(key.account_id, []).append(key.public)
    return [_account_view(context, account, keys.get(number, [])) for number, account in context.state.accounts.items()]


async def open_account(context: Context) -> shapes.OpenedAccount:
    wanted: shapes.NewAccount = context.body
    venue = wanted.venue.lower()
    dialect = context.world.dialects.get(venue)
    if dialect is None:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"unknown venue {wanted.venue!r}: one of {', '.join(context.world.dialects)}",
        )
    name = wanted.name or f"account-{context.state.counters.account_id + 1}"
    command = read(
        account_command, context.state, dialect, venue, name, wanted.balances,
        tier=wanted.tier, rate_limits=wanted.rate_limits, opening=wanted.opening,
        check_timestamps=wanted.check_timestamps,
    )  # fmt: skip
    key = key_command(context.state, dialect, context.state.counters.account_id + 1, "first")
    outcomes = await context.world.operator.apply_all(command, key)
    account = only(outcomes[0], AccountOpened).account
    return shapes.OpenedAccount(
        account.account_id, account.name, account.venue, key.public, key.secret, key.one_time_password or UNSET
    )


async def choose_fee_asset(context: Context) -> shapes.FeeView:
    wanted: shapes.FeeChoice = context.body
    account, dialect = _account(context)
    number = account.account.account_id
    payment = read(fee_payment_of, dialect, number, wanted.asset)
    await applied(context, ChooseFeePayment(number, payment), FeePaymentChosen)
    return shapes.FeeView(number, None if payment is None else payment.asset)


async def issue_key(context: Context) -> shapes.IssuedKey:
    wanted: shapes.NewKey = context.body
    account, dialect = _account(context)
    allowed = dialect.opening.permissions
    named = wanted.permissions
    permissions = allowed if named is None else read(words.permissions_of, named, allowed)
    plain = key_command(context.state, dialect, account.account.account_id, wanted.name)
    fields = read(words.key_fields, wanted, plain.one_time_password)
    command = msgspec.structs.replace(plain, permissions=permissions, **fields)
    issued = await applied(context, command, KeyIssued)
    return shapes.IssuedKey(
        account.account.account_id, wanted.name, issued.public, command.secret, sorted(permissions),
        UNSET if plain.one_time_password is None else command.one_time_password or UNSET,
    )  # fmt: skip


async def see_deposit(context: Context) -> shapes.TransferView:
    wanted: shapes.NewDeposit = context.body
    account, dialect = _account(context)
    code = read(asset_of, context.state, dialect, wanted.asset)
    amount = read(units_of, context.state, code, wanted.amount)
    fee = None if wanted.fee is None else read(units_of, context.state, code, wanted.fee)
    if fee is not None and fee >= amount:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY, "the fee is taken out of the amount, so it must be less than the amount"
        )
    command = SeeDeposit(
        account.account.account_id, code, amount, wanted.method, wanted.txid, wanted.address, wanted.manual, fee
    )
    return _transfer_view(context, (await _seen(context, command)).transfer)


async def save_destination(context: Context) -> shapes.DestinationView:
    wanted: shapes.NewDestination = context.body
    account, dialect = _account(context)
    read(words.check_destination, wanted)
    code = read(asset_of, context.state, dialect, wanted.asset)
    method = context.state.method(code, wanted.method)
    command = SaveDestination(
        account.account.account_id, code, wanted.method or (method.name if method else ""), wanted.key,
        wanted.address, wanted.tag, wanted.verified,
    )  # fmt: skip
    outcome = await context.world.operator.apply(command)
    _check_method(context, outcome, code, wanted.method)
    saved = only(outcome, DestinationSaved).destination
    return shapes.DestinationView(saved.name, saved.asset, saved.method, saved.address, saved.tag, saved.verified)


async def list_funding(context: Context) -> list[shapes.TransferView]:
    wanted, before = context.query.get("account"), context.query.get("before")
    account_id = None if wanted is None else known_account_id(context, wanted)
    before_id = None if before is None else _transfer_number(context, before)
    if before is not None and before_id is None:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"before must be a refid, such as GET /funding shows, not {before!r}"
        )
    limit = read(words.limit_of, context.query.get("limit"), USUAL_FUNDING, MAX_FUNDING)
    house = context.state.house  # what it was given is on no wire
    page: Any = await context.world.lookups.find(
        FundingPage(account_id, before_id, limit, None if house is None else house.account.account_id)
    )
    return [_transfer_view(context, transfer) for transfer in page.rows]


async def drive_transfer(context: Context) -> shapes.TransferView:
    """A finished transfer is in the store alone, so the next step waits until the last one is stored."""
    wanted: shapes.Step = context.body
    number = _transfer_number(context, context.path["refid"])
    if wanted.status is None and wanted.status_prop is None:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "give a status, a status_prop, or both")
    status, note = read(words.status_of, wanted.status), read(words.note_of, wanted.status_prop)
    async with context.world.turns.of(("transfer", number)):
        command, transfer = DriveTransfer(number or 0, status, note), context.state.transfers.get(number or 0)
        if transfer is None:
            transfer = await _stored(context, number)
            command = msgspec.structs.replace(command, finished=transfer)
        outcome = await context.world.operator.apply(command)
        if outcome is Reject.STEP_NOT_ALLOWED:
            raise Problem(HTTPStatus.CONFLICT, _no_step(transfer))
        return _transfer_view(context, only(outcome, TransferMoved).transfer)


async def _stored(context: Context, number: int | None) -> Transfer:
    """A transfer that is not in the world's memory any more."""
    found: Any = [] if number is None else await context.world.lookups.find(TransfersById((number,)))
    if not found:
        raise Problem(HTTPStatus.NOT_FOUND, f"there is no transfer {context.path['refid']!r}: GET /funding lists them")
    (transfer,) = found
    assert isinstance(transfer, Transfer), transfer
    return transfer


async def read_delays(context: Context) -> shapes.DelaysView:
    return views.delays_view(context.state.delays)


async def set_delays(context: Context) -> shapes.DelaysView:
    delays: Delays = read(words.merge_delays, context.state.delays, context.body)
    await context.world.operator.apply(SetDelays(delays))
    return views.delays_view(context.state.delays)


async def read_clock(context: Context) -> shapes.ClockView:
    return _clock_view(context)


async def set_clock(context: Context) -> shapes.ClockView:
    """Comes back when all that fell due has happened."""
    wanted: shapes.ClockChange = context.body
    await context.world.commits.settled()
    clock, here_ns = context.world.clock, _now(context)
    target_ns = here_ns if wanted.now is None else read(times.read_moment, wanted.now)
    if wanted.advance is not None:
        target_ns += read(times.read_duration, wanted.advance)
    goes_back = target_ns < here_ns
    happened = what_happened(context.state) if goes_back else None
    if happened is not None:
        raise Problem(
            HTTPStatus.CONFLICT,
            f"time does not go back: the world is at {iso(here_ns)}, and there were {happened} in it;"
            " start another world with `seatrial serve` and --memory or another --data, or restore a backup",
        )
    if target_ns > LATEST_NS:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"the world's time ends at {iso(LATEST_NS)}: choose an earlier moment"
        )
    speed_ppm = None if wanted.speed is None else read(times.read_speed, wanted.speed)
    if wanted.as_of is not None:
        await context.world.operator.apply(SetAsOf(read(times.read_as_of, wanted.as_of)))
    is_moved = wanted.now is not None or wanted.advance is not None
    clock.set(frozen=wanted.frozen, speed_ppm=speed_ppm, now_ns=target_ns if is_moved else None)
    if goes_back:
        await context.world.operator.begin_again(target_ns)
    await context.world.time.pass_time()
    context.world.time.rearm()
    return _clock_view(context)


async def restore(context: Context) -> shapes.Restored:
    wanted: shapes.Restore = context.body
    file = Path(wanted.file)
    if not file.is_absolute():
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "give the whole path of the file, from / on")
    try:
        await context.world.recovery.restore(file)
    except StoreError as error:
        raise Problem(HTTPStatus.CONFLICT, str(error)) from error
    return shapes.Restored(str(file), iso(_now(context)))


async def read_restore(context: Context) -> shapes.RestoreView:
    restoring, last = context.world.recovery.restoring, context.world.recovery.restored
    told = None if last is None else shapes.RestoreOutcome(last.file, last.restored, last.detail)
    if restoring is None:
        return shapes.RestoreView(restoring=False, refuses_calls=False, last=told)
    return shapes.RestoreView(
        restoring=True, refuses_calls=restoring.refuses_calls, file=restoring.file, step=restoring.step,
        done=restoring.done, of=restoring.of, last=told,
    )  # fmt: skip


async def read_books(context: Context) -> shapes.Books:
    return views.books(context.state)


USUAL_FUNDING: Final = 100
MAX_FUNDING: Final = 1_000
"""How many transfers one list has."""

OPERATIONS: Final = (
    Operation("GET", "/health", "Whether the world answers.", health, shapes.Health),
    Operation("GET", "/accounts", "All accounts, without their secrets.", list_accounts, list[shapes.AccountView]),
    Operation(
        "POST", "/accounts", "Open an account with balances and a key that may do everything.",
        open_account, shapes.OpenedAccount, shapes.NewAccount, body_required=False, status=HTTPStatus.CREATED,
    ),
    Operation(
        "POST", "/accounts/{id}/fees", "Have another asset pay trading fees, where the venue has one.",
        choose_fee_asset, shapes.FeeView, shapes.FeeChoice,
    ),
    Operation(
        "POST", "/accounts/{id}/keys", "Issue a key, with these permissions and limits.",
        issue_key, shapes.IssuedKey, shapes.NewKey, body_required=False, status=HTTPStatus.CREATED,
    ),
    Operation(
        "POST", "/accounts/{id}/deposits", "Let a deposit show up; the clock or you confirm it.",
        see_deposit, shapes.TransferView, shapes.NewDeposit, status=HTTPStatus.CREATED,
    ),
    Operation(
        "POST", "/accounts/{id}/withdraw-keys", "Save an address to withdraw to, under a name.",
        save_destination, shapes.DestinationView, shapes.NewDestination, status=HTTPStatus.CREATED,
    ),
    Operation(
        "GET", "/funding", "Deposits and withdrawals, newest first.", list_funding, list[shapes.TransferView],
        filters={
            "account": "Only this account's, by id or name.",
            "limit": f"How many: {USUAL_FUNDING} if it is left out, {MAX_FUNDING} at most.",
            "before": "A refid: the list has those before it, so the last one of a list continues it.",
        },
    ),
    Operation(
        "POST", "/funding/{refid}", "Take one step of a transfer's life cycle, or set its status_prop.",
        drive_transfer, shapes.TransferView, shapes.Step,
    ),
    Operation("GET", "/delays", "How long transfers stay in each status.", read_delays, shapes.DelaysView),
    Operation(
        "POST", "/delays", "Change how long transfers stay in each status.",
        set_delays, shapes.DelaysView, shapes.DelaysChange,
    ),
    Operation("GET", "/clock", "The world's time.", read_clock, shapes.ClockView),
    Operation(
        "POST", "/clock", "Freeze, set, advance or speed up the clock; answers once all that is due has happened.",
        set_clock, shapes.ClockView, shapes.ClockChange,
    ),
    Operation(
        "GET", "/restore", "How far a backup is that is being restored, and what came of the last one.",
        read_restore, shapes.RestoreView, waits=False,
    ),
    Operation(
        "POST", "/restore", "Put the world of a backup, a file on the server's machine, in the place of this one.",
        restore, shapes.Restored, shapes.Restore,
    ),
    Operation("GET", "/books", "The trial balance, and the exchange's own accounts.", read_books, shapes.Books),
    *MARKET_OPERATIONS,
    *EVENTS_OPERATIONS,
)  # fmt: skip


async def _seen(context: Context, command: SeeDeposit) -> DepositSeen:
    """The deposit, or what is wrong with it and what would be right."""
    outcome = await context.world.operator.apply(command)
    _check_method(context, outcome, command.asset, command.method)
    method = context.state.method(command.asset, command.method)
    if outcome is Reject.AMOUNT_INVALID and method is not None:
        fee = method.deposit_fee if command.fee is None else command.fee
        minimum = format_units(max(method.deposit_minimum, fee + 1), method.asset.scale)
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"a deposit of {command.asset} by {method.name} must be at least {minimum} and fit into the books",
        )
    seen: DepositSeen = only(outcome, DepositSeen)
    return seen


def _check_method(context: Context, outcome: Outcome, asset: str, wanted: str | None) -> None:
    methods = [method.name for method in context.state.methods.get(asset, [])]
    if outcome is Reject.METHOD_UNKNOWN and methods:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"{asset} has no such method {wanted!r}: one of {', '.join(methods)}"
        )


def _no_step(transfer: Transfer) -> str:
    """Which steps there are instead."""
    here = (transfer.direction, transfer.status)
    there = [words.STATUS_TEXTS[to] for direction, status, to in STEPS if (direction, status) == here]
    instead = f"it can go to {' or '.join(there)}" if there else "it has come to its end"
    status_text = words.STATUS_TEXTS[transfer.status]
    return f"a {transfer.direction.value} in status {status_text} cannot take that step: {instead}"


def _account(context: Context) -> tuple[AccountState, Dialect]:
    """The account that the path names, by id or by name."""
    account_id = known_account_id(context, context.path["id"])
    account = context.state.accounts[account_id]
    dialect = context.world.dialects.get(account.account.venue)
    if dialect is None:
        raise Problem(
            HTTPStatus.CONFLICT,
            f"{account.account.name!r} makes markets and has no keys and no funding: name another account",
        )
    return account, dialect


def _transfer_number(context: Context, ref: str) -> int | None:
    numbers = (dialect.transfer_number(ref) for dialect in context.world.dialects.values())
    return next((number for number in numbers if number is not None), None)


def _account_view(context: Context, account: AccountState, keys: list[str]) -> shapes.AccountView:
    facts = account.account
    balances: dict[str, int] = {}
    wallets: dict[str, dict[str, str]] = {}
    for purse in context.state.ledger.of_account(facts.account_id):
        code = purse.asset.code
        balances[code] = balances.get(code, 0) + purse.settled
        wallets.setdefault(purse.wallet, {})[code] = format_units(purse.settled, purse.asset.scale)
    return shapes.AccountView(
        facts.account_id, facts.name, facts.venue, facts.tier, facts.rate_limits, facts.check_timestamps,
        {code: format_units(units, context.state.assets[code].scale) for code, units in balances.items()},
        wallets, keys,
    )  # fmt: skip


def _transfer_view(context: Context, transfer: Transfer) -> shapes.TransferView:
    account = context.state.accounts[transfer.account_id].account
    scale = context.state.assets[transfer.asset].scale
    return shapes.TransferView(
        context.world.dialects[account.venue].transfer_ref(context.state, transfer), transfer.account_id,
        "deposit" if transfer.direction is Direction.DEPOSIT else "withdrawal", transfer.asset, transfer.method,
        format_units(transfer.amount, scale), format_units(transfer.fee, scale),
        words.STATUS_TEXTS[transfer.status], transfer.note and words.NOTE_TEXTS[transfer.note],
        transfer.address, transfer.tag, transfer.chain_tx, transfer.destination, iso(transfer.created_ns),
        iso(transfer.due_ns) if transfer.due_ns else None,
    )  # fmt: skip


def _now(context: Context) -> int:
    return context.world.time.now_ns()


def _clock_view(context: Context) -> shapes.ClockView:
    now_ns, note, due_ns = _now(context), context.world.clock.note, context.state.next_due_ns
    return shapes.ClockView(
        iso(now_ns), now_ns, note.frozen, note.speed_ppm / 10**6, iso(due_ns) if due_ns else None,
        views.day_of(context.state.as_of_ns),
    )  # fmt: skip
