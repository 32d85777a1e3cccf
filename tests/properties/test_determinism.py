"""The same commands at the same times give the same world, in any process."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.support.any_commands import OPENING, Journal, any_journal, new_machine

ROOT = Path(__file__).parent.parent.parent
REPLAY = """
import sys
import msgspec
from tests.support.any_commands import new_machine
from seatrial.core.commands import Command
for line in sys.stdin:
    machine = new_machine()
    for command, gap_ns in msgspec.json.decode(line, type=list[tuple[Command, int]]):
        machine.apply(command, machine.state.now_ns + gap_ns)
    print(machine.fingerprint())
"""


def replay(journal: Journal) -> str:
    """The fingerprint of the world to which the commands lead."""
    machine = new_machine()
    for command, gap_ns in journal:
        machine.apply(command, machine.state.now_ns + gap_ns)
    return machine.fingerprint()


@pytest.fixture(scope="module")
def replayed() -> list[tuple[bytes, str]]:
    """Long journals, and where they lead in this process."""
    opening: Journal = [(command, 0) for command in OPENING]
    journals = [[*opening, *any_journal(seed, 400)] for seed in range(10)]
    return [(msgspec.json.encode(journal), replay(journal)) for journal in journals]


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_another_process_with_other_hashes_comes_to_the_same_worlds(
    replayed: list[tuple[bytes, str]], hash_seed: str
) -> None:
    journals = b"\n".join(journal for journal, _ in replayed)
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join((str(ROOT), *sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", REPLAY], input=journals, env=environment, capture_output=True, check=True
    )
    assert done.stdout.decode().split() == [fingerprint for _, fingerprint in replayed]


def test_different_worlds_have_different_fingerprints(replayed: list[tuple[bytes, str]]) -> None:
    """The comparison above would see a difference."""
    assert len({fingerprint for _, fingerprint in replayed}) == len(replayed)


def test_a_command_means_the_same_after_it_was_written_down() -> None:
    whole: Journal = [*((command, 0) for command in OPENING), *any_journal(0, 400)]
    assert msgspec.json.decode(msgspec.json.encode(whole), type=Journal) == whole
