"""Why mails of a mailing did not arrive, in the words of our own categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from promo.models import DeliveryEvent, Mailing

_Kind = DeliveryEvent.Kind
_NOT_ARRIVED = (_Kind.REFUSED, _Kind.GIVEN_UP, _Kind.BOUNCED)


@dataclass(frozen=True, slots=True)
class Reason:
    """A category, and how many readers it is about."""

    category: DeliveryEvent.Category
    count: int


def reasons(*, mailing: Mailing) -> Sequence[Reason]:
    """For each reason the readers whose mails were refused, given up or returned; most first."""
    rows = (
        DeliveryEvent.objects.filter(mailing=mailing, kind__in=_NOT_ARRIVED)
        .order_by()
        .values_list("category")
        .annotate(count=Count("delivery", distinct=True))
    )
    found = [Reason(DeliveryEvent.Category(category), count) for category, count in rows]
    return sorted(found, key=lambda reason: -reason.count)
