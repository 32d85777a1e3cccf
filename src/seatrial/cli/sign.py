"""`seatrial sign`: the seed's "REST API authentication calculator"."""

from typing import Annotated

import typer

Endpoint = Annotated[str, typer.Argument(metavar="ENDPOINT", help="A private method, or a whole path: /0/private/...")]
Pairs = Annotated[
    list[str] | None, typer.Argument(metavar="KEY=VALUE", help="The input: becomes a form body after the nonce.")
]
Secret = Annotated[
    str | None, typer.Option("--secret", metavar="TEXT", help="The private key. Others on this machine may see it.")
]
SecretEnv = Annotated[
    str | None, typer.Option("--secret-env", metavar="NAME", help="The environment variable that holds it.")
]
Nonce = Annotated[str | None, typer.Option("--nonce", help="By default the one in the input, or else the time in ms.")]
Raw = Annotated[
    str | None, typer.Option("--data", metavar="RAW", help="The body exactly as sent, form or JSON, with its nonce.")
]
Key = Annotated[str, typer.Option("--key", help="The public key, only to show its header.")]
Json = Annotated[bool, typer.Option("--json", help="One line of JSON.")]


def sign(
    endpoint: Endpoint,
    arguments: Pairs = None,
    *,
    secret: Secret = None,
    secret_env: SecretEnv = None,
    nonce: Nonce = None,
    data: Raw = None,
    key: Key = "",
    json: Json = False,
) -> None:
    """Work out the signature of a private call, step by step.

    Without --secret and --secret-env the private key is read from standard input. It is never shown.

    Example: seatrial sign Balance asset=doge --nonce 1616492376594 --secret-env KRAKEN_SECRET
    """
    from seatrial.cli import calculator  # noqa: PLC0415 - keeps `seatrial --help` quick

    request = calculator.request(endpoint, arguments or [], nonce, data)
    steps = calculator.work_out(request, calculator.read_secret(secret, secret_env), key)
    calculator.show_json(steps) if json else calculator.show_table(steps)
