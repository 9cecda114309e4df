"""What the public templates show, from plain values: the view adds only `site`."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from markupsafe import Markup

from promo.channels.website.agenda import agenda
from promo.channels.website.entry import entry_context
from promo.channels.website.facts import OFF, moment, phrase
from promo.channels.website.filters import Chosen, address, filters
from promo.channels.website.jsonld import dumps, item_jsonld
from promo.channels.website.opengraph import item_meta, page_meta
from promo.channels.website.places import address_line
from promo.channels.website.recurrence import Occurrence, is_series, occurrences
from promo.channels.website.words import headline
from promo.rendering.bindings import bind_address
from promo.values import InstitutionFacts, ItemFacts

DATES_LISTED = 10


@dataclass(frozen=True, slots=True)
class NextDate:
    text: str
    moment: str


def agenda_context(
    items: Iterable[ItemFacts],
    institution: InstitutionFacts,
    today: date,
    *,
    path: str,
    chosen: Chosen | None = None,
    language: str = "",
) -> dict[str, Any]:
    """The agenda of one day. `path` is its address without a query, absolute or from the root."""
    chosen = chosen or Chosen()
    language = language or institution.language
    items = list(items)
    with translation.override(language):
        wanted = [item for item in items if chosen.fits(item)]
        lists = agenda(wanted, institution, today=today, language=language)
        groups = filters(items, chosen, path)
        answers = [group.answer for group in groups if group.answer]
        title = _("What’s on")
        description = _("Events and news: {name}").format(name=institution.name)
    return {
        "language": language,
        "institution": institution,
        "current": "agenda",
        "page_title": title,
        "meta": page_meta(
            institution, title=title, description=description, url=path, language=language
        ),
        "canonical_url": address(path, chosen.as_dict()),
        "months": lists.months,
        "ongoing": lists.ongoing,
        "deadlines": lists.deadlines,
        "news": lists.news,
        "total": lists.total,
        "filters": groups,
        "chosen": answers,
        "clear_url": path,
    }


def item_context(
    item: ItemFacts, institution: InstitutionFacts, now: datetime, *, calendar_url: str = ""
) -> dict[str, Any]:
    """The page of one item, in the item's language; only what has a time goes into a calendar."""
    context = entry_context(item, institution)
    dates = _next_dates(item, institution, now)
    told = {"when", "dates"} if dates else set()  # the coming dates say it better than the first
    return {
        **context,
        "language": item.language,
        "current": "",
        "page_title": headline(item),
        "canonical_url": item.link,
        "meta": item_meta(item, institution),
        "facts": [fact for fact in context["facts"] if fact.key not in told],
        "dates": dates,
        "calendar_url": calendar_url if _takes_place(item) else "",
        "jsonld": Markup(dumps(item_jsonld(item, institution, now=now))),  # noqa: S704  (dumps escapes)
    }


def _takes_place(item: ItemFacts) -> bool:
    has_time = item.starts_at is not None or item.deadline_at is not None
    return has_time and item.status not in OFF


def _next_dates(item: ItemFacts, institution: InstitutionFacts, now: datetime) -> list[NextDate]:
    """The coming dates of a series that takes place; empty for a single event."""
    today = now.astimezone(institution.tz).date()
    dates = list(occurrences(item, institution.tz))
    if not is_series(item, institution.tz) or item.status in OFF:
        return []
    coming = (each for each in dates if each.last_day >= today)
    return [
        NextDate(_date(item, each, institution), moment(each.starts_at, item, institution))
        for each in itertools.islice(coming, DATES_LISTED)
    ]


def _date(item: ItemFacts, date: Occurrence, institution: InstitutionFacts) -> str:
    """One date in words, with its place where it is not the usual one."""
    told = phrase(item, date, institution)
    if date.place is None:
        return told
    return f"{told}, {bind_address(address_line(replace(item, place=date.place), institution))}"
