"""Evergreen items: when an item is shown again on a destination, and why just then. Pure.

A showing fills a gap: it stands at noon of the first day that its cool-down, its season and its
last day leave, keeps gap, maxima, quiet hours and days off like any other post, and gives way to
every post that is none. Planned anew it stays where it is as long as that holds and no earlier
place is free, so that the same is planned however often one looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from promo.planning.calendar import DAY, Reasons, end_of_day, next_minute, wall_clock
from promo.planning.moments import Limit
from promo.planning.reasons import Reason, ReasonCode
from promo.planning.scene import Scene, scene_of
from promo.planning.spacing import Diary
from promo.planning.values import Destination, Dropped, Occupied, Planned, Rules, Subject
from promo.values import Variant

STEP = "showing"
PREFIX = f"{STEP}#"
"""How the slots of showings begin; no name of a step has a # in it."""

SHOWN_AT = time(12)
"""Between the posts “today” of the morning and the invitations of the afternoon."""

NOTICE = timedelta(hours=1)
"""So long before it goes out people can see a showing in the plan."""

SETTLED = timedelta(minutes=10)
"""What goes out within so short a time keeps its place against other posts."""

LEAVING = timedelta(minutes=4)
"""What goes out within so short a time stays where it is. Shorter, so that whoever took a place
that was not settled is heard of in time."""

OVERDUE = timedelta(minutes=30)
"""A showing that was held up for longer waits for its next good moment."""

HORIZON = 3 * 366
"""Days looked through for a free one."""

_A_LEAP_YEAR = 2000


@dataclass(frozen=True, slots=True)
class Season:
    """Days of every year from the first to the last, both included, each as (month, day).

    One whose first comes after its last runs over New Year.
    """

    first: tuple[int, int]
    last: tuple[int, int]

    def covers(self, day: date) -> bool:
        at = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= at <= self.last
        return at >= self.first or at <= self.last


@dataclass(frozen=True, slots=True)
class Evergreen:
    """How an item is shown again: at least `cool_down` days between two showings on a destination,
    `most` times there in all, never after `last_on`."""

    cool_down: int
    season: Season | None = None
    most: int | None = None
    last_on: date | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What one destination has had of the item, and what stands there.

    `number` is that of the showing to come. `out`: when people saw the item; `passed_over`:
    showings that a person dropped, from which the cool-down counts as well. `standing` is the
    showing that is planned already, with its `reasons`; a `fixed` one (moved by hand, or being
    tried) is left alone. `waits` says why nothing is planned at present.
    """

    destination: Destination
    number: int = 1
    out: tuple[datetime, ...] = ()
    passed_over: tuple[datetime, ...] = ()
    standing: datetime | None = None
    reasons: Reasons = ()
    fixed: bool = False
    waits: Reason | None = None


def slot_of(number: int) -> str:
    """The slot of the showing of this number."""
    return f"{PREFIX}{number}"


def number_of(slot: str) -> int:
    """Which showing the slot is; 0 for a step of a timetable."""
    return int(slot.removeprefix(PREFIX)) if is_showing(slot) else 0


def is_showing(slot: str) -> bool:
    return slot.startswith(PREFIX)


def next_showing(
    *,
    subject: Subject,
    evergreen: Evergreen,
    history: History,
    rules: Rules,
    now: datetime,
    occupied: Iterable[Occupied] = (),
) -> Planned | Dropped:
    """The next showing on the destination of this history, or why there is none.

    `occupied` are the posts of all items; those of the subject itself count once they are out.
    """
    refusal = history.waits or _refusal(evergreen, history, rules, now)
    if refusal is not None:
        return _dropped(history, refusal)
    if history.standing is not None and (history.fixed or _leaving(history.standing, now)):
        return _planned(history, history.standing, history.reasons, rules)
    posts = tuple(occupied)
    search = _Search(subject, evergreen, history, rules, now)
    at, reasons = search.first_free(posts)
    stands = history.standing
    if stands is not None and (at is None or stands <= at) and search.is_free(stands, posts):
        return _planned(history, stands, history.reasons, rules)
    if at is None:
        return _dropped(history, Reason.of(ReasonCode.NO_ROOM))
    calm, _ = search.first_free([post for post in posts if is_showing(post.slot)])
    if calm is not None and calm != at:
        reasons = (_gives_way(calm, rules), *reasons)
    return _planned(history, at, (*search.why, *reasons), rules)


def _refusal(evergreen: Evergreen, history: History, rules: Rules, now: datetime) -> Reason | None:
    if evergreen.most is not None and len(history.out) >= evergreen.most:
        return Reason.of(ReasonCode.SHOWN_OFTEN, most=str(evergreen.most))
    last = evergreen.last_on
    if last is not None and now.astimezone(rules.zone).date() > last:
        return _about_days(ReasonCode.SHOWN_TO_THE_END, last, last)
    return None


def _leaving(standing: datetime, now: datetime) -> bool:
    return now - OVERDUE < standing <= now + LEAVING


class _Search:
    """Looks for the showing's day; `why` says what decides where the search begins."""

    def __init__(
        self,
        subject: Subject,
        evergreen: Evergreen,
        history: History,
        rules: Rules,
        now: datetime,
    ) -> None:
        self._subject = subject
        self._evergreen = evergreen
        self._target = history.destination
        self._rules = rules
        self._now = now
        before = [*history.out, *history.passed_over]
        self._since = max(before).astimezone(rules.zone).date() if before else None
        self.why = tuple(self._reasons())

    def first_free(self, posts: Iterable[Occupied]) -> tuple[datetime | None, Reasons]:
        """The first free moment and what stood in the way on its day and before; each once."""
        scene = self._scene(posts)
        diary = Diary(scene)
        reasons: Reasons = ()
        for day in self._days():
            start = self._start(day)
            if start is None:
                continue
            at, why = self._find(diary, scene, start, end_of_day(day, self._rules.zone))
            reasons = tuple(dict.fromkeys((*reasons, *why)))
            if at is not None:
                return at, reasons
        return None, reasons

    def is_free(self, standing: datetime, posts: Iterable[Occupied]) -> bool:
        """May the showing stay where it stands?"""
        day = standing.astimezone(self._rules.zone).date()
        if standing <= self._now or not self._suits(day):
            return False
        scene = self._scene(posts)
        end = standing + timedelta(minutes=1)
        return self._find(Diary(scene), scene, standing, end)[0] == standing

    def _find(
        self, diary: Diary, scene: Scene, start: datetime, end: datetime
    ) -> tuple[datetime | None, Reasons]:
        return diary.find(
            self._target.ref,
            start,
            channel=scene.channel(self._target.channel),
            limit=Limit.at(end, ReasonCode.AFTER_END),
            wish=SHOWN_AT,
        )

    def _scene(self, posts: Iterable[Occupied]) -> Scene:
        return scene_of(
            subject=self._subject,
            destinations=[self._target],
            rules=self._rules,
            occupied=posts,
            now=self._now,
            told=frozenset(),
        )

    def _start(self, day: date) -> datetime | None:
        """From when on the day is looked through: from noon, on the last day also from later."""
        noon = wall_clock(day, SHOWN_AT, self._rules.zone)[0]
        soon = next_minute(self._now + NOTICE)
        if noon >= soon:
            return noon
        return soon if day == self._evergreen.last_on else None

    def _first_day(self) -> date:
        today = self._now.astimezone(self._rules.zone).date()
        if self._since is None:
            return today
        return max(today, self._since + timedelta(days=self._evergreen.cool_down))

    def _days(self) -> Iterator[date]:
        first = self._first_day()
        days = (first + nth * DAY for nth in range(HORIZON))
        return (day for day in days if self._suits(day))

    def _suits(self, day: date) -> bool:
        """Do cool-down, season and last day allow it?"""
        evergreen = self._evergreen
        return (
            day >= self._first_day()
            and (evergreen.season is None or evergreen.season.covers(day))
            and (evergreen.last_on is None or day <= evergreen.last_on)
        )

    def _reasons(self) -> Iterator[Reason]:
        if self._target.paused:
            yield Reason.of(ReasonCode.DESTINATION_PAUSED)
        if self._since is not None:
            yield Reason.of(ReasonCode.SHOWN_AGAIN, pause=str(self._evergreen.cool_down))
        season = self._evergreen.season
        if season is not None and not season.covers(self._first_day()):
            first, last = (date(_A_LEAP_YEAR, *part) for part in (season.first, season.last))
            yield _about_days(ReasonCode.MOVED_TO_SEASON, first, last)


def _gives_way(calm: datetime, rules: Rules) -> Reason:
    day = calm.astimezone(rules.zone).date()
    return _about_days(ReasonCode.GIVES_WAY, day, day)


def _about_days(code: ReasonCode, first: date, last: date) -> Reason:
    return Reason.of(code, first=first.isoformat(), until=last.isoformat(), name="")


def _planned(history: History, at: datetime, reasons: Reasons, rules: Rules) -> Planned:
    """The showing; what does not make it on its day is not shown late."""
    return Planned(
        step_key=STEP,
        channel=history.destination.channel,
        destination=history.destination.ref,
        variant=Variant.NEWS,
        slot=slot_of(history.number),
        due_at=at,
        not_after_at=too_late_at(at, rules.zone),
        reasons=tuple(dict.fromkeys(reasons)),
    )


def too_late_at(at: datetime, zone: ZoneInfo) -> datetime:
    """After this a showing planned for `at` must not go out: the end of its day."""
    return end_of_day(at.astimezone(zone).date(), zone)


def _dropped(history: History, reason: Reason) -> Dropped:
    return Dropped(
        step_key=STEP,
        channel=history.destination.channel,
        destination=history.destination.ref,
        variant=Variant.NEWS,
        slot=slot_of(history.number),
        reason=reason,
    )
