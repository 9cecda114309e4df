"""Checking a picture that was uploaded or fetched, and making it fit to go out.

The type is what the bytes say, never what a name or a header says. Decoding happens in a child
process, after a look at the announced size. What goes out is always encoded anew, so that nothing a
camera wrote (where the picture was taken) and nothing a stranger appended leaves the house.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from promo.errors import InvalidInput
from promo.sources.confined import MEGABYTE, ChildEnded, Limits, run_confined

MAX_BYTES = 30 * MEGABYTE
LIMITS = Limits(cpu_seconds=10, memory=1024 * MEGABYTE)
"""What fifty million pixels of WebP need; pictures of everyday size take a tenth."""

_SIGNATURES = (
    (re.compile(rb"\xff\xd8\xff"), "JPEG"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "PNG"),
    (re.compile(rb"GIF8[79]a"), "GIF"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "WEBP"),
)
_HEIC = re.compile(rb".{4}ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)", re.DOTALL)
_AVIF = re.compile(rb".{4}ftypavi[fs]", re.DOTALL)
_SVG = re.compile(rb"<svg[\s>]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """`format` is JPEG, PNG, WEBP or GIF; the size is in pixels, upright as a person sees it."""

    format: str
    width: int
    height: int


def check_picture(data: bytes, *, limits: Limits = LIMITS) -> PictureInfo:
    """What kind of picture this is; raises `InvalidInput` in plain words if it cannot be used."""
    kind = _sniff(data)
    answer, _picture = _in_child(["check", kind], data, limits)
    return PictureInfo(kind, width=answer["width"], height=answer["height"])


def prepare_picture(
    data: bytes, *, max_side: int = 2048, max_bytes: int = 4_000_000, limits: Limits = LIMITS
) -> bytes:
    """The picture as an upright JPEG without metadata; raises `InvalidInput` if it cannot be used.

    No side is longer than `max_side` pixels, the file not larger than `max_bytes`. Of an animation
    the first frame is taken, transparency becomes white.
    """
    arguments = ["prepare", _sniff(data), str(max_side), str(max_bytes)]
    _answer, picture = _in_child(arguments, data, limits)
    return picture


def _sniff(data: bytes) -> str:
    if not data:
        raise InvalidInput(_("This file is empty."))
    if len(data) > MAX_BYTES:
        raise InvalidInput(_("This picture is too large: more than 30 MB."))
    for signature, kind in _SIGNATURES:
        if signature.match(data):
            return kind
    if _HEIC.match(data):
        raise InvalidInput(
            _("Pictures in the HEIC format of phones cannot be used. Save the picture as JPEG.")
        )
    if _AVIF.match(data):
        raise InvalidInput(
            _("Pictures in the AVIF format cannot be used. Save the picture as JPEG.")
        )
    if _SVG.search(data[:4096]):
        raise InvalidInput(_("SVG drawings cannot be used. Save the picture as PNG or JPEG."))
    raise InvalidInput(_("This is not a picture we can use. Use JPEG, PNG, WebP or GIF."))


def _in_child(arguments: list[str], data: bytes, limits: Limits) -> tuple[dict[str, Any], bytes]:
    try:
        printed = run_confined("promo.sources.painter", arguments, data, limits=limits)
    except ChildEnded as error:
        raise InvalidInput(_("This picture is damaged and cannot be read.")) from error
    line, _newline, picture = printed.partition(b"\n")
    answer: dict[str, Any] = json.loads(line)
    if answer.get("refused") == "pixels":
        raise InvalidInput(_("This picture has too many pixels: more than 50 million."))
    if answer.get("refused") == "bytes":
        raise InvalidInput(_("This picture cannot be made small enough."))
    return answer, picture
