"""To whom an issue would go: the question that starts a mailing, asked beforehand and only counted.

The segment is taken as it is now; breaks and frequency are weighed as on the day on which the issue
goes out. Whoever must not be mailed does not count. Of many readers some are drawn
(`promo.services.segments`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from django.db import connection
from django.db.models import Max, Min

from promo.models import Issue, Subscriber, Subscription
from promo.services import providers, segments, wishes
from promo.services.wishes import LeftOut

NOBODY = LeftOut()
_MOST_DRAWN = 20 * segments.DRAWN
"""Where a newsletter has few of very many subscribers."""


@dataclass(frozen=True, slots=True)
class Addressees:
    """Who gets it: how many, and how many of them with each provider that has a limit.

    `number` is None where too few of those drawn do to tell; what is not `exact` has two digits
    that mean something. `left_out` would get it but for a wish of their own.
    """

    number: int | None
    exact: bool = True
    left_out: LeftOut = NOBODY
    languages: Mapping[str, int] = field(default_factory=dict)
    providers: Mapping[str, int] = field(default_factory=dict)


def of(issue: Issue, *, now: datetime, many: int = segments.MANY) -> Addressees:
    """As things stand. Raises InvalidInput where its segment has a condition nobody knows."""
    ties = Subscription.objects.filter(
        newsletter=issue.newsletter_id, state=Subscription.State.ACTIVE
    )
    ids, each = _drawn(ties.count(), many)
    counted = _counted(issue, ids, now=now)
    fits = sum(number for (wish, *_rest), number in counted.items() if wish == 0)
    if ids and fits < segments.FEWEST:
        return Addressees(None, exact=False)

    def told(number: int) -> int:
        return segments.two_digits(number * each) if ids and number else number

    def split(place: int, keys: Iterable[str]) -> dict[str, int]:
        found: Counter[str] = Counter()
        for row, number in counted.items():
            if row[0] == 0:
                found[str(row[place])] += number
        return {key: told(found[key]) for key in keys if found[key]}

    wished = [sum(n for row, n in counted.items() if row[0] == wish) for wish in (1, 2, 3)]
    return Addressees(
        told(fits),
        exact=not ids,
        left_out=LeftOut(*map(told, wished)),
        languages=split(1, sorted({str(row[1]) for row in counted})),
        providers=split(2, sorted({str(row[2]) for row in counted if row[2]})),
    )


def _drawn(readers: int, many: int) -> tuple[list[int], float]:
    """Ids to look at, and for how many readers each stands; none where all are counted."""
    if readers <= many:
        return [], 1.0
    ends = Subscriber.objects.aggregate(first=Min("id"), last=Max("id"))
    first, last = ends["first"], ends["last"]
    wanted = min(segments.DRAWN * (last - first + 1) // readers, _MOST_DRAWN)
    draw = Random(segments.DRAWN)  # noqa: S311  (nothing secret)
    ids = sorted({draw.randint(first, last) for _one in range(wanted)})
    return ids, (last - first + 1) / len(ids)


def _counted(issue: Issue, ids: list[int], *, now: datetime) -> dict[tuple[int, str, str], int]:
    """Readers by wish, language and provider, "" for one without a limit."""
    rows = segments.rows_for(issue.segment)
    within = segments.part(rows, column="tie.subscriber_id", now=now, among=ids)
    drawn = "AND tie.subscriber_id = ANY(%(drawn)s)" if ids else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH {wishes.SUBJECT_AND_RECENT}, asked AS MATERIALIZED (
                SELECT tie.subscriber_id, {wishes.WISH} AS wish
                FROM promo_subscription tie
                LEFT JOIN promo_preferences chosen ON chosen.subscriber_id = tie.subscriber_id
                WHERE tie.newsletter_id = %(newsletter)s AND tie.state = 'active'
                    {drawn} {within.sql}
            )
            SELECT asked.wish, reader.language, COALESCE(limited.domain, ''), count(*)
            FROM asked
            JOIN promo_subscriber reader ON reader.id = asked.subscriber_id
            LEFT JOIN unnest(%(limited)s::text[]) AS limited (domain)
                ON limited.domain = lower(split_part(reader.email, '@', 2))
            WHERE NOT EXISTS (
                SELECT FROM promo_suppression
                WHERE promo_suppression.address_hash = reader.address_hash
            )
            GROUP BY 1, 2, 3
            """,  # noqa: S608  (conditions of ours, their values by name)
            {
                **within.values,
                **wishes.asked_before(issue, at=max(issue.send_at or now, now)),
                "newsletter": issue.newsletter_id,
                "drawn": ids,
                "limited": list(providers.limits()),
            },
        )
        return {(wish, language, domain): n for wish, language, domain, n in cursor.fetchall()}
