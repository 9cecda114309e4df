"""The courier against a relay that answers, refuses, hangs and breaks off at every phase."""

import dataclasses
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from promo.errors import PublishError, RateLimited, Unauthorized, Unreachable
from promo.mailing.conversation import Outcome, Outgoing, Verdict
from promo.mailing.courier import Courier
from promo.mailing.greeting import greet
from promo.mailing.headers import MailAddress
from promo.mailing.line import Line
from promo.mailing.relay import Relay, Timeouts, Tls
from promo.mailing.replies import Phase
from tests.mailing.scripted import (
    Deaf,
    Drop,
    Gate,
    Hang,
    Piecemeal,
    Reset,
    Script,
    ScriptedRelay,
    Step,
    Turns,
    relay,
)
from tests.mailing.test_smtp_tls import certificate

SENDER = MailAddress("b+1@bounces.example.org")
PLAIN = Script(ehlo="250 relay.example.org")
PIPELINED = Script()
PIPELINED_EHLO = "250-relay.example.org\r\n250 PIPELINING"
IMPATIENT = Timeouts(connect=5, command=1, body=1, final=1)
BOTH = pytest.mark.parametrize(
    "script", [pytest.param(PIPELINED, id="pipelined"), pytest.param(PLAIN, id="plain")]
)
BREAKS = [pytest.param(Drop(), id="drop"), pytest.param(Reset(), id="reset")]
LONG = 8 * 2**20
"""More than the buffers of two sockets hold."""

TRIES = 5


def mail(number: int, *, size: int = 0) -> Outgoing:
    body = b"Subject: %d\r\n\r\n" % number + (b"x" * 76 + b"\r\n") * (size // 78)
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
        self.expected = 0
        """So many more are worth a connection."""
        self.also: Callable[[Sequence[Outgoing]], None] = lambda _begun: None

    def prepare(self, count: int) -> None:
        """They are ready."""

    def take(self) -> Outgoing | None:
        return self.waiting.popleft() if self.waiting and not self.stopped else None

    def at_hand(self) -> int:
        return max(len(self.waiting), self.expected)

    def over(self) -> bool:
        return self.stopped or not self.waiting

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

    def unreachable(self, error: PublishError) -> bool:
        self.errors.append(error)
        return len(self.errors) < self.gives_up_after

    def verdicts(self, number: int) -> list[Verdict]:
        return [one.verdict for one in self.outcomes if one.mail.id == number]

    @property
    def last(self) -> dict[int, Verdict]:
        return {one.mail.id: one.verdict for one in self.outcomes}


class Clock:
    """The real one, which counts how often it is asked: at least once in each turn of the loop."""

    def __init__(self) -> None:
        self.asked = 0
        self.ahead = 0.0

    def __call__(self) -> float:
        self.asked += 1
        return time.monotonic() + self.ahead


@contextmanager
def calling(
    scripted: ScriptedRelay,
    *,
    connections: int = 1,
    most: int = 0,
    timeouts: Timeouts | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Courier]:
    address = Relay(
        "127.0.0.1",
        scripted.port,
        timeouts=timeouts or Timeouts(),
        connections=connections,
        mails_per_connection=most,
    )
    courier = Courier(address, clock=clock)
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
    timeouts: Timeouts | None = None,
) -> tuple[ScriptedRelay, Mails]:
    """Carry some mails to a relay; the relay with what it took, and what was told of the mails."""
    load = Mails([mail(number, size=size) for number in range(1, count + 1)])
    with (
        relay(*scripts) as scripted,
        calling(scripted, connections=connections, most=most, timeouts=timeouts) as courier,
    ):
        courier.carry(load)
    return scripted, load


def copies(scripted: ScriptedRelay) -> Counter[int]:
    """How often the relay has taken each mail."""
    return Counter(
        int(taken.split(b"\r\n")[0].removeprefix(b"Subject: ")) for taken in scripted.taken
    )


# -- mails arrive


@BOTH
@pytest.mark.parametrize("connections", [1, 4])
def test_each_mail_arrives_once_and_whole(script: Script, connections: int) -> None:
    scripted, load = carry(script, count=200, connections=connections)
    assert sorted(scripted.taken) == sorted(mail(number).data for number in range(1, 201))
    assert load.last == dict.fromkeys(range(1, 201), Verdict.ACCEPTED)
    assert len(load.outcomes) == 200
    assert sorted(load.begun) == list(range(1, 201))


@BOTH
def test_bodies_larger_than_the_buffers_arrive_whole(script: Script) -> None:
    scripted, load = carry(script, count=3, size=LONG)
    assert sorted(map(len, scripted.taken)) == [len(mail(1, size=LONG).data)] * 3
    assert load.last == dict.fromkeys([1, 2, 3], Verdict.ACCEPTED)
    assert copies(scripted) == {1: 1, 2: 1, 3: 1}


def test_several_connections_share_the_work() -> None:
    gates = [Gate("250 2.0.0 queued") for _number in range(3)]

    def open_all() -> None:
        for gate in gates:
            gate.reached.wait()
        for gate in gates:
            gate.opened.set()

    opener = threading.Thread(target=open_all)
    opener.start()
    scripted, load = carry(Script(dot=Turns(*gates, "250 fine")), count=30, connections=3)
    opener.join()
    assert set(scripted.served) == {1, 2, 3}
    assert load.last == dict.fromkeys(range(1, 31), Verdict.ACCEPTED)


@BOTH
def test_a_connection_carries_no_more_mails_than_the_relay_wants(script: Script) -> None:
    scripted, load = carry(script, count=10, most=3)
    assert Counter(scripted.served) == {1: 3, 2: 3, 3: 3, 4: 1}
    assert load.last == dict.fromkeys(range(1, 11), Verdict.ACCEPTED)
    assert scripted.heard.count("QUIT") == 4


@BOTH
def test_replies_may_come_octet_by_octet(script: Script) -> None:
    slow = {
        name: Piecemeal(getattr(script, name)) for name in ("mail", "rcpt", "data", "dot", "ehlo")
    }
    scripted, load = carry(dataclasses.replace(script, **slow), count=3)
    assert len(scripted.taken) == 3
    assert load.last == dict.fromkeys([1, 2, 3], Verdict.ACCEPTED)


def test_a_slow_answer_is_waited_for() -> None:
    gate = Gate("250 2.0.0 queued at last")
    load = Mails([mail(1)])
    with relay(Script(dot=gate)) as scripted, calling(scripted) as courier:
        carrying = threading.Thread(target=courier.carry, args=[load])
        carrying.start()
        gate.reached.wait()
        assert load.outcomes == []
        gate.opened.set()
        carrying.join()
    assert load.last == {1: Verdict.ACCEPTED}
    assert load.outcomes[0].text == "2.0.0 queued at last"


# -- nothing leaves before its record


def test_no_body_leaves_before_its_record_is_written() -> None:
    written: set[bytes] = set()
    begun = threading.Event()
    too_early: list[bytes] = []

    def look(first_line: bytes) -> None:
        begun.set()
        if first_line.strip() not in written:
            too_early.append(first_line)

    def write(mails: Sequence[Outgoing]) -> None:
        if mails and not written:  # long enough for a body that leaves too early to be seen
            assert not begun.wait(0.2)
        written.update(b"Subject: %d" % one.id for one in mails)

    load = Mails([mail(number) for number in range(1, 101)])
    load.also = write
    with relay(on_body=look) as scripted, calling(scripted, connections=2) as courier:
        courier.carry(load)
    assert too_early == []
    assert len(scripted.taken) == 100


def test_a_load_that_cannot_write_keeps_its_bodies() -> None:
    class Stop(BaseException):
        """A worker is told to stop."""

    def fail(mails: Sequence[Outgoing]) -> None:
        if mails:
            raise Stop

    load = Mails([mail(1)])
    load.also = fail
    with relay() as scripted:
        with calling(scripted) as courier, pytest.raises(Stop):
            courier.carry(load)
        assert scripted.taken == []


def test_a_stop_keeps_even_bodies_that_the_relay_waits_for() -> None:
    gate = Gate("354 go on")
    load = Mails([mail(1), mail(2)])
    with relay(Script(data=gate)) as scripted:
        with calling(scripted) as courier:
            carrying = threading.Thread(target=courier.carry, args=[load])
            carrying.start()
            gate.reached.wait()
            load.stopped = True
            gate.opened.set()
            carrying.join()
        assert scripted.taken == []
    assert (load.begun, load.verdicts(1)) == ([], [Verdict.UNSENT])


# -- refusals


@BOTH
@pytest.mark.parametrize("phase", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize(
    ("answer", "verdict"),
    [("450 4.2.0 grey-listed", Verdict.DEFERRED), ("550 5.1.1 nobody", Verdict.REFUSED)],
)
def test_a_refusal_is_the_readers_own_and_the_connection_goes_on(
    script: Script, phase: str, answer: str, verdict: Verdict
) -> None:
    fine = getattr(script, phase)
    steps = {phase: Turns(fine, answer, fine)}
    if phase in {"mail", "rcpt"} and script is PIPELINED:
        steps["data"] = Turns("354 go on", "503 5.5.1 no recipients", "354 go on")
    scripted, load = carry(dataclasses.replace(script, **steps), count=4)
    assert load.last == {1: "accepted", 2: verdict, 3: "accepted", 4: "accepted"}
    refused = next(one for one in load.outcomes if one.mail.id == 2)
    assert (refused.phase, refused.code) == (Phase(phase), int(answer[:3]))
    assert copies(scripted) == {1: 1, 3: 1, 4: 1}
    assert scripted.connections == 1


def test_a_relay_that_wants_a_body_for_nobody_gets_an_empty_one() -> None:
    script = Script(
        rcpt=Turns("250 fine", "550 5.1.1 nobody", "250 fine"),
        dot=Turns("250 fine", "554 5.5.1 no valid recipients", "250 fine"),
    )
    scripted, load = carry(script, count=4)
    assert load.last == {1: "accepted", 2: "refused", 3: "accepted", 4: "accepted"}
    assert copies(scripted) == {1: 1, 3: 1, 4: 1}
    assert scripted.connections == 1


@BOTH
@pytest.mark.parametrize("phase", ["mail", "rcpt", "data", "dot"])
def test_after_421_the_mail_goes_over_a_new_connection(script: Script, phase: str) -> None:
    fine = getattr(script, phase)
    closing = dataclasses.replace(script, **{phase: Turns(fine, "421 4.3.2 closing", fine)})
    scripted, load = carry(closing, count=4)
    assert load.last == dict.fromkeys([1, 2, 3, 4], Verdict.ACCEPTED)
    assert load.verdicts(2) == [Verdict.UNSENT, Verdict.ACCEPTED]
    assert copies(scripted) == {1: 1, 2: 1, 3: 1, 4: 1}
    assert scripted.connections == 2


# -- breaks


@BOTH
@pytest.mark.parametrize("phase", ["banner", "ehlo", "mail", "rcpt", "data"])
@pytest.mark.parametrize("end", BREAKS)
def test_a_break_before_the_body_loses_and_doubles_nothing(
    script: Script, phase: str, end: Step
) -> None:
    broken = dataclasses.replace(script, **{phase: end})
    scripted, load = carry(broken, script, count=3, connections=2)
    assert copies(scripted) == {1: 1, 2: 1, 3: 1}
    assert load.last == dict.fromkeys([1, 2, 3], Verdict.ACCEPTED)
    assert not any(Verdict.UNKNOWN in load.verdicts(number) for number in (1, 2, 3))


@BOTH
@pytest.mark.parametrize("end", BREAKS)
def test_a_break_inside_the_body_is_safe_to_repeat(script: Script, end: Step) -> None:
    broken = dataclasses.replace(script, body=Turns(end, "220 never said"))
    scripted, load = carry(broken, script, count=2, size=LONG)
    assert copies(scripted) == {1: 1, 2: 1}
    assert load.verdicts(1) == [Verdict.UNSENT, Verdict.ACCEPTED]
    assert load.outcomes[0].phase is Phase.BODY
    assert load.last == dict.fromkeys([1, 2], Verdict.ACCEPTED)


@BOTH
@pytest.mark.parametrize("end", [*BREAKS, pytest.param(Hang(), id="hang")])
def test_a_lost_answer_to_the_final_dot_is_unknown_for_that_mail_alone(
    script: Script, end: Step
) -> None:
    broken = dataclasses.replace(script, dot=Turns("250 fine", end, "250 fine"))
    scripted, load = carry(broken, count=4, timeouts=dataclasses.replace(IMPATIENT, command=5))
    assert load.last == {1: "accepted", 2: "unknown", 3: "accepted", 4: "accepted"}
    assert load.verdicts(2) == [Verdict.UNKNOWN]
    assert copies(scripted) == {1: 1, 2: 1, 3: 1, 4: 1}


@pytest.mark.parametrize("phase", ["mail", "rcpt", "data"])
def test_silence_before_the_body_is_safe_to_repeat(phase: str) -> None:
    fine = getattr(PIPELINED, phase)
    silent = Script(**{phase: Turns(Hang(), fine)})
    scripted, load = carry(silent, count=1, timeouts=dataclasses.replace(IMPATIENT, final=600))
    assert load.verdicts(1) == [Verdict.UNSENT, Verdict.ACCEPTED]
    assert copies(scripted) == {1: 1}


def test_a_relay_that_stops_reading_is_given_up_before_the_final_dot() -> None:
    deaf = Script(data=Turns(Deaf("354 go on"), "354 go on"))
    timeouts = dataclasses.replace(IMPATIENT, final=600, command=600)
    scripted, load = carry(deaf, count=1, size=LONG, timeouts=timeouts)
    assert load.verdicts(1) == [Verdict.UNSENT, Verdict.ACCEPTED]
    assert load.outcomes[0].phase is Phase.BODY
    assert copies(scripted) == {1: 1}


def test_after_a_long_body_the_final_answer_has_its_own_time() -> None:
    """The body's last octets leave in a later turn than its first: the wait begins with the dot."""
    gate = Gate("250 2.0.0 queued")
    timeouts = Timeouts(body=30, final=600)
    load = Mails([mail(1, size=LONG)])
    clock = Clock()
    with (
        relay(Script(dot=gate)) as scripted,
        calling(scripted, timeouts=timeouts, clock=clock) as courier,
    ):
        carrying = threading.Thread(target=courier.carry, args=[load])
        carrying.start()
        gate.reached.wait()
        clock.ahead = 500
        turns(courier, clock)
        gate.opened.set()
        carrying.join()
    assert load.verdicts(1) == [Verdict.ACCEPTED]


# -- an answer before the end of the body


@BOTH
@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("552 5.3.4 too big", Verdict.REFUSED),
        ("452 4.3.1 disk full", Verdict.DEFERRED),
        ("250 2.0.0 queued already", Verdict.UNSENT),
        ("421 4.4.2 too slow", Verdict.UNSENT),
    ],
)
def test_an_answer_inside_the_body_takes_no_mail(
    script: Script, answer: str, verdict: Verdict
) -> None:
    early = dataclasses.replace(script, body=Deaf(answer))
    scripted, load = carry(early, script, count=2, size=LONG)
    assert load.verdicts(1)[0] is verdict
    assert load.outcomes[0].phase is Phase.BODY
    assert load.last[1] is (Verdict.ACCEPTED if verdict is Verdict.UNSENT else verdict)
    assert load.last[2] is Verdict.ACCEPTED
    assert copies(scripted)[1] == (1 if verdict is Verdict.UNSENT else 0)
    assert copies(scripted)[2] == 1


@pytest.mark.parametrize("words", ["250 2.0.0 queued already", "hello", "421 4.4.2 closing"])
def test_words_right_after_354_leave_the_body_with_us(words: str) -> None:
    early = Script(data=f"354 go on\r\n{words}")
    scripted, load = carry(early, PIPELINED, count=2)
    assert load.verdicts(1) == [Verdict.UNSENT, Verdict.ACCEPTED]
    assert copies(scripted) == {1: 1, 2: 1}


def test_what_a_relay_said_before_it_broke_off_is_heard() -> None:
    """It answers, closes and never reads what we write then: our write fails, its word stands."""
    script = Script(dot="250 2.0.0 queued\r\n421 4.7.0 enough")
    scripted, load = carry(script, count=4, connections=2)
    assert load.last == dict.fromkeys([1, 2, 3, 4], Verdict.ACCEPTED)
    assert copies(scripted) == {1: 1, 2: 1, 3: 1, 4: 1}


# -- connections


@BOTH
def test_a_connection_is_kept_from_one_load_to_the_next(script: Script) -> None:
    with relay(script) as scripted, calling(scripted) as courier:
        for number in range(3):
            load = Mails([mail(2 * number), mail(2 * number + 1)])
            courier.carry(load)
            assert set(load.last.values()) == {Verdict.ACCEPTED}
    assert scripted.connections == 1
    assert len(scripted.taken) == 6


@pytest.mark.parametrize("end", BREAKS)
def test_a_connection_that_ended_between_two_loads_is_replaced(end: Step) -> None:
    gate = Gate(end)
    with relay(Script(parting=gate), PIPELINED) as scripted, calling(scripted) as courier:
        courier.carry(Mails([mail(1)]))
        gate.opened.set()
        scripted.ended.acquire()
        load = Mails([mail(2)])
        courier.carry(load)
    assert load.verdicts(2) == [Verdict.ACCEPTED]
    assert copies(scripted) == {1: 1, 2: 1}
    assert scripted.connections == 2


@pytest.mark.parametrize("words", ["421 4.4.2 idle too long", "250 what"])
def test_words_said_to_nobody_between_two_loads_end_the_connection(words: str) -> None:
    gate = Gate(words)
    with relay(Script(parting=gate), PIPELINED) as scripted, calling(scripted) as courier:
        courier.carry(Mails([mail(1)]))
        gate.opened.set()
        gate.said.wait()
        load = Mails([mail(2)])
        courier.carry(load)
    assert load.verdicts(2) == [Verdict.ACCEPTED]
    assert scripted.connections == 2


def test_a_connection_that_rested_long_is_not_trusted() -> None:
    clock = Clock()
    with relay() as scripted, calling(scripted, clock=clock) as courier:
        courier.carry(Mails([mail(1)]))
        clock.ahead += 61
        load = Mails([mail(2)])
        courier.carry(load)
    assert load.last == {2: Verdict.ACCEPTED}
    assert scripted.connections == 2
    assert scripted.heard.count("QUIT") == 2


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


SOON = 30.0


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


def test_a_mail_that_comes_later_is_carried_when_the_courier_is_woken() -> None:
    load = Waiting([mail(1)])
    with relay() as scripted, calling(scripted) as courier, carrying(courier, load):
        until(lambda: len(load.outcomes) == 1, courier)
        load.waiting.append(mail(2))
        until(lambda: len(load.outcomes) == 2, courier)
    assert load.last == {1: Verdict.ACCEPTED, 2: Verdict.ACCEPTED}
    assert scripted.connections == 1


@pytest.mark.parametrize("end", BREAKS)
def test_a_connection_that_ends_while_idle_is_replaced(end: Step) -> None:
    gate = Gate(end)
    load = Waiting([mail(1)])
    with (
        relay(Script(parting=gate), PIPELINED) as scripted,
        calling(scripted) as courier,
        carrying(courier, load),
    ):
        until(lambda: len(load.outcomes) == 1, courier)
        gate.opened.set()
        load.waiting.append(mail(2))
        until(lambda: load.last.get(2) is Verdict.ACCEPTED, courier)
        assert scripted.connections == 2
    assert load.last == {1: Verdict.ACCEPTED, 2: Verdict.ACCEPTED}
    assert copies(scripted) == {1: 1, 2: 1}


# -- the courier does not spin

FEW = 100
"""Turns of a loop that sleeps; one that does not makes some ten thousand in the same time."""


@BOTH
@pytest.mark.parametrize("size", [0, LONG], ids=["short", "long"])
def test_waiting_for_an_answer_takes_no_turns(script: Script, size: int) -> None:
    gate = Gate("250 2.0.0 queued")
    clock = Clock()
    load = Waiting([mail(1, size=size)])
    with (
        relay(dataclasses.replace(script, dot=gate)) as scripted,
        calling(scripted, clock=clock) as courier,
        carrying(courier, load),
    ):
        gate.reached.wait()
        asked = clock.asked
        assert not load.finished.wait(0.3)
        assert clock.asked - asked < FEW
        gate.opened.set()
        until(lambda: bool(load.outcomes), courier)
    assert load.last == {1: Verdict.ACCEPTED}


def test_waiting_for_a_relay_that_reads_nothing_takes_no_turns() -> None:
    deaf = Gate("250 never")
    clock = Clock()
    load = Waiting([mail(1, size=LONG)])
    with (
        relay(Script(body=deaf)) as scripted,
        calling(scripted, clock=clock) as courier,
        carrying(courier, load),
    ):
        deaf.reached.wait()
        load.finished.wait(0.2)  # until the buffers are full
        asked = clock.asked
        assert not load.finished.wait(0.3)
        assert clock.asked - asked < FEW
        load.stopped = True
        deaf.opened.set()


def test_waiting_for_mails_takes_no_turns() -> None:
    clock = Clock()
    load = Waiting([mail(1)])
    load.expected = 3
    with (
        relay() as scripted,
        calling(scripted, clock=clock, connections=3) as courier,
        carrying(courier, load),
    ):
        until(lambda: bool(load.outcomes) and scripted.connections == 3, courier)
        load.finished.wait(0.1)
        asked = clock.asked
        assert not load.finished.wait(0.3)
        assert clock.asked - asked < FEW


def test_waiting_for_a_relay_that_is_away_takes_no_turns() -> None:
    with relay() as scripted:
        pass
    clock = Clock()
    load = Waiting([mail(1)])
    load.gives_up_after = 10**6
    with calling(scripted, clock=clock, connections=3) as courier, carrying(courier, load):
        until(lambda: bool(load.errors), courier)
        asked = clock.asked
        assert not load.finished.wait(0.3)
        assert clock.asked - asked < FEW
        load.stopped = True


# -- no connection can be had


def test_a_relay_that_is_down_is_given_up_when_the_load_says_so() -> None:
    with relay() as scripted:
        pass
    load = Mails([mail(1), mail(2)])
    with calling(scripted, connections=3) as courier:
        courier.carry(load)
    assert [type(error) for error in load.errors] == [Unreachable]
    assert (load.outcomes, load.begun) == ([], [])
    assert len(load.waiting) == 2


def test_a_relay_that_comes_back_is_found_again() -> None:
    with relay() as gone:
        pass
    load = Waiting([mail(number) for number in range(1, 21)])
    load.gives_up_after = 10**6
    clock = Clock()
    with (
        ExitStack() as later,
        calling(gone, clock=clock, connections=3) as courier,
        carrying(courier, load),
    ):
        until(lambda: bool(load.errors), courier)
        scripted = later.enter_context(relay(port=gone.port))
        clock.ahead += 30
        until(lambda: len(load.outcomes) == 20, courier)
    assert copies(scripted) == dict.fromkeys(range(1, 21), 1)
    assert load.last == dict.fromkeys(range(1, 21), Verdict.ACCEPTED)


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (Script(banner="421 4.3.2 too many connections"), RateLimited),
        (Script(banner="554 5.7.1 go away"), Unreachable),
        (Script(banner="hello"), Unreachable),
        (Script(banner=Drop()), Unreachable),
        (Script(ehlo="421 4.3.2 no", helo="421 4.3.2 no"), RateLimited),
    ],
)
def test_why_no_connection_can_be_had_is_told(script: Script, error: type[PublishError]) -> None:
    _scripted, load = carry(script, count=1)
    assert [type(one) for one in load.errors] == [error]
    assert load.outcomes == []


class Frozen(Clock):
    """A clock that stands still unless it is put ahead."""

    def __call__(self) -> float:
        self.asked += 1
        return self.ahead


def test_connections_that_fail_together_count_as_one_failure() -> None:
    """A relay that was away for a moment is called again after half a second, not after thirty."""
    with relay() as gone:
        pass
    clock = Frozen()
    load = Waiting([mail(1)])
    load.gives_up_after = 10**6
    with (
        ExitStack() as later,
        calling(gone, clock=clock, connections=8) as courier,
        carrying(courier, load),
    ):
        until(lambda: bool(load.errors), courier)
        later.enter_context(relay(port=gone.port))
        clock.ahead += 0.6
        until(lambda: bool(load.outcomes), courier)
    assert load.last == {1: Verdict.ACCEPTED}


def test_a_relay_that_lets_us_in_and_then_closes_is_not_called_without_a_pause() -> None:
    clock = Frozen()
    load = Waiting([mail(1)])
    with (
        relay(Script(mail="421 4.7.0 slow down")) as scripted,
        calling(scripted, clock=clock, connections=1) as courier,
        carrying(courier, load),
    ):
        until(lambda: len(load.outcomes) == 1, courier)
        turns(courier, clock)
        assert scripted.connections == 1
        clock.ahead += 0.6
        until(lambda: len(load.outcomes) == 2, courier)
        turns(courier, clock)
        assert scripted.connections == 2
        load.stopped = True
    assert set(load.last.values()) == {Verdict.UNSENT}


def test_a_relay_that_allows_fewer_connections_is_asked_for_more_ever_less_often() -> None:
    clock = Frozen()
    full = Script(banner="421 4.7.0 too many connections")
    load = Waiting([mail(1)])
    load.expected = 3
    with (
        relay(PIPELINED, full) as scripted,
        calling(scripted, clock=clock, connections=3) as courier,
        carrying(courier, load),
    ):
        until(lambda: bool(load.outcomes) and scripted.connections == 3, courier)
        asked = []
        for _pause in range(10):
            clock.ahead += 0.6
            before = scripted.connections
            load.waiting.append(mail(2))
            known = len(load.outcomes)
            until(lambda known=known: len(load.outcomes) > known, courier)  # type: ignore[misc]
            turns(courier, clock)
            asked.append(scripted.connections - before)
    assert load.errors == []
    assert sum(asked) < len(asked)


def test_a_greeting_without_an_end_is_given_up() -> None:
    clock = Frozen()
    load = Waiting([mail(1)])
    timeouts = Timeouts(connect=600)
    with (
        relay(Script(banner=Hang())) as scripted,
        calling(scripted, clock=clock, timeouts=timeouts) as courier,
    ):
        thread = threading.Thread(target=courier.carry, args=[load])
        thread.start()
        until(lambda: scripted.connections == 1, courier)
        turns(courier, clock)
        assert load.errors == []
        clock.ahead += 6001
        courier.wake()
        thread.join()
    assert [type(error) for error in load.errors] == [Unreachable]


# -- the end


def test_a_greeting_that_hangs_does_not_keep_the_process_from_ending() -> None:
    program = textwrap.dedent("""
        import sys
        import threading
        from promo.mailing.courier import Courier
        from promo.mailing.relay import Relay, Timeouts

        class Once:
            asked = 0
            def over(self):
                self.asked += 1
                courier.wake()  # the next turn comes at once
                return threading.active_count() > 8 and self.asked > 2000
            def at_hand(self):
                return 8
            def prepare(self, count):
                pass
            def take(self):
                return None

        relay = Relay("127.0.0.1", int(sys.argv[1]), timeouts=Timeouts(connect=3600))
        courier = Courier(relay)
        courier.wake()
        courier.carry(Once())
        courier.close()
        print("over")
    """)
    with relay(Script(banner=Hang())) as scripted:
        ended = subprocess.run(
            [sys.executable, "-c", program, str(scripted.port)],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        ends = time.monotonic() + SOON
        while scripted.connections < 8 and time.monotonic() < ends:
            pass  # those that wait in the backlog are still accepted
        assert scripted.connections == 8
    assert (ended.stdout, ended.stderr) == ("over\n", "")


def test_a_connection_that_nobody_waits_for_any_more_is_closed_once_open() -> None:
    gate = Gate("220 welcome at last")
    with relay(Script(banner=gate)) as scripted:
        load = Waiting([mail(1)])
        with calling(scripted) as courier, carrying(courier, load):
            gate.reached.wait()
            load.stopped = True
        gate.opened.set()
        scripted.ended.acquire()
    assert scripted.taken == []


def test_the_bell_may_be_rung_at_any_time() -> None:
    with relay() as scripted, calling(scripted) as courier:
        for _ring in range(10_000):  # more than its buffer holds, and nobody listens
            courier.wake()
    courier.wake()


def test_closing_in_the_middle_of_a_mail_says_no_goodbye() -> None:
    class Stop(BaseException):
        """A worker is told to stop."""

    def fail(mails: Sequence[Outgoing]) -> None:
        if mails:
            raise Stop

    load = Mails([mail(1)])
    load.also = fail
    with relay() as scripted:
        with calling(scripted) as courier, pytest.raises(Stop):
            courier.carry(load)
        scripted.ended.acquire()
    assert "QUIT" not in scripted.heard


# -- encryption

OFFERED = "250-relay.example.org\r\n250-PIPELINING\r\n250 STARTTLS"
WILLING = Script(ehlo=OFFERED, starttls="220 2.0.0 go ahead")


@contextmanager
def over_tls(
    folder: Path, tls: Tls, script: Script, *others: Script, timeouts: Timeouts | None = None
) -> Iterator[tuple[ScriptedRelay, Courier]]:
    server, trusted = certificate(folder, address="127.0.0.1")
    client = ssl.create_default_context(cafile=str(trusted))
    with relay(script, *others, tls=server, implicit=tls is Tls.IMPLICIT) as scripted:
        address = Relay(
            "127.0.0.1", scripted.port, tls=tls, connections=1, timeouts=timeouts or Timeouts()
        )
        courier = Courier(address, tls=client)
        try:
            yield scripted, courier
        finally:
            courier.close()


ENCRYPTED = pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])


@ENCRYPTED
@pytest.mark.parametrize("size", [0, 20_000, LONG], ids=["short", "usual", "long"])
def test_mails_go_over_tls(tmp_path: Path, tls: Tls, size: int) -> None:
    with over_tls(tmp_path, tls, WILLING) as (scripted, courier):
        for first in (1, 4):
            load = Mails([mail(number, size=size) for number in range(first, first + 3)])
            courier.carry(load)
            assert set(load.last.values()) == {Verdict.ACCEPTED}
    assert [len(taken) for taken in scripted.taken] == [len(mail(1, size=size).data)] * 6
    assert copies(scripted) == dict.fromkeys(range(1, 7), 1)
    assert scripted.connections == 1


def test_starttls_that_is_not_offered_is_not_done_without(tmp_path: Path) -> None:
    load = Mails([mail(1)])
    with over_tls(tmp_path, Tls.STARTTLS, PIPELINED) as (scripted, courier):
        courier.carry(load)
    assert [type(error) for error in load.errors] == [Unreachable]
    assert {line.split()[0] for line in scripted.heard} == {"ehlo"}


@ENCRYPTED
@pytest.mark.parametrize("end", [*BREAKS, pytest.param(Hang(), id="hang")])
def test_over_tls_too_a_lost_answer_is_unknown(tmp_path: Path, tls: Tls, end: Step) -> None:
    script = dataclasses.replace(WILLING, dot=Turns(end, "250 fine"))
    timeouts = dataclasses.replace(IMPATIENT, command=5)
    load = Mails([mail(1), mail(2)])
    with over_tls(tmp_path, tls, script, timeouts=timeouts) as (scripted, courier):
        courier.carry(load)
    assert load.last == {1: Verdict.UNKNOWN, 2: Verdict.ACCEPTED}
    assert copies(scripted) == {1: 1, 2: 1}


@ENCRYPTED
@pytest.mark.parametrize("end", [*BREAKS, pytest.param(Deaf("552 5.3.4 too big"), id="refused")])
def test_over_tls_too_an_end_inside_the_body_is_safe(tmp_path: Path, tls: Tls, end: Step) -> None:
    script = dataclasses.replace(WILLING, body=end)
    load = Mails([mail(1, size=LONG), mail(2, size=LONG)])
    with over_tls(tmp_path, tls, script, WILLING) as (scripted, courier):
        courier.carry(load)
    first = Verdict.REFUSED if isinstance(end, Deaf) else Verdict.UNSENT
    assert load.verdicts(1)[0] is first
    assert Verdict.UNKNOWN not in load.verdicts(1)
    assert load.last[2] is Verdict.ACCEPTED
    assert copies(scripted)[2] == 1
    assert copies(scripted)[1] == (0 if first is Verdict.REFUSED else 1)


def test_a_refused_password_is_told(tmp_path: Path) -> None:
    server, trusted = certificate(tmp_path, address="127.0.0.1")
    script = Script(
        ehlo="250-relay.example.org\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN",
        starttls="220 go",
        auth="535 5.7.8 wrong",
    )
    load = Mails([mail(1)])
    with relay(script, tls=server) as scripted:
        address = Relay(
            "127.0.0.1", scripted.port, tls=Tls.STARTTLS, username="desk", password="hush"
        )
        courier = Courier(address, tls=ssl.create_default_context(cafile=str(trusted)))
        courier.carry(load)
        courier.close()
    assert {type(error) for error in load.errors} == {Unauthorized}


# -- one line


@pytest.fixture(params=[Tls.NONE, Tls.IMPLICIT], ids=["plain", "tls"])
def line(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Line]:
    """A connection whose relay reads nothing more, with the body of mail 1 cleared on it."""
    server, trusted = certificate(tmp_path, address="127.0.0.1")
    client = ssl.create_default_context(cafile=str(trusted))
    implicit = request.param is Tls.IMPLICIT
    with relay(Script(ehlo=Deaf(PIPELINED_EHLO)), tls=server, implicit=implicit) as scripted:
        smtp = greet(Relay("127.0.0.1", scripted.port, tls=request.param), client)
        own = Line(smtp, most=0)
        own.talk.start(mail(1))
        own.talk.feed(b"250 a\r\n250 b\r\n354 c\r\n")
        yield own
        smtp.close()


def test_a_body_that_has_left_in_part_keeps_its_dot(line: Line) -> None:
    assert not line.dot_unsaid
    words = line.talk.send(None)
    line.say(b"x" * LONG + words, after_dot=0)
    assert line.waits
    assert line.dot_unsaid


def test_a_dot_may_have_left_although_words_behind_it_have_not(line: Line) -> None:
    words = line.talk.send(None)
    line.say(words + b"x" * LONG, after_dot=LONG)
    assert line.waits
    assert not line.dot_unsaid


def test_a_write_that_fails_leaves_the_dot_with_us(line: Line) -> None:
    line.sock.shutdown(socket.SHUT_WR)
    line.say(line.talk.send(None), after_dot=0)
    assert line.dot_unsaid
    assert not line.waits
    assert line.patience(Timeouts()) == 0
