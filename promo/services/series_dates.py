"""Single dates of a series: those that were changed, as the planner and the desk need them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from promo.errors import InvalidInput
from promo.models import Approval, Institution, Item
from promo.planning import Altered
from promo.planning.meetings import Meeting, meetings
from promo.services.facts import changed_dates, lasting


def dates(item: Item) -> tuple[Meeting, ...]:
    """Every date of the item's series, by its rule, changed or not; empty where it is none."""
    if not item.recurrence or item.starts_at is None:
        return ()
    try:
        return meetings(
            rule=item.recurrence,
            starts_at=item.starts_at,
            ends_at=item.ends_at,
            changed=changed_dates(item),
            tz=Institution.load().tz,
        )
    except InvalidInput:
        return ()


def coming(item: Item, *, now: datetime) -> list[Meeting]:
    """Those that may still be changed: neither the old time nor the new one has passed."""
    return [one for one in dates(item) if now < min(one.was_at, one.starts_at or one.was_at)]


def altered(
    item: Item, found: tuple[Meeting, ...], approvals: list[Approval], now: datetime
) -> tuple[Altered, ...]:
    """The changed ones of these dates, each with the instant of the approval that changed it: now,
    where this content is not approved yet.
    """
    if not item.changed_dates:
        return ()
    rows = {row["on"]: row for row in item.changed_dates}
    approvals = lasting(item, approvals)
    return tuple(
        Altered(one.was_at, one.starts_at, _since(rows[one.on.isoformat()], approvals) or now)
        for one in found
        if one.is_changed
    )


def first_span(item: Item, found: tuple[Meeting, ...]) -> tuple[datetime | None, datetime | None]:
    """Start and end of the item; of a series whose dates were changed of the first that remains."""
    held = [one for one in found if one.starts_at is not None]
    if not item.changed_dates or not held:
        return item.starts_at, item.ends_at
    first = min(held, key=lambda one: one.starts_at or one.was_at)
    return first.starts_at, first.ends_at


def with_change(item: Item, on: date, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The item's changed dates with this one as it is now, in order."""
    kept = [dict(one) for one in item.changed_dates if one["on"] != on.isoformat()]
    return sorted([*kept, {"on": on.isoformat(), **row}], key=lambda one: str(one["on"]))


def _since(row: Mapping[str, Any], approvals: list[Approval]) -> datetime | None:
    """When this change was approved, of the approvals that have it without a break until now."""
    at = None
    for approval in reversed(approvals):
        if row not in approval.changed_dates:
            break
        at = approval.at
    return at
