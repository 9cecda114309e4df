"""Why a step stands where it stands, or was dropped: a code with parameters, and its plain words.

The planner speaks in codes, so that a plan can be stored, compared and translated later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from django.utils.translation import gettext_lazy as _

from promo.planning.closures import days_in_words

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


class ReasonCode(StrEnum):
    """Every reason the planner gives. S1 to S9 and A1 are its rules (see `planner.py`)."""

    # where it stands; MOVED_CLOSED_DAY is found in plans of older versions
    MOVED_QUIET_HOURS = "moved_quiet_hours"
    MOVED_SUNDAY = "moved_sunday"
    MOVED_HOLIDAY = "moved_holiday"
    MOVED_CLOSED_DAY = "moved_closed_day"
    MOVED_GAP = "moved_gap"
    MOVED_CLOSED = "moved_closed"
    MOVED_DAY_FULL = "moved_day_full"
    MOVED_WEEK_FULL = "moved_week_full"
    MOVED_WEEK_KEPT = "moved_week_kept"
    MOVED_SHARE_USED = "moved_share_used"
    MOVED_SHARE_GAP = "moved_share_gap"
    LATE_NOW = "late_now"
    CLOCK_GAP = "clock_gap"
    CLOCK_REPEATED = "clock_repeated"
    WEBSITE_FIRST = "website_first"
    WEBSITE_ADDED = "website_added"
    WEBSITE_MISSING = "website_missing"
    DESTINATION_PAUSED = "destination_paused"
    NOTICE_CHANGED = "notice_changed"
    NOTICE_POSTPONED = "notice_postponed"
    NOTICE_CANCELLED = "notice_cancelled"
    NOTICE_DATE_MOVED = "notice_date_moved"
    NOTICE_DATE_CANCELLED = "notice_date_cancelled"
    NOTICE_IN_TIME = "notice_in_time"
    SHOWN_AGAIN = "shown_again"
    MOVED_TO_SEASON = "moved_to_season"
    GIVES_WAY = "gives_way"
    DATE_MOVED = "date_moved"
    # why it was dropped
    LATE_COLLAPSED = "late_collapsed"
    LATE_REMINDER = "late_reminder"
    NEAR_ANNOUNCEMENT = "near_announcement"
    AFTER_START = "after_start"
    AFTER_DEADLINE = "after_deadline"
    AFTER_END = "after_end"
    BEFORE_START = "before_start"
    STARTS_EARLY = "starts_early"
    ALL_DAY_LATE = "all_day_late"
    NOT_THAT_DAY = "not_that_day"
    NO_ROOM = "no_room"
    NO_ROOM_IN_SHARE = "no_room_in_share"
    NO_DATE = "no_date"
    NO_END = "no_end"
    NO_DEADLINE = "no_deadline"
    NO_DESTINATION = "no_destination"
    REPORT_NOT_READY = "report_not_ready"
    REPORT_LAPSED = "report_lapsed"
    RESULTS_NOT_READY = "results_not_ready"
    NO_PLACES = "no_places"
    SOLD_OUT = "sold_out"
    SMALL_CHANGE = "small_change"
    CLOSED_GROUP = "closed_group"
    CANCELLED = "cancelled"
    POSTPONED = "postponed"
    DATE_CANCELLED = "date_cancelled"
    ALREADY_OUT = "already_out"
    ALREADY_TOLD = "already_told"
    SHOWN_OFTEN = "shown_often"
    SHOWN_TO_THE_END = "shown_to_the_end"
    LAST_SHOWING_OPEN = "last_showing_open"
    TAKEN_DOWN_HERE = "taken_down_here"


@dataclass(frozen=True, slots=True)
class Reason:
    """A code and what its words need, as sorted pairs: reasons can be compared and hashed."""

    code: ReasonCode
    params: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, code: ReasonCode, **params: str) -> Self:
        return cls(code, tuple(sorted(params.items())))

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code.value, "params": dict(self.params)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls.of(ReasonCode(data["code"]), **data.get("params", {}))


_TEXTS: Mapping[ReasonCode, StrPromise] = {
    ReasonCode.MOVED_QUIET_HOURS: _("moved: nothing goes out between %(start)s and %(end)s"),
    ReasonCode.MOVED_SUNDAY: _("moved from Sunday: a quiet day"),
    ReasonCode.MOVED_HOLIDAY: _("moved from a public holiday (%(name)s): a quiet day"),
    ReasonCode.MOVED_CLOSED_DAY: _("moved: the library is closed that day"),
    ReasonCode.MOVED_CLOSED: _("moved: the library is closed %(days)s"),
    ReasonCode.MOVED_GAP: _(
        "moved later: posts keep a distance of at least %(hours)s h from each other"
    ),
    ReasonCode.MOVED_DAY_FULL: _(
        "moved to the next day: the daily limit of posts (%(limit)s) is reached"
    ),
    ReasonCode.MOVED_WEEK_FULL: _(
        "moved to the next week: the weekly limit of posts (%(limit)s) is reached"
    ),
    ReasonCode.MOVED_WEEK_KEPT: _(
        "moved to the next week: the places left in this one are kept for: %(names)s"
    ),
    ReasonCode.MOVED_SHARE_USED: _(
        "moved to the next week: %(name)s has as many posts as it may have in one week (%(limit)s)"
    ),
    ReasonCode.MOVED_SHARE_GAP: _(
        "moved later: at least %(hours)s h lie between two posts of %(name)s"
    ),
    ReasonCode.LATE_NOW: _("its planned time has already passed, so it goes out as soon as it may"),
    ReasonCode.CLOCK_GAP: _("the clock skips %(wanted)s that night, so it goes out at %(actual)s"),
    ReasonCode.CLOCK_REPEATED: _(
        "the clock shows %(wanted)s twice that night; it goes out the first time"
    ),
    ReasonCode.WEBSITE_FIRST: _(
        "brought forward: the website must have it no later than the social network"
    ),
    ReasonCode.WEBSITE_ADDED: _("added: what a social network shows must also be on the website"),
    ReasonCode.WEBSITE_MISSING: _(
        "no website is set up, although what a social network shows must also be on the website"
    ),
    ReasonCode.DESTINATION_PAUSED: _(
        "this destination is paused; it will wait until the pause ends"
    ),
    ReasonCode.NOTICE_CHANGED: _("notice of the new date: something had already gone out here"),
    ReasonCode.NOTICE_POSTPONED: _(
        "notice of the postponement: something had already gone out here"
    ),
    ReasonCode.NOTICE_CANCELLED: _(
        "notice of the cancellation: something had already gone out here"
    ),
    ReasonCode.NOTICE_DATE_MOVED: _(
        "notice of a change to one date: something had already gone out here"
    ),
    ReasonCode.NOTICE_DATE_CANCELLED: _(
        "notice that one date is cancelled: something had already gone out here"
    ),
    ReasonCode.DATE_MOVED: _("moves with the date of the series that was to be on %(day)s"),
    ReasonCode.NOTICE_IN_TIME: _(
        "goes out despite quiet hours or a day off, to be in time before the event"
    ),
    ReasonCode.LATE_COLLAPSED: _(
        "its planned time has passed; one announcement takes the place of all that are overdue"
    ),
    ReasonCode.LATE_REMINDER: _("its planned time has already passed"),
    ReasonCode.NEAR_ANNOUNCEMENT: _(
        "dropped: less than %(hours)s h lie between it and the announcement"
    ),
    ReasonCode.AFTER_START: _("dropped: the event will have begun by then"),
    ReasonCode.AFTER_DEADLINE: _("dropped: the deadline will have passed by then"),
    ReasonCode.AFTER_END: _("dropped: it will be over by then"),
    ReasonCode.BEFORE_START: _("dropped: the last days cannot be announced before it has begun"),
    ReasonCode.STARTS_EARLY: _("dropped: the event begins before %(limit)s"),
    ReasonCode.ALL_DAY_LATE: _(
        "dropped: on the day of an all-day event it would have to go out by %(limit)s"
    ),
    ReasonCode.NOT_THAT_DAY: _("dropped: it could not go out on the day of the event"),
    ReasonCode.NO_ROOM: _("dropped: there is no free moment left in time"),
    ReasonCode.NO_ROOM_IN_SHARE: _(
        "dropped: %(name)s has as many posts as it may have in one week (%(limit)s),"
        " and the next week would be too late"
    ),
    ReasonCode.NO_DATE: _("waits: the date is not known yet"),
    ReasonCode.NO_END: _("waits: the closing date is not known yet"),
    ReasonCode.NO_DEADLINE: _("waits: the deadline is not known yet"),
    ReasonCode.NO_DESTINATION: _("no destination is set up for this channel"),
    ReasonCode.REPORT_NOT_READY: _(
        "waits for the report: text, a photo with a description, and consent to show people"
    ),
    ReasonCode.REPORT_LAPSED: _(
        "dropped: the report was not ready within the time allowed (days: %(days)s)"
    ),
    ReasonCode.RESULTS_NOT_READY: _("waits until the results are entered"),
    ReasonCode.NO_PLACES: _("dropped: there are no places left"),
    ReasonCode.SOLD_OUT: _("dropped: the event is full, so nobody is invited any more"),
    ReasonCode.SMALL_CHANGE: _(
        "dropped: the newsletter tells only of longer changes or of the main library"
    ),
    ReasonCode.CLOSED_GROUP: _("dropped: this is for a closed group, nobody is invited"),
    ReasonCode.CANCELLED: _("dropped: the event is cancelled"),
    ReasonCode.POSTPONED: _("dropped: the event is postponed and has no new date yet"),
    ReasonCode.DATE_CANCELLED: _("dropped: this date of the series is cancelled"),
    ReasonCode.ALREADY_OUT: _("it is already out"),
    ReasonCode.ALREADY_TOLD: _(
        "its planned time has passed and this destination has already told of the event"
    ),
    ReasonCode.SHOWN_AGAIN: _("shown again: its pause here is over by then (days: %(pause)s)"),
    ReasonCode.MOVED_TO_SEASON: _("waits for its season: %(days)s"),
    ReasonCode.GIVES_WAY: _(
        "gives way: an event or other news needs the place it would have on %(days)s"
    ),
    ReasonCode.SHOWN_OFTEN: _(
        "not shown any more: it was shown here as often as it may be (times: %(most)s)"
    ),
    ReasonCode.SHOWN_TO_THE_END: _("not shown any more: its last day was %(days)s"),
    ReasonCode.LAST_SHOWING_OPEN: _("waits until it is clear what became of the last one here"),
    ReasonCode.TAKEN_DOWN_HERE: _(
        "waits: it was taken down here; once the item is approved again, it may be shown again"
    ),
}


def reason_text(reason: Reason) -> str:
    """The reason in plain words of the active language."""
    params = dict(reason.params)
    if "until" in params:
        first, until = date.fromisoformat(params["first"]), date.fromisoformat(params["until"])
        params["days"] = days_in_words(first, until, params["name"])
    return str(_TEXTS[reason.code]) % params
