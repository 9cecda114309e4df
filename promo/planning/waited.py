"""What has waited, or was missed: does it still make sense, and when may it go out next? Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from promo.planning.calendar import end_of_day, next_minute
from promo.planning.moments import Limit
from promo.planning.reasons import ReasonCode
from promo.planning.scene import Scene
from promo.planning.spacing import Diary
from promo.planning.values import Occupied, Rules, Subject
from promo.planning.wishes import INVITATIONS
from promo.values import Variant


class Sense(StrEnum):
    """Whether a publication that is late still tells something true and useful."""

    STILL = "still"
    BEGUN = "begun"
    OVER = "over"
    ANOTHER_DAY = "another_day"
    TOO_LATE = "too_late"
    """Its own limit has passed, whatever the event does."""


@dataclass(frozen=True, slots=True)
class Late:
    """A late publication. `starts_at` and `ends_at` are those of what it tells about."""

    variant: Variant
    starts_at: datetime | None
    ends_at: datetime | None
    not_after_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A publication that has waited. `ref` tells it from the others, `at` is when it was due."""

    ref: str
    destination: str
    channel: str
    at: datetime
    not_after_at: datetime | None = None


def sense(late: Late, *, zone: ZoneInfo, now: datetime) -> Sense:
    """Does it make sense to send it now?"""
    if late.variant in INVITATIONS and late.starts_at is not None:
        day = late.starts_at.astimezone(zone).date()
        end = late.ends_at or end_of_day(day, zone)
        if now >= end:
            return Sense.OVER
        if late.variant is Variant.TODAY and now.astimezone(zone).date() != day:
            return Sense.ANOTHER_DAY
        if now >= late.starts_at and late.variant is not Variant.LAST_DAYS:
            return Sense.BEGUN
    if late.not_after_at is not None and now > late.not_after_at:
        return Sense.TOO_LATE
    return Sense.STILL


def next_times(
    waiting: Iterable[Waiting],
    *,
    taken: Mapping[str, Iterable[datetime]],
    rules: Rules,
    now: datetime,
) -> dict[str, datetime | None]:
    """When each may go out next under quiet hours, days off, gap and daily maximum; None: too late.

    `taken` are the times at which something else stands, by destination. They are placed one after
    the other in the order in which they were due, so that nothing goes out in a heap.
    """
    ordered = sorted(waiting, key=lambda one: (one.at, one.ref))
    places = {
        ref: tuple(Occupied(ref, at, "") for at in taken.get(ref, ()))
        for ref in {one.destination for one in ordered}
    }
    diary = Diary(_scene(places, rules, now))
    found: dict[str, datetime | None] = {}
    for one in ordered:
        channel = rules.channel(one.channel)
        moment, _reasons = diary.find(
            one.destination,
            next_minute(now),
            channel=channel,
            limit=Limit.at(one.not_after_at, ReasonCode.AFTER_END),
            wish=one.at.astimezone(rules.zone).time(),
        )
        found[one.ref] = moment
        if moment is not None:
            diary.enter(one.destination, moment)
    return found


def _scene(taken: dict[str, tuple[Occupied, ...]], rules: Rules, now: datetime) -> Scene:
    """A scene with nothing but what is taken."""
    return Scene(
        subject=Subject(ref="", kind=""),
        rules=rules,
        now=now,
        out={},
        pending={},
        taken=taken,
        named=frozenset(),
        by_hand={},
    )
