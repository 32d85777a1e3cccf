"""Accounts, keys and tokens: opening, issuing, what pays fees, and spending a nonce."""

from seatrial.core import treasury
from seatrial.core.account_state import AccountState
from seatrial.core.accounts import HOUSE, Account, ApiKey, Token
from seatrial.core.assets import spent_as
from seatrial.core.commands import (
    ChangeKey,
    ChooseFeePayment,
    IssueKey,
    IssueToken,
    OpenAccount,
    RevokeKey,
    SpendNonce,
)
from seatrial.core.facts import (
    AccountOpened,
    FeePaymentChosen,
    KeyChanged,
    KeyIssued,
    KeyRevoked,
    NonceSpent,
    TokenIssued,
)
from seatrial.core.postings import EntryKind
from seatrial.core.rejects import Reject
from seatrial.core.state import State
from seatrial.core.valuing import assets_usd, fees_look_at_assets
from seatrial.core.volume import PlatformAssets


def open_account(state: State, command: OpenAccount, at_ns: int) -> Reject | None:
    """A new client with its opening balances: deposits that have arrived, or transfers. See docs/decisions/0007."""
    if command.name in state.account_names or (command.venue == HOUSE and state.house is not None):
        return Reject.ACCOUNT_NAME_TAKEN
    if any(state.assets.get(code) is None for _, code, _ in command.balances):
        return Reject.ASSET_UNKNOWN
    if command.parent_id and command.parent_id not in state.accounts:
        return Reject.ACCOUNT_UNKNOWN
    if not _fits(state, command):
        return Reject.AMOUNT_INVALID
    state.counters.account_id += 1
    account = Account(
        state.counters.account_id, command.name, command.venue, command.tier, command.rate_limits,
        command.trading_wallet, command.funding_wallet, at_ns, command.parent_id, command.access, command.note,
        command.check_timestamps,
    )  # fmt: skip
    add_account(state, account)
    state.changes.accounts.append(account)
    state.facts.append(AccountOpened(at_ns, account))
    for wallet, code, units in command.balances:
        purse = state.ledger.purse(account.account_id, wallet, state.assets[code])
        state.ledger.touch(purse)
        if command.by_deposit and units and treasury.is_depositable(state, purse.asset):
            treasury.open_with_deposit(state, purse, units, at_ns)
        else:
            state.counters.move_id += 1
            state.ledger.bring_in(purse, EntryKind.TRANSFER, state.counters.move_id, at_ns, units, 0)
    return None


def _fits(state: State, command: OpenAccount) -> bool:
    sums: dict[str, int] = {}
    for _, code, units in command.balances:
        sums[spent_as(code)] = sums.get(spent_as(code), 0) + units
    enough = all(units >= 0 for _, _, units in command.balances)
    return enough and all(state.ledger.has_room(state.assets[code], units) for code, units in sums.items())


def add_account(state: State, account: Account) -> None:
    """Take an account, new or stored, into the world."""
    number = account.account_id
    assets = PlatformAssets(lambda: assets_usd(state, number), counts=fees_look_at_assets(state, account.venue))
    state.accounts[number] = opened = AccountState(account, state.ledger, assets)
    opened.set_as_of(state.as_of_ns)
    state.account_names[account.name] = number
    if account.venue == HOUSE:
        state.house = opened


def choose_fee_payment(state: State, command: ChooseFeePayment, at_ns: int) -> Reject | None:
    """Another asset pays an account's trading fees from now on, or none does."""
    account, payment = state.accounts.get(command.account_id), command.payment
    if account is None:
        return Reject.ACCOUNT_UNKNOWN
    if payment is not None and None in (state.assets.get(payment.asset), state.assets.get(payment.unit)):
        return Reject.ASSET_UNKNOWN
    account.choose_payment(payment)
    state.changes.fee_payments[command.account_id] = payment
    state.facts.append(FeePaymentChosen(at_ns, command.account_id, payment))
    return None


def issue_key(state: State, command: IssueKey, at_ns: int) -> Reject | None:
    """A new key to an account."""
    if command.account_id not in state.accounts:
        return Reject.ACCOUNT_UNKNOWN
    if command.public in state.keys:
        return Reject.KEY_TAKEN
    state.counters.key_id += 1
    key = ApiKey(
        state.counters.key_id, command.account_id, command.name, command.public, command.secret, command.permissions,
        command.nonce_window, command.one_time_password, command.totp_secret, command.valid_until_ns,
        command.query_from_ns, command.query_to_ns, command.ip_allowlist, at_ns,
    )  # fmt: skip
    state.add_key(key)
    state.changes.keys[key.key_id] = key
    state.facts.append(
        KeyIssued(
            at_ns, key.key_id, key.account_id, key.name, key.public, key.permissions, key.nonce_window,
            key.valid_until_ns, key.query_from_ns, key.query_to_ns, key.ip_allowlist,
        )
    )  # fmt: skip
    return None


def change_key(state: State, command: ChangeKey, at_ns: int) -> Reject | None:
    """Other rights for one of an account's keys, from now on."""
    key = _own_key(state, command)
    if key is None:
        return Reject.KEY_UNKNOWN
    if command.permissions is not None:
        key.permissions = command.permissions
    if command.ip_allowlist is not None:
        key.ip_allowlist = command.ip_allowlist
    if command.valid_until_ns is not None:
        key.valid_until_ns = command.valid_until_ns
    state.changes.changed_keys[key.key_id] = key
    state.facts.append(
        KeyChanged(at_ns, key.key_id, key.account_id, key.permissions, key.ip_allowlist, key.valid_until_ns)
    )
    return None


def revoke_key(state: State, command: RevokeKey, at_ns: int) -> Reject | None:
    """Take one of an account's keys away."""
    key = _own_key(state, command)
    if key is None:
        return Reject.KEY_UNKNOWN
    state.drop_key(key)
    state.changes.revoked_keys.append(key.key_id)
    state.facts.append(KeyRevoked(at_ns, key.key_id, key.account_id))
    return None


def _own_key(state: State, command: ChangeKey | RevokeKey) -> ApiKey | None:
    """The key that is named, if it is the account's."""
    key = state.keys.get(command.public)
    return key if key is not None and key.account_id == command.account_id else None


def spend_nonce(state: State, command: SpendNonce, at_ns: int) -> Reject | None:
    """Take a key's nonce, once."""
    key = state.keys.get(command.public)
    if key is None:
        return Reject.KEY_UNKNOWN
    if not key.take_nonce(command.nonce, at_ns):
        return Reject.NONCE_USED
    state.changes.keys[key.key_id] = key
    if key.nonce_window:
        state.changes.nonces.setdefault(key.key_id, []).append(command.nonce)
    state.facts.append(NonceSpent(at_ns, key.key_id, key.account_id, command.nonce))
    return None


def issue_token(state: State, command: IssueToken, at_ns: int) -> Reject | None:
    """A token for a private feed. Expired ones are forgotten."""
    state.counters.token_id += 1
    token = Token(state.counters.token_id, command.account_id, command.key_id, at_ns + command.lifetime_ns)
    for number in [number for number, old in state.tokens.items() if old.expires_ns <= at_ns]:
        del state.tokens[number]
    state.tokens[token.token_id] = token
    state.changes.tokens.append(token)
    state.facts.append(TokenIssued(at_ns, token.token_id, token.account_id, token.key_id, token.expires_ns))
    return None
