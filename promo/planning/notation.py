"""How a step's time is written: `D-14 17:00`, `deadline-7 17:00`, `approval`, `approval fri 12:00`.

    anchor [+days|-days] [weekday] [HH:MM]

Anchors: `D` the day it begins, `end`, `deadline`, `approval`, `signup` (opening of sign-up),
`half` (the middle of the run), `each` (every occurrence of a series). A weekday means the first
such day on or after the day counted so far. Without a clock time the anchor's own time is meant:
plain `approval` is the instant of approval.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from django.utils.translation import gettext as _

from promo.errors import InvalidInput


class Anchor(StrEnum):
    """What a step's days are counted from. Opening of sign-up is the approval for now."""

    START = "start"
    END = "end"
    DEADLINE = "deadline"
    APPROVAL = "approval"
    SIGN_UP = "sign_up"
    MIDDLE = "middle"
    OCCURRENCE = "occurrence"


@dataclass(frozen=True, slots=True)
class When:
    """A step's time, relative to an anchor. `weekday` is 0 for Monday; `at` is wall time."""

    anchor: Anchor
    offset_days: int = 0
    at: time | None = None
    weekday: int | None = None

    def __str__(self) -> str:
        return print_step(self)


_WORDS = {
    Anchor.START: "D",
    Anchor.END: "end",
    Anchor.DEADLINE: "deadline",
    Anchor.APPROVAL: "approval",
    Anchor.SIGN_UP: "signup",
    Anchor.MIDDLE: "half",
    Anchor.OCCURRENCE: "each",
}
_ANCHORS = {word.lower(): anchor for anchor, word in _WORDS.items()}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NOTATION = re.compile(
    rf"(?P<anchor>{'|'.join(_ANCHORS)})(?P<offset>[+-][0-9]{{1,3}})?"
    rf"(?: +(?P<weekday>{'|'.join(_WEEKDAYS)}))?"
    r"(?: +(?P<hour>[01]?[0-9]|2[0-3]):(?P<minute>[0-5][0-9]))?",
    re.IGNORECASE | re.ASCII,
)


def parse_step(text: str) -> When:
    """The time that `text` writes down; raises `InvalidInput` where it is not in the notation."""
    found = _NOTATION.fullmatch(text.strip())
    if found is None:
        raise InvalidInput(
            _("“%(text)s” is not a step's time. Write it like “D-14 17:00” or “approval”.")
            % {"text": text},
            field="when",
        )
    weekday = found["weekday"]
    return When(
        anchor=_ANCHORS[found["anchor"].lower()],
        offset_days=int(found["offset"] or 0),
        at=time(int(found["hour"]), int(found["minute"])) if found["hour"] else None,
        weekday=_WEEKDAYS.index(weekday.lower()) if weekday else None,
    )


def print_step(when: When) -> str:
    """The notation of `when`, such that `parse_step` gives it back."""
    offset = f"{when.offset_days:+d}" if when.offset_days else ""
    parts = [f"{_WORDS[when.anchor]}{offset}"]
    if when.weekday is not None:
        parts.append(_WEEKDAYS[when.weekday])
    if when.at is not None:
        parts.append(f"{when.at:%H:%M}")
    return " ".join(parts)
