"""Is everything alive? Signs of life of database, Redis, worker and beat."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.db import connection

from promo.models import Heartbeat, Publication
from promo.protocol import NEEDS_A_HAND
from promo.services.publishing import due

WORKER = "worker"
WORKER_SILENCE = timedelta(seconds=90)
NOTED_EVERY = timedelta(seconds=10)
"""A worker gives a sign of life by a turn of this name: every second would be too many writes."""


def next_turn(every: Mapping[str, timedelta], *, now: datetime) -> str | None:
    """Whose turn it is: what has waited longest beyond its time. Whoever asks first takes it.

    None where nothing is due; then nothing is written.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH picked AS (
                SELECT name, before.at
                FROM unnest(%(names)s::text[], %(every)s::interval[]) AS asked (name, every)
                LEFT JOIN promo_heartbeat AS before USING (name)
                WHERE before.at IS NULL OR before.at <= %(now)s - every
                ORDER BY before.at + every NULLS FIRST LIMIT 1
            )
            INSERT INTO promo_heartbeat AS noted (name, at) SELECT name, %(now)s FROM picked
            ON CONFLICT (name) DO UPDATE SET at = excluded.at
            WHERE noted.at = (SELECT at FROM picked)
            RETURNING name
            """,
            {"now": now, "names": list(every), "every": list(every.values())},
        )
        taken = cursor.fetchone()
        return taken[0] if taken else None


def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def parts(*, now: datetime) -> dict[str, bool]:
    """Which parts are alive. The caller has reached the database, or would not be here."""
    try:
        beat = bool(_redis().exists(settings.BEAT_KEY))
        redis_alive = True
    except redis.RedisError:
        beat = redis_alive = False
    worker = Heartbeat.objects.filter(name=WORKER, at__gt=now - WORKER_SILENCE).exists()
    return {"database": True, "redis": redis_alive, "worker": worker, "beat": beat}


def figures(*, now: datetime) -> dict[str, int]:
    """What waits, and what waits for a person."""
    return {
        "due": due(now).count(),
        "needs_a_hand": Publication.objects.filter(state__in=NEEDS_A_HAND).count(),
    }
