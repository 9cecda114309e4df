"""Before an issue goes out: to how many, and how long that will take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Max

from promo.mailing.limits import Limit
from promo.mailing.pace import duration
from promo.mailing.relay import parse_email_url
from promo.models import Batch, Mailing, Newsletter, Subscription


@dataclass(frozen=True, slots=True)
class Outlook:
    """The readers of now, and two durations: at the rate last measured, and by the relay's limits.

    Either is None where nothing says anything about it.
    """

    readers: int
    measured: timedelta | None
    limited: timedelta | None
    limits: tuple[Limit, ...]


def outlook(newsletter: Newsletter) -> Outlook:
    """What is known before an issue of this newsletter goes out. Raises ConfigurationError."""
    readers = Subscription.objects.filter(
        newsletter=newsletter, state=Subscription.State.ACTIVE
    ).count()
    limits = parse_email_url(settings.EMAIL_URL).limits
    rate = last_rate(newsletter)
    return Outlook(
        readers,
        duration(readers, per_second=rate) if rate else None,
        duration(readers, limits=limits, per_second=rate) if limits else None,
        limits,
    )


def last_rate(newsletter: Newsletter) -> float | None:
    """Mails a second of the newsletter's last mailing, else of anybody's; None before the first.

    Measured to the end of its last batch: who was put off and got it a day later does not count.
    """
    done = Mailing.objects.filter(state=Mailing.State.FINISHED, readers__gt=0)
    done = done.order_by("-started_at")
    mailing = done.filter(newsletter=newsletter).first() or done.first()
    if mailing is None:
        return None
    batches = Batch.objects.filter(mailing=mailing).order_by("due_at", "-id")
    last = batches.first()
    settled = last and last.deliveries.aggregate(at=Max("settled_at"))["at"]
    end = settled or mailing.finished_at
    if end is None:
        return None
    seconds = max((end - mailing.went_on_at).total_seconds(), 1.0)
    return max(mailing.readers - mailing.settled_before, 1) / seconds
