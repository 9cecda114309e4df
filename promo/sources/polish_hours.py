"""The hour of an event in Polish prose: `godz. 19:00`, `o 17`, `w godz. 10.00–12.00`."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HOUR, _MINUTE = r"[01]?\d|2[0-4]", r"[0-5]\d"
_UNTIL = (
    rf"(?:\s*(?:-|do)\s*(?:godz(?:\.|iny)?\s*)?"
    rf"(?P<hour2>{_HOUR})(?:[:.](?P<minute2>{_MINUTE}))?(?![\d%]|[.:]\d))?"
)
# "o 5 zł", "o 20 osób", "od 7 lat" are not hours.
_NO_COUNT = r"(?![\d%]|[.,:]\d|\s*-?(?:zl|lat|letn|osob|min|proc|tys|mln|km|pkt|tygodn|dni|miesi))"

_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"\b(?:godz(?:\.|in(?:a|e|y|ach))?|g\.|o)\s*(?:od\s+)?"
        rf"(?P<hour>{_HOUR})(?:[:.](?P<minute>{_MINUTE}))?{_NO_COUNT}{_UNTIL}",
        rf"(?<![\d.,:])(?P<hour>{_HOUR}):(?P<minute>{_MINUTE})(?![\d%]|:\d){_UNTIL}",
    )
)
# "20.10.2026, 17.00": a full stop is enough right after the date.
_RIGHT_AFTER = re.compile(
    rf"^(?:\s*r\.|\s*roku)?\s*[,;|(-]?\s*(?:od\s+)?"
    rf"(?P<hour>{_HOUR})\.(?P<minute>{_MINUTE})(?![.\d%]|\s*zl){_UNTIL}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Hours:
    """From `begins` to `ends` (hour, minute)."""

    begins: tuple[int, int]
    ends: tuple[int, int] | None


def hours_after_date(following: str) -> Hours | None:
    """The hour named in what follows a date; None where there is none."""
    found = _RIGHT_AFTER.search(following)
    return _hours(found) if found else hours_in(following)


def hours_in(text: str) -> Hours | None:
    """The first hour named in the text (as given by `months.fold`); None where there is none."""
    matches = [match for form in _FORMS if (match := form.search(text))]
    return _hours(min(matches, key=re.Match.start)) if matches else None


def _hours(found: re.Match[str]) -> Hours:
    begins = int(found["hour"]), int(found["minute"] or 0)
    ends = (int(found["hour2"]), int(found["minute2"] or 0)) if found["hour2"] else None
    return Hours(begins, ends)
