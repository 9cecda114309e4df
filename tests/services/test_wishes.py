"""Who does not get a mailing by their own wish, and that the report tells of each of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from promo.models import Branch, Delivery, Issue, Item, Mailing, Newsletter, Publication, Subscriber
from promo.services import composing, mailings, newsletters, preferences, subscribers
from promo.services.preferences import Choice
from tests import making

pytestmark = pytest.mark.django_db

# A Wednesday: the week began on the 23rd, the month on the 1st.
NOW = datetime(2026, 11, 25, 11, tzinfo=making.NOON.tzinfo)


def reader(number: int = 0) -> Subscriber:
    return Subscriber.objects.get(email=f"czytelnik{number}@example.org")


def wants(number: int = 0, **chosen: Any) -> None:
    preferences.choose(subscriber=reader(number), choice=Choice(**chosen))


@pytest.fixture
def newsletter(db: None) -> Newsletter:
    return making.newsletter(readers=3)


def start(newsletter: Newsletter, *blocks: Any, now: datetime = NOW) -> Mailing:
    """An issue with these blocks to its readers."""
    issue = Issue.objects.create(
        newsletter=newsletter, subject="Numer", blocks=list(blocks), send_at=now, live=True
    )
    row = Publication(
        issue=issue,
        destination=newsletter.destination,
        slot="issue",
        variant="issue",
        planned_at=now,
        due_at=now,
    )
    composing.recompose(row)
    row.save()
    mailings.start(destination=newsletter.destination, key=row.marker, now=now)
    return Mailing.objects.get(publication=row)


def item_block(**values: Any) -> tuple[str, Item]:
    made = making.item(**values)
    Item.objects.filter(pk=made.pk).update(live=True)
    made.refresh_from_db()
    return ("item", made)


def got_it(mailing: Mailing) -> set[str]:
    return set(mailing.deliveries.values_list("subscriber__email", flat=True))


def left_out(mailing: Mailing) -> tuple[int, int, int]:
    assert mailing.readers == mailing.deliveries.count()
    assert mailing.readers == sum(mailing.batches.values_list("size", flat=True))
    return mailing.wish_pause, mailing.wish_topics, mailing.wish_frequency


def test_whoever_chose_nothing_gets_everything(newsletter: Newsletter) -> None:
    mailing = start(newsletter, item_block())
    assert (mailing.readers, left_out(mailing)) == (3, (0, 0, 0))


def test_a_break_lasts_until_its_day_begins_in_the_librarys_zone(newsletter: Newsletter) -> None:
    wants(0, paused_until_on=date(2026, 11, 26))
    wants(1, paused_until_on=date(2026, 11, 25))
    mailing = start(newsletter)
    assert left_out(mailing) == (1, 0, 0)
    assert reader(0).email not in got_it(mailing)
    # 23:30 in London is half past midnight in Warsaw.
    assert left_out(start(newsletter, now=NOW.replace(hour=23, minute=30))) == (0, 0, 0)


@pytest.mark.parametrize(
    ("chosen", "comes"),
    [
        ({"topics": ("books",)}, True),
        ({"topics": ("arts",)}, False),
        ({"topics": ("arts", "books")}, True),
        ({"audiences": ("adults",)}, True),
        ({"audiences": ("seniors",)}, False),
        ({"topics": ("books",), "audiences": ("seniors",)}, False),
    ],
)
def test_one_item_must_match_topic_and_audience(
    newsletter: Newsletter, chosen: dict[str, Any], *, comes: bool
) -> None:
    wants(**chosen)
    mailing = start(newsletter, item_block(kind="author_meeting", audiences=["adults"]))
    assert (reader().email in got_it(mailing)) is comes
    assert left_out(mailing) == (0, 0 if comes else 1, 0)


def test_it_must_be_one_and_the_same_item(newsletter: Newsletter) -> None:
    wants(topics=("books",), audiences=("seniors",))
    meeting = item_block(kind="author_meeting", audiences=["adults"])
    film = item_block(kind="film", audiences=["seniors"])
    assert left_out(start(newsletter, meeting, film)) == (0, 1, 0)
    lesson = item_block(kind="dkk", audiences=["seniors"])
    assert left_out(start(newsletter, meeting, film, lesson)) == (0, 0, 0)


def test_an_item_elsewhere_is_not_sent_and_one_without_a_place_or_an_age_is(
    newsletter: Newsletter,
) -> None:
    here = making.branch()
    there = Branch.objects.create(name="Filia nr 2", slug="filia-2")
    wants(branches=frozenset([there.pk]), audiences=("seniors",))
    assert left_out(start(newsletter, item_block(branch=here, audiences=[]))) == (0, 1, 0)
    assert left_out(start(newsletter, item_block(branch=there, audiences=[]))) == (0, 0, 0)
    assert left_out(start(newsletter, item_block(branch=None, audiences=[]))) == (0, 0, 0)


def test_a_mail_without_items_is_for_all_topics(newsletter: Newsletter) -> None:
    wants(topics=("arts",))
    assert left_out(start(newsletter, ("heading", "Wesołych świąt"))) == (0, 0, 0)


def test_a_closure_reaches_everybody_but_those_who_take_a_break(newsletter: Newsletter) -> None:
    wants(0, topics=("arts",), frequency="monthly")
    wants(1, paused_until_on=date(2027, 1, 1))
    start(newsletter, item_block())
    closed = item_block(kind="emergency_closure", starts_at=None, ends_at=None)
    mailing = start(newsletter, closed, item_block(), now=NOW + timedelta(minutes=5))
    assert mailing.operational
    assert (left_out(mailing), reader(0).email in got_it(mailing)) == ((1, 0, 0), True)


def accepted(mailing: Mailing) -> None:
    mailing.deliveries.update(state=Delivery.State.ACCEPTED, settled_at=mailing.started_at)


def test_a_weekly_reader_gets_one_mail_from_monday_to_sunday(newsletter: Newsletter) -> None:
    wants(frequency="weekly")
    accepted(start(newsletter, now=NOW - timedelta(days=3)))  # Sunday
    monday = start(newsletter, now=NOW - timedelta(days=2))
    assert left_out(monday) == (0, 0, 0)
    accepted(monday)
    assert left_out(start(newsletter)) == (0, 0, 1)
    assert left_out(start(newsletter, now=NOW + timedelta(days=5))) == (0, 0, 0)


def test_a_monthly_reader_gets_one_mail_a_calendar_month_of_all_newsletters(
    newsletter: Newsletter,
) -> None:
    wants(frequency="monthly")

    other = newsletters.create(
        name="Dla dzieci",
        slug="dla-dzieci",
        from_name="Biblioteka",
        from_email="newsletter@biblioteka.example.org",
    )
    subscribers.record(
        email=reader().email,
        name="",
        newsletter=other,
        source="test",
        wording="zgoda",
        now=timezone.now(),
    )
    accepted(start(newsletter, now=NOW - timedelta(days=20)))
    assert left_out(start(other)) == (0, 0, 1)
    assert left_out(start(other, now=NOW + timedelta(days=6))) == (0, 0, 0)  # 1 December


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        (Delivery.State.DUE, True),
        (Delivery.State.ACCEPTED, True),
        (Delivery.State.UNKNOWN, True),
        (Delivery.State.REFUSED, False),
        (Delivery.State.SKIPPED, False),
        (Delivery.State.CANCELLED, False),
    ],
)
def test_a_mail_counts_that_came_or_may_come(
    newsletter: Newsletter, state: int, *, counts: bool
) -> None:
    wants(frequency="weekly")
    start(newsletter, now=NOW - timedelta(hours=1)).deliveries.update(state=state)
    assert left_out(start(newsletter)) == (0, 0, int(counts))


def test_a_closure_is_not_the_mail_of_the_week(newsletter: Newsletter) -> None:
    wants(frequency="weekly")
    closed = item_block(kind="emergency_closure", starts_at=None, ends_at=None)
    accepted(start(newsletter, closed, now=NOW - timedelta(hours=1)))
    assert left_out(start(newsletter)) == (0, 0, 0)


def test_a_mailing_of_one_item_keeps_to_the_choices_as_well(newsletter: Newsletter) -> None:
    wants(topics=("arts",))
    row = making.due_publication(newsletter.destination, kind="author_meeting")
    mailings.start(destination=newsletter.destination, key=row.marker, now=NOW)
    assert left_out(Mailing.objects.get(publication=row)) == (0, 1, 0)


def test_starting_it_again_counts_nobody_twice(newsletter: Newsletter) -> None:
    wants(paused_until_on=date(2027, 1, 1))
    mailing = start(newsletter)
    mailings.start(destination=newsletter.destination, key=mailing.publication.marker, now=NOW)
    mailing.refresh_from_db()
    assert left_out(mailing) == (1, 0, 0)
