"""Idle workers join a mailing: each that has come calls others, as long as there is work."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from django.conf import settings

from promo.mailing.journal import Journal
from promo.mailing.relay import parse_email_url
from promo.models import Batch, Mailing
from promo.services import batches, mailings
from promo.services.hand import Hand
from promo.services.throttle import Throttle
from tests.services import returning

pytestmark = pytest.mark.django_db

NOW = returning.START


def mailing_of(batches_ready: int) -> Mailing:
    made = returning.mailing()
    Batch.objects.bulk_create(
        Batch(mailing=made, due_at=NOW, size=1) for _more in range(batches_ready - 1)
    )
    return made


def joins(mailing: Mailing, worker: str) -> None:
    """What a worker does first."""
    claimed = batches.claim(mailing.id, now=NOW)
    assert claimed is not None
    Batch.objects.filter(id=claimed.batch_id).update(owner=worker)
    batches.call_others(mailing.id)


@pytest.fixture
def journal() -> Iterator[Journal]:
    made = Journal(settings.REDIS_URL)
    yield made
    made.close()


def test_as_many_workers_are_called_as_are_at_work() -> None:
    mailing = mailing_of(9)
    assert mailings.hand_out(now=NOW) == [mailing.pk]
    assert mailings.hand_out(now=NOW) == [], "nobody has come yet"
    joins(mailing, "one")
    assert mailings.hand_out(now=NOW) == [mailing.pk]
    joins(mailing, "two")
    assert mailings.hand_out(now=NOW) == [mailing.pk] * 2
    joins(mailing, "two")
    assert mailings.hand_out(now=NOW) == [mailing.pk] * 2, "a worker with two batches is one"


def test_no_more_workers_are_called_than_there_are_batches() -> None:
    mailing = mailing_of(4)
    for worker in ("one", "two", "three"):
        joins(mailing, worker)
    assert mailings.hand_out(now=NOW) == [mailing.pk]
    joins(mailing, "four")
    assert mailings.hand_out(now=NOW) == [], "whoever came now would have nothing to do"


def test_a_worker_whose_lease_has_ended_calls_nobody() -> None:
    mailing = mailing_of(9)
    joins(mailing, "one")
    joins(mailing, "two")
    later = NOW + settings.PROMO_MAIL_LEASE
    assert mailings.hand_out(now=later) == [mailing.pk]


def test_where_nobody_comes_one_hint_a_minute_is_enough() -> None:
    mailing = mailing_of(9)
    joins(mailing, "one")
    joins(mailing, "two")
    assert len(mailings.hand_out(now=NOW)) == 2
    Batch.objects.filter(state=Batch.State.CLAIMED).update(
        lease_until_at=NOW + 2 * settings.PROMO_HINT_AGAIN
    )
    assert mailings.hand_out(now=NOW + settings.PROMO_HINT_AGAIN) == [mailing.pk]


def test_a_worker_calls_others_once_it_has_a_batch_and_only_then(journal: Journal) -> None:
    mailing = mailing_of(3)
    client = redis.Redis.from_url(settings.REDIS_URL)
    throttle = Throttle(client, parse_email_url(settings.EMAIL_URL))
    hand = Hand(mailing.id, journal, throttle, clock=lambda: NOW)
    Mailing.objects.update(hinted_at=NOW)
    hand.take_more()
    mailing.refresh_from_db()
    assert mailing.hinted_at is None
    Mailing.objects.update(hinted_at=NOW)
    hand.put_down(hand.marking[""])
    hand.take_more()
    mailing.refresh_from_db()
    assert hand.marking, "another batch"
    assert mailing.hinted_at == NOW, "it has called already"
    client.close()


def test_a_worker_that_finds_nothing_calls_nobody(journal: Journal) -> None:
    mailing = mailing_of(1)
    Batch.objects.update(state=Batch.State.DONE)
    client = redis.Redis.from_url(settings.REDIS_URL)
    throttle = Throttle(client, parse_email_url(settings.EMAIL_URL))
    Mailing.objects.update(hinted_at=NOW)
    Hand(mailing.id, journal, throttle, clock=lambda: NOW).take_more()
    mailing.refresh_from_db()
    assert mailing.hinted_at == NOW
    client.close()
