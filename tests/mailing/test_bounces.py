"""What returned mails mean: a corpus with verdicts, and mails made to break the reader."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from promo.errors import InvalidInput
from promo.mailing import bounces, codes, verp
from promo.mailing.bounces import Returned
from promo.mailing.codes import Purpose, codes_of
from promo.mailing.headers import DomainName

CORPUS = Path(__file__).resolve().parent.parent / "corpus" / "bounces"
KEYS = [b"the key of the corpus"]

# name: verdict, category, status, the delivery it names (0: none that is ours)
VERDICTS: dict[str, tuple[str, str, str, int]] = {
    "arf-abuse-redacted": ("complaint", "", "", 193),
    "arf-abuse": ("complaint", "", "", 190),
    "arf-auth-failure": ("policy", "policy", "", 194),
    "arf-not-spam": ("notice", "", "", 191),
    "arf-opt-out": ("complaint", "", "", 192),
    "arf-other": ("unintelligible", "", "", 195),
    "base64-status": ("hard", "address", "5.1.1", 184),
    "challenge-response": ("unintelligible", "", "", 211),
    "exchange-2010-rescued-status": ("policy", "policy", "5.7.1", 125),
    "exchange-55-imc": ("hard", "address", "", 126),
    "exim-old-retry-timeout": ("soft", "network", "", 112),
    "exim-old-unknown-user": ("hard", "address", "5.1.1", 111),
    "exim-rfc3464": ("hard", "address", "5.0.0", 110),
    "exim-warning-delayed": ("notice", "", "", 113),
    "gmail-delay": ("notice", "", "", 134),
    "gmail-disabled": ("soft", "mailbox", "5.2.1", 135),
    "gmail-dmarc": ("policy", "policy", "5.7.26", 131),
    "gmail-no-such-user": ("hard", "address", "5.1.1", 130),
    "gmail-over-quota": ("soft", "mailbox", "4.2.2", 132),
    "gmail-rate-limited": ("policy", "policy", "4.7.28", 133),
    "groupwise-undeliverable": ("hard", "address", "", 185),
    "hostile-charsets": ("hard", "address", "5.1.1", 221),
    "hostile-empty": ("unintelligible", "", "", 0),
    "hostile-forged-code": ("hard", "address", "5.1.1", 0),
    "hostile-nested": ("unintelligible", "", "", 0),
    "hostile-no-headers": ("unintelligible", "", "", 0),
    "hotmail-550": ("hard", "address", "5.5.0", 178),
    "html-only-bounce-link": ("unintelligible", "", "", 186),
    "interia-mailbox-full": ("soft", "mailbox", "5.0.0", 173),
    "interia-no-user": ("hard", "address", "5.0.0", 174),
    "jmrp-complaint": ("complaint", "", "", 196),
    "message-too-big": ("policy", "content", "5.3.4", 179),
    "o2-inactive": ("soft", "mailbox", "5.2.1", 175),
    "o2-ratelimit-expired": ("policy", "policy", "4.7.1", 176),
    "office365-access-denied": ("soft", "network", "5.4.1", 121),
    "office365-not-authorised": ("policy", "policy", "5.7.133", 122),
    "office365-quota": ("soft", "mailbox", "5.2.2", 123),
    "office365-rate-expired": ("soft", "network", "4.4.7", 124),
    "office365-recipient-not-found": ("hard", "address", "5.1.10", 120),
    "onet-no-user": ("hard", "address", "5.1.1", 170),
    "outlook-blocked-ip": ("policy", "policy", "5.7.1", 177),
    "person-answers": ("unintelligible", "", "", 210),
    "postfix-delayed-greylisting": ("notice", "", "", 103),
    "postfix-expired": ("soft", "network", "4.4.1", 104),
    "postfix-host-not-found": ("soft", "network", "5.4.4", 105),
    "postfix-mailbox-full": ("soft", "mailbox", "5.2.2", 102),
    "postfix-relayed": ("notice", "", "", 106),
    "postfix-smtputf8": ("hard", "address", "5.1.1", 107),
    "postfix-two-copies-one-arrived": ("notice", "", "", 108),
    "postfix-user-unknown": ("hard", "address", "5.1.1", 101),
    "qmail-no-mailbox": ("hard", "address", "5.1.1", 160),
    "qmail-over-quota": ("soft", "mailbox", "", 161),
    "qmail-remote-host-said": ("policy", "policy", "5.7.1", 162),
    "read-receipt": ("notice", "", "", 206),
    "sender-refused": ("policy", "policy", "5.1.8", 180),
    "sendmail-vague-status": ("policy", "policy", "5.7.1", 182),
    "ses-hard": ("hard", "address", "5.1.1", 150),
    "ses-suppression-list": ("hard", "address", "5.1.1", 151),
    "spam-to-bounce-address": ("unintelligible", "", "", 212),
    "spf-refused": ("policy", "policy", "5.7.23", 181),
    "srs-wrapped-no-original": ("hard", "address", "5.1.1", 183),
    "ticket-system": ("automatic", "", "", 205),
    "unsubscribe-by-mail": ("leave", "", "", 213),
    "vacation-exchange-pl": ("automatic", "", "", 201),
    "vacation-gmail": ("automatic", "", "", 202),
    "vacation-out-of-office": ("automatic", "", "", 204),
    "vacation-pl-no-headers": ("automatic", "", "", 203),
    "vacation-sieve": ("automatic", "", "", 200),
    "wp-blocked-content": ("policy", "policy", "5.0.0", 172),
    "wp-no-account": ("hard", "address", "5.0.0", 171),
    "yahoo-dmarc": ("policy", "policy", "5.7.9", 141),
    "yahoo-no-account": ("hard", "address", "5.0.0", 140),
    "yahoo-old-style": ("hard", "address", "", 142),
}


def named(returned: Returned) -> int:
    """The delivery a mail names, proved by its code, or told by its Message-ID."""
    pairs = [
        (Purpose.UNSUBSCRIBE, returned.clues.leave),
        *((Purpose.BOUNCE, code) for code in returned.clues.bounce),
        *((Purpose.UNSUBSCRIBE, code) for code in returned.clues.links),
    ]
    for purpose, code in pairs:
        try:
            return codes.read(purpose, code, keys=KEYS)
        except InvalidInput:
            continue
    return int(next((reader for reader, _issue in returned.clues.message_ids), "0"), 16)


def test_every_mail_of_the_corpus_has_a_verdict() -> None:
    assert {path.stem for path in CORPUS.glob("*.eml")} == set(VERDICTS)


@pytest.mark.parametrize("name", VERDICTS)
def test_a_returned_mail_is_read_as_a_person_would(name: str) -> None:
    raw = (CORPUS / f"{name}.eml").read_bytes()
    returned = bounces.read(raw)
    verdict = (returned.kind.value, str(returned.category), returned.status, named(returned))
    assert verdict == VERDICTS[name]
    assert bounces.read(raw.replace(b"\n", b"\r\n")) == returned, "line ends are no matter"


def test_the_envelope_outweighs_everything_in_the_mail() -> None:
    own, other = (codes_of(number, key=KEYS[0]).bounce for number in (7, 101))
    raw = (CORPUS / "postfix-user-unknown.eml").read_bytes()
    assert other.encode() in raw
    returned = bounces.read(raw, recipient=f"B+{own.upper()}@biblioteka.example.org")
    assert named(returned) == 7


def test_a_mail_to_the_address_that_unsubscribes_names_its_delivery() -> None:
    code = codes_of(7, key=KEYS[0]).unsubscribe
    door = verp.leave_address(code, DomainName("biblioteka.example.org"))
    returned = bounces.read(b"Subject: Re: x\n\nstop", recipient=door)
    assert (returned.kind, named(returned)) == ("leave", 7)


def test_the_words_and_the_hour_of_the_failure_are_kept() -> None:
    returned = bounces.read((CORPUS / "gmail-over-quota.eml").read_bytes())
    assert returned.code == 452
    assert returned.text.startswith("452-4.2.2 The recipient's inbox is out of storage space.")
    assert returned.at == datetime(2026, 11, 21, 7, 0, 13, tzinfo=UTC)


def test_words_beyond_ascii_are_read() -> None:
    returned = bounces.read((CORPUS / "postfix-smtputf8.eml").read_bytes())
    assert "<zażółć@przykład.example>: nieznany użytkownik" in returned.text


def test_a_mail_cut_anywhere_is_never_worse_than_unread() -> None:
    raw = (CORPUS / "gmail-no-such-user.eml").read_bytes()
    for end in range(0, len(raw), 97):
        assert bounces.read(raw[:end]).kind in {"hard", "soft", "unintelligible", "automatic"}


@pytest.mark.parametrize(
    "raw",
    [
        b"To: x\n\n" + b"\n" * 3_000_000,
        b"To: x\n\n" + b"a 550 5.1.1 " * 500_000,
        b"".join(b"X-%d: y\n" % number for number in range(200_000)),
        b"Subject: a" + b"\n =?utf-8?b?YWFh?=" * 50_000 + b"\n\nx",
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 100_000,
        b"Content-Type: multipart/digest; boundary=b\n\n" + b"--b\n\nSubject: x\n\nx\n" * 100_000,
        b"".join(b"Content-Type: message/rfc822\n\n" for _ in range(5000)),
        b"Content-Type: message/delivery-status\n\n" + b"Action: expanded\n\n" * 100_000,
    ],
    ids=["lines", "line", "headers", "subject", "parts", "digest", "nested", "groups"],
)
def test_a_huge_mail_costs_no_more_than_a_large_one(raw: bytes) -> None:
    assert bounces.read(raw).kind in {"unintelligible", "notice"}


PIECES = st.sampled_from(
    [
        b"\n", b"\r\n", b"\n\n", b"--b\n", b"--b--\n", b" ", b"\t", b"=", b";", b"\0", b"\xff\xfe",
        b"Content-Type: ", b"multipart/report; boundary=b", b"message/delivery-status\n\n",
        b"message/rfc822\n\n", b"message/feedback-report\n\n",
        b"multipart/mixed; boundary=\"b\"\n\n",
        b"text/plain; charset=", b"utf-7\n", b"idna\n", b"punycode\n", b"unicode_escape\n",
        b"\"\0\"\n", b"undefined\n", b"; boundary*0*=x''%ff", b"Content-Transfer-Encoding: ",
        b"base64\n\n", b"quoted-printable\n\n", b"uuencode\n\n", b"8bit\n\n", b"!!!!", b"====",
        b"begin 666 x\n", b"Action: failed\n", b"Status: 5.1.1\n", b"Status: 9.9.9\n",
        b"Diagnostic-Code: smtp; 550 5.1.1 x\n", b"Feedback-Type: abuse\n", b"Date: ",
        b"Fri, 31 Feb 0000 99:99:99 +9999\n", b"Sat, 21 Nov 99999 08:00:00 +0000\n",
        b"Subject: =?x?q?a?=", b"=?utf-8?b?%%?=", b"X-Failed-Recipients: a@b\n", b"From: ",
        b"MAILER-DAEMON@yahoo.com\n", b"<a@b>:\n", b"Hi. This is the qmail-send program\n",
        b"To: b+1-00000000000000000000@x\n", b"X-Mailer: <SMTP32 v1>\n", b"Received: x\n",
        b"From x\n",
    ]
)  # fmt: skip


@given(pieces=st.lists(st.one_of(PIECES, st.binary(max_size=8)), max_size=60))
@hypothesis_settings(max_examples=300)
def test_no_mail_ends_the_reader(pieces: list[bytes]) -> None:
    assert bounces.read(b"".join(pieces)).text is not None
