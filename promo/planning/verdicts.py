"""What stands against a moment that a person chooses for a publication: the planner's rules. Pure.

Some of it refuses (nothing invites after the start), the rest may be overruled (quiet hours).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from django.utils.translation import gettext_lazy as _

from promo.planning.calendar import day_off, is_quiet
from promo.planning.reasons import ReasonCode
from promo.planning.spacing import Room, hours_of
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
    WEEK_FULL = "week_full"
    WEEK_KEPT = "week_kept"
    SHARE_USED = "share_used"
    SHARE_GAP = "share_gap"
    WEBSITE_FIRST = "website_first"


REFUSING = frozenset(
    {Against.PASSED, Against.OTHER_DAY, Against.NOT_OVER, Against.BEGUN, Against.TOO_LATE}
)

_DAYS_OFF = {
    ReasonCode.MOVED_SUNDAY: Against.SUNDAY,
    ReasonCode.MOVED_HOLIDAY: Against.HOLIDAY,
    ReasonCode.MOVED_CLOSED: Against.CLOSED,
}

_NO_PLACE = {
    ReasonCode.MOVED_WEEK_FULL: Against.WEEK_FULL,
    ReasonCode.MOVED_WEEK_KEPT: Against.WEEK_KEPT,
    ReasonCode.MOVED_SHARE_USED: Against.SHARE_USED,
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
    Against.WEEK_FULL: _("The weekly limit of posts (%(limit)s) is reached."),
    Against.WEEK_KEPT: _("The places left in this week are kept for: %(names)s."),
    Against.SHARE_USED: _("%(name)s has as many posts as it may have in one week (%(limit)s)."),
    Against.SHARE_GAP: _(
        "At least %(hours)s h lie between two posts of %(name)s: another one is on %(at)s."
    ),
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
class Movable:
    """A publication that may be moved, and what its moment must keep to.

    `room` knows the other posts there; None where it keeps no distance from them. `only_on` is the
    day that it calls today. `begins_at` is the start that it invites to: it must come before. The
    website has the item from `website_at` on; a social network has it from `network_at` on.
    """

    channel: ChannelRules
    room: Room | None = None
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
    if movable.room is not None:
        found += _crowd(at, movable.room)
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


def _crowd(at: datetime, room: Room) -> list[Objection]:
    """The distance from other posts, the limits of day and week, and what its own may take."""
    found = []
    zone = room.rules.zone
    near = room.near(at)
    if near is not None:
        clock = f"{near.astimezone(zone):%H:%M}"
        hours = hours_of(room.rules.min_gap)
        found.append(Objection.of(Against.GAP, hours=hours, at=clock))
    day = at.astimezone(zone).date()
    full = room.full_day(day)
    if full is not None:
        found.append(Objection(Against.FULL, full.params))
    no_place = room.full_week(day)
    if no_place is not None:
        found.append(Objection(_NO_PLACE[no_place.code], no_place.params))
    own = room.near_its_own(at)
    if own is not None:
        share, other = own
        when = f"{other.astimezone(zone):%d.%m, %H:%M}"
        hours = hours_of(share.gap)
        found.append(Objection.of(Against.SHARE_GAP, name=share.name, hours=hours, at=when))
    return found


def _before_the_website(at: datetime, movable: Movable) -> bool:
    if movable.channel.needs_twin:
        return movable.website_at is not None and at < movable.website_at
    lasting = movable.channel.lasting and movable.network_at is not None
    return bool(lasting and movable.network_at and at > movable.network_at)
