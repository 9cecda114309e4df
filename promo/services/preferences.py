"""What readers chose in the preference centre. A reader without a row gets everything."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from promo.models import Institution, Preferences, Subscriber
from promo.rendering.dates import local

Frequency = Preferences.Frequency


@dataclass(frozen=True, slots=True)
class Choice:
    """What one reader chose. No topic, audience or branch means all of them.

    `paused_until_on` is the day from which mails come again.
    """

    topics: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    branches: frozenset[int] = frozenset()
    frequency: str = Frequency.EVERY
    paused_until_on: date | None = None


def of(subscriber: Subscriber, *, now: datetime) -> Choice:
    """What the reader chose; a break that is over is none."""
    row = Preferences.objects.filter(subscriber=subscriber).first()
    if row is None:
        return Choice()
    until = row.paused_until_on
    return Choice(
        topics=tuple(row.topics),
        audiences=tuple(row.audiences),
        branches=frozenset(row.branches.values_list("id", flat=True)),
        frequency=row.frequency,
        paused_until_on=until if until and until > today(now) else None,
    )


def choose(*, subscriber: Subscriber, choice: Choice) -> None:
    """Keep the choice; a row stands only for what differs from the default."""
    with transaction.atomic():
        # Two saves at once: the second waits, and wins.
        Subscriber.objects.select_for_update(no_key=True).get(id=subscriber.id)
        if choice == Choice():
            Preferences.objects.filter(subscriber=subscriber).delete()
            return
        row, _created = Preferences.objects.update_or_create(
            subscriber=subscriber,
            defaults={
                "topics": list(choice.topics),
                "audiences": list(choice.audiences),
                "frequency": choice.frequency,
                "paused_until_on": choice.paused_until_on,
            },
        )
        row.branches.set(_ids(choice.branches))


def end_pause(*, subscriber: Subscriber, now: datetime) -> None:
    """Mails come again from now on; everything else that was chosen stays."""
    kept = of(subscriber, now=now)
    choose(
        subscriber=subscriber,
        choice=Choice(kept.topics, kept.audiences, kept.branches, kept.frequency),
    )


def today(now: datetime) -> date:
    """The library's own day."""
    return local(now, Institution.load().tz).date()


def _ids(branches: Collection[int]) -> list[int]:
    return sorted(branches)
