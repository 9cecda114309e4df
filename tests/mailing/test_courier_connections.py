"""The courier's connections: opened, kept, replaced, closed; and what it does while it waits."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack

import pytest

from promo.errors import PublishError, RateLimited, Unreachable
from promo.mailing.conversation import Outgoing, Verdict
from promo.mailing.relay import Timeouts
from tests.mailing.carrying import (
    BOTH,
    BREAKS,
    LONG,
    PIPELINED,
    SOON,
    Clock,
    Frozen,
    Mails,
    Waiting,
    calling,
    carry,
    carrying,
    copies,
    mail,
    turns,
    until,
)
from tests.mailing.scripted import Drop, Gate, Hang, Script, Step, Turns, relay

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


@BOTH
def test_connections_that_others_need_are_closed_once_idle_and_their_mails_are_answered(
    script: Script,
) -> None:
    opened: list[int] = []

    class Sharing(Waiting):
        def may_open(self, open_now: int) -> int:
            opened.append(open_now)
            return super().may_open(open_now)

    load = Sharing([mail(number) for number in range(1, 4)])
    load.expected = 4
    with (
        relay(script) as scripted,
        calling(scripted, connections=4) as courier,
        carrying(courier, load),
    ):
        until(lambda: len(load.outcomes) == 3 and opened[-1] == 4, courier)
        load.most = 1
        load.waiting.extend(mail(number) for number in range(4, 30))
        until(lambda: len(load.outcomes) == 29 and opened[-1] == 1, courier)
        assert scripted.connections == 4
        load.most = 0
        until(lambda: opened[-1] == 0, courier)
        load.waiting.append(mail(30))
        looks = len(opened)
        until(lambda: len(opened) > looks + 20, courier)
        assert len(load.outcomes) == 29, "without a connection it waits"
        load.most = 2
        until(lambda: len(load.outcomes) == 30, courier)
    assert copies(scripted) == dict.fromkeys(range(1, 31), 1)
    assert load.last == dict.fromkeys(range(1, 31), Verdict.ACCEPTED)
    assert load.errors == []


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


@pytest.mark.parametrize(
    ("said", "slower"),
    [
        ("421 4.7.0 too fast", True),
        ("421 4.3.2 closing", False),
        ("421 enough for one connection", False),
    ],
)
def test_a_421_asks_for_less_where_it_says_so(said: str, *, slower: bool) -> None:
    script = Script(mail=Turns("250 fine", "250 fine", said, "250 fine"))
    _scripted, load = carry(script, count=6)
    assert bool(load.slower) is slower
    assert load.last == dict.fromkeys(range(1, 7), Verdict.ACCEPTED)


def test_a_421_asks_for_less_where_no_connection_carries_anything() -> None:
    _scripted, load = carry(Script(mail=Turns("421 go away", "250 fine")), count=2)
    assert load.slower == 1
    assert load.last == {1: Verdict.ACCEPTED, 2: Verdict.ACCEPTED}


@BOTH
def test_a_relay_that_ends_each_connection_after_twenty_mails_gets_all_of_them_once(
    script: Script,
) -> None:
    round_of = [*["250 fine"] * 20, Drop()]
    ending = dataclasses.replace(script, mail=Turns(*round_of, *round_of, *round_of, "250 fine"))
    scripted, load = carry(ending, count=70)
    assert copies(scripted) == dict.fromkeys(range(1, 71), 1)
    assert load.last == dict.fromkeys(range(1, 71), Verdict.ACCEPTED)
    assert scripted.connections == 4


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
            def slow_down(self):
                pass
            def may_open(self, open_now):
                return 8

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


@pytest.mark.parametrize(
    ("seconds", "left"),
    [
        pytest.param(0, [3, 1, 0, 0], id="quick"),
        pytest.param(1, [3, 2, 1, 0], id="slow"),
    ],
)
def test_no_envelope_is_said_ahead_to_a_relay_that_is_slow_to_answer(
    seconds: float, left: list[int]
) -> None:
    """Whose mail waits there for the answer before could leave the newsletter meanwhile."""
    clock = Frozen()
    load = Mails([mail(number) for number in range(1, 5)])
    found: list[int] = []

    def count(begun: Sequence[Outgoing]) -> None:
        found.extend(len(load.waiting) for _one in begun)

    def answer_late(_line: bytes) -> None:
        clock.ahead += seconds

    load.also = count
    with relay(on_body=answer_late) as scripted, calling(scripted, clock=clock) as courier:
        courier.carry(load)
    assert load.last == dict.fromkeys(range(1, 5), Verdict.ACCEPTED)
    assert found == left
