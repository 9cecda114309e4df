"""The timetables a library starts with, as data: at least one for every kind of item.

Steps for channels that do not exist yet are left out: briefings of staff, print, single-topic
mails to interest groups, mails to people who signed up, surveys after a visit. So are steps that
follow no date ("three places left"): they come when the counts of sign-ups do. A series has no
report for each occurrence: its monthly report is an item of the kind `report`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from promo.errors import InvalidInput
from promo.planning.kinds import KINDS, Timing
from promo.planning.moments import AT_APPROVAL
from promo.planning.values import Need, Step
from promo.values import Variant

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@dataclass(frozen=True, slots=True)
class Timetable:
    """A reusable plan. `level` is the level of promotion, 1 (the website only) to 3 (everything).

    `kinds` are the kinds it is made for, `steps` are in the order of time.
    """

    key: str
    name: StrPromise
    level: int
    kinds: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def works_undated(self) -> bool:
        """Whether every step is counted from the approval, so that no date is needed."""
        return all(step.anchor in AT_APPROVAL for step in self.steps)


def default_timetable(kind: str, *, level: int | None = None, dated: bool = True) -> Timetable:
    """The first timetable made for the kind, at `level` if one is given; raises `InvalidInput`.

    For an item without a date (`dated=False`) only one that needs none will do.
    """
    for timetable in DEFAULT_TIMETABLES:
        fits = kind in timetable.kinds and level in (None, timetable.level)
        if fits and (dated or timetable.works_undated):
            return timetable
    raise InvalidInput(_("There is no timetable for this kind of item."), field="kind")


def _web(key: str, when: str, variant: Variant, *needs: Need) -> Step:
    return Step.parse(
        when, key=f"web_{key}", channel="website", variant=variant, needs=frozenset(needs)
    )


def _page(key: str, when: str, variant: Variant, *needs: Need) -> Step:
    return Step.parse(
        when, key=f"fb_{key}", channel="facebook_page", variant=variant, needs=frozenset(needs)
    )


def _mail(key: str, when: str, variant: Variant, *needs: Need) -> Step:
    return Step.parse(
        when, key=f"nl_{key}", channel="newsletter_email", variant=variant, needs=frozenset(needs)
    )


def _both(key: str, when: str, variant: Variant, *needs: Need) -> tuple[Step, Step]:
    """The same on the website and on the page."""
    return _web(key, when, variant, *needs), _page(key, when, variant, *needs)


_INVITING = tuple(
    key for key, kind in KINDS.items() if kind.timing is not Timing.NONE and not kind.closed_group
)
_REPORT = _both("report", "D+1 11:00", Variant.REPORT, Need.REPORT)

DEFAULT_TIMETABLES: Sequence[Timetable] = (
    Timetable(
        key="author_meeting",
        name=pgettext_lazy("timetable", "Meeting with an author: full campaign"),
        level=3,
        kinds=("author_meeting",),
        steps=(
            _web("announce", "D-21 10:00", Variant.ANNOUNCE),
            _mail("announce", "D-14 10:00", Variant.ANNOUNCE),
            _page("announce", "D-14 17:00", Variant.ANNOUNCE),
            _page("about", "D-7 18:00", Variant.REMINDER),
            _page("reminder", "D-1 17:00", Variant.REMINDER),
            _page("today", "D 09:00", Variant.TODAY),
            *_REPORT,
        ),
    ),
    Timetable(
        key="event",
        name=pgettext_lazy("timetable", "Single event"),
        level=2,
        kinds=("lecture", "concert", "film", "heritage", "author_meeting"),
        steps=(
            _web("announce", "D-14 10:00", Variant.ANNOUNCE),
            _mail("announce", "D-14 10:00", Variant.ANNOUNCE),
            _page("announce", "D-7 17:00", Variant.ANNOUNCE),
            _page("reminder", "D-1 17:00", Variant.REMINDER),
            _page("today", "D 09:00", Variant.TODAY),
            *_REPORT,
        ),
    ),
    Timetable(
        key="series",
        name=pgettext_lazy("timetable", "Regular meetings"),
        level=2,
        kinds=("dkk", "story_time", "seniors_it"),
        steps=(
            _web("announce", "approval", Variant.ANNOUNCE),
            _mail("announce", "each-7 10:00", Variant.ANNOUNCE),
            _page("announce", "each-3 17:00", Variant.ANNOUNCE),
            _page("reminder", "each-1 17:00", Variant.REMINDER, Need.PLACES),
        ),
    ),
    Timetable(
        key="workshop",
        name=pgettext_lazy("timetable", "Workshop with sign-up"),
        level=2,
        kinds=("workshop",),
        steps=(
            *_both("announce", "signup", Variant.ANNOUNCE),
            _page("places", "D-3 17:00", Variant.REMINDER, Need.PLACES),
        ),
    ),
    Timetable(
        key="exhibition",
        name=pgettext_lazy("timetable", "Exhibition"),
        level=3,
        kinds=("exhibition",),
        steps=(
            _web("announce", "D-14 10:00", Variant.ANNOUNCE),
            _page("announce", "D-7 17:00", Variant.ANNOUNCE),
            _page("reminder", "D-1 17:00", Variant.REMINDER),
            _page("today", "D 09:00", Variant.TODAY),
            *_REPORT,
            _page("half", "half 17:00", Variant.LAST_DAYS),
            _mail("last_days", "end-5 10:00", Variant.LAST_DAYS),
            _page("last_days", "end-5 17:00", Variant.LAST_DAYS),
        ),
    ),
    Timetable(
        key="contest",
        name=pgettext_lazy("timetable", "Contest with a deadline"),
        level=3,
        kinds=("contest",),
        steps=(
            *_both("announce", "approval", Variant.ANNOUNCE),
            _mail("announce", "approval", Variant.ANNOUNCE),
            _page("half", "half 17:00", Variant.REMINDER),
            _page("week_left", "deadline-7 17:00", Variant.REMINDER),
            _page("day_left", "deadline-1 17:00", Variant.REMINDER),
            *_both("results", "deadline+1 11:00", Variant.RESULTS, Need.RESULTS),
        ),
    ),
    Timetable(
        key="holiday_programme",
        name=pgettext_lazy("timetable", "School holiday programme"),
        level=3,
        kinds=("holiday_programme",),
        steps=(
            _web("announce", "D-21 10:00", Variant.ANNOUNCE),
            _mail("announce", "D-14 10:00", Variant.ANNOUNCE),
            _page("announce", "D-10 17:00", Variant.ANNOUNCE),
            _page("reminder", "D-3 17:00", Variant.REMINDER),
            _page("tomorrow", "each-1 17:00", Variant.REMINDER, Need.PLACES),
            *_both("report", "end+3 11:00", Variant.REPORT, Need.REPORT),
        ),
    ),
    Timetable(
        key="reading_campaign",
        name=pgettext_lazy("timetable", "National reading campaign"),
        level=3,
        kinds=("reading_campaign",),
        steps=(
            _web("announce", "D-21 10:00", Variant.ANNOUNCE),
            _page("announce", "D-14 17:00", Variant.ANNOUNCE),
            _page("week_left", "D-7 17:00", Variant.REMINDER),
            _page("reminder", "D-1 17:00", Variant.REMINDER),
            _page("today", "D 09:00", Variant.TODAY),
            *_REPORT,
        ),
    ),
    Timetable(
        key="opening_hours",
        name=pgettext_lazy("timetable", "Change of opening hours"),
        level=3,
        kinds=("opening_hours",),
        steps=(
            *_both("announce", "approval", Variant.ANNOUNCE),
            _mail("announce", "approval", Variant.ANNOUNCE, Need.WIDE_CHANGE),
            _page("reminder", "D-1 16:00", Variant.REMINDER),
        ),
    ),
    Timetable(
        key="emergency_closure",
        name=pgettext_lazy("timetable", "Emergency closure"),
        level=2,
        kinds=("emergency_closure",),
        steps=_both("announce", "approval", Variant.ANNOUNCE),
    ),
    Timetable(
        key="new_titles",
        name=pgettext_lazy("timetable", "New titles"),
        level=2,
        kinds=("new_titles",),
        steps=(
            _web("news", "approval", Variant.NEWS),
            _page("news", "approval fri 12:00", Variant.NEWS),
            _mail("news", "approval+1 10:00", Variant.NEWS),
        ),
    ),
    Timetable(
        key="library_lesson",
        name=pgettext_lazy("timetable", "Library lesson: report only"),
        level=2,
        kinds=("library_lesson",),
        steps=_REPORT,
    ),
    Timetable(
        key="survey",
        name=pgettext_lazy("timetable", "Survey"),
        level=2,
        kinds=("survey",),
        steps=(
            _web("question", "D 10:00", Variant.NEWS),
            _mail("question", "D 10:00", Variant.NEWS),
            _mail("reminder", "end-5 10:00", Variant.LAST_DAYS),
            _web("results", "end+1 11:00", Variant.RESULTS, Need.RESULTS),
        ),
    ),
    Timetable(
        key="announcement",
        name=pgettext_lazy("timetable", "Announcement on the website"),
        level=1,
        kinds=("announcement",),
        steps=(_web("news", "approval", Variant.NEWS),),
    ),
    Timetable(
        key="report",
        name=pgettext_lazy("timetable", "Report after an event"),
        level=2,
        kinds=("report",),
        steps=_both("report", "approval", Variant.REPORT, Need.REPORT),
    ),
    Timetable(
        key="article",
        name=pgettext_lazy("timetable", "News without a date"),
        level=2,
        kinds=("recommendation", "service", "heritage", "partner_news", "announcement"),
        steps=(
            _web("news", "approval", Variant.NEWS),
            _page("news", "approval+1 18:00", Variant.NEWS),
        ),
    ),
    Timetable(
        key="website_only",
        name=pgettext_lazy("timetable", "Website only, at once"),
        level=1,
        kinds=_INVITING,
        steps=(_web("announce", "approval", Variant.ANNOUNCE),),
    ),
    Timetable(
        key="website_news",
        name=pgettext_lazy("timetable", "News on the website only"),
        level=1,
        kinds=("new_titles", "recommendation"),
        steps=(_web("news", "approval", Variant.NEWS),),
    ),
)
