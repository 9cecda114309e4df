"""l: the network's window for scheduled posts is not where we take it to be.

Posts are planned around its edges (10 minutes, 29, 30 and 75 days ahead), half of them are refused
there, answers are lost, and workers are killed with -9 while they arm. What the network holds, it
holds once and for the right second; what it does not hold goes out at its time.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from functools import partial

import pytest

from promo.models import Publication
from promo.protocol import State
from promo.services import armed, arming, composing
from promo.services.clock import database_now
from tests.faults.figures import Figures
from tests.faults.posting import AT_FULL_SIZE, BREATH, KILLS, POSTS, SOON, WORKERS, Round
from tests.faults.sending import ROUNDS
from tests.processes import until

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("posts"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not AT_FULL_SIZE, reason="a round of its own: PROMO_TEST_POSTS"),
]

EDGES = [
    timedelta(minutes=20),
    timedelta(minutes=40),
    timedelta(days=29),
    timedelta(days=30),
    timedelta(days=75),
]
ASTRAY = timedelta(minutes=5)
WINDOWS = [
    {"min_seconds": 600, "max_seconds": 75 * 86400, "probability": 0.3},
    {"min_seconds": 3600, "max_seconds": 28 * 86400, "probability": 0.5},
]
CUT = [{"fault": "create_then_cut", "how": how, "probability": 0.1} for how in ("reset", "close")]
OPEN = (State.CLAIMED, State.ARMING, State.CHANGING, State.UNKNOWN, State.SENDING)


def plan(posts: Round) -> None:
    """Each near an edge."""
    now = database_now()
    for row in posts.rows:
        ahead = posts.chance.choice(EDGES) + posts.chance.uniform(-1, 1) * ASTRAY
        row.planned_at = row.due_at = now + ahead
        composing.recompose(row)
        armed.plan_arming(row)
    fields = ["planned_at", "due_at", "arm_at", "message_json", "digest"]
    Publication.objects.bulk_update(posts.rows, fields)


def so_many_are_tried(posts: Round, count: int) -> bool:
    posts.go_on()
    return Publication.objects.exclude(state=State.PLANNED, problem="").count() >= count


def is_calm(posts: Round) -> bool:
    posts.go_on()
    now = database_now()
    return not (Publication.objects.filter(state__in=OPEN) | arming.to_arm(now)).exists()


def held(posts: Round) -> dict[str, list[str]]:
    """For when the network holds each post that is not out yet."""
    waiting = [post for post in posts.world.all_posts() if not post["published"]]
    return {
        row.marker: [post["scheduled_for"] for post in waiting if row.marker in post["text"]]
        for row in posts.rows
    }


@ROUNDS
def test_at_the_edges_of_the_window_each_post_is_held_once_or_goes_out_at_its_time(
    turn: int, posts: Round, figures: Figures
) -> None:
    plan(posts)
    for rule in [*({"fault": "schedule_window", **window} for window in WINDOWS), *CUT]:
        posts.world.fault(path="/feed", seed=posts.chance.randrange(10**6), **rule)
    posts.workers += [posts.hatch() for _one in range(WORKERS)]
    fits = arming.to_arm(database_now()).count()
    for kill in range(KILLS):
        tried = partial(so_many_are_tried, posts, kill * fits // (KILLS + 1))
        until(tried, within=SOON, what="so many are tried", every=BREATH)
        posts.kill_one()
    until(lambda: is_calm(posts), within=SOON, what="all is known", every=BREATH)
    posts.world.forget_faults()
    there = held(posts)
    states = Counter()
    for row in posts.rows:
        row.refresh_from_db()
        states[row.state] += 1
        wanted = [row.planned_at.replace(microsecond=0)] if row.state == State.ARMED else []
        assert [datetime.fromisoformat(at) for at in there[row.marker]] == wanted
    assert not posts.world.posts()

    # The time of all of them has come.
    later = max(EDGES) + 2 * ASTRAY
    posts.world.post("/api/clock", {"offset_seconds": later.total_seconds()})
    now = database_now()
    for row in posts.rows:
        if row.state == State.ARMED:
            row.armed_for_at = row.look_at = now
        row.planned_at = row.due_at = now
        row.arm_at = None
    Publication.objects.bulk_update(
        posts.rows, ["armed_for_at", "look_at", "planned_at", "due_at", "arm_at"]
    )
    over = Publication.objects.filter(state=State.PUBLISHED)
    until(
        lambda: posts.go_on() or over.count() == POSTS,
        within=SOON,
        what="all are out",
        every=BREATH,
    )
    seen = posts.copies(public=True)
    figures(
        "l: the edges of the window",
        {"posts": POSTS, "kills": posts.kills, "held": states[State.ARMED], "seen": seen.total()},
    )
    assert set(seen.values()) == {1}
    assert 0 < states[State.ARMED] < fits
