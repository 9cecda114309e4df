"""What differs from reader to reader in one issue: the slots, and how they are filled.

An issue is composed once; a reader's own links stand in it as absolute addresses below a reserved
host (RFC 2606 keeps `.invalid` for ever), so that they survive MJML, HTML parsers, URL attributes
and plain text unchanged, and can never be somebody's real address.
"""

from __future__ import annotations

import html as html_module
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from promo.errors import InvalidInput
from promo.mailing.codes import Codes
from promo.mailing.headers import DomainName


class Slot(StrEnum):
    """A place that each reader's own link fills."""

    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    BROWSER = "browser"

    @property
    def placeholder(self) -> str:
        """The address that stands for the link until it is filled."""
        return f"https://{self.value}.slot.invalid/"


CLICK = "https://click.slot.invalid/"
"""Stands for `LinkBases.click` and a reader's code in a message whose links are counted.

It is no `Slot`: no stored message has it, only the one that a mailing's mails are made of.
"""

_PLACEHOLDER = re.compile(r"https://(" + "|".join(Slot) + r")\.slot\.invalid/")
# Printable ASCII without the characters that end an address in HTML, in a header or in plain
# text.
_LINK = re.compile(r"(https?://|mailto:)[!#-;=?-~]{1,900}")


def holds_slot(address: str) -> bool:
    """Is this a reader's own link?"""
    return _PLACEHOLDER.match(address) is not None


def split(text: str) -> Iterator[str | Slot]:
    """The fixed pieces of `text` and its slots, in order; empty pieces are left out."""
    for position, piece in enumerate(_PLACEHOLDER.split(text)):
        if position % 2:
            yield Slot(piece)
        elif piece:
            yield piece


def fill(text: str, values: Mapping[Slot, str], *, html: bool) -> str:
    """`text` with each slot replaced by its value, escaped for an attribute where `html` is set.

    Raises KeyError for a slot without a value: a mail with an open slot must not go out.
    """
    ready = {slot: html_module.escape(value) if html else value for slot, value in values.items()}
    return "".join(ready[part] if isinstance(part, Slot) else part for part in split(text))


@dataclass(frozen=True, slots=True)
class LinkBases:
    """Where a mailing's personal links lead: absolute addresses that end where the code begins.

    `browser` is the same for all readers and whole. `leave_domain`: where a mail to the code's
    address unsubscribes its reader (`promo.mailing.verp`), None where nobody hears it. `click` is
    "" where no link tells readers apart. Raises InvalidInput for anything that is not a clean
    address.
    """

    unsubscribe: str
    preferences: str
    browser: str
    leave_domain: DomainName | None = None
    click: str = ""

    def __post_init__(self) -> None:
        given = (self.click,) if self.click else ()
        for link in (self.unsubscribe, self.preferences, self.browser, *given):
            if not _LINK.fullmatch(link):
                raise InvalidInput(
                    _("A reader's link is not a complete web address."), field="links"
                )

    def values(self, codes: Codes) -> dict[Slot, str]:
        """One reader's own links, whole."""
        return {
            Slot.UNSUBSCRIBE: f"{self.unsubscribe}{codes.unsubscribe}/",
            Slot.PREFERENCES: f"{self.preferences}{codes.preferences}/",
            Slot.BROWSER: self.browser,
        }
