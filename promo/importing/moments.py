"""Instants as files write them: exact, local, or counted from the day of the import.

`2026-12-01 17:00` · `1.12.2026 17:00` · `2026-12-01T17:00+01:00` · `+12d 17:00` · `+12d tue 17:00`,
the first Tuesday from the twelfth day on. Without a zone the institution's is meant. Without an
hour a day is meant: its first minute for a start, its last for an end or a deadline.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from promo.errors import InvalidInput
from promo.sources.instants import at_clock, read_instant

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_RELATIVE = re.compile(
    rf"(?P<days>[+-]\d{{1,4}})d(?:\s+(?P<weekday>{'|'.join(_WEEKDAYS)}))?"
    r"(?:\s+(?P<hour>\d{1,2}):(?P<minute>\d{2}))?",
    re.IGNORECASE,
)
LAST_MINUTE = (23, 59)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The institution's zone, and the local day of the import."""

    zone: ZoneInfo
    today: date


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant (UTC); without `has_time` it is the first minute of a local day."""

    at: datetime
    has_time: bool


def read_moment(text: str, *, calendar: Calendar) -> Moment:
    """The moment that is meant; raises InvalidInput where that cannot be told for certain."""
    relative = _RELATIVE.fullmatch(text)
    if relative:
        found = _relative(relative, calendar)
    else:
        instant = read_instant(text, zone=calendar.zone)
        found = Moment(instant.at, instant.has_time) if instant else None
    if found is None:
        message = _(
            "“{text}” is no date that can be read. Write it like 2026-12-01 17:00, or like "
            "+12d 17:00 for twelve days from today."
        )
        raise InvalidInput(message.format(text=text[:60]))
    return found


def last_minute(moment: Moment, *, calendar: Calendar) -> datetime:
    """The instant itself, or the last minute of its day where no hour was given."""
    if moment.has_time:
        return moment.at
    local = moment.at.astimezone(calendar.zone)
    return local.replace(hour=LAST_MINUTE[0], minute=LAST_MINUTE[1]).astimezone(UTC)


def _relative(found: re.Match[str], calendar: Calendar) -> Moment | None:
    day = calendar.today + timedelta(days=int(found["days"]))
    if found["weekday"]:
        weekday = _WEEKDAYS.index(found["weekday"].lower())
        day += timedelta(days=(weekday - day.weekday()) % len(_WEEKDAYS))
    midnight = datetime.combine(day, time(), calendar.zone)
    at = at_clock(midnight, int(found["hour"] or 0), int(found["minute"] or 0))
    return Moment(at, has_time=found["hour"] is not None) if at else None
