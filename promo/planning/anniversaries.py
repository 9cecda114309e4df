"""On this day: which anniversaries come up, and how many years it is. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

LEAP_DAY = "02-29"
_EVE_OF_MARCH = "02-28"


def day_in(year: int, on: str) -> date:
    """The day of this year that `on` (as `12-24`) is remembered.

    29 February is remembered on the 28th where there is none: the month stays the same.
    """
    month, day = map(int, on.split("-"))
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, month, day - 1)


def coming_up(*, today: date, days_ahead: int) -> Iterator[tuple[int, set[str]]]:
    """The days of the year from today on, today included, with the year that they lie in."""
    days = [today + timedelta(days=nth) for nth in range(days_ahead + 1)]
    for year in sorted({day.year for day in days}):
        keys = {f"{day:%m-%d}" for day in days if day.year == year}
        if _EVE_OF_MARCH in keys and day_in(year, LEAP_DAY).day != 29:  # noqa: PLR2004
            keys.add(LEAP_DAY)
        yield year, keys


def is_round(years: int) -> bool:
    """Is it a round anniversary: 10, 20, 25, 30 … 75, 100, 125 …?"""
    return years > 0 and (years % 10 == 0 or years % 25 == 0)
