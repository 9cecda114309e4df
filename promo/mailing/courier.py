"""Carries mails to one relay over several connections at once, in one thread.

A turn of the loop reads what the relay has said, writes the journal, and only then lets bodies
leave: whoever reads the journal after our death knows what was on the wire. Connections are opened
by `smtplib` in threads of their own, since greeting a slow relay takes time.
"""

from __future__ import annotations

import selectors
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Protocol

from promo.errors import PublishError
from promo.mailing import replies
from promo.mailing.conversation import Broken, Outcome, Outgoing, Verdict
from promo.mailing.greeting import abandon, greet_aside
from promo.mailing.line import Line
from promo.mailing.relay import Relay
from promo.mailing.replies import CLOSING, Phase, enhanced_status, is_too_fast

_PATIENCE = 0.0001
"""Seconds in which more of several busy connections may answer, to be heard in one turn."""

LOOK_ROUND = 0.5
"""Seconds between two looks for connections whose time is over."""

BRISK = 0.3
"""Seconds to an answer. To a slower relay no envelope is said ahead: its reader may leave while the
mail before is being answered, and a round trip more is then little."""

_PAUSES = (0.5, 1, 2, 5, 10, 30)
"""Seconds before the next try to connect, after so many failures in a row."""

_GREETING_STEPS = 10
"""More steps than a greeting has; each may take `timeouts.connect`, all of them this many."""


class Load(Protocol):
    """What is to be carried, and who hears what became of it. Called from the courier's thread."""

    def prepare(self, count: int) -> None:
        """While the relay is at work: have so many mails ready to be taken."""
        ...

    def take(self) -> Outgoing | None:
        """The next mail; None where there is none at this moment."""
        ...

    def at_hand(self) -> int:
        """How many mails could be taken at this moment: so many connections are worth opening."""
        ...

    def over(self) -> bool:
        """True once no further mail will come."""
        ...

    def may_open(self, open_now: int) -> int:
        """How many connections may be open; so many are. What is too many is closed once idle."""
        ...

    def may_send(self) -> bool:
        """False: nothing may leave any more, not even the body of a mail that was taken before."""
        ...

    def heard(self, begun: Sequence[Outgoing], outcomes: Sequence[Outcome]) -> None:
        """Journal this turn. The bodies of `begun` leave when it returns."""
        ...

    def slow_down(self) -> None:
        """The relay has asked us to."""
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
        look_round: float = LOOK_ROUND,
    ) -> None:
        self._relay = relay
        self._tls = tls or ssl.create_default_context()
        self._clock = clock
        self._look_round = look_round
        self._selector = selectors.DefaultSelector()
        self._lines: set[Line] = set()
        self._greetings: dict[Future[smtplib.SMTP], float] = {}
        """Connections being opened, and until when each may take."""
        self._bell, self._ear = socket.socketpair()
        for end in (self._bell, self._ear):
            end.settimeout(0)
        self._selector.register(self._ear, selectors.EVENT_READ, None)
        self._failures = 0
        self._not_before = 0.0
        self._too_many = 0
        """So many connections are to be closed once they are idle."""
        self._hurried = False
        """A mail may be begun although the relay has said nothing: the next look does not wait."""

    def wake(self) -> None:
        """There may be something to take: for the thread that prepares the mails. Never raises."""
        with suppress(OSError):  # rung already and not heard yet, or closed
            self._bell.send(b"!")

    def carry(self, load: Load) -> None:
        """Carry until the load is over and every mail of it has been answered.

        Whatever the load raises leaves mails half said: the courier can only be closed then.
        """
        self._hurried = True
        looked_round = self._clock()
        while not (load.over() and self._all_idle()):
            if not self._open_more(load):
                break
            turn = _Turn(load)
            for key, events in self._heard_together():
                if key.data is None:
                    self._hear_the_bell()
                else:
                    self._serve(key.data, events, turn)
            self._begin_idle(turn)
            self._leave(turn)
            load.prepare(len(self._lines))
            if self._clock() - looked_round >= self._look_round:
                looked_round = self._clock()
                self._end_overdue(load)

    def _heard_together(self) -> list[tuple[selectors.SelectorKey, int]]:
        """What the relay has said. On several busy connections a moment's patience gathers more
        of it in one turn: a turn costs a look, a record in the journal and a wake of Redis. Where
        we wait for the relay anyway, every moment counts.
        """
        began = time.monotonic()
        events = self._selector.select(0 if self._hurried else self._look_round)
        waited = time.monotonic() - began
        self._hurried = False
        if 0 < len(events) < len(self._lines) // 2 and waited < _PATIENCE:
            time.sleep(_PATIENCE)
            return self._selector.select(0)
        return events

    def close(self) -> None:
        """Say goodbye to the relay. All answers came before: nothing that happens here counts."""
        for greeting in self._greetings:
            abandon(greeting)
        self._greetings.clear()
        for line in list(self._lines):
            self._part(line)
        self._selector.close()
        self._bell.close()
        self._ear.close()

    # -- one turn

    def _serve(self, line: Line, events: int, turn: _Turn) -> None:
        """Read first: what the relay has said was said before it heard what we write now."""
        try:
            if events & selectors.EVENT_READ:
                self._read(line, turn)
        except Broken as error:
            turn.outcomes += error.outcomes
            if any(one.verdict in _DEFINITE for one in error.outcomes):
                self._prove_useful(line)
            if error.code == CLOSING and self._means_us(line, str(error)):
                turn.load.slow_down()
            self._lose(line, str(error), turn, code=error.code)
            return
        except OSError as error:
            self._lose(line, str(error) or type(error).__name__, turn)
            return
        if events & selectors.EVENT_WRITE:
            line.flush()
            line.due = self._clock() + line.patience(self._relay.timeouts)
            self._watch(line)

    def _means_us(self, line: Line, said: str) -> bool:
        """A 421 may only end a connection that has carried enough, or one of too many. It asks us
        to go slower where it says so (4.7.x), and where no connection carries anything.
        """
        if is_too_fast(CLOSING, enhanced_status(said)):
            return True
        return not any(one.useful for one in (line, *self._lines))

    def _read(self, line: Line, turn: _Turn) -> None:
        data = line.read()
        if data is None:
            return
        if not data:
            message = "the relay hung up"
            raise Broken(message)
        talk = line.talk
        outcomes, say = talk.feed(data, dot_said=not line.dot_unsaid)
        if outcomes:
            turn.outcomes += outcomes
            line.brisk = self._clock() - line.asked_at < BRISK
            if not line.useful:
                self._prove_useful(line)
        if talk.cleared is not None:
            if not turn.load.may_send():
                message = "the mailing was stopped"
                raise Broken(message)
            turn.begin(line, may_follow=self._too_many <= 0)
        elif say:
            turn.words.append((line, say, 0))
        elif talk.awaited != line.awaited:  # a reply has come, and another one is waited for
            line.awaited = talk.awaited
            line.due = self._clock() + line.patience(self._relay.timeouts)

    def _begin_idle(self, turn: _Turn) -> None:
        """Give every connection without work the envelope of a mail."""
        for line in list(self._lines):
            if not line.talk.idle or line.waits:
                continue
            if line.spent or self._too_many > 0:
                self._too_many -= 1
                self._part(line)
                continue
            mail = turn.load.take()
            if mail is None:
                return
            turn.words.append((line, line.talk.start(mail), 0))

    def _leave(self, turn: _Turn) -> None:
        """The journal first, then the words."""
        if turn.begun or turn.outcomes:
            turn.load.heard(turn.begun, turn.outcomes)
        now = self._clock()
        for line, words, after_dot in turn.words:
            if line not in self._lines:
                continue
            line.say(words, after_dot=after_dot)
            line.asked_at = now
            line.due = now + line.patience(self._relay.timeouts)
            line.awaited = line.talk.awaited
            self._watch(line)

    def _end_overdue(self, load: Load) -> None:
        """Between two turns: in the middle of one there are words that nobody has said yet."""
        turn = _Turn(load)
        now = self._clock()
        for line in list(self._lines):
            if now > line.due and not line.talk.idle:
                self._lose(line, "the relay did not answer in time", turn)
        if turn.outcomes:
            load.heard((), turn.outcomes)

    # -- connections

    def _open_more(self, load: Load) -> bool:
        """Open a connection where one may help. False: the load has given the relay up."""
        if self._greetings and not self._admit_greeted(load):
            return False
        open_now = len(self._lines) + len(self._greetings)
        most = min(self._relay.connections, load.may_open(open_now))
        self._too_many = open_now - most
        busy = sum(not line.talk.idle for line in self._lines)
        missing = min(most, busy + load.at_hand()) - open_now
        if missing <= 0 or self._clock() < self._not_before or load.over():
            return True
        if self._failures:  # one is enough to see whether the relay is back
            missing = 0 if self._greetings else 1
        limit = self._clock() + self._relay.timeouts.connect * _GREETING_STEPS
        for _one in range(missing):
            greeting = greet_aside(self._relay, self._tls)
            greeting.add_done_callback(lambda _done: self.wake())
            self._greetings[greeting] = limit
        return True

    def _admit_greeted(self, load: Load) -> bool:
        """Take the new connections into use. False: there is none, and the load has given up."""
        for greeting, limit in list(self._greetings.items()):
            if not greeting.done() and self._clock() < limit:
                continue
            del self._greetings[greeting]
            try:
                if not greeting.done():
                    abandon(greeting)
                    raise replies.unreachable(f"{Phase.CONNECT}: the greeting has no end")
                self._admit(greeting.result())
            except PublishError as error:
                self._note_failure()
                if not self._lines and not self._greetings and not load.unreachable(error):
                    return False
        return True

    def _admit(self, smtp: smtplib.SMTP) -> None:
        line = Line(smtp, most=self._relay.mails_per_connection)
        self._lines.add(line)
        self._selector.register(line.sock, selectors.EVENT_READ, line)
        self._hurried = True

    def _prove_useful(self, line: Line) -> None:
        """The relay has said of a mail whether it takes it: connecting was worth it."""
        if not line.useful:
            line.useful = True
            self._failures = 0

    def _note_failure(self) -> None:
        """A connection was not to be had, or of no use. Those that fail together count once."""
        now = self._clock()
        if now >= self._not_before:
            self._failures += 1
            self._not_before = now + _PAUSES[min(self._failures, len(_PAUSES)) - 1]

    def _watch(self, line: Line) -> None:
        """Wait for room to write only while something is left to write."""
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if line.waits else 0)
        if wanted != line.watched:
            line.watched = wanted
            self._selector.modify(line.sock, wanted, line)

    def _lose(self, line: Line, why: str, turn: _Turn, *, code: int = 0) -> None:
        turn.outcomes += line.talk.lost(why, dot_said=not line.dot_unsaid, code=code)
        self._drop(line)
        self._hurried = True
        if not line.useful:
            self._note_failure()

    def _part(self, line: Line) -> None:
        """Hang up politely, unless that would be in the middle of something."""
        if line.talk.idle and not line.waits:
            line.say_goodbye()
        self._drop(line)

    def _drop(self, line: Line) -> None:
        self._lines.discard(line)
        self._selector.unregister(line.sock)
        line.smtp.close()

    def _hear_the_bell(self) -> None:
        with suppress(BlockingIOError):
            while self._ear.recv(4096):
                pass

    def _all_idle(self) -> bool:
        return all(line.talk.idle for line in self._lines)


_DEFINITE = frozenset({Verdict.ACCEPTED, Verdict.DEFERRED, Verdict.REFUSED})


class _Turn:
    """What one turn of the loop has brought about, before anything is said."""

    __slots__ = ("begun", "load", "outcomes", "words")

    def __init__(self, load: Load) -> None:
        self.load = load
        self.begun: list[Outgoing] = []
        self.outcomes: list[Outcome] = []
        self.words: list[tuple[Line, bytes, int]] = []

    def begin(self, line: Line, *, may_follow: bool) -> None:
        """The cleared mail's body goes out in this turn, with the next envelope where it may."""
        talk = line.talk
        cleared = talk.cleared
        if cleared is None:
            return
        line.carried += 1
        ahead = may_follow and talk.pipelining and line.brisk and not line.spent
        following = self.load.take() if ahead else None
        said = talk.send(following)
        self.begun.append(cleared)
        self.words.append((line, said, len(said) - len(cleared.data) - 3))
