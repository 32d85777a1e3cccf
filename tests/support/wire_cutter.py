"""Stands between a client and PostgreSQL, and cuts the wire at a chosen moment."""

import contextlib
import socket
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

import psycopg

SOCKET: Final = ".s.PGSQL.5432"
COMMITTED: Final = b"COMMIT\0"
"""What PostgreSQL says when it did. Source: its frontend/backend protocol, CommandComplete."""
ROWS: Final = b"[["
"""How the rows of a statement begin, for every table."""
CHUNK: Final = 1 << 16


class WireCutter:
    """Hands everything on, both ways, until it is told not to."""

    def __init__(self, url: str) -> None:
        found = psycopg.conninfo.conninfo_to_dict(url)
        self._host, self._port = str(found.get("host", "localhost")), int(found.get("port") or 5432)
        self._folder = tempfile.TemporaryDirectory(prefix="seatrial-wire-")
        self._listener = socket.socket(socket.AF_UNIX)
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self.loses_answers = False
        """Whether the next COMMIT that PostgreSQL reports is not told, and the wire cut."""
        self.loses_requests = False
        """Whether the next rows to be inserted do not arrive, and the wire is cut."""
        parameters = {"user": str(found.get("user", "")), "dbname": str(found.get("dbname", ""))}
        self.url = (
            f"postgresql://{parameters['user']}@/{parameters['dbname']}?host={quote(self._folder.name)}&sslmode=disable"
            + (f"&password={quote(str(found['password']))}" if "password" in found else "")
            + f"&options={quote(str(found.get('options', '')))}"
        )

    def __enter__(self) -> Self:
        self._listener.bind(str(Path(self._folder.name) / SOCKET))
        self._listener.listen()
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join()
        self._folder.cleanup()

    def cut(self) -> None:
        """Every connection ends, without a word."""
        for end in list(self._open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _start(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = self._connect()
            self._open |= {client, server}
            self._start(self._hand_on, client, server, self._is_lost_request)
            self._start(self._hand_on, server, client, self._is_lost_answer)

    def _connect(self) -> socket.socket:
        if not self._host.startswith("/"):
            return socket.create_connection((self._host, self._port))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{self._host}/.s.PGSQL.{self._port}")
        return server

    def _hand_on(self, source: socket.socket, target: socket.socket, is_lost: object) -> None:
        with contextlib.suppress(OSError):
            while (said := source.recv(CHUNK)) and not is_lost(said):  # type: ignore[operator]
                target.sendall(said)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        source.close()
        self._open.discard(source)

    def _is_lost_request(self, said: bytes) -> bool:
        lost = self.loses_requests and ROWS in said
        self.loses_requests = self.loses_requests and not lost
        return lost

    def _is_lost_answer(self, said: bytes) -> bool:
        lost = self.loses_answers and COMMITTED in said
        self.loses_answers = self.loses_answers and not lost
        return lost
