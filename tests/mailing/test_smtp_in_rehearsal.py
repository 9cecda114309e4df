"""The driver against the rehearsal world: what it says of each failure, its mailboxes bear out."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from promo.errors import OutcomeUnknown, PublishError, RateLimited, Rejected, Unreachable
from promo.mailing import verp
from promo.mailing.codes import codes_of
from promo.mailing.envelope import MimeMail, Reader, Sender, compile_mail
from promo.mailing.headers import DomainName, HeaderText, MailAddress
from promo.mailing.relay import Relay, Timeouts
from promo.mailing.slots import LinkBases, Slot
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


ANNA = MailAddress("anna@example.org")
CODES = codes_of(42, key=b"k")


def mail() -> MimeMail:
    compiled = compile_mail(
        MESSAGE,
        sender=Sender(
            from_name=HeaderText("Biblioteka Miejska"),
            from_email=MailAddress("newsletter@biblioteka.example.org"),
            list_name=HeaderText("Nowości"),
            list_id=DomainName("nowosci.biblioteka.example.org"),
        ),
        bases=LinkBases("https://e.org/u/?a=1&b=", "https://e.org/p/", "https://e.org/v/1"),
        date=datetime(2026, 10, 13, 15, 0, tzinfo=UTC),
    )
    wire = compiled.for_reader(Reader(ANNA, "Anna Żółć"), codes=CODES, message_id=MESSAGE_ID)
    # This driver sees to the dots itself.
    data = b"\r\n".join(line.removeprefix(b".") for line in wire.split(b"\r\n"))
    return MimeMail(verp.verp(CODES.bounce, DOMAIN), ANNA, data)


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
        f"Wypisz się: https://e.org/u/?a=1&b={CODES.unsubscribe}/",
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
