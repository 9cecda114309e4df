"""Who could not be reached for so long that no more mail is sent there.

A mail was not delivered this time if it came back, if the relay refused it for a mailbox that is
full or closed for now, or if that was why it was given up. Any other refusal by the relay may be
our own fault, and counts for nobody.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from django.db import connection

from promo.models import Delivery

MAILINGS = 3
SPAN = timedelta(days=14)
"""So many mailings in a row, over so long."""

_FOR_LONG = """
    WITH mail AS (
        SELECT delivery.subscriber_id, mailing.started_at,
            delivery.state = %(accepted)s AND NOT EXISTS (
                SELECT FROM promo_deliveryevent event
                WHERE event.delivery_id = delivery.id AND event.kind = 'bounced'
            ) AS arrived,
            EXISTS (
                SELECT FROM promo_deliveryevent event
                WHERE event.delivery_id = delivery.id AND (
                    event.kind = 'bounced' AND event.category IN ('', 'mailbox', 'network')
                    OR event.kind = 'refused' AND event.category = 'mailbox'
                    OR event.kind = 'deferred' AND event.category = 'mailbox'
                        AND delivery.state = %(given_up)s
                )
            ) AS missed
        FROM promo_delivery delivery JOIN promo_mailing mailing ON mailing.id = delivery.mailing_id
        WHERE delivery.subscriber_id = ANY(%(readers)s)
    ), last AS (
        SELECT subscriber_id, max(started_at) AS missed_at FROM mail WHERE missed GROUP BY 1
    ), reached AS (
        SELECT mail.subscriber_id, max(mail.started_at) AS at
        FROM mail JOIN last USING (subscriber_id)
        WHERE mail.arrived AND mail.started_at < last.missed_at GROUP BY 1
    )
    SELECT mail.subscriber_id FROM mail LEFT JOIN reached USING (subscriber_id)
    WHERE mail.missed AND mail.started_at > coalesce(reached.at, '-infinity')
    GROUP BY 1
    HAVING count(*) >= %(mailings)s
        AND max(mail.started_at) - min(mail.started_at) >= make_interval(secs => %(span)s)
"""


def for_long(*, subscriber_ids: Collection[int]) -> list[int]:
    """Which of these readers missed so many mailings in a row, and none in between arrived.

    What was sent after the last one that they missed counts for nothing: it may still come back.
    """
    if not subscriber_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _FOR_LONG,
            {
                "readers": list(subscriber_ids),
                "accepted": Delivery.State.ACCEPTED,
                "given_up": Delivery.State.GIVEN_UP,
                "mailings": MAILINGS,
                "span": SPAN.total_seconds(),
            },
        )
        return [reader for (reader,) in cursor.fetchall()]
