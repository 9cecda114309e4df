"""An issue with two subjects on its way, for tests of what follows."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from promo.models import (
    Delivery,
    Issue,
    LinkVisit,
    Mailing,
    Newsletter,
    Publication,
    Subscriber,
    Subscription,
    TrackedLink,
    Tracking,
)
from promo.services import deliveries, issues, mailings
from tests import making

START = timezone.now()
DECIDED = START + timedelta(hours=4)
FIRST = "Grudzień w bibliotece"
SECOND = "Co robić w grudniu?"
TEXT = '<p>Oto <a href="https://a.example/program">program</a> i <a href="https://a.example/2">dwa</a>.</p>'


def issue(readers: int, *, mode: Tracking = Tracking.COUNTS, second: str = SECOND) -> Publication:
    """The publication of an approved issue that goes out now; half of its readers read English."""
    newsletter = making.newsletter()
    Newsletter.objects.update(tracking=mode)
    newsletter.refresh_from_db()
    people = Subscriber.objects.bulk_create(
        Subscriber(email=f"r{number}@example.org", language="pl" if number % 2 else "en")
        for number in range(readers)
    )
    Subscription.objects.bulk_create(
        Subscription(subscriber=one, newsletter=newsletter, state="active", counted_since_at=START)
        for one in people
    )
    row = issues.plan(
        issue=Issue.objects.create(
            newsletter=newsletter,
            subject=FIRST,
            subject_b=second,
            preheader="Spotkania, warsztaty i ferie: co robić w grudniu w bibliotece.",
            send_at=START,
            blocks=[("text", TEXT)],
        ),
        now=START,
    )
    row.state, row.published_at = "published", START
    row.save()
    return row


def start(row: Publication) -> Mailing:
    mailings.start(destination=row.destination, key=row.marker, now=START)
    rows = Mailing.objects.select_related("publication__issue", "newsletter")
    return rows.get(publication=row)


def compared(readers: int = 40, *, mode: Tracking = Tracking.COUNTS) -> Mailing:
    """Started; of 40 readers 4 are to get the first subject, 4 the second, 32 wait."""
    return start(issue(readers, mode=mode))


def ids(mailing: Mailing, subject: str) -> list[int]:
    rows = mailing.deliveries.filter(batch__subject=subject).order_by("id")
    return list(rows.values_list("id", flat=True))


def take(mailing: Mailing, *subjects: str) -> None:
    """The relay takes all mails that go out under these subjects, and their batches are done."""
    for subject in subjects:
        deliveries.accept(ids(mailing, subject), now=START)
        mailing.batches.filter(subject=subject, state="ready").update(state="done")


def answer(mailing: Mailing, subject: str, *, opens: int = 0, clicks: int = 0) -> None:
    """So many readers of this half opened the mail, and followed its first link."""
    for count, url in ((opens, ""), (clicks, "https://a.example/program")):
        link = TrackedLink.objects.get(mailing=mailing, subject=subject, url=url)
        if mailing.tracking == Tracking.COUNTS:
            TrackedLink.objects.filter(pk=link.pk).update(clicks=count)
            continue
        LinkVisit.objects.bulk_create(
            (
                LinkVisit(delivery_id=one, link=link, times=2, first_at=START, last_at=START)
                for one in ids(mailing, subject)[:count]
            ),
            ignore_conflicts=True,
        )


def due(mailing: Mailing) -> int:
    return Delivery.objects.filter(mailing=mailing, state=Delivery.State.DUE).count()
