"""What mail providers tell us: proved, kept, and followed like any returned mail."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.urls import include, path

from config import hooks as hook_settings
from promo.errors import ConfigurationError
from promo.models import Batch, Delivery, ReturnedMail
from promo.public import hooks
from tests.services import returning

pytestmark = pytest.mark.django_db

SECRET = "provider:long and secret"
KEY = "the key of mailgun"
PROVIDERS = ["mailgun", "postmark"]
NOON = returning.START.timestamp()


@pytest.fixture
def client() -> Iterator[Client]:
    """A client of a web that is told of two providers."""
    urls = ModuleType("urls_with_hooks")
    urls.urlpatterns = [path("hooks/anymail/", include(hooks.urlpatterns(PROVIDERS)))]  # type: ignore[attr-defined]
    environ = {"ANYMAIL_MAILGUN_WEBHOOK_SIGNING_KEY": KEY}
    anymail = hook_settings.anymail(PROVIDERS, secret=SECRET, environ=environ)
    with override_settings(ROOT_URLCONF=urls, ANYMAIL=anymail):
        yield Client(raise_request_exception=True)


@pytest.fixture
def delivery() -> Delivery:
    return returning.deliveries(returning.mailing())[0]


def message_id(delivery: Delivery) -> str:
    assert delivery.subscriber is not None
    subject = delivery.mailing.publication.item
    assert subject is not None
    return f"{delivery.subscriber.uuid.hex}.{subject.uuid.hex}@{returning.DOMAIN}"


def post(client: Client, provider: str, body: dict[str, Any], *, secret: str = SECRET) -> int:
    answer = client.post(
        f"/hooks/anymail/{provider}/tracking/",
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"},
    )
    return answer.status_code


def postmark(delivery: Delivery, **values: str) -> dict[str, Any]:
    return {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "ID": 4711,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Description": "The server was unable to deliver your message",
        "Details": "smtp;550 5.1.1 The email account that you tried to reach does not exist.",
        "Email": "czytelnik0@example.org",
        "From": returning.address(delivery),
        "BouncedAt": returning.START.isoformat(),
        **values,
    }


def mailgun(delivery: Delivery, *, key: str = KEY, **values: Any) -> dict[str, Any]:
    stamp, token = str(int(NOON)), "a" * 50
    digest = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {
        "signature": {"timestamp": stamp, "token": token, "signature": digest},
        "event-data": {
            "event": "failed",
            "severity": "permanent",
            "timestamp": NOON,
            "recipient": "czytelnik0@example.org",
            "reason": "generic",
            "message": {"headers": {"message-id": message_id(delivery)}},
            "delivery-status": {"code": 550, "message": "5.7.26 blocked: żadnych SPF ani DKIM"},
            **values,
        },
    }


def told(delivery: Delivery) -> list[tuple[str, str, str]]:
    returning.read_all()
    return list(delivery.events.values_list("kind", "category", "enhanced"))


def test_postmark_tells_of_an_address_that_does_not_exist(
    client: Client, delivery: Delivery
) -> None:
    for _time in range(3):
        assert post(client, "postmark", postmark(delivery)) == 200
    assert ReturnedMail.objects.count() == 1, "told again it is the same"
    assert told(delivery) == [("bounced", "address", "5.1.1")]


def test_mailgun_tells_of_a_refusal_by_the_message_id(client: Client, delivery: Delivery) -> None:
    assert post(client, "mailgun", mailgun(delivery)) == 200
    assert told(delivery) == [("bounced", "policy", "5.7.26")]


def test_complaints_and_unsubscriptions_are_obeyed(client: Client, delivery: Delivery) -> None:
    assert post(client, "mailgun", mailgun(delivery, event="unsubscribed")) == 200
    returning.read_all()
    assert delivery.subscriber is not None
    assert [row.state for row in delivery.subscriber.subscriptions.all()] == ["ended"]
    complaint = postmark(delivery, RecordType="SpamComplaint", Type="SpamComplaint", Details="")
    assert post(client, "postmark", complaint) == 200
    assert told(delivery) == [("complained", "", "")]


@pytest.mark.parametrize("event", ["delivered", "opened", "clicked", "accepted"])
def test_what_nothing_follows_from_is_not_kept(
    client: Client, delivery: Delivery, event: str
) -> None:
    assert post(client, "mailgun", mailgun(delivery, event=event)) == 200
    assert ReturnedMail.objects.count() == 0


@pytest.mark.parametrize("state", [Delivery.State.UNKNOWN, Delivery.State.DUE])
def test_a_mail_that_was_delivered_was_taken_whatever_we_heard_of_it(
    client: Client, delivery: Delivery, state: Delivery.State
) -> None:
    """Due it is while a dead worker's batch is not taken over yet."""
    Delivery.objects.update(state=state)
    Batch.objects.update(unknown=1)
    assert post(client, "mailgun", mailgun(delivery, event="delivered")) == 200
    assert told(delivery) == []
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.ACCEPTED


def test_a_delivery_that_names_only_the_reader_proves_nothing(
    client: Client, delivery: Delivery
) -> None:
    """It may be of another mail to the same reader."""
    Delivery.objects.update(state=Delivery.State.UNKNOWN)
    bare = mailgun(delivery, event="delivered", message={"headers": {"message-id": "1@x.example"}})
    assert post(client, "mailgun", bare) == 200
    assert ReturnedMail.objects.count() == 0
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.UNKNOWN


def test_a_stranger_is_refused(client: Client, delivery: Delivery) -> None:
    assert post(client, "postmark", postmark(delivery), secret="provider:guessed") == 400
    assert post(client, "mailgun", mailgun(delivery, key="guessed")) == 400
    changed = mailgun(delivery)
    changed["signature"]["token"] = "b" * 50
    assert post(client, "mailgun", changed) == 400
    assert ReturnedMail.objects.count() == 0


def test_a_provider_that_was_not_named_has_no_address(client: Client, delivery: Delivery) -> None:
    assert post(client, "sendgrid", {}) == 404


def test_nobody_may_tell_without_end(client: Client, delivery: Delivery) -> None:
    assert post(client, "postmark", postmark(delivery, Details="x" * hooks.LARGEST)) == 413


def test_a_provider_that_names_only_the_reader_means_the_last_mail(
    client: Client, delivery: Delivery
) -> None:
    later = returning.deliveries(returning.mailing(at=returning.START + timedelta(minutes=1)))[0]
    bare = postmark(
        delivery, From="newsletter@biblioteka.example.org", Email="Czytelnik0@example.org"
    )
    assert post(client, "postmark", bare) == 200
    assert told(delivery) == []
    assert told(later) == [("bounced", "address", "5.1.1")]


def test_an_event_of_nobodys_mail_changes_nothing(client: Client, delivery: Delivery) -> None:
    stranger = postmark(delivery, From="a@b.example", Email="somebody@else.example")
    assert post(client, "postmark", stranger) == 200
    assert told(delivery) == []
    assert ReturnedMail.objects.get().verdict == "nobody"


def test_hooks_without_a_secret_are_refused_at_the_start() -> None:
    with pytest.raises(ConfigurationError):
        hook_settings.anymail(PROVIDERS, secret="", environ={})
    with pytest.raises(ConfigurationError):
        hooks.urlpatterns(["no-such-provider"])
    assert hook_settings.anymail([], secret="", environ={}) == {}


def test_without_providers_there_are_no_hooks() -> None:
    assert settings.PROMO_HOOKS == []
    assert Client().post("/hooks/anymail/postmark/tracking/").status_code == 404
