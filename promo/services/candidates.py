"""What an issue that fills itself is made from: the approved items, and what was told before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Q

from promo.models import Approval, Filling, Issue, Item, Newsletter, Publication, Rhythm
from promo.planning.filling import Candidate, Chapter, Collecting, Told, collect
from promo.protocol import UNSENT, State
from promo.services import channels
from promo.services.neighbours import AT, LOOK_BACK, NOT_STANDING
from promo.services.plans import occurrences
from promo.values import EventStatus

LONGEST_BACK = timedelta(days=120)
_NEVER_WENT = [State(state).value for state in NOT_STANDING]


def collected(
    rhythm: Rhythm, *, send_at: datetime, besides: Issue | None = None, now: datetime
) -> tuple[tuple[Chapter, ...], Collecting]:
    """The chapters of the issue that goes out at `send_at`, and the rule they were made by.

    `besides` is the issue itself, where it exists already: it does not count as told.
    """
    rule = _rule(rhythm, send_at=send_at, now=now)
    told = _told(
        rhythm.newsletter, horizon=rule.until - send_at, until=send_at, besides=besides, now=now
    )
    rows = _items(rhythm.newsletter, rule, told)
    return collect([_candidate(row, now) for row in rows], rule=rule, told=told), rule


def refs_in(issue: Issue) -> list[int]:
    """The items that stand in the issue's blocks."""
    return [
        int(block["value"])
        for block in issue.blocks.raw_data
        if block["type"] == "item" and block["value"]
    ]


def _rule(rhythm: Rhythm, *, send_at: datetime, now: datetime) -> Collecting:
    horizon = timedelta(days=rhythm.horizon_days)
    earlier = Filling.objects.filter(
        newsletter_id=rhythm.pk, state=Filling.State.APPROVED, composed_at__lt=now
    )
    last = earlier.order_by("-composed_at").values_list("composed_at", flat=True).first()
    since = min(now - horizon, last or now)
    return Collecting(
        send_at=send_at,
        until=send_at + horizon,
        since=max(since, now - LONGEST_BACK),
        topics=frozenset(rhythm.topics),
        kinds=frozenset(rhythm.kinds),
        branches=frozenset(rhythm.branches.values_list("pk", flat=True)),
        audiences=frozenset(rhythm.audiences),
    )


def _items(newsletter: Newsletter, rule: Collecting, told: Iterable[int]) -> Iterable[Item]:
    """Approved items that may have a place, in the newsletter's language and for its level."""
    begun = Q(starts_at__lte=rule.until)
    undated = Q(starts_at=None, deadline_at=None, first_published_at__gte=rule.since)
    level = channels.traits_of(newsletter.destination.channel).level
    return Item.objects.filter(
        Q(pk__in=list(told))
        | Q(recurrence__gt="")
        | (begun & (Q(starts_at__gt=rule.send_at) | Q(ends_at__gt=rule.send_at)))
        | Q(deadline_at__gt=rule.send_at)
        | undated,
        live=True,
        language=newsletter.language,
        level__gte=level,
    ).order_by("pk")


def _candidate(item: Item, now: datetime) -> Candidate:
    return Candidate(
        ref=item.pk,
        kind=item.kind,
        title=item.title,
        starts_at=item.starts_at,
        ends_at=item.ends_at,
        deadline_at=item.deadline_at,
        sign_up_until_at=item.sign_up_until_at,
        occurrences=occurrences(item, now),
        status=EventStatus(item.status),
        place=item.place_key,
        branch=item.branch_id,
        audiences=frozenset(item.audiences),
        approved_at=item.first_published_at,
    )


class _Telling(NamedTuple):
    """That a mail told of an item: in which order, as it was approved when, and how far ahead."""

    at: datetime
    item_id: int
    known_at: datetime | None
    reached_at: datetime


def _told(
    newsletter: Newsletter,
    *,
    horizon: timedelta,
    until: datetime,
    besides: Issue | None,
    now: datetime,
) -> dict[int, Told]:
    """How the mails that went out, or are about to, told of their items; the latest counts.

    Issues, and items that were mailed alone. A series is known as far as any of them reached.
    """
    tellings = [
        *_in_issues(newsletter, horizon=horizon, besides=besides, now=now),
        *_alone(newsletter, horizon=horizon, until=until, now=now),
    ]
    tellings.sort(key=lambda one: one.at)
    approvals: dict[int, list[Approval]] = defaultdict(list)
    refs = {one.item_id for one in tellings}
    for approval in Approval.objects.filter(item_id__in=refs).order_by("at", "id"):
        approvals[approval.item_id].append(approval)
    told: dict[int, Told] = {}
    for one in tellings:
        known = _known_at(approvals[one.item_id], one.known_at)
        before = told.get(one.item_id)
        if known is not None:
            told[one.item_id] = Told(
                known.starts_at,
                known.place,
                EventStatus(known.status),
                reached_at=max(one.reached_at, before.reached_at) if before else one.reached_at,
                deadline_at=known.deadline_at,
                sign_up_until_at=known.sign_up_until_at,
            )
    return told


def _in_issues(
    newsletter: Newsletter, *, horizon: timedelta, besides: Issue | None, now: datetime
) -> Iterator[_Telling]:
    """An issue tells of an item as it was approved when the issue was: of that it was made."""
    rows = (
        Publication.objects.filter(issue__newsletter=newsletter, planned_at__gte=now - LOOK_BACK)
        .exclude(state__in=_NEVER_WENT)
        .exclude(issue=besides)
        .select_related("issue")
        .defer("message_json")
        .order_by("planned_at", "id")
    )
    for row in rows:
        if row.issue is not None:
            for ref in refs_in(row.issue):
                reached_at = row.issue.send_at + horizon
                yield _Telling(row.planned_at, ref, row.issue.last_published_at, reached_at)


def _alone(
    newsletter: Newsletter, *, horizon: timedelta, until: datetime, now: datetime
) -> Iterator[_Telling]:
    """What a timetable mails by itself, until this issue goes: as approved when it left us.

    What has not left yet is made of the item as it is approved now. A mail about one meeting of a
    series tells of no later one.
    """
    rows = (
        Publication.objects.filter(item__isnull=False, destination=newsletter.destination_id)
        .annotate(at=AT)
        .filter(at__gte=now - LOOK_BACK, at__lte=until)
        .exclude(state__in=_NEVER_WENT)
        .order_by("at", "id")
    )
    fields = ("at", "item_id", "state", "marked_at", "published_at", "occurrence_at")
    for at, item_id, state, marked_at, published_at, occurrence_at in rows.values_list(*fields):
        left_at = now if state in UNSENT else marked_at or published_at
        yield _Telling(at, item_id, left_at, occurrence_at or at + horizon)


def _known_at(approvals: list[Approval], at: datetime | None) -> Approval | None:
    before = [approval for approval in approvals if at is not None and approval.at <= at]
    return before[-1] if before else None
