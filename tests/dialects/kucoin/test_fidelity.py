"""The table of origins is whole: each behaviour once, each topic in one place."""

from itertools import groupby

from seatrial.dialects.kucoin.fidelity import RULES


def test_every_behaviour_is_listed_once_and_every_topic_stands_in_one_place() -> None:
    keys = [rule.key for rule in RULES]
    topics = [topic for topic, _ in groupby(RULES, key=lambda rule: rule.topic)]
    assert len(set(keys)) == len(keys)
    assert len(set(topics)) == len(topics)


def test_every_behaviour_is_a_sentence_with_an_origin() -> None:
    assert not [rule.key for rule in RULES if not rule.where or not rule.says.rstrip("`").endswith(".")]
