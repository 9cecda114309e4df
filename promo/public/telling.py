"""What readers are told about the counting of opens and clicks, where a newsletter does it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from types import SimpleNamespace

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from promo.models import Newsletter, Tracking
from promo.public import fields
from promo.rendering import typeset

COUNTED = "counted"
"""The name of the ticks with which readers agree to be told apart."""


def about(newsletter: Newsletter) -> str:
    """Beside the newsletter, on the sign-up form and on the page of a reader's settings."""
    if newsletter.tracking == Tracking.OFF:
        return ""
    return _("It is counted how often it is opened and its links are followed, without names.")


def newsletter_option(row: Newsletter, *, checked: bool) -> SimpleNamespace:
    text = " ".join(filter(None, (row.description, about(row))))
    return SimpleNamespace(value=str(row.id), label=row.name, help=text, checked=checked)


def with_tracking(words: str, newsletters: Iterable[Newsletter]) -> str:
    """The words a reader agrees to, which are kept as proof, with what is said of counting."""
    return " ".join(filter(None, (words, *map(_knowledge, newsletters))))


def _knowledge(newsletter: Newsletter) -> str:
    if newsletter.tracking == Tracking.OFF:
        return ""
    words = _(
        "I know that it is counted, without names, how often “{name}” is opened and its links "
        "are followed."
    )
    return words.format(name=newsletter.name)


def wordings(newsletters: Iterable[Newsletter]) -> dict[int, str]:
    """What readers agree to who let themselves be told apart, by newsletter: those that ask."""
    words = _(
        "I agree that the library sees whether I open “{name}” and which links in it I follow."
    )
    return {
        row.id: words.format(name=row.name)
        for row in newsletters
        if row.tracking == Tracking.READERS
    }


def ticks(newsletters: Iterable[Newsletter], *, given: Collection[int]) -> list[SimpleNamespace]:
    """A group of choices of its own, or none where no newsletter asks. Nothing is ticked before."""
    asked = wordings(newsletters)
    if not asked:
        return []
    hint = _(
        "You need not: the newsletter comes all the same. You can take it back at any time in your "
        "settings; there is a link to them in every message."
    )
    language = get_language() or "pl"
    options = [
        fields.option(key, typeset(words, language=language), checked=key in given)
        for key, words in asked.items()
    ]
    return [fields.group(COUNTED, _("Opens and clicks"), options, hint=hint)]


def ticked(newsletters: Iterable[Newsletter], given: Collection[str]) -> dict[int, str]:
    """The words of the ticks that were sent, by newsletter."""
    return {key: words for key, words in wordings(newsletters).items() if str(key) in given}
