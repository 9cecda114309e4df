"""Before an issue goes out: to how many it goes, and how long that takes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import override_settings

from promo.models import (
    Batch,
    Delivery,
    DomainLimit,
    Issue,
    Mailing,
    Newsletter,
    Subscriber,
    Tracking,
)
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


def issue(readers: int, **values: object) -> Issue:
    plain = {"subject": "Numer", "send_at": NOON, "newsletter": making.newsletter(readers=readers)}
    return Issue(**{**plain, **values})


@override_settings(EMAIL_URL=RELAY)
def test_the_rate_is_that_of_the_last_mailing_without_its_stragglers() -> None:
    made = issue(4)
    sent(made.newsletter, seconds=10, stragglers_after=timedelta(hours=30))
    outlook = forecasts.outlook(made, now=NOON)
    assert outlook.addressees.number == 4
    assert outlook.measured == timedelta(seconds=0.04)
    assert outlook.limited is None


@override_settings(EMAIL_URL=f"{RELAY}/?limits=20/s%205000/h")
def test_before_the_first_mailing_the_limits_alone_are_told() -> None:
    outlook = forecasts.outlook(issue(4), now=NOON)
    assert outlook.measured is None
    assert outlook.limited is not None
    assert outlook.limited.length == timedelta(seconds=0.2)
    assert [limit.count for limit in outlook.limited.limits] == [20, 5000]


@override_settings(EMAIL_URL=RELAY)
def test_nothing_is_forecast_where_nothing_is_known() -> None:
    outlook = forecasts.outlook(issue(4), now=NOON)
    assert (outlook.measured, outlook.limited, outlook.sample) == (None, None, None)


@override_settings(EMAIL_URL=f"{RELAY}/?limits=2/s")
def test_of_the_limits_the_one_that_takes_longest_is_told() -> None:
    made = issue(4)
    DomainLimit.objects.create(domain="example.org", limits="100/s")
    outlook = forecasts.outlook(made, now=NOON)
    assert outlook.limited is not None
    assert (outlook.limited.provider, outlook.limited.length) == ("", timedelta(seconds=2))
    DomainLimit.objects.update(limits="2/m")
    outlook = forecasts.outlook(made, now=NOON)
    assert outlook.limited is not None
    assert outlook.limited.provider == "example.org"
    assert outlook.limited.length == timedelta(minutes=2)


@override_settings(EMAIL_URL=f"{RELAY}/?limits=1/s")
def test_who_waits_for_the_choice_of_a_subject_waits_in_the_forecast() -> None:
    made = issue(10, subject_b="Drugi", sample_percent=20, sample_hours=4)
    plain = forecasts.outlook(made, now=NOON)
    assert (plain.sample, plain.limited and plain.limited.length) == (None, timedelta(seconds=10))
    made.newsletter.tracking = Tracking.COUNTS
    outlook = forecasts.outlook(made, now=NOON)
    assert outlook.sample is not None
    assert outlook.sample.hours == 4
    assert outlook.limited is not None
    assert outlook.limited.length == timedelta(hours=4, seconds=8)
    made.sample_percent = 10
    assert forecasts.outlook(made, now=NOON).sample is None  # too few for two halves
