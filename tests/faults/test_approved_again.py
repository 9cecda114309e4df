"""43: items are approved again, in other words, while their posts are claimed, sent or unknown.

The page answers wrongly now and then, and workers are killed with -9 meanwhile. What followers see
is one of the approved texts, whole, and the one that was marked.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.approving import EACH, HOW_MANY, UNMET, Approver, approved_posts
from tests.faults.figures import Figures
from tests.faults.posting import AT_FULL_SIZE, KILLS
from tests.faults.sending import ROUNDS, chance_of
from tests.faults.stage import STRICTLY, Stage, a_stage
from tests.faults.worker_falls import edited
from tests.processes import Hatchery
from tests.world import World

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("falls"),
    pytest.mark.django_db(transaction=True),
]

TIMES = 2 if AT_FULL_SIZE else 1
LOST = [
    {"fault": "bad_gateway", "apply": apply, "path": "/feed", "probability": 0.15}
    for apply in (True, False)
]


@pytest.fixture
def stage(
    turn: int,
    hatchery: Hatchery,
    connected: World,
    world: World,
    tmp_path: Path,
) -> Iterator[Stage]:
    chance = chance_of(turn)
    with a_stage(hatchery, world, tmp_path, chance=chance, make=approved_posts) as one:
        one.posts.each = EACH
        for rule in LOST:
            world.fault(seed=chance.randrange(10**6), **rule)
        yield one


@ROUNDS
def test_what_is_out_is_one_of_the_approved_texts_whole_and_the_one_that_was_marked(
    stage: Stage, figures: Figures
) -> None:
    approver = Approver(stage)
    falls = [*approver.falls(), edited] * TIMES
    stage.run(kills=KILLS, falls=falls)
    columns = {**stage.columns(), **approver.columns(), "falls": len(falls)}
    figures("43: approved again meanwhile", columns)
    assert columns["kills"] == KILLS
    assert approver.met, "otherwise nothing was tested"
    assert not {name: columns[name] for name in (*STRICTLY, *UNMET) if columns[name]}
    assert columns["published"] == HOW_MANY
