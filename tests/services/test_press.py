"""What all mails of a mailing have that the message has not."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pytest_django.fixtures import Settings

from promo.models import Delivery, Mailing
from promo.services import mailings
from promo.services.batches import Marked
from promo.services.clock import database_now
from promo.services.press import Press
from tests import making

pytestmark = pytest.mark.django_db


def mails() -> list[EmailMessage]:
    """Those of a mailing to two readers."""
    row = making.due_publication(making.newsletter(2).destination)
    mailings.start(destination=row.destination, key=row.marker, now=database_now())
    press = Press.of(Mailing.objects.get(publication=row))
    made = []
    for one in Delivery.objects.select_related("subscriber"):
        assert one.subscriber is not None
        reader = Marked(one.pk, 0, one.subscriber.email, "", one.subscriber.uuid.hex, "pl")
        made.append(message_from_bytes(press.mail(reader).data, policy=policy.default))
    return made


def test_gmail_can_tell_complaints_apart_by_issue_and_newsletter_and_not_by_reader() -> None:
    first, second = mails()
    mailing = Mailing.objects.select_related("newsletter", "publication").get()
    assert first["Feedback-ID"] == second["Feedback-ID"]
    what, newsletter, kind, who = first["Feedback-ID"].split(":")
    assert (what, newsletter) == (str(mailing.publication.pk), mailing.newsletter.slug)
    assert kind == "item"
    assert re.fullmatch(r"[0-9a-f]{12}", who), "5 to 15 characters"
    mailing.newsletter.slug = "another"
    assert Press.of(mailing).compiled["", ""].head.count(f":another:item:{who}".encode()) == 1


def test_what_gmail_counts_by_is_signed(tmp_path: Path, settings: Settings) -> None:
    """It counts only what the domain itself has said."""
    key = tmp_path / "key.pem"
    key.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
    )
    settings.PROMO_DKIM_KEY = str(key)
    for mail in mails():
        assert "feedback-id" in mail["DKIM-Signature"].split("h=")[1].split(";")[0].split(":")
