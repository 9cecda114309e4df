"""What a plan reads of others: a bounded part of the table, through its index."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from promo.models import Destination, Publication
from promo.protocol import State
from promo.services import neighbours, plans
from tests import making

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def installed(db: None) -> None:
    making.installation()


def page() -> Destination:
    return Destination.objects.get(channel="facebook_page")


def test_the_same_number_of_queries_however_much_is_planned() -> None:
    other = making.item(title="Inne wydarzenie")
    start = timezone.now() + timedelta(days=30)
    item = making.item(starts_at=start, ends_at=start + timedelta(hours=2))
    making.crowd(other, page(), count=5, every=timedelta(hours=30))
    plans.plan(item=item, now=timezone.now())  # what is asked only once has been asked
    with CaptureQueriesContext(
        connection,
    ) as few:
        plans.plan(item=item, now=timezone.now())
    Publication.objects.filter(item=other).delete()
    making.crowd(other, page(), count=300, every=timedelta(hours=30))
    with CaptureQueriesContext(connection) as many:
        plans.plan(item=item, now=timezone.now())

    assert len(many) == len(few)


def test_neighbours_are_read_by_their_index_and_without_their_messages() -> None:
    other = making.item(title="Inne wydarzenie")
    making.crowd(other, page(), count=2000, every=timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE promo_publication")
    now = timezone.now()
    rows = neighbours.others(
        making.item(), [str(page().uuid)], since=now, until=now + timedelta(days=30)
    )

    assert "publication_neighbours" in rows.explain()


def test_a_post_that_crowding_pushes_far_still_sees_those_who_stand_there() -> None:
    """Three posts a day for the next half year: undated news finds the first free day after."""
    other = making.item(title="Inne wydarzenie")
    # Begun at ten, all three of a day stay in it when the clocks change.
    ten = timezone.localtime().replace(hour=10, minute=0)
    making.crowd(other, page(), count=3 * 180, every=timedelta(hours=8), since=ten)
    last = Publication.objects.filter(item=other).order_by("-planned_at")[0].planned_at
    news = making.item(kind="recommendation", title="Polecamy", starts_at=None, ends_at=None)

    made = plans.plan(item=news, now=timezone.now())

    (post,) = [one for one in made.planned if one.channel == "facebook_page"]
    assert post.due_at > last - timedelta(days=2)


def test_what_was_cancelled_leaves_its_place() -> None:
    other = making.item(title="Inne wydarzenie")
    making.crowd(other, page(), count=3, every=timedelta(hours=1))
    Publication.objects.filter(item=other).update(state=State.CANCELLED)
    now = timezone.now()

    rows = neighbours.others(
        making.item(), [str(page().uuid)], since=now - timedelta(days=1), until=now + timedelta(1)
    )

    assert list(rows) == []
