"""Programs that need an environment of their own: made once from a group of `pyproject.toml`, in `.venv/programs`."""

import fcntl
import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".venv" / "programs"
PATIENCE_SECONDS = 120
STOP_SECONDS = 30


def environment(group: str, oldest: tuple[int, int] = (3, 11)) -> Path:
    """The Python of a group's environment. It is made where it is missing, or where the group has changed since.

    The test is skipped where the machine has no Python that is new enough.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"{group}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _made(group, oldest)


def _made(group: str, oldest: tuple[int, int]) -> Path:
    folder = FOLDER / group
    python, ready = folder / "bin" / "python", folder / "ready"
    wanted = json.dumps(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"][group])
    if not ready.exists() or ready.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([_base(oldest), "-m", "venv", "--without-pip", folder], check=True)
        pip: list[str | Path] = [
            sys.executable,
            "-m",
            "pip",
            "--python",
            python,
            "install",
            "--quiet",
            "--group",
            group,
        ]
        subprocess.run(pip, check=True, cwd=ROOT)
        ready.write_text(wanted)
    return python


def _base(oldest: tuple[int, int]) -> Path:
    """A Python that is new enough, on the path or kept by pyenv or uv. A name proves nothing: each is run."""
    named = [Path(found) for minor in range(11, 16) if (found := shutil.which(f"python3.{minor}"))]
    kept = (
        *Path.home().glob(".pyenv/versions/3.*/bin/python"),
        *Path.home().glob(".local/share/uv/python/*/bin/python3"),
    )
    check = f"import sys, venv; sys.exit(sys.version_info < {oldest})"
    for python in (*named, *sorted(kept)):
        if subprocess.run([python, "-c", check], capture_output=True, check=False).returncode == 0:
            return python
    pytest.skip(f"it needs Python {'.'.join(map(str, oldest))} or later, and this machine has none")


class Program:
    """A program at work, and what it writes."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.written: list[str] = []

    def lines(self) -> Iterator[str]:
        """What it writes, as it comes; it ends when the program does."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.written.append(line)
            yield line

    def said(self, *words: str) -> str:
        """The next line that has all of these words. It fails where none comes."""
        for line in self.lines():
            if all(word in line for word in words):
                return line
        pytest.fail(f"it never said {words}:\n{''.join(self.written[-60:])}")

    def events(self) -> Iterator[dict[str, Any]]:
        """Those of its lines that are objects of JSON."""
        for line in self.lines():
            if line.startswith("{"):
                yield json.loads(line)


@contextmanager
def program(python: Path, *arguments: str | Path, **environment: str) -> Iterator[Program]:
    """Run it until the context is left; then Ctrl-C ends it. One that does not get on is killed."""
    process = subprocess.Popen(
        [python, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=environment | {"PYTHONUNBUFFERED": "1", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    watch = Timer(PATIENCE_SECONDS, process.kill)
    watch.start()
    running = Program(process)
    try:
        yield running
        process.send_signal(2)
        running.written += process.communicate(timeout=STOP_SECONDS)[0].splitlines(keepends=True)
    finally:
        watch.cancel()
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
