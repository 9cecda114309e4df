"""Structured data for search engines: schema.org as JSON-LD (Google's Event and Article rules).

A series gives one Event for each date, as Google asks; times carry the offset of their own date.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from promo.channels.website.places import schema_place
from promo.channels.website.recurrence import told_dates
from promo.channels.website.text import ascii_url, flat
from promo.channels.website.words import title_of
from promo.planning.kinds import KINDS
from promo.values import EventStatus, InstitutionFacts, ItemFacts

SERIES_LENGTH = 10
"""Dates of a series told to search engines: the next ones."""

_CONTEXT = "https://schema.org"
_STATUS = {
    EventStatus.CANCELLED: "EventCancelled",
    EventStatus.POSTPONED: "EventPostponed",
    EventStatus.RESCHEDULED: "EventRescheduled",
}
_ARTICLES = {"Article", "NewsArticle"}
# Between these two, a tag or a comment could end the script element (HTML standard, 4.12.1.3).
_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def dumps(data: Mapping[str, Any]) -> str:
    """JSON that may stand in a script element as it is, whatever its strings hold."""
    return json.dumps(data, ensure_ascii=False).translate(_ESCAPES)


def item_jsonld(item: ItemFacts, institution: InstitutionFacts, *, now: datetime) -> dict[str, Any]:
    """What the page of an item says: an Event, the next dates of a series, or an article."""
    if item.starts_at is None:
        return article_jsonld(item, institution)
    today = now.astimezone(institution.tz).date()
    dates = list(told_dates(item, institution.tz))
    coming = [pair for pair in dates if pair[1].last_day >= today] or dates[-1:]
    if len(dates) == 1:
        return event_jsonld(item, institution)
    events = [
        event_jsonld(as_told, institution)
        for as_told, _date in itertools.islice(coming, SERIES_LENGTH)
    ]
    return {"@context": _CONTEXT, "@graph": [_without_context(event) for event in events]}


def event_jsonld(item: ItemFacts, institution: InstitutionFacts) -> dict[str, Any]:
    """One schema.org Event with everything Google requires and what it recommends."""
    event = {
        "@context": _CONTEXT,
        "@type": _event_type(item),
        "name": title_of(item),
        "startDate": _moment(item.starts_at, item, institution),
        "endDate": _end(item, institution),
        "eventStatus": f"{_CONTEXT}/{_STATUS.get(item.status, 'EventScheduled')}",
        "previousStartDate": _previous(item, institution),
        "eventAttendanceMode": f"{_CONTEXT}/OfflineEventAttendanceMode",
        "location": schema_place(item, institution),
        **_about(item, institution),
        "isAccessibleForFree": item.is_free,
        "offers": _offer(item, institution),
        "organizer": _organization(institution),
        "contributor": [{"@type": "Organization", "name": flat(name)} for name in item.partners],
        "audience": [{"@type": "Audience", "audienceType": flat(name)} for name in item.audiences],
        "maximumAttendeeCapacity": item.capacity,
    }
    return _filled(event)


def article_jsonld(item: ItemFacts, institution: InstitutionFacts) -> dict[str, Any]:
    """News without a time: a schema.org Article."""
    kind = KINDS.get(item.kind)
    types = [name for name in (kind.schema_org if kind else ()) if name in _ARTICLES]
    about = _about(item, institution)
    article = {
        "@context": _CONTEXT,
        "@type": types[0] if types else "Article",
        "headline": title_of(item),
        "datePublished": _iso(item.first_published_at, institution),
        "dateModified": _iso(item.changed_at, institution),
        **about,
        "author": _organization(institution),
        "publisher": _organization(institution),
        "mainEntityOfPage": about["url"],
    }
    return _filled(article)


def _about(item: ItemFacts, institution: InstitutionFacts) -> dict[str, Any]:
    accessibility = flat(item.accessibility)
    text = " ".join(part for part in (flat(item.lead), accessibility) if part)
    return {
        "description": text,
        "image": [url for picture in item.pictures if (url := ascii_url(picture.url))],
        "url": ascii_url(item.link),
        "inLanguage": item.language or institution.language,
    }


def _event_type(item: ItemFacts) -> str:
    """The first type of the kind that is an event."""
    kind = KINDS.get(item.kind)
    names = [name for name in (kind.schema_org if kind else ()) if name.endswith("Event")]
    return names[0] if names else "Event"


def _offer(item: ItemFacts, institution: InstitutionFacts) -> dict[str, Any]:
    """Free admission is an offer of 0; a price in words ("5 zł, ulgowy 3 zł") is not guessed at."""
    if not item.is_free:
        return {}
    full = item.status is EventStatus.SOLD_OUT
    offer = {
        "@type": "Offer",
        "price": "0",
        "priceCurrency": "PLN",
        "url": ascii_url(item.sign_up_url) or ascii_url(item.link),
        "availability": f"{_CONTEXT}/{'SoldOut' if full else 'InStock'}",
        "validFrom": _iso(item.first_published_at, institution),
        "validThrough": _iso(item.sign_up_until_at, institution),
    }
    return _filled(offer)


def _organization(institution: InstitutionFacts) -> dict[str, Any]:
    return _filled(
        {
            "@type": "Organization",
            "name": flat(institution.name),
            "url": ascii_url(institution.base_url),
        }
    )


def _end(item: ItemFacts, institution: InstitutionFacts) -> str:
    if item.ends_at is None or item.starts_at is None or item.ends_at < item.starts_at:
        return ""
    return _moment(item.ends_at, item, institution)


def _previous(item: ItemFacts, institution: InstitutionFacts) -> str:
    if item.status is not EventStatus.RESCHEDULED:
        return ""
    return _moment(item.previous_starts_at, item, institution)


def _moment(moment: datetime | None, item: ItemFacts, institution: InstitutionFacts) -> str:
    if moment is None:
        return ""
    if item.all_day:
        return moment.astimezone(institution.tz).date().isoformat()
    return _iso(moment, institution)


def _iso(moment: datetime | None, institution: InstitutionFacts) -> str:
    return moment.astimezone(institution.tz).isoformat("T", "seconds") if moment else ""


def _without_context(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != "@context"}


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value or value is False}
