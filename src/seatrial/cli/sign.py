"""`seatrial sign`: Kraken's authentication calculator, as a command. Source: venue-pages#authentication-calculator."""

from typing import Annotated

import typer

from seatrial.dialects.registry import venues

_NAMED = " or ".join(venue.title for venue in venues() if venue.names_methods)
_PATHS = " or ".join(f"{venue.private or venue.prefix}..." for venue in venues())

Endpoint = Annotated[
    str,
    typer.Argument(
        metavar="ENDPOINT",
        help=f"A private method of {_NAMED}'s, or a whole path of any venue: {_PATHS}",
    ),
]
Pairs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUE",
        help="The input: a form body after the nonce; where calls have no nonce the query, or JSON with --verb POST.",
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
    typer.Option("--nonce", help="Where calls have one. By default the one in the input, or else the time in ms."),
]
Raw = Annotated[
    str | None, typer.Option("--data", metavar="RAW", help="The body exactly as sent, with its nonce where it has one.")
]
Key = Annotated[str, typer.Option("--key", help="The public key, only to show its header.")]
Verb = Annotated[
    str | None,
    typer.Option("--verb", metavar="GET|POST|DELETE", help="Where it is signed. By default GET; POST with --data."),
]
Timestamp = Annotated[
    str | None, typer.Option("--timestamp", metavar="MS", help="Where calls have one. By default the time in ms.")
]
Passphrase = Annotated[
    str | None,
    typer.Option("--passphrase", metavar="TEXT", help="Where keys have one. Others on this machine may see it."),
]
PassphraseEnv = Annotated[
    str | None, typer.Option("--passphrase-env", metavar="NAME", help="The environment variable that holds it.")
]
Version = Annotated[
    str | None, typer.Option("--key-version", metavar="1|2|3", help="Where keys have one. By default 3.")
]
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
    """Work out the signature of a private call, step by step, as the venue wants it whose path it is.

    Without --secret and --secret-env the private key is read from standard input. It is never shown.

    Example: seatrial sign Balance asset=doge --nonce 1616492376594 --secret-env KRAKEN_SECRET
    Example: seatrial sign /api/v1/accounts currency=BTC --secret-env KUCOIN_SECRET --passphrase-env KUCOIN_PASSPHRASE
    """
    from seatrial.cli import calculator

    venue = calculator.venue_of(endpoint)
    said = {"nonce": nonce, "verb": verb, "timestamp": timestamp, "key_version": key_version}
    calculator.check_options(venue, {**said, "passphrase": passphrase, "passphrase_env": passphrase_env})
    said["passphrase"] = calculator.read_passphrase(passphrase, passphrase_env)
    asked = calculator.typed(endpoint, arguments or [], data, key, said)
    calculator.show(calculator.work_out(venue, asked, secret, secret_env), as_json=json)
