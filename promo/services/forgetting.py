"""Forgetting sign-ups that nobody confirmed, and the leave to delete a proof of consent.

PostgreSQL refuses every other deletion of a consent (migration `0008_sign_ups`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from wagtail.models import ModelLogEntry

from promo.models import Consent, DataRequest, Subscriber, Subscription

State = Subscription.State
_A_TIME = 500


@contextmanager
def permitted() -> Iterator[None]:
    """Within it consents may be deleted. Call it in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL promo.forgetting TO 'on'")
        yield
        cursor.execute("SET LOCAL promo.forgetting TO 'off'")


def sweep(*, now: datetime) -> None:
    """Drop sign-ups that were never confirmed, and old requests for data."""
    before = now - settings.PROMO_UNCONFIRMED_KEPT
    old = DataRequest.objects.filter(asked_at__lte=before).values("id")[:_A_TIME]
    DataRequest.objects.filter(id__in=old).delete()
    waiting = Subscription.objects.filter(state=State.PENDING, asked_at__lte=before)
    if not waiting.exists():
        return
    with transaction.atomic():
        picked = waiting.select_for_update(skip_locked=True).order_by("asked_at")
        rows = list(picked.values_list("id", "subscriber_id", "ended_at")[:_A_TIME])
        # Whoever had read it before and left has a history, which is kept: they have left again.
        left = [row for row, _reader, ended_at in rows if ended_at]
        Subscription.objects.filter(id__in=left).update(state=State.ENDED, confirm_at=None)
        never = {row: reader for row, reader, ended_at in rows if not ended_at}
        with permitted():
            Consent.objects.filter(subscription__in=never).delete()
            Subscription.objects.filter(id__in=never).delete()
            _forget_people(never.values())


def _forget_people(subscriber_ids: Collection[int]) -> None:
    """Those of them who have no subscription any more, and never were sent anything."""
    strangers = Subscriber.objects.filter(
        id__in=subscriber_ids, subscriptions=None, deliveries=None
    )
    # Who signs up again at this instant holds the row: it stays.
    picked = strangers.select_for_update(of=("self",), skip_locked=True)
    ids = list(picked.values_list("id", flat=True))
    blot_out(ids)
    Subscriber.objects.filter(id__in=ids).delete()


def blot_out(subscriber_ids: Collection[int]) -> None:
    """The desk's history stays without the name of what was changed: the address."""
    entries = ModelLogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Subscriber),
        object_id__in=[str(one) for one in subscriber_ids],
    )
    entries.update(label="", data={})
