"""Who opened or clicked lately, as conditions of segments (`promo.services.criteria`).

Known only of readers who agreed to be told apart. Of all others nothing is known, so neither the
condition nor its opposite holds for them: whoever is said not to have opened anything has agreed,
and got an issue meanwhile that would have told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext, pgettext_lazy

from promo.models import Delivery, LinkVisit, Mailing, Newsletter, Tracking

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


class Asked(Protocol):
    """What a row of a segment says: so many days, or so many last mailings of a newsletter."""

    @property
    def count(self) -> int: ...


Condition = Callable[[Asked, datetime], Q]


@dataclass(frozen=True, slots=True)
class EngagementCriterion:
    """`known`: of whom the condition, or its opposite, can be said."""

    key: str
    label: StrPromise
    condition: Condition
    known: Condition


def _opened_within(row: Asked, now: datetime) -> Q:
    return Q(Exists(_visits().filter(last_at__gte=now - timedelta(days=row.count))))


def _clicked_within(row: Asked, now: datetime) -> Q:
    return Q(Exists(_clicks().filter(last_at__gte=now - timedelta(days=row.count))))


def _known_within(row: Asked, now: datetime) -> Q:
    return Q(Exists(_told_apart().filter(settled_at__gte=now - timedelta(days=row.count))))


def _opened_of_last(row: Asked, _now: datetime) -> Q:
    return Q(Exists(_visits().filter(link__mailing__in=_last(row.count))))


def _clicked_of_last(row: Asked, _now: datetime) -> Q:
    return Q(Exists(_clicks().filter(link__mailing__in=_last(row.count))))


def _known_of_last(row: Asked, _now: datetime) -> Q:
    return Q(Exists(_told_apart().filter(mailing__in=_last(row.count))))


CRITERIA = (
    EngagementCriterion(
        "opened_within",
        pgettext_lazy("condition", "days since an issue was opened or a link followed, at most"),
        _opened_within,
        _known_within,
    ),
    EngagementCriterion(
        "clicked_within",
        pgettext_lazy("condition", "days since a link in an issue was followed, at most"),
        _clicked_within,
        _known_within,
    ),
    EngagementCriterion(
        "opened_last",
        pgettext_lazy("condition", "last issues, one of them opened or a link in it followed"),
        _opened_of_last,
        _known_of_last,
    ),
    EngagementCriterion(
        "clicked_last",
        pgettext_lazy("condition", "last issues, a link in one of them followed"),
        _clicked_of_last,
        _known_of_last,
    ),
)


def hint() -> str:
    """What the conditions mean, for the form."""
    told = gettext(
        "Known only of readers who agreed to be told apart in opens and clicks. “Must not hold” "
        "means those of them who got such an issue; all other readers are in neither."
    )
    if Newsletter.objects.filter(tracking=Tracking.READERS).exists():
        return told
    before = gettext(
        "No newsletter counts for each reader at present (see its settings): only what was kept "
        "before is known."
    )
    return f"{told} {before}"


def _visits() -> QuerySet[LinkVisit]:
    return LinkVisit.objects.filter(delivery__subscriber=OuterRef("pk"), times__gt=0)


def _clicks() -> QuerySet[LinkVisit]:
    return _visits().exclude(link__url="")


def _told_apart() -> QuerySet[Delivery]:
    """What a reader got from a newsletter after agreeing to be told apart in it."""
    return Delivery.objects.filter(
        subscriber=OuterRef("pk"),
        state=Delivery.State.ACCEPTED,
        mailing__tracking=Tracking.READERS,
        subscriber__subscriptions__newsletter=F("mailing__newsletter"),
        subscriber__subscriptions__counted_since_at__lte=F("settled_at"),
    )


def _last(issues: int) -> QuerySet[Mailing, dict[str, int]]:
    nth = Window(RowNumber(), partition_by=F("newsletter"), order_by=F("started_at").desc())
    rows = Mailing.objects.filter(tracking=Tracking.READERS).annotate(nth=nth)
    return rows.filter(nth__lte=issues).values("id")
