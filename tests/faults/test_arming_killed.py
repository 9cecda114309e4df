"""Workers are killed with -9 while they arm posts ahead, change them or take them back.

The witness is the page: what it holds, and what it shows once the time has come. More posts than
the suite has time for: PROMO_TEST_ROUNDS.
"""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from promo import stops
from promo.models import Attempt, Publication
from promo.protocol import State
from promo.services import armed, composing, publications
from promo.services.clock import database_now
from tasks import publishing, upkeep
from tests import making
from tests.faults.figures import Figures
from tests.faults.test_worker_killed import SOON, Workers, kill_one_at, workers
from tests.processes import until
from tests.world import World

__all__ = ["workers"]

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("processes"),
    pytest.mark.django_db(transaction=True),
]

ROUNDS = int(os.environ.get("PROMO_TEST_ROUNDS", "2"))
AHEAD = timedelta(hours=2)
NEW_WORDS = "Zmiana sali."


def planned(world: World) -> list[Publication]:
    page = making.page(world)
    rows = []
    for number in range(ROUNDS):
        row = making.due_publication(page, title=f"Spotkanie nr {number}")
        row.planned_at = row.due_at = database_now() + AHEAD
        composing.recompose(row)
        armed.plan_arming(row)
        row.save()
        rows.append(row)
    return rows


def settle(rows: list[Publication], *states: State) -> None:
    """Tick until every one of them is in one of these states, in line with what is wanted."""
    wanted = Publication.objects.filter(pk__in=[row.pk for row in rows])

    def ticked() -> bool:
        upkeep.hand_out()
        return all(
            row.state in states and armed.wish(row, now=database_now()) is armed.Wish.KEEP
            for row in wanted.all()
        )

    until(ticked, within=2 * SOON, what="everything is settled")
    for row in rows:
        row.refresh_from_db()


def shown_later(world: World) -> Counter[str]:
    """How many copies followers see of each marker when the time has come."""
    world.post("/api/clock", {"offset_seconds": (AHEAD + timedelta(minutes=5)).total_seconds()})
    markers = Publication.objects.values_list("marker", flat=True)
    texts = [post["text"] for post in world.posts()]
    return Counter({marker: sum(marker in text for text in texts) for marker in markers})


@pytest.mark.parametrize(
    "point",
    [
        stops.AFTER_CLAIM,
        stops.AFTER_ARM_MARK,
        stops.AFTER_ARM_ACCEPT,
        stops.AFTER_ARM_SETTLE,
    ],
)
def test_a_worker_killed_while_it_arms_costs_no_post_and_doubles_none(
    workers: Workers, world: World, figures: Figures, point: str
) -> None:
    rows = planned(world)
    kill_one_at(point, rows, workers, task=publishing.arm)
    settle(rows, State.ARMED)
    assert world.posts() == []
    shown = shown_later(world)
    lost = sum(not shown[row.marker] for row in rows)
    second = sum(max(shown[row.marker] - 1, 0) for row in rows)
    figures(f"a worker killed {point}", {"posts": len(rows), "lost": lost, "second copies": second})
    assert (lost, second) == (0, 0)


@pytest.mark.parametrize(
    "point", [stops.AFTER_CHANGE_MARK, stops.AFTER_CHANGE_ACCEPT, stops.AFTER_CHANGE_SETTLE]
)
def test_a_worker_killed_while_it_changes_or_recalls_leaves_what_is_wanted(
    workers: Workers, world: World, figures: Figures, admin_user: User, point: str
) -> None:
    rows = planned(world)
    for row in rows:
        publishing.arm.delay(row.pk)
    settle(rows, State.ARMED)
    dropped, edited = rows[::2], rows[1::2]
    for row in dropped:
        publications.drop(publication_id=row.pk, user=admin_user, now=database_now())
    for row in edited:
        message = dataclasses.replace(row.message, text=f"{NEW_WORDS}\n\n{row.message.text}")
        row.message_json, row.digest = message.to_json(), message.digest
        armed.wanted_changed(row, now=database_now())
        row.save()
    kill_one_at(point, rows, workers, task=publishing.mind)
    settle(rows, State.ARMED, State.CANCELLED)
    shown = shown_later(world)
    old = sum(not post["text"].startswith(NEW_WORDS) for post in world.posts())
    stale = sum(shown[row.marker] for row in dropped)
    wrong = sum(shown[row.marker] != 1 for row in edited)
    columns = {"posts": len(rows), "shown though dropped": stale, "not exactly once": wrong}
    figures(f"a worker killed {point}", {**columns, "old words": old})
    assert (stale, wrong, old) == (0, 0, 0)
    assert {row.state for row in dropped} == {State.CANCELLED}
    assert {row.state for row in edited} == {State.ARMED}
    for row in dropped:
        assert row.ledger.filter(event=Attempt.Event.CANCELLED).count() == 1
