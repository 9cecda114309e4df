"""What a mail that came back means: which delivery it is about, and what follows for its reader.

Reports first, in the forms made for machines: RFC 3464 (delivery status), RFC 5965 (complaints),
RFC 8098 (receipts). Then what flufl.bounce knows of the older ones. What nobody can read is kept
for a person; nothing is ever guessed against a reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from email.parser import HeaderParser
from enum import StrEnum

import flufl.bounce

from promo.errors import InvalidInput
from promo.mailing import absence, clues, received, statuses
from promo.mailing.clues import Clues
from promo.mailing.received import BROKEN, Mail
from promo.mailing.replies import Category


class Kind(StrEnum):
    """What came back, in the words that decide what follows."""

    HARD = "hard"
    """The address does not exist."""

    SOFT = "soft"
    """It did not arrive this time."""

    POLICY = "policy"
    """Our mail was not wanted: no reader is to blame."""

    COMPLAINT = "complaint"
    LEAVE = "leave"
    """A mail to the unsubscription address."""

    NOTICE = "notice"
    """Only for information: delayed, relayed, delivered, displayed."""

    AUTOMATIC = "automatic"
    """An absence notice, or another answer of a machine."""

    UNINTELLIGIBLE = "unintelligible"
    """For a person."""


@dataclass(frozen=True, slots=True)
class Returned:
    """A returned mail, read. `status` is by RFC 3463 or "", `code` the SMTP reply or 0, `at` the
    instant of the failure by the mail's own account, if it gives one.
    """

    kind: Kind
    clues: Clues = field(default_factory=Clues)
    category: Category | str = ""
    status: str = ""
    code: int = 0
    text: str = ""
    at: datetime | None = None


_TEXT = 300
_SUCCESS = frozenset({"delivered", "relayed", "expanded"})
_KINDS = {Category.POLICY: Kind.POLICY, Category.CONTENT: Kind.POLICY}
_FEEDBACK = {
    "abuse": Kind.COMPLAINT,
    "fraud": Kind.COMPLAINT,
    "opt-out": Kind.COMPLAINT,
    "opt-out-list": Kind.COMPLAINT,
    "not-spam": Kind.NOTICE,
    "virus": Kind.POLICY,
    "auth-failure": Kind.POLICY,  # RFC 6591: somebody's, perhaps our own, mail failed DMARC
}
_STATUS_PARTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RECEIPTS = frozenset({"message/disposition-notification"})
_COPY = re.compile(
    r"^\W*(?:-+ ?(?:below this line is a copy|this is a copy of|original message|"
    r"returned message|the header of the original|message header follows)|Return-Path:|"
    r"Received: (?:from|by)|Wiadomość oryginalna|Oryginalna wiadomość)",
    re.IGNORECASE | re.MULTILINE,
)
_TELLING = re.compile(r"(?<![\d.])[45]\d\d[ -]|(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?!\.?\d)")


def read(raw: bytes, *, recipient: str = "") -> Returned:
    """What this mail says. `recipient`: to whom it came, by the envelope. Never fails."""
    try:
        mail = received.open_mail(raw)
    except InvalidInput as error:
        known = clues.search([], arrived_at=[recipient])
        return Returned(Kind.UNINTELLIGIBLE, known, text=error.text)
    names = clues.of_mail(mail, recipient=recipient)
    at = received.instant(received.field(mail, "Date"))
    if names.leave:
        return Returned(Kind.LEAVE, names, at=at)
    for look in (_delivery_status, _feedback, _receipt, _notice, _odd_report):
        found = look(mail, names, at)
        if found is not None:
            return found
    if absence.is_automatic(mail):
        return Returned(Kind.AUTOMATIC, names, at=at)
    return Returned(Kind.UNINTELLIGIBLE, names, text=received.field(mail, "Subject")[:_TEXT], at=at)


def judge(status: statuses.Status) -> Kind:
    """What a failed delivery with this status means for the reader."""
    if status.why in _KINDS:
        return _KINDS[Category(status.why)]
    return Kind.HARD if status.why == Category.ADDRESS and status.lasting else Kind.SOFT


def _failed(status: statuses.Status, names: Clues, text: str, at: datetime | None) -> Returned:
    return Returned(
        judge(status), names, status.why, status.enhanced, status.code, text[:_TEXT], at
    )


def _delivery_status(mail: Mail, names: Clues, at: datetime | None) -> Returned | None:
    """RFC 3464. Where one copy of several arrived, the reader can be reached."""
    groups = [
        group
        for part in received.parts(mail)
        if received.kind_of(part) in _STATUS_PARTS
        for group in _groups(part)
        if group["Action"] or group["Status"]
    ]
    if not groups:
        return None
    actions = [_word(group, "Action") for group in groups]
    if not _SUCCESS.isdisjoint(actions):
        return Returned(Kind.NOTICE, names, at=at)
    failures = [
        group for group, action in zip(groups, actions, strict=True) if _has_failed(group, action)
    ]
    if not failures:
        return Returned(Kind.NOTICE, names, at=at, text=_diagnosis(groups[0])[:_TEXT])
    group = failures[0]
    words = _diagnosis(group)
    status = statuses.read(received.field(group, "Status"), words)
    if not status.why:  # some servers tell only people why
        more = statuses.read(received.field(group, "Status"), f"{words} {_told(mail)}")
        status = statuses.Status(status.enhanced, status.code, more.why, status.lasting)
    tried = received.instant(received.field(group, "Last-Attempt-Date"))
    return _failed(status, names, words, tried or at)


def _groups(part: Mail) -> list[Message]:
    """The groups of fields, also where the part was encoded as no RFC allows."""
    content = part.get_payload()
    groups = [one for one in content if isinstance(one, Message)] if part.is_multipart() else []
    if received.field(part, "Content-Transfer-Encoding").lower() not in {
        "base64",
        "quoted-printable",
    }:
        return groups
    if groups:
        leaf = groups[0]
        leaf["Content-Transfer-Encoding"] = received.field(part, "Content-Transfer-Encoding")
        blocks = re.split(r"\n\s*\n", received.text_of(leaf).replace("\r\n", "\n"))
        return [HeaderParser().parsestr(block) for block in blocks]
    return groups


def _has_failed(group: Message, action: str) -> bool:
    if action:
        return action == "failed"
    return received.field(group, "Status").startswith("5")


def _word(group: Message, name: str) -> str:
    """A field's first word, lower-case: some add a comment."""
    return (received.field(group, name).lower().split() or [""])[0].strip(";,(")


def _diagnosis(group: Message) -> str:
    """The server's words, without the type that stands before them."""
    words = received.field(group, "Diagnostic-Code")
    return re.sub(r"^[\w.-]{1,30}\s*;\s*", "", words) or received.field(group, "Status")


def _feedback(mail: Mail, names: Clues, at: datetime | None) -> Returned | None:
    """RFC 5965, and Microsoft's own form of it: the mail itself with one header more."""
    for part in received.parts(mail):
        if received.kind_of(part) == "message/feedback-report":
            group = next(iter(_groups(part)), part)
            sort = _word(group, "Feedback-Type")
            when = received.instant(received.field(group, "Arrival-Date"))
            kind = _FEEDBACK.get(sort, Kind.UNINTELLIGIBLE)
            policy = Category.POLICY if kind == Kind.POLICY else ""
            return Returned(kind, names, policy, text=sort, at=when or at)
        if received.field(part, "X-HmXmrOriginalRecipient"):
            return Returned(Kind.COMPLAINT, names, text="abuse", at=at)
    return None


def _receipt(mail: Mail, names: Clues, at: datetime | None) -> Returned | None:
    """RFC 8098: somebody's program tells that it has shown, or deleted, the mail."""
    if any(received.kind_of(part) in _RECEIPTS for part in received.parts(mail)):
        return Returned(Kind.NOTICE, names, at=at)
    return None


def _notice(mail: Mail, names: Clues, at: datetime | None) -> Returned | None:
    if absence.is_notice(mail) and not received.field(mail, "X-Failed-Recipients"):
        return Returned(Kind.AUTOMATIC, names, at=at)
    return None


def _odd_report(mail: Mail, names: Clues, at: datetime | None) -> Returned | None:
    """What flufl.bounce finds in the reports of servers that never heard of RFC 3464."""
    try:
        passing, lasting = flufl.bounce.all_failures(mail)
    except BROKEN:
        return None
    if not passing and not lasting:
        return None
    if not lasting:
        return Returned(Kind.NOTICE, names, at=at)
    words = _told(mail)
    return _failed(statuses.read("", words), names, words, at)


def _told(mail: Mail) -> str:
    """What is told to people: the telling lines, or all of it up to the copy of our own mail."""
    text = next(_readable(mail), "")
    copy = _COPY.search(text, 1)
    lines = [" ".join(line.split()) for line in text[: copy.start() if copy else None].splitlines()]
    telling = next((n for n, line in enumerate(lines) if _TELLING.search(line)), None)
    kept = lines if telling is None else lines[telling : telling + 4]
    return " ".join(line for line in kept if line)[:2000]


def _readable(mail: Mail) -> Iterator[str]:
    for part in received.parts(mail):
        if received.kind_of(part) == "text/plain" and received.text_of(part).strip():
            yield received.text_of(part)
        if received.kind_of(part) == "message/rfc822":
            return
    for part in received.parts(mail):
        if received.kind_of(part) == "text/html":
            yield re.sub(r"<[^>]{0,500}>", " ", received.text_of(part))
