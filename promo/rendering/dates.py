"""Dates and hours as the public reads them, in Polish and English (polish-text D1–D7, H1–H3).

Instants are aware and are shown in the zone handed in; nothing here reads a clock. Polish output
has its no-break spaces already. English is British: Tuesday, 20 October 2026, 17:00.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

from babel.dates import format_date as babel_format

from promo.rendering.plurals import babel_locale

DateStyle = Literal["long", "full", "sentence", "short", "roman", "month", "easy"]
RangeStyle = Literal["dash", "words"]
TimeStyle = Literal["bare", "clock", "at", "brief"]
ClockStyle = Literal["dot", "colon"]
Case = Literal["nominative", "accusative"]

_ACCUSATIVE = (
    "w\u00a0poniedziałek",
    "we\u00a0wtorek",
    "w\u00a0środę",
    "w\u00a0czwartek",
    "w\u00a0piątek",
    "w\u00a0sobotę",
    "w\u00a0niedzielę",
)
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_NEW_YEAR_MARGIN = timedelta(days=30)


def local(value: datetime, zone: str | tzinfo) -> datetime:
    """The instant on the wall clock of the zone. Raises ValueError for a naive datetime."""
    if value.tzinfo is None:
        message = "An instant must be aware; this one has no zone."
        raise ValueError(message)
    return value.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone)


def weekday(value: date, *, language: str = "pl", case: Case = "nominative") -> str:
    """`wtorek`, or in the accusative with its preposition `we~wtorek` (in English "on Tuesday")."""
    if case == "nominative":
        return babel_format(value, "EEEE", locale=babel_locale(language))
    if _polish(language):
        return _ACCUSATIVE[value.weekday()]
    return f"on {weekday(value, language=language)}"


def format_date(
    value: date, *, language: str = "pl", style: DateStyle = "long", year: bool = True
) -> str:
    """One day.

    long `20~października 2026~r.` · full `wtorek, 20~października 2026~r.` · sentence `we~wtorek,
    20~…` · short `20.10.2026` · roman `20 X 2026` · month `październik 2026` (a heading) · easy
    `wtorek, 20 października 2026 roku`.
    """
    if style in {"full", "sentence"}:
        case: Case = "nominative" if style == "full" else "accusative"
        named = weekday(value, language=language, case=case)
        return f"{named}, {_long(value, language, year=year)}"
    if style == "short":
        day, its_year = ("d.MM", ".y") if _polish(language) else ("dd/MM", "/y")
        return _pattern(value, language, day + (its_year if year else ""))
    if style == "month":
        return _pattern(value, language, "LLLL y" if year else "LLLL")
    if style == "easy":
        word = " roku" if year and _polish(language) else ""
        return _pattern(value, language, "EEEE, d MMMM y" if year else "EEEE, d MMMM") + word
    if style == "roman" and _polish(language):
        return f"{value.day} {_ROMAN[value.month - 1]}" + (f" {value.year}" if year else "")
    return _long(value, language, year=year)


def format_range(
    start: date,
    end: date,
    *,
    language: str = "pl",
    style: RangeStyle = "dash",
    year: bool = True,
) -> str:
    """Some days: `20–24~października 2026~r.`, or in words `od 20 do 24~października 2026~r.`.

    Two months are written out; so are two years, which nobody could guess, even without `year`.
    One day gives that day.
    """
    if start >= end:
        return _long(start, language, year=year)
    two_years = start.year != end.year
    year = year or two_years
    last = _long(end, language, year=year)
    one_month = (start.year, start.month) == (end.year, end.month)
    first = str(start.day) if one_month else _long(start, language, year=two_years)
    if style == "words":
        return f"od {first} do {last}" if _polish(language) else f"from {first} to {last}"
    return f"{first}–{last}" if one_month else f"{first} – {last}"


def format_time(
    value: time,
    *,
    language: str = "pl",
    clock_style: ClockStyle = "dot",
    style: TimeStyle = "bare",
) -> str:
    """An hour: bare `17.00` · clock `godz.~17.00` · at `o~godz.~17.00` · brief `o~17`.

    Midnight is a word; English always has the colon.
    """
    shown = _clock(value, language, clock_style)
    if not _polish(language):
        return shown if style in {"bare", "clock"} else f"at {shown}"
    if _is_midnight(value):
        return "północ" if style in {"bare", "clock"} else "o\u00a0północy"
    if style == "clock":
        return f"godz.\u00a0{shown}"
    if style == "at":
        return f"o\u00a0godz.\u00a0{shown}"
    if style == "brief":
        return f"o\u00a0{shown if value.minute else value.hour}"
    return shown


def format_hours(
    start: time,
    end: time,
    *,
    language: str = "pl",
    clock_style: ClockStyle = "dot",
    style: TimeStyle = "clock",
) -> str:
    """From hour to hour: bare `10.00–12.00` · clock `godz.~10.00–12.00` · at `w~godz.~10.00–12.00`.

    Where one end is midnight it is said in words: `od~godz.~20.00 do~północy`.
    """
    first, last = _clock(start, language, clock_style), _clock(end, language, clock_style)
    if not _polish(language):
        return f"from {first} to {last}" if style in {"at", "brief"} else f"{first}–{last}"
    if _is_midnight(start):
        return f"od\u00a0północy do\u00a0godz.\u00a0{last}"
    if _is_midnight(end):
        return f"od\u00a0godz.\u00a0{first} do\u00a0północy"
    before = {"bare": "", "clock": "godz.\u00a0", "at": "w\u00a0godz.\u00a0", "brief": ""}[style]
    return f"{before}{first}–{last}"


def year_is_needed(value: date, today: date, *, last: date | None = None) -> bool:
    """May the year not be left out (D6)? Needed in another year and within 30 days of New Year.

    `last` is the last day of a range: one of its ends in another year is enough.
    """
    if last is not None and last > value and year_is_needed(last, today):
        return True
    if value.year != today.year:
        return True
    start, end = date(value.year, 1, 1), date(value.year, 12, 31)
    return value - start < _NEW_YEAR_MARGIN or end - value < _NEW_YEAR_MARGIN


def _long(value: date, language: str, *, year: bool) -> str:
    if not _polish(language):
        return _pattern(value, language, "d MMMM y" if year else "d MMMM")
    return _pattern(value, language, "d'\u00a0'MMMM y'\u00a0r.'" if year else "d'\u00a0'MMMM")


def _pattern(value: date, language: str, pattern: str) -> str:
    return babel_format(value, pattern, locale=babel_locale(language))


def _clock(value: time, language: str, clock_style: ClockStyle) -> str:
    if not _polish(language):
        return "midnight" if _is_midnight(value) else f"{value:%H:%M}"
    mark = "." if clock_style == "dot" else ":"
    return f"{value.hour}{mark}{value.minute:02d}"


def _is_midnight(value: time) -> bool:
    return value.hour == 0 and value.minute == 0


def _polish(language: str) -> bool:
    return language.startswith("pl")
