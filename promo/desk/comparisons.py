"""Two subjects side by side: the figures, when it is decided, and what was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from promo.desk.shares import share
from promo.mailing.comparing import Half, better, is_more_than_chance
from promo.models import Mailing, Tracking
from promo.services import subjects


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: a subject, and what became of the mails under it."""

    letter: str
    subject: str
    half: Half
    opened: str
    clicked: str
    is_chosen: bool


def comparison(mailing: Mailing) -> dict[str, Any] | None:
    """For the page and the report of a mailing; None where no subjects were compared."""
    if mailing.decide_at is None:
        return None
    halves = subjects.halves(mailing)
    message = mailing.publication.message
    open_to_choice = not mailing.chosen and mailing.finished_at is None
    return {
        "rows": [
            Row(
                half.subject.upper(),
                message.under(half.subject).subject,
                half,
                share(half.opened, half.accepted),
                share(half.clicked, half.accepted),
                is_chosen=half.subject == mailing.chosen,
            )
            for half in halves
        ],
        "told_apart": mailing.tracking == Tracking.READERS,
        "may_choose": open_to_choice,
        "standing": _standing(mailing),
        "verdict": _verdict(*halves) if mailing.chosen else "",
    }


def lines(mailing: Mailing) -> list[list[Any]]:
    """The figures for the report as a file: what, under which subject, how many."""
    if mailing.decide_at is None:
        return []
    message = mailing.publication.message
    chosen = {mailing.chosen: f" ({pgettext('subject', 'chosen')})"} if mailing.chosen else {}
    return [
        [what, f"{half.subject.upper()}: {words}{chosen.get(half.subject, '')}", count]
        for half in subjects.halves(mailing)
        for words in [message.under(half.subject).subject]
        for what, count in (
            (_("Compared subjects: readers"), half.readers),
            (_("Compared subjects: accepted"), half.accepted),
            (_("Compared subjects: opens"), half.opened),
            (_("Compared subjects: clicks"), half.clicked),
        )
    ]


def _standing(mailing: Mailing) -> str:
    """What was chosen, or when it will be."""
    if mailing.chosen:
        return _chosen(mailing)
    if mailing.finished_at is not None or mailing.decide_at is None:
        return _("The mailing was stopped before a subject was chosen.")
    count = subjects.waiting(mailing)
    waits = ngettext("%(count)d reader waits for it.", "%(count)d readers wait for it.", count) % {
        "count": count
    }
    if mailing.state == Mailing.State.PAUSED:
        told = _("The mailing is paused: Promo chooses once it goes on, not before {moment}.")
    else:
        told = _("Promo chooses by itself on {moment}.")
    return f"{told.format(moment=_moment(mailing.decide_at))} {waits}"


def _chosen(mailing: Mailing) -> str:
    values = {
        "letter": mailing.chosen.upper(),
        "moment": _moment(mailing.chosen_at) if mailing.chosen_at else "",
    }
    if not mailing.chosen_by_hand:
        return _("Subject {letter} was chosen on {moment} by the figures.").format(**values)
    if mailing.chosen_by is None:
        told = _("Subject {letter} was chosen on {moment} by a person whose account is gone.")
        return told.format(**values)
    name = mailing.chosen_by.get_full_name() or mailing.chosen_by.get_username()
    told = _("Subject {letter} was chosen on {moment}; the choice was made by: {name}.")
    return told.format(name=name, **values)


def _moment(at: datetime) -> str:
    local = localtime(at)
    day, hour = date_format(local, "j E"), date_format(local, "H:i")
    return pgettext("a moment", "{day} at {hour}").format(day=day, hour=hour)


def _verdict(first: Half, second: Half) -> str:
    """The difference in plain words: clicks, or where they are equal opens."""
    if first.click_rate != second.click_rate:
        parts = (first.clicked, first.accepted), (second.clicked, second.accepted)
        told = _("Subject {letter} brought more clicks: {more} against {less}.")
    elif first.open_rate != second.open_rate:
        parts = (first.opened, first.accepted), (second.opened, second.accepted)
        told = _(
            "As many clicked, but with subject {letter} more opened it: {more} against {less}."
        )
    else:
        return _("Both subjects did equally well.")
    best = better(first, second)
    more, less = parts if best is first else parts[::-1]
    words = told.format(letter=best.subject.upper(), more=share(*more), less=share(*less))
    return f"{words} {_chance(is_more_than_chance(*parts))}"


def _chance(is_sure: bool) -> str:  # noqa: FBT001  (its only argument)
    if is_sure:
        return _("Chance alone would rarely make so large a difference (fewer than 1 time in 20).")
    return _("That is too little to tell: chance alone may well make such a difference.")
