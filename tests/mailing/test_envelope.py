"""The mail on the wire: complete, well-formed, and safe from whatever readers call themselves."""

import dataclasses
import email
import email.policy
import hashlib
import html as html_module
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from promo.errors import InvalidInput
from promo.mailing import links, verp
from promo.mailing.codes import Codes, codes_of
from promo.mailing.dkim import load_signer
from promo.mailing.envelope import Reader, Sender, compile_mail
from promo.mailing.headers import DomainName, HeaderText, MailAddress
from promo.mailing.salutation import PLACEHOLDER, addressed
from promo.mailing.slots import CLICK, LinkBases, Slot, fill
from promo.values import Message, Salutation
from tests.mailing.test_dkim import ED25519, holds, pem

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
BASES = LinkBases(
    unsubscribe="https://biblioteka.example.org/u/?x=1&y=2&c=",
    preferences="https://biblioteka.example.org/p/",
    browser="https://biblioteka.example.org/v/abc",
)
CODES = codes_of(42, key=b"k" * 32)
UNSUBSCRIBE = f"{BASES.unsubscribe}{CODES.unsubscribe}/"
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
GREETING = dataclasses.replace(
    MESSAGE,
    text=f"{PLACEHOLDER}\nZapraszamy!\n",
    html=f"<p>{PLACEHOLDER}</p><p>Zapraszamy!</p>",
    salutation=Salutation("Dzień dobry, ", "!", "Dzień dobry!"),
)
MESSAGE_ID = verp.message_id(UUID(int=7), UUID(int=8), DOMAIN)


def mail_to(
    reader: Reader = ANNA,
    message: Message = MESSAGE,
    bases: LinkBases = BASES,
    codes: Codes = CODES,
    sender: Sender = SENDER,
) -> bytes:
    """The mail as the reader's program gets it: the dots that are the wire's own taken away."""
    compiled = compile_mail(message, sender=sender, bases=bases, date=DATE)
    return unstuffed(compiled.for_reader(reader, codes=codes, message_id=MESSAGE_ID))


def unstuffed(wire: bytes) -> bytes:
    """As a relay does it (RFC 5321, 4.5.2)."""
    assert wire.endswith(b"\r\n")
    lines = wire.split(b"\r\n")
    assert b"." not in lines
    return b"\r\n".join(line.removeprefix(b".") for line in lines)


def parsed(mail: bytes) -> EmailMessage:
    message = email.message_from_bytes(mail, policy=email.policy.default)
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
    assert message["List-Unsubscribe"] == f"<{UNSUBSCRIBE}>"
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
    assert body(message, "plain") == f"Zapraszamy!\n\nWypisz się: {UNSUBSCRIBE}\n"
    assert "Zażółć gęślą jaźń = 100%" in body(message, "html")
    href = f"https://biblioteka.example.org/u/?x=1&amp;y=2&amp;c={CODES.unsubscribe}/"
    assert f'href="{href}"' in body(message, "html")
    assert ".slot.invalid" not in body(message, "plain") + body(message, "html")


def test_the_wire_format_is_kept() -> None:
    head, _empty, rest = mail_to().partition(b"\r\n\r\n")
    lines = [*head.split(b"\r\n"), *rest.split(b"\r\n")]
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))
    assert all(len(line) <= 76 for line in rest.split(b"\r\n"))
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert mail_to().isascii()


def test_the_same_mail_is_the_same_bytes() -> None:
    assert mail_to() == mail_to()


def test_one_click_is_offered_over_https_only() -> None:
    plain = LinkBases("http://127.0.0.1/u/", "http://127.0.0.1/p/", "http://127.0.0.1/v")
    message = parsed(mail_to(bases=plain))
    assert message["List-Unsubscribe"] == f"<http://127.0.0.1/u/{CODES.unsubscribe}/>"
    assert message["List-Unsubscribe-Post"] is None


def test_a_mail_address_to_leave_by_follows_the_link_where_it_is_heard() -> None:
    bases = dataclasses.replace(BASES, leave_domain=DomainName("biblioteka.example.org"))
    message = parsed(mail_to(bases=bases))
    link, mail = message["List-Unsubscribe"].split(", ")
    assert link == f"<{UNSUBSCRIBE}>"
    assert mail == f"<mailto:u+{CODES.unsubscribe}@biblioteka.example.org?subject=unsubscribe>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


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
    rest = mail.partition(b"\r\n\r\n")[2]
    assert all(len(line) <= 76 for line in rest.split(b"\r\n"))
    assert body(parsed(mail), "plain") == (
        "x" * before + BASES.browser + "y" * after + BASES.browser
    )


@pytest.mark.parametrize("subject", ["a\nb", "a\vb", "a\u2028b", "x" * 201])
def test_a_subject_that_no_header_can_hold_is_refused_before_the_issue(subject: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        compile_mail(
            dataclasses.replace(MESSAGE, subject=subject), sender=SENDER, bases=BASES, date=DATE
        )
    assert refused.value.field == "subject"


def test_a_compiled_issue_gives_each_reader_his_own_mail() -> None:
    compiled = compile_mail(MESSAGE, sender=SENDER, bases=BASES, date=DATE)
    ola = Reader(MailAddress("ola@example.org"))
    others = codes_of(43, key=b"k" * 32)
    mails = [
        unstuffed(compiled.for_reader(reader, codes=codes, message_id=MESSAGE_ID))
        for reader, codes in ((ANNA, CODES), (ola, others))
    ]
    assert mails[0] == mail_to()
    assert b"anna" not in mails[1]
    assert str(parsed(mails[1])["To"]) == "ola@example.org"
    assert f"{BASES.unsubscribe}{others.unsubscribe}/" in body(parsed(mails[1]), "plain")
    for code in (CODES.unsubscribe, CODES.preferences, CODES.bounce, CODES.click):
        assert code.encode() not in mails[1]


# -- the joined octets are the whole mail, rendered for this reader


def _is_header_text(text: str) -> bool:
    try:
        HeaderText(text)
    except InvalidInput:
        return False
    return True


LOCALS = st.from_regex(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}(\.[a-z0-9=?-]{1,20})?", fullmatch=True)
HOSTILE = st.one_of(
    st.text(),
    st.text(alphabet='\r\n\t\v .:;,<>"\\()@=?_-\x00\x7f\x85\u2028\u202eŻółw'),
    st.sampled_from(
        [
            "Anna\r\nBcc: evil@example.net",
            "Anna\n\n<script>",
            '"; <evil@example.net>',
            "=?utf-8?q?=0D=0ABcc=3A_x?=",
            "=?utf-8?b?",
            "\\",
            '\\"',
            "a" * 200,
            "ż" * 200,
            "🎈" * 50,
            ".",
            "..",
            "a, b",
            "ש\u200fרה",
            "  Żółć  ",
            "{{ 7*7 }}",
            "Anna & <b>Ewa</b>",
            ".Anna",
            "=C5=BB",
            "🎈" * 120,
            PLACEHOLDER,
            Slot.UNSUBSCRIBE.placeholder,
        ]
    ),
)
READERS = st.builds(
    Reader, st.builds(lambda local: MailAddress(f"{local}@example.org"), LOCALS), HOSTILE
)
PIECES = st.one_of(
    st.text(max_size=30),
    st.text(alphabet=".\n\r \t=", max_size=10),
    st.integers(60, 90).map(lambda count: "x" * count),
    st.integers(60, 90).map(lambda count: "." * count),
    st.sampled_from(["\n.\n", "\n..\n", ".\r\n", "\n.", "=\n", "--=_", "From ", "ż" * 40]),
    st.sampled_from([slot.placeholder for slot in Slot]),
    st.just(PLACEHOLDER),
)
BODIES = st.lists(PIECES, max_size=8).map("".join)
WORDS = st.one_of(
    st.text(max_size=80).map(lambda text: text.replace("\r", "\n")),
    st.sampled_from([".", "..", "\n.", "=", " ", "ż" * 80]),
)
SALUTATIONS = st.none() | st.builds(Salutation, WORDS, WORDS, WORDS)
SUBJECTS = st.text(max_size=120).filter(_is_header_text)
MESSAGES = st.builds(
    Message,
    channel=st.just("newsletter_email"),
    text=BODIES,
    html=BODIES,
    subject=SUBJECTS,
    language=st.sampled_from(["pl", "en"]),
    salutation=SALUTATIONS,
)
TAILS = st.from_regex(r"[!#-;=?-~]{0,80}", fullmatch=True)
BASE = st.builds("https://e.org/{}".format, TAILS)
ALL_BASES = st.builds(LinkBases, BASE, BASE, BASE)
ALL_CODES = st.integers(1, 2**63 - 1).map(lambda number: codes_of(number, key=b"k" * 32))


@given(READERS, MESSAGES, ALL_BASES, ALL_CODES)
@example(
    reader=Reader(MailAddress("a@example.org"), "."),
    message=Message(
        channel="newsletter_email",
        text=f".{Slot.UNSUBSCRIBE.placeholder}.\n.",
        html=f"\n.{Slot.PREFERENCES.placeholder}..{Slot.BROWSER.placeholder}",
        subject=".",
    ),
    bases=LinkBases(
        "https://e.org/" + "." * 80, "https://e.org/=3D?&'", "https://e.org/\u0022"[:14]
    ),
    codes=CODES,
)
def test_the_joined_mail_is_the_whole_issue_rendered_for_this_reader(
    reader: Reader, message: Message, bases: LinkBases, codes: Codes
) -> None:
    mail = parsed(mail_to(reader, message, bases, codes))
    values = bases.values(codes)
    lines = dataclasses.replace(message, text=_lines(message.text), html=_lines(message.html))
    rendered = addressed(lines, reader.name)
    assert body(mail, "plain") == _as_received(fill(rendered.text, values, html=False))
    assert body(mail, "html") == _as_received(fill(rendered.html, values, html=True))
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


@given(READERS, MESSAGES, ALL_BASES, ALL_CODES)
def test_the_joined_headers_are_those_of_this_reader_and_no_others(
    reader: Reader, message: Message, bases: LinkBases, codes: Codes
) -> None:
    mail = parsed(mail_to(reader, message, bases, codes))
    assert mail.keys() == [
        "To",
        "Message-ID",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "From",
        "Reply-To",
        "Subject",
        "Date",
        "List-Id",
        "Precedence",
        "Feedback-ID",
        "Content-Language",
        "MIME-Version",
        "Content-Type",
    ]
    assert [address.addr_spec for address in mail["To"].addresses] == [reader.address]
    assert mail["From"].addresses[0].addr_spec == SENDER.from_email
    assert mail["From"].addresses[0].display_name == SENDER.from_name
    assert _squeezed(mail["Subject"]) == _squeezed(message.subject)
    assert mail["Message-ID"] == MESSAGE_ID
    assert mail["Date"] == format_datetime(DATE)
    assert mail["List-Unsubscribe"] == f"<{bases.unsubscribe}{codes.unsubscribe}/>"
    assert mail["Content-Language"] == message.language


@pytest.mark.parametrize("blank", ["\t", " "])
@pytest.mark.parametrize("length", range(66, 78))
def test_a_blank_at_the_end_of_a_full_line_makes_it_no_longer(length: int, blank: str) -> None:
    text = f"{'x' * length}=={blank}\nend"
    message = Message(channel="newsletter_email", subject="A", text=text, html="<p>a</p>")
    compiled = compile_mail(message, sender=SENDER, bases=BASES, date=DATE)
    wire = compiled.for_reader(ANNA, codes=CODES, message_id=MESSAGE_ID)
    assert all(len(line) <= 76 for line in wire.partition(b"\r\n\r\n")[2].split(b"\r\n"))
    part = email.message_from_bytes(wire, policy=email.policy.default).get_body(("plain",))
    assert isinstance(part, EmailMessage)
    assert part.get_content().splitlines() == text.splitlines()


@given(READERS, MESSAGES, ALL_BASES, ALL_CODES)
def test_nothing_in_a_mail_can_end_it_on_the_wire(
    reader: Reader, message: Message, bases: LinkBases, codes: Codes
) -> None:
    compiled = compile_mail(message, sender=SENDER, bases=bases, date=DATE)
    wire = compiled.for_reader(reader, codes=codes, message_id=MESSAGE_ID)
    assert wire.isascii()
    assert wire.count(b"\r\n") == wire.count(b"\n") == wire.count(b"\r")
    assert b"\r\n.\r\n" not in b"\r\n" + wire
    assert all(len(line) <= 998 for line in wire.split(b"\r\n"))
    # One more than 76 is the dot of the wire itself.
    body_lines = wire.partition(b"\r\n\r\n")[2].split(b"\r\n")
    assert all(len(line.removeprefix(b".")) <= 76 for line in body_lines)


@given(READERS, MESSAGES, ALL_BASES, ALL_CODES)
@settings(max_examples=40)
def test_a_receiver_finds_the_signature_of_every_readers_mail_good(
    reader: Reader, message: Message, bases: LinkBases, codes: Codes
) -> None:
    mail = mail_to(reader, message, bases, codes)
    signer = load_signer(domain=DOMAIN, selector="promo", pem=pem(ED25519))
    assert holds(signer.signature(mail) + mail, ED25519)


def test_a_reader_with_a_name_is_called_by_it_in_both_parts() -> None:
    message = parsed(mail_to(message=GREETING))
    assert body(message, "plain") == "Dzień dobry, Anna Żółć!\nZapraszamy!\n"
    assert body(message, "html") == "<p>Dzień dobry, <bdi>Anna Żółć</bdi>!</p><p>Zapraszamy!</p>"


@pytest.mark.parametrize("name", ["", "  ", "Anna\r\nBcc: evil@example.net", "www.spam.example"])
def test_a_reader_without_a_name_is_greeted_without_one(name: str) -> None:
    message = parsed(mail_to(Reader(ANNA.address, name), GREETING))
    assert body(message, "plain") == "Dzień dobry!\nZapraszamy!\n"
    assert body(message, "html") == "<p>Dzień dobry!</p><p>Zapraszamy!</p>"


# -- links that are counted


URLS = st.builds(
    "https://{}/{}".format,
    st.sampled_from(["a.example", "b.example", "ż.example"]),
    st.text(alphabet="abcż=&?.%-_~/ #", max_size=90).map(str.strip),
).filter(lambda url: " " not in url)
KEYS = st.integers(0, 2**64 - 1).map("{:016x}".format)


@st.composite
def tracked(draw: st.DrawFn) -> tuple[Message, dict[str, str]]:
    """A message with links in both parts, and the short address of each."""
    urls = draw(st.lists(URLS, min_size=1, max_size=6, unique=True))
    stem = draw(st.sampled_from([CLICK, "https://e.org/c/"]))
    pieces = [draw(PIECES) for _url in urls]
    message = dataclasses.replace(
        MESSAGE,
        text="\n".join(f"{piece} {url}" for piece, url in zip(pieces, urls, strict=True)),
        html="".join(
            f'{html_module.escape(piece)}<a href="{html_module.escape(url)}">{url}</a>'
            for piece, url in zip(pieces, urls, strict=True)
        ),
    )
    return message, {url: f"{stem}{draw(KEYS)}" for url in urls}


@given(READERS, tracked(), BASE, BASE, ALL_CODES)
def test_the_joined_mail_with_counted_links_is_the_whole_one_rendered_for_this_reader(
    reader: Reader,
    message_and_addresses: tuple[Message, dict[str, str]],
    base: str,
    click: str,
    codes: Codes,
) -> None:
    message, addresses = message_and_addresses
    message = links.dressed(message, addresses, picture=f"{CLICK}0123456789abcdef")
    bases = LinkBases(base, base, base, click=click)
    mail = parsed(mail_to(reader, message, bases, codes))
    whole = {
        kind: _clicked(text, f"{click}{codes.click}/", html_too=kind == "html")
        for kind, text in (("plain", message.text), ("html", message.html))
    }
    values = bases.values(codes)
    for kind, text in whole.items():
        filled = fill(_lines(text), values, html=kind == "html")
        assert body(mail, kind) == _as_received(filled)


def _clicked(text: str, address: str, *, html_too: bool) -> str:
    return text.replace(CLICK, html_module.escape(address) if html_too else address)


def test_a_mail_whose_links_are_not_counted_is_the_same_octets_as_before_they_could_be() -> None:
    # Computed with the code of the release that could not count.
    known = "ec7ec862ef887159c67b451d46c0271d4ecc8ad0f16ac02261d7f67ac9f8ddf7"
    assert hashlib.sha256(mail_to()).hexdigest() == known
    with_base = dataclasses.replace(BASES, click="https://biblioteka.example.org/c/")
    assert mail_to(bases=with_base) == mail_to()


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _squeezed(text: str) -> str:
    """The parser's own handling of spaces between and around encoded words left aside."""
    return "".join(text.split())


def _as_received(text: str) -> str:
    """Line ends are the network's, lone surrogates have no bytes: the rest must arrive."""
    sent = text.encode("utf-8", "replace").decode()
    return sent.replace("\r\n", "\n").replace("\r", "\n")
