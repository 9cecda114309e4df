"""The SMTP driver against a relay that answers, refuses, hangs and breaks off at every phase."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from promo.errors import OutcomeUnknown, RateLimited, Rejected, Unauthorized, Unreachable
from promo.mailing.envelope import MimeMail
from promo.mailing.headers import MailAddress
from promo.mailing.relay import Relay, Timeouts
from promo.mailing.smtp import SmtpConnection
from tests.mailing.scripted import Drop, Hang, Reset, Script, ScriptedRelay, relay

IMPATIENT = Timeouts(connect=1, command=1, body=1, final=1)
MAIL = MimeMail(
    MailAddress("b+1@bounces.example.org"),
    MailAddress("anna@example.org"),
    b"Subject: Zaproszenie\r\n\r\nWitamy!\r\n",
)
LONG_MAIL = dataclasses.replace(MAIL, data=b"Subject: x\r\n\r\n" + b"x" * 16 * 2**20 + b"\r\n")
GREETINGS = {"ehlo": ["ehlo", "helo"]}
BREAKS = [pytest.param(Drop(), id="drop"), pytest.param(Reset(), id="reset")]


@contextmanager
def connected(
    *scripts: Script, timeouts: Timeouts | None = None
) -> Iterator[tuple[ScriptedRelay, SmtpConnection]]:
    with relay(*scripts) as scripted:
        address = Relay("127.0.0.1", scripted.port, timeouts=timeouts or Timeouts())
        with SmtpConnection(address) as connection:
            yield scripted, connection


def test_an_accepted_mail_gives_the_relays_answer() -> None:
    with connected() as (scripted, connection):
        accepted = connection.deliver(MAIL)
        assert (accepted.code, accepted.text) == (250, "2.0.0 queued as A1")
        assert scripted.taken == [MAIL.data]


def test_one_connection_carries_many_mails_and_says_goodbye() -> None:
    with connected() as (scripted, connection):
        for _number in range(3):
            connection.deliver(MAIL)
    assert scripted.connections == 1
    assert scripted.taken == [MAIL.data] * 3
    assert scripted.heard[-1] == "QUIT"


@pytest.mark.parametrize("phase", ["banner", "ehlo", "mail", "rcpt", "data"])
@pytest.mark.parametrize("end", BREAKS)
def test_a_break_before_the_final_dot_is_safe_to_repeat(phase: str, end: Drop | Reset) -> None:
    with connected(Script(**{phase: end}), Script()) as (scripted, connection):
        with pytest.raises(Unreachable):
            connection.deliver(MAIL)
        assert scripted.taken == []
        connection.deliver(MAIL)
        assert scripted.taken == [MAIL.data]


@pytest.mark.parametrize("phase", ["banner", "ehlo", "mail", "rcpt", "data"])
def test_silence_before_the_final_dot_is_safe_to_repeat(phase: str) -> None:
    script = Script(**{phase: Hang()})
    with connected(script, timeouts=IMPATIENT) as (scripted, connection):
        with pytest.raises(Unreachable):
            connection.deliver(MAIL)
        assert scripted.taken == []


@pytest.mark.parametrize("end", [*BREAKS, pytest.param(Hang(), id="hang")])
def test_a_break_inside_the_body_is_safe_to_repeat(end: Drop | Reset | Hang) -> None:
    with connected(Script(body=end), timeouts=IMPATIENT) as (scripted, connection):
        with pytest.raises(Unreachable):
            connection.deliver(LONG_MAIL)
        assert scripted.taken == []


@pytest.mark.parametrize("end", [*BREAKS, pytest.param(Hang(), id="hang")])
def test_a_lost_answer_to_the_final_dot_is_unknown_and_the_relay_has_the_mail(
    end: Drop | Reset | Hang,
) -> None:
    with connected(Script(dot=end), timeouts=IMPATIENT) as (scripted, connection):
        with pytest.raises(OutcomeUnknown):
            connection.deliver(MAIL)
        assert scripted.taken == [MAIL.data]


@pytest.mark.parametrize("phase", ["banner", "ehlo", "mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize("answer", ["421 4.3.2 closing down", "450 4.2.0 grey-listed"])
def test_a_passing_refusal_means_later(phase: str, answer: str) -> None:
    script = Script(**dict.fromkeys(GREETINGS.get(phase, [phase]), answer))
    with connected(script) as (scripted, connection):
        with pytest.raises(RateLimited) as refused:
            connection.deliver(MAIL)
        assert refused.value.refusal.status == int(answer[:3])
        assert refused.value.refusal.subcode == answer[4:9]
        assert scripted.taken == []


@pytest.mark.parametrize("phase", ["mail", "rcpt", "data", "dot"])
def test_a_final_refusal_is_told_with_its_enhanced_status_and_phase(phase: str) -> None:
    with connected(Script(**{phase: "550 5.1.1 no such reader"})) as (scripted, connection):
        with pytest.raises(Rejected) as refused:
            connection.deliver(MAIL)
        refusal = refused.value.refusal
        assert (refusal.code, refusal.subcode, refusal.trace) == ("550", "5.1.1", phase)
        assert scripted.taken == []


@pytest.mark.parametrize("phase", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize("code", ["450", "550"])
def test_a_refusal_leaves_the_connection_fit_for_the_next_mail(phase: str, code: str) -> None:
    with connected(Script(**{phase: f"{code} not this one"})) as (scripted, connection):
        for _number in range(2):
            with pytest.raises((Rejected, RateLimited)):
                connection.deliver(MAIL)
    assert scripted.connections == 1


@pytest.mark.parametrize("phase", ["mail", "rcpt", "data", "dot"])
def test_after_421_the_next_mail_gets_a_new_connection(phase: str) -> None:
    with connected(Script(**{phase: "421 4.3.2 closing"}), Script()) as (scripted, connection):
        with pytest.raises(RateLimited):
            connection.deliver(MAIL)
        connection.deliver(MAIL)
    assert scripted.connections == 2


@pytest.mark.parametrize("phase", ["banner", "ehlo"])
def test_a_relay_that_will_not_talk_has_not_refused_the_mail(phase: str) -> None:
    script = Script(**dict.fromkeys(GREETINGS.get(phase, [phase]), "554 go away"))
    with connected(script) as (_scripted, connection), pytest.raises(Unreachable):
        connection.deliver(MAIL)


def test_a_relay_that_asks_for_a_password_has_lost_us_our_access() -> None:
    refusing = Script(mail="530 5.7.0 sign in first")
    with connected(refusing) as (_scripted, connection), pytest.raises(Unauthorized):
        connection.deliver(MAIL)


@pytest.mark.parametrize("phase", ["mail", "rcpt", "data"])
@pytest.mark.parametrize("answer", ["999 what", "hello", "334 more", "2", ""])
def test_nonsense_before_the_final_dot_is_safe_to_repeat(phase: str, answer: str) -> None:
    with connected(Script(**{phase: answer})) as (scripted, connection):
        with pytest.raises(Unreachable):
            connection.deliver(MAIL)
        assert scripted.taken == []


@pytest.mark.parametrize("answer", ["999 what", "hello", "354 more", "2", "", "x" * 10_000])
def test_nonsense_after_the_final_dot_is_unknown(answer: str) -> None:
    with connected(Script(dot=answer)) as (scripted, connection):
        with pytest.raises(OutcomeUnknown):
            connection.deliver(MAIL)
        assert scripted.taken == [MAIL.data]


@pytest.mark.parametrize("answer", ["250", "250-first\r\n250 second", "250 przyjęto", "299 odd"])
def test_unusual_words_of_success_are_success(answer: str) -> None:
    with connected(Script(dot=answer)) as (_scripted, connection):
        assert connection.deliver(MAIL).code in {250, 299}


def test_an_answer_given_before_the_final_dot_is_no_answer_to_it() -> None:
    with connected(Script(data="354 go on\r\n250 2.0.0 queued already")) as (scripted, connection):
        with pytest.raises(Unreachable):
            connection.deliver(MAIL)
        assert scripted.taken == []


def test_a_refusal_in_the_middle_of_the_body_is_final() -> None:
    early = Script(data="354 go on\r\n552 5.3.4 too big")
    with connected(early) as (scripted, connection):
        with pytest.raises(Rejected) as refused:
            connection.deliver(MAIL)
        assert (refused.value.refusal.status, refused.value.refusal.trace) == (552, "body")
        assert scripted.taken == []


def test_a_relay_that_hung_up_between_two_mails_is_called_again() -> None:
    parting = Script(dot="250 2.0.0 queued\r\n421 4.4.2 idle too long")
    with connected(parting, Script()) as (scripted, connection):
        connection.deliver(MAIL)
        connection.deliver(MAIL)
    assert scripted.connections == 2
    assert len(scripted.taken) == 2


@pytest.mark.parametrize("end", [*BREAKS, pytest.param(Hang(), id="hang")])
def test_a_hanging_goodbye_takes_nothing_back(end: Drop | Reset | Hang) -> None:
    with connected(Script(quit=end), timeouts=IMPATIENT) as (scripted, connection):
        assert connection.deliver(MAIL).code == 250
    assert scripted.taken == [MAIL.data]


def test_a_relay_that_cannot_reset_is_left() -> None:
    with connected(Script(rcpt="550 no", rset=Drop()), Script()) as (scripted, connection):
        with pytest.raises(Rejected):
            connection.deliver(MAIL)
        connection.deliver(MAIL)
    assert scripted.connections == 2


def test_nobody_at_the_relays_address_is_safe_to_repeat() -> None:
    with relay() as scripted:
        port = scripted.port
    with SmtpConnection(Relay("127.0.0.1", port)) as connection, pytest.raises(Unreachable):
        connection.deliver(MAIL)


def test_an_interrupted_mail_is_not_continued_by_the_next_one() -> None:
    class Stop(BaseException):
        """A worker is told to stop."""

    class Body(bytes):
        def count(self, *_: object) -> int:
            raise Stop

    with connected() as (scripted, connection):
        with pytest.raises(Stop):
            connection.deliver(dataclasses.replace(MAIL, data=Body(MAIL.data)))
        connection.deliver(MAIL)
    assert scripted.connections == 2
    assert scripted.taken == [MAIL.data]


@pytest.mark.parametrize(
    "ending",
    [b"\n.\n", b"\r\n.\r\n", b"\r.\r", b"\n.\r\n", b"\r\n.\n", b"\r.\r\n", b"\r\n\x00.\r\n"],
)
def test_no_line_end_can_smuggle_a_second_mail(ending: bytes) -> None:
    smuggled = b"MAIL FROM:<evil@example.net>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nboo\r\n"
    mail = dataclasses.replace(MAIL, data=b"Subject: x\r\n\r\nbody" + ending + smuggled)
    with connected() as (scripted, connection):
        connection.deliver(mail)
    assert len(scripted.taken) == 1
    assert b"boo" in scripted.taken[0]
    assert b"\n.\n" not in scripted.taken[0].replace(b"\r", b"\n").replace(b"\n\n", b"\n")
    assert not any("evil" in line for line in scripted.heard)


@pytest.mark.parametrize("body", [b".", b".\r\n.\r\n", b"..a\r\n.b", b"", b"\r\n"])
def test_leading_dots_arrive_as_they_were(body: bytes) -> None:
    data = b"Subject: x\r\n\r\n" + body
    with connected() as (scripted, connection):
        connection.deliver(dataclasses.replace(MAIL, data=data))
    received = b"\r\n".join(line.removeprefix(b".") for line in scripted.taken[0].split(b"\r\n"))
    assert received == (data if data.endswith(b"\r\n") else data + b"\r\n")
