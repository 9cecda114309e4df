"""Troubles on demand: the world knows each of their rules."""

from __future__ import annotations

import pytest

from promo.errors import InvalidInput
from promo.services import rehearsal_troubles
from promo.services.rehearsal_troubles import TROUBLES
from tests.world import World


def test_the_world_takes_every_rule_and_every_event(world: World) -> None:
    for trouble in TROUBLES.values():
        assert trouble.rules or trouble.event or trouble.off
        for rule in trouble.rules:
            assert world.fault(**rule)["hits"] == 0
        if trouble.event:
            assert trouble.event in world.get("/api/events")


def test_none_makes_anybody_wait_in_real_time() -> None:
    waits = {"create_then_hang", "slow", "smtp_slow"}
    assert not waits & {rule["fault"] for one in TROUBLES.values() for rule in one.rules}


def test_troubles_are_found_by_name_each_once() -> None:
    keys = ["slow-down", "answer-lost", "slow-down"]
    assert rehearsal_troubles.named(keys) == [TROUBLES["slow-down"], TROUBLES["answer-lost"]]


def test_a_name_there_is_not_is_told_with_those_there_are() -> None:
    with pytest.raises(InvalidInput, match="answer-lost"):
        rehearsal_troubles.named(["earthquake"])
