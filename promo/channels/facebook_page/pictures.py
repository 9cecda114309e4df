"""What is wrong with a picture and its text alternative (rule A3)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from promo.channels.facebook_page.photos import MAX_BYTES, SUFFIXES
from promo.values import Picture, Problem

MAX_ALT = 250
MIN_ALT = 5

_FILE_NAME = re.compile(
    r"\S+\.(?:jpe?g|png|gif|webp|heic|tiff?)"
    r"|(?:img|dsc|dscn|pxl|photo|image|screenshot)[-_ ]?\d[\w-]*",
    re.IGNORECASE,
)
_KIND_ALONE = re.compile(
    r"(?:zdjęcie|foto|fotografia|obraz|obrazek|grafika|ilustracja|plakat|baner|logo"
    r"|photo|picture|image|graphic|illustration|poster|banner)\W*",
    re.IGNORECASE,
)


def problems(picture: Picture, *, number: int, title: str) -> Iterator[Problem]:
    """Problems of the post's picture with this number (from 1); `title` is the item's."""
    named = {"number": number}
    if picture.mime_type not in SUFFIXES:
        text = _("Picture %(number)d is in a format that Facebook does not take. Use JPEG.") % named
        yield Problem("picture_format", text, field="photos")
    if picture.size > MAX_BYTES:
        text = _("Picture %(number)d is larger than 4 MB. Choose a smaller one.") % named
        yield Problem("picture_too_large", text, field="photos")
    yield from _with_alternative(picture.alt.strip(), named, title=title)


def _with_alternative(alt: str, named: dict[str, int], *, title: str) -> Iterator[Problem]:
    if not alt:
        text = _("Picture %(number)d has no text alternative. Say what it shows.") % named
        yield Problem("alt_missing", text, field="photos")
    elif _FILE_NAME.fullmatch(alt):
        text = _("The text alternative of picture %(number)d is a file name. Say what it shows.")
        yield Problem("alt_file_name", text % named, field="photos")
    elif _KIND_ALONE.fullmatch(alt):
        text = _(
            "The text alternative of picture %(number)d names only its kind. Say what it shows."
        )
        yield Problem("alt_kind_alone", text % named, field="photos")
    elif len(alt) > MAX_ALT:
        text = _("The text alternative of picture %(number)d is longer than %(limit)d characters.")
        yield Problem("alt_too_long", text % {**named, "limit": MAX_ALT}, field="photos")
    elif len(alt) < MIN_ALT:
        text = _("The text alternative of picture %(number)d is very short. Say what it shows.")
        yield Problem("alt_too_short", text % named, level="warning", field="photos")
    elif title and alt.casefold() == title.strip().casefold():
        text = _("The text alternative of picture %(number)d only repeats the title.")
        yield Problem("alt_is_title", text % named, level="warning", field="photos")
