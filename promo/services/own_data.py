"""What a reader may have for the asking: everything we keep about them, as a copy.

The links in newsletters work for ever and are forwarded with them. So nothing is shown or erased
for such a link: it only has a fresh one mailed to the address itself, which ends after two hours.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import formataddr
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from promo.errors import InvalidInput, OutcomeUnknown, PublishError, Rejected
from promo.mailing.envelope import MimeMail
from promo.mailing.headers import HeaderText, MailAddress
from promo.mailing.relay import parse_email_url
from promo.models import (
    DataRequest,
    Delivery,
    Newsletter,
    Preferences,
    Subscriber,
    Subscription,
)
from promo.services import channels, halts, tokens, tolls
from promo.services.facts import institution_facts

log = structlog.get_logger()

A_DAY = 3
"""So many links a reader gets in a day; whoever has an old mail could else fill the mailbox."""

BACKOFF = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60))
LEASE = timedelta(seconds=900)
"""Longer than the 600 s that the last reply of one mail may take (RFC 5321, 4.5.3.2.6)."""


def ask(*, subscriber: Subscriber, now: datetime) -> None:
    """Mail the reader a fresh link. Beyond the day's number nothing follows, and nobody is told."""
    with transaction.atomic():
        Subscriber.objects.select_for_update(no_key=True).get(id=subscriber.id)
        lately = subscriber.data_requests.filter(asked_at__gt=now - timedelta(days=1))
        if lately.count() < A_DAY:
            subscriber.data_requests.create(asked_at=now, mail_at=now)


def due(*, now: datetime, limit: int = 50) -> list[int]:
    """Ids of requests whose mail is to leave now, also while everything is stopped: each reader has
    just asked for what is theirs. Only after a backup was put in place it waits for a person.
    """
    if halts.answers_wait():
        return []
    rows = DataRequest.objects.filter(mail_at__lte=now).order_by("mail_at")
    return list(rows.values_list("id", flat=True)[:limit])


def send(request_id: int, *, now: datetime) -> None:
    """Mail the link, if it is due; again later only where nothing was taken."""
    relay = parse_email_url(settings.EMAIL_URL)
    until = now + LEASE
    waiting = DataRequest.objects.filter(id=request_id, mail_at__lte=now)
    if not waiting.update(mail_at=until, tries=F("tries") + 1):
        return
    row = DataRequest.objects.select_related("subscriber").get(id=request_id)
    ours = DataRequest.objects.filter(id=request_id, mail_at=until)
    try:
        with tolls.connection(relay) as smtp:
            smtp.deliver(_mail(row.subscriber))
    except (Rejected, OutcomeUnknown, InvalidInput) as error:
        log.warning("own data", request=request_id, error=type(error).__name__)
        ours.update(mail_at=None, problem=error.text[:500])
    except PublishError as error:
        log.warning("own data", request=request_id, error=type(error).__name__)
        tried_enough = row.tries > len(BACKOFF)
        again = None if tried_enough else now + BACKOFF[row.tries - 1]
        ours.update(mail_at=again, problem=error.text[:500])
    else:
        ours.update(mail_at=None, problem="", sent_at=now)


def _mail(reader: Subscriber) -> MimeMail:
    """Raises InvalidInput for an address we cannot mail, or where nobody could be its sender."""
    newsletter = _newsletter_of(reader)
    sender, address = MailAddress(newsletter.from_email), MailAddress(reader.email)
    context = {
        "institution": institution_facts(),
        "link": tokens.link("my-data", tokens.OWN_DATA, reader.uuid),
    }
    with translation.override(reader.language):
        subject = _("The link to your data")
    mail = EmailMessage(
        subject=subject,
        body=channels.render(reader.language)("newsletter_email/own_data.txt.j2", context),
        from_email=formataddr((HeaderText(newsletter.from_name), sender)),
        to=[address],
        headers={"Auto-Submitted": "auto-generated"},
    )
    return MimeMail(sender, address, mail.message().as_bytes())


def _newsletter_of(reader: Subscriber) -> Newsletter:
    """The one in whose name we write to this reader."""
    newsletter = Newsletter.objects.filter(subscriptions__subscriber=reader).first()
    if newsletter is None:
        raise InvalidInput(_("This reader belongs to no newsletter."))
    return newsletter


def copy(subscriber: Subscriber) -> dict[str, Any]:
    """Everything that is kept about this reader: plain values, instants as RFC 3339 in UTC."""
    return {
        "address": subscriber.email,
        "name": subscriber.name,
        "language": subscriber.language,
        "known_since": subscriber.created_at,
        "preferences": _preferences(subscriber),
        "subscriptions": [_subscription(row) for row in _subscriptions(subscriber)],
        "deliveries": [_delivery(row) for row in _deliveries(subscriber)],
        "requests_for_data": list(
            subscriber.data_requests.order_by("asked_at").values("asked_at", "sent_at")
        ),
    }


def _preferences(subscriber: Subscriber) -> dict[str, Any]:
    row = Preferences.objects.filter(subscriber=subscriber).first() or Preferences()
    branches = row.branches.values_list("name", flat=True) if row.pk else []
    return {
        "topics": row.topics,
        "audiences": row.audiences,
        "branches": list(branches),
        "frequency": row.frequency,
        "paused_until": row.paused_until_on,
    }


def _subscriptions(subscriber: Subscriber) -> QuerySet[Subscription]:
    rows = subscriber.subscriptions.select_related("newsletter").prefetch_related("consents")
    return rows.order_by("id")


def _subscription(row: Subscription) -> dict[str, Any]:
    names = ("about", "act", "at", "wording", "source", "ip", "proof")
    return {
        "newsletter": row.newsletter.name,
        "state": row.state,
        "asked_at": row.asked_at,
        "confirmation_sent_at": row.confirmation_sent_at,
        "confirmed_at": row.confirmed_at,
        "ended_at": row.ended_at,
        "told_apart_since": row.counted_since_at,
        "consents": [{name: getattr(one, name) for name in names} for one in row.consents.all()],
    }


def _deliveries(subscriber: Subscriber) -> QuerySet[Delivery]:
    about = ("mailing__publication__issue", "mailing__publication__item", "mailing__newsletter")
    rows = subscriber.deliveries.select_related(*about).prefetch_related("events", "visits__link")
    return rows.order_by("mailing__started_at", "id")


def _delivery(row: Delivery) -> dict[str, Any]:
    return {
        "newsletter": row.mailing.newsletter.name,
        "subject": row.mailing.publication.subject,
        "started_at": row.mailing.started_at,
        "settled_at": row.settled_at,
        "outcome": Delivery.State(row.state).name.lower(),
        "events": [{"what": one.kind, "at": one.at, "text": one.text} for one in row.events.all()],
        "visits": [
            {"link": one.link.url, "times": one.times, "from": one.first_at, "to": one.last_at}
            for one in row.visits.all()
        ],
    }
