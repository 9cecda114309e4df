"""Two people, or one impatient one, sign up with the same address at the same instant."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import TypeVar

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from promo.models import Consent, Newsletter, Subscriber, Subscription
from promo.services import confirmations, subscribers
from tests import making
from tests.processes import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("processes")]

SOON = 30.0
"""Seconds: how long the test waits at most for what happens at once."""

Given = TypeVar("Given")


@pytest.fixture
def newsletter(transactional_db: None) -> Newsletter:
    return making.newsletter()


def ask(newsletter: Newsletter, email: str, now: datetime) -> list[Subscription]:
    return subscribers.sign_up(
        email=email,
        name="Zofia",
        newsletter=newsletter,
        language="pl",
        wording="zgoda",
        source="test",
        ip=None,
        now=now,
    )


def on_its_own(act: Callable[[], Given]) -> Given:
    """On this thread's connection, which is closed in the end."""
    try:
        return act()
    finally:
        connections.close_all()


def somebody_waits() -> bool:
    """Does a transaction wait for another one to end?"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees the first look
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock')"
        )
        (waits,) = cursor.fetchone()
    return bool(waits)


def second_behind(pool: ThreadPoolExecutor, newsletter: Newsletter) -> Future[list[Subscription]]:
    """A sign-up that has come as far as the first one's unfinished transaction."""
    now = timezone.now()
    waiting = pool.submit(on_its_own, lambda: ask(newsletter, "ZOFIA@example.org", now))
    until(lambda: waiting.done() or somebody_waits(), within=SOON, what="the second one waits")
    assert not waiting.done()
    return waiting


def test_the_second_of_two_sign_ups_waits_and_asks_nothing(newsletter: Newsletter) -> None:
    with ThreadPoolExecutor(max_workers=1) as pool:
        with transaction.atomic():
            first = ask(newsletter, "zofia@example.org", timezone.now())
            second = second_behind(pool, newsletter)
        assert second.result(SOON) == []
    assert len(first) == 1
    assert Subscriber.objects.count() == Consent.objects.count() == 1


def test_the_second_of_two_sign_ups_asks_where_the_first_one_failed(
    newsletter: Newsletter,
) -> None:
    with ThreadPoolExecutor(max_workers=1) as pool:
        with transaction.atomic():
            ask(newsletter, "zofia@example.org", timezone.now())
            second = second_behind(pool, newsletter)
            transaction.set_rollback(True)
        (asked,) = second.result(SOON)
    assert asked.subscriber.email == "ZOFIA@example.org"
    assert confirmations.due(now=timezone.now()) == [asked.pk]


def test_sign_ups_that_race_end_in_one_request_for_each_address(newsletter: Newsletter) -> None:
    rounds = 20
    start = Barrier(2)

    def race() -> int:
        asked = 0
        for number in range(rounds):
            start.wait(SOON)
            asked += len(ask(newsletter, f"reader{number}@example.org", timezone.now()))
        return asked

    with ThreadPoolExecutor(max_workers=2) as pool:
        racers = [pool.submit(on_its_own, race) for _racer in range(2)]
        assert sum(racer.result() for racer in racers) == rounds
    assert Subscriber.objects.count() == Subscription.objects.count() == rounds
    assert Consent.objects.count() == rounds


def test_staff_and_reader_may_enter_the_same_address_at_once(newsletter: Newsletter) -> None:
    rounds = 20
    start = Barrier(2)

    def by_the_form() -> None:
        for number in range(rounds):
            start.wait(SOON)
            ask(newsletter, f"reader{number}@example.org", timezone.now())

    def from_paper() -> None:
        for number in range(rounds):
            start.wait(SOON)
            subscribers.record(
                email=f"Reader{number}@example.org",
                name="",
                newsletter=newsletter,
                source="formularz papierowy",
                wording="zgoda",
                now=timezone.now(),
            )

    with ThreadPoolExecutor(max_workers=2) as pool:
        for racer in [pool.submit(on_its_own, by_the_form), pool.submit(on_its_own, from_paper)]:
            racer.result()
    active = Subscription.objects.filter(state=Subscription.State.ACTIVE, confirm_at=None)
    assert active.count() == Subscription.objects.count() == rounds
