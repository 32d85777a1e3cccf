"""The bench measures what it says: everything runs once, and what it counts can be trusted."""

import re
import subprocess
import sys
from array import array
from base64 import b64encode
from contextlib import ExitStack
from pathlib import Path
from statistics import mean
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from rich.console import Console

from bench import __main__ as whole
from bench import databases, endurance, limit, processes, report, wire
from bench.bare import Bare
from bench.endurance import Stretch
from bench.load import Plan
from bench.processes import BenchError, Process
from bench.report import Report
from bench.signing import Keyed, Signer
from tests.support import postgres

ROOT = Path(__file__).parents[2]
MEGA = 10**6


def run(module: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, check=True, capture_output=True)


def stretches(*megabytes: float | None, file_mb: float = 1_000) -> list[Stretch]:
    """A run's slices of a hundred thousand calls, with so much memory after each."""
    return [Stretch(100_000, 1.0, 1.0, 1.0, 1.0, held, file_mb) for held in megabytes]


@pytest.mark.usefixtures("postgresql")
def test_a_quick_bench_measures_everything_on_both_stores(tmp_path: Path) -> None:
    run("bench", "--quick", "--dir", str(tmp_path), "--json", str(tmp_path / "found.json"))
    found = msgspec.json.decode((tmp_path / "found.json").read_bytes(), type=Report)
    sqlite, postgresql = found.wire
    called = [subject.name for subject in wire.SUBJECTS]
    assert [row.name for row in sqlite.rows] == [wire.LIMIT, *called, wire.LONE]
    assert [row.name for row in postgresql.rows] == [
        wire.LIMIT, "bare: UPDATE of 1 row", "bare: UPDATE of 8 rows", *called, wire.LONE,
    ]  # fmt: skip
    assert {row.name for row in sqlite.rows if row.budgets} == {
        subject.name for subject in wire.SUBJECTS if subject.min_ratio or subject.max_p99_ms
    }
    assert not any(row.budgets for row in postgresql.rows)
    compared = [row for row in postgresql.rows if row.name in called and row.connections > 1]
    assert not [row for row in compared if not (row.ratio and row.per_bare and row.per_commit)]
    assert {path.name for path in tmp_path.iterdir()} == {"found.json"}


def test_where_no_postgresql_can_be_had_the_report_says_so_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(postgres.GIVEN_URL, raising=False)
    monkeypatch.setattr(postgres, "_found", lambda: None)
    calls = whole.on_postgresql(tmp_path, whole.QUICK.wire, lambda _: None)
    assert not calls.rows
    report.show(Report({}, [calls], []), Console(width=report.WIDTH))
    shown = capsys.readouterr().out
    assert "PostgreSQL: not measured" in shown
    assert f"install one, or name a database in {postgres.GIVEN_URL}" in shown


@pytest.mark.parametrize("is_remote", [False, True], ids=["sqlite", "postgresql"])
def test_a_short_endurance_run_leaves_balanced_books(tmp_path: Path, *, is_remote: bool) -> None:
    there = ["--database", postgres.shared_url()] if is_remote else []
    run("bench.endurance", "--seconds", "2", "--connections", "8", "--accounts", "4", "--dir", str(tmp_path),
        "--json", str(tmp_path / "found.json"), *there)  # fmt: skip
    found = msgspec.json.decode((tmp_path / "found.json").read_bytes(), type=endurance.Result)
    assert found.store == ("PostgreSQL" if is_remote else "SQLite")
    assert found.books_balanced
    assert not found.broken
    assert sum(kind.calls for kind in found.kinds) == sum(one.calls for one in found.stretches) > 0
    assert found.p50_ms <= found.p99_ms <= found.p999_ms


def test_a_bench_touches_no_world_of_the_database_that_it_is_given(postgresql: str) -> None:
    with databases.schema(postgresql) as url, Bare.of(url, 2):
        pass
    with Bare.of(postgresql, 2) as bare:
        assert bare.rows == 2


def test_memory_that_stays_is_flat_whatever_the_warm_up_took() -> None:
    growth = endurance.growth_mb(stretches(20, 60, 90, 99, 100, 100.1, 99.9, 100.1, 99.9, 100))
    assert growth == pytest.approx(0, abs=0.5)


def test_a_hundred_bytes_kept_of_each_call_are_a_hundred_megabytes_per_million() -> None:
    growth = endurance.growth_mb(stretches(*(50 + number * 10 for number in range(12))))
    assert growth is not None
    assert growth == pytest.approx(100)
    assert growth > endurance.MAX_GROWTH_MB


def test_while_sqlite_fills_its_cache_memory_is_not_judged() -> None:
    filling = stretches(*(50 + number * 10 for number in range(12)), file_mb=endurance.CACHE_MB - 1)
    assert endurance.growth_mb(filling) is None
    assert endurance.growth_mb([*filling, *stretches(*[170] * endurance.FEWEST_STRETCHES)]) == pytest.approx(0)


def test_sqlite_is_told_to_keep_as_much_as_the_bench_believes() -> None:
    told = re.findall(r"PRAGMA cache_size=-([0-9]+)", (ROOT / "src/seatrial/store/sqlite.py").read_text("utf-8"))
    assert told
    assert max(int(kibibytes) * 1024 / MEGA for kibibytes in told) == pytest.approx(endurance.CACHE_MB, abs=0.1)


@pytest.mark.parametrize("held", [(50.0,) * 6, (None,) * 20], ids=["too short", "the system does not tell"])
def test_of_too_little_the_bench_says_nothing_about_memory(held: tuple[float | None, ...]) -> None:
    assert endurance.growth_mb(stretches(*held)) is None


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="the system tells nothing about processes")
def test_a_server_is_measured_with_the_processes_that_it_started() -> None:
    work = "held = bytearray(b'x' * 60_000_000); sum(range(3_000_000)); print('ready', flush=True); input()"
    start = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", start], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdin is not None
        assert parent.stdout.readline() == "ready\n"
        process = Process(parent.pid, 0)
        held, used = process.resident_bytes(), process.cpu_seconds()
        parent.stdin.write("\n")
        parent.stdin.close()
    assert held is not None
    assert 60 * MEGA < held < 120 * MEGA
    assert used is not None
    assert used > 0.05
    assert process.cpu_seconds() is None


def test_latencies_and_throughput_are_of_the_same_calls() -> None:
    """Little's law: connections that always wait for an answer are rate times mean latency."""
    connections, secret = 8, b64encode(bytes(64)).decode()
    with processes.limit(secret) as echo:
        signers = [Signer(Keyed(0, "any", secret)) for _ in range(connections)]
        requests = [signer.calls("Balance", [""] * 400) for signer in signers]
        load = processes.generate(Plan(echo.port, requests, 320))
    latencies = array("q", load.latencies_ns)
    assert len(latencies) == load.answered
    assert load.answered * mean(latencies) / load.nanoseconds == pytest.approx(connections, rel=0.15)


def test_the_bare_limit_answers_only_what_is_rightly_signed() -> None:
    written: list[bytes] = []
    echo = limit.Echo(bytes(64))
    echo.connection_made(cast("Any", SimpleNamespace(write=written.append)))
    call = Signer(Keyed(0, "any", b64encode(bytes(64)).decode())).call("Balance")
    echo.data_received(call)
    echo.data_received(call.replace(b"nonce=1", b"nonce=2"))
    assert written == [limit.GOOD, limit.BAD]


def test_a_transaction_of_the_bare_limit_is_counted_once(postgresql: str) -> None:
    with Bare.of(postgresql, 4) as bare:
        before = bare.transactions()
        bare.group(0.01)
        between = bare.transactions()
        load = bare.single(0.05)
        after = bare.transactions()
    assert between > before
    assert load.answered <= after - between  # the warm-up counts, too


def test_a_bare_transaction_that_fails_is_an_error(postgresql: str) -> None:
    with ExitStack() as stack:
        bare = stack.enter_context(Bare.of(postgresql, 4))
        stack.callback(bare._connection.rollback)
        bare._connection.execute("ALTER TABLE bench_bare ADD CHECK (value < 3)")
        with pytest.raises(BenchError, match="bench_bare_value_check"):
            bare.group(0.1)


@pytest.mark.parametrize(("part", "value"), [(0.5, 50), (0.99, 99), (0.999, 99)])
def test_that_part_of_the_latencies_lies_below_a_percentile(part: float, value: int) -> None:
    assert wire.percentile_ms([number * MEGA for number in range(100)], part) == value
