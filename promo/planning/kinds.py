"""What a library promotes: the table of item kinds and of audiences, as data.

`KINDS` and `AUDIENCES` keep the order in which people choose from them. Nothing here plans; the
timetables that belong to a kind are in `timetables.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


class Timing(StrEnum):
    """Which times an item of this kind has: none, one start, a range of days, or a closing date."""

    NONE = "none"
    MOMENT = "moment"
    RANGE = "range"
    DEADLINE = "deadline"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of item.

    `dated`: it cannot be approved without its time. `recurring`: usually a series of occurrences.
    `schema_org`: types for structured data, the best first; empty where none fits. `operational`:
    news about the library's own service, exempt from gaps and the daily maximum. `urgent`: does not
    wait for the morning either. `closed_group`: nobody is invited, only the report is public.
    `priority`: the higher goes first where two posts want the same moment. `evergreen`: without a
    date it may be shown again and again.
    """

    key: str
    label: StrPromise
    timing: Timing = Timing.MOMENT
    dated: bool = True
    recurring: bool = False
    schema_org: tuple[str, ...] = ()
    operational: bool = False
    urgent: bool = False
    closed_group: bool = False
    priority: int = 50
    evergreen: bool = False


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom an item is for. `ages` is (from, to) in whole years, None where age does not matter."""

    key: str
    label: StrPromise
    ages: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """What a reader may choose to read about: several kinds under one plain name."""

    key: str
    label: StrPromise
    kinds: tuple[str, ...]


def _table(kinds: Iterable[Kind]) -> Mapping[str, Kind]:
    return MappingProxyType({kind.key: kind for kind in kinds})


KINDS: Mapping[str, Kind] = _table(
    (
        Kind(
            key="author_meeting",
            label=pgettext_lazy("kind of item", "meeting with an author"),
            schema_org=("LiteraryEvent",),
        ),
        Kind(
            key="dkk",
            label=pgettext_lazy("kind of item", "book club meeting"),
            recurring=True,
            schema_org=("LiteraryEvent", "SocialEvent"),
        ),
        Kind(
            key="library_lesson",
            label=pgettext_lazy("kind of item", "library lesson"),
            schema_org=("EducationEvent",),
            closed_group=True,
        ),
        Kind(
            key="workshop",
            label=pgettext_lazy("kind of item", "workshop"),
            schema_org=("EducationEvent",),
        ),
        Kind(
            key="exhibition",
            label=pgettext_lazy("kind of item", "exhibition"),
            timing=Timing.RANGE,
            schema_org=("ExhibitionEvent", "VisualArtsEvent"),
        ),
        Kind(
            key="contest",
            label=pgettext_lazy("kind of item", "contest"),
            timing=Timing.DEADLINE,
            schema_org=("Event",),
        ),
        Kind(
            key="reading_campaign",
            label=pgettext_lazy("kind of item", "national reading campaign"),
            schema_org=("LiteraryEvent", "Festival"),
        ),
        Kind(
            key="story_time",
            label=pgettext_lazy("kind of item", "story time"),
            recurring=True,
            schema_org=("ChildrensEvent",),
        ),
        Kind(
            key="holiday_programme",
            label=pgettext_lazy("kind of item", "school holiday programme"),
            timing=Timing.RANGE,
            recurring=True,
            schema_org=("ChildrensEvent",),
        ),
        Kind(
            key="seniors_it",
            label=pgettext_lazy("kind of item", "computer class for seniors"),
            recurring=True,
            schema_org=("EducationEvent",),
        ),
        Kind(
            key="heritage",
            label=pgettext_lazy("kind of item", "local heritage"),
            dated=False,
            schema_org=("Event", "Article"),
            evergreen=True,
        ),
        Kind(
            key="lecture",
            label=pgettext_lazy("kind of item", "lecture"),
            schema_org=("Event",),
        ),
        Kind(
            key="concert",
            label=pgettext_lazy("kind of item", "concert"),
            schema_org=("MusicEvent",),
        ),
        Kind(
            key="film",
            label=pgettext_lazy("kind of item", "film screening"),
            schema_org=("ScreeningEvent",),
        ),
        Kind(
            key="new_titles",
            label=pgettext_lazy("kind of item", "new titles"),
            timing=Timing.NONE,
            dated=False,
            schema_org=("ItemList",),
            priority=20,
        ),
        Kind(
            key="recommendation",
            label=pgettext_lazy("kind of item", "recommendation"),
            timing=Timing.NONE,
            dated=False,
            schema_org=("Article", "Review"),
            priority=20,
            evergreen=True,
        ),
        Kind(
            key="service",
            label=pgettext_lazy("kind of item", "library service"),
            timing=Timing.NONE,
            dated=False,
            schema_org=("Article",),
            priority=20,
            evergreen=True,
        ),
        Kind(
            key="opening_hours",
            label=pgettext_lazy("kind of item", "change of opening hours"),
            timing=Timing.RANGE,
            schema_org=("OpeningHoursSpecification",),
            operational=True,
            priority=80,
        ),
        Kind(
            key="emergency_closure",
            label=pgettext_lazy("kind of item", "emergency closure"),
            timing=Timing.RANGE,
            dated=False,  # nobody knows at first when the water is back
            schema_org=("OpeningHoursSpecification",),
            operational=True,
            urgent=True,
            priority=100,
        ),
        Kind(
            key="announcement",
            label=pgettext_lazy("kind of item", "announcement"),
            timing=Timing.NONE,
            dated=False,
            schema_org=("NewsArticle",),
            operational=True,
            priority=70,
        ),
        Kind(
            key="report",
            label=pgettext_lazy("kind of item", "report after an event"),
            timing=Timing.NONE,
            dated=False,
            schema_org=("Article",),
            priority=30,
        ),
        Kind(
            key="survey",
            label=pgettext_lazy("kind of item", "survey"),
            timing=Timing.RANGE,
            priority=30,
        ),
        Kind(
            key="partner_news",
            label=pgettext_lazy("kind of item", "news from a partner"),
            dated=False,
            priority=30,
        ),
    )
)

AUDIENCES: tuple[Audience, ...] = (
    Audience("children_0_3", pgettext_lazy("audience", "children (0–3 years)"), (0, 3)),
    Audience("children_4_6", pgettext_lazy("audience", "children (4–6 years)"), (4, 6)),
    Audience("children_7_10", pgettext_lazy("audience", "children (7–10 years)"), (7, 10)),
    Audience("youth", pgettext_lazy("audience", "young people")),
    Audience("adults", pgettext_lazy("audience", "adults")),
    Audience("seniors", pgettext_lazy("audience", "seniors")),
    Audience("families", pgettext_lazy("audience", "families")),
)

TOPICS: tuple[Topic, ...] = (
    Topic(
        "books",
        pgettext_lazy("topic", "books and authors"),
        ("author_meeting", "dkk", "reading_campaign", "new_titles", "recommendation"),
    ),
    Topic(
        "learning",
        pgettext_lazy("topic", "workshops, lectures and classes"),
        ("workshop", "lecture", "seniors_it", "library_lesson"),
    ),
    Topic(
        "arts",
        pgettext_lazy("topic", "exhibitions, concerts and films"),
        ("exhibition", "concert", "film", "contest"),
    ),
    Topic(
        "children",
        pgettext_lazy("topic", "for children and families"),
        ("story_time", "holiday_programme"),
    ),
    Topic("heritage", pgettext_lazy("topic", "history of the region"), ("heritage",)),
    Topic(
        "library",
        pgettext_lazy("topic", "from the life of the library"),
        ("service", "announcement", "report", "survey", "partner_news"),
    ),
)
"""Every kind belongs to one topic, save the changes of opening hours: they are for everybody."""
