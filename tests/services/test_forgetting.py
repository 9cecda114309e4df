"""Sign-ups that nobody confirmed go, and proofs of consent stay whatever anybody writes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from promo.models import Consent, Newsletter, Subscriber, Subscription
from promo.services import forgetting, newsletters, own_data, subscribers
from tests import making
from tests.driving import Clock

pytestmark = pytest.mark.django_db

State = Subscription.State


@pytest.fixture
def newsletter(db: None) -> Newsletter:
    return making.newsletter()


def sign_up(newsletter: Newsletter, clock: Clock, email: str = "zofia@example.org") -> Subscription:
    (row,) = subscribers.sign_up(
        email=email,
        name="Zofia",
        newsletter=newsletter,
        language="pl",
        wording="Zgadzam się.",
        source="https://biblioteka.example.org/newsletter/",
        ip="192.0.2.7",
        now=clock(),
    )
    return row


def test_after_thirty_days_nothing_of_an_unconfirmed_sign_up_is_left(
    newsletter: Newsletter, clock: Clock
) -> None:
    sign_up(newsletter, clock)
    forgetting.sweep(now=clock.forward(days=29))
    assert Subscriber.objects.count() == 1
    forgetting.sweep(now=clock.forward(days=1))
    assert Subscriber.objects.count() == Subscription.objects.count() == 0
    assert Consent.objects.count() == 0
    assert not subscribers.is_suppressed("zofia@example.org"), "they may sign up again"
    assert sign_up(newsletter, clock).state == State.PENDING


def test_readers_stay_with_everything_that_proves_their_consent(
    newsletter: Newsletter, clock: Clock
) -> None:
    row = sign_up(newsletter, clock)
    subscribers.confirm(subscription_ids=[row.pk], ip=None, now=clock())
    forgetting.sweep(now=clock.forward(days=400))
    assert Consent.objects.filter(subscription=row).count() == 2


def test_whoever_had_left_and_did_not_confirm_anew_has_left_again(
    newsletter: Newsletter, clock: Clock
) -> None:
    row = sign_up(newsletter, clock)
    subscribers.confirm(subscription_ids=[row.pk], ip=None, now=clock())
    subscribers.leave(subscriber=row.subscriber, newsletter=newsletter, source="mail", now=clock())
    clock.forward(days=2)
    sign_up(newsletter, clock)
    forgetting.sweep(now=clock.forward(days=31))
    row.refresh_from_db()
    assert row.state == State.ENDED
    assert Consent.objects.filter(subscription=row).count() == 4


def test_a_reader_of_another_newsletter_loses_only_the_sign_up(
    newsletter: Newsletter, clock: Clock
) -> None:
    row = sign_up(newsletter, clock)
    other = _other()
    subscribers.record(
        email=row.subscriber.email,
        name="Zofia",
        newsletter=other,
        source="test",
        wording="zgoda",
        now=clock(),
    )
    forgetting.sweep(now=clock.forward(days=31))
    assert Subscription.objects.get().newsletter == other


def _other() -> Newsletter:
    return newsletters.create(
        name="Dla dzieci",
        slug="dla-dzieci",
        from_name="Biblioteka",
        from_email="newsletter@biblioteka.example.org",
    )


def test_old_requests_for_data_are_forgotten(newsletter: Newsletter, clock: Clock) -> None:
    row = sign_up(newsletter, clock)
    subscribers.confirm(subscription_ids=[row.pk], ip=None, now=clock())
    own_data.ask(subscriber=row.subscriber, now=clock())
    forgetting.sweep(now=clock() + timedelta(days=29))
    assert row.subscriber.data_requests.count() == 1
    forgetting.sweep(now=clock() + timedelta(days=30))
    assert row.subscriber.data_requests.count() == 0


def test_the_database_lets_nobody_change_or_delete_a_proof_of_consent(
    newsletter: Newsletter, clock: Clock
) -> None:
    row = sign_up(newsletter, clock)
    for act in (
        lambda: Consent.objects.update(wording="Coś innego"),
        lambda: Consent.objects.update(ip=None),
        lambda: Consent.objects.all().delete(),
        row.delete,
        row.subscriber.delete,
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()
    assert Consent.objects.get().wording == "Zgadzam się."


def test_the_leave_to_delete_ends_with_the_erasure(newsletter: Newsletter, clock: Clock) -> None:
    erased, kept = (sign_up(newsletter, clock, f"{name}@example.org") for name in ("a", "b"))
    subscribers.erase(subscriber=erased.subscriber, now=clock())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Consent.objects.all().delete()
    assert Consent.objects.get().subscription == kept


def test_a_confirmation_tells_when_whence_and_by_which_code(
    newsletter: Newsletter, clock: Clock
) -> None:
    row = sign_up(newsletter, clock)
    subscribers.confirm(subscription_ids=[row.pk], ip="2001:db8::7", proof="1:abc:def", now=clock())
    asked, confirmed = row.consents.all()
    assert (asked.wording, asked.source) == (
        "Zgadzam się.",
        "https://biblioteka.example.org/newsletter/",
    )
    assert (confirmed.ip, confirmed.proof, confirmed.at) == ("2001:db8::7", "1:abc:def", clock())
