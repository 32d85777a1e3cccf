"""Where the exchange that runs on this machine is, and its demo key: a small file in its data directory.

The file holds the JSON object that `seatrial serve --json` prints.
"""

import os
import tempfile
from pathlib import Path
from typing import Final

import msgspec

from seatrial.cli import defaults
from seatrial.server.host.connection import Connection

FILE_NAME: Final = "connection.json"


class ConnectionFileError(Exception):
    """The file is there and cannot be read, or does not hold what it must."""


def find(data: Path = defaults.DATA) -> Connection | None:
    """What the file in a data directory says; None when there is none. `ConnectionFileError` when it is no good."""
    path = data / FILE_NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=Connection)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConnectionFileError(
            f"{path} cannot be read: {error.strerror}; name the exchange with --url URL"
        ) from error
    except msgspec.DecodeError as error:
        raise ConnectionFileError(
            f"{path} is no connection file: {error}; start `seatrial serve` there again"
        ) from error


def write(data: Path, connection: Connection) -> None:
    """Write the file, whole or not at all, for its owner's eyes only (mode 0600): it holds a private key."""
    content = msgspec.json.encode(connection) + b"\n"
    handle, name = tempfile.mkstemp(dir=data, prefix=FILE_NAME)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(name).replace(data / FILE_NAME)
