"""The subject and the headline of a mail about one item, by variant.

A subject names the thing first and the date in figures that stay true: mail is often read the day
after, so nothing here says "today" or "tomorrow".
"""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from promo.rendering import format_date, format_range, plain, typeset, year_is_needed
from promo.values import Draft, EventStatus, ItemFacts, Variant

MAX_VISIBLE = 60
_HEADLINES = {
    Variant.REMINDER: pgettext_lazy("headline", "Reminder"),
    Variant.TODAY: pgettext_lazy("headline", "Reminder"),
    Variant.LAST_DAYS: pgettext_lazy("headline", "Last days"),
    Variant.RESULTS: pgettext_lazy("headline", "Results"),
    Variant.REPORT: pgettext_lazy("headline", "Report"),
    Variant.CANCELLED: pgettext_lazy("event", "Cancelled"),
}
_PREFIXED = {
    Variant.REMINDER: gettext_lazy("Reminder: {title}"),
    Variant.TODAY: gettext_lazy("Reminder: {title}"),
    Variant.LAST_DAYS: gettext_lazy("Last days: {title}"),
    Variant.RESULTS: gettext_lazy("Results: {title}"),
    Variant.REPORT: gettext_lazy("Report: {title}"),
    Variant.CANCELLED: gettext_lazy("Cancelled: {title}"),
}
_CHANGES = {
    EventStatus.RESCHEDULED: pgettext_lazy("event", "New date"),
    EventStatus.POSTPONED: pgettext_lazy("event", "Postponed"),
    EventStatus.CANCELLED: pgettext_lazy("event", "Cancelled"),
    EventStatus.SOLD_OUT: pgettext_lazy("event", "Fully booked"),
}
_CHANGE = pgettext_lazy("headline", "Change")
_UNDATED = frozenset({Variant.NEWS, Variant.REPORT, Variant.RESULTS})


def subject(item: ItemFacts, draft: Draft, *, language: str) -> str:
    """The subject, its date shortened where it would otherwise be cut off in the reader's list.

    Its words and date are in `language`; what is most of it, the title, decides the typography.
    """
    words = _with_prefix(item, draft.variant)
    long, short = _dates(item, draft, language)
    for its_date in (long, short):
        whole = f"{words} – {its_date}" if its_date else words
        if len(whole) <= MAX_VISIBLE:
            break
    return one_line(whole, language=item.language)


def one_line(text: str, *, language: str) -> str:
    """The text typeset, with ordinary spaces only: for the subject and the preview text."""
    return " ".join(plain(typeset(text, language=language)).split())


def headline(item: ItemFacts, variant: Variant) -> str:
    """The mail's only h1: what kind of news this is. The item's title is the h2 below it."""
    if variant is Variant.CHANGED:
        only_place = item.status is EventStatus.RESCHEDULED and item.previous_starts_at is None
        return str(_CHANGE if only_place else _CHANGES.get(item.status, _CHANGE))
    if variant in _HEADLINES:
        return str(_HEADLINES[variant])
    return capitalised(item.kind_label) or pgettext("headline", "News")


def capitalised(text: str) -> str:
    """The text with a capital first letter; the rest stays (`DKK`, `spotkanie z Olgą`)."""
    return text[:1].upper() + text[1:]


def _with_prefix(item: ItemFacts, variant: Variant) -> str:
    if variant is Variant.CHANGED:
        return f"{headline(item, variant)}: {item.title}"
    if variant in _PREFIXED:
        return str(_PREFIXED[variant]).format(title=item.title)
    return item.title


def _dates(item: ItemFacts, draft: Draft, language: str) -> tuple[str, str]:
    """The date in words and in figures; both "" where the mail is not about a date."""
    if draft.variant in _UNDATED or item.status is EventStatus.POSTPONED:
        return "", ""
    zone = draft.institution.tz
    last = item.deadline_at or (item.ends_at if draft.variant is Variant.LAST_DAYS else None)
    if last is not None:
        day = last.astimezone(zone).date()
        until = _("until {date}")
        long, short = _day(day, draft, language)
        return until.format(date=long), until.format(date=short)
    if item.starts_at is None:
        return "", ""
    first = item.starts_at.astimezone(zone).date()
    end = item.ends_at.astimezone(zone).date() if item.ends_at and item.all_day else first
    long, short = _day(first, draft, language)
    if end > first:
        year = year_is_needed(first, draft.due_on, last=end)
        long = format_range(first, end, language=language, year=year)
        short = "–".join(
            format_date(day, language=language, style="short", year=year) for day in (first, end)
        )
    return long, short


def _day(day: date, draft: Draft, language: str) -> tuple[str, str]:
    year = year_is_needed(day, draft.due_on)
    return (
        format_date(day, language=language, style="long", year=year),
        format_date(day, language=language, style="short", year=year),
    )
