"""Before an issue goes out: to how many, and how long that will take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max

from promo.mailing.limits import Limit
from promo.mailing.pace import duration
from promo.mailing.relay import parse_email_url
from promo.models import Batch, Issue, Mailing, Newsletter, Tracking
from promo.services import addressees, providers
from promo.services.addressees import Addressees
from promo.services.samples import Sample


@dataclass(frozen=True, slots=True)
class Limited:
    """How long it takes by the limits that hold it up longest; `provider` is "" for the relay's."""

    length: timedelta
    limits: tuple[Limit, ...]
    provider: str = ""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Who gets it, and two durations: at the rate last measured, and by the limits.

    Either is None where nothing says anything about it. `sample`: so many of them try two subjects
    out while the others wait; both durations hold that wait.
    """

    addressees: Addressees
    measured: timedelta | None = None
    limited: Limited | None = None
    sample: Sample | None = None


def outlook(issue: Issue, *, now: datetime) -> Outlook:
    """What is known of the issue as it stands. Raises ConfigurationError, InvalidInput."""
    found = addressees.of(issue, now=now)
    if not found.number:
        return Outlook(found)
    rate = last_rate(issue.newsletter)
    sample = _sample_of(issue, found.number)
    measured = _length(found.number, (), rate, sample) if rate else None
    return Outlook(found, measured, _limited(found, rate, sample), sample)


def _limited(found: Addressees, rate: float | None, sample: Sample | None) -> Limited | None:
    rules = providers.limits()
    asked = [("", found.number or 0, parse_email_url(settings.EMAIL_URL).limits)]
    asked += [(domain, count, rules[domain]) for domain, count in found.providers.items()]
    lengths = [
        Limited(length, limits, provider)
        for provider, count, limits in asked
        if limits and (length := _length(count, limits, rate, sample)) is not None
    ]
    return max(lengths, key=lambda one: one.length, default=None)


def _sample_of(issue: Issue, readers: int) -> Sample | None:
    """As `promo.services.samples` deals: too few for two halves wait for nothing."""
    if not issue.subject_b or issue.newsletter.tracking == Tracking.OFF:
        return None
    enough = readers * issue.sample_percent // 200
    return Sample(issue.sample_percent, issue.sample_hours) if enough else None


def _length(
    count: int, limits: Sequence[Limit], rate: float | None, sample: Sample | None
) -> timedelta | None:
    whole = duration(count, limits=limits, per_second=rate)
    if whole is None or sample is None:
        return whole
    waiting = count - 2 * (count * sample.percent // 200)
    rest = duration(waiting, limits=limits, per_second=rate) or timedelta()
    return max(whole, timedelta(hours=sample.hours) + rest)


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
