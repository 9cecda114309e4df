"""The report of a campaign: what went out, what did not and why, what came of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from promo.models import Campaign, Mailing, Publication, TrackedLink, Tracking
from promo.protocol import State
from promo.services import campaign_items, campaign_reports, campaigns, deliveries, mailings
from tests import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def week(db: None) -> Campaign:
    making.installation()
    made = Campaign.objects.create(name="Tydzień Bibliotek", state=Campaign.State.QUEUED)
    items = [making.approved(title=f"Spotkanie {number}") for number in range(2)]
    campaign_items.add(campaign=made, items=items, now=timezone.now())
    return made


def settle(row: Publication, state: State, **values: object) -> None:
    published = timezone.now() if state in (State.PUBLISHED, State.WITHDRAWN) else None
    Publication.objects.filter(pk=row.pk).update(state=state, published_at=published, **values)


def test_each_publication_stands_where_it_belongs(week: Campaign) -> None:
    rows = list(week.publications.order_by("planned_at", "id"))
    settle(rows[0], State.PUBLISHED, clicks=7)
    settle(rows[1], State.FAILED, problem="Za duże zdjęcie.")
    settle(rows[2], State.CANCELLED)
    made = campaign_reports.report(week)
    assert [line.publication.pk for line in made.out] == [rows[0].pk]
    assert [line.publication.problem for line in made.not_out] == ["Za duże zdjęcie."]
    assert [line.publication.pk for line in made.dropped] == [rows[2].pk]
    assert len(made.coming) == len(rows) - 3
    assert made.visits == 7
    assert not made.is_over


def test_it_is_over_once_nothing_is_left_to_go_out(week: Campaign) -> None:
    campaigns.cancel(campaign=week, user=User.objects.create_user("ewa"), now=timezone.now())
    made = campaign_reports.report(week)
    assert made.is_over
    assert {line.last.user.username for line in made.dropped if line.last and line.last.user} == {
        "ewa"
    }


def test_an_empty_campaign_is_not_over(db: None) -> None:
    made = campaign_reports.report(Campaign.objects.create(name="Pusta"))
    assert not made.is_over
    assert (made.visits, made.readers) == (0, 0)


@pytest.fixture
def mailed(week: Campaign) -> Mailing:
    newsletter = making.newsletter(readers=3)
    row = making.due_publication(newsletter.destination, title="Numer")
    settle(row, State.PUBLISHED, clicks=2, campaign=week)
    mailings.start(destination=row.destination, key=row.marker, now=timezone.now())
    mailing = Mailing.objects.get(publication=row)
    taken = mailing.deliveries.order_by("id").values_list("pk", flat=True)[:2]
    deliveries.accept(list(taken), now=mailing.started_at + timedelta(seconds=1))
    return mailing


def test_a_mailing_tells_its_readers(week: Campaign, mailed: Mailing) -> None:
    made = campaign_reports.report(week)
    (mail,) = made.mails
    assert (mail.mailing, mail.accepted, mail.left) == (mailed, 2, 0)
    assert (mail.opened, mail.clicked) == (None, None)
    assert made.visits == 2


def test_counted_links_of_a_mail_are_not_counted_twice(week: Campaign, mailed: Mailing) -> None:
    Mailing.objects.filter(pk=mailed.pk).update(tracking=Tracking.READERS)
    for position, (url, clicks) in enumerate([("", 9), ("https://example.org/1", 5)]):
        TrackedLink.objects.create(
            mailing=mailed, key=f"key{position}", url=url, position=position, clicks=clicks
        )
    made = campaign_reports.report(week)
    (mail,) = made.mails
    assert (mail.opened, mail.clicked) == (9, 5)
    assert made.visits == 5
    assert made.visits_by_channel() == {"newsletter_email": 5, "facebook_page": 0, "website": 0}


def test_a_campaign_of_many_items_costs_no_more_statements(
    week: Campaign, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    more = [making.approved(title=f"Warsztaty {number}") for number in range(4)]
    campaign_items.add(campaign=week, items=more, now=timezone.now())
    with django_assert_max_num_queries(4):
        campaign_reports.report(week)
