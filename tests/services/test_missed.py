"""What was missed: one list, and two decisions for many."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from promo.models import Destination, Issue, Item, Publication
from promo.planning.waited import Sense
from promo.protocol import State
from promo.services import approvals, issues, missed, publishing
from tests import making
from tests.driving import Clock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def installed(db: None) -> None:
    making.installation()


@pytest.fixture
def ewa() -> User:
    return User.objects.create_user("ewa")


def lost(**values: object) -> Publication:
    """A publication whose limit passed an hour ago, and a worker that gets to it only now."""
    row = making.due_publication(Destination.objects.get(channel="website"), **values)
    late = timezone.now() - timedelta(hours=1)
    Publication.objects.filter(pk=row.pk).update(
        due_at=late, planned_at=late, not_after_at=late + timedelta(minutes=5)
    )
    publishing.publish(row.pk, clock=Clock(timezone.now()))
    row.refresh_from_db()
    assert row.state == State.MISSED
    return row


def test_after_an_outage_nothing_stale_goes_out_and_the_list_says_why(ewa: User) -> None:
    row = lost()
    begun = lost(title="Zaczęło się")
    Item.objects.filter(pk=begun.item_id).update(starts_at=timezone.now() - timedelta(minutes=9))
    found = {one.publication.pk: one for one in missed.listed(now=timezone.now())}
    assert (found[row.pk].sense, found[row.pk].tries) == (Sense.TOO_LATE, 0)
    assert found[row.pk].noticed_at is not None
    assert found[begun.pk].sense is Sense.BEGUN
    assert missed.begun(ids=[row.pk, begun.pk], now=timezone.now()) == [begun]


def test_many_are_sent_or_dropped_at_once_and_nothing_else(ewa: User) -> None:
    first, second, third = lost(), lost(title="Druga"), lost(title="Trzecia")
    now = timezone.now()
    assert missed.send_now(ids=[first.pk, second.pk], user=ewa, now=now) == 2
    assert missed.drop(ids=[second.pk, third.pk], user=ewa, now=now) == 1
    states = {row.pk: row.state for row in Publication.objects.all()}
    assert states[first.pk] == states[second.pk] == State.WAITING
    assert states[third.pk] == State.CANCELLED
    publishing.publish(first.pk, clock=Clock(timezone.now()))
    first.refresh_from_db()
    assert first.state == State.PUBLISHED


def test_an_issue_that_an_outage_held_up_for_a_day_waits_for_a_person() -> None:
    newsletter = making.newsletter(readers=1)
    now = timezone.now()
    issue = Issue.objects.create(
        newsletter=newsletter,
        subject="Co słychać w bibliotece",
        preheader="Spotkania, warsztaty i ferie: co robić w grudniu w bibliotece.",
        send_at=now,
        blocks=[("text", "<p>Zapraszamy.</p>")],
    )
    approvals.approve(content=issue)
    row = Publication.objects.get(issue=issue)
    assert row.not_after_at is not None
    publishing.publish(row.pk, clock=Clock(row.not_after_at + timedelta(seconds=1)))
    row.refresh_from_db()
    assert row.state == State.MISSED
    assert row.not_after_at >= now + issues.LATEST
