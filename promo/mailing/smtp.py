"""A small SMTP driver that knows its phase: before the final dot, or after it.

`smtplib.sendmail` raises the same class with the same text whether the relay broke off before it
had the mail or after it had taken it. The difference decides whether a mail may be sent again:

    banner, MAIL, RCPT, DATA, body    the relay breaks off    Unreachable: safe to repeat
    the final dot and its answer      the relay breaks off    OutcomeUnknown: it may be out
    any phase                         4xx                     RateLimited: nothing was taken
    any phase                         5xx                     Rejected, for good
    greeting and sign-in              5xx                     Unreachable or Unauthorized
    QUIT                              anything                nothing: the answer came before

Refusals carry the code, the enhanced status (RFC 3463) as `subcode` and the phase as `trace`.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from promo.errors import PublishError
from promo.mailing import replies
from promo.mailing.envelope import MimeMail
from promo.mailing.greeting import greet
from promo.mailing.relay import Relay
from promo.mailing.replies import Phase

_BARE_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Accepted:
    """The relay has taken the mail: its answer to the final dot (often with a queue id)."""

    code: int
    text: str


class SmtpConnection:
    """A connection to a relay for any number of mails, opened at the first one.

    Use it as a context manager. A broken connection is opened again by the next `deliver`. Not for
    use from two threads at once. `toll` is asked before each mail, with the reader's address; it
    raises RateLimited where the mail may not leave now.
    """

    def __init__(
        self,
        relay: Relay,
        *,
        tls: ssl.SSLContext | None = None,
        toll: Callable[[str], None] = lambda _address: None,
    ) -> None:
        self._relay = relay
        self._toll = toll
        self._tls = tls or ssl.create_default_context()
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._drop()

    def open(self) -> None:
        """Connect and sign in, if that is not done already. Raises as `deliver` before the dot."""
        if self._smtp is not None and not _is_quiet(self._smtp):
            self._drop()  # a relay that spoke or hung up between two mails has ended the session
        if self._smtp is None:
            self._smtp = greet(self._relay, self._tls)

    def close(self) -> None:
        """Say goodbye, if the relay still listens. Never raises: all answers came before."""
        if self._smtp is not None:
            with suppress(OSError):
                _wait(self._smtp, self._relay.timeouts.connect)
                self._smtp.docmd("QUIT")
            self._drop()

    def deliver(self, mail: MimeMail) -> Accepted:
        """Hand one mail over. Raises one of the five `PublishError`s, see the module."""
        self._toll(mail.rcpt_to)
        self.open()
        try:
            return self._transaction(mail)
        except PublishError:
            raise
        except BaseException:  # stopped in the middle: the next mail must not continue this one
            self._drop()
            raise

    def _transaction(self, mail: MimeMail) -> Accepted:
        _wait(self._live(), self._relay.timeouts.command)
        self._command(Phase.MAIL, f"FROM:<{mail.mail_from}>")
        self._command(Phase.RCPT, f"TO:<{mail.rcpt_to}>")
        self._command(Phase.DATA, "")
        self._send_body(mail.data)
        return self._send_dot()

    def _command(self, phase: Phase, argument: str) -> None:
        expected = replies.START_MAIL_INPUT if phase is Phase.DATA else None
        with self._safely(phase):
            code, text = self._live().docmd(phase.upper(), argument)
        if code == expected or (expected is None and replies.is_success(code)):
            return
        if code == replies.CLOSING or not replies.is_refusal(code):
            self._drop()
        else:
            self._reset()
        raise replies.verdict(phase, code, text)

    def _send_body(self, data: bytes) -> None:
        """Everything but the final dot."""
        with self._safely(Phase.BODY):
            smtp = self._live()
            _wait(smtp, self._relay.timeouts.body)
            smtp.send(_dot_stuffed(data))
            if _is_quiet(smtp):
                return
            code, text = smtp.getreply()  # an early refusal; raises where the relay hung up
        self._drop()
        raise replies.verdict(Phase.BODY, code, text)

    def _send_dot(self) -> Accepted:
        """The final dot and its answer: from here on a broken connection says nothing."""
        smtp = self._live()
        try:
            _wait(smtp, self._relay.timeouts.final)
            smtp.send(b".\r\n")
            code, text = smtp.getreply()
        except OSError as error:
            self._drop()
            raise replies.unknown(f"{Phase.DOT}: {error}") from error
        if replies.is_success(code):
            return Accepted(code, replies.readable(text))
        if code == replies.CLOSING or not replies.is_refusal(code):
            self._drop()
        raise replies.verdict_after_dot(code, text)

    @contextmanager
    def _safely(self, phase: Phase) -> Iterator[None]:
        """Before the final dot: whatever breaks, nothing left us."""
        try:
            yield
        except OSError as error:  # smtplib's own errors, time-outs and TLS errors are all of this
            self._drop()
            raise replies.unreachable(f"{phase}: {error}") from error

    def _live(self) -> smtplib.SMTP:
        if self._smtp is None:
            message = "the connection is closed"
            raise smtplib.SMTPServerDisconnected(message)
        return self._smtp

    def _reset(self) -> None:
        """End the refused transaction; a relay that cannot even do that is left."""
        try:
            code, _text = self._live().docmd("RSET")
        except OSError:
            code = 0
        if not replies.is_success(code):
            self._drop()

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None


def _wait(smtp: smtplib.SMTP, seconds: float) -> None:
    if smtp.sock is not None:
        smtp.sock.settimeout(seconds)


def _is_quiet(smtp: smtplib.SMTP) -> bool:
    """Has the relay neither spoken unasked nor hung up? Reads nothing away, waits for nothing.

    A reply that came too early must not be taken for the answer to our next word.
    """
    sock, file = smtp.sock, smtp.file
    if sock is None or file is None:
        return False
    seconds = sock.gettimeout()
    sock.settimeout(0)
    try:
        if file.peek(1) or isinstance(sock, ssl.SSLSocket):
            return False  # TLS raises "want read" for silence; an empty answer is the end
        sock.recv(1, socket.MSG_PEEK)  # an empty answer is the end here too
    except (BlockingIOError, ssl.SSLWantReadError):
        return True
    except OSError:
        return False
    else:
        return False
    finally:
        sock.settimeout(seconds)


def _dot_stuffed(data: bytes) -> bytes:
    """The body as it goes over the wire (RFC 5321, 4.5.2), up to the final dot.

    Bare CR and LF become CRLF: relays that disagree about them can be made to see a second mail
    inside the first (SMTP smuggling).
    """
    if not data.count(b"\r\n") == data.count(b"\n") == data.count(b"\r"):
        data = _BARE_LINE_END.sub(b"\r\n", data)
    if not data.endswith(b"\r\n"):
        data += b"\r\n"
    data = data.replace(b"\r\n.", b"\r\n..")
    return b"." + data if data.startswith(b".") else data
