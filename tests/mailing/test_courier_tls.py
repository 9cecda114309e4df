"""The courier over TLS, and a single line of it."""

from __future__ import annotations

import dataclasses
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from promo.errors import Unauthorized, Unreachable
from promo.mailing.conversation import Verdict
from promo.mailing.courier import Courier
from promo.mailing.greeting import greet
from promo.mailing.line import Line
from promo.mailing.relay import Relay, Timeouts, Tls
from tests.mailing.carrying import (
    BREAKS,
    HURRIED,
    LONG,
    OFTEN,
    PIPELINED,
    PIPELINED_EHLO,
    Clock,
    Mails,
    copies,
    mail,
    never,
    over,
)
from tests.mailing.certificates import certificate
from tests.mailing.scripted import Deaf, Hang, Script, ScriptedRelay, Step, Turns, relay

OFFERED = "250-relay.example.org\r\n250-PIPELINING\r\n250 STARTTLS"
WILLING = Script(ehlo=OFFERED, starttls="220 2.0.0 go ahead")


@contextmanager
def over_tls(
    folder: Path,
    tls: Tls,
    script: Script,
    *others: Script,
    jumps: Callable[[], float] = lambda: 0,
    made: tuple[ssl.SSLContext, Path] | None = None,
) -> Iterator[tuple[ScriptedRelay, Courier]]:
    server, trusted = made or certificate(folder, address="127.0.0.1")
    client = ssl.create_default_context(cafile=str(trusted))
    with relay(script, *others, tls=server, implicit=tls is Tls.IMPLICIT) as scripted:
        address = Relay("127.0.0.1", scripted.port, tls=tls, connections=1)
        clock = Clock(pace=HURRIED, jumps=jumps)
        courier = Courier(address, tls=client, clock=clock, look_round=OFTEN)
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


def test_an_expired_certificate_is_not_trusted(tmp_path: Path) -> None:
    expired = certificate(tmp_path, address="127.0.0.1", ends=timedelta(hours=-1))
    for tls, script in ((Tls.STARTTLS, WILLING), (Tls.IMPLICIT, PIPELINED)):
        load = Mails([mail(1)])
        with over_tls(tmp_path, tls, script, made=expired) as (scripted, courier):
            courier.carry(load)
        assert [type(error) for error in load.errors] == [Unreachable]
        assert (load.begun, load.outcomes, scripted.taken) == ([], [], [])


def test_tls_that_fails_is_not_followed_by_plain_text(tmp_path: Path) -> None:
    server, trusted = certificate(tmp_path, address="127.0.0.1")
    server.maximum_version = ssl.TLSVersion.TLSv1_2
    client = ssl.create_default_context(cafile=str(trusted))
    client.minimum_version = ssl.TLSVersion.TLSv1_3
    load = Mails([mail(1)])
    with relay(WILLING, tls=server) as scripted:
        courier = Courier(Relay("127.0.0.1", scripted.port, tls=Tls.STARTTLS), tls=client)
        courier.carry(load)
        courier.close()
    assert [type(error) for error in load.errors] == [Unreachable]
    assert scripted.taken == []
    assert {line.split()[0].lower() for line in scripted.heard} <= {"ehlo", "starttls", "quit"}


@ENCRYPTED
@pytest.mark.parametrize("end", [*BREAKS, pytest.param(Hang(), id="hang")])
def test_over_tls_too_a_lost_answer_is_unknown(tmp_path: Path, tls: Tls, end: Step) -> None:
    script = dataclasses.replace(WILLING, dot=Turns(end, "250 fine"))
    load = Mails([mail(1), mail(2)])
    jumps = over(end, seconds=610) if isinstance(end, Hang) else never
    with over_tls(tmp_path, tls, script, jumps=lambda: jumps(load)) as (scripted, courier):
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
