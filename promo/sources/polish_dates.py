"""When something takes place, found in Polish prose.

`18.09.2026, godz. 19:00` · `12-13.10.2026` · `w środę 21 października o 17` · `od 20 do 24
października` · `20 pazdziernika`, `20 październik` (bad sites). Where the year is missing the next
such date is meant, if it lies within nine months: what lies further ahead is a date of the past.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from promo.sources.instants import FIRST_YEAR, LAST_YEAR, at_clock
from promo.sources.months import MONTH_BY_NAME, ROMAN, WEEKDAY_BY_NAME, fold, month_number
from promo.sources.polish_hours import Hours, hours_after_date, hours_in

AHEAD = timedelta(days=275)
"""Nine months."""

MAX_TEXT = 20_000
AFTER, BEFORE = 60, 40
"""Characters around a date in which its hour stands."""

LAST_MINUTE = time(23, 59)
LISTED = timedelta(days=2)
"""`20, 21 i 22 października` is one event of three days; `5 i 19 października` are two events."""

_NAMES = "|".join(sorted(MONTH_BY_NAME, key=len, reverse=True))
_ROMANS = "|".join(sorted(ROMAN, key=len, reverse=True))
_WEEKDAY = rf"(?:{'|'.join(sorted(WEEKDAY_BY_NAME, key=len, reverse=True))})"
_YEAR = r"(?:19|20)\d\d"
_DAY = r"(?:[12]\d|3[01]|0?[1-9])(?!\d)"
_MONTH = r"(?:1[0-2]|0?[1-9])(?!\d)"
_BEGIN = r"(?<![\d.,:/-])"
_AND = rf"(?P<and>(?:,\s*{_DAY}){{0,5}}\s*(?:,|\bi\b|\boraz\b)\s*)"
_TO = r"\s*(?:-|\bdo\b)\s*"
_WEEKDAY_SECOND = rf"(?:(?:we?\s+)?{_WEEKDAY},?\s+)?"


def _named(nth: int) -> str:
    """`20 października 2026`, `20 X 2026`."""
    name = rf"(?P<name{nth}>{_NAMES})\b\.?(?:\s*(?P<year{nth}>{_YEAR})\b)?"
    roman = rf"(?P<roman{nth}>(?-i:{_ROMANS}))[\s.]\s*(?P<roman_year{nth}>{_YEAR})\b"
    return rf"(?P<day{nth}>{_DAY})\.?\s*(?:{name}|{roman})"


def _figures(nth: int, *, may_lack_year: bool = False) -> str:
    """`18.09.2026`."""
    return (
        rf"(?P<day{nth}>{_DAY})\s?[./-]\s?(?P<month{nth}>{_MONTH})"
        rf"(?:\s?[./-]\s?(?P<year{nth}>{_YEAR})\b){'?' if may_lack_year else ''}"
    )


# At one place the first that fits is taken, so ranges come before single days.
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_BEGIN}{_named(1)}(?:\s*r\.|\s*roku)?{_TO}{_WEEKDAY_SECOND}{_named(2)}",
        rf"{_BEGIN}(?P<day1>{_DAY})\.?(?:{_AND}|{_TO}){_WEEKDAY_SECOND}{_named(2)}",
        rf"{_BEGIN}{_named(1)}",
        rf"{_BEGIN}(?P<year1>{_YEAR})-(?P<month1>\d\d)-(?P<day1>\d\d)(?![\d-])",
        rf"{_BEGIN}{_figures(1, may_lack_year=True)}(?:\s*r\.)?{_TO}{_figures(2)}",
        rf"{_BEGIN}(?P<day1>{_DAY})\.?(?:{_AND}|{_TO}){_figures(2)}",
        rf"{_BEGIN}{_figures(1)}",
        # Without a year figures are a date only next to a weekday ("środa, 21.10").
        rf"\b{_WEEKDAY},?\s*\(?{_figures(1, may_lack_year=True)}(?![\d:]|\.\d)",
    )
)
_WEEKDAY_BEFORE = re.compile(rf"\b({_WEEKDAY}),?\s*\(?(?:dnia\s+)?$", re.IGNORECASE)
# Streets are named after days: "ul. 3 Maja", "plac 11 Listopada".
_STREET_BEFORE = re.compile(
    r"\b(?:ul|al|pl|os|ulic[aeyi]|alej[aei]|alei|plac[ue]?|osiedl[aeu]|rond[aoe]u?)\.?\s*$",
    re.IGNORECASE,
)
_WEEKDAY_FIRST = re.compile(rf"({_WEEKDAY})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class When:
    """When it takes place, in UTC.

    Without an hour `all_day` is True: `starts_at` is the midnight that begins the first day,
    `ends_at` one minute before the midnight that ends the last (None where it is a single day).
    """

    starts_at: datetime
    ends_at: datetime | None
    all_day: bool


@dataclass(frozen=True, slots=True)
class _Days:
    """From the first to the last day, and where in the text that is said.

    `is_plain`: by a month's name or with a year, so that figures after it are no further date.
    """

    first: date
    last: date
    begins: int
    ends: int
    is_plain: bool


def find_when(text: str, *, zone: tzinfo, since: date | None = None) -> When | None:
    """The first date in the text that can be meant; None where there is none.

    `since` is the day the text was written: it fills in missing years, and what was over before it
    does not count.
    """
    folded = fold(text[:MAX_TEXT])
    before = 0
    found = _all_days(folded, since)
    for nth, days in enumerate(found):
        if since is None or days.last >= since:
            border = found[nth + 1].begins if nth + 1 < len(found) else len(folded)
            following = folded[days.ends : min(border, days.ends + AFTER)]
            preceding = folded[max(before, days.begins - BEFORE) : days.begins]
            hours = hours_after_date(following) if days.is_plain else hours_in(following)
            return _when(days, hours or hours_in(preceding), zone)
        before = days.ends
    return None


def _all_days(folded: str, since: date | None) -> list[_Days]:
    """Every date in the text, in order; of two that overlap the one that begins first."""
    matches = [(match, rank) for rank, form in enumerate(_FORMS) for match in form.finditer(folded)]
    matches.sort(key=lambda found: (found[0].start(), found[1]))
    days: list[_Days] = []
    for match, _rank in matches:
        if days and match.start() < days[-1].ends:
            continue
        if _STREET_BEFORE.search(folded, max(0, match.start() - 12), match.start()):
            continue
        read = _days(match, folded, since)
        if read:
            days.append(read)
    return days


def _days(match: re.Match[str], folded: str, since: date | None) -> _Days | None:
    part = match.groupdict()
    nth = 2 if part.get("day2") else 1
    month, day = _month(part, nth), int(part[f"day{nth}"] or 0)
    named_year = _year(part, nth) or _year(part, 1)
    year = named_year or _missing_year(month, day, since)
    if year is None:
        return None
    last = _date(year, month, day)
    first_month = _month(part, 1) or month
    first_year = _year(part, 1) or (year - 1 if first_month > month else year)
    first = _date(first_year, first_month, int(part["day1"] or 0))
    if first is None or last is None or first > last:
        return None
    if not named_year and not _weekday_agrees(match, folded, first):
        return None
    if part.get("and") and last - first > LISTED:
        last = first
    is_plain = named_year is not None or not part.get("month1")
    return _Days(first, last, match.start(), match.end(), is_plain)


def _month(part: dict[str, str | None], nth: int) -> int:
    """1 to 12; 0 where this half names none."""
    name = part.get(f"name{nth}") or part.get(f"roman{nth}")
    if name:
        return month_number(name) or 0
    return int(part.get(f"month{nth}") or 0)


def _year(part: dict[str, str | None], nth: int) -> int | None:
    year = part.get(f"year{nth}") or part.get(f"roman_year{nth}")
    return int(year) if year else None


def _missing_year(month: int, day: int, since: date | None) -> int | None:
    if since is None:
        return None
    for year in (since.year, since.year + 1):
        candidate = _date(year, month, day)
        if candidate and since <= candidate <= since + AHEAD:
            return year
    return None


def _weekday_agrees(match: re.Match[str], folded: str, first: date) -> bool:
    """A weekday that does not fit says that another year is meant."""
    before = _WEEKDAY_BEFORE.search(folded, max(0, match.start() - 30), match.start())
    named = before or _WEEKDAY_FIRST.match(match[0])
    return named is None or WEEKDAY_BY_NAME[named[1].lower()] == first.weekday()


def _date(year: int, month: int, day: int) -> date | None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _when(days: _Days, hours: Hours | None, zone: tzinfo) -> When | None:
    first = datetime.combine(days.first, time(), zone)
    last = datetime.combine(days.last, time(), zone)
    end_of_last = datetime.combine(days.last, LAST_MINUTE, zone).astimezone(UTC)
    starts_at = at_clock(first, *hours.begins) if hours else None
    if starts_at is None or hours is None:
        return When(first.astimezone(UTC), end_of_last if last > first else None, all_day=True)
    if hours.ends is None:
        return When(starts_at, end_of_last if last > first else None, all_day=False)
    ends_at = at_clock(last, *hours.ends)
    if ends_at is not None and ends_at <= starts_at:  # "20.00–1.00" ends in the night that follows
        ends_at = at_clock(last + timedelta(days=1), *hours.ends)
    return When(starts_at, ends_at, all_day=False)
