"""Beginning a world again at an earlier moment: possible while nothing but openings happened in it.

A test wants its world at a date of its own, and time never goes back in a world where something happened. A world
that only has accounts, keys and saved addresses can simply be begun again then: the same accounts with the same ids,
keys and opening balances, all dated anew.
"""

from seatrial.core.accounts import ApiKey
from seatrial.core.commands import IssueKey, OpenAccount, SaveDestination
from seatrial.core.machine import Machine, Outcome
from seatrial.core.rejects import Reject
from seatrial.core.state import AccountState, State


def is_untouched(state: State) -> bool:
    """Whether the world can begin again: no order, no funding, no token so far, whatever the house did by itself."""
    given_out = state.counters
    return not (given_out.order_id or given_out.transfer_id or given_out.address_id or given_out.token_id)


def reopened(old: State, fresh: State, at_ns: int) -> State:
    """The world of an untouched state, begun at `at_ns` in a fresh one."""
    assert is_untouched(old), "something happened in it"
    machine = Machine(fresh)
    for account in old.accounts.values():
        must(machine.apply(_opening(old, account), at_ns))
        for destination in account.destinations.values():
            saved = {name: getattr(destination, name) for name in SaveDestination.__struct_fields__}
            must(machine.apply(SaveDestination(**saved), at_ns))
    for key in sorted(old.keys.values(), key=lambda key: key.key_id):
        must(machine.apply(_issuing(key), at_ns))
        issued = fresh.keys[key.public]
        issued.highest_nonce, issued.recent_nonces = key.highest_nonce, key.recent_nonces
    fresh.delays = fresh.changes.delays = old.delays
    fresh.set_modes(old.modes)
    fresh.changes.modes = old.modes
    return fresh


def _opening(old: State, account: AccountState) -> OpenAccount:
    facts = account.account
    balances = tuple((purse.wallet, purse.asset.code, purse.total) for purse in old.ledger.of_account(facts.account_id))
    return OpenAccount(
        facts.name,
        facts.venue,
        facts.tier,
        facts.rate_limits,
        facts.trading_wallet,
        facts.funding_wallet,
        balances,
        check_timestamps=facts.check_timestamps,
    )


def _issuing(key: ApiKey) -> IssueKey:
    return IssueKey(
        key.account_id, key.name, key.public, key.secret, key.permissions, key.nonce_window, key.one_time_password,
        key.totp_secret, key.valid_until_ns, key.query_from_ns, key.query_to_ns, key.ip_allowlist,
    )  # fmt: skip


def must(outcome: Outcome) -> None:
    """A command that cannot be refused: a refusal is a bug."""
    assert not isinstance(outcome, Reject), outcome
