"""The text of a file, whatever program wrote it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from promo.errors import InvalidInput
from promo.sources.encodings import decode_feed

MAX_BYTES = 5 * 2**20
_UNDECODABLE = "\ufffd"


def decoded(data: str | bytes) -> str:
    """The text in UTF-8, UTF-16 with its mark, or a Polish single-byte encoding.

    Raises InvalidInput for more than 5 MB and for what is no text.
    """
    size = len(data) if isinstance(data, bytes) else len(data.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise InvalidInput(_("The file is larger than 5 MB."))
    text = data if isinstance(data, str) else decode_feed(data).text
    if _UNDECODABLE in text or "\0" in text:
        raise InvalidInput(_("This is no text file. Save it as UTF-8."))
    return text.removeprefix("\ufeff")
