"""The driver against the rehearsal world: what it says of each failure, its mailboxes bear out."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from promo.errors import OutcomeUnknown, PublishError, RateLimited, Rejected, Unreachable
from promo.mailing import verp
from promo.mailing.envelope import MimeMail, Reader, Sender, build
from promo.mailing.headers import DomainName, HeaderText, MailAddress
from promo.mailing.relay import Relay, Timeouts
from promo.mailing.slots import ReaderLinks, Slot
from promo.mailing.smtp import SmtpConnection
from promo.values import Message
from tests.world import World

DOMAIN = DomainName("biblioteka.example.org")
MESSAGE_ID = verp.message_id(UUID(int=1), UUID(int=2), DOMAIN)
MESSAGE = Message(
    channel="newsletter_email",
    subject="Październik w bibliotece",
    text=f"Zażółć gęślą jaźń.\n.\n..\nWypisz się: {Slot.UNSUBSCRIBE.placeholder}\n",
    html=f'<p>Zażółć <a href="{Slot.UNSUBSCRIBE.placeholder}">Wypisz się</a></p>',
)


def mail() -> MimeMail:
    return build(
        MESSAGE,
        Reader(MailAddress("anna@example.org"), "Anna Żółć"),
        links=ReaderLinks("https://e.org/u/1?a=1&b=2", "https://e.org/p/1", "https://e.org/v/1"),
        sender=Sender(
            from_name=HeaderText("Biblioteka Miejska"),
            from_email=MailAddress("newsletter@biblioteka.example.org"),
            list_name=HeaderText("Nowości"),
            list_id=DomainName("nowosci.biblioteka.example.org"),
        ),
        message_id=MESSAGE_ID,
        verp=verp.verp(verp.sign("42", key=b"k"), DOMAIN),
        date=datetime(2026, 10, 13, 15, 0, tzinfo=UTC),
    )


def connection(world: World, *, final: float = 600) -> SmtpConnection:
    timeouts = Timeouts(final=final)
    return SmtpConnection(Relay(world.host, world.smtp_port, timeouts=timeouts))


def copies(world: World) -> int:
    return len(world.mails(message_id=MESSAGE_ID))


def test_a_delivered_mail_is_in_the_mailbox_as_it_was_built(world: World) -> None:
    with connection(world) as relay:
        relay.deliver(mail())
    [found] = world.mails(message_id=MESSAGE_ID)
    assert found["subject"] == MESSAGE.subject
    assert found["text"].splitlines() == [
        "Zażółć gęślą jaźń.",
        ".",
        "..",
        "Wypisz się: https://e.org/u/1?a=1&b=2",
    ]
    assert found["mail_from"] == mail().mail_from
    assert found["to"] == ["anna@example.org"]


@pytest.mark.parametrize(
    ("fault", "error", "delivered"),
    [
        ({"fault": "smtp_drop", "stage": "CONNECT"}, Unreachable, 0),
        ({"fault": "smtp_drop", "stage": "MAIL"}, Unreachable, 0),
        ({"fault": "smtp_drop", "stage": "RCPT"}, Unreachable, 0),
        ({"fault": "smtp_drop", "stage": "DATA"}, Unreachable, 0),
        ({"fault": "smtp_drop", "stage": "DOT", "accepted": True}, OutcomeUnknown, 1),
        ({"fault": "smtp_drop", "stage": "DOT", "accepted": False}, OutcomeUnknown, 0),
        ({"fault": "smtp_refuse", "stage": "CONNECT", "code": 421}, RateLimited, 0),
        ({"fault": "smtp_refuse", "stage": "MAIL", "code": 421}, RateLimited, 0),
        ({"fault": "smtp_refuse", "stage": "RCPT", "code": 450}, RateLimited, 0),
        ({"fault": "smtp_refuse", "stage": "DOT", "code": 451}, RateLimited, 0),
        ({"fault": "smtp_refuse", "stage": "RCPT", "code": 550}, Rejected, 0),
        ({"fault": "smtp_refuse", "stage": "DOT", "code": 550}, Rejected, 0),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else None,
)
def test_the_verdict_is_what_the_mailbox_bears_out(
    world: World, fault: dict[str, object], error: type[PublishError], delivered: int
) -> None:
    world.fault(times=1, **fault)
    with connection(world) as relay:
        with pytest.raises(error):
            relay.deliver(mail())
        assert copies(world) == delivered
        relay.deliver(mail())
        assert copies(world) == delivered + 1


def test_a_relay_slower_than_our_patience_may_have_the_mail(world: World) -> None:
    world.fault(fault="smtp_slow", stage="DOT", seconds=30)
    with connection(world, final=0.5) as relay, pytest.raises(OutcomeUnknown):
        relay.deliver(mail())
    assert copies(world) == 1


def test_many_mails_go_through_one_connection(world: World) -> None:
    with connection(world) as relay:
        for _number in range(20):
            relay.deliver(mail())
    assert copies(world) == 20
