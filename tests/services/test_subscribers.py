"""Readers: double opt-in, the same answer for everybody, leaving, choosing, being forgotten."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection

from promo.errors import InvalidInput
from promo.models import Consent, Newsletter, Subscriber, Subscription, Suppression
from promo.services import confirmations, deliveries, subscribers, tokens
from tests import making
from tests.driving import Clock, tick
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rehearsal")]

READER = "Zofia.Nowak@example.org"
Standing = Subscription.State


@pytest.fixture
def newsletter(db: None) -> Newsletter:
    return making.newsletter()


@pytest.fixture
def other(newsletter: Newsletter) -> Newsletter:
    from promo.services import newsletters  # noqa: PLC0415  (needs Django's apps)

    return newsletters.create(
        name="Dla dzieci",
        slug="dla-dzieci",
        from_name="Biblioteka",
        from_email="newsletter@biblioteka.example.org",
    )


def sign_up(newsletter: Newsletter, clock: Clock, email: str = READER) -> Subscription | None:
    return subscribers.sign_up(
        email=email,
        name="Zofia",
        newsletter=newsletter,
        language="pl",
        wording="Zgadzam się na otrzymywanie newslettera.",
        source="https://biblioteka.example.org/newsletter/",
        ip="192.0.2.7",
        now=clock(),
    )


def confirm_by_mail(world: World) -> Subscription:
    """Follow the link of the latest confirmation mail, as its reader would."""
    (code,) = re.findall(r"/confirm/([^/\s]+)/", world.mails()[0]["text"])
    value = tokens.read(tokens.CONFIRM, code)
    assert value is not None
    return subscribers.confirm(subscription_id=int(value), ip=None, now=Clock()())


def test_nobody_reads_before_the_confirmation(
    newsletter: Newsletter, clock: Clock, outside: World
) -> None:
    asked = sign_up(newsletter, clock)
    assert asked is not None
    assert asked.state == Standing.PENDING
    assert confirmations.due() == [asked.pk]
    confirmations.send(asked.pk, now=clock())
    (mail,) = outside.mails()
    assert mail["to"] == [READER]
    assert confirm_by_mail(outside).state == Standing.ACTIVE
    acts = [consent.act for consent in Consent.objects.all()]
    assert acts == [Consent.Act.ASKED, Consent.Act.CONFIRMED]
    proof = Consent.objects.get(act=Consent.Act.ASKED)
    assert "Zgadzam się" in proof.wording
    assert proof.ip == "192.0.2.7"


def test_the_confirmation_mail_repeats_nothing_a_stranger_typed(
    newsletter: Newsletter, clock: Clock, outside: World
) -> None:
    asked = sign_up(newsletter, clock)
    assert asked is not None
    Subscriber.objects.update(name="KUP TERAZ https://spam.example")
    confirmations.send(asked.pk, now=clock())
    (mail,) = outside.mails()
    assert "KUP TERAZ" not in mail["text"] + str(mail["headers"])


def test_a_confirmation_is_mailed_once_however_often_it_is_hinted_at(
    newsletter: Newsletter, clock: Clock, outside: World
) -> None:
    asked = sign_up(newsletter, clock)
    assert asked is not None
    for _hint in range(5):
        confirmations.send(asked.pk, now=clock())
    assert confirmations.due() == []
    assert len(outside.mails()) == 1


def test_a_confirmation_that_nobody_took_is_due_again(
    newsletter: Newsletter, clock: Clock, outside: World
) -> None:
    asked = sign_up(newsletter, clock)
    assert asked is not None
    outside.fault(fault="smtp_refuse", stage="RCPT", code=450, times=1)
    confirmations.send(asked.pk, now=clock())
    assert confirmations.due() == [asked.pk]
    confirmations.send(asked.pk, now=clock())
    assert len(outside.mails()) == 1


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "smtp_drop", "stage": "DOT"},
        {"fault": "smtp_refuse", "stage": "RCPT", "code": 550},
    ],
    ids=["answer lost", "refused for good"],
)
def test_a_confirmation_is_never_mailed_over_and_over(
    newsletter: Newsletter, clock: Clock, outside: World, rule: dict[str, object]
) -> None:
    asked = sign_up(newsletter, clock)
    assert asked is not None
    outside.fault(**rule)
    confirmations.send(asked.pk, now=clock())
    assert confirmations.due() == []


def test_an_address_is_asked_once_a_day_and_three_times_a_month_at_most(
    newsletter: Newsletter, other: Newsletter, clock: Clock
) -> None:
    asked = []
    for _day in range(60):
        for wanted in (newsletter, other):
            if sign_up(wanted, clock, READER.lower()):
                asked.append(clock())
            clock.forward(hours=6)
        clock.forward(hours=12)
    assert len(asked) == 6
    for at in asked:
        assert sum(at <= again < at + timedelta(days=1) for again in asked) == 1
        assert sum(at <= again < at + timedelta(days=30) for again in asked) <= 3


def test_the_form_gives_the_same_answer_to_known_and_unknown_addresses(
    newsletter: Newsletter, clock: Clock
) -> None:
    """Neither raises, neither changes what an active reader has."""
    making.newsletter(1)
    assert sign_up(newsletter, clock, "czytelnik0@example.org") is None
    active = Subscription.objects.get(subscriber__email="czytelnik0@example.org")
    assert active.state == Standing.ACTIVE
    assert active.subscriber.name == "Czytelnik 0"


@pytest.mark.parametrize("email", ["", "a@b@c.pl", "zofia", "zofia@example.org\r\nBcc: x@y.pl"])
def test_what_is_no_address_is_refused_at_its_field(
    newsletter: Newsletter, clock: Clock, email: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        sign_up(newsletter, clock, email)
    assert refused.value.field == "email"


@pytest.mark.parametrize("reason", [Suppression.Reason.BOUNCE, Suppression.Reason.COMPLAINT])
def test_an_address_that_bounced_or_complained_is_not_even_asked(
    newsletter: Newsletter, clock: Clock, reason: str
) -> None:
    Suppression.objects.create(address_hash=tokens.address_hash(READER), reason=reason, at=clock())
    assert sign_up(newsletter, clock) is None
    assert confirmations.due() == []


def test_who_was_forgotten_on_request_may_come_back(
    newsletter: Newsletter, clock: Clock, outside: World
) -> None:
    asked = sign_up(newsletter, clock)
    assert asked is not None
    subscribers.erase(subscriber=asked.subscriber, now=clock())
    clock.forward(days=2)
    again = sign_up(newsletter, clock)
    assert again is not None
    subscribers.confirm(subscription_id=again.pk, ip=None, now=clock())
    assert not subscribers.is_suppressed(READER)


def test_confirming_twice_changes_nothing(newsletter: Newsletter, clock: Clock) -> None:
    asked = sign_up(newsletter, clock)
    assert asked is not None
    first = subscribers.confirm(subscription_id=asked.pk, ip=None, now=clock())
    again = subscribers.confirm(subscription_id=asked.pk, ip=None, now=clock.forward(hours=1))
    assert again.confirmed_at == first.confirmed_at
    assert Consent.objects.filter(act=Consent.Act.CONFIRMED).count() == 1


def test_a_confirmation_link_ends_after_two_days() -> None:
    code = tokens.code(tokens.CONFIRM, "1")
    with time_machine.travel(Clock()() + timedelta(hours=47)):
        assert tokens.read(tokens.CONFIRM, code) == "1"
    with time_machine.travel(Clock()() + timedelta(hours=49)):
        assert tokens.read(tokens.CONFIRM, code) is None


def test_leaving_twice_is_leaving_once(newsletter: Newsletter, clock: Clock) -> None:
    making.newsletter(1)
    subscriber = Subscriber.objects.get()
    for _time in range(2):
        subscribers.leave(
            subscriber=subscriber, newsletter=newsletter, source="mail", now=clock.forward(hours=1)
        )
    row = Subscription.objects.get()
    assert row.state == Standing.ENDED
    assert row.ended_at == clock() - timedelta(hours=1)
    assert Consent.objects.filter(act=Consent.Act.WITHDRAWN).count() == 1


def test_the_preferences_are_exactly_what_was_chosen(
    newsletter: Newsletter, other: Newsletter, clock: Clock
) -> None:
    making.newsletter(1)
    subscriber = Subscriber.objects.get()
    subscribers.choose(
        subscriber=subscriber,
        newsletters={other.pk},
        name="  Zofia Nowak ",
        language="en",
        source="preferences",
        now=clock(),
    )
    states = dict(subscriber.subscriptions.values_list("newsletter__slug", "state"))
    assert states == {"co-slychac": Standing.ENDED, "dla-dzieci": Standing.ACTIVE}
    subscriber.refresh_from_db()
    assert (subscriber.name, subscriber.language) == ("Zofia Nowak", "en")
    proof = Consent.objects.filter(subscription__newsletter=other).get()
    assert proof.act == Consent.Act.CONFIRMED


def test_a_paper_consent_is_recorded_but_not_against_a_suppression(
    newsletter: Newsletter, clock: Clock
) -> None:
    def record() -> Subscription:
        return subscribers.record(
            email=READER,
            name="Zofia",
            newsletter=newsletter,
            source="formularz papierowy",
            wording="zgoda",
            now=clock(),
        )

    assert record().state == Standing.ACTIVE
    assert Consent.objects.get().act == Consent.Act.RECORDED
    subscribers.erase(subscriber=Subscriber.objects.get(), now=clock())
    with pytest.raises(InvalidInput):
        record()


def test_erasing_leaves_nothing_of_the_address_but_a_hash(
    newsletter: Newsletter, clock: Clock, outside: World
) -> None:
    asked = sign_up(newsletter, clock)
    assert asked is not None
    subscribers.confirm(subscription_id=asked.pk, ip=None, now=clock())
    mailing = making.due_publication(newsletter.destination)
    tick(clock)
    outside.fault(
        fault="smtp_refuse", stage="RCPT", code=550, message=f"5.1.1 <{READER}> user unknown"
    )
    deliveries.send(mailing.pk, clock=clock)
    assert traces(READER)
    subscribers.erase(subscriber=asked.subscriber, now=clock())
    assert traces(READER) == []
    assert deliveries.progress(mailing) == {"refused": 1}
    assert subscribers.is_suppressed(READER.upper())
    assert len(Suppression.objects.get().address_hash) == 64
    with pytest.raises(ObjectDoesNotExist):
        asked.refresh_from_db()


def traces(text: str) -> list[str]:
    """The tables with a row that holds the text anywhere."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" AS row WHERE row::text ILIKE %s', [f"%{text}%"]
            )
            (count,) = cursor.fetchone()
            found += [table] if count else []
    return found
