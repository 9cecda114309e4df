"""The plan in a calendar program: a secret address, and what is read there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from icalendar import Calendar
from pytest_django.fixtures import Settings

from promo.models import Institution, Publication
from promo.protocol import State
from promo.services import first_run, plan_feed
from tests import making


@pytest.fixture
def reader(db: None) -> User:
    making.installation()
    user = User.objects.create_user("jan", "jan@biblioteka.example.org", "haslo-do-proby-1")
    user.groups.add(Group.objects.get(name=first_run.WRITERS))
    return user


@pytest.fixture
def path(reader: User, settings: Settings) -> str:
    plan_feed.renew(user=reader, now=timezone.now())
    return plan_feed.address_of(reader).removeprefix(settings.PROMO_BASE_URL)


@pytest.fixture
def row(reader: User) -> Publication:
    item = making.approved(title="Noc, bajek; i\\ spółka")
    return item.publications.filter(state=State.PLANNED).order_by("-planned_at")[0]


def events(body: bytes) -> dict[str, object]:
    return {str(one["UID"]): one for one in Calendar.from_ical(body).walk("VEVENT")}


def event_of(body: bytes, row: Publication) -> dict[str, object]:
    (found,) = [one for uid, one in events(body).items() if str(row.uuid) in uid]
    return found  # type: ignore[return-value]


def test_calendar_is_read_without_signing_in(path: str, row: Publication) -> None:
    answer = Client().get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Cache-Control"].startswith("private")
    event = event_of(answer.content, row)
    zone = Institution.load().tz
    assert event["DTSTART"].dt == row.planned_at.astimezone(zone)  # type: ignore[attr-defined]
    assert event["DTSTART"].params["TZID"] == "Europe/Warsaw"  # type: ignore[attr-defined]
    assert event["STATUS"] == "CONFIRMED"
    assert row.item is not None
    assert row.item.title in str(event["SUMMARY"])
    assert b"BEGIN:VTIMEZONE" in answer.content
    assert all(len(line) <= 75 for line in answer.content.splitlines())


def test_who_has_it_already_gets_304_until_something_changes(path: str, row: Publication) -> None:
    first = Client().get(path)
    given = {"If-None-Match": first["ETag"]}
    again = Client().get(path, headers=given)
    assert (again.status_code, again.content) == (304, b"")
    later = row.planned_at + timedelta(hours=1)
    Publication.objects.filter(pk=row.pk).update(planned_at=later)
    moved = Client().get(path, headers=given)
    assert moved.status_code == 200
    assert event_of(moved.content, row)["DTSTART"].dt == later  # type: ignore[attr-defined]


@pytest.mark.parametrize("state", [State.CANCELLED, State.WITHDRAWN])
def test_what_was_dropped_stays_and_is_marked(state: State, path: str, row: Publication) -> None:
    Publication.objects.filter(pk=row.pk).update(state=state)
    event = event_of(Client().get(path).content, row)
    assert event["STATUS"] == "CANCELLED"
    assert row.item is not None
    assert str(event["SUMMARY"]) != f"{row.destination.name}: {row.item.title}"


def test_new_address_makes_the_old_one_lead_nowhere(reader: User, path: str) -> None:
    old = path
    plan_feed.renew(user=reader, now=timezone.now())
    assert Client().get(old).status_code == 404
    assert plan_feed.address_of(reader) != old
    plan_feed.give_up(user=reader)
    assert plan_feed.address_of(reader) == ""


def test_forged_address_leads_nowhere(path: str) -> None:
    for code in ("abc", "", path.split("/")[2][:-1] + "A", "not-a-uuid:abc"):
        assert Client().get(f"/plan/{code}/promo.ics").status_code == 404


def test_who_has_left_reads_nothing_any_more(reader: User, path: str) -> None:
    reader.is_active = False
    reader.save()
    assert Client().get(path).status_code == 404
    reader.is_active = True
    reader.save()
    reader.groups.clear()
    assert Client().get(path).status_code == 404


def test_feed_asks_no_more_for_more_publications(path: str, row: Publication) -> None:
    def statements() -> int:
        caches["default"].clear()  # the feed is written anew
        with CaptureQueriesContext(connection) as told:
            Client().get(path)
        return len(told)

    statements()
    before = statements()
    making.approved(title="Jeszcze jedno")
    assert statements() == before


def test_screen_makes_an_address_and_asks_before_a_new_one(reader: User) -> None:
    client = Client()
    client.force_login(reader)
    assert "/plan/" not in client.get("/desk/calendar/feed/").content.decode()
    client.post("/desk/calendar/feed/", {"act": "renew"})
    address = plan_feed.address_of(reader)
    assert address in client.get("/desk/calendar/feed/").content.decode()
    client.post("/desk/calendar/feed/", {"act": "renew"})
    assert plan_feed.address_of(reader) == address
    client.post("/desk/calendar/feed/", {"act": "renew", "sure": "yes"})
    assert plan_feed.address_of(reader) not in {"", address}
    client.post("/desk/calendar/feed/", {"act": "give_up", "sure": "yes"})
    assert plan_feed.address_of(reader) == ""
