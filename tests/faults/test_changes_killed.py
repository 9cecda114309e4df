"""Workers are killed with -9 while they change posts that are out, or take them down.

The witness is the page: what followers read there. More posts than the suite has time for:
PROMO_TEST_ROUNDS.
"""

from __future__ import annotations

import os

import pytest
from django.contrib.auth.models import User

from promo import stops
from promo.models import Item, PostChange, Publication
from promo.protocol import Change, State
from promo.services import changes
from promo.services import publishing as way_out
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
NEW_WORDS = "Zmiana sali"


def out(world: World) -> list[Publication]:
    """Posts that are out and say something older than what is approved."""
    page = making.page(world)
    rows = [making.due_publication(page, title=f"Spotkanie nr {nth}") for nth in range(ROUNDS)]
    for row in rows:
        way_out.publish(row.pk)
        Item.objects.filter(pk=row.item_id).update(
            title=f"{NEW_WORDS} {row.pk}", last_published_at=database_now()
        )
    return rows


@pytest.mark.parametrize(
    "point", [stops.AFTER_EDIT_MARK, stops.AFTER_EDIT_ACCEPT, stops.AFTER_EDIT_SETTLE]
)
def test_a_worker_killed_while_it_changes_a_post_leaves_what_is_wanted(
    workers: Workers, world: World, figures: Figures, admin_user: User, point: str
) -> None:
    rows = out(world)
    down, edited = rows[::2], rows[1::2]
    now = database_now()
    wanted = [
        *(changes.take_down(publication_id=row.pk, user=admin_user, now=now) for row in down),
        *(changes.change_text(publication_id=row.pk, user=admin_user, now=now) for row in edited),
    ]
    kill_one_at(point, wanted, workers, task=publishing.change)
    open_ones = PostChange.objects.exclude(state=Change.DONE)

    def ticked() -> bool:
        upkeep.hand_out()
        return not open_ones.exists()

    until(ticked, within=2 * SOON, what="every change is done")
    texts = [post["text"] for post in world.all_posts()]
    left = sum(row.marker in text for row in down for text in texts)
    old = sum(NEW_WORDS not in text for text in texts)
    columns = {"posts": len(rows), "not taken down": left, "old words": old}
    figures(f"a worker killed {point}", columns)
    assert (left, old, len(texts)) == (0, 0, len(edited))
    for row in rows:
        row.refresh_from_db()
    assert {row.state for row in down} == {State.WITHDRAWN}
    assert {row.state for row in edited} == {State.PUBLISHED}
