"""`seatrial deposit`, `seatrial withdraw-key` and `seatrial funding`: money that comes and goes."""

from typing import Annotated

import typer

from seatrial.cli import defaults
from seatrial.cli.account import Account
from seatrial.cli.options import Data, Json, Token, Url

funding = typer.Typer(help="Deposits and withdrawals, step by step.", no_args_is_help=True)

Asset = Annotated[str, typer.Argument(metavar="ASSET", help="By any of the venue's names: BTC, XBT, XXBT.")]
Method = Annotated[str | None, typer.Option(help="One of the asset's methods. Default: its first one.")]
Duration = Annotated[str | None, typer.Option(metavar="TIME", help="Seconds, or like 90s, 10m, 24h.")]


def deposit(
    account: Account,
    asset: Asset,
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="A plain decimal.")],
    *,
    fee: Annotated[
        str | None, typer.Option(metavar="AMOUNT", help="What is taken out of it. Default: the method's fee.")
    ] = None,
    method: Method = None,
    txid: Annotated[str | None, typer.Option(help="The chain's transaction. Default: a made-up one.")] = None,
    address: Annotated[str | None, typer.Option(help="The address it came to. Default: the account's own.")] = None,
    manual: Annotated[bool, typer.Option("--manual", help="Only you move it on, never the clock.")] = False,
    data: Data = defaults.DATA,
    url: Url = None,
    token: Token = None,
    json: Json = False,
) -> None:
    """Let a deposit show up. The clock confirms it, or you do: `seatrial funding move`.

    Example: seatrial deposit demo BTC 0.5
    Example: seatrial deposit demo EUR 400 --fee 2.25
    """
    from seatrial.cli import control, tables
    from seatrial.client import calls, shapes

    call = calls.see_deposit(account, shapes.NewDeposit(asset, amount, fee, method, txid, address, manual))
    where = control.Where(data, url, token, json)
    control.run(where, call, tables.facts, tables.after_deposit, unknown=control.ACCOUNT_UNKNOWN)


def withdraw_key(
    account: Account,
    asset: Asset,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name by which Withdraw finds the address.")],
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Where withdrawals go.")],
    *,
    method: Method = None,
    tag: Annotated[str | None, typer.Option(help="The memo or destination tag that the address needs.")] = None,
    verified: Annotated[
        bool, typer.Option("--verified/--unverified", help="Whether its owner has confirmed it.")
    ] = True,
    data: Data = defaults.DATA,
    url: Url = None,
    token: Token = None,
    json: Json = False,
) -> None:
    """Save an address to withdraw to, under a name.

    Example: seatrial withdraw-key demo BTC cold bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh
    """
    from seatrial.cli import control, tables
    from seatrial.client import calls, shapes

    call = calls.save_destination(account, shapes.NewDestination(asset, name, address, method, tag, verified))
    control.run(control.Where(data, url, token, json), call, tables.facts, unknown=control.ACCOUNT_UNKNOWN)


@funding.command("list")
def list_funding(
    *,
    account: Annotated[str | None, typer.Option(metavar="ACCOUNT", help="Only this account's, by id or name.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, max=1000, help="How many to show. Default: 100.")] = None,
    before: Annotated[
        str | None,
        typer.Option(metavar="REFID", help="Show those before this one: the last REFID of a list continues it."),
    ] = None,
    data: Data = defaults.DATA,
    url: Url = None,
    token: Token = None,
    json: Json = False,
) -> None:
    """Show deposits and withdrawals, newest first."""
    from seatrial.cli import control, tables
    from seatrial.client import calls

    call, where = calls.list_funding(account, limit=limit, before=before), control.Where(data, url, token, json)
    control.run(where, call, tables.transfers, tables.after_transfers, unknown=control.ACCOUNT_UNKNOWN)


@funding.command("move")
def move(
    refid: Annotated[str, typer.Argument(metavar="REFID")],
    status: Annotated[
        str | None, typer.Argument(metavar="STATUS", help="Pending, 'On hold', Settled, Success or Failure.")
    ] = None,
    *,
    prop: Annotated[
        str | None, typer.Option(help="cancel-pending, canceled, cancel-denied, return or onhold.")
    ] = None,
    data: Data = defaults.DATA,
    url: Url = None,
    token: Token = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Take one step of a transfer's life cycle, or set its status-prop.

    Example: seatrial funding move QGBNMZZ-ZFSQRQX-3RBUQE Success
    """
    from seatrial.cli import control, tables
    from seatrial.client import calls, shapes

    call, where = calls.drive_transfer(refid, shapes.Step(status, prop)), control.Where(data, url, token, json)
    control.run(where, call, tables.facts, unknown="`seatrial funding list` shows them all")


@funding.command("delays")
def delays(
    *,
    deposit_settled: Duration = None,
    withdrawal_initial: Duration = None,
    withdrawal_pending: Duration = None,
    withdrawal_settled: Duration = None,
    data: Data = defaults.DATA,
    url: Url = None,
    token: Token = None,
    json: Json = False,
) -> None:
    """Show how long transfers stay in each status before the clock moves them on; an option changes it."""
    from seatrial.cli import control, tables
    from seatrial.client import calls, shapes

    said = shapes.DelaysChange(deposit_settled, withdrawal_initial, withdrawal_pending, withdrawal_settled)
    call = calls.read_delays() if said == shapes.DelaysChange() else calls.set_delays(said)
    control.run(control.Where(data, url, token, json), call, tables.delays)
