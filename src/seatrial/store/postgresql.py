"""PostgreSQL: the engine for a service that several people share.

One connection writes, and holds an advisory lock for as long as it lives: a second server cannot get it, and what the
connection sent is decided before anyone else gets it. So an unknown outcome of a commit is settled by claiming again
and looking. Behind poolers that hand one session to many, and after a failover, that lock says nothing; there the
epoch fences: each claim counts it up, and no transaction of an older one commits.
"""

import os
import select
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from sqlalchemy import Column, Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from seatrial.store import rows, schema
from seatrial.store.database import Batch
from seatrial.store.errors import StoreError, reason
from seatrial.store.quick import Found, Parameters, Statement
from seatrial.store.versions import ensure_current

OLDEST_VERSION: Final = 150_000

READERS: Final = 8
"""Connections that look history up and load; more are opened when these are busy, and closed again."""

_SCHEMES: Final = ("postgresql://", "postgres://")

_DEFAULTS: Final = {
    "connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}  # fmt: skip
"""A server that has gone silent is given up within half a minute. The URL's own parameters come first."""

_SETTINGS: Final = {
    "lock_timeout": "5s",
    "idle_session_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "jit": "off",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
"""Settings of every session. The server notices as fast if we are gone, and frees the lock."""

_BY_KEY: Final = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
"""Rows are changed, and a few looked up, by their keys, whatever the planner thinks of tables whose size it does not
know yet."""

_READ_ONLY: Final = {"default_transaction_read_only": "on"}

_LOCK: Final = "SELECT pg_advisory_lock(%s, hashtext(current_schema()))"
_LOCK_CLASS: Final = 0x5EA7
_HOLDER: Final = """
SELECT coalesce(nullif(application_name, ''), 'process ' || pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND classid = %s AND objid = hashtext(current_schema())::bit(32)::bigint
AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

_FENCED: Final = "seatrial_writer"
_EPOCH_TABLE: Final = "CREATE TABLE IF NOT EXISTS seatrial_writer (epoch BIGINT NOT NULL)"
_FIRST_EPOCH: Final = "INSERT INTO seatrial_writer SELECT 0 WHERE NOT EXISTS (SELECT FROM seatrial_writer)"
_EPOCH: Final = "SELECT epoch FROM seatrial_writer"
_NEXT_EPOCH: Final = "UPDATE seatrial_writer SET epoch = epoch + 1 RETURNING epoch"

_BEGIN: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ"
_FENCE: Final = "UPDATE seatrial_writer SET epoch = CASE WHEN epoch = %s THEN epoch END"
"""An error for any other epoch, and so before the COMMIT that is on its way already; a count would come too late."""
_COMMIT: Final = "COMMIT"

_DIALECT: Final = PGDialect_psycopg()  # type: ignore[no-untyped-call]

Driver = psycopg.Connection[TupleRow]


class Postgresql:
    """A world's database, or its schema there: the first one in the search path."""

    is_remote = True

    def __init__(self, url: str, process: int | None = None) -> None:
        """`process` is named to others who find the database taken. None: this process."""
        if not url.startswith(_SCHEMES):
            raise StoreError("that is no database's URL: give one like postgresql://USER@HOST/NAME")
        try:
            self._parameters: dict[str, Any] = {**_DEFAULTS, **conninfo_to_dict(url)}
        except psycopg.Error as error:
            raise StoreError(f"the database's URL cannot be read: {_line(error)}") from None
        self.name = _name(self._parameters)
        self._process = process or os.getpid()
        self._writer: Driver | None = None
        self._epoch = 0
        self._statements = {table: _Statements(table) for table in schema.METADATA.sorted_tables}
        self._maker = create_engine(
            "postgresql+psycopg://", creator=self._connect_to_make, poolclass=NullPool, hide_parameters=True
        )
        self._reader = _engine(self._connect_to_read)
        self._asker = _engine(self._connect_to_ask)

    def claim(self) -> None:
        """Connect, wait a little for the lock, bring the schema up to date and begin an epoch. Raises `StoreError`.

        The lock comes free when the connection of the one before has ended, and with it all that this one sent.
        """
        if self._writer is not None:
            return
        try:
            connection = self._connect()
        except psycopg.Error as error:
            raise StoreError(f"cannot use {self.name}: {_line(error)}") from None
        try:
            self._take_over(connection)
        except BaseException:
            connection.close()
            raise
        self._writer = connection

    def check(self) -> None:
        """Ask through the writer's session whether its epoch is still the last one. Raises `StoreError`."""
        with self._writing() as writer:
            if writer.execute(_EPOCH).fetchall() != [(self._epoch,)]:
                raise StoreError(f"another server has taken {self.name} over")

    def write(self, batch: Batch) -> None:
        """Write a batch in one SQL transaction and one round trip. After an error claim again.

        Raises `StoreError`, whose text shows nothing of the rows.
        """
        with self._writing() as writer, writer.pipeline():
            self._send(writer, batch)

    def replace(self, found: Iterable[rows.Write]) -> None:
        """Put these rows in the place of all that is stored, in one SQL transaction. Raises `StoreError`."""
        with self._writing() as writer:
            writer.execute(_BEGIN)
            writer.execute(_FENCE, (self._epoch,))
            for statements in self._statements.values():
                writer.execute(statements.empty)
            for write in found:
                with writer.cursor().copy(self._statements[write.table].copy) as copy:
                    for row in write.new:
                        copy.write_row(row)
            writer.execute(_COMMIT)

    @contextmanager
    def _writing(self) -> Iterator[Driver]:
        """The writer's session. Whatever goes wrong ends it."""
        writer, self._writer = self._writer, None
        if writer is None:
            raise StoreError(f"{self.name} is not claimed")
        try:
            yield writer
        except psycopg.Error as error:
            writer.close()
            if error.diag.table_name == _FENCED:
                raise StoreError(f"another server has taken {self.name} over") from None
            raise StoreError(f"{self.name}: {_line(error)}") from None
        except BaseException:
            writer.close()
            raise
        self._writer = writer

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one moment of what is committed, beside the writer."""
        with self._reader.connect() as connection:
            yield connection

    @contextmanager
    def reading_twice(self) -> Iterator[tuple[Connection, Connection]]:
        """Two connections that see the same moment."""
        with self.reading() as first, self.reading() as second:
            moment = first.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
            second.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{moment}'")
            yield first, second

    def ask(self, statement: Statement, parameters: Parameters) -> Found:
        """What one statement finds of what is committed, in one round trip. Raises `StoreError`."""
        with self._asker.connect() as connection:
            driver: Any = connection.connection.driver_connection
            try:
                found: Found = driver.execute(statement.postgresql, parameters).fetchall()
            except psycopg.Error as error:
                connection.invalidate()
                raise StoreError(f"{self.name}: {_line(error)}") from None
            return found

    def close(self) -> None:
        """Let go of the database."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._reader.dispose()
        self._asker.dispose()

    def _send(self, writer: Driver, batch: Batch) -> None:
        """Everything from BEGIN to COMMIT without waiting: what fails stops all that follows it."""
        cursor = writer.cursor()
        cursor.execute(_BEGIN, prepare=True)
        cursor.execute(_FENCE, (self._epoch,), prepare=True)
        if batch.replaces:
            for table in schema.REPLACED:
                cursor.execute(self._statements[table].empty)
        for write in batch.writes:
            told = self._statements[write.table]
            for statement, found in ((told.delete, write.gone), (told.insert, write.new), (told.update, write.changed)):
                if found:
                    cursor.execute(statement, (msgspec.json.encode(found).decode(),), prepare=True)
        cursor.execute(_COMMIT, prepare=True)

    def _take_over(self, connection: Driver) -> None:
        try:
            self._check(connection)
            connection.execute(_LOCK, (_LOCK_CLASS,))
            ensure_current(self._maker, self.name)
            with connection.transaction():
                connection.execute(_EPOCH_TABLE)
                connection.execute(_FIRST_EPOCH)
                ((self._epoch,),) = connection.execute(_NEXT_EPOCH).fetchall()
            _set(connection, _BY_KEY)
        except psycopg.errors.LockNotAvailable:
            raise StoreError(self._taken(connection)) from None
        except psycopg.Error as error:
            raise StoreError(f"cannot use {self.name}: {_line(error)}") from None
        except SQLAlchemyError as error:
            raise StoreError(f"cannot use {self.name}: {reason(error)}") from error

    def _check(self, connection: Driver) -> None:
        if connection.info.server_version < OLDEST_VERSION:
            raise StoreError(f"{self.name} is too old: use PostgreSQL {OLDEST_VERSION // 10_000} or later")
        if connection.info.parameter_status("server_encoding") != "UTF8":
            raise StoreError(f"{self.name} does not keep text as UTF8: create the database with ENCODING 'UTF8'")
        connection.execute("SELECT set_config('synchronous_commit', 'on', false) WHERE"
                           " current_setting('synchronous_commit') = 'off'")  # fmt: skip

    def _taken(self, connection: Driver) -> str:
        holder = connection.execute(_HOLDER, (_LOCK_CLASS,)).fetchone()
        who = f" ({holder[0]})" if holder else ""
        return f"another server is using {self.name}{who}: stop it, or name another database"

    def _connect(self) -> Driver:
        """A session of ours. Raises `psycopg.Error`."""
        parameters = self._parameters | {"application_name": f"seatrial {self._process} on {socket.gethostname()}"}
        connection = psycopg.connect(make_conninfo(**parameters), autocommit=True)
        try:
            _set(connection, _SETTINGS)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect_to_make(self) -> Driver:
        connection = self._connect()
        connection.autocommit = False
        return connection

    def _connect_to_read(self) -> Driver:
        connection = self._connect_to_make()
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        return connection

    def _connect_to_ask(self) -> Driver:
        """For statements alone, each of which is a transaction."""
        connection = self._connect()
        try:
            _set(connection, _BY_KEY | _READ_ONLY)
        except BaseException:
            connection.close()
            raise
        return connection


def _engine(connect: Callable[[], Driver]) -> Engine:
    """Connections that are kept for the next reader."""
    engine = create_engine(
        "postgresql+psycopg://", creator=connect, pool_size=READERS, hide_parameters=True, use_native_hstore=False
    )
    event.listen(engine, "checkout", _refuse_the_dead)
    return engine


def _refuse_the_dead(connection: Any, _record: object, _proxy: object) -> None:  # noqa: ANN401  a DBAPI connection
    """Refuse a kept connection that has ended: an idle one says nothing else. Cheaper than to ask the server."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if connection.closed or poll.poll(0):
        raise DisconnectionError("the server ended the session")


def _set(connection: Driver, settings: dict[str, str]) -> None:
    calls = ", ".join(["set_config(%s, %s, false)"] * len(settings))
    connection.execute(f"SELECT {calls}".encode(), [word for setting in settings.items() for word in setting])


def _name(parameters: dict[str, Any]) -> str:
    """The database as a URL without its password."""
    host, port = parameters.get("host", "localhost"), parameters.get("port")
    database = parameters.get("dbname") or parameters.get("user") or ""
    if host.startswith("/"):
        return f"postgresql:///{database}?host={host}" + (f"&port={port}" if port else "")
    return f"postgresql://{host}{f':{port}' if port else ''}/{database}"


def _line(error: psycopg.Error) -> str:
    """What went wrong, in one line, without the values that PostgreSQL tells in its further ones."""
    return error.diag.message_primary or str(error).strip().partition("\n")[0]


class _Statements:
    """What is done to a table. Each takes all its rows as one JSON array of arrays.

    The server reads that in less time than the client needs to hand over a parameter for each value.
    """

    def __init__(self, table: Table) -> None:
        names = schema.CHANGING.get(table, ())
        taken = ", ".join(_value(place, column) for place, column in enumerate(table.columns))
        columns = ", ".join(map(_quoted, table.columns))
        changed = ", ".join(
            f"{_quoted(table.columns[name])} = {_value(place, table.columns[name])}" for place, name in enumerate(names)
        )
        found = "jsonb_array_elements(%s::jsonb) AS found"
        self.empty = f"DELETE FROM {table.name}".encode()
        self.copy = f"COPY {table.name} ({columns}) FROM STDIN".encode()
        self.insert = f"INSERT INTO {table.name} ({columns}) SELECT {taken} FROM {found}".encode()
        self.update = f"UPDATE {table.name} SET {changed} FROM {found} WHERE {_key(table, len(names))}".encode()
        self.delete = f"DELETE FROM {table.name} USING {found} WHERE {_key(table, 0)}".encode()


def _key(table: Table, first: int) -> str:
    """The condition that a row has the key that begins at that place."""
    key = enumerate(table.primary_key.columns, start=first)
    return " AND ".join(f"{table.name}.{_quoted(column)} = {_value(place, column)}" for place, column in key)


def _value(place: int, column: Column[Any]) -> str:
    return f"(found->>{place})::{column.type.compile(_DIALECT)}"


def _quoted(column: Column[Any]) -> str:
    return _DIALECT.identifier_preparer.quote(column.name)
