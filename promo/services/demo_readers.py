"""The readers of the demonstration: written in bulk, with the consent of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from promo.demo.readers import readers
from promo.models import Consent, Newsletter, Subscriber, Subscription

ON_PAPER_EVERY = 9
"""Some consents were signed at the counter; the rest came by the form and were confirmed."""

_CONFIRMED_AFTER = timedelta(minutes=7)
_OLDEST_DAYS = 900


def subscribe(*, newsletter: Newsletter, wordings: Mapping[str, str], now: datetime) -> None:
    """Two hundred active readers of the newsletter, who signed up over the last years."""
    people = readers()
    days = [1 + number * 367 % _OLDEST_DAYS for number in range(len(people))]
    asked = [now - timedelta(days=day, minutes=day * 7 % 600) for day in days]
    subscribers = Subscriber.objects.bulk_create(
        Subscriber(email=one.email, name=one.name, language=one.language) for one in people
    )
    for subscriber, at in zip(subscribers, asked, strict=True):
        subscriber.created_at = at  # the column sets itself on insertion only
    Subscriber.objects.bulk_update(subscribers, ["created_at"])
    subscriptions = Subscription.objects.bulk_create(
        Subscription(
            subscriber=subscriber,
            newsletter=newsletter,
            state=Subscription.State.ACTIVE,
            asked_at=at,
            confirmation_sent_at=at,
            confirmed_at=at + _CONFIRMED_AFTER,
        )
        for subscriber, at in zip(subscribers, asked, strict=True)
    )
    Consent.objects.bulk_create(
        consent
        for number, row in enumerate(subscriptions)
        for consent in _consents(row, asked[number], wordings, on_paper=not number % ON_PAPER_EVERY)
    )


def _consents(
    row: Subscription, at: datetime, wordings: Mapping[str, str], *, on_paper: bool
) -> Iterator[Consent]:
    wording = wordings[row.subscriber.language]
    if on_paper:
        yield Consent(
            subscription=row,
            act=Consent.Act.RECORDED,
            at=at + _CONFIRMED_AFTER,
            wording=wording,
            source="deklaracja papierowa, biblioteka główna",
        )
        return
    yield Consent(
        subscription=row,
        act=Consent.Act.ASKED,
        at=at,
        wording=wording,
        source="formularz na stronie",
    )
    yield Consent(subscription=row, act=Consent.Act.CONFIRMED, at=at + _CONFIRMED_AFTER)
