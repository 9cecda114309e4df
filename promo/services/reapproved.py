"""What was on the wire when its content was approved again missed its plan: it gets it later."""

from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from promo.models import Attempt, Publication
from promo.protocol import State
from promo.services import changes, issues, plans

_APPROVED_AT = Coalesce("item__last_published_at", "issue__last_published_at")


def plan(due: QuerySet[Publication], *, now: datetime) -> None:
    """Of what is `due` once more, plan what has missed its plan: it goes out as it is approved, or
    not at all. Not where a person has decided since.

    `Unprepared` where a picture of it cannot be stored.
    """
    decided = Attempt.objects.filter(
        publication=OuterRef("pk"), event=Attempt.Event.DECIDED, at__gt=OuterRef("approved_at")
    )
    missed = due.annotate(approved_at=_APPROVED_AT).filter(
        Q(item__live=True) | Q(issue__live=True),
        ~Exists(decided),
        state=State.WAITING,
        approved_at__gt=F("marked_at") - changes.APPROVING,
    )
    for row in missed.select_related("item", "issue"):
        if row.item is not None:
            plans.replan(item=row.item, now=now)
        elif row.issue is not None:
            issues.plan(issue=row.issue, now=now)
