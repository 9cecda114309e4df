"""The calendar of a busy house: a month stays light, a day shows everything."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from promo.desk import calendar
from promo.models import Destination, Institution, Publication
from promo.protocol import State
from tests import making
from tests.desk.scenes import Scene

MANY = 130
QUERIES = 25
"""Signing in, the menu and the frame included; what matters is that it does not grow."""


def _noon() -> datetime:
    day = timezone.localdate() + timedelta(days=200)
    return datetime(day.year, day.month, day.day, 12, tzinfo=Institution.load().tz)


def _crowd(noon: datetime, *, failed: int) -> list[Publication]:
    """A day with very many publications; those from `failed` on, the last of the day, failed."""
    item, page = making.item(title="Maraton czytania"), Destination.objects.order_by("id")[0]
    rows = [
        Publication(
            item=item,
            destination=page,
            slot=f"crowd-{number}",
            variant="announce",
            state=(State.FAILED if number >= failed else State.PLANNED).value,
            planned_at=noon + timedelta(minutes=number),
            due_at=noon + timedelta(minutes=number),
        )
        for number in range(MANY)
    ]
    return Publication.objects.bulk_create(rows)


@pytest.fixture
def client_of_anna(scene: Scene) -> Client:
    client = Client()
    client.force_login(User.objects.get(username="anna"))
    return client


def _entries(page: str, rows: list[Publication]) -> list[int]:
    """Which of the rows the page links to, in its order."""
    known = {row.pk for row in rows}
    found = re.findall(r'href="/desk/publications/(\d+)/"', page)
    return [int(pk) for pk in found if int(pk) in known]


def test_month_shows_a_few_of_a_crowded_day_and_the_way_to_the_rest(client_of_anna: Client) -> None:
    noon = _noon()
    rows = _crowd(noon, failed=MANY)
    page = client_of_anna.get(f"/desk/calendar/{noon:%Y/%-m}/").content.decode()
    assert _entries(page, rows) == [row.pk for row in rows[: calendar.SHOWN]]
    rest = f'<a class="promo-calendar__rest" href="/desk/calendar/{noon:%Y/%-m/%-d}/">'
    assert f"{rest}i jeszcze {MANY - calendar.SHOWN}" in page


def test_what_needs_a_hand_is_never_hidden_by_what_does_not(client_of_anna: Client) -> None:
    noon = _noon()
    rows = _crowd(noon, failed=MANY - 1)
    page = client_of_anna.get(f"/desk/calendar/{noon:%Y/%-m}/").content.decode()
    shown = [row.pk for row in (*rows[: calendar.SHOWN - 1], rows[-1])]
    assert _entries(page, rows) == shown


def test_month_of_one_destination_leads_to_days_of_that_destination(
    client_of_anna: Client,
) -> None:
    noon = _noon()
    rows = _crowd(noon, failed=MANY)
    chosen = f"?destination={rows[0].destination_id}"
    page = client_of_anna.get(f"/desk/calendar/{noon:%Y/%-m}/{chosen}").content.decode()
    assert f'href="/desk/calendar/{noon:%Y/%-m/%-d}/{chosen}"' in page


def test_day_shows_everything_page_by_page(client_of_anna: Client) -> None:
    noon = _noon()
    rows = _crowd(noon, failed=MANY)
    address = f"/desk/calendar/{noon:%Y/%-m/%-d}/"
    first = client_of_anna.get(address).content.decode()
    assert 'href="?p=2"' in first
    second = client_of_anna.get(f"{address}?p=2").content.decode()
    assert _entries(first, rows) + _entries(second, rows) == [row.pk for row in rows]


def test_month_asks_the_database_no_more_for_more_publications(
    client_of_anna: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    noon = _noon()
    _crowd(noon, failed=MANY)
    with django_assert_max_num_queries(QUERIES):
        client_of_anna.get(f"/desk/calendar/{noon:%Y/%-m}/")
