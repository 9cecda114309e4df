"""What may stand in a header, and that it reads back as it was written."""

import email
import email.policy
import email.utils
from email.header import decode_header, make_header

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from promo.errors import InvalidInput
from promo.mailing.headers import (
    DomainName,
    HeaderText,
    MailAddress,
    MessageId,
    encode_mailbox,
    encode_text,
)

BREAKERS = "\x00\t\n\v\f\r\x1b\x1c\x7f\x85\u2028\u2029\u202e\u2066\ud800"
ANNA = MailAddress("anna@example.org")


@pytest.mark.parametrize("breaker", BREAKERS)
def test_text_that_could_break_a_header_is_refused(breaker: str) -> None:
    with pytest.raises(InvalidInput):
        HeaderText(f"Zaproszenie{breaker}Bcc: x@example.org")


def test_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(InvalidInput):
        HeaderText("ą" * 201)


def header_text() -> st.SearchStrategy[HeaderText]:
    letters = st.characters(
        exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters=BREAKERS
    )
    bidi = "\u202a\u202b\u202c\u202d\u2067\u2068\u2069"
    return (
        st.text(letters, max_size=200)
        .filter(lambda text: not set(text) & set(bidi))
        .map(HeaderText)
    )


def parsed(name: str, value: str) -> str:
    message = email.message_from_bytes(
        f"{name}: {value}\r\n\r\n".encode("ascii"), policy=email.policy.default
    )
    header = message[name]
    assert not header.defects
    return str(header)


@given(header_text())
@example(HeaderText("Zażółć gęślą jaźń " * 10))
@example(HeaderText("=?utf-8?q?not_encoded?="))
@example(HeaderText("👩‍👩‍👧‍👦" * 12))
def test_a_subject_reads_back_as_it_was(text: HeaderText) -> None:
    encoded = encode_text(text)
    assert parsed("Subject", encoded) == text
    assert all(len(line) <= 76 for line in f"Subject: {encoded}".split("\r\n"))


@given(header_text())
@example(HeaderText('Anna "Ania" \\ Kowalska, <anna@evil.example>'))
@example(HeaderText("ą" * 200))
@example(HeaderText("x" * 60))
def test_a_name_reads_back_as_it_was(name: HeaderText) -> None:
    encoded = encode_mailbox(name, ANNA)
    message = email.message_from_bytes(
        f"Reply-To: {encoded}\r\n\r\n".encode("ascii"), policy=email.policy.default
    )
    header = message["Reply-To"]
    assert not header.defects
    assert [address.addr_spec for address in header.addresses] == [ANNA]
    assert _name_of(encoded) == name
    assert all(len(line) <= 76 for line in f"Reply-To: {encoded}".split("\r\n"))


def _name_of(encoded: str) -> str:
    """By the older parser: the new one leaves spaces between the encoded words of a name."""
    name, _address = email.utils.parseaddr(encoded.replace("\r\n", ""))
    return str(make_header(decode_header(name)))


@pytest.mark.parametrize(
    ("given_address", "address"),
    [
        ("anna@example.org", "anna@example.org"),
        (" Anna.Kowalska+lista@EXAMPLE.org ", "Anna.Kowalska+lista@example.org"),
        ("biuro@żółw.example.org", "biuro@xn--w-uga1v8h.example.org"),
        ("o'neil@example.org", "o'neil@example.org"),
    ],
)
def test_a_good_address_is_taken(given_address: str, address: str) -> None:
    assert MailAddress(given_address) == address


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "@",
        "anna",
        "anna@",
        "@example.org",
        "anna@localhost",
        "anna@example..org",
        "anna@-example.org",
        "anna@192.0.2.1",
        "anna@[192.0.2.1]",
        "a@b@example.org",
        "anna kowalska@example.org",
        '"anna"@example.org',
        ".anna@example.org",
        "anna.@example.org",
        "an..na@example.org",
        "żółw@example.org",
        "anna@example.org,ola@example.org",
        "anna@example.org>\r\nRCPT TO:<ola@example.org",
        "anna\r\n@example.org",
        "anna@exam\u2028ple.org",
        "anna@example.org\x00",
        "anna;@example.org",
        "anna<@example.org",
        "a" * 65 + "@example.org",
        "anna@" + "a" * 64 + ".org",
        "a@" + "b." * 200 + "org",
        "a@" + "ą" * 5000 + ".org",
        "anna@ex\ud800ample.org",
    ],
)
def test_a_bad_address_is_refused(bad: str) -> None:
    with pytest.raises(InvalidInput):
        MailAddress(bad)


@given(st.text())
@example("a@\udcff.org")
def test_whatever_is_typed_is_an_address_or_is_refused(text: str) -> None:
    try:
        address = MailAddress(text)
    except InvalidInput:
        return
    assert address.isascii()
    assert not set(address) & set(' \t\r\n<>,;"()[]:\\')
    assert MailAddress(address) == address


def test_the_domain_of_an_address_is_known() -> None:
    assert ANNA.domain == DomainName("example.org")


@pytest.mark.parametrize("bad", ["", "a@b", "<a@b", "<a b@c>", "<a@b>\r\nBcc: x", "<a>b>"])
def test_a_message_id_must_be_one_word_in_brackets(bad: str) -> None:
    with pytest.raises(ValueError, match="Message-ID"):
        MessageId(bad)
