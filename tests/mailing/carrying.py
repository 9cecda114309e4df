"""Mails for a courier to carry, its relay and its clock: what the tests of the courier share."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from promo.errors import PublishError
from promo.mailing.conversation import Outcome, Outgoing, Verdict
from promo.mailing.courier import LOOK_ROUND, Courier
from promo.mailing.headers import MailAddress
from promo.mailing.relay import Relay, Timeouts
from tests.mailing.scripted import Drop, Hang, Reset, Script, ScriptedRelay, relay

SENDER = MailAddress("b+1@bounces.example.org")
PLAIN = Script(ehlo="250 relay.example.org")
PIPELINED = Script()
PIPELINED_EHLO = "250-relay.example.org\r\n250 PIPELINING"
HURRIED = 20
"""So many seconds of the courier's pass in a real one: its pauses need not be waited for."""

OFTEN = 0.01
BOTH = pytest.mark.parametrize(
    "script", [pytest.param(PIPELINED, id="pipelined"), pytest.param(PLAIN, id="plain")]
)
BREAKS = [pytest.param(Drop(), id="drop"), pytest.param(Reset(), id="reset")]
LONG = 8 * 2**20
"""More than the buffers of two sockets hold."""

TRIES = 5
SOON = 30.0


def mail(number: int, *, size: int = 0) -> Outgoing:
    body = b"Subject: %d\r\n\r\n" % number + (b"x" * 990 + b"\r\n") * (size // 992)
    return Outgoing(number, SENDER, MailAddress(f"r{number}@example.org"), body)


class Mails:
    """A load of mails. What was not sent goes again, some times."""

    def __init__(self, mails: Sequence[Outgoing]) -> None:
        self.waiting = deque(mails)
        self.outcomes: list[Outcome] = []
        self.begun: list[int] = []
        self.errors: list[PublishError] = []
        self.gives_up_after = 1
        self.stopped = False
        self.most = 10**6
        """So many connections there may be."""
        self.expected = 0
        """So many more are worth a connection."""
        self.also: Callable[[Sequence[Outgoing]], None] = lambda _begun: None
        self.slower = 0

    def prepare(self, count: int) -> None:
        """They are ready."""

    def take(self) -> Outgoing | None:
        return self.waiting.popleft() if self.waiting and not self.stopped else None

    def at_hand(self) -> int:
        return max(len(self.waiting), self.expected)

    def over(self) -> bool:
        return self.stopped or not self.waiting

    def may_open(self, _open_now: int) -> int:
        return self.most

    def may_send(self) -> bool:
        return not self.stopped

    def heard(self, begun: Sequence[Outgoing], outcomes: Sequence[Outcome]) -> None:
        self.also(begun)
        self.begun += [one.id for one in begun]
        self.outcomes += outcomes
        told = Counter(one.mail.id for one in self.outcomes)
        self.waiting += [
            one.mail
            for one in outcomes
            if one.verdict is Verdict.UNSENT and told[one.mail.id] < TRIES
        ]

    def slow_down(self) -> None:
        self.slower += 1

    def unreachable(self, error: PublishError) -> bool:
        self.errors.append(error)
        return len(self.errors) < self.gives_up_after

    def verdicts(self, number: int) -> list[Verdict]:
        return [one.verdict for one in self.outcomes if one.mail.id == number]

    @property
    def last(self) -> dict[int, Verdict]:
        return {one.mail.id: one.verdict for one in self.outcomes}


class Clock:
    """The real one, which counts how often it is asked: at least once in each turn of the loop.

    It may run `pace` times as fast, and is put ahead by so many seconds whenever `jumps` says so.
    That is asked in the courier's own thread: nothing happens meanwhile.
    """

    def __init__(self, *, pace: float = 1, jumps: Callable[[], float] = lambda: 0) -> None:
        self.asked = 0
        self.ahead = 0.0
        self._pace = pace
        self._jumps = jumps

    def __call__(self) -> float:
        self.asked += 1
        self.ahead += self._jumps()
        return time.monotonic() * self._pace + self.ahead


@contextmanager
def calling(
    scripted: ScriptedRelay,
    *,
    connections: int = 1,
    most: int = 0,
    timeouts: Timeouts | None = None,
    clock: Callable[[], float] = time.monotonic,
    look_round: float = LOOK_ROUND,
) -> Iterator[Courier]:
    address = Relay(
        "127.0.0.1",
        scripted.port,
        timeouts=timeouts or Timeouts(),
        connections=connections,
        mails_per_connection=most,
    )
    courier = Courier(address, clock=clock, look_round=look_round)
    try:
        yield courier
    finally:
        courier.close()


def carry(
    *scripts: Script,
    count: int = 3,
    size: int = 0,
    connections: int = 1,
    most: int = 0,
    jumps: Callable[[Mails], float] = lambda _load: 0,
) -> tuple[ScriptedRelay, Mails]:
    """Carry some mails to a relay; the relay with what it took, and what was told of the mails.

    `jumps`: by how many seconds the courier's clock is put ahead at this moment.
    """
    load = Mails([mail(number, size=size) for number in range(1, count + 1)])
    clock = Clock(pace=HURRIED, jumps=lambda: jumps(load))
    with (
        relay(*scripts) as scripted,
        calling(
            scripted, connections=connections, most=most, clock=clock, look_round=OFTEN
        ) as courier,
    ):
        courier.carry(load)
    return scripted, load


def copies(scripted: ScriptedRelay) -> Counter[int]:
    """How often the relay has taken each mail."""
    return Counter(
        int(taken.split(b"\r\n")[0].removeprefix(b"Subject: ")) for taken in scripted.taken
    )


class Waiting(Mails):
    """A load to which mails may still come, until it is told otherwise."""

    def __init__(self, mails: Sequence[Outgoing]) -> None:
        super().__init__(mails)
        self.finished = threading.Event()

    def over(self) -> bool:
        return self.finished.is_set() and super().over()


@contextmanager
def carrying(courier: Courier, load: Waiting) -> Iterator[None]:
    """In a thread of its own; in the end the load is finished and the carrying awaited."""
    thread = threading.Thread(target=courier.carry, args=[load])
    thread.start()
    try:
        yield
    finally:
        load.finished.set()
        courier.wake()
        thread.join()


def until(what: Callable[[], bool], courier: Courier) -> None:
    """Keep the loop turning until this is so."""
    pause = threading.Event()
    ends = time.monotonic() + SOON
    while not what():
        assert time.monotonic() < ends
        courier.wake()
        pause.wait(0.001)


def turns(courier: Courier, clock: Clock, count: int = 20) -> None:
    """Let the loop turn so often that every part of it had its turn."""
    enough = clock.asked + 4 * count
    until(lambda: clock.asked >= enough, courier)


class Frozen(Clock):
    """A clock that stands still unless it is put ahead."""

    def __call__(self) -> float:
        self.asked += 1
        return self.ahead


def never(_load: Mails) -> float:
    """The clock is put ahead by nothing."""
    return 0


def over(hang: Hang, seconds: float) -> Callable[[Mails], float]:
    """Put the clock ahead while the relay hangs there, until a mail is lost by it."""
    hanging = 0

    def jumps(load: Mails) -> float:
        nonlocal hanging
        hanging += hang.reached.acquire(blocking=False)
        lost = sum(one.verdict in {Verdict.UNKNOWN, Verdict.UNSENT} for one in load.outcomes)
        return seconds if hanging > lost else 0

    return jumps
