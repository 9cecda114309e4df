"""Approval is Wagtail's publish of a revision. What follows from it is here, and only here."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.signals import published, unpublished

from promo.errors import InvalidInput
from promo.models import Approval, Issue, Item
from promo.planning.kinds import KINDS, Timing
from promo.services import campaigns, evergreen, fillings, issues, plans


def listen() -> None:
    """Follow every publish and unpublish of an item or an issue, whoever presses the button."""
    published.connect(_on_published, dispatch_uid="promo.approvals.published")
    unpublished.connect(_on_unpublished, dispatch_uid="promo.approvals.unpublished")


def approve(*, content: Item | Issue, user: User | None = None) -> None:
    """Approve the present content, as the button at the desk does."""
    with transaction.atomic():
        revision = content.save_revision(user=user)
        revision.publish(user=user)
    content.refresh_from_db()


def gaps(item: Item) -> list[InvalidInput]:
    """What an approval would still miss, field by field; an empty list means it may be approved."""
    kind = KINDS[item.kind]
    found = []
    if kind.timing is Timing.DEADLINE and item.deadline_at is None:
        found.append(InvalidInput(_("A contest needs a closing date."), field="deadline_at"))
    elif kind.dated and kind.timing is not Timing.DEADLINE and item.starts_at is None:
        found.append(InvalidInput(_("When does it start?"), field="starts_at"))
    if kind.timing is Timing.RANGE and kind.dated and item.ends_at is None:
        found.append(InvalidInput(_("When does it end?"), field="ends_at"))
    return found


def _on_published(*, instance: Any, revision: Any = None, **_kwargs: object) -> None:
    user = getattr(revision, "user", None)
    if isinstance(instance, Item):
        item_approved(item=instance, user=user, now=timezone.now())
    elif isinstance(instance, Issue):
        issues.plan(issue=instance, now=timezone.now())
        fillings.note_approval(issue=instance)


def _on_unpublished(*, instance: Any, **_kwargs: object) -> None:
    if isinstance(instance, Item):
        evergreen.forget(item=instance)
        plans.drop(item=instance, now=timezone.now())
    elif isinstance(instance, Issue):
        issues.drop(issue=instance, now=timezone.now())
        fillings.note_withdrawal(issue=instance)


def item_approved(*, item: Item, user: User | None, now: datetime) -> None:
    """Write the approval down, put the item into a campaign, and plan it (again)."""
    with transaction.atomic():
        _record(item, user, now)
        campaigns.ensure(item=item, user=user, now=now)
        plans.replan(item=item, now=now)
        evergreen.watch(item=item, now=now)
        evergreen.make_room(item=item, now=now)


def _record(item: Item, user: User | None, now: datetime) -> None:
    fresh = Approval(
        item=item,
        at=now,
        user=user,
        starts_at=item.starts_at,
        ends_at=item.ends_at,
        deadline_at=item.deadline_at,
        sign_up_until_at=item.sign_up_until_at,
        place=item.place_key,
        status=item.status,
        changed_dates=item.changed_dates,
        sequence=0,
    )
    last = item.approvals.last()
    if last is not None:
        fresh.sequence = last.sequence + (_when_and_where(last) != _when_and_where(fresh))
    fresh.save()


def _when_and_where(approval: Approval) -> tuple[object, ...]:
    return (
        approval.starts_at,
        approval.ends_at,
        approval.place,
        approval.status,
        approval.changed_dates,
    )
