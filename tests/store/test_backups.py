"""Backups: one moment of a world in one file, whichever engine it is from and whichever it goes to."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from sqlalchemy import select

from seatrial.core.commands import SpendNonce
from seatrial.core.machine import Machine
from seatrial.core.rejects import Reject
from seatrial.store import schema, versions
from seatrial.store.backups import back_up, prepare, restore
from seatrial.store.errors import StoreError
from seatrial.store.store import Store, open_store
from tests.support.any_commands import OPENING, any_journal, new_machine, new_state
from tests.support.inner_database import here
from tests.support.postgres import fresh_schema, shared_url
from tests.support.stored_books import breaches
from tests.support.trading_floor import START_NS

Place = Path | str


def quietly(_done: int, _total: int) -> None:
    """Nobody looks."""


def live(place: Place, seed: int = 1, length: int = 300) -> tuple[Store, Machine]:
    """A world with a past."""
    store, machine = open_store(place), new_machine()
    store.begin_world(7, START_NS, "ticking")
    for command, gap_ns in (*((command, 0) for command in OPENING), *any_journal(seed, length)):
        machine.apply(command, machine.state.now_ns + gap_ns)
    commit(store, machine)
    return store, machine


def commit(store: Store, machine: Machine) -> None:
    """A group commit."""
    store.commit(store.batch(machine.take_changes(), machine.state, "ticking", "nobody"))


def loaded(store: Store) -> Machine:
    """The world that the store has."""
    state = new_state()
    store.load(state)
    return Machine(state)


def dump(file: Path) -> list[str]:
    """All that a SQLite file says."""
    with closing(sqlite3.connect(file)) as database:
        return list(database.iterdump())


@pytest.fixture(params=["sqlite", "postgresql"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A second place."""
    with ExitStack() as kept:
        if request.param == "sqlite":
            yield tmp_path / "other.sqlite3"
        else:
            yield kept.enter_context(fresh_schema(shared_url()))


def test_a_backup_restores_the_world_on_either_engine(place: Place, other: Place, tmp_path: Path) -> None:
    store, machine = live(place)
    file, again = tmp_path / "backup", tmp_path / "again"
    back_up(place, file, quietly)
    store.close()
    assert breaches(file) == {}
    with pytest.raises(StoreError, match="is of a world with another seed"):
        prepare(file, tmp_path / "copy", lambda _step, _done, _of: None, seed=8)
    target = open_store(other)
    restore(here(target), file, quietly)
    found = target.world()
    assert found is not None
    assert (found.clock, found.market) == ("ticking", "nobody")
    assert loaded(target).fingerprint() == machine.fingerprint()
    target.close()
    assert breaches(other) == {}
    back_up(other, again, quietly)
    assert dump(again) == dump(file)


def test_a_restored_world_goes_on(place: Place, tmp_path: Path) -> None:
    store, _ = live(place)
    back_up(place, tmp_path / "backup", quietly)
    restore(here(store), tmp_path / "backup", quietly)
    machine = loaded(store)
    public = next(iter(machine.state.keys))
    assert not isinstance(machine.apply(SpendNonce(public, 10**6), machine.state.now_ns), Reject)
    commit(store, machine)
    assert loaded(store).fingerprint() == machine.fingerprint()
    store.close()


def test_a_backup_is_one_moment_however_many_commits_go_on(place: Place, tmp_path: Path) -> None:
    """Each commit changes the counters in one table and the key in another: a torn backup would show it."""
    store, _ = live(place)
    machine, done = loaded(store), threading.Event()
    nonces = iter(range(10**6, 2 * 10**6))

    def call() -> None:
        machine.apply(SpendNonce("strict", next(nonces)), machine.state.now_ns + 1)
        commit(store, machine)

    def work() -> None:
        while not done.is_set():
            call()

    call()
    at_work = threading.Thread(target=work)
    at_work.start()
    try:
        for number in range(10):
            file = tmp_path / str(number)
            back_up(place, file, quietly)
            with closing(sqlite3.connect(file)) as database:
                ((now_ns, used_ns),) = database.execute(
                    "SELECT now_ns, COALESCE("
                    "(SELECT json_extract(keys, '$[0][3]') FROM key_uses ORDER BY use_id DESC LIMIT 1), "
                    "(SELECT used_ns FROM api_keys WHERE name = 'strict')) FROM world"
                )
            assert used_ns == now_ns
            assert breaches(file) == {}
    finally:
        done.set()
        at_work.join()
    assert loaded(store).fingerprint() == machine.fingerprint()
    store.close()


def test_a_backup_is_its_owners_alone_and_nothing_lies_beside_it(place: Place, tmp_path: Path) -> None:
    store, _ = live(place, length=5)
    folder = tmp_path / "backups"
    folder.mkdir()
    back_up(place, folder / "backup", quietly)
    store.close()
    assert [path.name for path in folder.iterdir()] == ["backup"]
    assert (folder / "backup").stat().st_mode & 0o777 == 0o600


def test_a_backup_that_fails_leaves_nothing(place: Place, tmp_path: Path) -> None:
    store, _ = live(place, length=5)
    store.close()
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "taken").write_text("mine", encoding="utf-8")
    with pytest.raises(StoreError, match="exists already: choose another name"):
        back_up(place, folder / "taken", quietly)
    with pytest.raises(StoreError, match=r"cannot write .*: No such file or directory"):
        back_up(place, folder / "nowhere" / "backup", quietly)

    def interrupted(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(place, folder / "backup", interrupted)
    assert [(path.name, path.read_text(encoding="utf-8")) for path in folder.iterdir()] == [("taken", "mine")]


def test_a_place_without_a_world_has_no_backup(place: Place, tmp_path: Path) -> None:
    if isinstance(place, str):
        with pytest.raises(StoreError, match="holds no world"):
            back_up(place, tmp_path / "backup", quietly)
    else:
        with pytest.raises(StoreError, match="there is no world in"):
            back_up(place, tmp_path / "backup", quietly)
        assert not place.exists()
    open_store(place).close()
    with pytest.raises(StoreError, match="holds no world"):
        back_up(place, tmp_path / "backup", quietly)
    assert not (tmp_path / "backup").exists()


def no_file(_file: Path) -> None:
    """Nothing there."""


def no_database(file: Path) -> None:
    """Something else."""
    file.write_text("Dear diary, " * 100, encoding="utf-8")


def an_empty_file(file: Path) -> None:
    """As an interrupted copy leaves it."""
    file.touch()


def changed(file: Path, statement: str) -> None:
    """A backup in which somebody did that."""
    store, _ = live(file.with_name("changed"), length=5)
    store.close()
    back_up(file.with_name("changed"), file, quietly)
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(statement)


def a_folder(file: Path) -> None:
    """Where somebody left the last part of the path out."""
    file.mkdir()


def a_torn_file(file: Path) -> None:
    """As a full disk leaves it."""
    changed(file, "UPDATE world SET clock = ''")
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])


def a_world_without_a_world(file: Path) -> None:
    """All tables, and nothing in the first of them."""
    changed(file, "DELETE FROM world")


def a_broken_world(file: Path) -> None:
    """Somebody changed a balance."""
    changed(file, "UPDATE purses SET free = free + 1 WHERE account_id = 1")


def a_newer_world(file: Path) -> None:
    """From a Seatrial to come."""
    changed(file, "UPDATE alembic_version SET version_num = '9999'")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (no_file, "there is no file"),
        (no_database, "file is not a database"),
        (an_empty_file, "is no backup: it is empty"),
        (a_folder, "is a folder"),
        (a_torn_file, r"is damaged|cannot read .*: database disk image is malformed"),
        (a_world_without_a_world, "holds no world"),
        (a_broken_world, "breaks 2 of the laws of the books: see `seatrial verify"),
        (a_newer_world, "was written by a newer Seatrial"),
    ],
)
def test_what_is_no_good_backup_is_refused_and_the_world_stays(
    make: object, says: str, place: Place, tmp_path: Path
) -> None:
    store, machine = live(place, length=5)
    file = tmp_path / "backup"
    assert callable(make)
    make(file)
    before = file.read_bytes() if file.is_file() else None
    with pytest.raises(StoreError, match=says):
        restore(here(store), file, quietly)
    assert (file.read_bytes() if file.is_file() else None) == before
    assert loaded(store).fingerprint() == machine.fingerprint()
    store.close()


def test_a_restore_that_is_interrupted_leaves_the_world_as_it_was(place: Place, tmp_path: Path) -> None:
    store, machine = live(place)
    back_up(place, tmp_path / "backup", quietly)
    machine = loaded(store)
    machine.apply(SpendNonce("strict", 10**6), machine.state.now_ns + 1)
    commit(store, machine)

    def interrupted(done: int, total: int) -> None:
        if done > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(here(store), tmp_path / "backup", interrupted)
    assert loaded(store).fingerprint() == machine.fingerprint()
    store.close()


def test_an_older_backup_is_brought_up_to_date(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the file says stays as it is; a later release restores a copy of it."""
    source = tmp_path / "source.sqlite3"
    store, machine = live(source, length=50)
    store.close()
    file = tmp_path / "backup"
    back_up(source, file, quietly)
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '0001'")
    before, migrated = file.read_bytes(), []

    def upgrade(engine: object) -> None:
        migrated.append(engine)

    monkeypatch.setattr(versions, "_upgrade", upgrade)
    target = open_store(place)
    restore(here(target), file, quietly)
    assert migrated
    assert file.read_bytes() == before
    assert loaded(target).fingerprint() == machine.fingerprint()
    with target.database.reading() as connection:
        assert connection.execute(select(schema.world.c.seed)).scalar_one() == 7
    target.close()
