"""When a step wants to go out, and until when it may: anchors, ends and too-late times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from promo.planning.calendar import DAY, Reasons, end_of_day, wall_clock
from promo.planning.notation import Anchor
from promo.planning.reasons import Reason, ReasonCode
from promo.planning.scene import Scene
from promo.planning.values import Step, Subject
from promo.values import Variant

AT_APPROVAL = frozenset({Anchor.APPROVAL, Anchor.SIGN_UP})
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Moment:
    """A step's wanted instant (UTC) and the local day it is counted from."""

    at: datetime
    anchor_day: date
    reasons: Reasons = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """Too late to plan from `place_before` on, too late to send after `not_after_at`; and why."""

    place_before: datetime | None
    not_after_at: datetime | None
    code: ReasonCode

    @classmethod
    def at(cls, instant: datetime | None, code: ReasonCode) -> Limit:
        return cls(instant, instant, code)

    def passed(self, instant: datetime) -> bool:
        return self.place_before is not None and instant >= self.place_before


def moment_of(step: Step, *, scene: Scene, occurrence: datetime | None) -> Moment | Reason:
    """The wanted moment, or the reason why there is none (a date that is not known yet)."""
    anchor = _anchor(step.anchor, scene=scene, occurrence=occurrence)
    if isinstance(anchor, Reason):
        return anchor
    local = anchor.astimezone(scene.rules.zone)
    if step.at is None and step.weekday is None and not step.offset_days:
        return Moment(anchor, local.date())
    day = local.date() + timedelta(days=step.offset_days)
    at = local.time() if step.at is None else step.at
    if step.weekday is not None:
        day += timedelta(days=(step.weekday - day.weekday()) % 7)
    instant, reasons = wall_clock(day, at, scene.rules.zone)
    if step.weekday is not None and step.anchor in AT_APPROVAL and instant < anchor:
        instant, reasons = wall_clock(day + WEEK, at, scene.rules.zone)
    return Moment(instant, local.date(), reasons)


def limit_of(step: Step, *, scene: Scene, occurrence: datetime | None, anchor_day: date) -> Limit:
    """Until when the step may go out: nothing invites after the start (rule S2), a report lapses
    (S9), a lasting entry and operational news are worth having until the end."""
    zone = scene.rules.zone
    if step.variant is Variant.REPORT:
        last = anchor_day + timedelta(days=scene.rules.report_lapse_days)
        return Limit.at(end_of_day(last, zone), ReasonCode.REPORT_LAPSED)
    if step.variant in (Variant.RESULTS, Variant.ISSUE):
        return Limit.at(None, ReasonCode.AFTER_END)
    lasting = scene.channel(step.channel).lasting or scene.subject.operational
    if lasting or step.variant in (Variant.NEWS, Variant.LAST_DAYS):
        return _until_the_end(step, scene=scene, occurrence=occurrence)
    return _until_the_start(step, scene=scene, occurrence=occurrence)


def end_of(subject: Subject, zone: ZoneInfo) -> datetime | None:
    """When the whole subject is over: the latest of its end, its deadline and its last occurrence.

    Without an end of its own the local day of the start counts to its midnight; so does an all-day
    end. None where nothing is dated.
    """
    ends = [end_of_day(start.astimezone(zone).date(), zone) for start in subject.occurrences]
    if subject.deadline_at:
        ends.append(subject.deadline_at)
    last = _last_instant(subject)
    if last and subject.ends_at and not subject.all_day:
        ends.append(last)
    elif last:
        ends.append(end_of_day(_last_day(last, subject, zone), zone))
    return max(ends, default=None)


def _anchor(anchor: Anchor, *, scene: Scene, occurrence: datetime | None) -> datetime | Reason:
    subject = scene.subject
    if anchor in AT_APPROVAL:
        return scene.approved_at
    if anchor is Anchor.DEADLINE:
        return subject.deadline_at or Reason.of(ReasonCode.NO_DEADLINE)
    if anchor is Anchor.END:
        return _end_anchor(subject, scene.rules.zone) or Reason.of(ReasonCode.NO_END)
    if anchor is Anchor.MIDDLE:
        return _middle(scene) or Reason.of(ReasonCode.NO_END)
    if anchor is Anchor.OCCURRENCE:
        return occurrence or Reason.of(ReasonCode.NO_DATE)
    return subject.begins_at or Reason.of(ReasonCode.NO_DATE)


def _end_anchor(subject: Subject, zone: ZoneInfo) -> datetime | None:
    if subject.ends_at is None:
        return max(subject.occurrences, default=None)
    if not subject.all_day:
        return subject.ends_at
    day = _last_day(subject.ends_at, subject, zone)
    return wall_clock(day, time.min, zone)[0]


def _middle(scene: Scene) -> datetime | None:
    """Half of the run; of a contest half of the time from its opening to its deadline."""
    subject = scene.subject
    end = subject.ends_at or subject.deadline_at
    start = subject.begins_at or scene.approved_at
    if end is None or end < start:
        return None
    return start + (end - start) / 2


def _until_the_end(step: Step, *, scene: Scene, occurrence: datetime | None) -> Limit:
    zone = scene.rules.zone
    if occurrence:
        return Limit.at(end_of_day(occurrence.astimezone(zone).date(), zone), ReasonCode.AFTER_END)
    deadline_at = scene.subject.deadline_at
    end = deadline_at if step.anchor is Anchor.DEADLINE else end_of(scene.subject, zone)
    closes = end is not None and end == deadline_at
    return Limit.at(end, ReasonCode.AFTER_DEADLINE if closes else ReasonCode.AFTER_END)


def _until_the_start(step: Step, *, scene: Scene, occurrence: datetime | None) -> Limit:
    subject = scene.subject
    begins_at = occurrence or subject.begins_at
    if begins_at is None or step.anchor is Anchor.DEADLINE:
        return _until_the_end(step, scene=scene, occurrence=None)
    if step.variant is Variant.TODAY:
        return _today(begins_at, scene=scene)
    if occurrence is None and step.anchor in AT_APPROVAL and subject.occurrences:
        return Limit.at(max(subject.occurrences), ReasonCode.AFTER_START)
    # A contest opens long before its deadline: until then people are invited to take part.
    if occurrence is None and subject.deadline_at and subject.deadline_at > begins_at:
        return Limit.at(subject.deadline_at, ReasonCode.AFTER_DEADLINE)
    return Limit.at(begins_at, ReasonCode.AFTER_START)


def _today(begins_at: datetime, *, scene: Scene) -> Limit:
    """A "today" post is good until the start and never past its own day.

    An all-day event has no start: its post must be placed by `Rules.all_day_today_before`, and one
    that an outage held up may still go out on that day.
    """
    rules = scene.rules
    day = begins_at.astimezone(rules.zone).date()
    if not scene.subject.all_day:
        return Limit.at(min(begins_at, end_of_day(day, rules.zone)), ReasonCode.AFTER_START)
    last = wall_clock(day, rules.all_day_today_before, rules.zone)[0]
    return Limit(
        place_before=last + timedelta(microseconds=1),
        not_after_at=end_of_day(day, rules.zone),
        code=ReasonCode.ALL_DAY_LATE,
    )


def _last_instant(subject: Subject) -> datetime | None:
    return subject.ends_at or subject.begins_at


def _last_day(last: datetime, subject: Subject, zone: ZoneInfo) -> date:
    """The local day of `last`; an all-day end at midnight ends the day before, as in RFC 5545."""
    local = last.astimezone(zone)
    exclusive = subject.all_day and last == subject.ends_at and local.time() == time.min
    begins_at = subject.begins_at
    if exclusive and begins_at and begins_at < last:
        return local.date() - DAY
    return local.date()
