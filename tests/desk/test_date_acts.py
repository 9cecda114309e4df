"""One date of a series moved or cancelled at the desk: choose, see what follows, confirm."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.timezone import localtime

from promo.models import EventAct, Item
from promo.services import series_dates
from tests import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    making.installation()
    client.force_login(User.objects.create_superuser("ewa"))
    return client


@pytest.fixture
def club(desk: Client) -> Item:
    return making.approved(title="Klub książki", kind="dkk", recurrence="FREQ=WEEKLY;COUNT=4")


def seal(page: str) -> str:
    found = re.search(r'name="seal" value="([0-9a-f]+)"', page)
    assert found is not None, "the consequences are not shown"
    return found[1]


def second(item: Item) -> str:
    return series_dates.dates(item)[1].on.isoformat()


def test_one_date_is_cancelled_after_its_consequences_were_shown(desk: Client, club: Item) -> None:
    path = f"/desk/items/acts/{club.pk}/date_off/"
    assert f'value="{second(club)}"' in desk.get(path).content.decode()
    shown = desk.post(path, {"on": second(club)}).content.decode()
    assert not EventAct.objects.exists()
    desk.post(path, {"on": second(club), "seal": seal(shown)})
    assert EventAct.objects.get().kind == EventAct.Kind.DATE_OFF
    club.refresh_from_db()
    assert [one.starts_at is None for one in series_dates.dates(club)] == [
        False,
        True,
        False,
        False,
    ]


def test_one_date_moves_and_is_taken_back(desk: Client, club: Item) -> None:
    path = f"/desk/items/acts/{club.pk}/date_move/"
    was_at = series_dates.dates(club)[1].was_at
    to = was_at + timedelta(days=1)
    given = {
        "on": second(club),
        "starts_at": f"{localtime(to):%Y-%m-%d %H:%M}",
        "venue": club.venue,
        "branch": club.branch_id,
    }
    shown = desk.post(path, given).content.decode()
    desk.post(path, {**given, "seal": seal(shown)})
    club.refresh_from_db()
    assert series_dates.dates(club)[1].starts_at == to.replace(second=0, microsecond=0)
    act = EventAct.objects.get()
    desk.post(f"/desk/items/acts/undo/{act.pk}/")
    club.refresh_from_db()
    assert club.changed_dates == []


def test_a_time_that_has_passed_is_refused_at_its_field(desk: Client, club: Item) -> None:
    path = f"/desk/items/acts/{club.pk}/date_move/"
    given = {"on": second(club), "starts_at": "2020-01-01 17:00", "venue": "", "branch": ""}
    answer = desk.post(path, given)
    assert answer.context["form"].errors.keys() == {"starts_at"}


def test_where_it_is_shows_the_dates_that_were_changed(desk: Client, club: Item) -> None:
    path = f"/desk/items/acts/{club.pk}/date_off/"
    shown = desk.post(path, {"on": second(club)}).content.decode()
    desk.post(path, {"on": second(club), "seal": seal(shown)})
    page = desk.get(f"/desk/whereabouts/{club.pk}/").content.decode()
    assert 'id="dates"' in page


def test_a_single_event_is_not_offered_it(desk: Client) -> None:
    item = making.approved()
    page = desk.get(f"/desk/items/acts/{item.pk}/").content.decode()
    assert "date_off" not in page
