"""Access that ends: warned of in time, lost with the queue kept, found again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from promo.models import AccessNotice, Destination, Publication
from promo.protocol import State
from promo.services import accesses, destinations, notices, publishing
from tests import making
from tests.desk import scenes
from tests.driving import Clock, tick
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rehearsal")]


@pytest.fixture
def page(page: Destination) -> Destination:
    making.installation()
    scenes.people()
    Destination.objects.exclude(pk=page.pk).filter(channel="facebook_page").delete()
    return page


def happens(outside: World, event: str) -> None:
    outside.post("/api/events", {"event": event})


def daily(clock: Clock) -> None:
    for destination_id in accesses.due(now=clock()):
        accesses.check_daily(destination_id, now=clock())
    mail_all(clock)


def mail_all(clock: Clock) -> None:
    for notice_id in notices.due(now=clock()):
        notices.tell(notice_id, now=clock())


def told(outside: World) -> list[tuple[str, str]]:
    return sorted((mail["to"][0], mail["subject"]) for mail in outside.mails())


def test_good_access_is_checked_once_a_day_and_nobody_hears(
    page: Destination, outside: World, clock: Clock
) -> None:
    daily(clock)
    assert outside.calls() == []
    clock.forward(days=1, minutes=1)
    daily(clock)
    asked = len(outside.calls())
    assert asked == 2, "debug_token and one harmless read"
    daily(clock)
    assert len(outside.calls()) == asked
    assert outside.mails() == []


def test_a_hint_that_was_lost_is_given_again(
    page: Destination, outside: World, clock: Clock
) -> None:
    clock.forward(days=2)
    assert accesses.due(now=clock()) == [page.pk]
    assert accesses.due(now=clock()) == []
    clock.forward(minutes=16)
    assert accesses.due(now=clock()) == [page.pk]


@pytest.mark.parametrize(
    "event",
    [
        *("token_expired", "password_changed", "app_removed", "checkpoint"),
        *("permission_withdrawn", "role_lost"),
    ],
)
def test_each_death_is_found_by_the_daily_check(
    page: Destination, outside: World, clock: Clock, event: str
) -> None:
    happens(outside, event)
    clock.forward(days=2)
    daily(clock)
    page.refresh_from_db()
    assert page.paused_at == page.access_lost_at == clock()
    assert page.paused_because
    assert [to for to, _subject in told(outside)] == [
        *("anna@biblioteka.example.org", "ewa@biblioteka.example.org")
    ]
    clock.forward(days=2)
    daily(clock)
    assert len(outside.mails()) == 2, "told once"


def test_after_a_190_the_page_pauses_its_queue_waits_and_goes_on_afterwards(
    page: Destination, outside: World, clock: Clock
) -> None:
    row = making.due_publication(page)
    happens(outside, "password_changed")
    tick(clock)
    mail_all(clock)
    row.refresh_from_db()
    page.refresh_from_db()
    assert (row.state, row.held, row.attempts) == (State.WAITING, True, 0)
    assert page.access_lost_at is not None
    (mail, _other) = outside.mails()
    assert "czeka 1 publikacja" in " ".join(mail["text"].split()).lower()
    assert f"/desk/destinations/{page.pk}/connect/" in mail["text"]

    happens(outside, "mended")
    assert accesses.check(destination=page, now=clock()) == []
    assert accesses.found_again(destination=page)
    tick(clock)
    row.refresh_from_db()
    assert row.state == State.PUBLISHED
    assert len(outside.posts()) == 1


def test_a_refusal_of_the_old_access_does_not_pause_the_new_one(
    page: Destination, outside: World, clock: Clock
) -> None:
    Destination.objects.filter(pk=page.pk).update(connected_at=clock())
    used_at = clock() - timedelta(seconds=5)
    accesses.lose(destination=page, because="Stary dostęp.", used_at=used_at, now=clock())
    page.refresh_from_db()
    assert page.paused_at is None


def test_a_pause_by_a_person_outlives_the_access(
    page: Destination, outside: World, clock: Clock
) -> None:
    destinations.pause(destination=page, because="Urlop.", now=clock())
    clock.forward(minutes=1)
    accesses.lose(destination=page, because="Wylogowano.", used_at=None, now=clock())
    assert not accesses.found_again(destination=page)
    page.refresh_from_db()
    assert page.paused_because == "Urlop."
    assert page.access_lost_at is None


@pytest.mark.parametrize(
    ("event", "days"), [("ends_in_9_days", 9), ("consent_ends", 8), ("ends_in_2_days", 2)]
)
def test_an_end_is_told_of_ahead_once_at_each_milestone(
    page: Destination, outside: World, event: str, days: int
) -> None:
    Destination.objects.filter(pk=page.pk).update(next_check_at=timezone.now())
    clock = Clock()
    happens(outside, event)
    daily(clock)
    first = len(outside.mails())
    assert first == 2
    page.refresh_from_db()
    assert page.paused_at is None
    assert len(page.findings) == 1
    clock.forward(days=1, minutes=1)
    daily(clock)
    assert len(outside.mails()) == first, "the same milestone is told once"
    if days > 3:
        clock.forward(days=days - 3)
        daily(clock)
        assert len(outside.mails()) == 4
        assert AccessNotice.objects.filter(key__endswith=":3").count() == 2


def test_a_network_that_is_away_says_nothing_and_is_asked_sooner(
    page: Destination, outside: World, clock: Clock
) -> None:
    clock.forward(days=2)
    outside.fault(fault="bad_gateway")
    daily(clock)
    page.refresh_from_db()
    assert page.paused_at is None
    assert page.next_check_at == clock() + accesses.SOONER


def test_a_notice_that_is_out_of_date_is_not_mailed(
    page: Destination, outside: World, clock: Clock
) -> None:
    accesses.lose(destination=page, because="Wylogowano.", used_at=None, now=clock())
    accesses.found_again(destination=page)
    mail_all(clock)
    assert outside.mails() == []


def test_a_busy_relay_puts_the_notice_off(page: Destination, outside: World, clock: Clock) -> None:
    outside.fault(fault="smtp_refuse", stage="RCPT", code=450, times=2)
    accesses.lose(destination=page, because="Wylogowano.", used_at=None, now=clock())
    mail_all(clock)
    assert outside.mails() == []
    clock.forward(minutes=1)
    mail_all(clock)
    assert len(outside.mails()) == 2


def test_two_workers_that_are_refused_at_once_tell_once(
    page: Destination, outside: World, clock: Clock
) -> None:
    for number in range(3):
        making.due_publication(page, title=f"Spotkanie {number}")
    happens(outside, "token_expired")
    for publication_id in publishing.hand_out(now=clock()):
        publishing.publish(publication_id, clock=clock)
        clock.forward(seconds=1)
    assert AccessNotice.objects.count() == 2
    assert set(Publication.objects.values_list("held", flat=True)) == {True}
