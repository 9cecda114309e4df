"""Every issue of the corpus to every kind of reader: as it arrives, and as they leave by it."""

from __future__ import annotations

import email
import email.policy
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from django.test import Client, override_settings

from promo.channels.newsletter_email import Channel
from promo.mailing.codes import Codes, codes_of
from promo.mailing.envelope import unstuffed
from promo.mailing.salutation import addressed, name_of
from promo.mailing.slots import fill
from promo.models import Mailing, Newsletter, Publication, Subscriber, Subscription
from promo.services import batches, mailings
from promo.services.batches import Marked
from promo.services.press import Press, bases_of
from promo.values import Message, Variant
from promo.vault import address_hash
from tests import making
from tests.channels.newsletter_email import accessible_mail, corpus
from tests.channels.newsletter_email.accessible_mail import Arrived
from tests.channels.newsletter_email.corpus import Sample

NOW = datetime(2026, 10, 6, 15, 0, tzinfo=UTC)
HOST = "https://biblioteka.example.org"
LANGUAGES = ("pl", "en")
PLAIN = ("", "Anna")
HOSTILE = (
    "Łucja Żądło-Ćwięka",
    "Krzysztof; DROP TABLE",
    "Anna\r\nBcc: evil@example.net",
    "Anna\v\x85\u2028Kowalska",
    "<script>alert(1)</script>",
    "Anna & <b>Ewa</b>",
    "\u202eannA",
    "שרה\u200f",
    "{{ 7*7 }}",
    ".",
    "..Anna",
    "🎈" * 120,
    "Ż" * 120,
    "   Anna   ",
    "=?utf-8?q?=0D=0ABcc=3A_x?=",
    '"; <evil@example.net>',
    "https://unsubscribe.slot.invalid/",
)
READERS = [
    *((name, language) for name in PLAIN for language in LANGUAGES),
    *zip(HOSTILE, itertools.cycle(LANGUAGES), strict=False),
]
ALL = pytest.mark.parametrize("sample", corpus.SENT, ids=str)
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("sample", corpus.SAMPLES, ids=str)
def test_the_desk_says_what_is_wrong_with_an_issue_and_refuses_what_shuts_readers_out(
    sample: Sample,
) -> None:
    problems = Channel.problems(corpus.message_of(sample))
    assert {problem.code for problem in problems} == sample.says
    assert any(problem.level == "error" for problem in problems) == sample.refused


@ALL
def test_every_mail_keeps_the_rules_and_lets_its_reader_go_by_one_post(
    sample: Sample, client: Client
) -> None:
    message = corpus.message_of(sample)
    with override_settings(PROMO_BASE_URL=HOST):
        mailing = _mailing(message)
        press = Press.of(mailing)
        marked = _marked(mailing)
        assert len(marked) == len(READERS)
        for reader in marked:
            mail = _received(press.mail(reader).data)
            _assert_it_is_the_whole_message(mail, mailing, message, reader)
            if reader.name in PLAIN:  # the others' mails are the same but for one line
                own = message.for_readers(reader.language)
                arrived = Arrived(mail, own, reader.language, sample.says)
                assert "\n".join(accessible_mail.faults(arrived)) == ""
                _leave(client, mail)
    left = Subscription.objects.filter(state=Subscription.State.ENDED)
    assert {one.subscriber.name for one in left.select_related("subscriber")} == set(PLAIN)
    assert left.count() == len(PLAIN) * len(LANGUAGES)


def test_the_corpus_is_as_wide_as_it_says() -> None:
    assert len(corpus.SAMPLES) >= 40
    issues = [sample.draft.issue for sample in corpus.SAMPLES if sample.draft.issue]
    kinds = {block.kind for issue in issues for block in issue.blocks}
    assert kinds == {"heading", "text", "salutation", "item", "picture", "button", "divider"}
    assert {issue.language for issue in issues} == {"pl", "en"}
    assert {sample.draft.variant for sample in corpus.SAMPLES} > {Variant.ISSUE, Variant.NEWS}


def _mailing(message: Message) -> Mailing:
    """A mailing of this message to a reader of each name in each language."""
    newsletter = making.newsletter()
    people = Subscriber.objects.bulk_create(
        Subscriber(
            email=f"r{number}@example.org",
            address_hash=address_hash(f"r{number}@example.org"),
            name=name,
            language=language,
        )
        for number, (name, language) in enumerate(READERS)
    )
    _sign_up(newsletter, people)
    row = making.due_publication(newsletter.destination)
    row.message_json, row.digest = message.to_json(), message.digest
    row.save()
    assert Publication.objects.get(pk=row.pk).message == message
    mailings.start(destination=newsletter.destination, key=row.marker, now=NOW)
    return Mailing.objects.get(publication=row)


def _sign_up(newsletter: Newsletter, people: Sequence[Subscriber]) -> None:
    Subscription.objects.bulk_create(
        Subscription(subscriber=one, newsletter=newsletter, state=Subscription.State.ACTIVE)
        for one in people
    )


def _marked(mailing: Mailing) -> list[Marked]:
    claimed = batches.claim(mailing.pk, now=NOW)
    assert claimed is not None
    return batches.mark(claimed, most=1000, now=NOW)


def _received(wire: bytes) -> EmailMessage:
    """The mail as it arrives; on the wire it has short lines, ASCII alone and no early end."""
    assert wire.isascii()
    assert b"\r\n.\r\n" not in wire
    assert wire.count(b"\r\n") == wire.count(b"\n") == wire.count(b"\r")
    mail = unstuffed(wire)
    assert all(len(line) <= 998 for line in mail.split(b"\r\n"))
    assert all(len(line) <= 76 for line in mail.partition(b"\r\n\r\n")[2].split(b"\r\n"))
    parsed = email.message_from_bytes(mail, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    for part in parsed.walk():
        assert not part.defects
        assert not [header for header in part.values() if header.defects]
    return parsed


def _assert_it_is_the_whole_message(
    mail: EmailMessage, mailing: Mailing, message: Message, reader: Marked
) -> None:
    """The joined octets are what rendering the whole message for this reader gives."""
    own = message.for_readers(reader.language)
    rendered = addressed(own, reader.name)
    variant = reader.language if reader.language in message.variants else ""
    links = bases_of(mailing, readers=variant).values(_codes(reader))
    arrived = Arrived(mail, own, reader.language)
    assert arrived.text == fill(rendered.text, links, html=False)
    assert arrived.html == fill(rendered.html, links, html=True)
    assert ".slot.invalid" not in arrived.text + arrived.html
    assert [one.addr_spec for one in mail["To"].addresses] == [reader.email]
    assert mail["Bcc"] is None
    if message.salutation and (name := name_of(reader.name)):
        assert name in arrived.document.text_content()


def _codes(reader: Marked) -> Codes:
    return codes_of(reader.delivery_id, key=mailings.keys()[0])


def _leave(client: Client, mail: EmailMessage) -> None:
    """As a mail program does it (RFC 8058): one POST to the address it was given, no cookies."""
    address = mail["List-Unsubscribe"].strip("<>")
    assert address.startswith(f"{HOST}/")
    path = address.removeprefix(HOST)
    reader = Subscription.objects.get(subscriber__email=mail["To"].addresses[0].addr_spec)
    assert client.get(path).status_code == 200  # a scanner's look changes nothing
    reader.refresh_from_db()
    assert reader.state == Subscription.State.ACTIVE
    assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    reader.refresh_from_db()
    assert reader.state == Subscription.State.ENDED
