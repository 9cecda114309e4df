"""Readers who left after an issue: told of the last one they had before they left.

While an issue is the newest, they are counted whenever somebody looks. Once the next one is over
the number can change no more and is kept: nobody is looked for among a million twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from promo.models import Mailing


def counts(mailings: Sequence[Mailing]) -> dict[int, int]:
    """How many readers of each left the newsletter after its start and before the next one's."""
    known = {one.id: one.left for one in mailings if one.left is not None}
    return known | _counted([one.id for one in mailings if one.left is None])


def keep(*, before: Mailing) -> None:
    """Keep the numbers of the newsletter's issues before this one, which is over."""
    rows = Mailing.objects.filter(
        newsletter_id=before.newsletter_id, started_at__lt=before.started_at, left=None
    )
    for mailing_id, left in _counted(list(rows.values_list("id", flat=True))).items():
        rows.filter(id=mailing_id).update(left=left)


def _counted(ids: list[int]) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH turn AS (
                SELECT id, newsletter_id, started_at, coalesce((
                    SELECT min(started_at) FROM promo_mailing next
                    WHERE next.newsletter_id = this.newsletter_id
                        AND next.started_at > this.started_at
                ), 'infinity') AS until
                FROM promo_mailing this WHERE id = ANY(%(ids)s)
            )
            SELECT turn.id, (
                SELECT count(*) FROM promo_subscription tie
                WHERE tie.newsletter_id = turn.newsletter_id AND tie.state = 'ended'
                    AND tie.ended_at >= turn.started_at AND tie.ended_at < turn.until
                    AND EXISTS (
                        SELECT FROM promo_delivery delivery
                        WHERE delivery.subscriber_id = tie.subscriber_id
                            AND delivery.mailing_id = turn.id
                    )
            ) FROM turn
            """,
            {"ids": ids},
        )
        return dict(cursor.fetchall())
