"""The key=value arguments of the commands that call a venue."""

from seatrial.cli.exits import fail


def pairs_of(arguments: list[str]) -> list[tuple[str, str]]:
    """Split each at its first equals sign; a key may come again."""
    return [_pair(argument) for argument in arguments]


def _pair(argument: str) -> tuple[str, str]:
    key, equals, value = argument.partition("=")
    if not key or not equals:
        fail(f"{argument!r} is not of the form key=value, as in volume=50")
    return key, value
