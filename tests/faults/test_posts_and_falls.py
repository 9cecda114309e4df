"""Redis, PostgreSQL, workers and clocks fall while posts go out, and workers are killed with -9.

The numbers are those of the sheet of faults. The witness is the page: what followers see, and what
we say of it. The suite meets nearly all of them in one round; with PROMO_TEST_POSTS each also comes
alone, at full length.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from promo import stops
from promo.services import health
from promo.services.clock import database_now
from tests.faults.beats import BeatProcess
from tests.faults.engine_falls import POSTGRES, REDIS, postgres_restarted, redis_away
from tests.faults.figures import Figures
from tests.faults.full_logs import full_logs
from tests.faults.posting import AT_FULL_SIZE, KILLS, POSTS
from tests.faults.sending import ROUNDS, chance_of
from tests.faults.small_disk import a_small_disk, disk_full, disk_full_and_dead
from tests.faults.stage import HOUR, PREFORK, STRICTLY, Stage, a_stage
from tests.faults.worker_falls import (
    CHILDREN,
    WORKERS,
    beat_killed,
    fall_asleep,
    hinted_too_early,
    tick_by_hand,
)
from tests.processes import Hatchery, environment
from tests.world import World

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("falls"),
    pytest.mark.django_db(transaction=True),
]

FALLS = {**REDIS, **POSTGRES, **WORKERS}
QUICK = {name: fall for name, fall in FALLS.items() if not name.startswith("12:")}
"""A half-open connection costs all the seconds after which a client gives it up."""

TIMES = max(KILLS // 3, 1)
"""How often each falls in its round."""


@pytest.fixture
def stage(
    turn: int,
    hatchery: Hatchery,
    connected: World,
    world: World,
    tmp_path: Path,
) -> Iterator[Stage]:
    with a_stage(hatchery, world, tmp_path, chance=chance_of(turn)) as one:
        yield one


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[None]:
    with a_small_disk(tmp_path / "home"):
        yield


@pytest.fixture
def logs_without_room(tmp_path: Path) -> None:
    full_logs(tmp_path, "workers.log", "loop.log")


def judge(stage: Stage, fault: str, figures: Figures, **more: int) -> dict[str, int]:
    columns = stage.columns() | more
    figures(fault, columns)
    assert columns["kills"] == KILLS, "otherwise nothing was tested"
    assert not {name: columns[name] for name in STRICTLY if columns[name]}
    assert columns["published"] + columns["dropped"] == POSTS
    return columns


@ROUNDS
@pytest.mark.parametrize("fault", ["all falls together", *(FALLS if AT_FULL_SIZE else ())])
def test_whatever_falls_each_post_is_out_once(fault: str, stage: Stage, figures: Figures) -> None:
    if fault in FALLS:
        falls = [FALLS[fault]] * TIMES
    else:
        falls = [*QUICK.values(), *CHILDREN.values(), hinted_too_early]
        stage.let_workers_differ()
    stage.run(kills=KILLS, falls=falls)
    columns = judge(stage, fault, figures, falls=len(falls))
    if fault.startswith("40"):
        assert not stage.errors()
    assert "drop" in fault or fault not in FALLS or not columns["dropped"]


at_full_size = pytest.mark.skipif(not AT_FULL_SIZE, reason="seen at full size: PROMO_TEST_POSTS")


@at_full_size
@ROUNDS
@pytest.mark.parametrize("fault", CHILDREN)
def test_whatever_befalls_a_child_each_post_is_out_once(
    fault: str, stage: Stage, figures: Figures
) -> None:
    stage.posts.hatch = partial(stage.posts.hatch, options=PREFORK)
    stage.run(kills=KILLS, falls=[CHILDREN[fault]] * TIMES)
    judge(stage, fault, figures, falls=TIMES)


def beat_has_ticked() -> bool:
    return health.parts(now=database_now())["beat"]


@at_full_size
@ROUNDS
@pytest.mark.parametrize("beats", [2, 1])
def test_however_many_clocks_tick_each_post_is_out_once(
    beats: int, stage: Stage, figures: Figures, tmp_path: Path
) -> None:
    stage.posts.hatch = partial(stage.posts.hatch, ("publish", "upkeep"))
    for number in range(beats):
        folder = tmp_path / f"beat {number}"
        folder.mkdir()
        stage.clocks.append(BeatProcess(environment(), folder=folder))
    try:
        stage.until(beat_has_ticked, what="beat ticks")
        if beats > 1:
            stage.run(kills=KILLS, falls=[tick_by_hand] * 4)
            judge(stage, "35: two beats, the loop, ticks by hand", figures, falls=4)
        else:
            stage.run(kills=KILLS, falls=[beat_killed])
            judge(stage, "36: beat killed, the loop goes on", figures, falls=1)
    finally:
        beat_killed(stage)


@at_full_size
@ROUNDS
@pytest.mark.parametrize("hours", [1, -1])
def test_a_worker_whose_clock_is_wrong_publishes_nothing_early_and_nothing_twice(
    hours: int, stage: Stage, figures: Figures
) -> None:
    stage.posts.hatch = partial(stage.posts.hatch, ahead=hours * HOUR)
    stage.run(kills=KILLS, falls=[hinted_too_early] * TIMES)
    judge(stage, f"37: clocks wrong by {hours:+d} h", figures, falls=TIMES)


@at_full_size
@ROUNDS
@pytest.mark.parametrize("point", [stops.AFTER_CLAIM, stops.AFTER_MARK, stops.AFTER_ACCEPT])
def test_a_worker_that_wakes_up_when_all_is_over_sends_nothing(
    point: str, stage: Stage, figures: Figures
) -> None:
    stage.run(kills=KILLS, falls=[partial(fall_asleep, point=point)] * TIMES)
    assert stage.zombies, "otherwise nothing was tested"
    for zombie in stage.zombies:
        zombie.wakes()
    judge(stage, f"39: zombies {point}", figures, falls=len(stage.zombies))


@at_full_size
@ROUNDS
@pytest.mark.usefixtures("small_disk")
def test_a_full_disk_of_the_database_costs_no_post(stage: Stage, figures: Figures) -> None:
    stage.run(kills=KILLS, falls=[disk_full, disk_full_and_dead] * 2)
    judge(stage, "19: the database's disk is full", figures, falls=4)


TOLD = [
    {"fault": "bad_gateway", "apply": apply, "path": "/feed", "probability": 0.1}
    for apply in (True, False)
]
"""What a worker logs in the middle of a post."""


@at_full_size
@ROUNDS
@pytest.mark.usefixtures("logs_without_room")
def test_logs_without_room_cost_no_post(stage: Stage, figures: Figures) -> None:
    for rule in TOLD:
        stage.posts.world.fault(seed=stage.chance.randrange(10**6), **rule)
    stage.run(kills=KILLS, falls=[redis_away, postgres_restarted] * 2)
    judge(stage, "19: the disk of the logs is full", figures, falls=4)
