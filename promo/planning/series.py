"""The rule of a series (an RRULE of RFC 5545): what it may say, and the dates it gives. Pure.

One grammar for everybody: the editor's check, the public pages, the calendar and the planner. It is
stricter than dateutil, which takes rules that raise IndexError later or are searched for minutes.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr
from django.utils.translation import gettext as _

from promo.errors import InvalidInput

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
_OF_A_WEEK = {"DAILY", "WEEKLY"}
_OF_A_MONTH = {"BYMONTHDAY", "BYSETPOS"}
_DATE_LENGTH = len("20261124")


def rule_parts(rule: str) -> Mapping[str, str]:
    """The rule's parts in order, upper case, without "RRULE:".

    Never COUNT and UNTIL together (RFC 5545 3.3.10): the count wins. Raises InvalidInput for what
    is no rule, or one that no series needs.
    """
    text = rule.strip().upper().removeprefix("RRULE:")
    pairs = [part.partition("=") for part in text.split(";")]
    parts = {key: value for key, _sign, value in pairs}
    known = len(parts) == len(pairs) and all(
        key in _GRAMMAR and re.fullmatch(_GRAMMAR[key], value, re.ASCII)
        for key, value in parts.items()
    )
    if not known or "FREQ" not in parts or _mixes(parts) or not _has_real_end(parts):
        raise InvalidInput(
            _("This is not a repetition rule. Write, for example, FREQ=WEEKLY;COUNT=6."),
            field="recurrence",
        )
    if "COUNT" in parts:
        parts.pop("UNTIL", None)
    return parts


def dates_of(rule: str, start: datetime, tz: ZoneInfo) -> tuple[datetime, ...]:
    """The local wall times (naive) of a series that starts at this one; three years at most.

    An hour stays what it is over a clock change. Empty where the rule gives no date at all.
    Raises InvalidInput as `rule_parts` does.
    """
    return _expanded(tuple(rule_parts(rule).items()), start, tz)


def until_wall(until: str, tz: ZoneInfo) -> datetime:
    """UNTIL as local wall time: a date means its whole day, "Z" means UTC."""
    if len(until) == _DATE_LENGTH:
        return datetime.combine(datetime.strptime(until, "%Y%m%d").date(), time(23, 59, 59))  # noqa: DTZ007
    wall = datetime.strptime(until.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007
    if not until.endswith("Z"):
        return wall
    return wall.replace(tzinfo=UTC).astimezone(tz).replace(tzinfo=None)


def _mixes(parts: Mapping[str, str]) -> bool:
    """Does a rule of days or weeks speak of a month ("every week on the second Tuesday")?"""
    numbered = any(character.isdigit() for character in parts.get("BYDAY", ""))
    return parts["FREQ"] in _OF_A_WEEK and (numbered or bool(parts.keys() & _OF_A_MONTH))


def _has_real_end(parts: Mapping[str, str]) -> bool:
    """No UNTIL, or a day and hour that exist (20261399 does not)."""
    if "UNTIL" not in parts:
        return True
    try:
        until_wall(parts["UNTIL"], ZoneInfo("UTC"))
    except ValueError:
        return False
    return True


@functools.lru_cache(maxsize=256)
def _expanded(
    parts: tuple[tuple[str, str], ...], start: datetime, tz: ZoneInfo
) -> tuple[datetime, ...]:
    left = dict(parts)
    try:
        horizon = start + HORIZON
        until = min(until_wall(left.pop("UNTIL"), tz), horizon) if "UNTIL" in left else horizon
        count = int(left.pop("COUNT", LONGEST))
        rule = rrulestr(";".join(f"{key}={value}" for key, value in left.items()), dtstart=start)
        if not isinstance(rule, rrule):
            return ()
        return tuple(itertools.islice(rule.replace(until=until), min(count, LONGEST)))
    except (ValueError, OverflowError):  # a date beyond the year 9999
        return ()
