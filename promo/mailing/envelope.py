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
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from promo.errors import InvalidInput
from promo.mailing.headers import (
    DomainName,
    HeaderText,
    MailAddress,
    MessageId,
    encode_mailbox,
    encode_text,
)
from promo.mailing.slots import ReaderLinks, Slot, split
from promo.values import Message

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes. `list_id` names the newsletter for ever (RFC 2919), `news.library.example.org`.

    `feedback_id` is the optional name under which Gmail counts complaints.
    """

    from_name: HeaderText
    from_email: MailAddress
    list_name: HeaderText
    list_id: DomainName
    reply_to: MailAddress | None = None
    feedback_id: HeaderText | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """To whom. The name is what the reader once typed: a bad one is left out, the mail goes."""

    address: MailAddress
    name: str = ""


@dataclass(frozen=True, slots=True)
class MimeMail:
    """A mail ready for the wire: `data` has CRLF line ends and no line over 998 octets."""

    mail_from: MailAddress
    rcpt_to: MailAddress
    data: bytes


@dataclass(frozen=True, slots=True)
class _Gap:
    """A slot in the compiled body, and whether it stands in HTML."""

    slot: Slot
    html: bool


@dataclass(frozen=True, slots=True)
class Compiled:
    """One message ready for any number of readers: fixed headers, the body in pieces and gaps."""

    head: bytes
    body: tuple[bytes | _Gap, ...]

    def for_reader(
        self, reader: Reader, *, links: ReaderLinks, message_id: MessageId, verp: MailAddress
    ) -> MimeMail:
        """The mail to this reader."""
        own = (
            f"To: {encode_mailbox(_safe_name(reader.name), reader.address)}\r\n"
            f"Message-ID: {message_id}\r\n{_list_unsubscribe(links)}"
        )
        values = links.values
        body = [
            part if isinstance(part, bytes) else _filled(values[part.slot], html=part.html)
            for part in self.body
        ]
        return MimeMail(verp, reader.address, b"".join([own.encode("ascii"), self.head, *body]))


def build(
    message: Message,
    reader: Reader,
    *,
    links: ReaderLinks,
    sender: Sender,
    message_id: MessageId,
    verp: MailAddress,
    date: datetime,
) -> MimeMail:
    """One mail to one reader; for a whole issue, `compile_mail` once and `for_reader` for each."""
    compiled = compile_mail(message, sender=sender, date=date)
    return compiled.for_reader(reader, links=links, message_id=message_id, verp=verp)


def compile_mail(message: Message, *, sender: Sender, date: datetime) -> Compiled:
    """The message with all that is the same for every reader.

    Raises InvalidInput for a subject that no header can hold.
    """
    boundary = f"=_{hashlib.sha256(message.digest.encode()).hexdigest()[:32]}"
    body: list[bytes | _Gap] = []
    for kind, text in (("plain", message.text), ("html", message.html)):
        body.append(_part_head(boundary, kind))
        body.extend(_quoted(text, html=kind == "html"))
    body.append(f"\r\n--{boundary}--\r\n".encode("ascii"))
    return Compiled(_fixed_head(message, sender, date, boundary), tuple(body))


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


def _list_unsubscribe(links: ReaderLinks) -> str:
    """RFC 2369 and RFC 8058; one click is offered over https only, as the latter demands."""
    target = links.one_click or links.unsubscribe
    by_mail = f",\r\n <{links.unsubscribe_mail}>" if links.unsubscribe_mail else ""
    line = f"List-Unsubscribe: <{target}>{by_mail}\r\n"
    if target.startswith("https://"):
        line += "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    return line


def _part_head(boundary: str, kind: str) -> bytes:
    return (
        f"\r\n--{boundary}\r\n"
        f'Content-Type: text/{kind}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode("ascii")


def _quoted(text: str, *, html: bool) -> list[bytes | _Gap]:
    """The text in quoted-printable, cut at its slots."""
    pieces = list(split(_LINE_END.sub("\n", text)))
    last = len(pieces) - 1
    return [
        _Gap(piece, html) if isinstance(piece, Slot) else _encode(piece, more=position < last)
        for position, piece in enumerate(pieces)
    ]


def _filled(value: str, *, html: bool) -> bytes:
    """A slot's value, on a line of its own by soft line breaks."""
    return _encode(html_module.escape(value) if html else value, more=True)


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
    return lines.replace(b"\n", b"\r\n")
