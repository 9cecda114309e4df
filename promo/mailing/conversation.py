"""One connection's talk with a relay: what to say next, and what each reply means. No socket here.

With PIPELINING (RFC 2920) a mail costs one round trip: its body goes in one flight with the next
mail's envelope, and the replies come back together.

    C: <body of 1> .  MAIL 2  RCPT 2  DATA
    S: 250 (1 is taken)  250  250  354

Only one mail at a time can be in doubt: the one whose final dot has been said and not answered.
Whatever breaks before the dot, nothing was taken (RFC 5321, 4.1.1.4 and 6.1).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

from promo.mailing.replies import CLOSING, START_MAIL_INPUT, Phase, readable

MAX_REPLY = 64 * 1024
"""Octets of one reply, all its lines together; no relay that means well says more."""

_DOT = b".\r\n"
_RSET = (Phase.RSET, b"RSET\r\n")


class Verdict(StrEnum):
    """What became of a mail, as far as one connection can tell."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    UNSENT = "unsent"
    """Nothing was taken, and the reader is not to blame: the connection ended."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail for the wire: `data` is dot-stuffed and ends in CRLF, without the final dot."""

    id: int
    mail_from: str
    rcpt_to: str
    data: bytes
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The relay's last word on a mail, or the lack of it."""

    mail: Outgoing
    verdict: Verdict
    phase: Phase
    code: int = 0
    text: str = ""


class Broken(Exception):
    """The relay does not speak SMTP, or not to us: the connection is of no further use."""


class Conversation:
    """`start` a mail; `feed` what the relay says; `send` the body once a mail is `cleared`.

    The caller writes what `start`, `send` and `feed` give, in that order, and calls `lost` when the
    connection ends.
    """

    __slots__ = (
        "_ahead",
        "_expected",
        "_failure",
        "_input",
        "_open",
        "_pipelining",
        "_reply",
        "_script",
        "_stale",
        "cleared",
        "closing",
    )

    def __init__(self, *, pipelining: bool) -> None:
        self._pipelining = pipelining
        self._open: Outgoing | None = None
        self._ahead: Outgoing | None = None
        self._failure: tuple[Phase, int, str] | None = None
        self._expected: deque[Phase] = deque()
        self._script: deque[tuple[Phase, bytes]] = deque()
        self._input = b""
        self._reply: list[bytes] = []
        self._stale = False
        self.cleared: Outgoing | None = None
        """The mail whose body the relay waits for."""
        self.closing = False
        """The relay has said that it will hang up."""

    @property
    def idle(self) -> bool:
        """Nothing is under way: `start` may be called, or the connection ended."""
        return self._open is None and self._ahead is None and self.cleared is None

    @property
    def open(self) -> Outgoing | None:
        """The mail that is in doubt until the relay answers its final dot."""
        return self._open

    def start(self, mail: Outgoing) -> bytes:
        """The envelope of a mail; call it while `idle`."""
        return self._envelope(mail)

    def send(self, following: Outgoing | None) -> bytes:
        """The body of the cleared mail with its final dot, then the envelope of the next one.

        Without pipelining the next one is not begun: `following` must be None.
        """
        mail, self.cleared = self.cleared, None
        if mail is None:
            message = "no mail is cleared"
            raise RuntimeError(message)
        self._open = mail
        self._expected.append(Phase.DOT)
        head = mail.data + _DOT
        return head + self._envelope(following) if following is not None else head

    @property
    def may_follow(self) -> bool:
        """May the next envelope go in the same flight as a body?"""
        return self._pipelining and not self.closing

    def feed(self, data: bytes) -> tuple[list[Outcome], bytes]:
        """What these octets settle, and what to say at once. Raises Broken; then call `lost`."""
        outcomes: list[Outcome] = []
        lines = (self._input + data).split(b"\n")  # some relays leave the CR out
        self._input = lines.pop()
        if len(self._input) > MAX_REPLY or len(self._reply) * 4 > MAX_REPLY:
            message = "the relay's reply has no end"
            raise Broken(message)
        for line in lines:
            if line[3:4] == b"-":
                self._reply.append(line)
                continue
            if self._reply:
                line = b"\n".join([*self._reply, line])  # noqa: PLW2901  (the whole reply)
                self._reply = []
            self._heard(line, outcomes)
        return outcomes, self._say_next()

    def lost(self, why: str, *, dot_said: bool) -> list[Outcome]:
        """What the end of the connection means for the mails under way.

        `dot_said`: the final dot of the open mail has left us, or may have.
        """
        outcomes = []
        if self._open is not None:
            verdict = Verdict.UNKNOWN if dot_said else Verdict.UNSENT
            outcomes.append(Outcome(self._open, verdict, Phase.DOT, text=why))
        for waiting in (self.cleared, self._ahead):
            if waiting is not None:
                outcomes.append(Outcome(waiting, Verdict.UNSENT, Phase.DATA, text=why))
        self._open = self._ahead = self.cleared = None
        return outcomes

    def _envelope(self, mail: Outgoing) -> bytes:
        self._ahead = mail
        self._failure = None
        if self._pipelining:
            said = f"MAIL FROM:<{mail.mail_from}>\r\nRCPT TO:<{mail.rcpt_to}>\r\nDATA\r\n".encode()
            if self._stale:
                self._stale = False
                self._expected.append(Phase.RSET)
                said = _RSET[1] + said
            self._expected.extend(_FLIGHT)
            return said
        self._script.extend(
            (
                (Phase.MAIL, f"MAIL FROM:<{mail.mail_from}>\r\n".encode()),
                (Phase.RCPT, f"RCPT TO:<{mail.rcpt_to}>\r\n".encode()),
                (Phase.DATA, b"DATA\r\n"),
            )
        )
        if self._stale:
            self._stale = False
            self._script.appendleft(_RSET)
        return self._say_next()

    def _say_next(self) -> bytes:
        """The next command, where one waits for the reply to the one before."""
        if self._expected or not self._script:
            return b""
        phase, line = self._script.popleft()
        self._expected.append(phase)
        return line

    def _heard(self, reply: bytes, outcomes: list[Outcome]) -> None:
        code = _code(reply)
        if not self._expected:
            if code == CLOSING:
                self.closing = True
                return
            message = f"an unasked reply: {readable(reply)[:80]}"
            raise Broken(message)
        if code == CLOSING:
            self.closing = True
        phase = self._expected.popleft()
        if phase is Phase.DOT:
            self._heard_dot(code, reply, outcomes)
        elif phase is Phase.DATA:
            self._heard_data(code, reply, outcomes)
        elif phase is Phase.NOTHING:
            pass  # the answer to the lone dot after a refused envelope
        elif not 200 <= code < 300:  # noqa: PLR2004  (RFC 5321, 4.2.1: the first digit says it)
            if phase is Phase.RSET:
                message = f"RSET refused: {readable(reply)[:80]}"
                raise Broken(message)
            if self._failure is None:
                self._failure = (phase, code, _words(reply))
            if self._script:  # nothing more was said: the envelope ends here
                self._script.clear()
                self._give_up(outcomes)

    def _heard_dot(self, code: int, reply: bytes, outcomes: list[Outcome]) -> None:
        mail, self._open = self._open, None
        if mail is None:
            message = "a reply to no mail"
            raise Broken(message)
        # 421 is a definite refusal too, but it speaks of the connection, not of the reader.
        verdict = Verdict.UNSENT if code == CLOSING else _verdict(code, otherwise=Verdict.UNKNOWN)
        outcomes.append(Outcome(mail, verdict, Phase.DOT, code, _words(reply)))

    def _heard_data(self, code: int, reply: bytes, outcomes: list[Outcome]) -> None:
        if code == START_MAIL_INPUT and self._failure is None:
            self.cleared, self._ahead = self._ahead, None
            return
        if code == START_MAIL_INPUT:  # RFC 2920, 3.1: the recipient was refused, so end it empty
            self._script.appendleft((Phase.NOTHING, _DOT))
        elif self._failure is None:
            self._failure = (Phase.DATA, code, _words(reply))
        self._give_up(outcomes)

    def _give_up(self, outcomes: list[Outcome]) -> None:
        """The envelope was refused; the next mail begins with RSET."""
        mail, self._ahead = self._ahead, None
        if mail is None or self._failure is None:
            message = "a refusal of nothing"
            raise Broken(message)
        phase, code, words = self._failure
        self._failure = None
        self._stale = True
        verdict = _verdict(code, otherwise=Verdict.UNSENT)
        if self.closing:
            verdict = Verdict.UNSENT  # 421 speaks of the connection, not of the reader
        outcomes.append(Outcome(mail, verdict, phase, code, words))


_AFTER_CODE = frozenset({b"", b" ", b"-", b"\r"})
_FLIGHT = (Phase.MAIL, Phase.RCPT, Phase.DATA)


def _code(reply: bytes) -> int:
    digits = reply[:3]
    if not digits.isdigit() or reply[3:4] not in _AFTER_CODE:
        message = f"not an SMTP reply: {readable(reply)[:80]}"
        raise Broken(message)
    return int(digits)


def _words(reply: bytes) -> str:
    """The text of a reply, without the codes before each line."""
    return readable(b" ".join(line[4:] for line in reply.split(b"\n")))


def _verdict(code: int, *, otherwise: Verdict) -> Verdict:
    match code // 100:  # RFC 5321, 4.2.1
        case 2:
            return Verdict.ACCEPTED
        case 4:
            return Verdict.DEFERRED
        case 5:
            return Verdict.REFUSED
    return otherwise
