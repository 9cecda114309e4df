"""Returned mails as received: stored before anything is made of them, and forgotten in time.

So is what readers opened and followed, where that is kept for each of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce

from promo.models import ReturnedMail

KEPT = timedelta(days=30)
KEPT_FOR_A_PERSON = timedelta(days=90)
"""How long the mail itself is kept, from its arrival."""

REMEMBERED = timedelta(days=400)
"""How long it is remembered that it came: the same one fetched again counts for nothing."""

_A_TIME = 500
_VISITS_A_TIME = 5000
_NOTHING: dict[str, Any] = {"raw": None, "text": "", "recipient": ""}


def store(*, raw: bytes, source: ReturnedMail.Source, recipient: str = "", now: datetime) -> None:
    """Keep the mail; on return it is committed, and may be deleted where it came from.

    The same one a second time changes nothing.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO on")
        ReturnedMail.objects.bulk_create(
            [
                ReturnedMail(
                    digest=digest(raw, recipient),
                    source=source,
                    recipient=recipient[:320],
                    raw=raw,
                    received_at=now,
                )
            ],
            ignore_conflicts=True,
        )


def digest(raw: bytes, recipient: str) -> str:
    """The same for the same mail, however its line ends were changed on the way."""
    same = b"\n".join(line.rstrip() for line in raw.strip().splitlines())
    return hashlib.sha256(recipient.lower().encode("utf-8", "replace") + b"\n" + same).hexdigest()


def forget_old(*, now: datetime) -> None:
    """Drop mails that were read long ago, and in the end the memory of them."""
    read = ReturnedMail.objects.filter(processed_at__isnull=False)
    person = Q(verdict=ReturnedMail.Verdict.UNINTELLIGIBLE)
    long_enough = ~person | Q(received_at__lte=now - KEPT_FOR_A_PERSON)
    _drop(read.filter(long_enough, received_at__lte=now - KEPT, raw__isnull=False))
    ids = read.filter(received_at__lte=now - REMEMBERED).values("id")[:_A_TIME]
    ReturnedMail.objects.filter(id__in=ids).delete()
    _forget_visits("first_at <= %s LIMIT %s", now - settings.PROMO_CLICKS_KEPT, _VISITS_A_TIME)


def forget_visits(*, subscription_ids: Collection[int]) -> None:
    """Leave only numbers of what these readers opened and followed in these newsletters' mails."""
    _forget_visits(
        """
        delivery_id IN (
            SELECT delivery.id FROM promo_subscription tie
            JOIN promo_delivery delivery ON delivery.subscriber_id = tie.subscriber_id
            JOIN promo_mailing mailing ON mailing.id = delivery.mailing_id
                AND mailing.newsletter_id = tie.newsletter_id
            WHERE tie.id = ANY(%s)
        )
        """,
        list(subscription_ids),
    )


def _forget_visits(which: str, *values: datetime | int | list[int]) -> None:
    """Delete these rows of readers; their numbers stay with the links, which name nobody."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH gone AS (
                DELETE FROM promo_linkvisit WHERE id IN (
                    SELECT id FROM promo_linkvisit WHERE {which}
                ) RETURNING link_id, times
            ), counted AS (
                SELECT link_id, sum(times) AS clicks, count(*) FILTER (WHERE times > 0) AS readers
                FROM gone GROUP BY link_id
            )
            UPDATE promo_trackedlink link SET
                clicks = link.clicks + counted.clicks, readers = link.readers + counted.readers
            FROM counted WHERE link.id = counted.link_id
            """,  # noqa: S608  (both conditions are ours)
            values,
        )


def _drop(rows: QuerySet[ReturnedMail]) -> None:
    ids = rows.values("id")[:_A_TIME]
    ReturnedMail.objects.filter(id__in=ids).update(**_NOTHING)


def forget_readers(
    *, subscriber_ids: Collection[int], addresses: Sequence[str], now: datetime
) -> None:
    """Leave nothing of these readers in what came back or was followed. Call it before the erasure.

    A mail that nobody could assign is found by an address in it (they are in small letters); one
    that is read later finds its reader gone and is dropped then (`promo.services.returns`).
    """
    _forget_visits(
        "delivery_id IN (SELECT id FROM promo_delivery WHERE subscriber_id = ANY(%s))",
        list(subscriber_ids),
    )
    ReturnedMail.objects.filter(delivery__subscriber__in=subscriber_ids).update(**_NOTHING)
    ReturnedMail.objects.filter(id__in=_naming(addresses)).update(
        **_NOTHING,
        processed_at=Coalesce("processed_at", Value(now)),
        verdict=ReturnedMail.Verdict.NOBODY,
    )


def _naming(addresses: Sequence[str]) -> list[int]:
    """Mails that nobody could assign, with one of the addresses in them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT mail.id FROM promo_returnedmail AS mail
            CROSS JOIN LATERAL (SELECT lower(encode(mail.raw, 'escape')) AS low OFFSET 0) AS text
            WHERE mail.delivery_id IS NULL AND mail.raw IS NOT NULL AND EXISTS (
                SELECT FROM unnest(%(addresses)s::text[]) AS address WHERE strpos(low, address) > 0
            )
            """,
            {"addresses": list(addresses)},
        )
        return [one for (one,) in cursor.fetchall()]
