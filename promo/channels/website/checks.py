"""What is wrong with a message of the website, said before approval.

The page of the library is the accessible twin that the law asks for beside every post elsewhere
(act on digital accessibility, art. 6), so a missing fact or text alternative is an error here.
A message tells of the event's times and place through the data attributes of its entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from lxml import html
from lxml.etree import ParserError

from promo.channels.website.text import ascii_url, flat
from promo.planning.kinds import KINDS, Kind, Timing
from promo.values import Message, Picture, Problem

_WITH_A_START = {Timing.MOMENT, Timing.RANGE}

TITLE_LIMIT = 160
LEAD_LIMIT = 160
ALT_LIMIT = 250

_FILE_NAME = re.compile(
    r"^\S+\.(?:jpe?g|png|gif|webp|heic|tiff?)$|^(?:IMG|DSC|DCIM)[_-]?\d+", re.IGNORECASE
)
_NOT_SAYING = {
    "zdjęcie",
    "obrazek",
    "obraz",
    "grafika",
    "plakat",
    "foto",
    "photo",
    "picture",
    "image",
    "poster",
}


def problems(message: Message) -> list[Problem]:
    """Everything an editor should know; errors block approval."""
    found = [*_title(message), *_lead(message), *_link(message)]
    for picture in message.pictures:
        found += _picture(picture, message)
    return [*found, *_event(entry_data(message))]


def entry_data(message: Message) -> Mapping[str, str]:
    """The data attributes of the entry, without "data-"; empty if there is no entry."""
    try:
        root = html.fragment_fromstring(message.html, create_parent="div")
    except (ParserError, ValueError):  # ValueError: characters that XML cannot carry
        return {}
    first = root.find("div")
    if first is None:
        return {}
    return {
        name.removeprefix("data-"): value
        for name, value in first.attrib.items()
        if name.startswith("data-")
    }


def _title(message: Message) -> Iterator[Problem]:
    length = len(flat(message.subject))
    if not length:
        yield Problem("title_missing", _("The title is missing."), field="title")
    if length > TITLE_LIMIT:
        text = ngettext(
            "The title has {length} character; at most {limit} are allowed.",
            "The title has {length} characters; at most {limit} are allowed.",
            length,
        )
        yield Problem(
            "title_too_long", text.format(length=length, limit=TITLE_LIMIT), field="title"
        )


def _lead(message: Message) -> Iterator[Problem]:
    length = len(flat(message.preheader))
    if not length:
        text = _("The lead is missing: one or two sentences on who, what, when and where.")
        yield Problem("lead_missing", text, field="lead")
    if length > LEAD_LIMIT:
        text = ngettext(
            "The lead has {length} character; at most {limit} are allowed.",
            "The lead has {length} characters; at most {limit} are allowed.",
            length,
        )
        yield Problem("lead_too_long", text.format(length=length, limit=LEAD_LIMIT), field="lead")


def _link(message: Message) -> Iterator[Problem]:
    if not ascii_url(message.link):
        yield Problem("link_missing", _("The item has no address on the website yet."))


def _picture(picture: Picture, message: Message) -> Iterator[Problem]:
    alt = flat(picture.alt)
    if not alt:
        text = _(
            "A picture has no text alternative. Say what it shows, for people who cannot see it."
        )
        yield Problem("alt_missing", text, field="pictures")
    elif len(alt) > ALT_LIMIT:
        text = _("The text alternative “{alt}…” is too long: say it in {limit} characters.")
        yield Problem(
            "alt_too_long", text.format(alt=alt[:40], limit=ALT_LIMIT), "warning", field="pictures"
        )
    elif _says_nothing(alt, message):
        text = _("The text alternative “{alt}” does not say what the picture shows.")
        yield Problem("alt_empty_words", text.format(alt=alt), "warning", field="pictures")


def _says_nothing(alt: str, message: Message) -> bool:
    words = alt.casefold().strip(" .")
    return (
        bool(_FILE_NAME.match(alt))
        or words in _NOT_SAYING
        or words == flat(message.subject).casefold()
    )


def _event(data: Mapping[str, str]) -> Iterator[Problem]:
    kind = KINDS.get(data.get("kind", ""))
    if kind is None:
        return
    yield from _times(kind, data)
    if kind.dated and _has_a_place(kind):
        if not data.get("place"):
            text = _("The place is missing: choose a branch or write where it is.")
            yield Problem("place_missing", text, field="branch")
        if not data.get("accessibility"):
            text = _("Nothing is said about accessibility: entrance, lift, loop, sign language.")
            yield Problem("accessibility_missing", text, "warning", field="accessibility")


def _times(kind: Kind, data: Mapping[str, str]) -> Iterator[Problem]:
    starts, ends, deadline = (data.get(name, "") for name in ("starts", "ends", "deadline"))
    if kind.dated and kind.timing is Timing.DEADLINE and not (deadline or starts):
        yield Problem("deadline_missing", _("The closing date is missing."), field="deadline_at")
    waits_for_a_date = data.get("status") == "postponed"
    if kind.dated and kind.timing in _WITH_A_START and not starts and not waits_for_a_date:
        yield Problem("time_missing", _("The event has no date and hour."), field="starts_at")
    if starts and ends and datetime.fromisoformat(ends) < datetime.fromisoformat(starts):
        yield Problem("ends_before_start", _("It ends before it starts."), field="ends_at")
    closes = data.get("sign-up-until", "")
    if starts and closes and datetime.fromisoformat(closes) > datetime.fromisoformat(starts):
        text = _("The sign-up closes after the event has begun.")
        yield Problem("sign_up_after_start", text, "warning", field="sign_up_until_at")


def _has_a_place(kind: Kind) -> bool:
    return kind.timing is not Timing.DEADLINE and any(
        name.endswith("Event") for name in kind.schema_org
    )
