"""Before an issue goes out: to how many it goes, and how long that takes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import override_settings

from promo.models import Batch, Delivery, Mailing, Newsletter, Subscriber
from promo.services import forecasts
from tests import making
from tests.making import NOON

pytestmark = pytest.mark.django_db

RELAY = "smtp://relay.example.org"


def sent(newsletter: Newsletter, *, seconds: float, stragglers_after: timedelta) -> Mailing:
    """A mailing of 1000 readers: its last batch was settled then, a put-off one much later."""
    publication = making.due_publication(newsletter.destination)
    mailing = Mailing.objects.create(
        publication=publication,
        newsletter=newsletter,
        state=Mailing.State.FINISHED,
        readers=1000,
        unknown_policy="leave",
        started_at=NOON,
        went_on_at=NOON,
        finished_at=NOON + stragglers_after,
    )
    reader = Subscriber.objects.all()[0]
    _batch(mailing, reader, due_at=NOON, settled_at=NOON + timedelta(seconds=seconds))
    other = Subscriber.objects.create(email="drugi@example.org")
    late = NOON + stragglers_after
    _batch(mailing, other, due_at=late, settled_at=late)
    return mailing


def _batch(mailing: Mailing, reader: Subscriber, *, due_at: datetime, settled_at: datetime) -> None:
    batch = Batch.objects.create(mailing=mailing, state="done", due_at=due_at, size=1)
    Delivery.objects.create(
        mailing=mailing, subscriber=reader, batch=batch, state=1, settled_at=settled_at
    )


@override_settings(EMAIL_URL=RELAY)
def test_the_rate_is_that_of_the_last_mailing_without_its_stragglers() -> None:
    newsletter = making.newsletter(readers=4)
    sent(newsletter, seconds=10, stragglers_after=timedelta(hours=30))
    outlook = forecasts.outlook(newsletter)
    assert outlook.readers == 4
    assert outlook.measured == timedelta(seconds=0.04)
    assert outlook.limited is None


@override_settings(EMAIL_URL=f"{RELAY}/?limits=20/s%205000/h")
def test_before_the_first_mailing_the_limits_alone_are_told() -> None:
    outlook = forecasts.outlook(making.newsletter(readers=4))
    assert outlook.measured is None
    assert outlook.limited == timedelta(seconds=0.2)
    assert [limit.count for limit in outlook.limits] == [20, 5000]


@override_settings(EMAIL_URL=RELAY)
def test_nothing_is_forecast_where_nothing_is_known() -> None:
    outlook = forecasts.outlook(making.newsletter(readers=4))
    assert (outlook.measured, outlook.limited) == (None, None)
