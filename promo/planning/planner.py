"""From item, timetable and rules to the planned publications: a pure, deterministic function.

The rules, by the names the institution's practice gives them:

S1  Late approval: overdue announcements collapse into one "now" for each destination (the next
    whole minute it may speak); reminders nearer to an announcement than `Rules.reminder_collapse`
    are dropped, overdue reminders too. The distance holds for every announcement, late or not, so
    that planning again later does not bring a reminder back.
S2  Nothing invites after the start. A "today" post is dropped for an event that begins before
    `Rules.today_needs_start_after` (12:00). An all-day event has no start by the clock: its "today"
    post goes out by `Rules.all_day_today_before` (9:00, that minute included) or not at all.
S3  Quiet hours; days off move what is counted back (`D-14`, `D`, `deadline-7`) to the previous
    working day and what is counted forward (`D+1`, `approval`, `half`) to the next.
S4  Gap, daily and weekly maximum, fair shares: a collision shifts later, never past the limit.
    Notices stand first, and what a person has put somewhere, then announcements, then the rest,
    each in the order of time; between items the higher priority, then the nearer event
    (`plan_many`). Operational posts neither wait nor make others wait.
S5  A new date moves what is unsent and adds a notice where the old one was out; a cancellation
    drops what is unsent and adds a notice there. Notices keep the night and days off only as long
    as they come before the people do.
    One date of a series that was moved or cancelled is told where it, or the series, had been told;
    its steps keep their slots and move with it, or are dropped.
S6  Wall time holds across clock changes; skipped and repeated times are resolved as in PEP 495.
S7  Slots are stable and unique for item and destination.
S9  A report waits until it is ready and lapses after `Rules.report_lapse_days`.
A1  A post on a social network has a twin on the website, not later than itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from promo.errors import InvalidInput
from promo.planning.calendar import Reasons
from promo.planning.consequences import stands_at
from promo.planning.lateness import (
    REMINDING,
    TELLING,
    Telling,
    casts_shadow,
    in_shadow,
    is_late_reminder,
    on_time,
    tagged,
)
from promo.planning.notices import WHOLE_KEYS, is_notice_of, notices_of
from promo.planning.reasons import Reason, ReasonCode
from promo.planning.scene import SHIFT, Place, Scene, held_at, scene_of
from promo.planning.spacing import Diary, no_room
from promo.planning.twins import with_twins
from promo.planning.values import (
    Destination,
    Dropped,
    Occupied,
    Plan,
    Planned,
    Rules,
    Step,
    Subject,
)
from promo.planning.wishes import Wish, all_day_late, wishes_of
from promo.values import EventStatus, Variant

_OFF = {
    EventStatus.CANCELLED: ReasonCode.CANCELLED,
    EventStatus.POSTPONED: ReasonCode.POSTPONED,
}

_NOTICES = frozenset({Variant.CHANGED, Variant.CANCELLED})


@dataclass(frozen=True, slots=True)
class Request:
    """One item among several that are planned together."""

    subject: Subject
    steps: tuple[Step, ...]
    destinations: tuple[Destination, ...]
    told: frozenset[str] = frozenset()


def plan(
    *,
    subject: Subject,
    steps: Sequence[Step],
    destinations: Sequence[Destination],
    rules: Rules,
    now: datetime,
    occupied: Iterable[Occupied] = (),
    told: frozenset[str] = frozenset(),
) -> Plan:
    """The plan of one item; raises `InvalidInput` where two steps share a key.

    `told` names destinations where something of the item is out; of a rescheduled one, where its
    old date is. Those of its own `occupied` posts that are `out` count without being named (with
    `Subject.changed_at`, if it was rescheduled).
    """
    _check_keys(steps)
    targets = sorted(destinations, key=lambda target: target.ref)
    scene = scene_of(
        subject=subject,
        destinations=targets,
        rules=rules,
        occupied=occupied,
        now=now,
        told=told,
    )
    wishes, dropped = _called_off(wishes_of(steps, destinations=targets, scene=scene), scene)
    out = [wish for wish in wishes if wish.place in scene.out]
    dropped += [wish.dropped(Reason.of(ReasonCode.ALREADY_OUT)) for wish in out]
    tellings = _told_before(out, scene)
    chosen = _chosen(wishes, scene)
    waiting = [wish for wish in wishes if wish.place not in {*scene.out, *chosen}]
    kept, late = on_time(waiting, tellings=tellings, scene=scene)
    fixed = [*notices_of(targets, scene), *chosen.values()]
    placed = _placed(kept, fixed, tellings=tellings, scene=scene)
    planned = [part for part in placed if isinstance(part, Planned)]
    dropped += [*late, *(part for part in placed if isinstance(part, Dropped))]
    planned = with_twins(planned, out=out, destinations=targets, scene=scene)
    return Plan(
        planned=tuple(sorted(planned, key=lambda p: (p.due_at, p.destination, p.slot))),
        dropped=tuple(sorted(dropped, key=lambda d: (d.slot, d.destination))),
    )


def plan_many(
    *,
    requests: Iterable[Request],
    rules: Rules,
    now: datetime,
    occupied: Iterable[Occupied] = (),
) -> Mapping[str, Plan]:
    """The plans of several items, by ref: the higher priority first, then the nearer event (S4).

    What was planned before for these items is planned anew; their order of arrival plays no part.
    """
    ordered = sorted(requests, key=lambda request: _urgency(request.subject, now))
    refs = {request.subject.ref for request in ordered}
    posts = tuple(occupied)
    standing = [post for post in posts if post.ref not in refs or post.out]
    plans: dict[str, Plan] = {}
    for request in ordered:
        ref = request.subject.ref
        pending = [post for post in posts if post.ref == ref and not post.out]
        plans[ref] = plan(
            subject=request.subject,
            steps=request.steps,
            destinations=request.destinations,
            rules=rules,
            now=now,
            occupied=[*standing, *pending],
            told=request.told,
        )
        standing += occupied_by(request.subject, plans[ref])
    return plans


def occupied_by(subject: Subject, made: Plan) -> list[Occupied]:
    """The posts of a plan as other items see them."""
    return [
        Occupied(
            destination=post.destination,
            at=post.due_at,
            ref=subject.ref,
            slot=post.slot,
            operational=subject.operational or subject.urgent,
            voices=subject.voices,
        )
        for post in made.planned
    ]


def _urgency(subject: Subject, now: datetime) -> tuple[int, datetime, str]:
    """The sort key of S4: priority first, then the nearest time to come, then the ref."""
    times = (subject.begins_at, subject.deadline_at, *subject.occurrences, subject.ends_at)
    coming = [at.astimezone(UTC) for at in times if at is not None and at > now]
    far = datetime.max.replace(tzinfo=UTC)
    return (-subject.priority, min(coming, default=far), subject.ref)


def _called_off(parts: Iterable[Wish | Dropped], scene: Scene) -> tuple[list[Wish], list[Dropped]]:
    """The wishes and what is dropped; of a cancelled or postponed event only what is out stays."""
    wishes: list[Wish] = []
    dropped: list[Dropped] = []
    code = _OFF.get(scene.subject.status)
    for part in parts:
        if isinstance(part, Dropped):
            dropped.append(replace(part, reason=Reason.of(code)) if code else part)
        elif code and part.place not in scene.out:
            dropped.append(part.dropped(Reason.of(code)))
        else:
            wishes.append(part)
    return wishes, dropped


def _placed(
    kept: Sequence[Wish],
    fixed: Iterable[Planned | Dropped],
    *,
    tellings: Sequence[Telling],
    scene: Scene,
) -> list[Planned | Dropped]:
    """Notices and what a person has put somewhere, announcements, and the rest, in this order."""
    diary = Diary(scene)
    made: list[Planned | Dropped] = []
    tellings = list(tellings)
    for one in fixed:
        made.append(one)
        if isinstance(one, Planned):
            at = stands_at(one, scene.by_hand.get((one.destination, one.slot)))
            diary.enter(one.destination, at)
            if one.variant in _NOTICES or casts_shadow(one.variant):
                tellings.append(Telling(one.destination, one.occurrence_at, at))
    ordered = sorted(kept, key=lambda wish: (not casts_shadow(wish.step.variant), wish.order))
    for wish in ordered:
        near = in_shadow(wish, tellings, scene)
        part = wish.dropped(near) if near else _place(wish, diary, scene)
        made.append(part)
        if isinstance(part, Planned) and casts_shadow(part.variant):
            tellings.append(Telling(part.destination, part.occurrence_at, part.due_at))
    return made


def _chosen(wishes: Iterable[Wish], scene: Scene) -> dict[Place, Planned]:
    """The steps to come that a person has put somewhere, there, unless it is too late now."""
    chosen: dict[Place, Planned] = {}
    for wish in wishes:
        at = scene.by_hand.get(wish.place)
        limit = wish.limit.not_after_at
        if at is not None and wish.place not in scene.out and (limit is None or at <= limit):
            chosen[wish.place] = wish.by_hand(at)
    return chosen


def _told_before(out: Sequence[Wish], scene: Scene) -> list[Telling]:
    """What has gone out and told of the item: its announcements, and notices of a new date."""
    announced = [
        Telling(
            wish.destination.ref,
            wish.occurrence_at,
            scene.out[wish.place],
            casts_shadow=casts_shadow(wish.step.variant),
        )
        for wish in out
        if wish.step.variant in TELLING
    ]
    noticed = [
        Telling(ref, None, at)
        for (ref, slot), at in scene.out.items()
        if slot.partition("@")[0] in WHOLE_KEYS
    ]
    changed = [
        Telling(ref, one.starts_at or one.was_at, at, covers=False)
        for one in scene.subject.altered
        for (ref, slot), at in scene.out.items()
        if is_notice_of(slot, one, scene)
    ]
    return announced + noticed + changed


def _place(wish: Wish, diary: Diary, scene: Scene) -> Planned | Dropped:
    """The wish at the first free moment, entered in the diary where posts keep a distance."""
    marked = tagged(wish, scene)
    due_at, reasons = _first_free(wish, max(wish.due_at, scene.soon), diary, scene)
    if due_at is None:
        late_today = wish.limit.code is ReasonCode.ALL_DAY_LATE
        return marked.dropped(all_day_late(scene) if late_today else no_room(reasons))
    standing = _standing(wish, scene)
    if standing and wish.due_at < scene.soon and due_at < standing:
        # Planning again does not pull nearer what was shifted and still has its place.
        due_at = _first_free(wish, standing, diary, scene)[0] or due_at
    if is_late_reminder(wish, scene) and due_at - wish.due_at >= SHIFT:
        return marked.dropped(Reason.of(ReasonCode.LATE_REMINDER))
    if not (scene.subject.operational or scene.subject.urgent):
        diary.enter(wish.destination.ref, due_at)
    return marked.planned(due_at, *reasons)


def _standing(wish: Wish, scene: Scene) -> datetime | None:
    if wish.step.variant in TELLING | REMINDING:
        return held_at(scene, wish.place, wish.due_at)
    return scene.pending.get(wish.place)


def _first_free(
    wish: Wish, start: datetime, diary: Diary, scene: Scene
) -> tuple[datetime | None, Reasons]:
    return diary.find(
        wish.destination.ref,
        start,
        channel=scene.channel(wish.step.channel),
        limit=wish.limit,
        wish=wish.wanted_at.astimezone(scene.rules.zone).time(),
    )


def _check_keys(steps: Sequence[Step]) -> None:
    keys = [step.key for step in steps]
    for key in keys:
        if keys.count(key) > 1:
            raise InvalidInput(
                _("Two steps of the timetable share the name “%(key)s”.") % {"key": key},
                field="key",
            )
