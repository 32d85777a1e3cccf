"""`seatrial account`: accounts and their keys."""

from typing import Annotated

import typer

from seatrial.cli import defaults
from seatrial.cli.arguments import pairs_of
from seatrial.cli.exits import fail
from seatrial.cli.options import Data, Json, Token, Url
from seatrial.dialects.registry import default_venue, venues

_NAMES = " or ".join(venue.name for venue in venues())
_TIERS = "; ".join(venue.tiers for venue in venues() if venue.tiers)

accounts = typer.Typer(help="Accounts and their keys.", no_args_is_help=True)

Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Its id or its name.")]
Moment = Annotated[str | None, typer.Option(metavar="WHEN", help="UNIX seconds, or like 2026-01-31T12:00:00Z.")]


@accounts.command("list")
def list_accounts(
    *, data: Data = defaults.DATA, url: Url = None, token: Token = None, json: Json = False
) -> None:  # fmt: skip
    """All accounts with their balances, open orders included."""
    from seatrial.cli import control, tables
    from seatrial.client import calls

    control.run(control.Where(data, url, token, json), calls.list_accounts(), tables.accounts)


@accounts.command("open")
def open_account(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    balances: Annotated[
        list[str] | None, typer.Argument(metavar="ASSET=AMOUNT", help="What it owns from the start.")
    ] = None,
    *,
    venue: Annotated[str, typer.Option(help=f"Whose API it speaks: {_NAMES}.")] = default_venue().name,
    tier: Annotated[str | None, typer.Option(help=f"One of the venue's: {_TIERS}.")] = None,
    rate_limits: Annotated[
        bool, typer.Option("--rate-limits/--no-rate-limits", help="Whether its calls are counted.")
    ] = True,
    opening: Annotated[str, typer.Option(metavar="deposit|transfer", help="How its balances come in.")] = "deposit",
    check_timestamps: Annotated[
        bool | None,
        typer.Option(
            "--check-timestamps/--any-timestamps",
            help="Where calls say when they were signed: whether that must be the world's time, or may be any. Default:"
            " the world's or this computer's.",
            show_default=False,
        ),
    ] = None,
    data: Data = defaults.DATA,
    url: Url = None,
    token: Token = None,
    json: Json = False,
) -> None:
    """Open an account, with a key that may do everything.

    Example: seatrial account open ann USD=10000 BTC=1
    Example: seatrial account open kim --venue kucoin USDT=10000 main:BTC=1
    """
    from seatrial.cli import control, tables
    from seatrial.client import calls
    from seatrial.client.shapes import NewAccount

    owned = dict(pairs_of(balances or []))
    if len(owned) < len(balances or []):
        fail("an asset is given twice: give each once, as in USD=10000 BTC=1")
    wanted = NewAccount(name, venue, owned, tier, rate_limits, opening, check_timestamps)
    control.run(control.Where(data, url, token, json), calls.open_account(wanted), tables.facts, tables.after_key)


@accounts.command("fees")
def choose_fee_asset(
    account: Account,
    asset: Annotated[
        str | None,
        typer.Argument(
            metavar="[ASSET]", help="One that the account's venue takes for fees. Without it, they are paid as ever."
        ),
    ] = None,
    *,
    data: Data = defaults.DATA,
    url: Url = None,
    token: Token = None,
    json: Json = False,
) -> None:
    """Have another asset pay an account's trading fees.

    Example: seatrial account fees demo-kucoin KCS
    """
    from seatrial.cli import control, tables
    from seatrial.client import calls
    from seatrial.client.shapes import FeeChoice

    call = calls.choose_fee_asset(account, FeeChoice(asset))
    control.run(control.Where(data, url, token, json), call, tables.facts, unknown=control.ACCOUNT_UNKNOWN)


@accounts.command("key")
def issue_key(
    account: Account,
    *,
    name: Annotated[str, typer.Option(help="What you call it.")] = "key",
    permission: Annotated[
        list[str] | None, typer.Option(help="One of the venue's, such as query-funds; again for more. Default: all.")
    ] = None,
    nonce_window: Annotated[int, typer.Option(min=0, help="How far a nonce may fall behind the highest one.")] = 0,
    one_time_password: Annotated[
        str | None, typer.Option(metavar="TEXT", help="A fixed second password.")
    ] = None,
    passphrase: Annotated[str | None, typer.Option(metavar="TEXT", help="Where the venue's keys have one.")] = None,
    totp_secret: Annotated[
        str | None, typer.Option(metavar="BASE32", help="An authenticator's secret, instead.")
    ] = None,
    expiry: Moment = None,
    query_from: Moment = None,
    query_to: Moment = None,
    ip: Annotated[
        list[str] | None, typer.Option(metavar="ADDRESS", help="An address or network it works from; again for more.")
    ] = None,
    data: Data = defaults.DATA,
    url: Url = None,
    token: Token = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Issue a key. Give each client one of its own: nonces are counted per key.

    Example: seatrial account key demo --name freqtrade
    """
    from seatrial.cli import control, tables
    from seatrial.client import calls
    from seatrial.client.shapes import NewKey

    wanted = NewKey(
        name, permission or None, nonce_window, one_time_password, passphrase, totp_secret, expiry, query_from,
        query_to, ip or [],
    )  # fmt: skip
    call = calls.issue_key(account, wanted)
    control.run(
        control.Where(data, url, token, json), call, tables.facts, tables.after_key, unknown=control.ACCOUNT_UNKNOWN
    )
