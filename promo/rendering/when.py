"""When an item takes place, in one phrase: `wtorek, 20~października 2026~r., godz.~17.00`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal

from promo.rendering.dates import (
    ClockStyle,
    DateStyle,
    RangeStyle,
    TimeStyle,
    format_date,
    format_hours,
    format_range,
    format_time,
    local,
    year_is_needed,
)

WhenStyle = Literal["list", "sentence", "short", "easy"]

_SMALL_HOURS = time(6)
"""A night that ends before this belongs to the evening on which it began (Noc Bibliotek)."""


@dataclass(frozen=True, slots=True)
class _Voice:
    """How it is to be said."""

    language: str
    clock_style: ClockStyle
    style: WhenStyle
    year: bool

    @property
    def polish(self) -> bool:
        return self.language.startswith("pl")


_DAY_STYLES: dict[WhenStyle, DateStyle] = {
    "list": "full",
    "sentence": "sentence",
    "short": "short",
    "easy": "easy",
}
_TIME_STYLES: dict[WhenStyle, TimeStyle] = {
    "list": "clock",
    "sentence": "at",
    "short": "bare",
    "easy": "bare",
}


def format_when(
    starts_at: datetime,
    ends_at: datetime | None = None,
    all_day: bool = False,  # noqa: FBT001, FBT002  (the contract of the event's three values)
    *,
    zone: str | tzinfo,
    language: str = "pl",
    clock_style: ClockStyle = "dot",
    today: date | None = None,
    relative: bool = False,
    omit_year: bool = False,
    style: WhenStyle = "list",
) -> str:
    """The whole phrase, in the zone. Raises ValueError for naive instants.

    list `wtorek, 20~października 2026~r., godz.~17.00` · sentence `we~wtorek, 20~października
    2026~r., o~godz.~17.00` · short `20.10.2026, 17:00` (tables) · easy `wtorek, 20 października
    2026 roku, godzina 17:00`. All-day events name their first and last day, both included.

    With `relative` and `today` (the day on which it is read) an event of today or tomorrow says so:
    `dziś o~17.00`, `jutro (środa, 21~października) o~17.00`. With `omit_year` and `today` the year
    is left out where nobody can mistake it (D6).
    """
    start = local(starts_at, zone)
    end = local(ends_at, zone) if ends_at is not None and ends_at > starts_at else None
    last_day = _last_day(start, end, all_day=all_day)
    year = not omit_year or today is None or year_is_needed(start.date(), today, last=last_day)
    in_tables = style in {"short", "easy"}  # H1: tables and easy-to-read text have the colon
    voice = _Voice(language, "colon" if in_tables else clock_style, style, year)
    if last_day > start.date():
        return _days(start, end, last_day, voice, all_day=all_day)
    if relative and today is not None:
        word = _relative(start.date(), today, voice)
        if word:
            return word + ("" if all_day else _hour_after_word(start, end, voice))
    day = format_date(start.date(), language=language, style=_DAY_STYLES[style], year=year)
    return day if all_day else f"{day}, {_hour(start, end, voice, style=_TIME_STYLES[style])}"


def _last_day(start: datetime, end: datetime | None, *, all_day: bool) -> date:
    if end is None:
        return start.date()
    next_morning = start.date() + timedelta(days=1)
    ends_that_night = end.date() == next_morning and end.time() <= _SMALL_HOURS
    if not all_day and ends_that_night:
        return start.date()
    return end.date()


def _days(
    start: datetime, end: datetime | None, last_day: date, voice: _Voice, *, all_day: bool
) -> str:
    """Several days; hours are said where the event has any."""
    if not all_day and end is not None:
        first, last = _day_and_hour(start, voice), _day_and_hour(end, voice)
        if voice.style != "sentence":
            return f"{first} – {last}"
        return f"od {first}, do {last}" if voice.polish else f"from {first}, to {last}"
    if voice.style == "short":
        return " – ".join(
            format_date(day, language=voice.language, style="short", year=voice.year)
            for day in (start.date(), last_day)
        )
    style: RangeStyle = "words" if voice.style == "sentence" else "dash"
    return format_range(
        start.date(), last_day, language=voice.language, style=style, year=voice.year
    )


def _day_and_hour(at: datetime, voice: _Voice) -> str:
    style: DateStyle = "long" if voice.style == "sentence" else _DAY_STYLES[voice.style]
    day = format_date(at.date(), language=voice.language, style=style, year=voice.year)
    hour_style: TimeStyle = "clock" if voice.style == "sentence" else _TIME_STYLES[voice.style]
    return f"{day}, {_hour(at, None, voice, style=hour_style)}"


def _relative(day: date, today: date, voice: _Voice) -> str:
    if day == today:
        return "dziś" if voice.polish else "today"
    if day == today + timedelta(days=1):
        full = format_date(day, language=voice.language, style="full", year=False)
        return f"jutro ({full})" if voice.polish else f"tomorrow ({full})"
    return ""


def _hour_after_word(start: datetime, end: datetime | None, voice: _Voice) -> str:
    """`dziś o~17.00`, `dziś w~godz.~17.00–19.00`, `today at 17:00`."""
    hour = _hour(start, end, voice, style="at")
    return " " + hour.replace("o\u00a0godz.\u00a0", "o\u00a0")


def _hour(start: datetime, end: datetime | None, voice: _Voice, *, style: TimeStyle) -> str:
    if end is None:
        shown = format_time(
            start.time(), language=voice.language, clock_style=voice.clock_style, style=style
        )
    else:
        shown = format_hours(
            start.time(),
            end.time(),
            language=voice.language,
            clock_style=voice.clock_style,
            style=style,
        )
    if voice.style == "easy" and voice.polish and style == "bare" and shown[0].isdigit():
        return f"{'godziny' if end is not None else 'godzina'} {shown}"
    return shown
