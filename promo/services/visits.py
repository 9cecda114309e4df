"""Who followed the links of a mailing: counted once a person did it, and told in a report.

Mail scanners follow links too. Not counted is what comes within seconds of the sending, and what
follows (nearly) all links of a mail within seconds. Where each reader is counted, a scanner is told
by the reader's code, and what it did is taken out again. Where nobody is told apart, it is told by
a short hash of where it comes from, which Redis holds for some seconds and nothing else keeps.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address

import redis
import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce

from promo.door.addresses import network_of
from promo.errors import InvalidInput
from promo.mailing import codes, scanners
from promo.mailing.codes import Purpose
from promo.models import Delivery, LinkVisit, Mailing, TrackedLink, Tracking
from promo.services import counting, mailings

log = structlog.get_logger()

AFTER_SENDING = timedelta(seconds=20)
"""So soon after the relay took the mail nobody has read it: gateways look at links first."""

TOGETHER = timedelta(seconds=10)
"""A reader who is back at the same link within this time has followed it once."""

MANY = 5
"""So many links of a mail (or all of them, if it has two to four) within that time: a scanner."""


def link_of(key: str) -> TrackedLink | None:
    """The link of a short address, with its mailing."""
    return TrackedLink.objects.select_related("mailing").filter(key=key).first()


def note(*, link: TrackedLink, code: str, client: str, agent: str, now: datetime) -> None:
    """Count that somebody was there. `agent` is what the program says it is, `client` its address.

    Without an address (a proxy hides it) no scanner is told by where it comes from. A code that is
    not ours, or of another mailing, counts nothing. A reader who does not agree to it (any more) is
    counted as somebody.
    """
    if link.mailing.tracking == Tracking.READERS and code != codes.NOBODY:
        try:
            delivery_id = codes.read(Purpose.CLICK, code, keys=mailings.keys())
        except InvalidInput:
            return
        if not Delivery.objects.filter(id=delivery_id, mailing=link.mailing).exists():
            return
        newsletter_id = link.mailing.newsletter_id
        if counting.agreed(delivery_id=delivery_id, newsletter_id=newsletter_id):
            _note_reader(link, delivery_id, now=now)
            return
    if now - link.mailing.started_at >= AFTER_SENDING:
        _note_anybody(link, client, agent, now=now)


def _links_for_a_scanner(link: TrackedLink) -> int:
    """How many different links within `TOGETHER` no person follows."""
    same_mail = TrackedLink.objects.filter(mailing=link.mailing_id, subject=link.subject)
    pages = same_mail.exclude(url="").count()
    return max(2, min(MANY, pages))


def _note_reader(link: TrackedLink, delivery_id: int, *, now: datetime) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        # A scanner's requests come side by side: each must see the one before it.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [delivery_id])
        cursor.execute(
            """
            INSERT INTO promo_linkvisit AS known
                (delivery_id, link_id, times, counted, first_at, last_at)
            SELECT id, %(link)s, 1, TRUE, %(now)s, %(now)s FROM promo_delivery
            WHERE id = %(delivery)s AND mailing_id = %(mailing)s AND settled_at <= %(since)s
                AND subscriber_id IS NOT NULL
            ON CONFLICT (delivery_id, link_id) DO UPDATE SET
                times = known.times + (known.last_at < %(recent)s)::int,
                counted = known.counted OR known.last_at < %(recent)s,
                last_at = %(now)s
            """,
            {
                "link": link.id,
                "delivery": delivery_id,
                "mailing": link.mailing_id,
                "since": now - AFTER_SENDING,
                "recent": now - TOGETHER,
                "now": now,
            },
        )
        if not cursor.rowcount:
            return
        recent = LinkVisit.objects.filter(delivery=delivery_id, last_at__gte=now - TOGETHER)
        if recent.exclude(link__url="").count() >= _links_for_a_scanner(link):
            recent.filter(counted=True).update(times=F("times") - 1, counted=False)


def _note_anybody(link: TrackedLink, client: str, agent: str, *, now: datetime) -> None:
    counts = [(link.id, 1)]
    if link.url and client:
        who = _short_hash(f"{link.mailing_id}|{network_of(ip_address(client))}|{agent}")
        server = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1)
        try:
            counts = scanners.changes(
                server,
                key=f"promo:visits:{who}",
                link=link.id,
                most=_links_for_a_scanner(link),
                seconds=TOGETHER.total_seconds(),
                now=now.timestamp(),
            )
        except redis.RedisError as error:
            log.warning("visits", error=str(error))  # counted: better a scanner than no readers
        finally:
            server.close()
    for link_id, change in counts:
        TrackedLink.objects.filter(id=link_id).update(clicks=F("clicks") + change)


def _short_hash(text: str) -> str:
    """32 bits: too few to find an address by, enough for some seconds."""
    return hmac.digest(settings.SECRET_KEY.encode(), text.encode(), "sha256").hex()[:8]


@dataclass(frozen=True, slots=True)
class Tally:
    """A link, or the opening of the mail (no `url`). `readers` is None where nobody knows."""

    url: str
    label: str
    clicks: int
    readers: int | None


def report(*, mailing: Mailing) -> Sequence[Tally]:
    """What was counted: first the openings, then the links, the most followed first.

    A link that went out under two subjects is told once.
    """
    if mailing.tracking == Tracking.OFF:
        return []
    known = mailing.tracking == Tracking.READERS
    rows = (
        mailing.links.annotate(
            more=Coalesce(Sum("visits__times"), 0),
            people=Count("visits", filter=Q(visits__times__gt=0)),
        )
        .order_by("position", "subject")
        .values_list("url", "label", F("clicks") + F("more"), F("readers") + F("people"))
    )
    told: dict[str, Tally] = {}
    for url, label, clicks, people in rows:
        before = told.get(url, Tally(url, label, 0, 0 if known else None))
        readers = None if before.readers is None else before.readers + people
        told[url] = Tally(url, label, before.clicks + clicks, readers)
    return sorted(told.values(), key=lambda one: (one.url != "", -one.clicks))
