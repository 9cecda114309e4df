"""Titles, and the few words that go before them, in the item's own language."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from promo.channels.website.text import flat
from promo.values import EventStatus, ItemFacts


def title_of(item: ItemFacts) -> str:
    """The title on one line; its kind where there is none, for no format takes an empty one."""
    return flat(item.title) or flat(item.kind_label) or item.kind


def headline(item: ItemFacts) -> str:
    """The title with the word that must not be missed before it ("ODWOŁANE: ")."""
    return status_prefix(item) + title_of(item)


def status_prefix(item: ItemFacts) -> str:
    """What a reader of the title must not miss, with a space after it; "" if all is as planned."""
    with translation.override(item.language):
        match item.status:
            case EventStatus.CANCELLED:
                return _("CANCELLED:") + " "
            case EventStatus.POSTPONED:
                return _("POSTPONED:") + " "
            case EventStatus.RESCHEDULED if item.previous_starts_at is None:
                return _("CHANGE:") + " "
            case EventStatus.RESCHEDULED:
                return _("NEW DATE:") + " "
            case _other:
                return ""


def deadline_prefix(item: ItemFacts) -> str:
    """Before the title of a calendar entry that stands for a closing date."""
    with translation.override(item.language):
        return pgettext("calendar", "Last day:") + " "
