"""Anniversaries become drafts in good time, once a year, and never go out unapproved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage

from promo.errors import InvalidRows
from promo.importing.anniversaries import AnniversaryInput
from promo.models import Anniversary, Institution, Item, Publication
from promo.planning.evergreen import slot_of
from promo.services import anniversaries, approvals, first_run
from tests import making

pytestmark = pytest.mark.django_db

WARSAW = ZoneInfo("Europe/Warsaw")
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def installed(db: None) -> None:
    making.installation()


def at(day: str, hour: int = 9) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=WARSAW).astimezone(UTC)


def anniversary(**values: Any) -> Anniversary:
    """A reading room that opened on Christmas Eve of 1927."""
    plain = {
        "on": "12-24",
        "year": 1927,
        "title": "Otwarto pierwszą czytelnię w Kluczborku",
        "text": "W kamienicy przy Rynku otwarto czytelnię.\n\nMiała <100> książek.",
        "source": "Gazeta Kluczborska, https://gazeta.example.org/1927",
    }
    row = Anniversary(**{**plain, **values})
    row.full_clean()
    row.save()
    return row


def drafts() -> list[Item]:
    return list(Item.objects.order_by("id"))


def test_it_comes_up_two_weeks_ahead_and_not_before() -> None:
    row = anniversary()
    assert anniversaries.due(now=at("2027-12-09")) == []
    assert anniversaries.due(now=at("2027-12-10")) == [row.pk]
    assert anniversaries.due(now=at("2027-12-24", 23)) == [row.pk]
    assert anniversaries.due(now=at("2027-12-25")) == []


def test_how_long_ahead_is_a_setting_of_the_house() -> None:
    row = anniversary()
    Institution.load()
    Institution.objects.update(anniversary_days=30)
    assert anniversaries.due(now=at("2027-11-24")) == [row.pk]
    Institution.objects.update(anniversary_days=0)
    assert anniversaries.due(now=at("2027-12-23")) == []


def test_the_draft_waits_for_approval_and_nothing_goes_out() -> None:
    row = anniversary(branch=making.branch())
    anniversaries.remember(row.pk, now=at("2027-12-10"))

    (item,) = drafts()
    assert not item.live
    assert item.workflow_in_progress
    assert Publication.objects.count() == 0
    assert item.kind == "heritage"
    assert item.branch == row.branch
    assert item.title == "100 lat temu: Otwarto pierwszą czytelnię w Kluczborku"
    assert item.lead.startswith("24 grudnia 1927 r., 100 lat temu: W kamienicy")
    assert "<p>Miała &lt;100&gt; książek.</p>" in item.body
    assert '<a href="https://gazeta.example.org/1927">' in item.body
    assert item.body.startswith("<p>W kamienicy")


def test_whoever_approves_is_told_by_mail(mailoutbox: list[EmailMessage]) -> None:
    ewa = User.objects.create_user("ewa", "ewa@biblioteka.example.org")
    ewa.groups.add(Group.objects.get(name=first_run.APPROVERS))
    anniversaries.remember(anniversary().pk, now=at("2027-12-10"))
    (mail,) = mailoutbox
    assert mail.to == ["ewa@biblioteka.example.org"]
    assert "100 lat temu" in mail.body


def test_a_draft_is_made_once_a_year_whatever_became_of_it() -> None:
    row = anniversary()
    for _look in range(2):
        anniversaries.remember(row.pk, now=at("2027-12-10"))
    assert anniversaries.due(now=at("2027-12-11")) == []
    (item,) = drafts()
    item.delete()
    anniversaries.remember(row.pk, now=at("2027-12-12"))
    assert drafts() == []

    anniversaries.remember(row.pk, now=at("2028-12-12"))
    (item,) = drafts()
    assert item.title == "Otwarto pierwszą czytelnię w Kluczborku"
    assert "101 lat temu" in item.lead


def test_once_approved_it_is_shown_on_that_day_alone() -> None:
    row = anniversary()
    anniversaries.remember(row.pk, now=at("2027-12-10"))
    (item,) = drafts()
    item.live = True
    item.save()
    approvals.item_approved(item=item, user=None, now=at("2027-12-11"))

    shown = item.publications.filter(destination__channel="facebook_page")
    assert [(one.slot, one.planned_at) for one in shown] == [(slot_of(1), at("2027-12-24", 12))]
    assert shown[0].not_after_at == at("2027-12-25", 0)


def test_a_leap_day_is_remembered_on_the_28th_and_said_as_it_was() -> None:
    row = anniversary(on="02-29", year=1928)
    assert anniversaries.due(now=at("2027-02-28", 8)) == [row.pk]
    anniversaries.remember(row.pk, now=at("2027-02-20"))
    (item,) = drafts()
    assert item.lead.startswith("29 lutego 1928 r., 99 lat temu")
    assert item.season_from == item.season_until == "02-28"


def test_what_is_not_to_be_remembered_or_lies_in_the_future_makes_no_draft() -> None:
    off, future = anniversary(active=False), anniversary(year=2027, title="Dopiero będzie")
    now = at("2027-12-10")
    assert anniversaries.due(now=now) == []
    for row in (off, future):
        anniversaries.remember(row.pk, now=now)
    assert drafts() == []


def test_an_unknown_year_is_remembered_without_a_number() -> None:
    row = anniversary(year=None)
    assert anniversaries.due(now=at("2027-12-20")) == [row.pk]
    anniversaries.remember(row.pk, now=at("2027-12-20"))
    (item,) = drafts()
    assert item.title == row.title
    assert item.lead.startswith("24 grudnia: ")


def test_a_day_that_never_was_and_the_same_entry_twice_are_refused() -> None:
    with pytest.raises(ValidationError):
        anniversary(on="02-29", year=1927)
    anniversary(year=None)
    with pytest.raises(ValidationError):
        anniversary(year=None)


def test_a_file_read_twice_adds_nothing_and_a_bad_row_keeps_all_out() -> None:
    good = AnniversaryInput(2, "05-01", 1270, "Nadanie praw miejskich", "", "Kronika")
    assert anniversaries.take_in(inputs=[good]) == 1
    assert anniversaries.take_in(inputs=[good]) == 0

    fresh = AnniversaryInput(3, "05-02", 1900, "Nowy wiersz", "", "Kronika")
    bad = AnniversaryInput(4, "05-03", 1900, "x" * 121, "", "Kronika")
    with pytest.raises(InvalidRows) as refused:
        anniversaries.take_in(inputs=[fresh, bad])
    assert [(error.row, error.field) for error in refused.value.errors] == [(4, "title")]
    assert Anniversary.objects.count() == 1
