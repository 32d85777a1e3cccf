"""The account that a world has at each venue from its beginning, and how to reach the world with its keys."""

from collections.abc import Mapping
from typing import Final

from msgspec import UNSET

from seatrial import version
from seatrial.core.machine import Machine
from seatrial.dialects.registry import venues
from seatrial.dialects.venue import Venue
from seatrial.dialects.wire import Dialect
from seatrial.server.host.connection import Connection, KeyedAccount
from seatrial.server.host.opening import account_command, key_command
from seatrial.world.beginning import must
from seatrial.world.world import World

DEMO_KEY: Final = "demo"
COMMAND_LINE_KEY: Final = "command line"
"""A key of its own for `seatrial api`: clients count nonces in different units and would lock each other out."""


def connection_of(world: World, url: str, *, key_name: str = DEMO_KEY) -> Connection:
    """How to reach a world that answers at a URL, with its demo accounts' keys of that name."""
    state = world.machine.state
    names = {venue.name: venue.demo.account for venue in venues()}
    keyed = ((state.accounts[key.account_id].account, key) for key in state.keys.values() if key.name == key_name)
    accounts = tuple(
        KeyedAccount(
            account.account_id, account.name, account.venue, key.public, key.secret, key.one_time_password or UNSET
        )
        for account, key in keyed
        if account.name == names.get(account.venue)
    )
    return Connection(url, f"{url}/_seatrial/v1", world.name, accounts, version())


def open_demo_accounts(machine: Machine, dialects: Mapping[str, Dialect], at_ns: int) -> None:
    """One at each venue where nobody has an account yet, if its name is free."""
    spoken = {account.account.venue for account in machine.state.accounts.values()}
    for venue in venues():
        if venue.name not in spoken and venue.demo.account not in machine.state.account_names:
            _open_demo_account(machine, venue, dialects[venue.name], at_ns)


def _open_demo_account(machine: Machine, venue: Venue, dialect: Dialect, at_ns: int) -> None:
    account, owned = venue.demo
    balances = {text: amount for text, amount in owned.items() if _is_there(machine, dialect, text)}
    command = account_command(machine.state, dialect, venue.name, account, balances)
    must(machine.apply(command, at_ns))
    account_id = machine.state.counters.account_id
    for name in (DEMO_KEY, COMMAND_LINE_KEY):
        must(machine.apply(key_command(machine.state, dialect, account_id, name), at_ns))


def _is_there(machine: Machine, dialect: Dialect, text: str) -> bool:
    """Whether the catalogue has what a demo account would have."""
    code = dialect.asset_code(text.rpartition(":")[2])
    return code is not None and machine.state.assets.get(code) is not None
