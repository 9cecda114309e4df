"""What a newsletter's next issue is made of: items, a rule and what was told in; chapters out.

Pure: no database, no clock. Nothing is told twice unless it has changed, nothing invites to what is
over, and nobody is sent the cancellation of an event that they never heard of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from django.utils.translation import pgettext

from promo.planning.kinds import KINDS, TOPICS, Kind, Timing
from promo.values import EventStatus

_DAY = timedelta(days=1)
_OFF = frozenset({EventStatus.CANCELLED, EventStatus.POSTPONED})
_FAR = datetime.max.replace(tzinfo=UTC)


class Group(StrEnum):
    """The chapters of an issue, in their order."""

    NEWS = "news"
    CHANGES = "changes"
    EVENTS = "events"
    EXHIBITIONS = "exhibitions"
    CONTESTS = "contests"
    BOOKS = "books"
    HERITAGE = "heritage"
    MORE = "more"


_OF_KIND = {
    "new_titles": Group.BOOKS,
    "recommendation": Group.BOOKS,
    "report": Group.MORE,
    "survey": Group.MORE,
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """An approved item as this planner sees it.

    `occurrences` are the coming starts of a series (empty where it is none), `approved_at` is the
    first approval, `place` tells whether it was moved to another one.
    """

    ref: int
    kind: str
    title: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    deadline_at: datetime | None = None
    sign_up_until_at: datetime | None = None
    occurrences: tuple[datetime, ...] = ()
    status: EventStatus = EventStatus.SCHEDULED
    place: str = ""
    branch: int | None = None
    audiences: frozenset[str] = frozenset()
    approved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """How an earlier issue told of an item; its readers know of a series up to `reached_at`."""

    starts_at: datetime | None
    place: str
    status: EventStatus
    reached_at: datetime
    deadline_at: datetime | None = None
    sign_up_until_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Collecting:
    """What an issue collects. None chosen means all; a topic stands for its kinds.

    Dated items from `send_at` up to `until`; news without a date that was approved since `since`.
    """

    send_at: datetime
    until: datetime
    since: datetime
    topics: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    branches: frozenset[int] = frozenset()
    audiences: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Chapter:
    """Some items under one heading."""

    group: Group
    items: tuple[Candidate, ...]


def collect(
    candidates: Iterable[Candidate], *, rule: Collecting, told: Mapping[int, Told]
) -> tuple[Chapter, ...]:
    """The chapters of the issue in their order; empty where there is nothing to tell."""
    found: dict[Group, list[Candidate]] = {}
    for item in {candidate.ref: candidate for candidate in candidates}.values():
        group = _group(item, rule, told.get(item.ref)) if _wanted(item, rule) else None
        if group is not None:
            found.setdefault(group, []).append(item)
    return tuple(
        Chapter(group, tuple(sorted(found[group], key=lambda item: _order(item, group, rule))))
        for group in Group
        if group in found
    )


def woven(
    blocks: Sequence[tuple[str, object]], chapters: Iterable[Chapter]
) -> list[tuple[str, object]]:
    """The blocks with each chapter's items at the end of the part under its heading.

    A block is its kind and its value; an item's value is its `ref`. A chapter that has no heading
    there yet comes last, with one.
    """
    made = list(blocks)
    for chapter in chapters:
        items: list[tuple[str, object]] = [("item", item.ref) for item in chapter.items]
        opening = ("heading", heading(chapter.group))
        if opening in made:
            start = made.index(opening) + 1
            later = (at for at in range(start, len(made)) if made[at][0] == "heading")
            end = next(later, len(made))
            made[end:end] = items
        else:
            made += [opening, *items]
    return made


def heading(group: Group) -> str:
    """The chapter's heading, in the language of the moment."""
    return {
        Group.NEWS: pgettext("heading in a newsletter", "Good to know"),
        Group.CHANGES: pgettext("heading in a newsletter", "Changes"),
        Group.EVENTS: pgettext("heading in a newsletter", "Events"),
        Group.EXHIBITIONS: pgettext("heading in a newsletter", "Exhibitions"),
        Group.CONTESTS: pgettext("heading in a newsletter", "Contests and closing dates"),
        Group.BOOKS: pgettext("heading in a newsletter", "Books"),
        Group.HERITAGE: pgettext("heading in a newsletter", "History of the region"),
        Group.MORE: pgettext("heading in a newsletter", "From the life of the library"),
    }[group]


def _wanted(item: Candidate, rule: Collecting) -> bool:
    """Is it for these readers? News of the library's own service is for everybody."""
    kind = KINDS[item.kind]
    if kind.closed_group or (rule.branches and item.branch and item.branch not in rule.branches):
        return False
    if kind.operational:
        return True
    chosen = rule.kinds.union(*(topic.kinds for topic in TOPICS if topic.key in rule.topics))
    if chosen and item.kind not in chosen:
        return False
    return not (rule.audiences and item.audiences) or bool(rule.audiences & item.audiences)


def _group(item: Candidate, rule: Collecting, told: Told | None) -> Group | None:
    """The chapter it belongs to; None where it has no place in this issue."""
    if told is not None and _changed(item, told):
        return Group.CHANGES if _ahead(item, rule, told) else None
    if item.status in _OFF or (told is not None and not _anew(item, rule, told)):
        return None
    return _chapter(item, KINDS[item.kind], rule) if _in_time(item, rule) else None


def _changed(item: Candidate, told: Told) -> bool:
    """Has a date, the place, or whether one may come at all become another since?"""
    off = item.status if item.status in _OFF else None
    told_off = told.status if told.status in _OFF else None
    if off or told_off:
        return off != told_off
    return _terms(item) != _terms(told)


def _terms(known: Candidate | Told) -> tuple[object, ...]:
    """What a reader has to know to be there, or to send something in, in time."""
    dates = (known.starts_at, known.deadline_at, known.sign_up_until_at)
    return (*dates, known.place, known.status is EventStatus.SOLD_OUT)


def _ahead(item: Candidate, rule: Collecting, told: Told) -> bool:
    """Is there anything left to be in time for, by the new date or by the one that was told?"""
    known_before = (told.starts_at, told.deadline_at)
    times = (item.starts_at, item.ends_at, item.deadline_at, *known_before, *item.occurrences)
    known = [at for at in times if at is not None]
    return not known or max(known) > rule.send_at


def _anew(item: Candidate, rule: Collecting, told: Told) -> bool:
    """A series is told again for the meetings that the earlier issue did not reach."""
    following = next((at for at in item.occurrences if at > rule.send_at), None)
    return following is not None and following > told.reached_at


def _in_time(item: Candidate, rule: Collecting) -> bool:
    if item.occurrences:
        return any(rule.send_at < at <= rule.until for at in item.occurrences)
    if item.starts_at is not None and item.starts_at > rule.until:
        return False
    if item.deadline_at is not None:
        return item.deadline_at > rule.send_at
    if item.starts_at is None:
        return item.approved_at is not None and item.approved_at >= rule.since
    return item.starts_at > rule.send_at or _in_progress(item, rule)


def _in_progress(item: Candidate, rule: Collecting) -> bool:
    """Begun, not over, and of the kind that one may still come to: it lasts more than a day."""
    begun, end = item.starts_at, item.ends_at
    return bool(begun and end and begun <= rule.send_at < end and end - begun >= _DAY)


def _chapter(item: Candidate, kind: Kind, rule: Collecting) -> Group:
    if kind.operational:
        return Group.NEWS
    if item.kind in _OF_KIND:
        return _OF_KIND[item.kind]
    if kind.timing is Timing.DEADLINE or (item.deadline_at and item.starts_at is None):
        return Group.CONTESTS
    if "ExhibitionEvent" in kind.schema_org and _in_progress(item, rule):
        return Group.EXHIBITIONS
    if item.starts_at is not None:
        return Group.EVENTS
    return Group.HERITAGE if item.kind == "heritage" else Group.MORE


def next_at(item: Candidate, rule: Collecting) -> datetime:
    """When the item is next of use: its next meeting, its start or its end; far away if never."""
    coming = [at for at in item.occurrences if at > rule.send_at]
    times = coming[:1] or [
        at for at in (item.starts_at, item.deadline_at, item.ends_at) if at and at > rule.send_at
    ]
    return min(times, default=_FAR)


def _order(item: Candidate, group: Group, rule: Collecting) -> tuple[object, ...]:
    kind = KINDS[item.kind]
    at = next_at(item, rule)
    weight = (not kind.urgent, -kind.priority) if group is Group.NEWS else ()
    newest = -item.approved_at.timestamp() if item.approved_at and at == _FAR else 0.0
    return (*weight, at, newest, item.title, item.ref)
