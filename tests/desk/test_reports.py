"""The report of a mailing: numbers, reasons, a plot, the issues before, and all of it as a file."""

from __future__ import annotations

import csv
import io
import itertools
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import override

from promo.desk import reports as screens
from promo.desk.shares import share
from promo.models import (
    Batch,
    Delivery,
    DeliveryEvent,
    Mailing,
    Newsletter,
    Publication,
    Subscriber,
    UnknownPolicy,
)
from promo.services import deliveries, departures, mailings, reports, subscribers
from promo.services.clock import database_now
from tests import making

pytestmark = pytest.mark.django_db

READERS = 4


def mailed(newsletter: Newsletter, slot: str) -> Mailing:
    row = making.due_publication(newsletter.destination, title=slot)
    Publication.objects.filter(pk=row.pk).update(state="published", published_at=database_now())
    mailings.start(destination=row.destination, key=row.marker, now=database_now())
    return Mailing.objects.get(publication=row)


@pytest.fixture
def mailing() -> Mailing:
    return mailed(making.newsletter(READERS), "one")


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ewa"))
    return client


def settle(mailing: Mailing, *minutes: int) -> None:
    """One delivery accepted so many minutes after the start, for each number."""
    for delivery, after in zip(mailing.deliveries.order_by("id"), minutes, strict=False):
        at = mailing.started_at + timedelta(minutes=after)
        deliveries.accept([delivery.pk], now=at)


def test_the_plot_has_no_gap_where_nothing_went_out(mailing: Mailing) -> None:
    settle(mailing, 1, 1, 5)
    step, bars = reports.accepted_over_time(mailing)
    assert sum(bar.count for bar in bars) == 3
    assert bars[0].count == 2
    assert bars[-1].count == 1
    assert {later.at - bar.at for bar, later in itertools.pairwise(bars)} == {step}
    assert len(bars) <= reports.BARS + 1


def test_a_mailing_of_weeks_has_a_plot_of_few_bars(mailing: Mailing) -> None:
    settle(mailing, 1, 60 * 24 * 30)
    _step, bars = reports.accepted_over_time(mailing)
    assert len(bars) <= reports.BARS + 1


def test_before_anything_was_accepted_the_report_says_so(desk: Client, mailing: Mailing) -> None:
    page = desk.get(f"/desk/publications/{mailing.publication_id}/report/").content.decode()
    assert "<rect" not in page
    assert "promo-empty" in page


def test_what_went_out_all_at_once_has_a_sentence_and_no_plot(
    desk: Client, mailing: Mailing
) -> None:
    settle(mailing, 0, 0)
    page = desk.get(f"/desk/publications/{mailing.publication_id}/report/").content.decode()
    assert "<rect" not in page
    assert "promo-empty" in page, "nothing stands out"
    assert date_format(localtime(mailing.started_at), "j.m") in page


def test_who_left_counts_for_the_issue_they_had_last(mailing: Mailing) -> None:
    second = mailed(mailing.newsletter, "two")
    first_reader, second_reader, *_others = Subscriber.objects.order_by("id")
    between = mailing.started_at + (second.started_at - mailing.started_at) / 2
    for reader, at in ((first_reader, between), (second_reader, database_now())):
        subscribers.leave(subscriber=reader, newsletter=mailing.newsletter, source="test", now=at)
    assert departures.counts([mailing, second]) == {mailing.id: 1, second.id: 1}
    assert [line.left for line in reports.beside_earlier(second)] == [1, 1]


def test_who_left_is_kept_once_the_next_issue_is_over(mailing: Mailing) -> None:
    reader = Subscriber.objects.order_by("id")[0]
    now = database_now()
    subscribers.leave(subscriber=reader, newsletter=mailing.newsletter, source="test", now=now)
    second = mailed(mailing.newsletter, "two")
    mailing.refresh_from_db()
    assert mailing.left is None, "the next one is still going out"
    deliveries.accept(list(second.deliveries.values_list("id", flat=True)), now=second.started_at)
    Batch.objects.filter(mailing=second).update(state=Batch.State.DONE)
    assert mailings.finish_if_done(second.id, now=second.started_at)
    mailing.refresh_from_db()
    second.refresh_from_db()
    assert (mailing.left, second.left) == (1, None)
    subscribers.erase(subscriber=reader, now=database_now())
    assert [line.left for line in reports.beside_earlier(second)] == [0, 1]


def test_the_plot_has_what_was_taken_however_it_became_known(mailing: Mailing) -> None:
    first, second, *_others = mailing.deliveries.order_by("id")
    at = mailing.started_at + timedelta(minutes=1)
    lost = [deliveries.Event(second.pk, DeliveryEvent.Kind.UNKNOWN)]
    deliveries.lose(lost, policy=UnknownPolicy.LEAVE, now=at)
    for _twice in range(2):
        deliveries.accept([first.pk, second.pk], now=at)
    _step, bars = reports.accepted_over_time(mailing)
    assert [bar.count for bar in bars] == [2]


def test_the_file_has_what_the_screen_has(desk: Client, mailing: Mailing) -> None:
    settle(mailing, 1, 4)
    refused = Delivery.objects.filter(mailing=mailing, state=Delivery.State.DUE)[0]
    event = deliveries.Event(refused.pk, DeliveryEvent.Kind.REFUSED, "address", 550, "5.1.1", "=1")
    deliveries.refuse([event], state=Delivery.State.REFUSED, now=database_now())
    page = desk.get(f"/desk/publications/{mailing.publication_id}/report/").content.decode()
    assert page.count("<rect") >= screens.FEWEST_BARS
    answer = desk.get(f"/desk/publications/{mailing.publication_id}/report.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    kind, category = DeliveryEvent.Kind.REFUSED.label, DeliveryEvent.Category.ADDRESS.label
    assert [str(kind), str(category), "1"] in rows
    assert next(row[2] for row in rows if row[0] == str(screens.PLACES["accepted"])) == "2"


def test_who_may_not_see_items_sees_no_report(client: Client, mailing: Mailing) -> None:
    stranger = User.objects.create_user("ola")
    stranger.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(stranger)
    for name in ("report/", "report.csv"):
        answer = client.get(f"/desk/publications/{mailing.publication_id}/{name}")
        assert "promo-plot" not in answer.content.decode()
        assert answer.status_code in {302, 403}


@pytest.mark.parametrize(
    ("part", "whole", "polish", "english"),
    [(0, 0, "–", "–"), (3, 3, "100,0%", "100.0%"), (9999, 10000, "99,9%", "99.9%")],
)
def test_a_share_is_written_the_way_of_the_language_and_never_rounded_up(
    part: int, whole: int, polish: str, english: str
) -> None:
    with override("pl"):
        assert share(part, whole) == polish
    with override("en"):
        assert share(part, whole) == english
