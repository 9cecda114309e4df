"""Encryption asked for is encryption had, or nothing is sent."""

import ssl
from base64 import b64decode
from pathlib import Path

import pytest

from promo.errors import RateLimited, Unauthorized, Unreachable
from promo.mailing.envelope import MimeMail
from promo.mailing.headers import MailAddress
from promo.mailing.relay import Relay, Tls
from promo.mailing.smtp import SmtpConnection
from tests.mailing.certificates import certificate
from tests.mailing.scripted import Script, ScriptedRelay, relay

MAIL = MimeMail(
    MailAddress("b+1@bounces.example.org"),
    MailAddress("anna@example.org"),
    b"Subject: x\r\n\r\ny\r\n",
)
OFFERED = "250-relay.example.org\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN"
WILLING = Script(ehlo=OFFERED, starttls="220 2.0.0 go ahead")


@pytest.fixture
def own(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's context, and a client's that trusts it."""
    server, trusted = certificate(tmp_path, address="127.0.0.1")
    return server, ssl.create_default_context(cafile=str(trusted))


@pytest.fixture
def other(tmp_path: Path) -> ssl.SSLContext:
    """A client that trusts a certificate made for another address."""
    folder = tmp_path / "other"
    folder.mkdir()
    return certificate(folder, address="192.0.2.1")[0]


def to(scripted: ScriptedRelay, tls: Tls, *, password: str = "") -> Relay:
    return Relay(
        "127.0.0.1", scripted.port, tls=tls, username="desk" if password else "", password=password
    )


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])
def test_mails_go_over_tls(tls: Tls, own: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server, client = own
    with (
        relay(WILLING, tls=server, implicit=tls is Tls.IMPLICIT) as scripted,
        SmtpConnection(to(scripted, tls), tls=client) as connection,
    ):
        for _number in range(3):
            assert connection.deliver(MAIL).code == 250
    assert scripted.taken == [MAIL.data] * 3
    assert scripted.connections == 1


def test_starttls_that_is_not_offered_is_not_done_without() -> None:
    with relay() as scripted, SmtpConnection(to(scripted, Tls.STARTTLS)) as connection:
        with pytest.raises(Unreachable):
            connection.deliver(MAIL)
        assert {line.split()[0] for line in scripted.heard} == {"ehlo"}


@pytest.mark.parametrize(
    ("answer", "error"), [("454 4.7.0 not now", RateLimited), ("502 no", Unreachable)]
)
def test_starttls_that_is_refused_is_not_done_without(answer: str, error: type[Exception]) -> None:
    script = Script(ehlo=OFFERED, starttls=answer)
    with relay(script) as scripted, SmtpConnection(to(scripted, Tls.STARTTLS)) as connection:
        with pytest.raises(error):
            connection.deliver(MAIL)
        assert [line.split()[0] for line in scripted.heard] == ["ehlo", "STARTTLS"]


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])
def test_a_certificate_nobody_vouches_for_stops_the_mail(
    tls: Tls, own: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    with (
        relay(WILLING, tls=own[0], implicit=tls is Tls.IMPLICIT) as scripted,
        SmtpConnection(to(scripted, tls)) as connection,
    ):
        with pytest.raises(Unreachable):
            connection.deliver(MAIL)
        assert scripted.taken == []


def test_a_certificate_for_another_relay_stops_the_mail(
    tmp_path: Path, other: ssl.SSLContext
) -> None:
    client = ssl.create_default_context(cafile=str(tmp_path / "other" / "trusted.pem"))
    with (
        relay(WILLING, tls=other) as scripted,
        SmtpConnection(to(scripted, Tls.STARTTLS), tls=client) as connection,
    ):
        with pytest.raises(Unreachable):
            connection.deliver(MAIL)
        assert scripted.taken == []


def test_words_slipped_in_before_tls_are_forgotten(
    own: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    server, client = own
    slipped = Script(ehlo=OFFERED, starttls="220 go ahead\r\n250-evil\r\n250 AUTH PLAIN")
    with (
        relay(slipped, tls=server) as scripted,
        SmtpConnection(to(scripted, Tls.STARTTLS), tls=client) as connection,
    ):
        connection.deliver(MAIL)
        assert [line.split()[0].upper() for line in scripted.heard[:4]] == [
            "EHLO",
            "STARTTLS",
            "EHLO",
            "MAIL",
        ]


def test_the_password_is_said_only_inside_tls(
    own: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    server, client = own
    with (
        relay(WILLING, tls=server) as scripted,
        SmtpConnection(to(scripted, Tls.STARTTLS, password="hush"), tls=client) as connection,
    ):
        connection.deliver(MAIL)
        verbs = [line.split()[0].upper() for line in scripted.heard]
        assert verbs[:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]


def test_a_relay_that_knows_nothing_but_login_gets_name_and_password_one_by_one(
    own: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    server, client = own
    script = Script(
        ehlo="250-relay.example.org\r\n250-STARTTLS\r\n250 AUTH LOGIN",
        starttls="220 go",
        auth="334 UGFzc3dvcmQ6",
    )
    with (
        relay(script, tls=server) as scripted,
        SmtpConnection(to(scripted, Tls.STARTTLS, password="hush"), tls=client) as connection,
    ):
        connection.deliver(MAIL)
        asked = scripted.heard.index(next(line for line in scripted.heard if "AUTH" in line))
        assert scripted.heard[asked].split()[:2] == ["AUTH", "LOGIN"]
        assert b64decode(scripted.heard[asked + 1]) == b"hush"


@pytest.mark.parametrize(
    ("answer", "error"),
    [("535 5.7.8 wrong", Unauthorized), ("454 4.7.0 directory is down", RateLimited)],
)
def test_a_refused_password_says_who_must_act(
    answer: str, error: type[Exception], own: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    server, client = own
    script = Script(ehlo=OFFERED, starttls="220 go", auth=answer)
    with (
        relay(script, tls=server) as scripted,
        SmtpConnection(to(scripted, Tls.STARTTLS, password="hush"), tls=client) as connection,
    ):
        with pytest.raises(error) as refused:
            connection.deliver(MAIL)
        assert "hush" not in str(refused.value)
