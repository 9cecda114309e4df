"""A newsletter with a rhythm, items for its issues, and the moment at which a draft is due."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from promo.models import Filling, Item, Rhythm
from promo.services import approvals, fillings, rhythms
from tests import making


def editor(**values: Any) -> User:
    plain = {"username": "ewa", "email": "ewa@biblioteka.example.org", "is_superuser": True}
    return User.objects.get_or_create(username="ewa", defaults={**plain, **values})[0]


def weekly(**values: Any) -> Rhythm:
    """Drafts two days before each Thursday at ten, the next of which is at least three days off."""
    made = Rhythm(
        newsletter=making.newsletter(),
        rule="FREQ=WEEKLY;BYDAY=TH",
        at=time(10),
        starts_on=timezone.localdate(),
        lead_hours=48,
        responsible=editor(),
    )
    for name, value in values.items():
        setattr(made, name, value)
    rhythms.save(rhythm=made, now=timezone.now())
    return made


def due(rhythm: Rhythm) -> datetime:
    """The moment of the next cut-off."""
    assert rhythm.compose_at is not None
    return max(rhythm.compose_at, timezone.now())


def event(title: str = "Noc bajek", *, days: float = 3, **values: Any) -> Item:
    """An approved event some days after the next issue."""
    rhythm = Rhythm.objects.get()
    assert rhythm.next_send_at is not None
    start = rhythm.next_send_at + timedelta(days=days)
    plain = {"title": title, "kind": "lecture", "starts_at": start, "ends_at": None}
    return making.approved(**{**plain, **values})


def composed(rhythm: Rhythm, *, now: datetime | None = None) -> Filling:
    """What comes of the next turn."""
    rhythm.refresh_from_db()
    fillings.compose(rhythm.pk, now=now or due(rhythm))
    return Filling.objects.filter(newsletter_id=rhythm.pk).order_by("-on")[0]


def titles(filling: Filling) -> list[str]:
    """The headings and titles of the draft, in order; without its opening."""
    assert filling.issue is not None
    draft = filling.issue.get_latest_revision_as_object()
    return [
        block.value.title if block.block_type == "item" else str(block.value)
        for block in draft.blocks
        if block.block_type != fillings.OPENING
    ]


def opening(filling: Filling) -> str:
    """What stands in the first block of the draft, which is for a person."""
    assert filling.issue is not None
    first = filling.issue.get_latest_revision_as_object().blocks[0]
    assert first.block_type == fillings.OPENING
    return str(first.value.source)


def approve(filling: Filling) -> None:
    assert filling.issue is not None
    approvals.approve(content=filling.issue.get_latest_revision_as_object(), user=editor())
    filling.refresh_from_db()
