"""The plan in the editor tells what a person decided: what was dropped by hand, what was moved."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from promo.models import Item, Publication
from promo.services import publications
from tests.desk.scenes import Scene


@pytest.fixture
def anna(scene: Scene) -> User:
    return User.objects.get(username="anna")


def _plan(item: Item, person: User) -> str:
    """What the editor shows for the item as it stands."""
    client = Client()
    client.force_login(person)
    local = timezone.localtime
    data = {
        "title": item.title,
        "kind": item.kind,
        "language": item.language,
        "lead": item.lead,
        "starts_at": f"{local(item.starts_at):%Y-%m-%d %H:%M}" if item.starts_at else "",
        "ends_at": f"{local(item.ends_at):%Y-%m-%d %H:%M}" if item.ends_at else "",
        "branch": item.branch_id,
        "venue": item.venue,
        "audiences": item.audiences,
        "status": item.status,
        "level": item.level,
        "photos-TOTAL_FORMS": 0,
        "photos-INITIAL_FORMS": 0,
    }
    answer = client.post(f"/desk/plan/{item.pk}/", data)
    assert answer.status_code == 200
    return answer.content.decode()


def _reminder(item: Item) -> Publication:
    return item.publications.get(slot="fb_reminder", destination__name="Facebook (próba)")


def _struck(plan: str) -> list[str]:
    return re.findall(r"is-dropped\"><s>([^<]+)</s>", plan)


def test_what_a_person_dropped_is_struck_out_with_their_name(scene: Scene, anna: User) -> None:
    assert _struck(_plan(scene.item, anna)) == []
    row = _reminder(scene.item)
    publications.drop(publication_id=row.pk, user=anna, now=timezone.now())
    plan = _plan(scene.item, anna)
    assert _struck(plan) == [row.destination.name]
    assert "Anna, " in plan


def test_what_was_moved_by_hand_stands_at_its_new_time(scene: Scene, anna: User) -> None:
    row = _reminder(scene.item)
    to = row.planned_at + timedelta(minutes=41)
    publications.move(publication_id=row.pk, to=to, user=anna, now=timezone.now())
    plan = _plan(scene.item, anna)
    shown = re.findall(r'<time datetime="([^"]+)">', plan)
    assert timezone.localtime(to).isoformat() in shown
    assert row.destination.name in plan.partition(timezone.localtime(to).isoformat())[2]


def test_new_time_of_a_publication_is_picked_from_a_calendar(scene: Scene, anna: User) -> None:
    client = Client()
    client.force_login(anna)
    page = client.get(f"/desk/publications/{scene.planned.pk}/").content.decode()
    assert "js/date-time-chooser" in page.partition("<body")[2]
