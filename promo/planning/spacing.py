"""The diary of each destination: the first free moment under gaps, maxima and shares (rule S4)."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
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


class Diary:
    """What stands where, filled in as steps are placed. Lives for one planning run."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._rules = scene.rules
        self._books = {ref: Book(posts, scene.rules.zone) for ref, posts in scene.taken.items()}

    def enter(self, destination: str, at: datetime) -> None:
        """Note a post of the subject that others keep their distance from."""
        self._books[destination].enter(at, self._scene.subject.voices)

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
        book = self._books[destination]
        near = book.nearest(moment, self._rules.min_gap)
        if near is not None:
            return next_minute(near + self._rules.min_gap), (_gap_reason(self._rules),)
        day = moment.astimezone(self._rules.zone).date()
        if book.days[day] >= self._rules.max_per_day:
            full = Reason.of(ReasonCode.MOVED_DAY_FULL, limit=str(self._rules.max_per_day))
            return self._on(day + DAY, channel=channel, limit=limit, wish=wish), (full,)
        no_place = self._no_place_in_week(destination, monday_of(day))
        if no_place is not None:
            week = monday_of(day) + WEEK
            return self._on(week, channel=channel, limit=limit, wish=wish), (no_place,)
        return self._apart_from_its_own(destination, moment)

    def _no_place_in_week(self, destination: str, week: date) -> Reason | None:
        """Why nothing more of the subject goes out there in the week of this Monday, if so."""
        book, rules = self._books[destination], self._rules
        places = rules.max_per_week or DAYS_OF_A_WEEK * rules.max_per_day
        taken = book.weeks["", week]
        if taken >= places:
            return Reason.of(ReasonCode.MOVED_WEEK_FULL, limit=str(places))
        for share in self._own(destination):
            if share.most_a_week is not None and book.weeks[share.voice, week] >= share.most_a_week:
                limit = str(share.most_a_week)
                return Reason.of(ReasonCode.MOVED_SHARE_USED, name=share.name, limit=limit)
        kept = self._kept(destination, week)
        # One place is left to the others, however much was promised.
        if taken and taken + sum(kept.values()) >= places:
            return Reason.of(ReasonCode.MOVED_WEEK_KEPT, names=", ".join(sorted(kept)))
        return None

    def _kept(self, destination: str, week: date) -> dict[str, int]:
        """The places still kept for other voices, by name; none once the week has begun."""
        if week <= monday_of(self._scene.now.astimezone(self._rules.zone).date()):
            return {}
        book = self._books[destination]
        left = {
            share.name: share.kept_a_week - book.weeks[share.voice, week]
            for share in self._rules.shares
            if share.destination == destination and share.voice not in self._scene.subject.voices
        }
        return {name: places for name, places in left.items() if places > 0}

    def _apart_from_its_own(self, destination: str, moment: datetime) -> Moved | None:
        """The move away from the last post of the same branch or partner that is too near."""
        book = self._books[destination]
        for share in self._own(destination):
            near = book.nearest(moment, share.gap, share.voice)
            if near is not None:
                gap = Reason.of(
                    ReasonCode.MOVED_SHARE_GAP, name=share.name, hours=_hours(share.gap)
                )
                return next_minute(near + share.gap), (gap,)
        return None

    def _own(self, destination: str) -> Iterator[Share]:
        voices = self._scene.subject.voices
        for share in self._rules.shares:
            if share.destination == destination and share.voice in voices:
                yield share

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


def _gap_reason(rules: Rules) -> Reason:
    return Reason.of(ReasonCode.MOVED_GAP, hours=_hours(rules.min_gap))


def _hours(gap: timedelta) -> str:
    return f"{gap / timedelta(hours=1):g}"
