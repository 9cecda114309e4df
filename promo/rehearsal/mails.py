"""Caught mails: stored raw, read when somebody looks."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from typing import Any

from promo.rehearsal import ledger
from promo.rehearsal.clock import iso_time
from promo.rehearsal.state import State

BLANK_LINE = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class Envelope:
    """A mail as the wire gave it: sender, recipients and the bytes after DATA."""

    mail_from: str
    recipients: tuple[str, ...]
    raw: bytes
    received_at: float
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """A stored mail, without its bodies. `received_at` is in seconds of the virtual clock."""

    id: int
    mail_from: str
    recipients: tuple[str, ...]
    subject: str
    message_id: str
    received_at: float


@dataclass(frozen=True, slots=True)
class Content:
    """What is inside a mail, decoded. `headers` joins a repeated header with line breaks."""

    headers: dict[str, str]
    html: str
    text: str


class Mails:
    """The store. Mails are found newest first."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, envelopes: Iterable[Envelope]) -> None:
        """Store them all in one transaction: when this returns they are on disk."""
        with self._state.transaction() as db:
            for envelope in envelopes:
                _insert(db, envelope)

    def find(
        self,
        *,
        to: str = "",
        message_id: str = "",
        after_id: int = 0,
        limit: int = -1,
        offset: int = 0,
    ) -> list[Mail]:
        """Mails newest first. `to` is any part of a recipient's address; limit -1 means all."""
        rows = self._state.rows(
            "SELECT id, mail_from, recipients, subject, message_id, received_at FROM mails"
            " WHERE (? = '' OR instr(lower(recipients), lower(?)))"
            " AND (? = '' OR message_id = ?) AND id > ? ORDER BY id DESC LIMIT ? OFFSET ?",
            to,
            to,
            message_id,
            message_id,
            after_id,
            limit,
            offset,
        )
        return [_mail(row) for row in rows]

    def count(self, to: str = "") -> int:
        row = self._state.row(
            "SELECT count(*) AS n FROM mails WHERE ? = '' OR instr(lower(recipients), lower(?))",
            to,
            to,
        )
        return int(row["n"]) if row else 0

    def get(self, mail_id: int) -> Mail | None:
        row = self._state.row(
            "SELECT id, mail_from, recipients, subject, message_id, received_at FROM mails"
            " WHERE id = ?",
            mail_id,
        )
        return _mail(row) if row else None

    def raw(self, mail_id: int) -> bytes:
        row = self._state.row("SELECT raw FROM mails WHERE id = ?", mail_id)
        return bytes(row["raw"]) if row else b""

    def clear(self) -> None:
        with self._state.transaction() as db:
            db.execute("DELETE FROM mails")


def read(raw: bytes) -> Content:
    """The decoded headers and bodies of a mail. Never raises: a broken mail is shown as it is."""
    parsed = message_from_bytes(raw)
    return Content(
        headers=_headers(raw),
        html=_body(parsed, "text/html"),
        text=_body(parsed, "text/plain"),
    )


def as_json(mail: Mail, content: Content | None) -> dict[str, Any]:
    """The JSON of `GET /api/mails`; without a content only the envelope and the subject."""
    facts: dict[str, Any] = {
        "id": mail.id,
        "to": list(mail.recipients),
        "mail_from": mail.mail_from,
        "subject": mail.subject,
        "message_id": mail.message_id,
        "received_at": iso_time(mail.received_at),
    }
    if content is not None:
        facts |= {"headers": content.headers, "html": content.html, "text": content.text}
    return facts


def _insert(db: sqlite3.Connection, envelope: Envelope) -> None:
    headers = {name.lower(): value for name, value in _headers(envelope.raw).items()}
    subject = headers.get("subject", "")
    cursor = db.execute(
        "INSERT INTO mails (mail_from, recipients, subject, message_id, received_at, raw)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            envelope.mail_from,
            json.dumps(envelope.recipients, ensure_ascii=False),
            subject,
            headers.get("message-id", ""),
            envelope.received_at,
            envelope.raw,
        ),
    )
    ledger.accept(
        db,
        kind="mail",
        object_id=str(cursor.lastrowid),
        text=headers.get("message-id", ""),
        link=" ".join(envelope.recipients),
        fault=envelope.fault,
    )


def _mail(row: sqlite3.Row) -> Mail:
    data: dict[str, Any] = dict(row)
    return Mail(**{**data, "recipients": tuple(json.loads(data["recipients"]))})


def _headers(raw: bytes) -> dict[str, str]:
    # SMTPUTF8 mails carry bare UTF-8 in their headers, which message_from_bytes would mask.
    head = BLANK_LINE.split(raw, maxsplit=1)[0].decode(errors="replace")
    found: dict[str, str] = {}
    for name, value in message_from_string(head).items():
        text = _decoded(value)
        found[name] = f"{found[name]}\n{text}" if name in found else text
    return found


def _decoded(value: str) -> str:
    unfolded = "".join(value.splitlines()).strip()
    try:
        return str(make_header(decode_header(unfolded)))
    except (HeaderParseError, LookupError, UnicodeDecodeError):
        return unfolded


def _body(parsed: Message, content_type: str) -> str:
    for part in parsed.walk():
        if part.get_content_type() != content_type or part.get_filename():
            continue
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            try:
                text = payload.decode(part.get_content_charset("utf-8"), "replace")
            except LookupError:
                text = payload.decode(errors="replace")
            return text.replace("\r\n", "\n")
    return ""
