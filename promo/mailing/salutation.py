"""The line that calls a reader by name, joined to an issue that is composed once.

The words are the editor's and fixed; the name is whatever a stranger once typed. It stands as it
was typed, in the nominative: a vocative that we guessed would be wrong for somebody. What is no
name is left out, and the reader is greeted without one.
"""

from __future__ import annotations

import dataclasses
import html
import re

from promo.errors import InvalidInput
from promo.mailing.headers import HeaderText
from promo.rendering import wrap_text
from promo.values import Message, Salutation

PLACEHOLDER = "https://salutation.slot.invalid/"
"""What stands for the line in an issue: see `promo.mailing.slots`."""

# An address would become a link in most mail programs, and braces look like a broken template.
_NO_NAME = re.compile(r"[/\\@<>{}\[\]|=]|\bwww\.", re.IGNORECASE)
# They would turn the direction of what follows the name; overrides are no `HeaderText` at all.
_DIRECTION_MARKS = re.compile("[\u200e\u200f\u061c\ufeff]")


def name_of(typed: str) -> str:
    """The name as it may stand in a line of text; "" for what is none."""
    try:
        name = " ".join(_DIRECTION_MARKS.sub("", HeaderText(typed)).split())
    except InvalidInput:
        return ""
    if _NO_NAME.search(name) or not any(character.isalpha() for character in name):
        return ""
    return name


def as_text(salutation: Salutation, typed: str) -> str:
    """The line for the plain-text part, wrapped as the rest of it."""
    name = name_of(typed)
    words = f"{salutation.before}{name}{salutation.after}" if name else salutation.without
    return wrap_text(words)


def as_html(salutation: Salutation, typed: str) -> str:
    """The line for the HTML part; a name in another script does not disturb its direction."""
    name = name_of(typed)
    if not name:
        return html.escape(salutation.without)
    before, after = html.escape(salutation.before), html.escape(salutation.after)
    return f"{before}<bdi>{html.escape(name)}</bdi>{after}"


def addressed(message: Message, name: str) -> Message:
    """The message as one reader reads it, its salutation filled in; "" greets without a name."""
    if message.salutation is None:
        return message
    return dataclasses.replace(
        message,
        text=message.text.replace(PLACEHOLDER, as_text(message.salutation, name)),
        html=message.html.replace(PLACEHOLDER, as_html(message.salutation, name)),
        salutation=None,
    )
