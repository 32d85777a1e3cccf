"""Reading the control API's stream of events, and showing each as it comes."""

from typing import Final

import msgspec
import typer

from seatrial.cli import control
from seatrial.cli.exits import fail, stopped
from seatrial.client.calls import Wanted
from seatrial.client.control import Control, Event, StreamEndedError, UnansweredError, UnreachableError

_UNKNOWN: Final = "`seatrial account list` and `seatrial market list` show what there is"


def run(where: control.Where, wanted: Wanted) -> None:
    """Show the events that were asked for."""
    try:
        with Control(control.address_of(where), where.token) as asked, control.ending(where, _UNKNOWN):
            for event in asked.follow(wanted):
                typer.echo(event.text if where.as_json else _line(event))
    except KeyboardInterrupt:
        stopped("stopped following; the exchange goes on")
    except StreamEndedError as ended:
        fail(f"{ended} (the last event was {ended.last})")
    except UnreachableError as error:
        fail(f"{error}: {control.start_advice(where)}")
    except UnansweredError as error:
        fail(f"the stream of {asked.url} broke off: {error.why}: go on with --since and the number of the last event")


def _line(event: Event) -> str:
    """Number, time and kind, then whatever else it says."""
    rest = (f"{name}={_word(value)}" for name, value in event.details.items() if value is not None)
    return f"{event.number:>8}  {event.at:<30}  {event.kind:<20}  {' '.join(rest)}"


def _word(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
