"""New accounts and keys, from texts as people write them to commands."""

from collections.abc import Container, Iterable, Mapping
from typing import Final

from msgspec.structs import replace

from seatrial.core.accounts import FeePayment
from seatrial.core.commands import IssueKey, OpenAccount
from seatrial.core.money import parse_units
from seatrial.core.state import State
from seatrial.dialects.wire import Dialect

DEPOSIT: Final = "deposit"
TRANSFER: Final = "transfer"
OPENINGS: Final = (DEPOSIT, TRANSFER)
"""The ways in which opening balances come in; the first is the default. See docs/decisions/0007."""


class BadText(ValueError):
    """A text that names nothing or is no amount; says which and why."""


def market_named(text: str, markets: Container[str], dialects: Iterable[Dialect]) -> str | None:
    """The market of that name: ours or any venue's, with a slash, a dash or neither."""
    slashed = text.replace("-", "/")
    if slashed.upper() in markets:
        return slashed.upper()
    found = (dialect.market_symbol(name) for dialect in dialects for name in (text, slashed))
    return next((symbol for symbol in found if symbol is not None), None)


def asset_of(state: State, dialect: Dialect, text: str) -> str:
    """The code of an asset, by any of the venue's names for it or our own. Raises `BadText`."""
    code = dialect.asset_code(text)
    if code is None or state.assets.get(code) is None:
        known = [asset.code for asset in state.assets.listed if dialect.asset_code(asset.code) is not None]
        raise BadText(f"unknown asset {text!r}: one of {', '.join(known)}")
    return code


def units_of(state: State, code: str, given: str | float) -> int:
    """An amount of an asset in units. Raises `BadText`."""
    scale = state.assets[code].scale
    units = parse_units(str(given), scale)
    if units is None:
        raise BadText(f"{given!r} is no amount of {code}: a plain decimal, not below 0, with at most {scale} decimals")
    return units


def account_command(
    state: State, dialect: Dialect, venue: str, name: str, balances: Mapping[str, str | float], *,
    tier: str | None = None, rate_limits: bool = True, opening: str = DEPOSIT, check_timestamps: bool | None = None,
) -> OpenAccount:  # fmt: skip
    """The command that opens an account of a venue with these balances. Raises `BadText`."""
    usual = dialect.opening
    chosen = usual.tier if tier is None else _in_any_case(usual.tiers).get(tier.lower())
    if chosen is None:
        raise BadText(f"unknown tier {tier!r}: one of {', '.join(usual.tiers)}")
    if check_timestamps is not None and not usual.stamps_calls:
        raise BadText("calls to this venue carry no time: leave check_timestamps out")
    if opening.lower() not in OPENINGS:
        raise BadText(f"unknown opening {opening!r}: one of {', '.join(OPENINGS)}")
    return OpenAccount(
        name, venue, chosen, rate_limits, usual.trading_wallet, usual.funding_wallet,
        tuple(_balance(state, dialect, text, amount) for text, amount in balances.items()),
        check_timestamps=check_timestamps,
        by_deposit=opening.lower() == DEPOSIT,
    )  # fmt: skip


def _balance(state: State, dialect: Dialect, text: str, amount: str | float) -> tuple[str, str, int]:
    """Wallet, asset and units of an opening balance. Raises `BadText`."""
    wallet, colon, name = text.rpartition(":")
    opening = dialect.opening
    if colon and wallet not in opening.wallets:
        raise BadText(f"unknown wallet {wallet!r}: one of {', '.join(opening.wallets)}")
    code = asset_of(state, dialect, name)
    return wallet or opening.trading_wallet, code, units_of(state, code, amount)


def fee_payment_of(dialect: Dialect, account_id: int, text: str | None) -> FeePayment | None:
    """How an account pays its trading fees with what its venue calls so. Raises `BadText`."""
    if text is None:
        return None
    offered = dialect.opening.fee_payment
    if offered is None:
        raise BadText("at this venue nothing but what is traded pays fees")
    if dialect.asset_code(text) != offered.asset:
        raise BadText(f"{text!r} pays no fees at this venue: only {offered.asset} does")
    return replace(offered, account_id=account_id)


def key_command(state: State, dialect: Dialect, account_id: int, name: str) -> IssueKey:
    """The command that issues an account's next key, with every permission."""
    made = dialect.credentials(state.counters.key_id + 1)
    return IssueKey(
        account_id, name, made.public, made.secret, dialect.opening.permissions, one_time_password=made.passphrase
    )


def _in_any_case(words: tuple[str, ...]) -> dict[str, str]:
    return {word.lower(): word for word in words}
