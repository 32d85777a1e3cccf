"""`seatrial deposit`, `seatrial withdraw-key` and `seatrial funding`: money that comes and goes."""

from typing import Annotated

import typer

from seatrial.cli import defaults
from seatrial.cli.account import Account
from seatrial.cli.options import Data, Json, Token, Url

funding = typer.Typer(help="Deposits and withdrawals, step by step.", no_args_is_help=True)

Asset = Annotated[str, typer.Argument(metavar="ASSET", help="By any of the venue's names: BTC, XBT, XXBT.")]
Method = Annotated[str | None, typer.Option(help="One of the asset's methods; by default its first one.")]
Duration = Annotated[str | None, typer.Option(metavar="TIME", help="Seconds, or like 90s, 10m, 24h.")]


def deposit(
    account: Account,
    asset: Asset,
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="A plain decimal.")],
    *,
    fee: Annotated[str | None, typer.Option(metavar="AMOUNT", help="What is taken out of it.")] = None,
    method: Method = None,
    txid: Annotated[str | None, typer.Option(help="The chain transaction; made up when left out.")] = None,
    address: Annotated[str | None, typer.Option(help="Where it arrived; by default the account's own.")] = None,
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
    from seatrial.cli import control, tables  # noqa: PLC0415 - keeps `seatrial --help` quick

    body = {
        "asset": asset, "amount": amount, "fee": fee, "method": method, "txid": txid, "address": address,
        "manual": manual,
    }  # fmt: skip
    ask = control.Ask(f"/accounts/{control.quoted(account)}/deposits", body, unknown=control.ACCOUNT_UNKNOWN)
    control.run(control.Where(data, url, token, json), ask, tables.TRANSFER, tables.after_deposit)


def withdraw_key(
    account: Account,
    asset: Asset,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What Withdraw is to call the address.")],
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
    from seatrial.cli import control, tables  # noqa: PLC0415

    body = {"asset": asset, "key": name, "address": address, "method": method, "tag": tag, "verified": verified}
    ask = control.Ask(f"/accounts/{control.quoted(account)}/withdraw-keys", body, unknown=control.ACCOUNT_UNKNOWN)
    control.run(control.Where(data, url, token, json), ask, tables.DESTINATION)


@funding.command("list")
def list_funding(
    *,
    account: Annotated[str | None, typer.Option(metavar="ACCOUNT", help="Only this account's, by id or name.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, max=1000, help="How many; 100 unless you say.")] = None,
    before: Annotated[
        str | None, typer.Option(metavar="REFID", help="Only older ones: the last one of a list continues it.")
    ] = None,
    data: Data = defaults.DATA,
    url: Url = None,
    token: Token = None,
    json: Json = False,
) -> None:
    """Deposits and withdrawals, newest first."""
    from seatrial.cli import control, tables  # noqa: PLC0415

    filters = {"account": account, "limit": limit, "before": before}
    ask = control.Ask("/funding", filters=filters, unknown=control.ACCOUNT_UNKNOWN)
    control.run(control.Where(data, url, token, json), ask, tables.TRANSFERS, tables.after_transfers)


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
    from seatrial.cli import control, tables  # noqa: PLC0415

    body = {"status": status, "status_prop": prop}
    ask = control.Ask(f"/funding/{control.quoted(refid)}", body, unknown="`seatrial funding list` shows them all")
    control.run(control.Where(data, url, token, json), ask, tables.TRANSFER)


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
    """How long transfers stay in each status before the clock moves them on; what you say changes."""
    from seatrial.cli import control, tables  # noqa: PLC0415

    said = {
        "deposit_settled": deposit_settled, "withdrawal_initial": withdrawal_initial,
        "withdrawal_pending": withdrawal_pending, "withdrawal_settled": withdrawal_settled,
    }  # fmt: skip
    ask = control.Ask("/delays", None if all(value is None for value in said.values()) else said)
    control.run(control.Where(data, url, token, json), ask, tables.DELAYS)
