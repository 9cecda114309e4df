"""The course of a rehearsal: which instant comes next, what was noted, and how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Min, Q, QuerySet

from promo.models import (
    AccessNotice,
    Attempt,
    Batch,
    DeliveryEvent,
    Destination,
    Filling,
    Mailing,
    Publication,
    Rhythm,
)
from promo.protocol import AHEAD, DUE, State

NOTED = frozenset(
    {
        Attempt.Event.PUBLISHED,
        Attempt.Event.REFUSED,
        Attempt.Event.POSTPONED,
        Attempt.Event.LOST,
        Attempt.Event.LOOK_FAILED,
        Attempt.Event.FOUND,
        Attempt.Event.MISSED,
    }
)
"""What people want to hear of; the rest of the ledger is for the operator."""

NOT_SURE = AHEAD | {State.UNKNOWN, State.SENDING}
"""Of these the desk does not know yet whether followers see them."""

BAD = frozenset(
    {Attempt.Event.REFUSED, Attempt.Event.LOST, Attempt.Event.LOOK_FAILED, Attempt.Event.MISSED}
)


def next_moment(*, now: datetime) -> datetime | None:
    """When the next thing is due after `now`, of all that has an hour; None where nothing has."""
    waiting = Publication.objects.filter(state__in=DUE, held=False)
    looked_for = Publication.objects.filter(state__in=[State.UNKNOWN, State.ARMED])
    queues: Sequence[tuple[QuerySet[Any], str]] = (
        (waiting, "due_at"),
        (waiting, "arm_at"),
        (looked_for, "look_at"),
        (Publication.objects.exclude(lease_until_at=None), "lease_until_at"),
        (Destination.objects.all(), "rests_until_at"),
        (Batch.objects.filter(state=Batch.State.READY), "due_at"),
        (Mailing.objects.all(), "decide_at"),
        (Rhythm.objects.filter(active=True), "compose_at"),
        (Filling.objects.filter(state=Filling.State.WAITING), "send_at"),
        (Filling.objects.all(), "tell_at"),
        (AccessNotice.objects.all(), "tell_at"),
    )
    found = [
        rows.filter(**{f"{name}__gt": now}).aggregate(at=Min(name))["at"] for rows, name in queues
    ]
    return min((at for at in found if at is not None), default=None)


def first_due(*, since: datetime, until: datetime) -> datetime | None:
    """When the first publication of this time is due."""
    rows = Publication.objects.filter(state__in=DUE, held=False, due_at__range=(since, until))
    first: datetime | None = rows.aggregate(at=Min("due_at"))["at"]
    return first


@dataclass(frozen=True, slots=True)
class Note:
    """One line of the desk's own ledger, in words."""

    at: datetime
    subject: str
    where: str
    word: str
    text: str
    bad: bool


def notes(*, after: int) -> tuple[list[Note], int]:
    """What the ledger has noted behind the line `after`; gives the number of the last line too."""
    rows = Attempt.objects.filter(pk__gt=after).order_by("pk")
    named = rows.select_related(
        "publication__item", "publication__issue", "publication__destination"
    )
    last, found = after, []
    for row in named:
        last = row.pk
        if row.event in NOTED:
            found.append(
                Note(
                    at=row.at,
                    subject=row.publication.subject,
                    where=row.publication.destination.name,
                    word=row.get_event_display(),
                    text=row.text,
                    bad=row.event in BAD,
                )
            )
    return found, last


def mail_notes(*, after: int) -> tuple[list[Note], int]:
    """As `notes`, of the mails to single readers that were not simply taken."""
    rows = DeliveryEvent.objects.filter(pk__gt=after).order_by("pk")
    last, found = after, []
    for row in rows.select_related(
        "delivery__subscriber",
        "mailing__publication__item",
        "mailing__publication__issue",
        "mailing__newsletter",
    ):
        last = row.pk
        reader = row.delivery.subscriber
        found.append(
            Note(
                at=row.at,
                subject=row.mailing.publication.subject,
                where=str(reader or row.mailing.newsletter),
                word=row.get_kind_display(),
                text=row.text,
                bad=row.kind != DeliveryEvent.Kind.FOUND,
            )
        )
    return found, last


@dataclass(frozen=True, slots=True)
class Ending:
    """How one publication of the rehearsal ended. `copies` is what followers see, if they can.

    `differs` where that is not what the desk says; one that does not know says nothing.
    """

    subject: str
    what: str
    where: str
    state: str
    label: str
    planned_at: datetime
    published_at: datetime | None
    problem: str
    copies: int | None
    differs: bool


def cast_list(*, since: datetime | None, until: datetime) -> list[int]:
    """The publications that are to go out between these two; without `since`, whatever is due."""
    rows = Publication.objects.filter(state__in=DUE, due_at__lte=until)
    if since is not None:
        rows = rows.filter(due_at__gte=since)
    return list(rows.values_list("pk", flat=True))


def endings(
    *, ids: Sequence[int], behind: int, until: datetime, pages: Sequence[int], seen: Sequence[str]
) -> list[Ending]:
    """How these ended, and those planned meanwhile (with a greater id than `behind`).

    `seen` are the texts of the posts that followers see on the destinations `pages`.
    """
    meant = Q(pk__in=ids) | Q(pk__gt=behind, planned_at__lte=until)
    rows = Publication.objects.filter(meant).select_related("item", "issue", "destination")
    return list(_endings(rows.order_by("planned_at", "pk"), frozenset(pages), seen))


def _endings(
    rows: QuerySet[Publication], pages: frozenset[int], seen: Sequence[str]
) -> Iterator[Ending]:
    for row in rows:
        copies = None
        if row.destination_id in pages:
            copies = sum(row.marker in text for text in seen)
        said = None if row.state in NOT_SURE else int(row.state == State.PUBLISHED)
        yield Ending(
            subject=row.subject,
            what=row.get_variant_display(),
            where=row.destination.name,
            state=row.state,
            label=row.get_state_display(),
            planned_at=row.planned_at,
            published_at=row.published_at,
            problem=row.problem or (row.destination.paused_because if row.held else ""),
            copies=copies,
            differs=None not in {copies, said} and copies != said,
        )


def counts(found: Sequence[Ending]) -> dict[str, int]:
    """How many ended where; `wrong` are those that followers do not see as the desk says."""
    states = Counter(one.state for one in found)
    named = {State.PUBLISHED, State.MISSED, State.FAILED, State.UNKNOWN, State.CANCELLED}
    return {
        **{State(state).value: states[state] for state in sorted(named)},
        "waiting": sum(number for state, number in states.items() if state not in named),
        "wrong": sum(one.differs for one in found),
    }
