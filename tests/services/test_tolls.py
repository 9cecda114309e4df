"""Mails that somebody waits for pass the same limits as an issue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import redis
from django.conf import settings
from django.test import override_settings
from django.utils import translation

from promo.errors import RateLimited
from promo.mailing.envelope import MimeMail
from promo.mailing.headers import MailAddress
from promo.mailing.relay import Relay, parse_email_url
from promo.mailing.shares import Share
from promo.models import DataRequest, DomainLimit, Newsletter, Subscription
from promo.services import confirmations, own_data, subscribers, tolls
from promo.services.throttle import Throttle
from tests import making
from tests.driving import Clock
from tests.services.test_throttle import clock, mailed_by

__all__ = ["clock"]

pytestmark = pytest.mark.django_db

SENDER = MailAddress("a@example.org")


@pytest.fixture
def domain() -> str:
    """A provider that no other test has met: what it got stays in Redis for a while."""
    return f"p{uuid4().hex[:10]}.example.org"


def mail(domain: str) -> MimeMail:
    return MimeMail(SENDER, MailAddress(f"anna@{domain}"), b"Subject: x\r\n\r\nx\r\n")


def deliver(relay: Relay, domain: str) -> None:
    with tolls.connection(relay) as smtp:
        smtp.deliver(mail(domain))


def test_the_relays_limit_counts_issues_and_single_mails_together(domain: str) -> None:
    with mailed_by(more="&limits=3/h") as scripted:
        relay = parse_email_url(settings.EMAIL_URL)
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            assert Throttle(client, relay).grant("", 2).mails == 2
            deliver(relay, domain)
            with pytest.raises(RateLimited) as limited:
                deliver(relay, domain)
            assert limited.value.retry_after > timedelta(minutes=50)
            assert Throttle(client, relay).grant("", 5).mails == 0
    assert len(scripted.taken) == 1


def test_the_limit_of_a_provider_holds_for_single_mails_and_for_its_own_alone(domain: str) -> None:
    DomainLimit.objects.create(domain=domain, limits="1/h")
    with mailed_by(more="&limits=3/h") as scripted:
        relay = parse_email_url(settings.EMAIL_URL)
        deliver(relay, domain)
        with pytest.raises(RateLimited):
            deliver(relay, domain)
        deliver(relay, f"other.{domain}")
        deliver(relay, f"other.{domain}")
    assert len(scripted.taken) == 3, "what was refused cost no token of the relay's"


def test_a_single_mail_takes_a_connection_of_those_that_all_share(
    domain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The relay allows one."""
    monkeypatch.setattr(tolls, "PATIENCE", 0.1)
    with mailed_by() as scripted, redis.Redis.from_url(settings.REDIS_URL) as client:
        relay = parse_email_url(settings.EMAIL_URL)
        run = Share(client, relay, lease=timedelta(hours=1))
        assert run.claim() == 1
        with translation.override("en"), pytest.raises(RateLimited, match="connections"):
            deliver(relay, domain)
        assert scripted.connections == 0
        assert run.claim(open_now=1) == 1, "it waits no longer"
        run.give_back()
        with tolls.connection(relay) as smtp:
            smtp.deliver(mail(domain))
            assert run.claim() == 0
        assert run.claim() == 1
        run.give_back()
    assert len(scripted.taken) == 1


def test_without_redis_they_go_all_the_same(domain: str) -> None:
    with mailed_by(more="&limits=1/h") as scripted:
        relay = parse_email_url(settings.EMAIL_URL)
        with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):
            deliver(relay, domain)
            deliver(relay, domain)
    assert len(scripted.taken) == 2


def confirmation(newsletter: Newsletter, clock: Clock) -> None:
    (row,) = subscribers.sign_up(
        email="anna@example.org",
        name="Anna",
        newsletter=newsletter,
        language="pl",
        wording="zgoda",
        source="test",
        ip=None,
        now=clock(),
    )
    confirmations.send(row.pk, now=clock())


def link_to_data(newsletter: Newsletter, clock: Clock) -> None:
    reader = subscribers.record(
        email="anna@example.org",
        name="Anna",
        newsletter=newsletter,
        source="test",
        wording="zgoda",
        now=clock(),
    ).subscriber
    own_data.ask(subscriber=reader, now=clock())
    own_data.send(DataRequest.objects.get().pk, now=clock())


@pytest.mark.parametrize("act", [confirmation, link_to_data])
def test_what_finds_no_room_is_put_off_and_not_lost(
    clock: Clock, domain: str, act: Callable[[Newsletter, Clock], None]
) -> None:
    newsletter = making.newsletter()
    with mailed_by(more="&limits=1/h") as scripted:
        deliver(parse_email_url(settings.EMAIL_URL), domain)
        act(newsletter, clock)
    assert len(scripted.taken) == 1
    waiting = [
        *Subscription.objects.exclude(confirm_at=None).values_list("confirm_at", flat=True),
        *DataRequest.objects.exclude(mail_at=None).values_list("mail_at", flat=True),
    ]
    assert len(waiting) == 1
    assert clock() < waiting[0] <= clock() + timedelta(minutes=1)
