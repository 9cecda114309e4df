"""The mail catcher: what it takes, how it fails by rule, what its mailbox tells."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from tests.rehearsal.client import Rehearsal


def letter(number: int = 1, *, to: str = "lucja@czytelnik.example") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Biblioteka <newsletter@biblioteka.example>"
    mail["To"] = f"Łucja <{to}>"
    mail["Subject"] = f"Grudzień w bibliotece, nr {number}: żółć"
    mail["Message-ID"] = f"<m{number}@lists.example>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content("Dzień dobry,\nzapraszamy.\n")
    mail.add_alternative("<html lang='pl'><body><h1>Dzień dobry</h1></body></html>", subtype="html")
    return mail


@pytest.fixture
def smtp(world: Rehearsal) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", world.smtp_port, timeout=20) as connection:
        connection.ehlo()
        yield connection
        connection.close()


def test_a_mail_is_caught_whole(world: Rehearsal, smtp: smtplib.SMTP) -> None:
    smtp.send_message(letter())

    (mail,) = world.mails()
    assert mail["to"] == ["lucja@czytelnik.example"]
    assert mail["mail_from"] == "newsletter@biblioteka.example"
    assert mail["subject"] == "Grudzień w bibliotece, nr 1: żółć"
    assert mail["message_id"] == "<m1@lists.example>"
    assert mail["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["headers"]["To"] == "Łucja <lucja@czytelnik.example>"
    assert mail["text"] == "Dzień dobry,\nzapraszamy.\n"
    assert "<h1>Dzień dobry</h1>" in mail["html"]
    assert [line["text"] for line in world.log("mail")] == ["<m1@lists.example>"]


def test_mails_are_newest_first_and_can_be_searched(world: Rehearsal, smtp: smtplib.SMTP) -> None:
    for number, to in enumerate(("a@x.example", "b@x.example", "c@y.example")):
        smtp.send_message(letter(number, to=to))

    assert [mail["to"] for mail in world.mails()] == [
        ["c@y.example"],
        ["b@x.example"],
        ["a@x.example"],
    ]
    assert len(world.mails(to="X.EXAMPLE")) == 2
    (found,) = world.mails(message_id="<m1@lists.example>")
    assert len(world.mails(after_id=found["id"])) == 1
    (brief,) = world.mails(limit=1, brief=1)
    assert "html" not in brief


def test_international_addresses_are_taken(world: Rehearsal, smtp: smtplib.SMTP) -> None:
    assert {"8bitmime", "smtputf8", "pipelining"} <= set(smtp.esmtp_features)
    smtp.sendmail(
        "biblioteka@łódź.example",
        "żółw@czytelnik.example",
        "Subject: żółw\r\nTo: żółw@czytelnik.example\r\n\r\ncześć\r\n".encode(),
        mail_options=["SMTPUTF8", "BODY=8BITMIME"],
    )
    (mail,) = world.mails(to="żółw")
    assert (mail["subject"], mail["to"]) == ("żółw", ["żółw@czytelnik.example"])


def talk(world: Rehearsal, text: str) -> list[str]:
    """After the greeting, send everything in one flight; the lines that came until the end."""
    with socket.create_connection(("127.0.0.1", world.smtp_port), timeout=20) as wire:
        received = wire.recv(65_536)
        if received.startswith(b"220"):
            wire.sendall(text.replace("\n", "\r\n").encode())
        while chunk := wire.recv(65_536):
            received += chunk
    return received.decode().splitlines()


def transaction(number: int) -> str:
    return (
        f"MAIL FROM:<a@x.example>\nRCPT TO:<r{number}@x.example>\nDATA\n"
        f"Message-ID: <p{number}@x.example>\n\n..dot\n.\n"
    )


def test_whole_transactions_may_come_in_one_flight(world: Rehearsal) -> None:
    flight = "".join(transaction(number) for number in range(50))

    answers = talk(world, f"EHLO x\n{flight}QUIT\n")

    assert answers.count("250 2.0.0 OK") == 50
    mails = world.mails()
    assert [mail["message_id"] for mail in mails] == [
        f"<p{n}@x.example>" for n in range(49, -1, -1)
    ]
    assert mails[0]["text"] == ".dot\n"


def test_broken_mails_are_kept_as_they_are(world: Rehearsal, smtp: smtplib.SMTP) -> None:
    raw = b"Subject: =?utf-9?q?x?=\r\nContent-Type: text/plain; charset=nic\r\n\r\n\xff\xfe\r\n"
    smtp.sendmail("a@x.example", "b@x.example", raw)
    smtp.sendmail("a@x.example", "b@x.example", b"no headers at all")
    assert len(world.mails()) == 2


@pytest.mark.parametrize("code", [450, 451, 550])
def test_recipients_are_refused_by_rule(world: Rehearsal, smtp: smtplib.SMTP, code: int) -> None:
    world.fault("smtp_refuse", stage="rcpt", code=code, match_to="b@", message="5.1.1 Nie ma")
    smtp.send_message(letter(1, to="a@x.example"))
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        smtp.send_message(letter(2, to="b@x.example"))
    assert refused.value.recipients["b@x.example"] == (code, b"5.1.1 Nie ma")
    assert [mail["to"] for mail in world.mails()] == [["a@x.example"]]


@pytest.mark.parametrize(
    ("stage", "code", "refusal"),
    [
        ("MAIL", 451, smtplib.SMTPSenderRefused),
        ("DATA", 451, smtplib.SMTPDataError),
        ("DOT", 550, smtplib.SMTPDataError),
        ("DOT", 451, smtplib.SMTPDataError),
    ],
)
def test_every_stage_can_refuse(
    world: Rehearsal,
    smtp: smtplib.SMTP,
    stage: str,
    code: int,
    refusal: type[smtplib.SMTPResponseException],
) -> None:
    world.fault("smtp_refuse", stage=stage, code=code, times=1)
    with pytest.raises(refusal) as refused:
        smtp.send_message(letter())
    assert refused.value.smtp_code == code
    smtp.rset()
    assert world.mails() == []
    smtp.send_message(letter())
    assert len(world.mails()) == 1


@pytest.mark.parametrize("stage", ["CONNECT", "EHLO", "MAIL", "RCPT", "DOT"])
def test_a_421_also_closes_the_connection(world: Rehearsal, stage: str) -> None:
    world.fault("smtp_refuse", stage=stage, code=421, times=1)

    answers = talk(world, f"EHLO x\n{transaction(1)}{transaction(2)}QUIT\n")

    assert answers[-1].startswith("421 ")
    assert world.mails() == []


@pytest.mark.parametrize("stage", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "BODY"])
def test_a_drop_before_the_dot_leaves_no_mail(world: Rehearsal, stage: str) -> None:
    world.fault("smtp_drop", stage=stage, times=1)
    answers = talk(world, f"EHLO x\n{transaction(1)}QUIT\n")
    assert "250 2.0.0 OK" not in answers
    assert world.mails() == []


@pytest.mark.parametrize("accepted", [True, False])
def test_a_drop_after_the_dot_may_hide_an_accepted_mail(
    world: Rehearsal, *, accepted: bool
) -> None:
    world.fault("smtp_drop", stage="DOT", accepted=accepted, times=1)
    with smtplib.SMTP("127.0.0.1", world.smtp_port, timeout=20) as smtp:
        with pytest.raises(smtplib.SMTPServerDisconnected):
            smtp.send_message(letter())
        smtp.close()
    assert len(world.mails()) == int(accepted)


def test_a_slow_answer_comes_after_the_mail_is_stored(world: Rehearsal) -> None:
    world.fault("smtp_slow", stage="DOT", seconds=300, times=1)
    smtp = smtplib.SMTP("127.0.0.1", world.smtp_port, timeout=2)
    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        smtp.send_message(letter())
    smtp.close()
    assert len(world.mails()) == 1


def test_rules_may_close_every_third_connection(world: Rehearsal) -> None:
    world.fault("smtp_refuse", stage="MAIL", code=421, every=3)
    fates = [
        "250 2.0.0 OK" in talk(world, f"EHLO x\n{transaction(number)}QUIT\n") for number in range(6)
    ]
    assert fates == [True, True, False] * 2
