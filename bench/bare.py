"""The bare limit of a PostgreSQL: what one connection can make durable with the least that a transaction can do.

As pgbench measures it: a row of a small table is counted up, BEGIN, UPDATE and COMMIT prepared and each sent alone.
Beside it what a group commit costs that holds nothing but a row per caller: all in one statement, in one round trip.
"""

import subprocess
import tempfile
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter_ns, process_time_ns
from typing import Final, Self

import psycopg
from psycopg import pq
from psycopg.pq.abc import PGresult

from bench.load import Load
from bench.processes import BenchError

_TABLE: Final = (
    "CREATE TABLE bench_bare (id INT PRIMARY KEY, value BIGINT NOT NULL)",
    "INSERT INTO bench_bare SELECT id, 0 FROM generate_series(1, {rows}) AS id",
    "PREPARE bench_group AS UPDATE bench_bare SET value = value + 1",
)
_SINGLE: Final = "UPDATE bench_bare SET value = value + 1 WHERE id = $1"
_GROUP: Final = b"BEGIN; EXECUTE bench_group; COMMIT"
_TRANSACTIONS: Final = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
_SCRIPT: Final = (
    "\\set id random(1, {rows})\nBEGIN;\nUPDATE bench_bare SET value = value + 1 WHERE id = :id;\nCOMMIT;\n"
)


class Bare:
    """One connection, and a table with so many rows that goes again."""

    def __init__(self, connection: psycopg.Connection[tuple[object, ...]], rows: int) -> None:
        self.rows = rows
        self._connection = connection
        for statement in _TABLE:
            connection.execute(statement.format(rows=rows).encode())
        for name, statement in (("begin", "BEGIN"), ("single", _SINGLE), ("commit", "COMMIT")):
            _check(connection.pgconn.prepare(name.encode(), statement.encode()))

    @classmethod
    @contextmanager
    def of(cls, url: str, rows: int) -> Iterator[Self]:
        """A limit of that database, which has no such table before and after."""
        with psycopg.connect(url, autocommit=True) as connection:
            yield cls(connection, rows)
            connection.execute("DROP TABLE bench_bare")

    def single(self, seconds: float) -> Load:
        """Transactions of one row each, in turns, for so long."""
        send = self._connection.pgconn.exec_prepared

        def transaction(number: int) -> None:
            _check(send(b"begin", None))
            _check(send(b"single", [b"%d" % (number % self.rows + 1)]))
            _check(send(b"commit", None))

        return _repeat(transaction, seconds)

    def group(self, seconds: float) -> Load:
        """Transactions of all rows, for so long."""
        return _repeat(lambda _: _check(self._connection.pgconn.exec_(_GROUP)), seconds)

    def transactions(self) -> int:
        """How many have written something so far, ours and everybody's: a number that only counts when compared."""
        ((number,),) = self._connection.execute(_TRANSACTIONS).fetchall()
        assert isinstance(number, int)
        return number


def pgbench(program: Path, url: str, rows: int, transactions: int) -> float:
    """The same single transactions a second, by PostgreSQL's own program. Raises `BenchError`."""
    with Bare.of(url, rows), tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(_SCRIPT.format(rows=rows))
        script.flush()
        command = [str(program), "-n", "-M", "prepared", "-c", "1", "-t", str(transactions), "-f", script.name, url]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  the server's own
    told = next((line for line in done.stdout.splitlines() if line.startswith("tps = ")), None)
    if done.returncode or told is None:
        raise BenchError(f"pgbench: {done.stderr.strip()}")
    return float(told.split()[2])


def _repeat(transaction: Callable[[int], None], seconds: float) -> Load:
    """As a load, whose first tenth does not count."""
    ends, number = perf_counter_ns() + int(seconds * 1e8), 0
    while perf_counter_ns() < ends:
        transaction(number)
        number += 1
    latencies = array("q")
    began, worked = perf_counter_ns(), process_time_ns()
    now, ends = began, began + int(seconds * 1e9)
    while now < ends:
        transaction(number)
        number += 1
        then, now = now, perf_counter_ns()
        latencies.append(now - then)
    return Load(len(latencies), now - began, process_time_ns() - worked, latencies.tobytes(), [])


def _check(result: PGresult) -> None:
    if result.status != pq.ExecStatus.COMMAND_OK:
        raise BenchError(f"the bare transaction failed: {result.error_message.decode(errors='replace').strip()}")
