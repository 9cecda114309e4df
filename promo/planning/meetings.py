"""The dates of a series as they take place: what its rule gives, with single exceptions. Pure.

A rule gives at most one date a day, so that an exception is known by the day on which the rule has
it, whatever the hour. Where the rule does not have that day, the exception counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from promo.planning.series import dates_of
from promo.values import ChangedDate, EventStatus, ItemFacts, PlaceFacts

OFF = frozenset({EventStatus.CANCELLED, EventStatus.POSTPONED})


@dataclass(frozen=True, slots=True)
class Meeting:
    """One date of a series, in the institution's zone: where the rule has it, where it takes place.

    Without `starts_at` it does not. `place`, None: the usual one.
    """

    was_at: datetime
    starts_at: datetime | None
    ends_at: datetime | None = None
    place: PlaceFacts | None = None
    is_changed: bool = False

    @property
    def on(self) -> date:
        """The day by which it is known."""
        return self.was_at.date()


def meetings(
    *,
    rule: str,
    starts_at: datetime,
    ends_at: datetime | None,
    changed: Iterable[ChangedDate],
    tz: ZoneInfo,
) -> tuple[Meeting, ...]:
    """The dates of a series in the order of its rule; three years at most, as `dates_of`.

    Each is as long as the first by the wall clock. Raises InvalidInput where the rule is none.
    """
    first = starts_at.astimezone(tz)
    length = ends_at.astimezone(tz) - first if ends_at and ends_at >= starts_at else None
    known = {one.was_at.astimezone(tz).date(): one for one in changed}
    found = []
    for wall in dates_of(rule, first.replace(tzinfo=None), tz):
        was_at = wall.replace(tzinfo=tz)
        usual_end = was_at + length if length is not None else None
        one = known.get(wall.date())
        if one is None:
            found.append(Meeting(was_at, was_at, usual_end))
        elif one.starts_at is None:
            found.append(Meeting(was_at, None, usual_end, is_changed=True))
        else:
            start = one.starts_at.astimezone(tz)
            end = one.ends_at.astimezone(tz) if one.ends_at else None
            if end is None and length is not None:
                end = start + length
            found.append(Meeting(was_at, start, end, one.place, is_changed=True))
    return tuple(found)


def meetings_of(item: ItemFacts, tz: ZoneInfo) -> tuple[Meeting, ...]:
    """The dates of an item's series; empty where it is none. Raises as `meetings`."""
    if not item.recurrence or item.starts_at is None:
        return ()
    return meetings(
        rule=item.recurrence,
        starts_at=item.starts_at,
        ends_at=item.ends_at,
        changed=item.changed_dates,
        tz=tz,
    )


def on_date(item: ItemFacts, meeting: Meeting) -> ItemFacts:
    """The item as of one date of its series. A changed one says what has changed about it, unless
    the whole series does not take place.
    """
    starts_at = meeting.starts_at or meeting.was_at
    told = replace(
        item,
        starts_at=starts_at,
        ends_at=meeting.ends_at,
        place=meeting.place or item.place,
        recurrence="",
        changed_dates=(),
    )
    if not meeting.is_changed or item.status in OFF:
        return told
    if meeting.starts_at is None:
        return replace(told, status=EventStatus.CANCELLED, previous_starts_at=None, one_date=True)
    moved = meeting.starts_at != meeting.was_at
    return replace(
        told,
        status=EventStatus.RESCHEDULED,
        previous_starts_at=meeting.was_at if moved else None,
        one_date=True,
    )
