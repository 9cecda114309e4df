"""What became of a mailing, counted for people: by reason, over time, beside the issues before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count

from promo.models import DeliveryEvent, Mailing
from promo.services import departures, mailings

BARS = 60
"""No plot has more of them."""

_STEPS = [
    timedelta(seconds=seconds)
    for seconds in (1, 2, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600, 24 * 3600, 7 * 24 * 3600)
]
EARLIER = 5


@dataclass(frozen=True, slots=True)
class Bar:
    """How many deliveries the relay accepted in the `step` that begins at `at`."""

    at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Line:
    """One mailing in the comparison. `left`: its readers who unsubscribed before the next one."""

    mailing: Mailing
    accepted: int
    left: int


def accepted_over_time(mailing: Mailing) -> tuple[timedelta, list[Bar]]:
    """The width of a bar and the bars, from the first accepted delivery to the last; [] without."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT min(at), max(at) FROM promo_acceptance WHERE mailing_id = %(mailing)s
            """,
            {"mailing": mailing.id},
        )
        first, last = cursor.fetchone()
        if first is None:
            return _STEPS[0], []
        span = last - mailing.started_at
        step = next((one for one in _STEPS if span <= one * BARS), _STEPS[-1])
        cursor.execute(
            """
            SELECT date_bin(make_interval(secs => %(step)s), at, %(start)s), sum(readers)
            FROM promo_acceptance WHERE mailing_id = %(mailing)s
            GROUP BY 1
            """,
            {"mailing": mailing.id, "step": step.total_seconds(), "start": mailing.started_at},
        )
        counted = dict(cursor.fetchall())
    # From the first to the last without a gap: an hour in which nothing went out is seen.
    at, bars = min(counted), []
    while at <= max(counted):
        bars.append(Bar(at, counted.get(at, 0)))
        at += step
    return step, bars


def reasons(mailing: Mailing) -> list[tuple[DeliveryEvent.Kind, DeliveryEvent.Category, int]]:
    """What happened to readers other than being accepted, and why; with how many it happened to."""
    rows = (
        DeliveryEvent.objects.filter(mailing=mailing)
        .order_by()
        .values_list("kind", "category")
        .annotate(Count("delivery", distinct=True))
    )
    found = [
        (DeliveryEvent.Kind(kind), DeliveryEvent.Category(category), count)
        for kind, category, count in rows
    ]
    order = list(DeliveryEvent.Kind)
    return sorted(found, key=lambda row: (order.index(row[0]), -row[2]))


def beside_earlier(mailing: Mailing) -> list[Line]:
    """The mailing and those of the same newsletter before it, the latest first."""
    rows = Mailing.objects.filter(
        newsletter_id=mailing.newsletter_id, started_at__lte=mailing.started_at
    ).select_related("publication__issue", "publication__item")
    shown = list(rows.order_by("-started_at")[: EARLIER + 1])
    left = departures.counts(shown)
    return [Line(row, mailings.progress(row)["accepted"], left[row.id]) for row in shown]
