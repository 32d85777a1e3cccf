"""The documents tell the truth: every command and example in them runs, against an exchange that was really started."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ccxt
import pytest
import typer
from msgspec import Struct

from seatrial.cli import defaults, main
from seatrial.server.control.operations import OPERATIONS
from tests.support.kucoin_raw import KUCOIN_PYTHON
from tests.support.running import RunningServer

ROOT = Path(__file__).parent.parent.parent
SCRIPTS = Path(sys.executable).parent
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
SERVED = re.search(r"seatrial serve (.*?) \$\(ARGS\)", MAKEFILE)[1].split()  # type: ignore[index]
"""What `make serve` says."""
README_URL = "http://127.0.0.1:8790"
BLOCK_SECONDS = 120

_BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
_REFUSAL = re.compile(r"""["']error["']:\s*\[\s*["']E|["']code["']:\s*["'](?!200000)\d{3,6}["']""")
_FILE = re.compile(r"`((?:src|tests|fuzz|scripts|docs)/[\w./-]*)`")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


class Block(Struct, frozen=True):
    """One fenced example."""

    place: str
    section: str
    language: str
    code: str


def blocks(document: Path) -> list[Block]:
    """The examples of one document, in order."""
    text = document.read_text(encoding="utf-8")
    return [
        Block(
            f"{document.relative_to(ROOT)}:{text[: match.start()].count(chr(10)) + 1}",
            _HEADING.findall(text, 0, match.start())[-1],
            match["language"],
            match["code"],
        )
        for match in _BLOCK.finditer(text)
    ]


PACKAGES = {"kucoin-python": {"PYTHONPATH": str(KUCOIN_PYTHON)}}
"""Of sections whose client is no part of the environment."""
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
IN_THE_REPOSITORY = ROOT / "CONTRIBUTING.md"
"""The page whose commands are for a checkout."""
RUNNABLE = [page for page in PAGES if any(block.language in {"sh", "python"} for block in blocks(page))]
JSON_BLOCKS = [block for page in PAGES for block in blocks(page) if block.language == "json"]


def fill_in(code: str, exchange: RunningServer) -> str:
    """Do what the documents ask of the reader: put in the address, and a key of the client's own with its secret."""
    code = code.replace(README_URL.removeprefix("http://"), exchange.url.removeprefix("http://"))
    if "YOUR_KEY" not in code:
        return code
    account = "demo-kucoin" if "YOUR_PASSPHRASE" in code else "demo"
    issued = exchange.tell(f"/accounts/{account}/keys")
    code = code.replace("YOUR_PASSPHRASE", issued.get("passphrase", ""))
    return code.replace("YOUR_KEY", issued["key"]).replace("YOUR_SECRET", issued["secret"])


def without_long_running(code: str) -> str:
    """The commands of a shell block; those that would start the whole project again only have their words checked."""
    kept = []
    for line in code.splitlines():
        words = line.partition(" #")[0].split()
        if words[:1] == ["make"]:
            goals = {word for word in words[1:] if re.fullmatch(r"[a-z]+", word)}
            assert goals <= TARGETS, f"no such target: {line}"
        elif words[:2] == ["seatrial", "serve"]:
            kept.append(f"{line} --help")
        else:
            kept.append(line)
    return "\n".join(kept)


def run(block: Block, exchange: RunningServer, folder: Path) -> None:
    """Run one example to its end."""
    code = fill_in(block.code, exchange)
    if block.language == "sh":
        command = ["bash", "-euo", "pipefail", "-c", without_long_running(code)]
    else:
        command = [sys.executable, "-c", code]
    environment = os.environ | {"PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"} | PACKAGES.get(block.section, {})
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=BLOCK_SECONDS, check=False
    )
    told = f"{block.place}\n{code}\n{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, told
    assert not _REFUSAL.search(done.stdout), told


@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_example_of_a_document_runs_and_those_of_the_readme_twice(page: Path, tmp_path: Path) -> None:
    examples = [block for block in blocks(page) if block.language in {"sh", "python"}]
    if shutil.which("curl") is None and any("curl " in block.code for block in examples):
        pytest.skip("this machine has no curl")
    with RunningServer(tmp_path / defaults.DATA, *SERVED) as exchange:
        for block in examples:
            run(block, exchange, ROOT if page == IN_THE_REPOSITORY else tmp_path)
        for block in examples if page == ROOT / "README.md" else ():
            run(block, exchange, tmp_path)


def test_the_start_page_leads_to_every_page() -> None:
    docs = ROOT / "docs"
    start = (docs / "README.md").read_text(encoding="utf-8")
    assert not [page.name for page in docs.glob("*.md") if page.name != "README.md" and f"({page.name}" not in start]


def test_every_file_that_contributors_are_sent_to_is_there() -> None:
    named = set(_FILE.findall(IN_THE_REPOSITORY.read_text(encoding="utf-8")))
    assert len(named) > 30
    assert not [name for name in sorted(named) if not (ROOT / name).exists()]


@pytest.mark.parametrize("block", JSON_BLOCKS, ids=lambda block: block.place)
def test_every_json_example_is_json(block: Block) -> None:
    assert json.loads(block.code)


def test_the_readme_says_how_to_call_the_command_before_it_does() -> None:
    before, _, _ = (ROOT / "README.md").read_text(encoding="utf-8").partition("\nseatrial ")
    assert "source .venv/bin/activate" in before


def test_every_command_prints_json_as_the_readme_says() -> None:
    def options(command: Any) -> Iterator[tuple[str, set[str]]]:
        for part in getattr(command, "commands", {}).values():
            yield from options(part)
        if not hasattr(command, "commands"):
            yield command.name, {name for param in command.params for name in param.opts}

    found = dict(options(typer.main.get_command(main.app)))
    assert len(found) > 20
    assert not [name for name, names in found.items() if "--json" not in names]


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


def test_every_operation_of_the_control_api_has_its_example() -> None:
    page = (ROOT / "docs" / "control-api.md").read_text(encoding="utf-8")
    sections = {title: body for title, _, body in (part.partition("\n") for part in page.split("\n### ")[1:])}
    assert sections.keys() == {f"`{operation.verb} {operation.path}`" for operation in OPERATIONS}
    assert not [title for title, body in sections.items() if "curl " not in body]


def test_an_example_with_a_wrong_target_is_seen() -> None:
    with pytest.raises(AssertionError, match="no such target: make tea"):
        without_long_running("make tea")
