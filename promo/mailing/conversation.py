"""One connection's talk with a relay: what to say next, and what each reply means. No socket here.

With PIPELINING (RFC 2920) a mail costs one round trip: its body goes in one flight with the next
mail's envelope, and the replies come back together.

    C: <body of 1> .  MAIL 2  RCPT 2  DATA
    S: 250 (1 is taken)  250  250  354

Only one mail at a time can be in doubt: the one whose final dot has been said and not answered.
Whatever breaks before the dot, nothing was taken (RFC 5321, 4.1.1.4 and 6.1).

Only a 2xx to the final dot means that a mail was taken, and only 4xx and 5xx speak of a reader. Any
other reply, or one out of its turn, ends the connection: who knows what the next one would answer.
So does 421, which speaks of the connection.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from typing import NamedTuple

from promo.mailing.replies import (
    CLOSING,
    START_MAIL_INPUT,
    Phase,
    is_refusal,
    is_success,
    readable,
)

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


class Outgoing(NamedTuple):
    """A mail for the wire: `data` is dot-stuffed and ends in CRLF, without the final dot."""

    id: int
    mail_from: str
    rcpt_to: str
    data: bytes


class Outcome(NamedTuple):
    """The relay's last word on a mail, or the lack of it."""

    mail: Outgoing
    verdict: Verdict
    phase: Phase
    code: int = 0
    text: str = ""


class Broken(Exception):
    """The relay closes, or does not speak SMTP: the connection is of no further use.

    `code` is 421 where the relay has said so. `outcomes` is what was settled before; for all other
    mails under way the caller asks `lost`.
    """

    def __init__(self, why: str, *, code: int = 0) -> None:
        super().__init__(why)
        self.code = code
        self.outcomes: list[Outcome] = []


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
        "_reply",
        "_script",
        "_size",
        "_stale",
        "cleared",
        "pipelining",
    )

    def __init__(self, *, pipelining: bool) -> None:
        self.pipelining = pipelining
        """May the next envelope go in the same flight as a body?"""
        self._open: Outgoing | None = None
        self._ahead: Outgoing | None = None
        self._failure: tuple[Phase, int, str] | None = None
        self._expected: deque[Phase] = deque()
        self._script: deque[tuple[Phase, bytes]] = deque()
        self._input = b""
        self._reply: list[bytes] = []
        self._size = 0
        self._stale = False
        self.cleared: Outgoing | None = None
        """The mail whose body the relay waits for."""

    @property
    def idle(self) -> bool:
        """Nothing is under way: `start` may be called, or the connection ended."""
        return not self._expected and self.cleared is None

    @property
    def open(self) -> Outgoing | None:
        """The mail that is in doubt until the relay answers its final dot."""
        return self._open

    @property
    def awaited(self) -> int:
        """How many replies the relay owes us."""
        return len(self._expected)

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

    def feed(self, data: bytes, *, dot_said: bool = True) -> tuple[list[Outcome], bytes]:
        """What these octets settle, and what to say at once. Raises Broken; then call `lost`.

        `dot_said`: False while the final dot of the open mail has certainly not left us.
        """
        outcomes: list[Outcome] = []
        lines = (self._input + data).split(b"\n")  # some relays leave the CR out
        self._input = lines.pop()
        try:
            for line in lines:
                if line[3:4] == b"-" or self._reply:
                    line = self._collected(line)  # noqa: PLW2901  (the whole reply)
                    if not line:
                        continue
                self._heard(line, outcomes, dot_said)
            if self._size + len(self._input) > MAX_REPLY:
                message = "the relay's reply has no end"
                raise Broken(message)
        except Broken as error:
            error.outcomes = outcomes
            raise
        return outcomes, self._say_next()

    def lost(self, why: str, *, dot_said: bool, code: int = 0) -> list[Outcome]:
        """What the end of the connection means for the mails under way.

        `dot_said`: the final dot of the open mail has left us, or may have. `code`: 421 where the
        relay has told us that it closes.
        """
        outcomes = []
        if self._open is not None:
            verdict, phase = (
                (Verdict.UNKNOWN, Phase.DOT) if dot_said else (Verdict.UNSENT, Phase.BODY)
            )
            outcomes.append(Outcome(self._open, verdict, phase, code, why))
        outcomes += [
            Outcome(waiting, Verdict.UNSENT, Phase.DATA, code, why)
            for waiting in (self.cleared, self._ahead)
            if waiting is not None
        ]
        self._open = self._ahead = self.cleared = None
        self._expected.clear()
        self._script.clear()
        return outcomes

    def _envelope(self, mail: Outgoing) -> bytes:
        self._ahead = mail
        self._failure = None
        if self.pipelining:
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

    def _collected(self, line: bytes) -> bytes:
        """The whole of a reply of several lines once its last one is here; until then empty."""
        self._reply.append(line)
        self._size += len(line)
        if line[3:4] == b"-":
            if self._size > MAX_REPLY:
                message = "the relay's reply has no end"
                raise Broken(message)
            return b""
        whole = self._reply
        self._reply = []
        self._size = 0
        if any(one[:3] != line[:3] for one in whole):  # RFC 5321, 4.2.1: the same on each line
            message = f"a reply of several codes: {readable(line)[:80]}"
            raise Broken(message)
        return b"\n".join(whole)

    def _heard(self, reply: bytes, outcomes: list[Outcome], dot_said: bool) -> None:  # noqa: FBT001  (15,000 times a second)
        code = _code(reply)
        if not self._expected:
            raise _ended(code, reply, "an unasked reply")
        phase = self._expected.popleft()
        if phase is Phase.DOT:
            self._heard_dot(code, reply, outcomes, dot_said)
        elif code == CLOSING:
            raise _ended(code, reply, "")
        elif phase is Phase.DATA:
            self._heard_data(code, reply, outcomes)
        elif phase is Phase.NOTHING:
            pass  # the answer to the lone dot after a refused envelope
        elif not is_success(code):
            if phase is Phase.RSET or not is_refusal(code):
                raise _ended(code, reply, f"unexpected after {phase}")
            if self._failure is None:
                self._failure = (phase, code, _words(reply))
            if self._script:  # nothing more was said: the envelope ends here
                self._script.clear()
                self._give_up(outcomes)

    def _heard_dot(
        self,
        code: int,
        reply: bytes,
        outcomes: list[Outcome],
        dot_said: bool,  # noqa: FBT001
    ) -> None:
        mail = self._open
        if mail is None:
            message = "a reply to no mail"
            raise RuntimeError(message)
        refusal = is_refusal(code) and code != CLOSING
        if not dot_said:  # whatever it means, the mails after it would mix
            if refusal:
                self._open = None
                outcomes.append(Outcome(mail, _refused(code), Phase.BODY, code, _words(reply)))
            raise _ended(code, reply, "an answer before the end of the body")
        self._open = None
        if is_success(code):
            verdict = Verdict.ACCEPTED
        elif refusal:
            verdict = _refused(code)
        else:  # 421 is a definite refusal too, but not of the reader
            verdict = Verdict.UNSENT if code == CLOSING else Verdict.UNKNOWN
        outcomes.append(Outcome(mail, verdict, Phase.DOT, code, _words(reply)))
        if verdict is Verdict.UNSENT or verdict is Verdict.UNKNOWN:
            raise _ended(code, reply, "no answer to a mail")

    def _heard_data(self, code: int, reply: bytes, outcomes: list[Outcome]) -> None:
        if code == START_MAIL_INPUT:
            if self._failure is None:
                self.cleared, self._ahead = self._ahead, None
                return
            failed, _code, _text = self._failure
            self._give_up(outcomes)
            if failed is not Phase.RCPT:  # there may be a recipient: a dot would mail it nothing
                raise _ended(code, reply, f"DATA taken after a refused {failed}")
            # RFC 2920, 3.1: no recipient was taken, so end it empty.
            self._script.appendleft((Phase.NOTHING, _DOT))
            return
        if self._failure is None:
            if not is_refusal(code):
                raise _ended(code, reply, "unexpected after data")
            self._failure = (Phase.DATA, code, _words(reply))
        self._give_up(outcomes)

    def _give_up(self, outcomes: list[Outcome]) -> None:
        """The envelope was refused; the next mail begins with RSET."""
        mail, self._ahead = self._ahead, None
        if mail is None or self._failure is None:
            message = "a refusal of nothing"
            raise RuntimeError(message)
        phase, code, words = self._failure
        self._failure = None
        self._stale = True
        outcomes.append(Outcome(mail, _refused(code), phase, code, words))


_AFTER_CODE = frozenset({b"", b" ", b"-", b"\r"})
_FLIGHT = (Phase.MAIL, Phase.RCPT, Phase.DATA)


def _code(reply: bytes) -> int:
    digits = reply[:3]
    if not digits.isdigit() or len(digits) < 3 or reply[3:4] not in _AFTER_CODE:  # noqa: PLR2004
        message = f"not an SMTP reply: {readable(reply)[:80]}"
        raise Broken(message)
    return int(digits)


def _words(reply: bytes) -> str:
    """The text of a reply, without the codes before each line."""
    return readable(b" ".join(line[4:] for line in reply.split(b"\n")))


def _ended(code: int, reply: bytes, why: str) -> Broken:
    """The end of a connection: because the relay closes, or because of what it said."""
    words = readable(reply)[:200]
    if code == CLOSING:
        return Broken(_words(reply) or words, code=CLOSING)
    return Broken(f"{why}: {words}")


def _refused(code: int) -> Verdict:
    """4xx is for now, 5xx for good (RFC 5321, 4.2.1)."""
    return Verdict.DEFERRED if code < 500 else Verdict.REFUSED  # noqa: PLR2004
