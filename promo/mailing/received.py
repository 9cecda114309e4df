"""A mail from outside, opened with bounds: nobody outside decides how long we read, or how deep.

Python's parser copes with nearly everything, but takes time that grows with lines times nesting;
the rest of its weaknesses (a charset named "\\0", a date in the year 0) end in exceptions of many
kinds. All of that is dealt with here, so that what reads a mail may read on plainly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email import policy
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from itertools import islice

from django.utils.translation import gettext as _

from promo.errors import InvalidInput

MOST_BYTES = 1_000_000
"""What comes after is not read: the report stands at the beginning, the returned mail behind it."""

_MOST_LINES = 20_000
_LONGEST_LINE = 2000
_MOST_NESTED = 40
_MOST_PARTS = 100
_MOST_TEXT = 200_000
_NESTING = re.compile(rb"content-type:\s*(?:multipart|message)/", re.IGNORECASE)
_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+")

# What the standard library raises on hostile mails: for unknown charsets, broken encoded words,
# impossible dates, parameters of the wrong shape, nesting.
BROKEN = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MessageError,
    RecursionError,
    TypeError,
    ValueError,
)

Mail = Message


def open_mail(raw: bytes) -> Mail:
    """The mail, parsed as far as the bounds allow. Raises InvalidInput for one nested too deep."""
    lines = islice(raw[:MOST_BYTES].splitlines(), _MOST_LINES)
    data = b"\n".join(line[:_LONGEST_LINE] for line in lines)
    if len(_NESTING.findall(data)) > _MOST_NESTED:
        raise InvalidInput(_("This mail cannot be read: it is nested too deep."))
    try:
        return BytesParser(policy=policy.compat32).parsebytes(data)
    except BROKEN as error:
        raise InvalidInput(_("This mail cannot be read.")) from error


def parts(mail: Mail) -> Iterator[Mail]:
    """The mail and everything in it, outer before inner; not more than can be of use."""
    return islice(mail.walk(), _MOST_PARTS)


def kind_of(part: Mail) -> str:
    """`type/subtype`, lower-case."""
    try:
        return part.get_content_type()
    except BROKEN:
        return "text/plain"


def field(mail: Mail, name: str) -> str:
    """A header as one line of text, decoded as far as it can be; "" where it is missing."""
    value = next(fields(mail, name), "")
    with suppress(*BROKEN):  # broken encoded words stay as they stand
        value = "".join(_decoded(*piece) for piece in decode_header(value))
    return _SPACES.sub(" ", value).strip()


def fields(mail: Mail, *names: str) -> Iterator[str]:
    """All headers of these names, in the order of the names, as they stand."""
    for name in names:
        for key, value in mail.raw_items():
            if key.lower() == name.lower():
                # The parser keeps octets beyond ASCII as lone surrogates.
                yield _decoded(str(value).encode("utf-8", "surrogateescape"), "utf-8")


def text_of(part: Mail) -> str:
    """The text of a leaf, without its transfer encoding; never fails."""
    if part.is_multipart():
        return ""
    try:
        octets = part.get_payload(decode=True)
        charset = part.get_content_charset("utf-8")
    except BROKEN:
        return ""
    return _decoded(octets if isinstance(octets, bytes) else b"", charset)[:_MOST_TEXT]


def instant(value: str) -> datetime | None:
    """The instant of a date as mails write it; None for what is none."""
    try:
        moment = parsedate_to_datetime(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except BROKEN:
        return None


def _decoded(octets: bytes | str, charset: str | None) -> str:
    if isinstance(octets, str):
        return octets
    for name in (charset or "utf-8", "utf-8"):
        try:
            return octets.decode(name)
        except BROKEN:
            continue
    return octets.decode("latin-1")
