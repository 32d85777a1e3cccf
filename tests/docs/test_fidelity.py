"""The published table of origins is whole: each behaviour of a venue once, each topic in one place."""

from itertools import groupby

import pytest

from seatrial.core.provenance import Rule
from seatrial.dialects.kraken import fidelity as kraken
from seatrial.dialects.kucoin import fidelity as kucoin

venues = pytest.mark.parametrize("rules", [kraken.RULES, kucoin.RULES], ids=["kraken", "kucoin"])


@venues
def test_every_behaviour_is_listed_once(rules: tuple[Rule, ...]) -> None:
    keys = [rule.key for rule in rules]
    assert sorted(set(keys)) == sorted(keys)


@venues
def test_every_topic_stands_in_one_place(rules: tuple[Rule, ...]) -> None:
    topics = [topic for topic, _ in groupby(rules, key=lambda rule: rule.topic)]
    assert len(set(topics)) == len(topics)


@venues
def test_every_behaviour_is_a_sentence_with_an_origin(rules: tuple[Rule, ...]) -> None:
    assert not [rule.key for rule in rules if not rule.where or not rule.says.rstrip("`").endswith(".")]
