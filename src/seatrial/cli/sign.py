"""`seatrial sign`: Kraken's authentication calculator, as a command. Source: venue-pages#authentication-calculator."""

from typing import Annotated

import typer

from seatrial.cli.exits import fail

Endpoint = Annotated[
    str,
    typer.Argument(
        metavar="ENDPOINT",
        help="A private method of Kraken's, or a whole path of either venue: /0/private/... or /api/...",
    ),
]
Pairs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUE",
        help="The input: a form body after the nonce; at KuCoin the query, or JSON with --verb POST.",
    ),
]
Secret = Annotated[
    str | None, typer.Option("--secret", metavar="TEXT", help="The private key. Others on this machine may see it.")
]
SecretEnv = Annotated[
    str | None, typer.Option("--secret-env", metavar="NAME", help="The environment variable that holds it.")
]
Nonce = Annotated[
    str | None,
    typer.Option("--nonce", help="Of Kraken's calls. By default the one in the input, or else the time in ms."),
]
Raw = Annotated[
    str | None, typer.Option("--data", metavar="RAW", help="The body exactly as sent; with its nonce at Kraken.")
]
Key = Annotated[str, typer.Option("--key", help="The public key, only to show its header.")]
Verb = Annotated[
    str | None,
    typer.Option("--verb", metavar="GET|POST|DELETE", help="Of KuCoin's calls. By default GET; POST with --data."),
]
Timestamp = Annotated[
    str | None, typer.Option("--timestamp", metavar="MS", help="Of KuCoin's calls. By default the time in ms.")
]
Passphrase = Annotated[
    str | None, typer.Option("--passphrase", metavar="TEXT", help="Of a KuCoin key. Others on this machine may see it.")
]
PassphraseEnv = Annotated[
    str | None, typer.Option("--passphrase-env", metavar="NAME", help="The environment variable that holds it.")
]
Version = Annotated[str | None, typer.Option("--key-version", metavar="1|2|3", help="Of a KuCoin key. By default 3.")]
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
    verb: Verb = None,
    timestamp: Timestamp = None,
    passphrase: Passphrase = None,
    passphrase_env: PassphraseEnv = None,
    key_version: Version = None,
    json: Json = False,
) -> None:
    """Work out the signature of a private call, step by step: Kraken's, or KuCoin's for a path that begins with /api/.

    Without --secret and --secret-env the private key is read from standard input. It is never shown.

    Example: seatrial sign Balance asset=doge --nonce 1616492376594 --secret-env KRAKEN_SECRET
    Example: seatrial sign /api/v1/accounts currency=BTC --secret-env KUCOIN_SECRET --passphrase-env KUCOIN_PASSPHRASE
    """
    from seatrial.cli import calculator, kucoin_calculator

    of_kucoin = kucoin_calculator.Options(verb, timestamp, passphrase, passphrase_env, key_version)
    if endpoint.startswith(kucoin_calculator.PREFIX):
        if nonce is not None:
            fail("KuCoin's calls have no nonce: say --timestamp MS")
        asked = kucoin_calculator.request(endpoint, arguments or [], data, of_kucoin)
        found = kucoin_calculator.work_out(asked, calculator.read_secret(secret, secret_env), key, of_kucoin)
        kucoin_calculator.show(asked, *found, as_json=json)
        return
    of_kucoin.check_none()
    request = calculator.request(endpoint, arguments or [], nonce, data)
    steps = calculator.work_out(request, calculator.read_secret(secret, secret_env), key)
    calculator.show_json(steps) if json else calculator.show_table(steps)
