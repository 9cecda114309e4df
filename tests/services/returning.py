"""Mailings whose mails come back, for tests: deliveries that were accepted, and reports of them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from promo.mailing.codes import codes_of
from promo.models import Delivery, Mailing, ReturnedMail
from promo.services import keeping, mailings, returns
from tests import making

START = making.NOON
DOMAIN = "biblioteka.example.org"
HARD = ("failed", "5.1.1", "550 5.1.1 User unknown")
SOFT = ("failed", "5.2.2", "552 5.2.2 Mailbox full")
POLICY = ("failed", "5.7.26", "550 5.7.26 DMARC")
DELAYED = ("delayed", "4.4.1", "connection timed out")


def mailing(*, readers: int = 1, at: datetime = START) -> Mailing:
    """A mailing to so many readers that the relay has taken."""
    destination = making.newsletter(readers).destination
    publication = making.due_publication(destination)
    mailings.start(destination=destination, key=publication.marker, now=at)
    Delivery.objects.filter(mailing__publication=publication).update(
        state=Delivery.State.ACCEPTED, settled_at=at
    )
    return Mailing.objects.get(publication=publication)


def deliveries(of: Mailing) -> list[Delivery]:
    return list(Delivery.objects.filter(mailing=of).order_by("id"))


def address(delivery: Delivery) -> str:
    """Where the mails of this delivery come back to."""
    return f"b+{codes_of(delivery.id, key=settings.SECRET_KEY.encode()).bounce}@{DOMAIN}"


def report(
    delivery: Delivery, what: tuple[str, str, str], *, number: int = 0, reader: str = "a@b.example"
) -> bytes:
    """A delivery status notification; another `number` makes it another mail."""
    action, status, words = what
    return f"""\
Return-Path: <>
Delivered-To: {address(delivery)}
Subject: Undelivered Mail Returned to Sender
Message-ID: <{number}.{delivery.id}@mx.example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {reader}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {words} <{reader}>

--b--
""".encode()


def complaint(delivery: Delivery) -> bytes:
    return f"""\
Subject: Email Feedback Report
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
Version: 1
Original-Mail-From: <{address(delivery)}>

--b--
""".encode()


def come_back(
    raw: bytes, *, at: datetime = START + timedelta(hours=1), recipient: str = ""
) -> None:
    """The mail is stored, and everything unread is read."""
    keeping.store(raw=raw, source=ReturnedMail.Source.MAILBOX, recipient=recipient, now=at)
    read_all(at=at)


def read_all(*, at: datetime = START + timedelta(hours=1)) -> None:
    for mail_id in returns.hand_out(now=at):
        returns.process(mail_id, now=at)
