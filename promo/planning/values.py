"""The planner's values: what is handed in and what comes out. All frozen, all instants aware."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Self
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from promo.errors import ConfigurationError
from promo.planning.closures import Closure
from promo.planning.notation import Anchor, When, parse_step
from promo.planning.reasons import Reason
from promo.planning.shares import Share
from promo.values import EventStatus, Variant


class Need(StrEnum):
    """What must be there before a step may go out."""

    REPORT = "report"
    """Text, at least one photo with a description, and consent to show people (rule S9)."""
    RESULTS = "results"
    """The results have been entered."""
    PLACES = "places"
    """There are places left."""
    WIDE_CHANGE = "wide_change"
    """The change lasts long (`Rules.long_change`) or concerns the main library."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a timetable. `key` is unique in its timetable and names the slot.

    `at` is local wall time, None for the anchor's own. `only_if_starts_after`: dropped where the
    event begins earlier in the day; for the variant `today` it replaces the rules' own limit.
    """

    key: str
    anchor: Anchor
    offset_days: int
    at: time | None
    channel: str
    variant: Variant
    only_if_starts_after: time | None = None
    needs: frozenset[Need] = frozenset()
    weekday: int | None = None

    @property
    def when(self) -> When:
        return When(self.anchor, self.offset_days, self.at, self.weekday)

    @classmethod
    def parse(
        cls,
        notation: str,
        *,
        key: str,
        channel: str,
        variant: Variant,
        only_if_starts_after: time | None = None,
        needs: frozenset[Need] = frozenset(),
    ) -> Self:
        """The step whose time is written in the notation; raises `InvalidInput`."""
        when = parse_step(notation)
        return cls(
            key=key,
            anchor=when.anchor,
            offset_days=when.offset_days,
            at=when.at,
            channel=channel,
            variant=variant,
            only_if_starts_after=only_if_starts_after,
            needs=needs,
            weekday=when.weekday,
        )


@dataclass(frozen=True, slots=True)
class Altered:
    """One date of a series that differs from its rule: where the rule has it, where it takes place
    (None: not at all), and since when that is decided.
    """

    was_at: datetime
    starts_at: datetime | None
    changed_at: datetime

    @property
    def last_at(self) -> datetime:
        """The later of the two: until then somebody may come."""
        return max(self.was_at, self.starts_at or self.was_at)

    @property
    def first_at(self) -> datetime:
        """The earlier of the two: the first at which somebody may come."""
        return min(self.was_at, self.starts_at or self.was_at)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is planned: the times and the state of one item.

    `operational` posts are exempt from the gap and the daily maximum, `urgent` ones (emergencies)
    from quiet hours and days off as well. `occurrences` are the starts of a series or of the
    sub-events of a programme, as they take place; `altered` are those that differ from the rule of
    the series, also those that do not take place. `approved_at` is None for a preview: approval is
    then assumed to be now. `previous_starts_at` is the start people were told before. `changed_at`
    is when the date or the status last changed: what went out since then tells the new one, and
    each change has a notice of its own. `priority`: the higher first. `voices`: whose it is, its
    branch and partners by the keys of `promo.planning.shares`.
    """

    ref: str
    kind: str
    priority: int = 50
    operational: bool = False
    urgent: bool = False
    closed_group: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    all_day: bool = False
    deadline_at: datetime | None = None
    occurrences: tuple[datetime, ...] = ()
    altered: tuple[Altered, ...] = ()
    approved_at: datetime | None = None
    status: EventStatus = EventStatus.SCHEDULED
    previous_starts_at: datetime | None = None
    changed_at: datetime | None = None
    report_ready: bool = False
    results_ready: bool = False
    places_left: bool = True
    main_branch: bool = False
    voices: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        instants = (
            self.starts_at,
            self.ends_at,
            self.deadline_at,
            self.approved_at,
            self.previous_starts_at,
            self.changed_at,
            *self.occurrences,
            *(at for one in self.altered for at in (one.was_at, one.starts_at, one.changed_at)),
        )
        if any(instant is not None and instant.tzinfo is None for instant in instants):
            raise ValueError("a subject's instants must be aware")

    def altered_at(self, occurrence: datetime | None) -> Altered | None:
        """What was changed about the date that takes place at this instant, if anything."""
        if occurrence is None:
            return None
        return next((one for one in self.altered if one.starts_at == occurrence), None)

    @property
    def begins_at(self) -> datetime | None:
        """The first start: its own, or that of the first occurrence."""
        return self.starts_at or min(self.occurrences, default=None)


@dataclass(frozen=True, slots=True)
class Destination:
    """A configured channel. A paused one is planned all the same: what is due waits."""

    ref: str
    channel: str
    branch: str = ""
    paused: bool = False


@dataclass(frozen=True, slots=True)
class ChannelRules:
    """How a channel behaves in time.

    `quiet_hours`: silent at night. `spaced`: gap, maxima and fair shares apply.
    `working_days_only`: not on Sundays, public holidays and closed days; `open_days_only`: not on
    closed days. `lasting`: an entry that stays and is worth having until the end (a website).
    `needs_twin`: somebody else's site, so that our own must have it no later (A1).
    """

    channel: str
    quiet_hours: bool = False
    spaced: bool = False
    working_days_only: bool = False
    open_days_only: bool = False
    lasting: bool = False
    needs_twin: bool = False


DEFAULT_CHANNEL_RULES: Mapping[str, ChannelRules] = MappingProxyType(
    {
        rules.channel: rules
        for rules in (
            ChannelRules("facebook_page", quiet_hours=True, spaced=True, needs_twin=True),
            ChannelRules("newsletter_email", quiet_hours=True, working_days_only=True),
            ChannelRules("website", lasting=True),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Rules:
    """The institution's rules. `holidays` maps public holidays to their names.

    `max_per_day` and `max_per_week` hold for each destination (None: as many as the days allow);
    `shares` are what branches and partners may take of them, one for each voice and destination.
    `today_needs_start_after`: no "today" post for an event that begins earlier in the day.
    `all_day_today_before`: an all-day event counts as begun after this, so its "today" post goes
    out by then or not at all. Raises `ConfigurationError` for a maximum below one.
    """

    zone: ZoneInfo
    quiet_from: time = time(21)
    quiet_until: time = time(7)
    min_gap: timedelta = timedelta(hours=3)
    max_per_day: int = 3
    max_per_week: int | None = None
    closures: tuple[Closure, ...] = ()
    shares: tuple[Share, ...] = ()
    holidays: Mapping[date, str] = field(default_factory=dict)
    today_needs_start_after: time = time(12)
    all_day_today_before: time = time(9)
    reminder_collapse: timedelta = timedelta(hours=12)
    report_lapse_days: int = 7
    long_change: timedelta = timedelta(days=2)
    channel_rules: Mapping[str, ChannelRules] = field(default_factory=lambda: DEFAULT_CHANNEL_RULES)

    def __post_init__(self) -> None:
        if self.max_per_day < 1:
            raise ConfigurationError(_("The daily maximum of posts must be at least 1."))
        if self.max_per_week is not None and self.max_per_week < 1:
            raise ConfigurationError(_("The weekly maximum of posts must be at least 1."))

    def channel(self, key: str) -> ChannelRules:
        """The channel's rules; an unknown one is taken for a social network, the careful guess."""
        unknown = ChannelRules(key, quiet_hours=True, spaced=True, needs_twin=True)
        return self.channel_rules.get(key, unknown)


@dataclass(frozen=True, slots=True)
class Occupied:
    """A post of any item that is planned or out. `ref` is its subject, `slot` its slot.

    `out`: not ours to move any more (out, on its way, or its outcome unknown). `by_hand`: a person
    chose its time. Of the subject being planned only these count as taken. `operational` posts keep
    nobody waiting. `voices`: whose it is, as in `Subject`.
    """

    destination: str
    at: datetime
    ref: str
    slot: str = ""
    out: bool = False
    operational: bool = False
    voices: frozenset[str] = frozenset()
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """One publication to be. `destination` is its ref; `slot` is unique for item and destination.

    After `not_after_at` it must not go out any more (None: never too late). Both instants are UTC.
    """

    step_key: str
    channel: str
    destination: str
    variant: Variant
    slot: str
    due_at: datetime
    not_after_at: datetime | None = None
    occurrence_at: datetime | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Dropped:
    """A step that will not go out, or not yet. `destination` is "" where the channel has none."""

    step_key: str
    channel: str
    destination: str
    variant: Variant
    slot: str
    reason: Reason
    occurrence_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes out and what does not, in the order of time, then of destination and slot."""

    planned: tuple[Planned, ...] = ()
    dropped: tuple[Dropped, ...] = ()
