"""The rhythm of a newsletter: when its issues go out, and when each one is composed. Pure.

The rule is a repetition of the one grammar (`promo.planning.series`); the hour is the wall clock's
of the institution's zone. An issue keeps the newsletter's house rules (S3): one whose day is off
goes out on the working day before, one that falls into quiet hours waits for their end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from promo.planning.calendar import Reasons, allowed, wall_clock
from promo.planning.series import dates_of, rule_parts
from promo.planning.values import Rules

CHANNEL = "newsletter_email"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often, at what hour, counted from which day; `lead` before it the draft is composed."""

    rule: str
    at: time
    starts_on: date
    lead: timedelta


@dataclass(frozen=True, slots=True)
class Turn:
    """One issue to be. `on` is the day that the rule names: by it the turn is known for ever.

    Both instants are UTC; `reasons` say why it does not go out as the rule has it.
    """

    on: date
    send_at: datetime
    compose_at: datetime
    reasons: Reasons = ()


def turns(rhythm: Rhythm, *, rules: Rules, after: date | None = None) -> Iterator[Turn]:
    """The turns on later days than `after`, in order, without end unless the rule has one.

    Raises InvalidInput for what is no rule.
    """
    for on in _days(rhythm, after or rhythm.starts_on - timedelta(days=1), rules):
        wanted, clock = wall_clock(on, rhythm.at, rules.zone)
        send_at, moved = allowed(wanted, channel=rules.channel(CHANNEL), rules=rules, backward=True)
        yield Turn(on, send_at, send_at - rhythm.lead, (*clock, *moved))


def coming(
    rhythm: Rhythm, *, rules: Rules, now: datetime, after: date | None = None
) -> Iterator[Turn]:
    """The turns that are still to go out, on later days than `after`."""
    return (turn for turn in turns(rhythm, rules=rules, after=after) if turn.send_at > now)


def due_turn(rhythm: Rhythm, *, rules: Rules, now: datetime, after: date) -> Turn | None:
    """The first turn later than `after` whose draft is due; of those slept through, the latest."""
    found = None
    for turn in turns(rhythm, rules=rules, after=after):
        if turn.compose_at > now:
            break
        found = turn
        if turn.send_at > now:
            break
    return found


def _days(rhythm: Rhythm, after: date, rules: Rules) -> Iterator[date]:
    """The rule's days later than `after`. A series is looked at three years from its start: it is
    begun anew from its last date, which keeps "every two weeks" in step."""
    start = datetime.combine(rhythm.starts_on, rhythm.at)
    while walls := dates_of(rhythm.rule, start, rules.zone):
        yield from (wall.date() for wall in walls if wall.date() > after)
        if walls[-1] == start or "COUNT" in rule_parts(rhythm.rule):
            return
        after, start = max(after, walls[-1].date()), walls[-1]
