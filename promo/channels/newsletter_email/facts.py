"""What a reader of the mail wants to know about an item, as labelled lines."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from promo.channels.newsletter_email.phrases import Phrase, Said, phrase
from promo.errors import InvalidInput
from promo.planning.kinds import AUDIENCES, KINDS
from promo.planning.meetings import meetings_of, on_date
from promo.rendering import bind_address, format_date, format_when, year_is_needed
from promo.values import ChangedDate, Draft, EventStatus, ItemFacts, PlaceFacts, Variant

AFTERWARDS = frozenset({Variant.REPORT, Variant.RESULTS})
_AUDIENCES = {audience.key: audience.label for audience in AUDIENCES}


@dataclass(frozen=True, slots=True)
class Fact:
    """One line. Where there is a `url`, the text is a link."""

    label: str
    words: Phrase
    url: str = ""

    @property
    def text(self) -> str:
        return self.words.text


def facts(item: ItemFacts, draft: Draft, *, language: str, full: bool) -> tuple[Fact, ...]:
    """The facts that are known and still matter, in the order in which people ask for them.

    The labels and dates are in `language`, what staff wrote is in the item's own. `full` is for a
    mail about this item alone; in an issue the item's page has the rest.
    """
    if draft.variant in AFTERWARDS:
        return ()
    lines = [*_time_and_place(item, draft, language)]
    if not is_off(item):
        lines += _terms(item, draft, language)
    if full:
        lines += _people(item, language)
    return tuple(line for line in lines if line.text)


def in_readers_words(item: ItemFacts, *, language: str) -> ItemFacts:
    """The item with what we ourselves call things, its kind and audiences, in this language."""
    if language == item.language:
        return item
    with translation.override(language):
        return dataclasses.replace(
            item,
            kind_label=str(KINDS[item.kind].label) if item.kind_label else "",
            audiences=tuple(str(_AUDIENCES[key]) for key in item.audience_keys) or item.audiences,
        )


def _ours(label: str, text: str, *, language: str) -> Fact:
    """A line that is ours alone: a date, a word."""
    return Fact(label, phrase("{text}", language=language, text=Said(text, language)))


def _theirs(label: str, text: str, item: ItemFacts, *, language: str) -> Fact:
    """A line of which staff wrote what follows the label."""
    return Fact(label, phrase("{text}", language=language, text=Said(text, item.language)))


def is_off(item: ItemFacts) -> bool:
    """Will the event not take place when it was announced?"""
    return item.status in {EventStatus.CANCELLED, EventStatus.POSTPONED}


def notice(item: ItemFacts) -> str:
    """What changed about the event, in words; "" if all goes as planned."""
    match item.status:
        case EventStatus.CANCELLED:
            if item.one_date:
                return _("Only this one date is cancelled. The others stay as they are.")
            return _("Cancelled. This event will not take place.")
        case EventStatus.POSTPONED:
            return _("Postponed. We will give the new date as soon as we know it.")
        case EventStatus.RESCHEDULED:
            told = _("The date has changed.")
            if item.previous_starts_at is None:
                told = _("Please note the time and the place below: they have changed.")
            rest = _("The other dates stay as they are.")
            return f"{told} {rest}" if item.one_date else told
        case EventStatus.SOLD_OUT:
            return _full(item)
        case _:
            return ""


def _full(item: ItemFacts) -> str:
    if item.sign_up or item.sign_up_url:
        return _("All places are taken. We keep a reserve list.")
    return _("All places are taken.")


def at_next_date(item: ItemFacts, draft: Draft) -> ItemFacts:
    """A series at its first date on or after the day of the mail; anything else as it is."""
    try:
        dates = meetings_of(item, draft.institution.tz)
    except InvalidInput:
        return item
    coming = (each for each in dates if each.starts_at and each.starts_at.date() >= draft.due_on)
    following = min(coming, key=lambda each: each.starts_at or each.was_at, default=None)
    if following is None:
        return item
    # The whole series is told: a change of this date stands among its changed dates.
    told = on_date(item, following)
    return dataclasses.replace(
        item, starts_at=told.starts_at, ends_at=told.ends_at, place=told.place
    )


def when(item: ItemFacts, draft: Draft, *, language: str) -> str:
    """The event's time in one phrase; "" if it has none."""
    if item.starts_at is None:
        return ""
    return _phrase(item.starts_at, item.ends_at, draft, language, all_day=item.all_day)


def _time_and_place(item: ItemFacts, draft: Draft, language: str) -> Iterator[Fact]:
    lines = [(pgettext("fact", "When"), when(item, draft, language=language))]
    if is_off(item):
        old = item.previous_starts_at or item.starts_at
        lines = [(pgettext("fact", "Planned date"), _moment(old, item, draft, language))]
    if item.status is EventStatus.RESCHEDULED:
        previous = _moment(item.previous_starts_at, item, draft, language)
        lines.append((pgettext("fact", "Previous date"), previous))
    lines.append((pgettext("fact", "Deadline"), _closing(item.deadline_at, draft, language)))
    for label, date in lines:
        yield _ours(label, date, language=language)
    changed = "; ".join(_changed_dates(item, draft, language))
    yield _ours(pgettext("fact", "Changed dates"), changed, language=language)
    yield _theirs(pgettext("fact", "Where"), place(item.place, draft), item, language=language)


def _terms(item: ItemFacts, draft: Draft, language: str) -> Iterator[Fact]:
    audiences = ", ".join(item.audiences)
    named = _ours if item.audience_keys else partial(_theirs, item=item)
    yield named(pgettext("fact", "For whom"), audiences, language=language)
    if item.price:
        yield _theirs(pgettext("fact", "Admission"), item.price, item, language=language)
    elif item.is_free and item.starts_at:
        yield _ours(pgettext("fact", "Admission"), pgettext("admission", "free"), language=language)
    if item.sign_up_url:
        yield Fact(
            pgettext("fact", "Sign-up"),
            phrase(
                _("sign-up form: {title}"), language=language, title=Said(item.title, item.language)
            ),
            url=item.sign_up_url,
        )
    yield _theirs(pgettext("fact", "How to sign up"), item.sign_up, item, language=language)
    until = _closing(item.sign_up_until_at, draft, language)
    yield _ours(pgettext("fact", "Sign-up closes"), until, language=language)


def _people(item: ItemFacts, language: str) -> Iterator[Fact]:
    lines = [(pgettext("fact", "Together with"), ", ".join(item.partners))]
    if not is_off(item):
        lines.append((pgettext("fact", "Accessibility"), item.accessibility))
    lines.append((pgettext("fact", "Contact"), item.contact))
    for label, text in lines:
        yield _theirs(label, text, item, language=language)


def place(where: PlaceFacts, draft: Draft) -> str:
    """The place in one line; the town only where it is not the institution's own."""
    town = "" if where.locality == draft.institution.locality else where.locality
    parts = (where.name, where.branch, where.street, town)
    return bind_address(", ".join(part for part in parts if part))


def _changed_dates(item: ItemFacts, draft: Draft, language: str) -> Iterator[str]:
    """What differs from the rule of a series from the day of the mail on, date by date."""
    if not item.changed_dates or is_off(item):
        return
    zone = draft.institution.tz
    for one in item.changed_dates:
        last = max(one.was_at, one.starts_at or one.was_at).astimezone(zone).date()
        if last >= draft.due_on:
            yield _changed_date(one, item, draft, language)


def _changed_date(one: ChangedDate, item: ItemFacts, draft: Draft, language: str) -> str:
    on = one.was_at.astimezone(draft.institution.tz).date()
    day = format_date(on, language=language, year=year_is_needed(on, draft.due_on))
    if one.starts_at is None:
        return _("{day}: cancelled").format(day=day)
    told = []
    if one.starts_at != one.was_at:
        when = _phrase(one.starts_at, one.ends_at, draft, language, all_day=item.all_day)
        told.append(_("new date – {when}").format(when=when))
    if one.place is not None:
        told.append(_("new place – {place}").format(place=place(one.place, draft)))
    changes = ", ".join(told) or _("takes place after all")
    return f"{day}: {changes}"


def _moment(at: datetime | None, item: ItemFacts, draft: Draft, language: str) -> str:
    return _phrase(at, None, draft, language, all_day=item.all_day) if at else ""


def _closing(at: datetime | None, draft: Draft, language: str) -> str:
    """A closing date has an hour, unless it is the last minute of its day."""
    if at is None:
        return ""
    local = at.astimezone(draft.institution.tz)
    whole_day = (local.hour, local.minute) in {(0, 0), (23, 59)}
    return _phrase(at, None, draft, language, all_day=whole_day)


def _phrase(
    starts_at: datetime, ends_at: datetime | None, draft: Draft, language: str, *, all_day: bool
) -> str:
    return format_when(
        starts_at,
        ends_at,
        all_day,
        zone=draft.institution.tz,
        language=language,
        clock_style=draft.institution.clock_style,
        today=draft.due_on,
        omit_year=True,
    )
