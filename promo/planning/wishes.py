"""From steps to wishes: each step at each of its destinations, or why it is not wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

from promo.planning.calendar import Reasons, allowed, end_of_day
from promo.planning.moments import Limit, Moment, end_of, limit_of, moment_of
from promo.planning.notation import Anchor
from promo.planning.reasons import Reason, ReasonCode
from promo.planning.scene import Place, Scene
from promo.planning.values import Destination, Dropped, Need, Planned, Step
from promo.values import EventStatus, Variant

INVITATIONS = frozenset({Variant.ANNOUNCE, Variant.REMINDER, Variant.TODAY, Variant.LAST_DAYS})
# Counted back from these, a step on a day off belongs to the working day before (rule S3).
_COUNTED_BACK = frozenset({Anchor.START, Anchor.OCCURRENCE, Anchor.DEADLINE, Anchor.END})


@dataclass(frozen=True, slots=True)
class Wish:
    """One step wanted at one destination.

    `wanted_at` is what the timetable says, `due_at` the same after quiet hours and days off.
    """

    step: Step
    destination: Destination
    slot: str
    occurrence_at: datetime | None
    wanted_at: datetime
    due_at: datetime
    limit: Limit
    reasons: Reasons

    @property
    def place(self) -> Place:
        return (self.destination.ref, self.slot)

    @property
    def order(self) -> tuple[datetime, str, str]:
        return (self.due_at, self.slot, self.destination.ref)

    def planned(self, due_at: datetime, *reasons: Reason) -> Planned:
        """The publication at `due_at`, with its reasons in the order they arose, each once."""
        return Planned(
            step_key=self.step.key,
            channel=self.step.channel,
            destination=self.destination.ref,
            variant=self.step.variant,
            slot=self.slot,
            due_at=due_at,
            not_after_at=self.limit.not_after_at,
            occurrence_at=self.occurrence_at,
            reasons=tuple(dict.fromkeys((*self.reasons, *reasons))),
        )

    def by_hand(self, at: datetime) -> Planned:
        """The publication where a person has put it: nothing has moved it there."""
        return replace(self, reasons=_paused(self.destination)).planned(at)

    def dropped(self, reason: Reason) -> Dropped:
        return _drop(self.step, self.destination.ref, self.occurrence_at, self.slot, reason)


def wishes_of(
    steps: Iterable[Step], *, destinations: Sequence[Destination], scene: Scene
) -> Iterator[Wish | Dropped]:
    """Every step at every destination of its channel, for every occurrence it is about."""
    for step in steps:
        targets = [target for target in destinations if target.channel == step.channel]
        yield from _cancelled_dates(step, targets, scene)
        for occurrence in _occurrences(step, scene):
            slot = slot_of(step.key, _by_rule(occurrence, scene))
            if not targets:
                missing = Reason.of(ReasonCode.NO_DESTINATION)
                yield _drop(step, "", occurrence, slot, missing)
            for target in targets:
                yield _wish(step, target, occurrence, slot, scene)


def _cancelled_dates(step: Step, targets: Iterable[Destination], scene: Scene) -> Iterator[Dropped]:
    """What a step would have said about the dates of a series that do not take place."""
    if step.anchor is not Anchor.OCCURRENCE:
        return
    for one in scene.subject.altered:
        if one.starts_at is None and one.was_at > scene.now:
            slot = slot_of(step.key, one.was_at)
            for target in targets:
                reason = Reason.of(ReasonCode.DATE_CANCELLED)
                yield _drop(step, target.ref, one.was_at, slot, reason)


def _by_rule(occurrence: datetime | None, scene: Scene) -> datetime | None:
    """The occurrence by which a slot is known: a date that was moved keeps its slots."""
    if not scene.subject.occurrences:
        return None
    one = scene.subject.altered_at(occurrence)
    return one.was_at if one else occurrence


def slot_of(key: str, occurrence: datetime | None = None) -> str:
    """The step's name, and for a series the occurrence it is about (rule S7)."""
    return f"{key}@{stamp(occurrence)}" if occurrence else key


def stamp(instant: datetime) -> str:
    """An instant (UTC) in the short ISO form."""
    precision = "%Y%m%dT%H%M%S.%fZ" if instant.microsecond else "%Y%m%dT%H%M%SZ"
    return instant.strftime(precision)


def _occurrences(step: Step, scene: Scene) -> tuple[datetime | None, ...]:
    """The occurrences a step is about; those whose report has lapsed are left out."""
    if step.anchor is not Anchor.OCCURRENCE:
        return (None,)
    if not scene.subject.occurrences and not scene.subject.altered:
        return (scene.subject.starts_at,)
    return tuple(start for start in scene.subject.occurrences if _worth_telling(start, scene))


def _worth_telling(start: datetime, scene: Scene) -> bool:
    zone = scene.rules.zone
    over = end_of_day(start.astimezone(zone).date(), zone)
    return (scene.now - over).days <= scene.rules.report_lapse_days


def _wish(
    step: Step, target: Destination, occurrence: datetime | None, slot: str, scene: Scene
) -> Wish | Dropped:
    moment = moment_of(step, scene=scene, occurrence=occurrence)
    if isinstance(moment, Reason):
        return _drop(step, target.ref, occurrence, slot, moment)
    due_at, moved = _due(step, moment, scene)
    limit = limit_of(step, scene=scene, occurrence=occurrence, anchor_day=moment.anchor_day)
    wish = Wish(
        step=step,
        destination=target,
        slot=slot,
        occurrence_at=occurrence,
        wanted_at=moment.at,
        due_at=due_at,
        limit=limit,
        reasons=(*_paused(target), *_altered(occurrence, scene), *moment.reasons, *moved),
    )
    refusal = _refusal(wish, scene)
    return wish.dropped(refusal) if refusal and wish.place not in scene.out else wish


def _due(step: Step, moment: Moment, scene: Scene) -> tuple[datetime, Reasons]:
    backward = step.offset_days < 0 or (step.offset_days == 0 and step.anchor in _COUNTED_BACK)
    channel = scene.channel(step.channel)
    return allowed(moment.at, channel=channel, rules=scene.rules, backward=backward)


def _altered(occurrence: datetime | None, scene: Scene) -> Reasons:
    """A word about a date of a series that was moved: its steps move with it."""
    one = scene.subject.altered_at(occurrence)
    if one is None or one.starts_at == one.was_at:
        return ()
    day = one.was_at.astimezone(scene.rules.zone)
    return (Reason.of(ReasonCode.DATE_MOVED, day=f"{day:%d.%m.%Y}"),)


def _paused(target: Destination) -> Reasons:
    return (Reason.of(ReasonCode.DESTINATION_PAUSED),) if target.paused else ()


def _refusal(wish: Wish, scene: Scene) -> Reason | None:
    """Why the step is not wanted at all, whatever the hour."""
    invites = wish.step.variant in INVITATIONS
    lasting = scene.channel(wish.step.channel).lasting
    if invites and scene.subject.closed_group:
        return Reason.of(ReasonCode.CLOSED_GROUP)
    if invites and not lasting and scene.subject.status is EventStatus.SOLD_OUT:
        return Reason.of(ReasonCode.SOLD_OUT)
    return (
        _out_of_time(wish, scene)
        or _starts_early(wish, scene)
        or _on_another_day(wish, scene)
        or _before_start(wish, scene)
        or _unmet_need(wish.step, scene)
    )


def _out_of_time(wish: Wish, scene: Scene) -> Reason | None:
    if not wish.limit.passed(max(wish.due_at, scene.now)):
        return None
    code = wish.limit.code
    if code is ReasonCode.REPORT_LAPSED:
        return Reason.of(code, days=str(scene.rules.report_lapse_days))
    if code is ReasonCode.ALL_DAY_LATE:
        return all_day_late(scene)
    return Reason.of(code)


def all_day_late(scene: Scene) -> Reason:
    return Reason.of(ReasonCode.ALL_DAY_LATE, limit=f"{scene.rules.all_day_today_before:%H:%M}")


def _starts_early(wish: Wish, scene: Scene) -> Reason | None:
    """Rule S2: no "today" for what begins in the morning. An all-day event has its own limit."""
    begins_at = wish.occurrence_at or scene.subject.begins_at
    if begins_at is None or scene.subject.all_day:
        return None
    limit: time | None = wish.step.only_if_starts_after
    if limit is None and wish.step.variant is Variant.TODAY:
        limit = scene.rules.today_needs_start_after
    if limit is None or begins_at.astimezone(scene.rules.zone).time() >= limit:
        return None
    return Reason.of(ReasonCode.STARTS_EARLY, limit=f"{limit:%H:%M}")


def _on_another_day(wish: Wish, scene: Scene) -> Reason | None:
    """A "today" post that a day off would move to the day before says nothing true there."""
    begins_at = wish.occurrence_at or scene.subject.begins_at
    if wish.step.variant is not Variant.TODAY or begins_at is None:
        return None
    zone = scene.rules.zone
    same = wish.due_at.astimezone(zone).date() == begins_at.astimezone(zone).date()
    return None if same else Reason.of(ReasonCode.NOT_THAT_DAY)


def _before_start(wish: Wish, scene: Scene) -> Reason | None:
    """A short exhibition has no last days: five days before its end it is not open yet."""
    begins_at = scene.subject.begins_at
    if wish.step.variant is not Variant.LAST_DAYS or begins_at is None:
        return None
    return Reason.of(ReasonCode.BEFORE_START) if wish.due_at < begins_at else None


def _unmet_need(step: Step, scene: Scene) -> Reason | None:
    subject = scene.subject
    unmet = {
        Need.REPORT: None if subject.report_ready else ReasonCode.REPORT_NOT_READY,
        Need.RESULTS: None if subject.results_ready else ReasonCode.RESULTS_NOT_READY,
        Need.PLACES: None if subject.places_left else ReasonCode.NO_PLACES,
        Need.WIDE_CHANGE: None if _is_wide(scene) else ReasonCode.SMALL_CHANGE,
    }
    codes = (unmet[need] for need in sorted(step.needs))
    return next((Reason.of(code) for code in codes if code), None)


def _is_wide(scene: Scene) -> bool:
    subject = scene.subject
    end = end_of(subject, scene.rules.zone)
    if subject.main_branch or subject.begins_at is None or end is None:
        return subject.main_branch
    return end - subject.begins_at > scene.rules.long_change


def _drop(
    step: Step, destination: str, occurrence: datetime | None, slot: str, reason: Reason
) -> Dropped:
    return Dropped(
        step_key=step.key,
        channel=step.channel,
        destination=destination,
        variant=step.variant,
        slot=slot,
        reason=reason,
        occurrence_at=occurrence,
    )
