"""The checks by which ccxt's authors try each exchange that they support: they come in its wheel, and run as they are.

They refuse to run from where packages are installed and read their settings from beside the package, so each run has
a folder of its own in which the package stands by links.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ccxt
from msgspec import Struct

_RAN = re.compile(r"^\[INFO\] TESTING DONE +\w+ (\w+)", re.MULTILINE)
_FAILED = re.compile(r"^\[TEST_FAILURE\] .*", re.MULTILINE)
_WHY = re.compile(r"^\[?(?:\w+\.)*\w*(?:Error|Request|Available|Supported)\b.*", re.MULTILINE)
_SECONDS = 120


class Checked(Struct, frozen=True):
    """What a run of the checks came to."""

    passed: frozenset[str]
    """The methods whose check passed."""
    failed: str
    """What the run said of all that failed; empty when nothing did."""


def lay_out(folder: Path) -> None:
    """Put ccxt and its checks into a folder, where they find their settings."""
    package, copy = Path(ccxt.__file__).parent, folder / "python" / "ccxt"
    copy.mkdir(parents=True)
    for part in package.iterdir():
        if part.name not in {"test", "__pycache__"}:
            (copy / part.name).symlink_to(part)
    shutil.copytree(package / "test", copy / "test", ignore=shutil.ignore_patterns("__pycache__"))


def check(
    folder: Path, exchange: str, settings: Mapping[str, Any], exceptions: Mapping[str, Any], *way: str
) -> Checked:
    """Run all checks of an exchange, its private ones too.

    `settings` are properties of the exchange object. `exceptions` name what is not checked: a whole method with the
    reason, or single fields of it with a reason each. `way` is `--sync`, or nothing for the asynchronous client.
    """
    (folder / "keys.json").write_text(json.dumps({exchange: settings}))
    (folder / "skip-tests.json").write_text(json.dumps({exchange: {"skipMethods": exceptions}}))
    checks = folder / "python" / "ccxt" / "test"
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", checks / "tests_init.py", exchange, "--private", "--info", *way],
        env=os.environ | {"PYTHONPATH": f"{folder / 'python'}{os.pathsep}{checks}"},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    said = ran.stdout + ran.stderr
    failures = [*_FAILED.findall(said), *_WHY.findall(said)] if _FAILED.search(said) else []
    if ran.returncode and not failures:
        failures = [said]
    return Checked(frozenset(_RAN.findall(said)), "\n".join(dict.fromkeys(failures)))
