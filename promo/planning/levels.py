"""Levels of promotion: until when an item has to be submitted for each of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Level:
    """One level of an item. `last_on`: the last day to submit it (None: there is no deadline).

    `granted`: it is too late for it, and a person allowed it all the same.
    """

    number: int
    possible: bool
    last_on: date | None = None
    granted: bool = False


def levels_of(
    *,
    event_on: date | None,
    submitted_on: date,
    days_before: Mapping[int, int | None],
    granted: int = 0,
) -> tuple[Level, ...]:
    """What is still possible for an item that was submitted on a day, the lowest level first.

    `days_before` says for each level how many days before the event it must be submitted at the
    latest (None: until whenever). Up to the level `granted` a person has decided. Without a date
    nothing is late.
    """
    return tuple(
        _level(number, event_on, submitted_on, days, granted=granted)
        for number, days in sorted(days_before.items())
    )


def highest(levels: tuple[Level, ...]) -> Level | None:
    """The highest level that is still possible; None where none is."""
    return max((one for one in levels if one.possible), key=lambda one: one.number, default=None)


def _level(
    number: int, event_on: date | None, submitted_on: date, days: int | None, *, granted: int
) -> Level:
    if event_on is None or days is None:
        return Level(number, possible=True)
    last_on = event_on - timedelta(days=days)
    in_time = submitted_on <= last_on
    allowed = not in_time and number <= granted
    return Level(number, possible=in_time or allowed, last_on=last_on, granted=allowed)
