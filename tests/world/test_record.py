"""The record: facts once, in order, after their commit, as long as they are held."""

import asyncio

import pytest

from seatrial.core.facts import NonceSpent, Recorded
from seatrial.world.record import Gone, Record
from tests.support.numbered_facts import facts


def numbers(recorded: Recorded) -> list[int]:
    """What the facts say, which must be how they are numbered."""
    found = [fact.nonce for fact in recorded.facts if isinstance(fact, NonceSpent)]
    assert found == list(range(recorded.first, recorded.first + len(recorded.facts)))
    return found


def everything(record: Record, place: int) -> list[int]:
    """All that follows a place."""
    found: list[int] = []
    while place < record.last:
        found += numbers(record.after(place, 3))
        place = found[-1]
    assert numbers(record.after(place, 9)) == []
    return found


def test_a_reader_goes_on_without_a_gap_from_any_fact_that_is_held() -> None:
    record = Record(100)
    record.publish(facts(101, 5))
    record.publish(facts(106, 3))
    for place in range(100, 109):
        assert everything(record, place) == list(range(place + 1, 109))
    assert numbers(record.after(102, 2)) == [103, 104]
    assert numbers(record.after(104, 99)) == [105], "of one commit"


def test_of_what_was_there_before_it_nothing_is_held() -> None:
    record = Record(100)
    assert numbers(record.after(100, 9)) == []
    with pytest.raises(Gone):
        record.after(99, 9)


def test_only_the_last_facts_are_held_in_whole_commits() -> None:
    record = Record(0, min_kept=10)
    for first in range(1, 200, 3):
        record.publish(facts(first, 3))
        assert min(10, record.last) <= record.last - record.first + 1 <= 12
    assert everything(record, record.first - 1) == list(range(record.first, record.last + 1))
    assert [recorded.first for recorded in record.held()] == list(range(record.last - 2, record.first - 1, -3))
    for place in (record.first - 2, record.last + 1):
        with pytest.raises(Gone) as gone:
            record.after(place, 1)
        assert (gone.value.first, gone.value.last) == (record.first, record.last)


def test_facts_are_published_in_their_order_and_once() -> None:
    record = Record(0)
    record.publish(facts(1, 2))
    for wrong in (2, 4):
        with pytest.raises(AssertionError):
            record.publish(facts(wrong, 1))


def test_what_was_loaded_as_it_was_published_leaves_no_gap_and_anything_else_does() -> None:
    record = Record(0)
    record.publish(facts(1, 2))
    record.go_on_from(2)
    assert everything(record, 0) == [1, 2]
    record.go_on_from(5)
    with pytest.raises(Gone):
        record.after(2, 9)
    record.publish(facts(6, 1))
    assert numbers(record.after(5, 9)) == [6]


def test_who_waits_is_woken_by_each_thing_that_ends_the_wait() -> None:
    async def story() -> None:
        for wake in (
            lambda record: record.publish(facts(1, 1)), lambda record: record.begin_again_from(0), Record.end,
        ):  # fmt: skip
            record = Record(0)
            waits = [asyncio.ensure_future(record.more_than(0, 0)) for _ in range(3)]
            await asyncio.sleep(0)
            assert not any(wait.done() for wait in waits)
            wake(record)
            await asyncio.wait_for(asyncio.gather(*waits), 5)

    asyncio.run(story())


def test_who_comes_before_the_commit_waits_for_it() -> None:
    """The live state runs ahead of the disk: what comes behind his place comes after the commit that holds it."""

    async def story() -> None:
        record = Record(0)
        wait = asyncio.ensure_future(record.more_than(3, 0))
        record.publish(facts(1, 3))
        await asyncio.sleep(0)
        assert not wait.done()
        record.publish(facts(4, 1))
        await asyncio.wait_for(wait, 5)

    asyncio.run(story())


def test_whoever_takes_whole_commits_is_given_one_after_the_other() -> None:
    record = Record(100)
    assert record.commit_after(100) is None
    record.publish(facts(101, 5))
    record.publish(facts(106, 3))
    assert record.commit_after(100) == facts(101, 5)
    assert record.commit_after(105) == facts(106, 3)
    assert record.commit_after(108) is None
    with pytest.raises(Gone):
        record.commit_after(99)
