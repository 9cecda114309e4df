"""A picture as the form of an upload: our own bytes, or an address that Facebook fetches."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from promo.channels.facebook_page import words
from promo.channels.facebook_page.calls import Upload
from promo.errors import Rejected
from promo.values import Picture

MAX_BYTES = 4 * 2**20
"""What Facebook's own refusal names; other sources say 10 MB."""

SUFFIXES: Mapping[str, str] = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
}


def prepared(picture: Picture) -> tuple[Mapping[str, str], Upload | None]:
    """The form's fields and the file; raises `Rejected` where the file is gone or too large."""
    form = {"alt_text_custom": picture.alt} if picture.alt else {}
    if not picture.path:
        return {**form, "url": picture.url}, None
    try:
        content = Path(picture.path).read_bytes()
    except OSError as error:
        raise Rejected(str(words.PICTURE_GONE), detail=type(error).__name__) from error
    if len(content) > MAX_BYTES:
        raise Rejected(str(words.PICTURE_TOO_LARGE), detail=f"{len(content)} bytes")
    name = f"picture.{SUFFIXES.get(picture.mime_type, 'jpg')}"
    return form, Upload(name=name, content=content, mime_type=picture.mime_type)
