"""The courier against a relay that breaks off, hangs or speaks out of its turn, at every phase."""

from __future__ import annotations

import dataclasses
import threading

import pytest

from promo.mailing.conversation import Verdict
from promo.mailing.relay import Timeouts
from promo.mailing.replies import Phase
from tests.mailing.carrying import (
    BOTH,
    BREAKS,
    LONG,
    OFTEN,
    PIPELINED,
    Clock,
    Mails,
    calling,
    carry,
    copies,
    mail,
    never,
    over,
    turns,
)
from tests.mailing.scripted import Deaf, Gate, Hang, Script, Step, Turns, relay

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
    jumps = over(end, seconds=610) if isinstance(end, Hang) else never
    scripted, load = carry(broken, count=4, jumps=jumps)
    assert load.last == {1: "accepted", 2: "unknown", 3: "accepted", 4: "accepted"}
    assert load.verdicts(2) == [Verdict.UNKNOWN]
    assert copies(scripted) == {1: 1, 2: 1, 3: 1, 4: 1}


@pytest.mark.parametrize("phase", ["mail", "rcpt", "data"])
def test_silence_before_the_body_is_safe_to_repeat(phase: str) -> None:
    fine = getattr(PIPELINED, phase)
    hang = Hang()
    silent = Script(**{phase: Turns(hang, fine)})
    scripted, load = carry(silent, count=1, jumps=over(hang, seconds=310))
    assert load.verdicts(1) == [Verdict.UNSENT, Verdict.ACCEPTED]
    assert copies(scripted) == {1: 1}


def test_a_relay_that_stops_reading_is_given_up_before_the_final_dot() -> None:
    deaf = Script(data=Turns(Deaf("354 go on"), "354 go on"))

    def jumps(load: Mails) -> float:
        return 190 if load.begun and not load.outcomes else 0

    scripted, load = carry(deaf, count=1, size=LONG, jumps=jumps)
    assert load.verdicts(1) == [Verdict.UNSENT, Verdict.ACCEPTED]
    assert load.outcomes[0].phase is Phase.BODY
    assert copies(scripted) == {1: 1}


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [(120, Verdict.ACCEPTED), (590, Verdict.ACCEPTED), (610, Verdict.UNKNOWN)],
)
def test_the_last_answer_is_waited_for_ten_minutes(seconds: float, verdict: Verdict) -> None:
    """RFC 5321, 4.5.3.2.6: a shorter wait makes unknown mails of slow relays."""
    gate = Gate("250 2.0.0 queued")
    load = Mails([mail(1)])
    clock = Clock()
    with (
        relay(Script(dot=gate)) as scripted,
        calling(scripted, clock=clock, look_round=OFTEN) as courier,
    ):
        thread = threading.Thread(target=courier.carry, args=[load])
        thread.start()
        gate.reached.wait()
        clock.ahead += seconds
        if verdict is Verdict.ACCEPTED:
            turns(courier, clock)
        else:
            thread.join()
        gate.opened.set()
        thread.join()
    assert load.verdicts(1) == [verdict]
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
