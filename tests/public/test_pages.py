"""The public pages over HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from promo.models import Institution, Item
from promo.services import destinations
from tests import making
from tests.driving import Clock, tick

pytestmark = pytest.mark.django_db


@pytest.fixture
def out() -> Item:
    """An event that is out on the website."""
    making.installation()
    row = making.due_publication(destinations.create(channel="website", name="Strona"))
    tick(Clock(timezone.now()))
    return row.item


def test_the_foot_leads_to_the_declarations_that_the_library_has_given() -> None:
    making.installation()
    row = Institution.load()
    row.accessibility_url = "https://biblioteka.example.org/deklaracja"
    row.save()
    page = Client().get("/?lang=pl").content.decode()
    assert 'href="https://biblioteka.example.org/deklaracja"' in page
    assert "Deklaracja dostępności" in page
    assert "Prywatność" not in page


def test_a_visitor_who_has_chosen_one_thing_is_offered_its_feeds(out: Item) -> None:
    page = Client().get("/?lang=pl&kind=author_meeting").content.decode()
    assert "/feeds/kind/author_meeting/rss.xml" in page
    assert "Co się dzieje – spotkanie autorskie (RSS)" in page
    assert "/?kind=author_meeting&amp;lang=en" in page
    feed = Client().get("/feeds/kind/author_meeting/rss.xml")
    assert "Co się dzieje – spotkanie autorskie" in feed.content.decode()
    two = Client().get("/?lang=pl&kind=author_meeting&audience=adults").content.decode()
    assert "/feeds/rss.xml" in two


def test_an_event_comes_as_a_calendar_file_and_news_without_a_time_has_none(out: Item) -> None:
    assert b"BEGIN:VEVENT" in Client().get(f"/items/{out.uuid}/calendar.ics").content
    Item.objects.filter(pk=out.pk).update(starts_at=None, ends_at=None)
    assert Client().get(f"/items/{out.uuid}/calendar.ics").status_code == 404


def test_a_postponed_event_stays_in_the_calendar(out: Item) -> None:
    was = timezone.now() + timedelta(days=3)
    Item.objects.filter(pk=out.pk).update(
        starts_at=None, ends_at=None, status="postponed", previous_starts_at=was
    )
    assert str(out.uuid) in Client().get("/calendar.ics").content.decode()
