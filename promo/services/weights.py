"""How heavy the HTML of an issue is as its readers get it: Gmail cuts off what is over 102 KB."""

from __future__ import annotations

from uuid import UUID

from promo.mailing import links
from promo.mailing.codes import codes_of
from promo.mailing.salutation import addressed
from promo.mailing.slots import Slot, fill
from promo.models import Subject, Tracking
from promo.services import tokens
from promo.services.facts import absolute
from promo.values import Message

_LATE = codes_of(10**9, key=bytes(32))
"""The codes of a delivery whose number is as long as they get."""

_NAME = "Maksymiliana"
_KEY = "0" * 16
"""As long as a short address's own part (`promo.services.tracking`)."""


def heaviest(message: Message, *, counted: str) -> int:
    """Bytes of the heaviest of its variants and subjects, with a reader's own links and name.

    `counted` is one of `Tracking`: short addresses and the picture change the weight.
    """
    variants = (message, *message.variants.values())
    return max(_weight(one.under(which), counted) for one in variants for which in Subject.values)


def _weight(message: Message, counted: str) -> int:
    mail = message if counted == Tracking.OFF else _dressed(message, counted)
    own = {
        Slot.UNSUBSCRIBE: absolute(f"/unsubscribe/{_LATE.unsubscribe}"),
        Slot.PREFERENCES: absolute(f"/preferences/{_LATE.preferences}"),
        Slot.BROWSER: tokens.link("view", tokens.DELIVERY, UUID(int=0)),
    }
    html = fill(addressed(mail, _NAME).html, own, html=True)
    return len(html.encode("utf-8", "replace"))


def _dressed(message: Message, counted: str) -> Message:
    reader = f"{_LATE.click}/" if counted == Tracking.READERS else ""
    short = absolute(f"/c/{reader}{_KEY}")
    addresses = {link.url: short for link in links.links_of(message)}
    return links.dressed(message, addresses, picture=short)
