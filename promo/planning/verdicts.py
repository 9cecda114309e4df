"""What stands against a moment that a person chooses for a publication: the planner's rules. Pure.

Some of it refuses (nothing invites after the start), the rest may be overruled (quiet hours).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from django.utils.translation import gettext_lazy as _

from promo.planning.calendar import day_off, is_quiet
from promo.planning.reasons import ReasonCode
from promo.planning.values import ChannelRules, Rules

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


class Against(StrEnum):
    # these refuse
    PASSED = "passed"
    OTHER_DAY = "other_day"
    NOT_OVER = "not_over"
    BEGUN = "begun"
    TOO_LATE = "too_late"
    # these may be overruled
    QUIET = "quiet"
    SUNDAY = "sunday"
    HOLIDAY = "holiday"
    CLOSED = "closed"
    GAP = "gap"
    FULL = "full"
    WEBSITE_FIRST = "website_first"


REFUSING = frozenset(
    {Against.PASSED, Against.OTHER_DAY, Against.NOT_OVER, Against.BEGUN, Against.TOO_LATE}
)

_DAYS_OFF = {
    ReasonCode.MOVED_SUNDAY: Against.SUNDAY,
    ReasonCode.MOVED_HOLIDAY: Against.HOLIDAY,
    ReasonCode.MOVED_CLOSED: Against.CLOSED,
}

_TEXTS: Mapping[Against, StrPromise] = {
    Against.PASSED: _("That time has passed."),
    Against.OTHER_DAY: _("It says “today”, so it can only go out on the day itself."),
    Against.NOT_OVER: _("It tells how things went, and they are not over yet by then."),
    Against.BEGUN: _("The event will have begun by then."),
    Against.TOO_LATE: _("That is too late for this publication."),
    Against.QUIET: _("Quiet hours: nothing goes out between %(start)s and %(end)s."),
    Against.SUNDAY: _("It is a Sunday: nothing goes out here."),
    Against.HOLIDAY: _("It is a public holiday (%(name)s): nothing goes out here."),
    Against.CLOSED: _("The library is closed that day: nothing goes out here."),
    Against.GAP: _("Less than %(hours)s h from another post here (%(at)s)."),
    Against.FULL: _("The daily limit of posts (%(limit)s) is reached."),
    Against.WEBSITE_FIRST: _("The website must have it no later than the social network."),
}


@dataclass(frozen=True, slots=True)
class Objection:
    """One rule that the moment breaks, with what its words need as sorted pairs."""

    code: Against
    params: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, code: Against, **params: str) -> Self:
        return cls(code, tuple(sorted(params.items())))

    @property
    def refuses(self) -> bool:
        return self.code in REFUSING

    @property
    def text(self) -> str:
        """In plain words of the active language."""
        return str(_TEXTS[self.code]) % dict(self.params)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The other posts of a destination, for gap and daily maximum."""

    instants: tuple[datetime, ...] = ()
    of_the_day: Mapping[date, int] | None = None

    @classmethod
    def of(cls, instants: Iterable[datetime], rules: Rules) -> Self:
        ordered = tuple(sorted(instants))
        return cls(ordered, Counter(at.astimezone(rules.zone).date() for at in ordered))

    def nearest(self, at: datetime) -> datetime | None:
        place = bisect_left(self.instants, at)
        near = self.instants[max(place - 1, 0) : place + 1]
        return min(near, key=lambda other: abs(other - at), default=None)


@dataclass(frozen=True, slots=True)
class Movable:
    """A publication that may be moved, and what its moment must keep to.

    `only_on` is the day that it calls today. `begins_at` is the start that it invites to: it must
    come before. The website has the item from `website_at` on; a social network has
    it from `network_at` on.
    """

    channel: ChannelRules
    neighbours: Neighbours = Neighbours()
    only_on: date | None = None
    not_before_at: datetime | None = None
    not_after_at: datetime | None = None
    begins_at: datetime | None = None
    website_at: datetime | None = None
    network_at: datetime | None = None


def channel_of(rules: Rules, key: str, *, urgent: bool, operational: bool) -> ChannelRules:
    """How the channel behaves for such an item, as in a planning run (`Scene.channel`)."""
    channel = rules.channel(key)
    if urgent:
        return replace(
            channel,
            quiet_hours=False,
            spaced=False,
            working_days_only=False,
            open_days_only=False,
        )
    return replace(channel, spaced=channel.spaced and not operational)


def objections(
    at: datetime, *, movable: Movable, rules: Rules, now: datetime
) -> tuple[Objection, ...]:
    """What stands against this moment: one refusal, or all that may be overruled; () if nothing."""
    refusal = _refusal(at, movable, rules, now)
    if refusal is not None:
        return (Objection.of(refusal),)
    local = at.astimezone(rules.zone)
    found = []
    if movable.channel.quiet_hours and is_quiet(local.time(), rules):
        hours = {"start": f"{rules.quiet_from:%H:%M}", "end": f"{rules.quiet_until:%H:%M}"}
        found.append(Objection.of(Against.QUIET, **hours))
    off = day_off(local.date(), rules, movable.channel)
    if off is not None:
        found.append(Objection(_DAYS_OFF[off.code], off.params))
    if movable.channel.spaced:
        found += _crowd(at, movable.neighbours, rules)
    if _before_the_website(at, movable):
        found.append(Objection.of(Against.WEBSITE_FIRST))
    return tuple(found)


def _refusal(at: datetime, movable: Movable, rules: Rules, now: datetime) -> Against | None:
    if at < now:
        return Against.PASSED
    if movable.begins_at is not None and at >= movable.begins_at:
        return Against.BEGUN
    if movable.not_after_at is not None and at > movable.not_after_at:
        return Against.TOO_LATE
    if movable.only_on is not None and at.astimezone(rules.zone).date() != movable.only_on:
        return Against.OTHER_DAY
    if movable.not_before_at is not None and at < movable.not_before_at:
        return Against.NOT_OVER
    return None


def _crowd(at: datetime, neighbours: Neighbours, rules: Rules) -> list[Objection]:
    found = []
    nearest = neighbours.nearest(at)
    if nearest is not None and abs(nearest - at) < rules.min_gap:
        hours = f"{rules.min_gap / timedelta(hours=1):g}"
        clock = f"{nearest.astimezone(rules.zone):%H:%M}"
        found.append(Objection.of(Against.GAP, hours=hours, at=clock))
    day = at.astimezone(rules.zone).date()
    if (neighbours.of_the_day or {}).get(day, 0) >= rules.max_per_day:
        found.append(Objection.of(Against.FULL, limit=str(rules.max_per_day)))
    return found


def _before_the_website(at: datetime, movable: Movable) -> bool:
    if movable.channel.needs_twin:
        return movable.website_at is not None and at < movable.website_at
    lasting = movable.channel.lasting and movable.network_at is not None
    return bool(lasting and movable.network_at and at > movable.network_at)
