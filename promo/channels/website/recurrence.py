"""The dates of an item: one, a range or a series. Pure; wall-clock time of the institution's zone.

A series keeps its local hour over a clock change: weekly at 17.00 stays 17.00. A rule that cannot
be understood makes no series, the first date stands; the editor's own check lets none through.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from promo.errors import InvalidInput
from promo.planning.meetings import Meeting, meetings_of, on_date
from promo.planning.series import rule_parts, until_wall
from promo.values import ItemFacts, PlaceFacts


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One date of an item. The instants are aware and in the institution's zone.

    `place` is set where it is not the usual one.
    """

    starts_at: datetime
    ends_at: datetime | None = None
    place: PlaceFacts | None = None

    @property
    def last_day(self) -> date:
        return (self.ends_at or self.starts_at).date()


def first_occurrence(item: ItemFacts, tz: ZoneInfo) -> Occurrence | None:
    """The first date that takes place; None for news without a time.

    The start of a series may not be one of its dates ("from 20 October, on Wednesdays"): then its
    first date counts, for people and for calendars, which take a start that they are told.
    """
    return next(occurrences(item, tz), None)


def at_first_date(item: ItemFacts, tz: ZoneInfo) -> ItemFacts:
    """A series of which single dates were changed, at the first one that takes place."""
    first = first_occurrence(item, tz) if item.changed_dates else None
    if first is None:
        return item
    place = first.place or item.place
    return replace(item, starts_at=first.starts_at, ends_at=first.ends_at, place=place)


def first_by_rule(item: ItemFacts, tz: ZoneInfo) -> Occurrence | None:
    """The first date as the rule has it, also where that one was moved or cancelled: a calendar
    counts the others from there.
    """
    return first_occurrence(replace(item, changed_dates=()), tz)


def _given(item: ItemFacts, tz: ZoneInfo) -> Occurrence | None:
    """The start and the end as they were entered; an end before the start is left out."""
    if item.starts_at is None:
        return None
    starts_at = item.starts_at.astimezone(tz)
    ends_at = item.ends_at.astimezone(tz) if item.ends_at else None
    return Occurrence(starts_at, ends_at if ends_at and ends_at >= starts_at else None)


def occurrences(item: ItemFacts, tz: ZoneInfo) -> Iterator[Occurrence]:
    """Every date of the item that takes place, in order; three years of an endless series."""
    first = _given(item, tz)
    if first is None:
        return
    dates = series(item, tz)
    if not dates:
        yield first
        return
    found = [Occurrence(one.starts_at, one.ends_at, one.place) for one in dates if one.starts_at]
    yield from sorted(found, key=lambda one: one.starts_at)


def told_dates(item: ItemFacts, tz: ZoneInfo) -> Iterator[tuple[ItemFacts, Occurrence]]:
    """Every date and the item as of it, in order; of a series also those that were cancelled."""
    dates = series(item, tz)
    if not dates:
        yield from ((item, one) for one in occurrences(item, tz))
        return
    pairs = [
        (on_date(item, one), Occurrence(one.starts_at or one.was_at, one.ends_at, one.place))
        for one in dates
    ]
    yield from sorted(pairs, key=lambda pair: pair[1].starts_at)


def last_day(item: ItemFacts, tz: ZoneInfo) -> date | None:
    """The last local day of the item's dates and its deadline; None for news without a time."""
    days = [occurrence.last_day for occurrence in occurrences(item, tz)]
    days += [one.on for one in series(item, tz) if one.starts_at is None]  # it stays, marked
    if item.deadline_at:
        days.append(item.deadline_at.astimezone(tz).date())
    return max(days, default=None)


def is_series(item: ItemFacts, tz: ZoneInfo) -> bool:
    return len(series(item, tz)) > 1


def ical_rule(item: ItemFacts, tz: ZoneInfo, *, whole_days: bool) -> str:
    """The RRULE for iCalendar; "" if the item is no series.

    Never COUNT and UNTIL together; UNTIL in UTC, or a date where the calendar's entry stands for
    whole days: it must be of the kind of DTSTART (RFC 5545 3.3.10).
    """
    if not series(item, tz):
        return ""
    parts = dict(rule_parts(item.recurrence))
    if until := parts.get("UNTIL"):
        parts["UNTIL"] = _ical_until(until_wall(until, tz), tz, whole_days=whole_days)
    return ";".join(f"{key}={value}" for key, value in parts.items())


def _ical_until(wall: datetime, tz: ZoneInfo, *, whole_days: bool) -> str:
    if whole_days:
        return f"{wall:%Y%m%d}"
    return f"{wall.replace(tzinfo=tz).astimezone(UTC):%Y%m%dT%H%M%SZ}"


def series(item: ItemFacts, tz: ZoneInfo) -> tuple[Meeting, ...]:
    """The dates of a series; empty if it is none or its rule gives no date."""
    try:
        return meetings_of(item, tz)
    except InvalidInput:
        return ()
