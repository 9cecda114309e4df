"""The courier against a relay that answers: mails arrive, refusals are one reader's own."""

from __future__ import annotations

import dataclasses
import threading
from collections import Counter
from collections.abc import Sequence

import pytest

from promo.mailing.conversation import Outgoing, Verdict
from promo.mailing.replies import Phase
from tests.mailing.carrying import BOTH, LONG, PIPELINED, Mails, calling, carry, copies, mail
from tests.mailing.scripted import Gate, Piecemeal, Script, Turns, relay

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
