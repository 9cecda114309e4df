"""The diary of each destination: the first free moment under gaps, maxima and shares (rule S4)."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from promo.planning.calendar import DAY, Reasons, allowed, first_minute_of, next_minute, wall_clock
from promo.planning.moments import WEEK, Limit
from promo.planning.reasons import Reason, ReasonCode
from promo.planning.scene import Scene
from promo.planning.shares import Share
from promo.planning.values import ChannelRules, Occupied, Rules

Moved = tuple[datetime, Reasons]
DAYS_OF_A_WEEK = 7


class Book:
    """The posts of one destination, by time, local day, local week (its Monday) and voice."""

    def __init__(self, posts: Iterable[Occupied], zone: ZoneInfo) -> None:
        self._zone = zone
        self._times: dict[str, list[datetime]] = defaultdict(list)
        self.days: Counter[date] = Counter()
        self.weeks: Counter[tuple[str, date]] = Counter()
        for post in posts:
            self.enter(post.at, post.voices)

    def enter(self, at: datetime, voices: frozenset[str]) -> None:
        """Note a post. The empty voice stands for all of them."""
        day = at.astimezone(self._zone).date()
        self.days[day] += 1
        for voice in ("", *voices):
            insort(self._times[voice], at)
            self.weeks[voice, monday_of(day)] += 1

    def nearest(self, moment: datetime, gap: timedelta, voice: str = "") -> datetime | None:
        """The latest post of the voice that is less than `gap` away; None where none is."""
        times = self._times[voice]
        before = bisect_left(times, moment + gap)
        found = times[before - 1] if before else None
        return found if found is not None and found > moment - gap else None


@dataclass(frozen=True, slots=True)
class Room:
    """What the house's rules leave free on one destination, for posts of these voices."""

    book: Book
    destination: str
    rules: Rules
    voices: frozenset[str]
    now: datetime

    def near(self, moment: datetime) -> datetime | None:
        """The latest post of anybody that is too near."""
        return self.book.nearest(moment, self.rules.min_gap)

    def near_its_own(self, moment: datetime) -> tuple[Share, datetime] | None:
        """The latest post of the same branch or partner that is too near, and by which rule."""
        for share in self._own():
            near = self.book.nearest(moment, share.gap, share.voice)
            if near is not None:
                return share, near
        return None

    def full_day(self, day: date) -> Reason | None:
        """Why nothing more goes out there on this day, if so."""
        if self.book.days[day] < self.rules.max_per_day:
            return None
        return Reason.of(ReasonCode.MOVED_DAY_FULL, limit=str(self.rules.max_per_day))

    def full_week(self, day: date) -> Reason | None:
        """Why nothing more of these voices goes out there in the week of this day, if so."""
        week, rules = monday_of(day), self.rules
        places = rules.max_per_week or DAYS_OF_A_WEEK * rules.max_per_day
        taken = self.book.weeks["", week]
        if taken >= places:
            return Reason.of(ReasonCode.MOVED_WEEK_FULL, limit=str(places))
        for share in self._own():
            used = self.book.weeks[share.voice, week]
            if share.most_a_week is not None and used >= share.most_a_week:
                limit = str(share.most_a_week)
                return Reason.of(ReasonCode.MOVED_SHARE_USED, name=share.name, limit=limit)
        kept = self._kept(week)
        # One place is left to the others, however much was promised.
        if taken and taken + sum(kept.values()) >= places:
            return Reason.of(ReasonCode.MOVED_WEEK_KEPT, names=", ".join(sorted(kept)))
        return None

    def _kept(self, week: date) -> dict[str, int]:
        """The places still kept for other voices, by name; none once the week has begun."""
        if week <= monday_of(self.now.astimezone(self.rules.zone).date()):
            return {}
        left = {
            share.name: share.kept_a_week - self.book.weeks[share.voice, week]
            for share in self.rules.shares
            if share.destination == self.destination and share.voice not in self.voices
        }
        return {name: places for name, places in left.items() if places > 0}

    def _own(self) -> Iterator[Share]:
        for share in self.rules.shares:
            if share.destination == self.destination and share.voice in self.voices:
                yield share


class Diary:
    """What stands where, filled in as steps are placed. Lives for one planning run."""

    def __init__(self, scene: Scene) -> None:
        self._voices = scene.subject.voices
        self._rules = scene.rules
        self._rooms = {
            ref: Room(Book(posts, scene.rules.zone), ref, scene.rules, self._voices, scene.now)
            for ref, posts in scene.taken.items()
        }

    def enter(self, destination: str, at: datetime) -> None:
        """Note a post of the subject that others keep their distance from."""
        self._rooms[destination].book.enter(at, self._voices)

    def find(
        self, destination: str, start: datetime, *, channel: ChannelRules, limit: Limit, wish: time
    ) -> tuple[datetime | None, Reasons]:
        """The first free moment from `start` on, or None where the limit comes first; and why.

        `wish` is the wall time to try first on a later day.
        """
        moment = start
        reasons: Reasons = ()
        while not limit.passed(moment):
            moved = self._move(destination, moment, channel=channel, limit=limit, wish=wish)
            if moved is None:
                return moment, reasons
            moment, why = moved
            reasons = (*reasons, *why)
        return None, reasons

    def _move(
        self, destination: str, moment: datetime, *, channel: ChannelRules, limit: Limit, wish: time
    ) -> Moved | None:
        """One move later, always forward; None where the moment is free."""
        spoken, why = allowed(moment, channel=channel, rules=self._rules, keep_time=False)
        if why:
            return spoken, why
        if not channel.spaced:
            return None
        room = self._rooms[destination]
        near = room.near(moment)
        if near is not None:
            return next_minute(near + self._rules.min_gap), (_gap_reason(self._rules),)
        day = moment.astimezone(self._rules.zone).date()
        full = room.full_day(day)
        if full is not None:
            return self._on(day + DAY, channel=channel, limit=limit, wish=wish), (full,)
        no_place = room.full_week(day)
        if no_place is not None:
            week = monday_of(day) + WEEK
            return self._on(week, channel=channel, limit=limit, wish=wish), (no_place,)
        return _apart_from_its_own(room, moment)

    def _on(self, day: date, *, channel: ChannelRules, limit: Limit, wish: time) -> datetime:
        """The wished wall time of a later day, or its first minute where the limit is nearer."""
        later = wall_clock(day, wish, self._rules.zone)[0]
        if limit.passed(later):
            return first_minute_of(day, channel=channel, rules=self._rules)
        return later


def monday_of(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())


def no_room(reasons: Reasons) -> Reason:
    """Why a step found no moment in time: its last hindrance, if that was its own share."""
    last = reasons[-1] if reasons else None
    if last is not None and last.code is ReasonCode.MOVED_SHARE_USED:
        return Reason.of(ReasonCode.NO_ROOM_IN_SHARE, **dict(last.params))
    return Reason.of(ReasonCode.NO_ROOM)


def _apart_from_its_own(room: Room, moment: datetime) -> Moved | None:
    """The move away from the last post of the same branch or partner that is too near."""
    found = room.near_its_own(moment)
    if found is None:
        return None
    share, near = found
    gap = Reason.of(ReasonCode.MOVED_SHARE_GAP, name=share.name, hours=hours_of(share.gap))
    return next_minute(near + share.gap), (gap,)


def _gap_reason(rules: Rules) -> Reason:
    return Reason.of(ReasonCode.MOVED_GAP, hours=hours_of(rules.min_gap))


def hours_of(gap: timedelta) -> str:
    """As the reasons say it."""
    return f"{gap / timedelta(hours=1):g}"
