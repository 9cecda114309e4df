"""Dates that machines write into feeds, read with the zone they mean.

feedparser reads no Polish names, takes zone names ("CEST", "Europe/Warsaw") and times without a
zone for UTC, and makes 1 June of `2016/6/29`: so the strings are read here. A date without a zone
is meant in the zone of the source.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from promo.sources.months import fold, month_number

_CLOCK = (
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?"
    r"(?:\s*(?P<half>[ap])\.?m\b\.?)?"
)
_ZONE = (
    r"(?P<zone>Z|[A-Z]{2,5}|[A-Z][a-z]+/[A-Z][A-Za-z_]+|(?:GMT|UTC)?[+-]\d{1,2}(?::?\d{2})?)"
    r"(?:\s*\([\w /+:-]*\))?"
)
_TAIL = rf"(?:(?:\s*,)?\s*(?:[Tt]|@|o\b|godz\.?|-)?\s*{_CLOCK})?(?:\s*{_ZONE})?$"
_FORMS = tuple(
    re.compile(head + _TAIL)
    for head in (
        # 2026-10-16, 2016/6/29
        r"^(?P<year>\d{4})([-/.])(?P<month>\d{1,2})\2(?P<day>\d{1,2})",
        # 16.10.2026, 16/10/2026
        r"^(?P<day>\d{1,2})([-/.])(?P<month>\d{1,2})\2(?P<year>\d{4})(?:\s*r\.?)?",
        # Pt, 16 paź 2026; Fri, 16 Oct 26; 16 października 2026 r.
        r"^(?:[^\W\d]+\.?,?\s+)?(?P<day>\d{1,2})[\s.-]+(?P<month>[^\W\d]+)\.?[\s.,-]+"
        r"(?P<year>\d{4}|\d{2})(?:\s*(?:r\.|roku|r\b))?",
        # October 16, 2026
        r"^(?:[^\W\d]+\.?,?\s+)?(?P<month>[^\W\d]+)\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+"
        r"(?P<year>\d{4})",
    )
)
_COMPACT = re.compile(
    r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:T(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?)?(?P<half>)(?P<zone>Z)?$"
)
_OFFSET = re.compile(r"^(?:GMT|UTC)?(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?$")

_HOURS_BY_NAME = {
    "Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MET": 1,
    "CEST": 2, "MEST": 2, "EET": 2, "EEST": 3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5,
    "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip

FIRST_YEAR, LAST_YEAR = 1970, 2100
NOON = 12


@dataclass(frozen=True, slots=True)
class Instant:
    """`at` is aware and UTC; without `has_time` only a day was given, and `at` is its midnight."""

    at: datetime
    has_time: bool


def read_instant(text: str, *, zone: tzinfo) -> Instant | None:
    """The instant a date string means; None where it cannot be read for certain."""
    folded = " ".join(fold(text).split())
    for form in (_COMPACT, *_FORMS):
        found = form.match(folded)
        if found:
            return _instant(found, zone)
    return None


def at_clock(day: datetime, hour: int, minute: int, second: int = 0) -> datetime | None:
    """That time of the day, in UTC; 24:00 is the midnight that ends it. None where there is none.

    A time that a clock change leaves out means the instant it would have been.
    """
    is_end_of_day = hour == 24 and minute == 0  # noqa: PLR2004 - hours of a day
    try:
        local = day.replace(
            hour=0 if is_end_of_day else hour, minute=minute, second=min(second, 59)
        )
        return (local + timedelta(days=int(is_end_of_day))).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _instant(found: re.Match[str], zone: tzinfo) -> Instant | None:
    named = _zone(found["zone"]) if found["zone"] else zone
    month = int(found["month"]) if found["month"].isdecimal() else month_number(found["month"])
    year = int(found["year"]) + (2000 if len(found["year"]) == len("26") else 0)
    if named is None or month is None or not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        day = datetime(year, month, int(found["day"]), tzinfo=named)
    except ValueError:
        return None
    hour = _hour(int(found["hour"] or 0), found["half"])
    at = at_clock(day, hour, int(found["minute"] or 0), int(found["second"] or 0))
    return Instant(at, has_time=found["hour"] is not None) if at else None


def _hour(hour: int, half: str | None) -> int:
    if half:
        return hour % NOON + (NOON if half == "p" else 0)
    return hour


def _zone(name: str) -> tzinfo | None:
    if name in _HOURS_BY_NAME:
        return timezone(timedelta(hours=_HOURS_BY_NAME[name]))
    offset = _OFFSET.match(name)
    if offset:
        minutes = int(offset["hours"]) * 60 + int(offset["minutes"] or 0)
        if minutes >= timedelta(days=1).total_seconds() / 60:
            return None
        return timezone(timedelta(minutes=minutes if offset["sign"] == "+" else -minutes))
    try:
        return ZoneInfo(name) if "/" in name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
