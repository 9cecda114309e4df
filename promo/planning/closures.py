"""The institution's own closing days: ranges of days with a reason, once or every year. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format


@dataclass(frozen=True, slots=True)
class Closure:
    """Days on which the house is closed, the first and the last included.

    A yearly one comes back on the same days of every year; it may run over New Year and is shorter
    than a year.
    """

    first: date
    last: date
    name: str = ""
    yearly: bool = False

    def covers(self, day: date) -> bool:
        """Whether the house is closed on that day."""
        if not self.yearly:
            return self.first <= day <= self.last
        at, first, last = _in_year(day), _in_year(self.first), _in_year(self.last)
        return first <= at <= last if first <= last else at >= first or at <= last


def days_in_words(first: date, last: date, name: str = "") -> str:
    """`24–26 December (stocktaking)`, in the active language."""
    if first == last:
        words = date_format(last, "j E")
    elif first.month == last.month:
        words = f"{first.day}–{date_format(last, 'j E')}"
    else:
        words = f"{date_format(first, 'j E')} – {date_format(last, 'j E')}"
    return f"{words} ({name})" if name else words


def _in_year(day: date) -> tuple[int, int]:
    return (day.month, day.day)
