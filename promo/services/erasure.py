"""Forgetting people: of their addresses nothing stays but a keyed hash."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import connection, transaction

from promo.models import DeliveryEvent, Subscriber, Suppression
from promo.services import forgetting, keeping


def erase(*, subscriber_ids: Collection[int], now: datetime) -> int:
    """Forget these people, at once or not at all; gives how many of them there still were.

    The hash stays, so that no import mails the address again. Repeating it changes nothing.
    """
    with transaction.atomic():
        people = list(
            Subscriber.objects.filter(id__in=subscriber_ids)
            .order_by("address_hash")
            .select_for_update()
            .values_list("id", "email", "address_hash")
        )
        if not people:
            return 0
        ids = [one for one, _email, _hashed in people]
        addresses = [email.lower() for _one, email, _hashed in people]
        Suppression.objects.bulk_create(
            [
                Suppression(address_hash=hashed, reason=Suppression.Reason.WISH, at=now)
                for _one, _email, hashed in people
            ],
            ignore_conflicts=True,
        )
        # Mail servers repeat the address in their replies.
        DeliveryEvent.objects.filter(delivery__subscriber__in=ids).update(text="")
        keeping.forget_readers(subscriber_ids=ids, addresses=addresses, now=now)
        _forget_words(addresses)
        forgetting.blot_out(ids)
        with forgetting.permitted():
            Subscriber.objects.filter(id__in=ids).delete()
    return len(ids)


_NAMED = """
    EXISTS (
        SELECT FROM unnest(%(addresses)s::text[]) AS address WHERE strpos(lower({}), address) > 0
    )
"""


def _forget_words(addresses: list[str]) -> None:
    """Reports of imports quote the rows that brought nobody; a filter may have named an address."""
    with connection.cursor() as cursor:
        for statement, column in (
            ("DELETE FROM promo_refusedrow WHERE", "line"),
            ("UPDATE promo_readerexport SET about = '' WHERE", "about"),
            (
                "UPDATE promo_bulkact SET about = '', rules = '[]' WHERE total IS NOT NULL AND",
                "about",
            ),
        ):
            cursor.execute(f"{statement} {_NAMED.format(column)}", {"addresses": addresses})
