"""Late approval (rule S1): one announcement for all that are overdue, no reminder in its shadow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from promo.planning.notices import told_of
from promo.planning.reasons import Reason, ReasonCode
from promo.planning.scene import Scene, held_at
from promo.planning.values import Dropped
from promo.planning.wishes import Wish
from promo.values import EventStatus, Variant

# Each of these tells people of the item; overdue, they collapse into one.
TELLING = frozenset({Variant.ANNOUNCE, Variant.NEWS, Variant.LAST_DAYS})
REMINDING = frozenset({Variant.REMINDER, Variant.TODAY, Variant.LAST_DAYS})
_SHADOW = frozenset({Variant.ANNOUNCE, Variant.NEWS, Variant.CHANGED})


@dataclass(frozen=True, slots=True)
class Telling:
    """Something that told a destination's readers of the item; reminders keep clear of it if it
    `casts_shadow`, and it `covers` what had become overdue by then."""

    destination: str
    occurrence_at: datetime | None
    at: datetime
    casts_shadow: bool = True
    covers: bool = True


def on_time(
    wishes: Iterable[Wish], *, tellings: Sequence[Telling], scene: Scene
) -> tuple[list[Wish], list[Dropped]]:
    """The wishes that may still go out, and those that came too late. `tellings` are out already.

    Overdue announcements collapse into one for each destination, and into none where the
    destination has told of the item before. Overdue reminders are dropped. Reports and results are
    never late before their limit. A step that an earlier plan still holds is not late
    (`scene.held_at`).
    """
    kept: list[Wish] = []
    dropped: list[Dropped] = []
    by_destination = sorted(wishes, key=lambda wish: (wish.destination.ref, wish.order))
    for _ref, group in groupby(by_destination, key=lambda wish: wish.destination.ref):
        mine = list(group)
        losers = _losers(mine, tellings=tellings, scene=scene)
        lost = {loser.slot for loser in losers}
        kept += [wish for wish in mine if wish.slot not in lost]
        dropped += losers
    return kept, dropped


def casts_shadow(variant: Variant) -> bool:
    """Whether reminders keep their distance from a post of this variant."""
    return variant in _SHADOW


def in_shadow(wish: Wish, tellings: Sequence[Telling], scene: Scene) -> Reason | None:
    """The reason why a reminder is too near to an announcement of the same thing."""
    if wish.step.variant not in REMINDING:
        return None
    for telling in (telling for telling in tellings if telling.casts_shadow):
        same = None in (wish.occurrence_at, telling.occurrence_at) or (
            wish.occurrence_at == telling.occurrence_at
        )
        near = abs(telling.at - wish.due_at) < scene.rules.reminder_collapse
        if same and near and telling.destination == wish.destination.ref:
            hours = scene.rules.reminder_collapse / timedelta(hours=1)
            return Reason.of(ReasonCode.NEAR_ANNOUNCEMENT, hours=f"{hours:g}")
    return None


def tagged(wish: Wish, scene: Scene) -> Wish:
    """The wish with a word about its lateness, if it goes out after the time it was wanted for."""
    if wish.due_at >= scene.now or wish.wanted_at == scene.approved_at:
        return wish
    return replace(wish, reasons=(*wish.reasons, Reason.of(ReasonCode.LATE_NOW)))


def _losers(mine: Sequence[Wish], *, tellings: Sequence[Telling], scene: Scene) -> list[Dropped]:
    """Of one destination's wishes those that came too late."""
    standing = [wish for wish in mine if held_at(scene, wish.place, wish.due_at)]
    late = [wish for wish in mine if wish not in standing]
    reminders = [wish for wish in late if is_late_reminder(wish, scene)]
    announcements = [wish for wish in late if _tells_late(wish, scene)]
    told = [wish for wish in announcements if _told(wish, tellings, scene)]
    fresh = sorted((wish for wish in announcements if wish not in told), key=_first_choice)
    if not any(_tells_late(wish, scene) for wish in standing):
        fresh = fresh[1:]  # the first goes out instead of them all
    return [
        *(wish.dropped(Reason.of(ReasonCode.LATE_REMINDER)) for wish in reminders),
        *(wish.dropped(Reason.of(ReasonCode.ALREADY_TOLD)) for wish in told),
        *(wish.dropped(Reason.of(ReasonCode.LATE_COLLAPSED)) for wish in fresh),
    ]


def is_late_reminder(wish: Wish, scene: Scene) -> bool:
    """A step that only reminds, and whose time has passed."""
    reminds = wish.step.variant in REMINDING - TELLING
    return reminds and max(wish.due_at, wish.wanted_at) < scene.now


def _tells_late(wish: Wish, scene: Scene) -> bool:
    return wish.step.variant in TELLING and wish.due_at <= scene.now


def _first_choice(wish: Wish) -> tuple[bool, float, str]:
    """The earliest announcement; only where there is none, the latest word on the last days."""
    age = wish.due_at.timestamp()
    if wish.step.variant is Variant.LAST_DAYS:
        return (True, -age, wish.slot)
    return (False, age, wish.slot)


def _told(wish: Wish, tellings: Sequence[Telling], scene: Scene) -> bool:
    """Whether the destination knows already.

    A step about one occurrence is covered only by what was told after it had become overdue, when
    it collapsed into that; and by the notice of a new date.
    """
    ref = wish.destination.ref
    altered = scene.subject.altered_at(wish.occurrence_at)
    if altered is not None and ref in told_of(altered, scene):
        return True
    if wish.occurrence_at is None or scene.subject.status is EventStatus.RESCHEDULED:
        return ref in scene.told
    return any(
        telling.covers and telling.destination == ref and telling.at >= wish.due_at
        for telling in tellings
    )
