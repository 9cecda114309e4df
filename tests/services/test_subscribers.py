"""Readers: double opt-in, the same answer for everybody, leaving, choosing, being forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection

from promo.errors import InvalidInput
from promo.models import Consent, Newsletter, Subscriber, Subscription, Suppression
from promo.services import confirmations, mailings, sending, subscribers, tokens
from promo.vault import address_hash
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
    asked = subscribers.sign_up(
        email=email,
        name="Zofia",
        newsletter=newsletter,
        language="pl",
        wording="Zgadzam się na otrzymywanie newslettera.",
        source="https://biblioteka.example.org/newsletter/",
        ip="192.0.2.7",
        now=clock(),
    )
    return asked[0] if asked else None


def sign_up_for_both(newsletter: Newsletter, other: Newsletter, clock: Clock) -> list[Subscription]:
    return subscribers.sign_up(
        email=READER,
        name="Zofia",
        newsletter=newsletter,
        others=[other],
        language="pl",
        wording="Zgadzam się na otrzymywanie newsletterów.",
        source="https://biblioteka.example.org/newsletter/",
        ip="192.0.2.7",
        now=clock(),
    )


def confirm(row: Subscription, clock: Clock) -> Subscription:
    subscribers.confirm(subscription_ids=[row.pk], ip=None, now=clock())
    row.refresh_from_db()
    return row


def test_nobody_reads_before_the_confirmation(newsletter: Newsletter, clock: Clock) -> None:
    asked = sign_up(newsletter, clock)
    assert asked is not None
    assert asked.state == Standing.PENDING
    assert confirm(asked, clock).state == Standing.ACTIVE
    acts = [consent.act for consent in Consent.objects.all()]
    assert acts == [Consent.Act.ASKED, Consent.Act.CONFIRMED]
    proof = Consent.objects.get(act=Consent.Act.ASKED)
    assert "Zgadzam się" in proof.wording
    assert proof.ip == "192.0.2.7"


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
    Suppression.objects.create(address_hash=address_hash(READER), reason=reason, at=clock())
    assert sign_up(newsletter, clock) is None
    assert confirmations.due(now=clock()) == []


def test_who_was_forgotten_on_request_may_come_back(
    newsletter: Newsletter, clock: Clock, outside: World
) -> None:
    asked = sign_up(newsletter, clock)
    assert asked is not None
    subscribers.erase(subscriber=asked.subscriber, now=clock())
    clock.forward(days=2)
    again = sign_up(newsletter, clock)
    assert again is not None
    confirm(again, clock)
    assert not subscribers.is_suppressed(READER)


def test_confirming_twice_changes_nothing(newsletter: Newsletter, clock: Clock) -> None:
    asked = sign_up(newsletter, clock)
    assert asked is not None
    first = confirm(asked, clock).confirmed_at
    clock.forward(hours=1)
    assert confirm(asked, clock).confirmed_at == first
    assert Consent.objects.filter(act=Consent.Act.CONFIRMED).count() == 1


def test_a_confirmation_link_ends_after_two_days() -> None:
    code = tokens.code(tokens.CONFIRM, "1")
    with time_machine.travel(Clock()() + timedelta(hours=47)):
        assert tokens.read(tokens.CONFIRM, code) == "1"
    with time_machine.travel(Clock()() + timedelta(hours=49)):
        assert tokens.read(tokens.CONFIRM, code) is None


def test_an_old_link_does_not_bring_back_who_has_left(newsletter: Newsletter, clock: Clock) -> None:
    asked = sign_up(newsletter, clock)
    assert asked is not None
    confirm(asked, clock)
    subscribers.leave(
        subscriber=asked.subscriber, newsletter=newsletter, source="mail", now=clock()
    )
    assert confirm(asked, clock).state == Standing.ENDED
    assert confirm(asked, clock).ended_at is not None


def test_whoever_leaves_before_confirming_is_not_asked(
    newsletter: Newsletter, clock: Clock
) -> None:
    asked = sign_up(newsletter, clock)
    assert asked is not None
    subscribers.leave(
        subscriber=asked.subscriber, newsletter=newsletter, source="desk", now=clock()
    )
    assert confirmations.due(now=clock()) == []


def test_several_newsletters_at_once_are_one_sign_up_with_a_proof_for_each(
    newsletter: Newsletter, other: Newsletter, clock: Clock
) -> None:
    asked = sign_up_for_both(newsletter, other, clock)
    assert {row.newsletter for row in asked} == {newsletter, other}
    assert len(confirmations.due(now=clock())) == 1
    ids = [row.pk for row in asked]
    subscribers.confirm(subscription_ids=ids, ip="192.0.2.8", now=clock())
    for row in asked:
        row.refresh_from_db()
        assert row.state == Standing.ACTIVE
        acts = [(proof.act, proof.ip) for proof in row.consents.all()]
        assert acts == [(Consent.Act.ASKED, "192.0.2.7"), (Consent.Act.CONFIRMED, "192.0.2.8")]


def test_several_newsletters_at_once_count_as_one_request_of_the_month(
    newsletter: Newsletter, other: Newsletter, clock: Clock
) -> None:
    asked = []
    for _request in range(4):
        asked.append(len(sign_up_for_both(newsletter, other, clock)))
        clock.forward(days=2)
    assert asked == [2, 2, 2, 0]


def test_a_reader_of_one_newsletter_is_asked_about_the_other_only(
    newsletter: Newsletter, other: Newsletter, clock: Clock
) -> None:
    first = sign_up(newsletter, clock)
    assert first is not None
    confirm(first, clock)
    clock.forward(days=2)
    (row,) = sign_up_for_both(newsletter, other, clock)
    assert row.newsletter == other


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
        counted={},
        now=clock(),
    )
    states = dict(subscriber.subscriptions.values_list("newsletter__slug", "state"))
    assert states == {"co-slychac": Standing.ENDED, "dla-dzieci": Standing.ACTIVE}
    subscriber.refresh_from_db()
    assert (subscriber.name, subscriber.language) == ("Zofia Nowak", "en")
    proof = Consent.objects.filter(subscription__newsletter=other).get()
    assert proof.act == Consent.Act.CONFIRMED


def test_a_tick_of_an_earlier_sign_up_does_not_count_for_a_later_one(
    newsletter: Newsletter, clock: Clock
) -> None:
    asked: dict[str, Any] = {
        "email": READER,
        "name": "",
        "newsletter": newsletter,
        "language": "pl",
        "wording": "zgoda",
        "source": "form",
        "ip": None,
    }
    subscribers.sign_up(**asked, counted={newsletter.pk: "i śledzenie"}, now=clock())
    clock.at += subscribers.ASK_AGAIN + timedelta(minutes=1)
    (tie,) = subscribers.sign_up(**asked, now=clock())
    subscribers.confirm(subscription_ids=[tie.pk], ip=None, now=clock())
    tie.refresh_from_db()
    assert (tie.state, tie.counted_since_at) == (Standing.ACTIVE, None)


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


@pytest.mark.django_db(transaction=True)  # the clerk has a connection of its own
def test_erasing_leaves_nothing_of_the_address_but_a_hash(
    newsletter: Newsletter, clock: Clock, outside: World
) -> None:
    asked = sign_up(newsletter, clock)
    assert asked is not None
    confirm(asked, clock)
    mailing = making.due_publication(newsletter.destination)
    tick(clock)
    outside.fault(
        fault="smtp_refuse", stage="RCPT", code=550, message=f"5.1.1 <{READER}> user unknown"
    )
    sending.send(mailing.mailing.pk, clock=clock)
    assert traces(READER)
    subscribers.erase(subscriber=asked.subscriber, now=clock())
    assert traces(READER) == []
    assert mailings.progress(mailing.mailing)["refused"] == 1
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
