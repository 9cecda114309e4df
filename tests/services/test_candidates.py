"""What an issue that fills itself is made from, beside what its newsletter mails by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from promo.models import Filling, Item, Publication, Rhythm
from promo.protocol import State
from promo.services import approvals, destinations
from tests.services.filling_scene import composed, event, titles, weekly

pytestmark = pytest.mark.django_db


@pytest.fixture
def rhythm() -> Rhythm:
    return weekly()


def mailed(item: Item, rhythm: Rhythm, *, slot: str = "nl_announce", **values: Any) -> Publication:
    """That a timetable has the item mailed to the newsletter's readers, by itself."""
    at = values.pop("planned_at", timezone.now())
    return Publication.objects.create(
        item=item,
        destination=rhythm.newsletter.destination,
        slot=slot,
        variant="announce",
        planned_at=at,
        due_at=at,
        **values,
    )


def out(at: datetime) -> dict[str, Any]:
    return {"state": State.PUBLISHED, "planned_at": at, "marked_at": at, "published_at": at}


def test_what_was_mailed_alone_is_not_told_again_unless_it_changed(rhythm: Rhythm) -> None:
    stays, full, moves = event("Zostaje"), event("Pełne", days=4), event("Przenosi się", days=5)
    for one in (stays, full, moves):
        mailed(one, rhythm, **out(timezone.now()))
    event("Nowe", days=6)
    full.status = "sold_out"
    moves.starts_at = moves.starts_at and moves.starts_at + timedelta(days=1)
    for one in (full, moves):
        approvals.approve(content=one)
    # Its notice of the new date is stopped by a person: the issue tells of it instead.
    Publication.objects.filter(item=moves, state=State.PLANNED).update(state=State.CANCELLED)
    filling = composed(rhythm)
    assert titles(filling) == ["Zmiany", "Pełne", "Przenosi się", "Wydarzenia", "Nowe"]


def test_a_change_that_is_mailed_alone_is_no_news_in_the_next_issue(rhythm: Rhythm) -> None:
    told = event("Odwołane")
    mailed(told, rhythm, **out(timezone.now()))
    told.status = "cancelled"
    approvals.approve(content=told)
    notice = Publication.objects.get(item=told, state=State.PLANNED)
    assert notice.destination_id == rhythm.newsletter.destination_id
    assert composed(rhythm).state == Filling.State.SKIPPED


def test_what_is_mailed_alone_before_the_issue_is_left_to_that_mail(rhythm: Rhythm) -> None:
    assert rhythm.next_send_at is not None
    hour = timedelta(hours=1)
    mailed(event("Wcześniej"), rhythm, planned_at=rhythm.next_send_at - hour)
    mailed(event("Później", days=4), rhythm, planned_at=rhythm.next_send_at + hour)
    mailed(event("Nie wyszło", days=5), rhythm, state=State.CANCELLED)
    elsewhere = mailed(event("Gdzie indziej", days=6), rhythm)
    elsewhere.destination = destinations.create(channel="website", name="Strona")
    elsewhere.save()
    assert titles(composed(rhythm)) == ["Wydarzenia", "Później", "Nie wyszło", "Gdzie indziej"]


def test_a_mail_about_one_meeting_of_a_series_leaves_the_later_ones_to_the_issue(
    rhythm: Rhythm,
) -> None:
    for title, days in (("Minione", -1), ("To właśnie", 1)):
        series = event(title, days=days, recurrence="FREQ=WEEKLY;COUNT=20")
        mailed(series, rhythm, **out(timezone.now()), occurrence_at=series.starts_at)
    assert titles(composed(rhythm)) == ["Wydarzenia", "Minione"]


def test_the_rule_of_a_rhythm_names_kinds(rhythm: Rhythm) -> None:
    Rhythm.objects.update(kinds=["film"])
    event("Wykład")
    event("Pokaz filmu", kind="film")
    assert titles(composed(rhythm)) == ["Wydarzenia", "Pokaz filmu"]
