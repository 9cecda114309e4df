"""The few words that go before a title, in the item's own language."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from promo.values import EventStatus, ItemFacts


def status_prefix(item: ItemFacts) -> str:
    """What a reader of the title must not miss, with a space after it; "" if all is as planned."""
    with translation.override(item.language):
        match item.status:
            case EventStatus.CANCELLED:
                return _("CANCELLED:") + " "
            case EventStatus.POSTPONED:
                return _("POSTPONED:") + " "
            case EventStatus.RESCHEDULED:
                return _("NEW DATE:") + " "
            case _other:
                return ""


def deadline_prefix(item: ItemFacts) -> str:
    """Before the title of a calendar entry that stands for a closing date."""
    with translation.override(item.language):
        return pgettext("calendar", "Last day:") + " "
