"""The documents tell the truth: every command and example in them runs, against an exchange that was really started."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

import ccxt
import pytest
from msgspec import Struct

ROOT = Path(__file__).parent.parent.parent
SCRIPTS = Path(sys.executable).parent
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
README_URL = "http://127.0.0.1:8790"
START_SECONDS = 30
BLOCK_SECONDS = 120

_BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
_REFUSAL = re.compile(r"""["']error["']:\s*\[\s*["']E""")


class Block(Struct, frozen=True):
    """One fenced example."""

    place: str
    language: str
    code: str


class Exchange(Struct, frozen=True):
    """A running server, and the key that its banner tells people to paste."""

    url: str
    key: str
    secret: str


def blocks(document: Path) -> list[Block]:
    """The examples of one document, in order."""
    text = document.read_text(encoding="utf-8")
    return [
        Block(
            f"{document.relative_to(ROOT)}:{text[: match.start()].count(chr(10)) + 1}",
            match["language"],
            match["code"],
        )
        for match in _BLOCK.finditer(text)
    ]


PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
RUNNABLE = [page for page in PAGES if any(block.language in {"sh", "python"} for block in blocks(page))]
JSON_BLOCKS = [block for page in PAGES for block in blocks(page) if block.language == "json"]


@contextmanager
def serving(folder: Path) -> Iterator[Exchange]:
    """An exchange with its data in the folder, where `seatrial api` looks for it; stopped by Ctrl-C."""
    command = [str(SCRIPTS / "seatrial"), "serve", "--port", "0", "--json"]
    with (
        (folder / "stderr").open("w+") as errors,
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        assert process.stdout is not None
        stuck = Timer(START_SECONDS, process.kill)
        stuck.start()
        line = process.stdout.readline()
        stuck.cancel()
        assert line, f"`seatrial serve --json` said nothing; its errors: {(folder / 'stderr').read_text()}"
        try:
            ready = json.loads(line)
            demo = ready["accounts"][0]
            yield Exchange(ready["url"], demo["key"], demo["secret"])
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(START_SECONDS)
    assert process.returncode == 0


def fill_in(code: str, exchange: Exchange) -> str:
    """Do what the documents ask of the reader: put in one's own address, key and secret."""
    return (
        code.replace(README_URL, exchange.url)
        .replace("YOUR_KEY", exchange.key)
        .replace("YOUR_SECRET", exchange.secret)
    )  # fmt: skip


def without_long_running(code: str) -> str:
    """The commands of a shell block; those that would start the whole project again only have their words checked."""
    kept = []
    for line in code.splitlines():
        words = line.split()
        if words[:1] == ["make"]:
            goals = {word for word in words[1:] if re.fullmatch(r"[a-z]+", word)}
            assert goals <= TARGETS, f"no such target: {line}"
        elif words[:2] == ["seatrial", "serve"]:
            kept.append(f"{line} --help")
        else:
            kept.append(line)
    return "\n".join(kept)


def run(block: Block, exchange: Exchange, folder: Path) -> None:
    """Run one example to its end."""
    code = fill_in(block.code, exchange)
    if block.language == "sh":
        command = ["bash", "-euo", "pipefail", "-c", without_long_running(code)]
    else:
        command = [sys.executable, "-c", code]
    environment = os.environ | {"PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=BLOCK_SECONDS, check=False
    )
    told = f"{block.place}\n{code}\n{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, told
    assert not _REFUSAL.search(done.stdout), told


@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_example_of_a_document_runs(page: Path, tmp_path: Path) -> None:
    examples = [block for block in blocks(page) if block.language in {"sh", "python"}]
    if shutil.which("curl") is None and any("curl " in block.code for block in examples):
        pytest.skip("this machine has no curl")
    with serving(tmp_path) as exchange:
        for block in examples:
            run(block, exchange, tmp_path)


@pytest.mark.parametrize("block", JSON_BLOCKS, ids=lambda block: block.place)
def test_every_json_example_is_json(block: Block) -> None:
    assert json.loads(block.code)


def test_the_freqtrade_settings_lead_ccxt_to_the_exchange() -> None:
    settings = [json.loads(block.code) for block in JSON_BLOCKS if "ccxt_config" in block.code]
    assert settings
    for setting in settings:
        client: Any = ccxt.kraken(setting["exchange"]["ccxt_config"])
        assert {client.urls["api"]["public"], client.urls["api"]["private"]} == {README_URL}


def test_the_readme_opens_with_the_two_commands() -> None:
    first = blocks(ROOT / "README.md")[0]
    assert [line.split("#")[0].split() for line in first.code.splitlines()] == [["make", "serve"], ["make", "test"]]


def test_the_readme_names_every_make_target() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not [target for target in TARGETS - {"help"} if f"make {target}" not in readme]


def test_an_example_with_a_wrong_target_is_seen() -> None:
    with pytest.raises(AssertionError, match="no such target: make tea"):
        without_long_running("make tea")
