"""The mail on the wire: complete, well-formed, and safe from whatever readers call themselves."""

import dataclasses
import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from promo.errors import InvalidInput
from promo.mailing import verp
from promo.mailing.envelope import MimeMail, Reader, Sender, build, compile_mail
from promo.mailing.headers import DomainName, HeaderText, MailAddress
from promo.mailing.slots import ReaderLinks, Slot
from promo.values import Message

DATE = datetime(2026, 10, 13, 15, 0, tzinfo=UTC)
DOMAIN = DomainName("biblioteka.example.org")
SENDER = Sender(
    from_name=HeaderText("Miejska Biblioteka Publiczna w Kluczborku"),
    from_email=MailAddress("newsletter@biblioteka.example.org"),
    list_name=HeaderText("Nowości z biblioteki – co słychać"),
    list_id=DomainName("nowosci.biblioteka.example.org"),
    reply_to=MailAddress("kontakt@biblioteka.example.org"),
    feedback_id=HeaderText("42:nowosci:promo"),
)
LINKS = ReaderLinks(
    unsubscribe="https://biblioteka.example.org/u/abc?x=1&y=2",
    preferences="https://biblioteka.example.org/p/abc",
    browser="https://biblioteka.example.org/v/abc",
    unsubscribe_mail="mailto:wypisz@biblioteka.example.org?subject=abc",
)
ANNA = Reader(MailAddress("anna@example.org"), "Anna Żółć")
MESSAGE = Message(
    channel="newsletter_email",
    text=f"Zapraszamy!\n\nWypisz się: {Slot.UNSUBSCRIBE.placeholder}\n",
    html=(
        f'<!doctype html><html lang="pl"><body><p>Zażółć gęślą jaźń = 100%</p>{"ą" * 1500}'
        f'<a href="{Slot.UNSUBSCRIBE.placeholder}">Wypisz się</a> '
        f'<a href="{Slot.BROWSER.placeholder}">W przeglądarce</a></body></html>'
    ),
    subject="Październik w bibliotece: spotkanie z Olgą Tokarczuk, warsztaty i wystawa",
)
MESSAGE_ID = verp.message_id(UUID(int=7), UUID(int=8), DOMAIN)
BOUNCES = verp.verp(verp.sign("42", key=b"k"), DOMAIN)


def mail_to(
    reader: Reader = ANNA, message: Message = MESSAGE, links: ReaderLinks = LINKS
) -> MimeMail:
    return build(
        message, reader, links=links, sender=SENDER, message_id=MESSAGE_ID, verp=BOUNCES, date=DATE
    )


def parsed(mail: MimeMail) -> EmailMessage:
    message = email.message_from_bytes(mail.data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    for part in message.walk():
        assert not part.defects
        for header in part.values():
            assert not header.defects
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content.replace("\r\n", "\n")


def test_the_headers_are_those_of_a_well_behaved_list() -> None:
    message = parsed(mail_to())
    assert message["From"].addresses[0].display_name == SENDER.from_name
    assert message["To"].addresses[0].display_name == "Anna Żółć"
    assert message["Subject"] == MESSAGE.subject
    assert message["Date"].datetime == DATE
    assert message["Message-ID"] == MESSAGE_ID
    assert message["Reply-To"] == "kontakt@biblioteka.example.org"
    assert message["List-Id"] == (
        "Nowości z biblioteki – co słychać <nowosci.biblioteka.example.org>"
    )
    assert message["List-Unsubscribe"] == f"<{LINKS.unsubscribe}>, <{LINKS.unsubscribe_mail}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Precedence"] == "bulk"
    assert message["Content-Language"] == "pl"
    assert message["Feedback-ID"] == "42:nowosci:promo"
    assert message["Auto-Submitted"] is None


def test_the_plain_text_comes_first_and_both_parts_are_whole() -> None:
    message = parsed(mail_to())
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == [
        "text/plain",
        "text/html",
    ]
    assert body(message, "plain") == f"Zapraszamy!\n\nWypisz się: {LINKS.unsubscribe}\n"
    assert "Zażółć gęślą jaźń = 100%" in body(message, "html")
    assert 'href="https://biblioteka.example.org/u/abc?x=1&amp;y=2"' in body(message, "html")
    assert ".slot.invalid" not in mail_to().data.decode("ascii")


def test_the_envelope_is_the_readers_own() -> None:
    mail = mail_to()
    assert (mail.mail_from, mail.rcpt_to) == (BOUNCES, "anna@example.org")


def test_the_wire_format_is_kept() -> None:
    head, _empty, rest = mail_to().data.partition(b"\r\n\r\n")
    lines = [*head.split(b"\r\n"), *rest.split(b"\r\n")]
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))
    assert all(len(line) <= 76 for line in rest.split(b"\r\n"))
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert mail_to().data.isascii()


def test_the_same_mail_is_the_same_bytes() -> None:
    assert mail_to() == mail_to()


def test_one_click_is_offered_over_https_only() -> None:
    plain = ReaderLinks("http://127.0.0.1/u", "http://127.0.0.1/p", "http://127.0.0.1/v")
    message = parsed(mail_to(links=plain))
    assert message["List-Unsubscribe"] == "<http://127.0.0.1/u>"
    assert message["List-Unsubscribe-Post"] is None


def test_one_click_may_have_its_own_address() -> None:
    links = dataclasses.replace(LINKS, one_click="https://biblioteka.example.org/1/abc")
    message = parsed(mail_to(links=links))
    assert str(message["List-Unsubscribe"]).startswith("<https://biblioteka.example.org/1/abc>")
    assert LINKS.unsubscribe in body(message, "plain")


@given(st.text())
@example("Anna\r\nBcc: evil@example.net")
@example("Anna\vKowalska")
@example("Anna\x85Kowalska")
@example("Anna\u2028Kowalska")
@example("\ud800")
@example('"; <evil@example.net>')
@example("=?utf-8?q?=0D=0ABcc=3A_x?=")
@example("x" * 10_000)
def test_no_readers_name_can_stop_or_break_an_issue(name: str) -> None:
    message = parsed(mail_to(Reader(ANNA.address, name)))
    assert [address.addr_spec for address in message["To"].addresses] == ["anna@example.org"]
    shown = message["To"].addresses[0].display_name
    # The parser leaves a space between two encoded words of a name (RFC 2047, 6.2 says: none).
    assert shown.replace(" ", "") in {name.strip().replace(" ", ""), ""}
    assert set(message.keys()) == set(parsed(mail_to()).keys())
    assert message["Subject"] == MESSAGE.subject


@given(st.text(), st.text())
def test_whatever_was_written_arrives(text: str, html: str) -> None:
    written = dataclasses.replace(MESSAGE, text=text, html=html)
    message = parsed(mail_to(message=written))
    assert body(message, "plain") == _as_received(text)
    assert body(message, "html") == _as_received(html)


@given(st.integers(60, 90), st.integers(60, 90))
def test_a_slot_at_any_place_leaves_the_lines_short(before: int, after: int) -> None:
    text = "x" * before + Slot.BROWSER.placeholder + "y" * after + Slot.BROWSER.placeholder
    mail = mail_to(message=dataclasses.replace(MESSAGE, text=text))
    rest = mail.data.partition(b"\r\n\r\n")[2]
    assert all(len(line) <= 76 for line in rest.split(b"\r\n"))
    assert body(parsed(mail), "plain") == (
        "x" * before + LINKS.browser + "y" * after + LINKS.browser
    )


@pytest.mark.parametrize("subject", ["a\nb", "a\vb", "a\u2028b", "x" * 201])
def test_a_subject_that_no_header_can_hold_is_refused_before_the_issue(subject: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        compile_mail(dataclasses.replace(MESSAGE, subject=subject), sender=SENDER, date=DATE)
    assert refused.value.field == "subject"


def test_a_compiled_issue_gives_each_reader_his_own_mail() -> None:
    compiled = compile_mail(MESSAGE, sender=SENDER, date=DATE)
    other = dataclasses.replace(LINKS, unsubscribe="https://biblioteka.example.org/u/ola")
    ola = Reader(MailAddress("ola@example.org"))
    mails = [
        compiled.for_reader(reader, links=links, message_id=MESSAGE_ID, verp=BOUNCES)
        for reader, links in ((ANNA, LINKS), (ola, other))
    ]
    assert mails[0] == mail_to()
    assert b"anna" not in mails[1].data
    assert str(parsed(mails[1])["To"]) == "ola@example.org"


def _as_received(text: str) -> str:
    """Line ends are the network's, lone surrogates have no bytes: the rest must arrive."""
    sent = text.encode("utf-8", "replace").decode()
    return sent.replace("\r\n", "\n").replace("\r", "\n")
