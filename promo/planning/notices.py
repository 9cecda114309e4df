"""Telling those who were told: notices of a new date, a postponement, a cancellation (rule S5).

Of a series also of single dates that were moved or cancelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from promo.planning.calendar import Reasons, allowed, end_of_day
from promo.planning.moments import Limit, end_of
from promo.planning.reasons import Reason, ReasonCode
from promo.planning.scene import Scene
from promo.planning.values import Altered, Destination, Dropped, Planned
from promo.planning.wishes import slot_of, stamp
from promo.values import EventStatus, Variant


@dataclass(frozen=True, slots=True)
class Notice:
    """What a change of status tells: its step key, its variant, and why it is there."""

    key: str
    variant: Variant
    reason: ReasonCode


NOTICES: Mapping[EventStatus, Notice] = MappingProxyType(
    {
        EventStatus.RESCHEDULED: Notice("changed", Variant.CHANGED, ReasonCode.NOTICE_CHANGED),
        EventStatus.POSTPONED: Notice("postponed", Variant.CHANGED, ReasonCode.NOTICE_POSTPONED),
        EventStatus.CANCELLED: Notice("cancelled", Variant.CANCELLED, ReasonCode.NOTICE_CANCELLED),
    }
)

DATE_MOVED = Notice("date_moved", Variant.CHANGED, ReasonCode.NOTICE_DATE_MOVED)
DATE_OFF = Notice("date_off", Variant.CANCELLED, ReasonCode.NOTICE_DATE_CANCELLED)
WHOLE_KEYS = frozenset(notice.key for notice in NOTICES.values())
"""What tells of the whole subject."""
KEYS = WHOLE_KEYS | {DATE_MOVED.key, DATE_OFF.key}
_OFF = frozenset({EventStatus.CANCELLED, EventStatus.POSTPONED})


def notices_of(destinations: Iterable[Destination], scene: Scene) -> Iterator[Planned | Dropped]:
    """One notice for each destination that was told, as soon as the channel may speak.

    Of a new date only where the old one was told; of one date of a series only where that was.
    """
    yield from _of_the_whole(destinations, scene)
    if scene.subject.status not in _OFF:
        for one in scene.subject.altered:
            for target in destinations:
                if target.ref in told_of(one, scene):
                    yield from _of_one_date(one, target, scene)


def told_of(one: Altered, scene: Scene) -> frozenset[str]:
    """The destinations that know this date of the series as it was before it was changed: they told
    of it, or of the series.
    """
    return scene.named | {
        ref
        for (ref, slot), at in scene.out.items()
        if at < one.changed_at and _is_about(slot, one, scene)
    }


def is_notice_of(slot: str, one: Altered, scene: Scene) -> bool:
    """Is this the slot of a notice that this date was changed?"""
    key, _at, about = slot.partition("@")
    return key in (DATE_MOVED.key, DATE_OFF.key) and about.startswith(f"{_day(one, scene)}-")


def _day(one: Altered, scene: Scene) -> str:
    """What the date is known by, whatever becomes of the hour of its series."""
    return f"{one.was_at.astimezone(scene.rules.zone):%Y%m%d}"


def _is_about(slot: str, one: Altered, scene: Scene) -> bool:
    key, _at, about = slot.partition("@")
    whole = not about or key in WHOLE_KEYS
    return whole or about == stamp(one.was_at) or is_notice_of(slot, one, scene)


def _of_one_date(one: Altered, target: Destination, scene: Scene) -> Iterator[Planned | Dropped]:
    """The notice of one date, as long as somebody may come because of it."""
    notice = DATE_OFF if one.starts_at is None else DATE_MOVED
    slot = f"{notice.key}@{_day(one, scene)}-{stamp(one.changed_at)}"
    zone = scene.rules.zone
    until = end_of_day(one.last_at.astimezone(zone).date(), zone)
    coming = [at for at in (one.first_at, one.last_at) if at > scene.soon]
    due_at, reasons = _soonest(target, scene, min(coming, default=None))
    if (target.ref, slot) in scene.out:
        yield _drop(notice, target, slot, ReasonCode.ALREADY_OUT)
    elif due_at < until:
        yield Planned(
            step_key=notice.key,
            channel=target.channel,
            destination=target.ref,
            variant=notice.variant,
            slot=slot,
            due_at=due_at,
            not_after_at=until,
            occurrence_at=one.starts_at or one.was_at,
            reasons=(Reason.of(notice.reason), *reasons),
        )


def _of_the_whole(destinations: Iterable[Destination], scene: Scene) -> Iterator[Planned | Dropped]:
    notice = NOTICES.get(scene.subject.status)
    if notice is None:
        return
    moved = scene.subject.status is EventStatus.RESCHEDULED
    told = scene.told_before if moved else scene.told
    for target in destinations:
        if target.ref in told:
            yield _notice(notice, target, scene)


def notice_slot(notice: Notice, scene: Scene) -> str:
    """A slot for each change, so that the notice of a second one is not taken for the first."""
    moved = scene.subject.status is EventStatus.RESCHEDULED
    since = scene.subject.changed_at or (scene.subject.begins_at if moved else None)
    return slot_of(notice.key, since)


def _notice(notice: Notice, target: Destination, scene: Scene) -> Planned | Dropped:
    slot = notice_slot(notice, scene)
    limit = Limit.at(end_of(scene.subject, scene.rules.zone), ReasonCode.AFTER_END)
    due_at, reasons = _soonest(target, scene, _people_come_at(scene))
    if (target.ref, slot) in scene.out:
        return _drop(notice, target, slot, ReasonCode.ALREADY_OUT)
    if limit.passed(due_at):
        return _drop(notice, target, slot, limit.code)
    return Planned(
        step_key=notice.key,
        channel=target.channel,
        destination=target.ref,
        variant=notice.variant,
        slot=slot,
        due_at=due_at,
        not_after_at=limit.not_after_at,
        reasons=(Reason.of(notice.reason), *reasons),
    )


def _soonest(
    target: Destination, scene: Scene, deadline: datetime | None
) -> tuple[datetime, Reasons]:
    """The first moment that is still in time (before the deadline), and why it is that one.

    A notice must come before the people do: it keeps no gap, and the night and days off only as
    long as they leave it time.
    """
    channel = scene.channel(target.channel)
    in_time = Reason.of(ReasonCode.NOTICE_IN_TIME)
    for rules in (channel, replace(channel, working_days_only=False, open_days_only=False)):
        moment, why = allowed(scene.soon, channel=rules, rules=scene.rules, keep_time=False)
        if deadline is None or moment < deadline:
            return moment, why if rules is channel else (*why, in_time)
    return scene.soon, (in_time,)


def _people_come_at(scene: Scene) -> datetime | None:
    """The next start anybody may have in mind, the old or the new one; None if both are past."""
    subject = scene.subject
    starts = (subject.begins_at, subject.previous_starts_at, *subject.occurrences)
    return min((start for start in starts if start and start > scene.soon), default=None)


def _drop(notice: Notice, target: Destination, slot: str, code: ReasonCode) -> Dropped:
    return Dropped(
        step_key=notice.key,
        channel=target.channel,
        destination=target.ref,
        variant=notice.variant,
        slot=slot,
        reason=Reason.of(code),
    )
