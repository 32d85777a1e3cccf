"""What every command checks of the words it was given, before it does anything.

An amount, a price or a time is never negative here, so a word such as -1 in its place is out of range and no unknown
option. An option that another one makes pointless is an error: whoever gave both meant something by each.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import typer
from typer.core import TyperArgument, TyperCommand, TyperOption

from seatrial.cli.exits import fail, note

_NEGATIVE: Final = re.compile(r"-\.?[0-9].*")


_QUANTITIES: Final = frozenset({"AMOUNT", "PRICE", "VOLUME", "VALUE"})
"""Arguments, as help calls them."""


class Instead(NamedTuple):
    """Two options: beside the one that is said the other has no effect."""

    said: str
    idle: str


ANY_COMMAND: Final = (Instead("url", "data"),)
OF_COMMAND: Final = {
    "api": (),  # the data directory holds the key to the exchange at a URL
    "serve": (Instead("memory", "data"),),
    "verify": (Instead("file", "data"), Instead("file", "database"), Instead("database", "data")),
    "backup": (Instead("database", "data"),),
    "restore": (*ANY_COMMAND, Instead("url", "database"), Instead("database", "data"), Instead("database", "token")),
}
"""By name, where a command differs."""


class Command(TyperCommand):
    """A command of ours."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  Typer hands its own Context
        """Check the words that came, then what they mean together."""
        self._check_negative(args)
        rest = super().parse_args(ctx, args)
        names = {param.name for param in self.params}
        for instead in OF_COMMAND.get(self.name or "", ANY_COMMAND):
            if names.issuperset(instead):
                self._check_idle(ctx, instead)
        return rest

    def _check_negative(self, args: list[str]) -> None:
        names = [param.metavar for param in self.params if isinstance(param, TyperArgument)]
        for name, word in zip(names, self._arguments(args), strict=False):
            if name in _QUANTITIES and _NEGATIVE.fullmatch(word):
                fail(f"{name} must be above 0, and {word} is below it")

    def _arguments(self, args: list[str]) -> Iterator[str]:
        """The words that are neither options nor their values, and those that look negative."""
        with_value = {
            name for param in self.params if isinstance(param, TyperOption) and not param.is_flag for name in param.opts
        }
        words = iter(args)
        for word in words:
            if word == "--":
                return
            if word in with_value:
                next(words, None)
            elif not word.startswith("-") or _NEGATIVE.fullmatch(word):
                yield word

    def _check_idle(self, ctx: Any, instead: Instead) -> None:  # noqa: ANN401  click or its copy in typer
        if _origin(ctx, instead.idle) != "COMMANDLINE":
            return
        said, idle = self._spelled(instead.said), self._spelled(instead.idle)
        match _origin(ctx, instead.said):
            case "COMMANDLINE":
                fail(f"{idle} has no effect beside {said}: leave one of them out")
            case "ENVIRONMENT":
                note(f"{idle} has no effect, because the environment sets {said}")

    def _spelled(self, name: str) -> str:
        param = next(param for param in self.params if param.name == name)
        return str(param.metavar).strip("[]") if isinstance(param, TyperArgument) else param.opts[0]


def apply_to(app: typer.Typer) -> None:
    """Make all commands of an application such commands."""
    for command in app.registered_commands:
        command.cls = Command
    for group in app.registered_groups:
        if group.typer_instance is not None:
            apply_to(group.typer_instance)


def _origin(ctx: Any, name: str) -> str:  # noqa: ANN401  click or its copy in typer
    source = ctx.get_parameter_source(name)
    return "" if source is None else str(source.name)
