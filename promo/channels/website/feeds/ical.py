"""The calendar to subscribe to (RFC 5545, RFC 7986).

What becomes an entry: an item with a time; a contest, and anything else with nothing but a closing
date, as an all-day entry on its last day ("Last day: …"), for that is the day not to be missed. A
range longer than a day (an exhibition) is an all-day entry too: its hours say when it opens and
closes, not that somebody is busy for six weeks. A postponed event without a new date stays on its
old one, TENTATIVE.

A series is its rule. A date that differs from it is an entry of its own with the UID of the series
and the RECURRENCE-ID of the date it stands for (RFC 5545 3.8.4.4), also one that was cancelled: an
EXDATE would take it out of people's calendars without a word, so it stays and says so, as a
cancelled event does.

No METHOD: this is a feed, not an invitation (RFC 5546 would ask for an ORGANIZER in every event).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event, vRecur, vText, vUri

from promo.channels.website.facts import facts, notice
from promo.channels.website.feeds import Entry, FeedInfo, categories, in_feed_order
from promo.channels.website.feeds.zones import vtimezone
from promo.channels.website.places import address_line
from promo.channels.website.recurrence import first_by_rule, ical_rule, series
from promo.channels.website.text import ascii_url, clean, flat
from promo.channels.website.words import deadline_prefix, headline, title_of
from promo.planning.kinds import KINDS, Timing
from promo.planning.meetings import on_date
from promo.values import EventStatus, ItemFacts

CONTENT_TYPE = "text/calendar; charset=utf-8"
REFRESH = timedelta(hours=6)

_STATUS = {EventStatus.CANCELLED: "CANCELLED", EventStatus.POSTPONED: "TENTATIVE"}


@dataclass(frozen=True, slots=True)
class Span:
    """When an entry stands in the calendar; dates mean whole days, `end` is exclusive then."""

    start: date | datetime
    end: date | datetime | None
    is_deadline: bool = False


def write(entries: Sequence[Entry], info: FeedInfo) -> bytes:
    """The calendar of those entries that have a time."""
    calendar = Calendar()
    _describe(calendar, info)
    spans = [
        (entry, span) for entry in in_feed_order(entries) if (span := span_of(entry.item, info))
    ]
    if any(isinstance(span.start, datetime) for _entry, span in spans):
        calendar.add_component(vtimezone(info.institution.zone))
    for entry, span in spans:
        calendar.add_component(_event(entry, span, info))
        for changed in _changed_dates(entry, span, info):
            calendar.add_component(changed)
    return bytes(calendar.to_ical())


def write_one(entry: Entry, info: FeedInfo) -> bytes:
    """The file behind "add to calendar"."""
    return write([entry], info)


def span_of(item: ItemFacts, info: FeedInfo) -> Span | None:
    """Where the item stands in the calendar; None for news without a time."""
    if item.deadline_at and (item.starts_at is None or _is_contest(item)):
        day = item.deadline_at.astimezone(info.institution.tz).date()
        return Span(day, day + timedelta(days=1), is_deadline=True)
    moved = item.starts_at is None and item.status is EventStatus.POSTPONED
    if moved and item.previous_starts_at:
        return Span(item.previous_starts_at.astimezone(info.institution.tz), None)
    return _span(item, info)


def _is_contest(item: ItemFacts) -> bool:
    kind = KINDS.get(item.kind)
    return kind is not None and kind.timing is Timing.DEADLINE


def _span(item: ItemFacts, info: FeedInfo) -> Span | None:
    first = first_by_rule(item, info.institution.tz)
    if first is None:
        return None
    long = first.ends_at is not None and first.ends_at - first.starts_at > timedelta(days=1)
    if item.all_day or long:
        return Span(first.starts_at.date(), first.last_day + timedelta(days=1))
    has_length = first.ends_at is not None and first.ends_at > first.starts_at
    return Span(first.starts_at, first.ends_at if has_length else None)


def _describe(calendar: Calendar, info: FeedInfo) -> None:
    name = flat(info.title)
    calendar.add("prodid", f"-//{info.domain}//Promo 1.0//{info.language[:2].upper()}")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", vText(name))
    calendar.add("x-wr-calname", vText(name))
    calendar.add("x-wr-timezone", info.institution.zone)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    if description := flat(info.description):
        calendar.add("description", vText(description))
    calendar.add("url", vUri(ascii_url(info.home_url)))


def _event(entry: Entry, span: Span, info: FeedInfo) -> Event:
    """The entry of an item; of a series its rule, from the first date on."""
    event = _of(entry.item, entry, span, info)
    _add_rule(event, span, entry.item, info)
    return event


def _changed_dates(entry: Entry, span: Span, info: FeedInfo) -> Iterator[Event]:
    """The dates of a series that differ from its rule, each an entry of its own."""
    if span.is_deadline:
        return
    whole_days = not isinstance(span.start, datetime)
    for one in series(entry.item, info.institution.tz):
        if not one.is_changed:
            continue
        told = on_date(entry.item, one)
        its_span = _span(told, info)
        if its_span is None:
            continue
        event = _of(told, entry, its_span, info)
        event.add("recurrence-id", one.on if whole_days else one.was_at)
        yield event


def _of(item: ItemFacts, entry: Entry, span: Span, info: FeedInfo) -> Event:
    event = Event()
    event.add("uid", f"item-{item.uuid}@{info.domain}")
    event.add("dtstamp", entry.updated_at.astimezone(UTC))
    event.add("last-modified", entry.updated_at.astimezone(UTC))
    event.add("created", entry.published_at.astimezone(UTC))
    event.add("sequence", item.sequence)
    event.add("dtstart", span.start)
    if span.end:
        event.add("dtend", span.end)
    event.add("summary", _summary(item, span))
    event.add("status", _STATUS.get(item.status, "CONFIRMED"))
    event.add("transp", "TRANSPARENT")
    _add_details(event, item, info)
    return event


def _summary(item: ItemFacts, span: Span) -> str:
    """A moved event stands at its new time: only what does not take place needs a word."""
    title = title_of(item) if item.status is EventStatus.RESCHEDULED else headline(item)
    return (deadline_prefix(item) if span.is_deadline else "") + title


def _add_details(event: Event, item: ItemFacts, info: FeedInfo) -> None:
    event.add("description", _description(item, info))
    if place := address_line(item, info.institution):
        event.add("location", place)
    if url := ascii_url(item.link):
        event.add("url", vUri(url))
    if names := categories(item):
        event.add("categories", names)
    if contact := flat(item.contact):
        event.add("contact", contact)
    for picture in item.pictures[:1]:
        if url := ascii_url(picture.url):
            image = {"VALUE": "URI", "DISPLAY": "BADGE", "FMTTYPE": picture.mime_type}
            event.add(
                "image", vUri(url), parameters={name: text for name, text in image.items() if text}
            )


def _description(item: ItemFacts, info: FeedInfo) -> str:
    """The notice, the lead, the facts a calendar has no property for, and the link."""
    known = {"when", "where", "contact"}
    lines = [
        f"{fact.label}: {flat(fact.plain)}"
        for fact in facts(item, info.institution)
        if fact.key not in known
    ]
    said = notice(item, info.institution)
    warning = f"{said.heading}. {said.text}" if said else ""
    parts = [warning, clean(item.lead).strip(), "\n".join(lines), item.link]
    return "\n\n".join(part for part in parts if part)


def _add_rule(event: Event, span: Span, item: ItemFacts, info: FeedInfo) -> None:
    if span.is_deadline:
        return
    whole_days = not isinstance(span.start, datetime)
    if rule := ical_rule(item, info.institution.tz, whole_days=whole_days):
        event.add("rrule", vRecur.from_ical(rule))
