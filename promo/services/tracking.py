"""The short addresses of a mailing: made at its start, put into the message its mails are made of.

A key is random and names one row; what the row says is where it leads. So a short address leads to
what was approved and to nothing else, whatever is written into it.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from functools import partial

from promo.mailing import links
from promo.mailing.slots import CLICK
from promo.models import Mailing, TrackedLink, Tracking
from promo.services import samples
from promo.services.facts import absolute
from promo.values import Message

_KEY_BYTES = 8


def register(*, mailing: Mailing) -> None:
    """Give each counted link of this mailing a short address, and the picture one.

    Where two subjects are compared, each has short addresses of its own: so clicks are told apart
    even where readers are not. Within the transaction that starts the mailing.
    """
    if mailing.tracking == Tracking.OFF:
        return
    message = mailing.publication.message
    found = {"": links.Link("", "")}
    for one in (message, *message.variants.values()):
        found |= {link.url: link for link in links.links_of(one) if link.url not in found}
    TrackedLink.objects.bulk_create(
        TrackedLink(
            mailing=mailing,
            subject=subject,
            position=position,
            key=secrets.token_hex(_KEY_BYTES),
            url=link.url,
            label=link.label,
        )
        for subject in samples.subjects_of(mailing)
        for position, link in enumerate(found.values())
    )


def message_of(mailing: Mailing, *, subject: str = "") -> Message:
    """What the mails of this mailing are made of: the approved message, with its short addresses.

    Where nothing is counted it is the approved message itself. `subject` is one of its two.
    """
    message = mailing.publication.message.under(subject)
    if mailing.tracking == Tracking.OFF:
        return message
    stem = CLICK if mailing.tracking == Tracking.READERS else absolute("/c/")
    rows = mailing.links.filter(subject=subject).values_list("url", "key")
    addresses = {url: f"{stem}{key}" for url, key in rows}
    dress = partial(links.dressed, addresses=addresses, picture=addresses.pop(""))
    variants = {language: dress(one) for language, one in message.variants.items()}
    return replace(dress(message), variants=variants)


def click_base(mailing: Mailing) -> str:
    """Where a reader's tracked links begin; "" where nobody is told apart."""
    return absolute("/c/") if mailing.tracking == Tracking.READERS else ""
