"""One statement says whether the second has anything to do: it overlooks nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from promo.models import Batch, Destination, Mailing, Newsletter, PostChange, Publication
from promo.protocol import State
from promo.services import arming, changing, looking, mailings, publishing, seconds
from promo.services.clock import database_now
from tests import making

pytestmark = pytest.mark.django_db

AGO = timedelta(seconds=1)
AHEAD = timedelta(hours=2)


@pytest.fixture
def row() -> Publication:
    """A publication whose time has not come."""
    making.installation()
    made = making.item()
    destination = Destination.objects.get(channel="facebook_page")
    at = database_now() + AHEAD
    return Publication.objects.create(
        item=made, destination=destination, slot="x", variant="news", planned_at=at, due_at=at
    )


def turned(row: Publication, **facts: Any) -> None:
    Publication.objects.filter(pk=row.pk).update(**facts)


def mailing_of(row: Publication, state: Mailing.State, at: datetime) -> Mailing:
    newsletter = Newsletter.objects.first() or making.newsletter()
    return Mailing.objects.create(
        publication=row,
        newsletter=newsletter,
        state=state,
        unknown_policy="leave",
        started_at=at,
        went_on_at=at,
    )


def test_nothing_waits_where_nothing_is_due(row: Publication) -> None:
    mailing_of(row, Mailing.State.PAUSED, database_now())
    assert seconds.anything(now=database_now()) is False


@pytest.mark.parametrize(
    "watched", seconds.WATCHED, ids=lambda one: f"{one.__module__}.{one.__name__}"
)
def test_it_sees_all_that_has_its_second(row: Publication, watched: object) -> None:
    at = database_now()
    match watched:
        case publishing.due:
            turned(row, due_at=at - AGO)
        case looking.leased:
            turned(row, state=State.SENDING, lease_until_at=at - AGO)
        case looking.to_look_for:
            turned(row, state=State.UNKNOWN, look_at=at - AGO)
        case arming.to_arm:
            turned(row, arm_at=at - AGO)
        case arming.to_mind:
            turned(row, state=State.ARMED, look_at=at - AGO)
        case changing.to_do:
            turned(row, state=State.PUBLISHED, published_at=at)
            PostChange.objects.create(
                publication=row,
                kind=PostChange.Kind.TEXT,
                text="Nowa sala.",
                at=at,
                due_at=at - AGO,
            )
        case mailings.running:
            mailing_of(row, Mailing.State.RUNNING, at)
        case mailings.leased:
            Batch.objects.create(
                mailing=mailing_of(row, Mailing.State.PAUSED, at),
                state=Batch.State.CLAIMED,
                due_at=at,
                lease_until_at=at - AGO,
            )
        case _:
            pytest.fail("nothing is known of it here")
    assert seconds.anything(now=database_now()) is True
