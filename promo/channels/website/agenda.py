"""The agenda: which items are coming, running, closing or new, and how they are grouped. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.utils.translation import pgettext

from promo.channels.website.entry import shown_pictures
from promo.channels.website.facts import OFF, closing, phrase
from promo.channels.website.places import has_place
from promo.channels.website.recurrence import Occurrence, told_dates
from promo.channels.website.text import flat
from promo.channels.website.words import title_of
from promo.rendering.dates import format_date, format_hours, format_time
from promo.values import EventStatus, InstitutionFacts, ItemFacts, Picture

SERIES_AHEAD = timedelta(days=90)
"""Dates of a series further away than this are not listed; the item's own page tells them."""

SERIES_LISTED = 8
NEWS_LISTED = 20


@dataclass(frozen=True, slots=True)
class Card:
    """One entry of the agenda, ready to be shown."""

    title: str
    url: str
    language: str
    kind_label: str
    lead: str = ""
    when: str = ""
    moment: str = ""
    place: str = ""
    status: str = ""
    badge: str = ""
    is_off: bool = False
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Day:
    heading: str
    moment: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """One month of the agenda. `key` is "2026-10"."""

    key: str
    heading: str
    days: tuple[Day, ...]


@dataclass(frozen=True, slots=True)
class Agenda:
    """What is on, as of one day."""

    months: tuple[Month, ...]
    ongoing: tuple[Card, ...]
    deadlines: tuple[Card, ...]
    news: tuple[Card, ...]

    @property
    def total(self) -> int:
        days = [day for month in self.months for day in month.days]
        listed = sum(len(day.cards) for day in days)
        return listed + len(self.ongoing) + len(self.deadlines) + len(self.news)


def agenda(
    items: Iterable[ItemFacts], institution: InstitutionFacts, *, today: date, language: str
) -> Agenda:
    """Sort the items into their lists. Call it with the page's language active."""
    items = list(items)
    dated = [pair for item in items for pair in _coming(item, institution, today)]
    begun = [pair for pair in dated if pair[1].starts_at.date() < today]
    ahead = [pair for pair in dated if pair[1].starts_at.date() >= today]
    return Agenda(
        months=tuple(_months(ahead, institution, language)),
        ongoing=tuple(_ongoing_card(*pair) for pair in sorted(begun, key=_by_end)),
        deadlines=tuple(_deadlines(items, institution, today)),
        news=tuple(_news(items, institution)),
    )


def _coming(
    item: ItemFacts, institution: InstitutionFacts, today: date
) -> Iterator[tuple[ItemFacts, Occurrence]]:
    """The dates that are not over, and the item as of each; of a series those of the next three
    months."""
    coming = (pair for pair in told_dates(item, institution.tz) if pair[1].last_day >= today)
    for nth, pair in enumerate(itertools.islice(coming, SERIES_LISTED)):
        if nth and pair[1].starts_at.date() > today + SERIES_AHEAD:
            return
        yield pair


def _months(
    pairs: Sequence[tuple[ItemFacts, Occurrence]], institution: InstitutionFacts, language: str
) -> Iterator[Month]:
    ordered = sorted(pairs, key=_by_start)
    for first, in_month in itertools.groupby(
        ordered, key=lambda pair: pair[1].starts_at.date().replace(day=1)
    ):
        days = [
            Day(
                format_date(day, language=language, style="full", year=False),
                day.isoformat(),
                tuple(_day_card(*pair, institution) for pair in on_day),
            )
            for day, on_day in itertools.groupby(
                in_month, key=lambda pair: pair[1].starts_at.date()
            )
        ]
        yield Month(
            f"{first:%Y-%m}", format_date(first, language=language, style="month"), tuple(days)
        )


def _deadlines(
    items: Sequence[ItemFacts], institution: InstitutionFacts, today: date
) -> Iterator[Card]:
    """Items with nothing but a closing date that is still ahead, the nearest first."""
    due = [
        (item.deadline_at.astimezone(institution.tz), item)
        for item in items
        if item.deadline_at and item.starts_at is None
    ]
    for at, item in sorted(due, key=lambda pair: (pair[0], pair[1].uuid)):
        if at.date() >= today:
            text, moment = closing(at, item, institution)
            said = pgettext("deadline", "until {when}").format(when=text)
            yield _card(item, when=said, moment=moment)


def _news(items: Sequence[ItemFacts], institution: InstitutionFacts) -> Iterator[Card]:
    """What has no time of its own, the newest first; a postponed event waits here for its date."""
    undated = [item for item in items if item.starts_at is None and item.deadline_at is None]
    for item in sorted(undated, key=_by_publication, reverse=True)[:NEWS_LISTED]:
        if item.first_published_at is None:
            yield _card(item)
            continue
        day = item.first_published_at.astimezone(institution.tz).date()
        yield _card(item, when=format_date(day, language=item.language), moment=day.isoformat())


def _day_card(item: ItemFacts, occurrence: Occurrence, institution: InstitutionFacts) -> Card:
    start, end = occurrence.starts_at, occurrence.ends_at
    return _card(
        item,
        when=_hours(item, occurrence, institution),
        moment=start.date().isoformat()
        if item.all_day or end == start
        else start.isoformat("T", "seconds"),
    )


def _hours(item: ItemFacts, occurrence: Occurrence, institution: InstitutionFacts) -> str:
    """Under the heading of its day an event says its hours, a longer one its whole time."""
    start, end = occurrence.starts_at, occurrence.ends_at
    if end and end.date() != start.date():
        return phrase(item, occurrence, institution)
    if item.all_day:
        return ""
    style = institution.clock_style
    if end and end > start:
        return format_hours(start.time(), end.time(), language=item.language, clock_style=style)
    return format_time(start.time(), language=item.language, clock_style=style, style="clock")


def _ongoing_card(item: ItemFacts, occurrence: Occurrence) -> Card:
    last = occurrence.last_day
    text = pgettext("last day", "until {day}").format(day=format_date(last, language=item.language))
    return _card(item, when=text, moment=last.isoformat())


def _card(item: ItemFacts, *, when: str = "", moment: str = "") -> Card:
    pictures = shown_pictures(item)
    return Card(
        title=title_of(item),
        url=item.link,
        language=item.language,
        kind_label=flat(item.kind_label),
        lead=flat(item.lead),
        when=when,
        moment=moment,
        place=_place(item) if item.starts_at else "",
        status=item.status.value,
        badge=_badge(item),
        is_off=item.status in OFF,
        picture=pictures[0] if pictures else None,
    )


def _badge(item: ItemFacts) -> str:
    only_place = item.one_date and item.previous_starts_at is None
    if only_place and item.status is EventStatus.RESCHEDULED:
        return pgettext("event", "Change")
    return badge(item.status)


def badge(status: EventStatus) -> str:
    """The word beside the kind; "" if all goes as planned."""
    names = {
        EventStatus.CANCELLED: pgettext("event", "Cancelled"),
        EventStatus.POSTPONED: pgettext("event", "Postponed"),
        EventStatus.RESCHEDULED: pgettext("event", "New date"),
        EventStatus.SOLD_OUT: pgettext("event", "Fully booked"),
    }
    return names.get(status, "")


def _place(item: ItemFacts) -> str:
    if not has_place(item.place):
        return ""
    parts = (flat(part) for part in (item.place.name, item.place.branch or item.place.locality))
    return ", ".join(part for part in parts if part)


def _by_start(pair: tuple[ItemFacts, Occurrence]) -> tuple[date, bool, datetime, str]:
    item, occurrence = pair
    return occurrence.starts_at.date(), not item.all_day, occurrence.starts_at, item.uuid


def _by_end(pair: tuple[ItemFacts, Occurrence]) -> tuple[date, str]:
    return pair[1].last_day, pair[0].uuid


def _by_publication(item: ItemFacts) -> tuple[datetime, str]:
    return item.first_published_at or datetime.min.replace(tzinfo=UTC), item.uuid
