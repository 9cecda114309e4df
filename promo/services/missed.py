"""What was missed: one list, each with why and whether it still makes sense, and two decisions."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from promo.models import Attempt, Institution, Publication
from promo.planning.calendar import end_as_long
from promo.planning.waited import Late, Sense, sense
from promo.protocol import State
from promo.services import publications
from promo.values import Variant

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Missed:
    """A missed publication: when Promo noticed, how often it had tried, does it make sense now?"""

    publication: Publication
    noticed_at: datetime | None
    tries: int
    sense: Sense


def rows() -> QuerySet[Publication]:
    """Everything that was missed and is not decided yet, the newest first."""
    found = Publication.objects.filter(state=State.MISSED)
    return found.select_related("item", "issue", "destination").order_by("-planned_at", "-id")


def listed(*, now: datetime) -> list[Missed]:
    """The list that people decide on, at most `SHOWN`."""
    zone = Institution.load().tz
    page = list(rows().defer("message_json")[:SHOWN])
    lines = Attempt.objects.filter(publication__in=page, event=Attempt.Event.MISSED)
    noticed = dict(lines.order_by("at").values_list("publication_id", "at"))
    return [
        Missed(
            row, noticed.get(row.pk), row.attempts, sense(late(row, zone=zone), zone=zone, now=now)
        )
        for row in page
    ]


def late(row: Publication, *, zone: ZoneInfo) -> Late:
    """What is needed to judge whether it still makes sense."""
    item = row.item
    starts_at = row.occurrence_at or (item.starts_at if item else None)
    ends_at = item.ends_at if item else None
    if item and item.starts_at and ends_at and row.occurrence_at:
        first = item.starts_at
        ends_at = end_as_long(row.occurrence_at, first=first, last=ends_at, zone=zone)
    variant = Variant(row.variant)
    return Late(variant, starts_at, ends_at, row.not_after_at)


def begun(*, ids: Collection[int], now: datetime) -> list[Publication]:
    """Those of the chosen ones that make no sense any more: sending them is asked about first."""
    zone = Institution.load().tz
    chosen = rows().filter(pk__in=ids)
    gone = {Sense.BEGUN, Sense.OVER, Sense.ANOTHER_DAY}
    return [row for row in chosen if sense(late(row, zone=zone), zone=zone, now=now) in gone]


def send_now(*, ids: Collection[int], user: User, now: datetime) -> int:
    """Send the chosen ones after all; gives how many. What is not missed any more is left alone."""
    return _each(ids, lambda pk: publications.retry(publication_id=pk, user=user, now=now))


def drop(*, ids: Collection[int], user: User, now: datetime) -> int:
    """Drop the chosen ones for good; gives how many."""
    return _each(ids, lambda pk: publications.drop(publication_id=pk, user=user, now=now))


def _each(ids: Collection[int], decide: Callable[[int], None]) -> int:
    with transaction.atomic():
        waiting = Publication.objects.select_for_update().filter(pk__in=ids, state=State.MISSED)
        chosen = list(waiting.order_by("pk").values_list("pk", flat=True))
        for pk in chosen:
            decide(pk)
    return len(chosen)
