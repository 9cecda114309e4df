"""Consent to be told apart in opens and clicks: given for one newsletter, apart from reading it.

Nobody has it who did not tick it; without it a reader is counted and not named. Whoever leaves the
newsletter takes it back with everything else.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from promo.models import Consent, Subscription
from promo.services import keeping

About, Act, State = Consent.About, Consent.Act, Subscription.State


@dataclass(frozen=True, slots=True)
class Said:
    """When, where and with which proof a reader decided: what a row of the ledger holds."""

    at: datetime
    source: str = ""
    ip: str | None = None
    proof: str = ""


def note_asked(rows: Collection[Subscription], *, wordings: dict[int, str], said: Said) -> None:
    """A sign-up's ticks, by newsletter. They count once the address is confirmed."""
    Consent.objects.bulk_create(
        _entry(row, Act.ASKED, said, wordings[row.newsletter_id])
        for row in rows
        if row.newsletter_id in wordings
    )


def confirm(row: Subscription, *, said: Said) -> None:
    """The sign-up is confirmed: with it what was ticked on its form, and nothing older."""
    asked = row.consents.filter(about=About.COUNTING, act=Act.ASKED)
    if row.asked_at is not None and asked.filter(at=row.asked_at).exists():
        agree(row, wording="", said=said)


def agree(row: Subscription, *, wording: str, said: Said) -> None:
    """From now on this reader is told apart. Repeating it changes nothing."""
    changed = Subscription.objects.filter(pk=row.pk, state=State.ACTIVE, counted_since_at=None)
    with transaction.atomic():
        if changed.update(counted_since_at=said.at):
            _entry(row, Act.CONFIRMED, said, wording).save()


def withdraw(row: Subscription, *, said: Said) -> None:
    """From now on this reader is not told apart, and of what was counted only numbers stay."""
    agreed = Subscription.objects.filter(pk=row.pk, counted_since_at__isnull=False)
    with transaction.atomic():
        if agreed.update(counted_since_at=None):
            _entry(row, Act.WITHDRAWN, said, "").save()
            keeping.forget_visits(subscription_ids=[row.pk])


def _entry(row: Subscription, act: Consent.Act, said: Said, wording: str) -> Consent:
    return Consent(
        subscription=row,
        about=About.COUNTING,
        act=act,
        at=said.at,
        wording=wording,
        source=said.source[:200],
        ip=said.ip,
        proof=said.proof[:200],
    )


def agreed(*, delivery_id: int, newsletter_id: int) -> bool:
    """May this delivery's reader be told apart at this moment?"""
    return Subscription.objects.filter(
        subscriber__deliveries=delivery_id,
        newsletter=newsletter_id,
        counted_since_at__isnull=False,
    ).exists()
