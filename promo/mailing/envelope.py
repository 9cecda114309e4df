"""The mail itself: an approved message and a reader in, bytes for the wire out.

A message is compiled once for all readers; for each reader only a few header lines and the filled
slots are joined to it, so no template and no MIME library runs per reader.

The body is quoted-printable: seven bits and short lines, so no relay on the way has a reason to
encode it anew and break the DKIM signature, and a boundary that holds "=_" cannot occur in it
(RFC 2045, 6.7).
"""

from __future__ import annotations

import hashlib
import html as html_module
import re
from binascii import b2a_qp
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache, partial
from itertools import groupby
from typing import NamedTuple, cast

from promo.errors import InvalidInput
from promo.mailing import salutation, verp
from promo.mailing.codes import Codes
from promo.mailing.headers import (
    DomainName,
    HeaderText,
    MailAddress,
    MessageId,
    encode_mailbox,
    encode_text,
)
from promo.mailing.slots import CLICK, LinkBases, Slot, split
from promo.values import Message, Salutation

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes. `list_id` names the newsletter for ever (RFC 2919), `news.library.example.org`.

    `feedback_id` is what Gmail counts complaints by: up to four names, parted by colons.
    """

    from_name: HeaderText
    from_email: MailAddress
    list_name: HeaderText
    list_id: DomainName
    reply_to: MailAddress | None = None
    feedback_id: HeaderText | None = None


class Reader(NamedTuple):
    """To whom. The name is what the reader once typed: a bad one is left out, the mail goes."""

    address: MailAddress
    name: str = ""


@dataclass(frozen=True, slots=True)
class MimeMail:
    """A mail ready for the wire: `data` has CRLF line ends and no line over 998 octets."""

    mail_from: MailAddress
    rcpt_to: MailAddress
    data: bytes


_UNSUBSCRIBE, _PREFERENCES, _CLICK, _CALLED_IN_TEXT, _CALLED_IN_HTML = range(5)
"""What a body's gaps ask for: the codes, as they stand in any text, and the line with the name."""

_NAMES_KEPT = 4096
"""Readers share first names: most lines with a name are encoded already."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """One message ready for any number of readers: fixed octets, and gaps for what is a reader's.

    Everything fixed is encoded and dot-stuffed (RFC 5321, 4.5.2) already; a code needs neither, and
    `call` gives the line with the name as it stands in both parts, so encoded.
    """

    bases: LinkBases
    head: bytes
    body: tuple[bytes | int, ...]
    one_click: bool
    call: Callable[[str], tuple[bytes, ...]] = field(compare=False)

    def for_reader(self, reader: Reader, *, codes: Codes, message_id: MessageId) -> bytes:
        """The mail to this reader as it goes over the wire, without the final dot."""
        unsubscribe = codes.unsubscribe.encode()
        own = (
            f"To: {encode_mailbox(_safe_name(reader.name), reader.address)}\r\n"
            f"Message-ID: {message_id}\r\n"
            f"List-Unsubscribe: <{self.bases.unsubscribe}{codes.unsubscribe}/>"
        )
        if self.bases.leave_domain is not None:
            leave = verp.leave_address(codes.unsubscribe, self.bases.leave_domain)
            own += f",\r\n <mailto:{leave}?subject=unsubscribe>"
        own += "\r\n"
        if self.one_click:  # RFC 8058 demands https
            own += "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        values = (
            unsubscribe,
            codes.preferences.encode(),
            codes.click.encode(),
            *self.call(reader.name),
        )
        body = [values[part] if type(part) is int else part for part in self.body]
        return b"".join([own.encode("ascii"), self.head, *body])  # type: ignore[list-item]  # no int is left


def compile_mail(message: Message, *, sender: Sender, bases: LinkBases, date: datetime) -> Compiled:
    """The message with all that is the same for every reader.

    Raises InvalidInput for a subject that no header can hold.
    """
    boundary = f"=_{hashlib.sha256(message.digest.encode()).hexdigest()[:32]}"
    body: list[bytes | int] = []
    for kind, text in (("plain", message.text), ("html", message.html)):
        body.append(_part_head(boundary, kind))
        body.extend(_quoted(text, bases, html=kind == "html", calls=bool(message.salutation)))
    body.append(f"\r\n--{boundary}--\r\n".encode("ascii"))
    return Compiled(
        bases,
        _fixed_head(message, sender, date, boundary),
        tuple(_joined(body)),
        one_click=bases.unsubscribe.startswith("https://"),
        call=lru_cache(_NAMES_KEPT)(partial(_called, message.salutation)),
    )


def _joined(pieces: Iterable[bytes | int]) -> Iterator[bytes | int]:
    """The same with neighbouring octets in one piece."""
    for is_gap, group in groupby(pieces, lambda piece: isinstance(piece, int)):
        if is_gap:
            yield from group
        else:
            yield b"".join(cast("Iterable[bytes]", group))


def _fixed_head(message: Message, sender: Sender, date: datetime, boundary: str) -> bytes:
    """The headers that are the same for all readers.

    No Auto-Submitted: it "MUST NOT be used on manually generated messages" (RFC 3834, 5.1), and
    people write and approve an issue. List-Id and Precedence keep absence notices silent (RFC
    5230, 4.6).
    """
    lines = [
        f"From: {encode_mailbox(sender.from_name, sender.from_email)}",
        f"Reply-To: {sender.reply_to}" if sender.reply_to else "",
        f"Subject: {encode_text(_subject(message))}",
        f"Date: {format_datetime(date)}",
        f"List-Id: {encode_text(sender.list_name)}\r\n <{sender.list_id}>",
        "Precedence: bulk",
        f"Feedback-ID: {encode_text(sender.feedback_id)}" if sender.feedback_id else "",
        f"Content-Language: {encode_text(HeaderText(message.language))}",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"',
    ]
    return "".join(f"{line}\r\n" for line in lines if line).encode("ascii")


def _subject(message: Message) -> HeaderText:
    try:
        return HeaderText(message.subject)
    except InvalidInput as error:
        raise InvalidInput(error.text, field="subject") from error


def _safe_name(name: str) -> HeaderText | None:
    try:
        return HeaderText(name)
    except InvalidInput:
        return None


def _part_head(boundary: str, kind: str) -> bytes:
    return (
        f"\r\n--{boundary}\r\n"
        f'Content-Type: text/{kind}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode("ascii")


def _quoted(text: str, bases: LinkBases, *, html: bool, calls: bool) -> Iterator[bytes | int]:
    """The text in quoted-printable, dot-stuffed and cut at its slots.

    Every piece begins on a line of its own, by soft line breaks.
    """
    called = _CALLED_IN_HTML if html else _CALLED_IN_TEXT
    marks = [CLICK] * bool(bases.click) + [salutation.PLACEHOLDER] * calls
    pieces = list(_split(_LINE_END.sub("\n", text), marks))
    last = len(pieces) - 1
    for position, (piece, is_fixed) in enumerate(pieces):
        if is_fixed:
            yield _stuffed(_encode(piece, more=position < last))
        elif piece == salutation.PLACEHOLDER:
            yield called
        else:
            yield from _gap(piece, bases, html=html)


def _called(words: Salutation | None, name: str) -> tuple[bytes, ...]:
    """The line that calls this reader, for the text part and for the HTML part."""
    if words is None:
        return ()
    lines = (salutation.as_text(words, name), salutation.as_html(words, name))
    return tuple(_stuffed(_encode(_LINE_END.sub("\n", line), more=True)) for line in lines)


def _split(text: str, marks: list[str]) -> Iterator[tuple[str, bool]]:
    """The pieces of the text, each with whether it is fixed; empty ones are left out."""
    between = re.compile(f"({'|'.join(map(re.escape, marks))})")
    for piece in split(text):
        if isinstance(piece, Slot):
            yield piece, False
            continue
        parts = between.split(piece) if marks else [piece]
        yield from ((part, part not in marks) for part in parts if part)


def _gap(slot: str, bases: LinkBases, *, html: bool) -> Iterator[bytes | int]:
    """A personal link: its fixed beginning, the code, its end."""
    fixed = {
        Slot.UNSUBSCRIBE: (bases.unsubscribe, _UNSUBSCRIBE),
        Slot.PREFERENCES: (bases.preferences, _PREFERENCES),
        Slot.BROWSER: (bases.browser, None),
        CLICK: (bases.click, _CLICK),
    }
    address, gap = fixed[slot]
    yield _stuffed(_encode(html_module.escape(address) if html else address, more=True))
    if gap is not None:
        yield gap
        yield b"/=\r\n"


def unstuffed(wire: bytes) -> bytes:
    """The mail as it is once its dot-stuffing is taken away."""
    return wire.replace(b"\r\n..", b"\r\n.")


def _stuffed(lines: bytes) -> bytes:
    """Lines that begin with a dot get a second one (RFC 5321, 4.5.2)."""
    stuffed = lines.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed


_OVERFULL = re.compile(rb"^(.{74,75})(=09|=20)$", re.MULTILINE)
"""A line of more than 76 octets (RFC 2045, 6.7): `binascii` encodes the blank at the end of one
after it has counted it."""


def _encode(text: str, *, more: bool) -> bytes:
    """Quoted-printable with CRLF; with `more`, a soft line break ends it, so that anything may
    follow.

    The "x" keeps room for that break: the encoder may fill its last line to the brim.
    """
    octets = text.encode("utf-8", "replace")
    if not more:
        return _crlf(b2a_qp(octets))
    return _crlf(b2a_qp(octets + b"x")[:-1] + b"=\n")


def _crlf(lines: bytes) -> bytes:
    return _OVERFULL.sub(rb"\1=\n\2", lines).replace(b"\n", b"\r\n")
