"""Which of our mails a returned one is about: every name it bears, the surest first.

A bounce address and an unsubscription link carry signed codes; a Message-ID holds two random UUIDs
that only the reader has seen. They are found by their exact shape, whatever has been wrapped around
them on the way (SRS0=…=b+code@…, prvs=…). Whether a code is ours, its key tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from promo.mailing import received
from promo.mailing.received import Mail

_CODE = r"([1-9][0-9]{0,18}-[0-9a-f]{20})"
_BOUNCE = re.compile(rf"\bb(?:\+|=2b|%2b){_CODE}(?![0-9a-f])", re.IGNORECASE)
_LEAVE = re.compile(rf"\bu\+{_CODE}(?![0-9a-f])", re.IGNORECASE)
_LINK = re.compile(rf"/unsubscribe/{_CODE}/", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"(?<![0-9a-f])([0-9a-f]{32})\.([0-9a-f]{32})@", re.IGNORECASE)
_MOST = 10

# Where a mail server notes to whom it handed the mail, then what the sender wrote.
_ARRIVED_AT = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc")
_RETURNED = (
    "Return-Path", "X-Return-Path", "X-Envelope-From", "Original-Mail-From", "Message-ID",
    "Original-Envelope-Id", "References", "In-Reply-To", "List-Unsubscribe",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clues:
    """Names as found, unproved: codes of bounce addresses, codes of unsubscription links, and
    Message-IDs as (reader's UUID, issue's UUID), both in hexadecimal.

    `leave` is the code of an unsubscription address that the mail was sent to. `reader` is the
    reader's own address: only from those who have proved who they are.
    """

    bounce: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    message_ids: tuple[tuple[str, str], ...] = ()
    leave: str = ""
    reader: str = ""


def search(texts: Iterable[str], *, arrived_at: Iterable[str] = ()) -> Clues:
    """The names in these texts, in their order; `arrived_at`: the addresses the mail came to."""
    doors = list(arrived_at)
    everything = [*doors, *texts]
    leave = next((found[1] for door in doors for found in _LEAVE.finditer(door)), "")
    return Clues(
        bounce=_first(match[1] for text in everything for match in _BOUNCE.finditer(text)),
        links=_first(match[1] for text in everything for match in _LINK.finditer(text)),
        message_ids=tuple(
            islice(
                dict.fromkeys(
                    (match[1].lower(), match[2].lower())
                    for text in everything
                    for match in _MESSAGE_ID.finditer(text)
                ),
                _MOST,
            )
        ),
        leave=leave.lower(),
    )


def of_mail(mail: Mail, *, recipient: str) -> Clues:
    """The names a returned mail bears. The envelope's recipient, where known, is the surest."""
    doors = [recipient] if recipient else list(received.fields(mail, *_ARRIVED_AT))
    return search(_texts(mail), arrived_at=doors)


def _texts(mail: Mail) -> Iterator[str]:
    """Headers of the returned mail first, then everything that can be read as text."""
    inside = list(received.parts(mail))
    for part in inside[1:]:
        yield from received.fields(part, *_RETURNED)
    yield from received.fields(mail, *_ARRIVED_AT, *_RETURNED)
    for part in inside:
        yield received.text_of(part)


def _first(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(islice(dict.fromkeys(code.lower() for code in codes), _MOST))
