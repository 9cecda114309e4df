"""What an issue that fills itself is made from: the approved items, and what was told before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q

from promo.models import Approval, Filling, Issue, Item, Newsletter, Publication, Rhythm
from promo.planning.filling import Candidate, Chapter, Collecting, Told, collect
from promo.protocol import State
from promo.services import channels
from promo.services.neighbours import LOOK_BACK, NOT_STANDING
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
    told = _told(rhythm.newsletter, horizon=rule.until - send_at, besides=besides, now=now)
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


def _told(
    newsletter: Newsletter, *, horizon: timedelta, besides: Issue | None, now: datetime
) -> dict[int, Told]:
    """How the issues that went out, or are about to, told of their items; the latest counts.

    An issue tells of an item as it was approved when the issue was: that is what it was made of.
    """
    rows = (
        Publication.objects.filter(issue__newsletter=newsletter, planned_at__gte=now - LOOK_BACK)
        .exclude(state__in=_NEVER_WENT)
        .exclude(issue=besides)
        .select_related("issue")
        .defer("message_json")
        .order_by("planned_at", "id")
    )
    issues = [row.issue for row in rows if row.issue is not None]
    refs = {ref for issue in issues for ref in refs_in(issue)}
    approvals: dict[int, list[Approval]] = defaultdict(list)
    for approval in Approval.objects.filter(item_id__in=refs).order_by("at", "id"):
        approvals[approval.item_id].append(approval)
    told: dict[int, Told] = {}
    for issue in issues:
        for ref in refs_in(issue):
            known = _known_at(approvals[ref], issue.last_published_at)
            if known is not None:
                told[ref] = Told(
                    known.starts_at,
                    known.place,
                    EventStatus(known.status),
                    reached_at=issue.send_at + horizon,
                    deadline_at=known.deadline_at,
                    sign_up_until_at=known.sign_up_until_at,
                )
    return told


def _known_at(approvals: list[Approval], at: datetime | None) -> Approval | None:
    before = [approval for approval in approvals if at is not None and approval.at <= at]
    return before[-1] if before else None
