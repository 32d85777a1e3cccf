"""Beginning a world again at an earlier moment: possible while nothing but openings happened in it.

A test wants its world at a date of its own, and time never goes back in a world where something happened. A world
that only has accounts, sub-accounts, keys and saved addresses can simply be begun again then: the same accounts with
the same ids, keys and opening balances, all dated anew.
"""

from seatrial.core.account_state import AccountState
from seatrial.core.accounts import ApiKey
from seatrial.core.commands import IssueKey, OpenAccount, SaveDestination
from seatrial.core.funding import Transfer, TransferStatus
from seatrial.core.machine import Machine, Outcome
from seatrial.core.rejects import Reject
from seatrial.core.state import State


def what_happened(state: State) -> str | None:
    """What keeps the world from beginning again, without what the house did by itself; None if nothing does."""
    given_out, accounts = state.counters, state.accounts.values()
    if given_out.order_id or any(account.cancel_timer for account in accounts):
        return "orders"
    openings = sum(map(_is_opening, state.transfers.values()))
    if given_out.address_id or given_out.transfer_id != openings:
        return "funding"
    if state.funds_moved:
        return "transfers between wallets"
    return "tokens" if given_out.token_id else None


def _is_opening(transfer: Transfer) -> bool:
    return transfer.opening and transfer.status is TransferStatus.SUCCESS and transfer.note is None


def reopened(old: State, fresh: State, at_ns: int) -> State:
    """Begin the world of an untouched state at `at_ns`, in a fresh state."""
    assert what_happened(old) is None, "something happened in it"
    machine = Machine(fresh)
    deposits: dict[int, list[Transfer]] = {}
    for transfer in old.transfers.values():
        deposits.setdefault(transfer.account_id, []).append(transfer)
    for account_id, account in old.accounts.items():
        must(machine.apply(_opening(old, account, deposits.get(account_id, [])), at_ns))
        for destination in account.destinations.values():
            saved = {name: getattr(destination, name) for name in SaveDestination.__struct_fields__}
            must(machine.apply(SaveDestination(**saved), at_ns))
    for key in sorted(old.keys.values(), key=lambda key: key.key_id):
        fresh.counters.key_id = key.key_id - 1  # others were revoked, and a key's texts follow from its number
        must(machine.apply(_issuing(key), at_ns))
        issued = fresh.keys[key.public]
        issued.highest_nonce, issued.recent_nonces = key.highest_nonce, key.recent_nonces
    fresh.counters.key_id = old.counters.key_id
    fresh.delays = fresh.changes.delays = old.delays
    fresh.set_modes(old.modes)
    fresh.changes.modes = old.modes
    fresh.set_as_of(old.as_of_ns)
    fresh.changes.as_of_ns = old.as_of_ns
    return fresh


def _opening(old: State, account: AccountState, deposits: list[Transfer]) -> OpenAccount:
    """The same balances. Those that came in as deposits come first, in their order, so that they keep their ids."""
    facts = account.account
    came_in = {(deposit.wallet, deposit.asset): deposit.amount for deposit in deposits}
    owned = {(purse.wallet, purse.asset.code): purse.total for purse in old.ledger.of_account(facts.account_id)}
    balances = tuple((*place, units) for place, units in (came_in | owned).items())
    return OpenAccount(
        facts.name, facts.venue, facts.tier, facts.rate_limits, facts.trading_wallet, facts.funding_wallet, balances,
        facts.parent_id, facts.access, facts.note, facts.check_timestamps, by_deposit=bool(deposits),
    )  # fmt: skip


def _issuing(key: ApiKey) -> IssueKey:
    return IssueKey(
        key.account_id, key.name, key.public, key.secret, key.permissions, key.nonce_window, key.one_time_password,
        key.totp_secret, key.valid_until_ns, key.query_from_ns, key.query_to_ns, key.ip_allowlist,
    )  # fmt: skip


def must(outcome: Outcome) -> None:
    """A command that cannot be refused: a refusal is a bug."""
    assert not isinstance(outcome, Reject), outcome
