"""One connection to a relay: its socket, the talk on it, and what is still to be written."""

from __future__ import annotations

import selectors
import smtplib
import socket
import ssl
from collections import deque
from contextlib import suppress

from promo.mailing.conversation import Conversation
from promo.mailing.relay import Timeouts

_READ = 64 * 1024
_RECORD = 16 * 1024
"""Octets of one TLS record (RFC 8446, 5.1). It leaves whole or is unreadable, so we know whether a
final dot has left us; OpenSSL does not tell how many records of a longer write have left."""


class Line:
    """A connection in use. It never blocks."""

    __slots__ = (
        "_after_dot",
        "_dead",
        "_rest",
        "_secure",
        "asked_at",
        "awaited",
        "brisk",
        "carried",
        "due",
        "most",
        "smtp",
        "sock",
        "talk",
        "useful",
        "watched",
    )

    def __init__(self, smtp: smtplib.SMTP, *, most: int) -> None:
        if smtp.sock is None:
            message = "the connection is closed"
            raise RuntimeError(message)
        self.smtp = smtp
        self.sock = smtp.sock
        self.sock.settimeout(0)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._secure = isinstance(self.sock, ssl.SSLSocket)
        self.talk = Conversation(pipelining=smtp.has_extn("pipelining"))
        self.most = most
        self.carried = 0
        self.due = float("inf")
        """When the relay's time is over, by the courier's clock."""
        self.awaited = 0
        """How many replies the relay owed when `due` was set."""
        self.asked_at = float("-inf")
        """When something was said last, by the courier's clock."""
        self.brisk = False
        """The last answer came soon: an envelope said ahead does not wait for long."""
        self.useful = False
        """It has brought at least one mail a definite answer."""
        self.watched = selectors.EVENT_READ
        self._rest: deque[memoryview] = deque()
        self._after_dot = 0
        self._dead = False

    @property
    def waits(self) -> bool:
        """Something is left to write, and may still be written."""
        return bool(self._rest) and not self._dead

    @property
    def spent(self) -> bool:
        """It has carried as many mails as the relay wants to see on one connection."""
        return bool(self.most) and self.carried >= self.most

    @property
    def dot_unsaid(self) -> bool:
        """The final dot of the open mail has certainly not left us yet."""
        if not self._rest or self.talk.open is None:
            return False
        return sum(map(len, self._rest)) > self._after_dot

    def patience(self, times: Timeouts) -> float:
        """Seconds to wait for what the relay has to do now (RFC 5321, 4.5.3.2)."""
        if self._dead:
            return 0
        if self._rest:
            return times.body
        return times.final if self.talk.open is not None else times.command

    def say(self, words: bytes, *, after_dot: int) -> None:
        """Write as much as goes at once; the rest follows in `flush`.

        `after_dot`: so many of the octets stand after the final dot of the open mail. An error is
        not raised: what the relay has said before may still be read, and then the end.
        """
        self._after_dot = after_dot
        written = 0 if self._rest else self._write(words)
        if written < len(words):
            self._rest.append(memoryview(words)[written:])

    def flush(self) -> None:
        """Go on writing what is left, once there is room for some of it."""
        while self._rest:
            piece = self._rest[0]
            written = self._write(piece)
            if written < len(piece):
                self._rest[0] = piece[written:]
                return
            self._rest.popleft()

    def say_goodbye(self) -> None:
        """QUIT, if it goes at once."""
        with suppress(OSError):
            self.sock.send(b"QUIT\r\n")

    def read(self) -> bytes | None:
        """What the relay has said; None for nothing yet, empty for the end. Raises OSError."""
        try:
            data = self.sock.recv(_READ)
        except _NOT_NOW:
            return None
        with suppress(*_NOT_NOW):  # what OpenSSL holds already makes no socket readable
            while self._secure and self.sock.pending():  # type: ignore[attr-defined]  # an SSLSocket
                data += self.sock.recv(_READ)
        return data

    def _write(self, words: bytes | memoryview) -> int:
        written = 0
        try:
            if not self._secure:
                return self.sock.send(words)
            view = memoryview(words)
            while written < len(view):
                written += self.sock.send(view[written : written + _RECORD])
        except _NOT_NOW:
            pass
        except OSError:
            self._dead = True
        return written


_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
