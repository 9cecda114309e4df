"""Words proposed for an issue that composes itself: its subject and its preview text. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from promo.planning.filling import Candidate, Chapter, Collecting, Group, next_at
from promo.planning.kinds import KINDS

SUBJECT = 60
"""Characters of a subject that most mail programs show (E18)."""

PREHEADER = (40, 130)
_NAMED = 2


def subject_of(chapters: Sequence[Chapter], rule: Collecting) -> str:
    """The strongest items by name and how many more there are, in at most 60 characters.

    In the language of the moment. A title that is longer than that is cut at a word.
    """
    items = _by_strength(chapters, rule)
    titles = [_one_line(item.title) for item in items]
    for named in range(min(_NAMED, len(titles)), 0, -1):
        whole = _sentence(titles[:named], items[named:])
        if len(whole) <= SUBJECT:
            return whole
    room = SUBJECT - len(_sentence([""], items[1:]))
    return _sentence([textwrap.shorten(titles[0], room, placeholder="…")], items[1:])


def preheader_of(chapters: Sequence[Chapter], rule: Collecting, *, subject: str) -> str:
    """What the subject had no room for; "" where there is too little for a text of its own."""
    low, high = PREHEADER
    titles = [_one_line(item.title) for item in _by_strength(chapters, rule)]
    others = [title for title in titles if title not in subject]
    for chosen in (others, titles):
        text = ", ".join(chosen)
        if len(text) >= low:
            return text if len(text) <= high else textwrap.shorten(text, high, placeholder="…")
    return ""


def _sentence(titles: Sequence[str], rest: Sequence[Candidate]) -> str:
    named = ", ".join(titles)
    count = len(rest)
    if not count:
        whole = _("{first} and {second}")
        return whole.format(first=titles[0], second=titles[1]) if len(titles) > 1 else named
    if all(item.starts_at is not None and not KINDS[item.kind].operational for item in rest):
        whole = ngettext(
            "{titles} and {count} other event", "{titles} and {count} other events", count
        )
    else:
        whole = ngettext(
            "{titles} and {count} other piece of news",
            "{titles} and {count} other pieces of news",
            count,
        )
    return whole.format(titles=named, count=count)


def _by_strength(chapters: Sequence[Chapter], rule: Collecting) -> list[Candidate]:
    """The items, the strongest first: what is urgent, then what happens once, then the nearest."""

    def key(item: Candidate) -> tuple[object, ...]:
        kind = KINDS[item.kind]
        return (-kind.priority, kind.recurring, next_at(item, rule), item.title, item.ref)

    fresh = [item for each in chapters if each.group is not Group.CHANGES for item in each.items]
    changed = [item for each in chapters if each.group is Group.CHANGES for item in each.items]
    return sorted(fresh, key=key) + sorted(changed, key=key)


def _one_line(text: str) -> str:
    return " ".join(text.split())
