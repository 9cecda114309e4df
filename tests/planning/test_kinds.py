"""The tables of kinds and topics fit together."""

from collections import Counter

from promo.planning.kinds import KINDS, TOPICS


def test_every_kind_belongs_to_one_topic_save_what_concerns_everybody() -> None:
    times = Counter(kind for topic in TOPICS for kind in topic.kinds)
    assert set(times.values()) == {1}
    assert set(KINDS) - set(times) == {"opening_hours", "emergency_closure"}
