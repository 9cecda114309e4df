"""Telling those who were told: notices of a new date, a postponement, a cancellation (rule S5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from promo.planning.calendar import Reasons, allowed
from promo.planning.moments import Limit, end_of
from promo.planning.reasons import Reason, ReasonCode
from promo.planning.scene import Scene
from promo.planning.values import Destination, Dropped, Planned
from promo.planning.wishes import slot_of
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


def notices_of(destinations: Iterable[Destination], scene: Scene) -> Iterator[Planned | Dropped]:
    """One notice for each destination that was told, as soon as the channel may speak.

    Of a new date only where the old one was told.
    """
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
    due_at, reasons = _soonest(target, scene)
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


def _soonest(target: Destination, scene: Scene) -> tuple[datetime, Reasons]:
    """The first moment that is still in time, and why it is that one.

    A notice must come before the people do: it keeps no gap, and the night and days off only as
    long as they leave it time.
    """
    channel = scene.channel(target.channel)
    deadline = _people_come_at(scene)
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
