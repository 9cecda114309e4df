"""What a visitor wants to know about an item, as labelled lines in the item's language.

The entry of the feeds, the page, the plain text and the calendar all say the same facts: from here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from promo.channels.website.places import address_line, has_place
from promo.channels.website.recurrence import (
    Occurrence,
    at_first_date,
    first_occurrence,
    occurrences,
    series,
)
from promo.channels.website.text import ascii_url, clean, flat
from promo.planning.meetings import Meeting
from promo.rendering.bindings import bind_address
from promo.rendering.dates import format_date, local
from promo.rendering.when import format_when
from promo.values import EventStatus, InstitutionFacts, ItemFacts

SERIES_LISTED = 6
"""Dates of a series that are written out; more are too many to read."""


_PHONE = re.compile(
    r"(?<![\d+])(?:\+48[ -]?)?"
    r"(?:\d{3}[ -]\d{3}[ -]\d{3}|\d{2} \d{3} \d{2} \d{2}|\d{9})(?![\d-])"
)
"""A Polish number as people write it: nine digits in threes, or with the area's two first."""
_WITH_NUMBERS = frozenset({"contact", "sign_up", "accessibility"})
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
OFF = frozenset({EventStatus.CANCELLED, EventStatus.POSTPONED})
"""What does not take place at the time it tells."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a fact's text, and where it leads."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: `key` is stable, `moment` is for `<time>`, `url` is where the text leads."""

    key: str
    label: str
    text: str
    moment: str = ""
    url: str = ""

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The text in parts, so that a telephone number in it can be called with a tap."""
        if self.url or self.key not in _WITH_NUMBERS:
            return (Piece(self.text, self.url),)
        found: list[Piece] = []
        end = 0
        for match in _PHONE.finditer(self.text):
            before = self.text[end : match.start()]
            if before:
                # What introduces a number stays on its line: the space is at the part's end.
                found.append(Piece(re.sub(" $", "\N{NO-BREAK SPACE}", before)))
            found.append(Piece(match[0], f"tel:{re.sub('[ -]', '', match[0])}"))
            end = match.end()
        rest = self.text[end:]
        return (*found, Piece(rest)) if rest or not found else tuple(found)

    @property
    def plain(self) -> str:
        """The text where nothing can be clicked: with the address it leads to."""
        led = self.url.startswith("http") and self.url != self.text
        return f"{self.text}: {self.url}" if led else self.text


@dataclass(frozen=True, slots=True)
class Notice:
    """What changed about an event, in words. `previous` is the time that no longer holds."""

    status: str
    heading: str
    text: str
    previous: str = ""
    previous_moment: str = ""


def facts(item: ItemFacts, institution: InstitutionFacts) -> tuple[Fact, ...]:
    """The facts that are known, in the order in which people ask for them."""
    with translation.override(item.language):
        lines = (*_time_and_place(item, institution), *_terms(item, institution), *_people(item))
        return tuple(fact for fact in lines if fact.text)


def notice(item: ItemFacts, institution: InstitutionFacts) -> Notice | None:
    """The banner of a cancelled, postponed, moved or full event; None if all goes as planned."""
    with translation.override(item.language):
        match item.status:
            case EventStatus.CANCELLED:
                text = _("This event will not take place.")
                if item.one_date:
                    text = _("Only this one date is cancelled. The others stay as they are.")
                old = item.previous_starts_at or item.starts_at
                return _notice(item, institution, pgettext("event", "Cancelled"), text, old)
            case EventStatus.POSTPONED:
                text = _(
                    "The event will not take place as announced. The new date is not known yet."
                )
                old = item.previous_starts_at or item.starts_at
                return _notice(item, institution, pgettext("event", "Postponed"), text, old)
            case EventStatus.RESCHEDULED if item.previous_starts_at is None:
                text = _("Please note the time and the place below: they have changed.")
                text = _only_this(text, item)
                return _notice(item, institution, pgettext("event", "Change"), text, None)
            case EventStatus.RESCHEDULED:
                text = _("The event has been moved to another date: {when}.").format(
                    when=when(item, institution)
                )
                text = _only_this(text, item)
                return _notice(
                    item, institution, pgettext("event", "New date"), text, item.previous_starts_at
                )
            case EventStatus.SOLD_OUT:
                text = _("All places are taken.")
                if item.sign_up or item.sign_up_url:
                    text = _("All places are taken. We keep a reserve list.")
                return _notice(item, institution, pgettext("event", "Fully booked"), text, None)
            case _other:
                return None


def when(item: ItemFacts, institution: InstitutionFacts) -> str:
    """The item's time in one phrase, with the year (it is read later, too); "" if it has none."""
    first = first_occurrence(item, institution.tz)
    return phrase(item, first, institution) if first else ""


def phrase(item: ItemFacts, occurrence: Occurrence, institution: InstitutionFacts) -> str:
    """One date of an item in one phrase."""
    return format_when(
        occurrence.starts_at,
        occurrence.ends_at,
        item.all_day,
        zone=institution.tz,
        language=item.language,
        clock_style=institution.clock_style,
    )


def closing(value: datetime, item: ItemFacts, institution: InstitutionFacts) -> tuple[str, str]:
    """A closing date for people and for `<time>`; no hour if it is the last minute of its day."""
    at = local(value, institution.tz)
    whole_day = (at.hour, at.minute) in {(0, 0), (23, 59)}
    text = format_when(
        value,
        None,
        whole_day,
        zone=institution.tz,
        language=item.language,
        clock_style=institution.clock_style,
    )
    return text, at.date().isoformat() if whole_day else at.isoformat("T", "seconds")


def moment(value: datetime, item: ItemFacts, institution: InstitutionFacts) -> str:
    """The value of a `<time>` element: a date for whole days, else an instant with its offset."""
    at = local(value, institution.tz)
    return at.date().isoformat() if item.all_day else at.isoformat("T", "seconds")


def _only_this(text: str, item: ItemFacts) -> str:
    """The words about a change, and whether it concerns a single date of a series."""
    rest = _("The other dates stay as they are.")
    return f"{text} {rest}" if item.one_date else text


def _notice(
    item: ItemFacts, institution: InstitutionFacts, heading: str, text: str, old: datetime | None
) -> Notice:
    if old is None:
        return Notice(item.status.value, heading, text)
    previous = phrase(item, Occurrence(local(old, institution.tz)), institution)
    return Notice(item.status.value, heading, text, previous, moment(old, item, institution))


def _time_and_place(item: ItemFacts, institution: InstitutionFacts) -> Iterator[Fact]:
    if item.starts_at and item.status not in OFF:  # the notice tells the date that was
        yield Fact(
            "when",
            pgettext("fact", "When"),
            when(item, institution),
            moment(
                at_first_date(item, institution.tz).starts_at or item.starts_at, item, institution
            ),
        )
        yield Fact("dates", pgettext("fact", "All dates"), _series(item, institution))
        yield Fact(
            "changed_dates",
            pgettext("fact", "Changed dates"),
            "; ".join(changed_dates(item, institution)),
        )
    if item.deadline_at:
        yield Fact(
            "deadline", pgettext("fact", "Deadline"), *closing(item.deadline_at, item, institution)
        )
    if item.starts_at or has_place(item.place):
        where = bind_address(address_line(item, institution))
        yield Fact("where", pgettext("fact", "Where"), where)


def _terms(item: ItemFacts, institution: InstitutionFacts) -> Iterator[Fact]:
    yield Fact(
        "audience", pgettext("fact", "For whom"), ", ".join(flat(name) for name in item.audiences)
    )
    if item.starts_at or item.price:
        free = pgettext("admission", "free") if item.is_free else ""
        yield Fact("price", pgettext("fact", "Admission"), flat(item.price) or free)
    url = ascii_url(item.sign_up_url)
    sign_up = flat(item.sign_up) or (_("with the form on the website") if url else "")
    yield Fact("sign_up", pgettext("fact", "Sign-up"), sign_up, url=url)
    if item.sign_up_until_at:
        until = closing(item.sign_up_until_at, item, institution)
        yield Fact("sign_up_until", pgettext("fact", "Sign-up closes"), *until)
    yield Fact("capacity", pgettext("fact", "Number of places"), str(item.capacity or ""))


def _people(item: ItemFacts) -> Iterator[Fact]:
    yield Fact(
        "partners",
        pgettext("fact", "Together with"),
        ", ".join(flat(name) for name in item.partners),
    )
    yield Fact(
        "accessibility", pgettext("fact", "Accessibility"), clean(item.accessibility).strip()
    )
    contact = flat(item.contact)
    mail = f"mailto:{contact}" if _EMAIL.fullmatch(contact) else ""
    yield Fact("contact", pgettext("fact", "Contact"), contact, url=mail)
    more = ascii_url(item.more_url)
    yield Fact("more", pgettext("fact", "More"), more, url=more)


def changed_dates(item: ItemFacts, institution: InstitutionFacts) -> list[str]:
    """What differs from the rule of a series, date by date; call it with the language active."""
    return [
        _changed(one, item, institution) for one in series(item, institution.tz) if one.is_changed
    ]


def _changed(one: Meeting, item: ItemFacts, institution: InstitutionFacts) -> str:
    day = format_date(one.on, language=item.language)
    if one.starts_at is None:
        return _("{day}: cancelled").format(day=day)
    told = []
    if one.starts_at != one.was_at:
        now = phrase(item, Occurrence(one.starts_at, one.ends_at), institution)
        told.append(_("new date – {when}").format(when=now))
    if one.place is not None:
        where = bind_address(address_line(replace(item, place=one.place), institution))
        told.append(_("new place – {place}").format(place=where))
    changes = ", ".join(told) or _("takes place after all")
    return f"{day}: {changes}"


def _series(item: ItemFacts, institution: InstitutionFacts) -> str:
    dates = [occurrence.starts_at.date() for occurrence in occurrences(item, institution.tz)]
    if len(dates) <= 1:
        return ""
    listed = ", ".join(format_date(day, language=item.language) for day in dates[:SERIES_LISTED])
    return listed if len(dates) <= SERIES_LISTED else _("{dates} and so on").format(dates=listed)
