"""One date of a series moved or cancelled: the change to the item, for the acts on events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.utils.translation import gettext as _

from promo.errors import InvalidInput
from promo.models import EventAct, Item
from promo.planning.meetings import Meeting
from promo.services import series_dates

Kind = EventAct.Kind
KINDS = frozenset({Kind.DATE_MOVE, Kind.DATE_OFF})


def possible(item: Item, *, now: datetime) -> list[Kind]:
    """Of a series any coming date may be moved, and cancelled as long as another one remains."""
    coming = series_dates.coming(item, now=now)
    if not coming:
        return []
    return [Kind.DATE_MOVE, Kind.DATE_OFF] if len(_held(coming)) > 1 else [Kind.DATE_MOVE]


def change(item: Item, kind: Kind, given: Mapping[str, Any], *, now: datetime) -> None:
    """Change the date `given["on"]` of the item, which is not saved.

    `starts_at`, `ends_at`, `branch` and `venue` are the new ones of a date that moves; without a
    start it keeps its time, without an end its length. Raises InvalidInput for what cannot be.
    """
    found = series_dates.coming(item, now=now)
    one = next((meeting for meeting in found if meeting.on == given.get("on")), None)
    if one is None:
        raise InvalidInput(_("Choose one of the dates that are still to come."), field="on")
    row = _cancelled(one, found) if kind is Kind.DATE_OFF else _moved(one, item, given, now=now)
    _check_is_new(item, one.on, row)
    item.changed_dates = series_dates.with_change(item, one.on, row)


def _cancelled(one: Meeting, found: list[Meeting]) -> dict[str, Any]:
    if one.starts_at is not None and len(_held(found)) == 1:
        raise InvalidInput(
            _("This is the only date left: cancel the whole event instead."), field="on"
        )
    return {"starts_at": None, "ends_at": None, "place": None}


def _moved(one: Meeting, item: Item, given: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    before = one.starts_at or one.was_at
    start = given.get("starts_at") or before
    if start <= now:
        raise InvalidInput(_("That time has passed."), field="starts_at")
    end = given.get("ends_at") or (one.ends_at and start + (one.ends_at - before))
    if end is not None and end < start:
        raise InvalidInput(_("It ends before it starts."), field="ends_at")
    others = (other for other in series_dates.dates(item) if other.on != one.on)
    if any(other.starts_at == start for other in others):
        raise InvalidInput(
            _("Another date of this series is at that time already."), field="starts_at"
        )
    branch, venue = given.get("branch"), given.get("venue") or ""
    usual = (branch.pk if branch else None, venue) == (item.branch_id, item.venue)
    place = None if usual else {"branch": branch.pk if branch else None, "venue": venue}
    return {
        "starts_at": start.astimezone(UTC).isoformat(),
        "ends_at": end.astimezone(UTC).isoformat() if end else None,
        "place": place,
    }


def _check_is_new(item: Item, on: date, row: Mapping[str, Any]) -> None:
    """A date that stands so already is not told a second time."""
    changed = series_dates.with_change(item, on, row)
    copy = Item(
        recurrence=item.recurrence,
        starts_at=item.starts_at,
        ends_at=item.ends_at,
        changed_dates=changed,
    )
    before, after = (
        next(one for one in series_dates.dates(each) if one.on == on) for each in (item, copy)
    )
    if (before.starts_at, before.ends_at, before.place) == (
        after.starts_at,
        after.ends_at,
        after.place,
    ):
        text = (
            _("This date is cancelled already.")
            if before.starts_at is None
            else _("Give another time or another place.")
        )
        raise InvalidInput(text, field="on" if before.starts_at is None else "starts_at")


def _held(found: list[Meeting]) -> list[Meeting]:
    return [one for one in found if one.starts_at is not None]
