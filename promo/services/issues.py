"""Issues of a newsletter: one publication each, due at the issue's own time."""

from datetime import datetime, timedelta

from django.db import transaction

from promo.models import Attempt, Issue, Publication
from promo.protocol import UNSENT, Event, State, after
from promo.services import composing, ledger
from promo.values import Variant

SLOT = "issue"

LATEST = timedelta(hours=24)
"""An issue held up for longer by an outage is missed: a person decides whether it still counts."""


def plan(*, issue: Issue, now: datetime) -> Publication:
    """The issue's publication, composed from the approved content and due at `send_at`.

    An issue that has left us stays as it is: nobody gets a second copy.
    """
    with transaction.atomic():
        row = Publication.objects.select_for_update().filter(issue=issue).first()
        if row is None:
            row = Publication(
                issue=issue,
                destination=issue.newsletter.destination,
                slot=SLOT,
                variant=Variant.ISSUE.value,
            )
        elif row.state not in UNSENT and row.state != State.CANCELLED:
            return row
        else:
            if row.state == State.CLAIMED:  # taken back: the mark of its worker will fail
                row.state = after(State.CLAIMED, Event.LEASE_OVER)
            row.state = after(State(row.state), Event.PLAN)
        row.planned_at = row.due_at = issue.send_at
        row.not_after_at = max(issue.send_at, now) + LATEST
        row.hinted_at = None
        row.held = row.destination.paused_at is not None
        composing.recompose(row)
        row.save()
    return row


def drop(*, issue: Issue, now: datetime) -> None:
    """Cancel what has not left us."""
    with transaction.atomic():
        rows = Publication.objects.select_for_update().filter(issue=issue, state__in=UNSENT)
        for row in rows:
            row.state = after(State(row.state), Event.CANCEL)
            row.save(update_fields=["state"])
            ledger.write(row, Attempt.Event.CANCELLED, at=now)
