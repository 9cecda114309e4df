"""Carries mails to one relay over several connections at once, in one thread.

A turn of the loop reads what the relay has said, writes the journal, and only then lets bodies
leave: whoever reads the journal after our death knows what was on the wire. Connections outlive an
issue; they are opened by `smtplib` in threads of their own, since greeting a slow relay takes time.
"""

from __future__ import annotations

import selectors
import smtplib
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Protocol

from promo.errors import PublishError
from promo.mailing.conversation import Broken, Conversation, Outcome, Outgoing
from promo.mailing.greeting import greet
from promo.mailing.relay import Relay
from promo.mailing.replies import CLOSING

_READ = 64 * 1024
_LOOK_ROUND = 1.0
"""Seconds between two looks for connections whose time is over."""

_PAUSES = (0.5, 1, 2, 5, 10, 30)
"""Seconds before the next try to connect, after so many failures in a row."""


class Load(Protocol):
    """What is to be carried, and who hears what became of it. Called from the courier's thread."""

    def take(self) -> Outgoing | None:
        """The next mail; None where there is none at this moment."""
        ...

    def over(self) -> bool:
        """True once no further mail will come."""
        ...

    def heard(self, begun: Sequence[Outgoing], outcomes: Sequence[Outcome]) -> None:
        """Journal this turn. The bodies of `begun` leave when it returns."""
        ...

    def unreachable(self, error: PublishError) -> bool:
        """No connection can be had. True: try again; False: give up."""
        ...


class Courier:
    """The connections to one relay. Not for use from two threads at once, except `wake`."""

    def __init__(
        self,
        relay: Relay,
        *,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._relay = relay
        self._tls = tls or ssl.create_default_context()
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        self._lines: set[_Line] = set()
        self._greetings: set[Future[smtplib.SMTP]] = set()
        self._greeters = ThreadPoolExecutor(4, thread_name_prefix="greeter")
        self._bell, self._ear = socket.socketpair()
        self._ear.setblocking(False)
        self._selector.register(self._ear, selectors.EVENT_READ, None)
        self._failures = 0
        self._not_before = 0.0

    def wake(self) -> None:
        """There may be something to take: for the thread that prepares the mails."""
        with suppress(BlockingIOError):
            self._bell.send(b"!")

    def carry(self, load: Load) -> None:
        """Carry until the load is over and every mail of it has been answered."""
        self._forget_the_dead()
        looked_round = self._clock()
        while not (load.over() and self._all_idle()):
            turn = _Turn(load)
            if not self._open_more(turn):
                break
            for key, events in self._selector.select(_LOOK_ROUND):
                if key.data is None:
                    self._hear_the_bell()
                else:
                    self._serve(key.data, events, turn)
            if self._clock() - looked_round >= _LOOK_ROUND:
                looked_round = self._clock()
                self._end_overdue(turn)
            self._begin_idle(turn)
            self._leave(turn)

    def close(self) -> None:
        """Say goodbye to the relay. All answers came before, so nothing that happens here counts."""
        self._greeters.shutdown(wait=False, cancel_futures=True)
        for line in list(self._lines):
            with suppress(OSError):
                line.sock.setblocking(False)
                line.sock.send(b"QUIT\r\n")
            self._drop(line)
        self._selector.close()
        self._bell.close()
        self._ear.close()

    # -- one turn

    def _serve(self, line: _Line, events: int, turn: _Turn) -> None:
        try:
            if events & selectors.EVENT_WRITE:
                line.flush()
            if events & selectors.EVENT_READ:
                self._read(line, turn)
        except (OSError, Broken) as error:
            self._lose(line, str(error) or type(error).__name__, turn)

    def _read(self, line: _Line, turn: _Turn) -> None:
        data = line.read()
        if data is None:
            return
        if not data:
            self._lose(line, "the relay hung up", turn)
            return
        talk = line.talk
        early = line.dot_unsaid
        outcomes, say = talk.feed(data)
        turn.outcomes += outcomes
        if early and outcomes:
            raise Broken(outcomes[0].text)  # an answer before the end of the body: mails would mix
        if say:
            turn.words.append((line, say, 0))
        if talk.cleared is not None:
            turn.begin(line)
        elif talk.closing and talk.idle:
            self._lose(line, f"{CLOSING}", turn)

    def _begin_idle(self, turn: _Turn) -> None:
        """Give every connection without work the envelope of a mail."""
        for line in list(self._lines):
            if not line.talk.idle or line.waits:
                continue
            if line.spent:
                self._drop(line)
                continue
            mail = turn.load.take()
            if mail is None:
                return
            turn.words.append((line, line.talk.start(mail), 0))

    def _leave(self, turn: _Turn) -> None:
        """The journal first, then the words."""
        if turn.begun or turn.outcomes:
            turn.load.heard(turn.begun, turn.outcomes)
        lost = _Turn(turn.load)
        now = self._clock()
        for line, words, after_dot in turn.words:
            if line not in self._lines:
                continue
            try:
                line.say(words, after_dot=after_dot)
            except OSError as error:
                self._lose(line, str(error), lost)
            else:
                line.due = now + line.patience(self._relay)
                self._watch(line)
        if lost.outcomes:
            turn.load.heard((), lost.outcomes)

    # -- connections

    def _open_more(self, turn: _Turn) -> bool:
        """Open a connection where one may help. False: the load has given the relay up."""
        for greeting in [one for one in self._greetings if one.done()]:
            self._greetings.discard(greeting)
            try:
                self._admit(greeting.result())
            except PublishError as error:
                self._failures += 1
                pause = _PAUSES[min(self._failures, len(_PAUSES)) - 1]
                self._not_before = self._clock() + pause
                if not self._lines and not self._greetings and not turn.load.unreachable(error):
                    return False
        missing = self._relay.connections - len(self._lines) - len(self._greetings)
        if missing > 0 and self._clock() >= self._not_before and not turn.load.over():
            for _one in range(1 if self._failures else missing):
                greeting = self._greeters.submit(greet, self._relay, self._tls)
                greeting.add_done_callback(lambda _done: self.wake())
                self._greetings.add(greeting)
        return True

    def _admit(self, smtp: smtplib.SMTP) -> None:
        self._failures = 0
        line = _Line(smtp, most=self._relay.mails_per_connection)
        self._lines.add(line)
        self._selector.register(line.sock, selectors.EVENT_READ, line)

    def _watch(self, line: _Line) -> None:
        """Wait for room to write only while something is left to write."""
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if line.waits else 0)
        if wanted != line.watched:
            line.watched = wanted
            self._selector.modify(line.sock, wanted, line)

    def _lose(self, line: _Line, why: str, turn: _Turn) -> None:
        turn.outcomes += line.talk.lost(why, dot_said=not line.dot_unsaid)
        turn.forget(line)
        self._drop(line)

    def _drop(self, line: _Line) -> None:
        self._lines.discard(line)
        with suppress(KeyError, ValueError):
            self._selector.unregister(line.sock)
        line.smtp.close()

    def _end_overdue(self, turn: _Turn) -> None:
        now = self._clock()
        for line in list(self._lines):
            if not line.talk.idle and now > line.due:
                self._lose(line, "the relay did not answer in time", turn)

    def _forget_the_dead(self) -> None:
        """A relay that spoke or hung up while nobody asked has ended the connection."""
        for key, _events in self._selector.select(0):
            if key.data is not None:
                self._drop(key.data)

    def _hear_the_bell(self) -> None:
        with suppress(BlockingIOError):
            while self._ear.recv(4096):
                pass

    def _all_idle(self) -> bool:
        return all(line.talk.idle for line in self._lines)


class _Turn:
    """What one turn of the loop has brought about, before anything is said."""

    __slots__ = ("begun", "load", "outcomes", "words")

    def __init__(self, load: Load) -> None:
        self.load = load
        self.begun: list[Outgoing] = []
        self.outcomes: list[Outcome] = []
        self.words: list[tuple[_Line, bytes, int]] = []

    def begin(self, line: _Line) -> None:
        """The cleared mail's body goes out in this turn, with the next envelope where it may."""
        talk = line.talk
        cleared = talk.cleared
        if cleared is None:
            return
        line.carried += 1
        following = self.load.take() if talk.may_follow and not line.spent else None
        said = talk.send(following)
        self.begun.append(cleared)
        self.words.append((line, said, len(said) - len(cleared.data) - 3))

    def forget(self, line: _Line) -> None:
        """Its connection is gone: nothing of this turn is said on it."""
        self.words = [words for words in self.words if words[0] is not line]


class _Line:
    """One connection: its socket, its talk, and what is still to be written."""

    __slots__ = (
        "_after_dot",
        "_rest",
        "_secure",
        "carried",
        "due",
        "most",
        "smtp",
        "sock",
        "talk",
        "watched",
    )

    def __init__(self, smtp: smtplib.SMTP, *, most: int) -> None:
        if smtp.sock is None:
            message = "the connection is closed"
            raise OSError(message)
        self.smtp = smtp
        self.sock = smtp.sock
        self.sock.setblocking(False)
        self._secure = isinstance(self.sock, ssl.SSLSocket)
        self.talk = Conversation(pipelining=smtp.has_extn("pipelining"))
        self.most = most
        self.carried = 0
        self.due = float("inf")
        self.watched = selectors.EVENT_READ
        self._rest: deque[memoryview] = deque()
        self._after_dot = 0

    @property
    def waits(self) -> bool:
        """Something is left to write."""
        return bool(self._rest)

    @property
    def spent(self) -> bool:
        """It has carried as many mails as the relay wants to see on one connection."""
        return bool(self.most) and self.carried >= self.most

    @property
    def dot_unsaid(self) -> bool:
        """The final dot of the open mail has certainly not left us yet."""
        left = sum(map(len, self._rest))
        return self.talk.open is not None and left > self._after_dot

    def patience(self, relay: Relay) -> float:
        """Seconds to wait for what the relay has to do now (RFC 5321, 4.5.3.2)."""
        times = relay.timeouts
        if self.waits:
            return times.body
        return times.final if self.talk.open is not None else times.command

    def say(self, words: bytes, *, after_dot: int) -> None:
        """Write as much as goes at once; the rest follows in `flush`."""
        self._after_dot = after_dot
        if not self._rest:
            written = self._write(words)
            if written == len(words):
                return
            words = words[written:]
        self._rest.append(memoryview(words))

    def flush(self) -> None:
        while self._rest:
            piece = self._rest[0]
            written = self._write(piece)
            if written < len(piece):
                self._rest[0] = piece[written:]
                return
            self._rest.popleft()

    def read(self) -> bytes | None:
        """What the relay has said; None for nothing yet, empty for the end."""
        try:
            data = self.sock.recv(_READ)
            while self._secure and self.sock.pending():  # type: ignore[attr-defined]  # an SSLSocket
                data += self.sock.recv(_READ)
        except (BlockingIOError, ssl.SSLWantReadError):
            return None
        return data

    def _write(self, words: bytes | memoryview) -> int:
        try:
            return self.sock.send(words)
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            return 0
