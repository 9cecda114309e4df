"""From a draft to a post. Pure: the words are in `templates/facebook_page/<variant>.txt.j2`."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from django.utils.translation import gettext as _

from promo.channels.base import Render
from promo.errors import NotAllowed
from promo.planning.meetings import meetings_of, on_date
from promo.values import Draft, ItemFacts, Message, Variant

VARIANTS = frozenset(Variant) - {Variant.ISSUE}


def compose(draft: Draft, render: Render, *, channel: str) -> Message:
    """The post for this draft; raises `NotAllowed` where there is no item or no such variant."""
    if draft.item is None or draft.variant not in VARIANTS:
        raise NotAllowed(_("Only events and news can be posted on Facebook."))
    context = {
        "draft": draft,
        "item": _at_first_date(draft.item, draft),
        "institution": draft.institution,
        "link": draft.link,
    }
    return Message(
        channel=channel,
        text=_tidied(render(f"{channel}/{draft.variant}.txt.j2", context)),
        subject=draft.item.title,
        link=draft.link,
        language=draft.item.language,
        pictures=draft.item.pictures,
    )


def _at_first_date(item: ItemFacts, draft: Draft) -> ItemFacts:
    """A series of which single dates were changed, at its first one that takes place."""
    if not item.changed_dates or item.starts_at is None:
        return item
    coming = (
        one
        for one in meetings_of(item, draft.institution.tz)
        if one.starts_at and one.starts_at.date() >= draft.due_on
    )
    first = min(coming, key=lambda one: one.starts_at or one.was_at, default=None)
    if first is None:
        return item
    told = on_date(item, first)
    return replace(item, starts_at=told.starts_at, ends_at=told.ends_at, place=told.place)


def _tidied(text: str) -> str:
    """Paragraphs with one empty line between them, in composed characters.

    Text pasted from macOS carries „ó” as two characters; Facebook counts and shows both.
    """
    lines = [line.rstrip() for line in unicodedata.normalize("NFC", text).splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
