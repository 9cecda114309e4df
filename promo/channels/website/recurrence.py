"""The dates of an item: one, a range or a series. Pure; wall-clock time of the institution's zone.

A series keeps its local hour over a clock change: weekly at 17.00 stays 17.00. A rule that cannot
be understood makes no series, the first date stands; the editor's own check lets none through.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from promo.values import ItemFacts

HORIZON = timedelta(days=3 * 366)
"""A series is looked at this far from its start."""

LONGEST = 1200
"""Dates of one series, at most."""

_WEEKDAY = "(?:MO|TU|WE|TH|FR|SA|SU)"
_DAY = r"-?(?:[12]\d|3[01]|[1-9])"
_GRAMMAR = {
    "FREQ": "DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": r"[1-9]\d?",
    "COUNT": r"[1-9]\d{0,3}",
    "UNTIL": r"\d{8}(?:T\d{6}Z?)?",
    "BYDAY": rf"(?:-?[1-5])?{_WEEKDAY}(?:,(?:-?[1-5])?{_WEEKDAY})*",
    "BYMONTHDAY": f"{_DAY}(?:,{_DAY})*",
    "BYMONTH": r"(?:1[0-2]|[1-9])(?:,(?:1[0-2]|[1-9]))*",
    "BYSETPOS": "-?[1-5](?:,-?[1-5])*",
    "WKST": _WEEKDAY,
}
"""What a series may say. dateutil takes more: then it raises IndexError or searches for minutes."""

_OF_A_WEEK = {"DAILY", "WEEKLY"}
_OF_A_MONTH = {"BYMONTHDAY", "BYSETPOS"}
_DATE_LENGTH = len("20261124")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One date of an item. The instants are aware and in the institution's zone."""

    starts_at: datetime
    ends_at: datetime | None = None

    @property
    def last_day(self) -> date:
        return (self.ends_at or self.starts_at).date()


def first_occurrence(item: ItemFacts, tz: ZoneInfo) -> Occurrence | None:
    """The start and the end, in the zone; an end before the start is left out."""
    if item.starts_at is None:
        return None
    starts_at = item.starts_at.astimezone(tz)
    ends_at = item.ends_at.astimezone(tz) if item.ends_at else None
    return Occurrence(starts_at, ends_at if ends_at and ends_at >= starts_at else None)


def occurrences(item: ItemFacts, tz: ZoneInfo) -> Iterator[Occurrence]:
    """Every date of the item in order; three years of an endless series."""
    first = first_occurrence(item, tz)
    if first is None:
        return
    walls = _walls(item, tz)
    if not walls:
        yield first
        return
    length = (first.ends_at - first.starts_at) if first.ends_at else None
    for wall in walls:
        starts_at = wall.replace(tzinfo=tz)
        yield Occurrence(starts_at, starts_at + length if length is not None else None)


def last_day(item: ItemFacts, tz: ZoneInfo) -> date | None:
    """The last local day of the item's dates and its deadline; None for news without a time."""
    days = [occurrence.last_day for occurrence in occurrences(item, tz)]
    if item.deadline_at:
        days.append(item.deadline_at.astimezone(tz).date())
    return max(days, default=None)


def is_series(item: ItemFacts, tz: ZoneInfo) -> bool:
    return len(_walls(item, tz)) > 1


def ical_rule(item: ItemFacts, tz: ZoneInfo) -> str:
    """The RRULE for iCalendar; "" if the item is no series.

    Never COUNT and UNTIL together; UNTIL in UTC, or a date for whole days (RFC 5545 3.3.10).
    """
    if not _walls(item, tz):
        return ""
    parts = _parts(item.recurrence)
    if until := parts.get("UNTIL"):
        parts["UNTIL"] = _ical_until(_wall(until, tz), tz, all_day=item.all_day)
    return ";".join(f"{key}={value}" for key, value in parts.items())


def _ical_until(wall: datetime, tz: ZoneInfo, *, all_day: bool) -> str:
    if all_day:
        return f"{wall:%Y%m%d}"
    return f"{wall.replace(tzinfo=tz).astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _parts(text: str) -> dict[str, str]:
    """The rule's parts in order; empty if there is none or it is outside the grammar."""
    rule = text.strip().upper().removeprefix("RRULE:")
    pairs = [part.partition("=") for part in rule.split(";")]
    parts = {key: value for key, _sign, value in pairs}
    if "FREQ" not in parts or not all(
        key in _GRAMMAR and re.fullmatch(_GRAMMAR[key], value) for key, value in parts.items()
    ):
        return {}
    numbered = any(character.isdigit() for character in parts.get("BYDAY", ""))
    if parts["FREQ"] in _OF_A_WEEK and (numbered or parts.keys() & _OF_A_MONTH):
        return {}
    if "COUNT" in parts:
        parts.pop("UNTIL", None)
    return parts


def _walls(item: ItemFacts, tz: ZoneInfo) -> tuple[datetime, ...]:
    """The local wall times of a series; empty if it is none or its rule gives no date."""
    if not item.recurrence or item.starts_at is None:
        return ()
    return _expanded(item.recurrence, item.starts_at.astimezone(tz).replace(tzinfo=None), tz)


@functools.lru_cache(maxsize=256)
def _expanded(recurrence: str, start: datetime, tz: ZoneInfo) -> tuple[datetime, ...]:
    parts = _parts(recurrence)
    if not parts:
        return ()
    horizon = start + HORIZON
    try:
        until = min(_wall(parts.pop("UNTIL"), tz), horizon) if "UNTIL" in parts else horizon
        count = int(parts.pop("COUNT", LONGEST))
        rule = rrulestr(";".join(f"{key}={value}" for key, value in parts.items()), dtstart=start)
        if not isinstance(rule, rrule):
            return ()
        return tuple(itertools.islice(rule.replace(until=until), min(count, LONGEST)))
    except (ValueError, OverflowError):  # 20261399, or a date beyond the year 9999
        return ()


def _wall(until: str, tz: ZoneInfo) -> datetime:
    """UNTIL as local wall time: a date means its whole day, "Z" means UTC."""
    if len(until) == _DATE_LENGTH:
        return datetime.combine(datetime.strptime(until, "%Y%m%d").date(), time(23, 59, 59))  # noqa: DTZ007
    wall = datetime.strptime(until.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007
    if not until.endswith("Z"):
        return wall
    return wall.replace(tzinfo=UTC).astimezone(tz).replace(tzinfo=None)
