"""Is everything alive? Signs of life of database, Redis, worker and beat."""

from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.db import connection

from promo.models import Heartbeat, Publication
from promo.protocol import NEEDS_A_HAND
from promo.services.publishing import due

WORKER_SILENCE = timedelta(seconds=90)
NOTED_EVERY = timedelta(seconds=10)
"""A sign of life every second would be a write to the disk every second."""


def note(name: str, *, now: datetime) -> None:
    """Write down that a process is at work, if that was not written just now."""
    its_turn(name, every=NOTED_EVERY, now=now)


def its_turn(name: str, *, every: timedelta, now: datetime) -> bool:
    """Is this due again? Whoever asks first after so long takes the turn.

    As long as it is not, nothing is written.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH again AS (
                UPDATE promo_heartbeat SET at = %(now)s
                WHERE name = %(name)s AND at <= %(before)s RETURNING name
            ), first AS (
                INSERT INTO promo_heartbeat (name, at) SELECT %(name)s, %(now)s
                WHERE NOT EXISTS (SELECT FROM promo_heartbeat WHERE name = %(name)s)
                ON CONFLICT DO NOTHING RETURNING name
            )
            SELECT name FROM again UNION ALL SELECT name FROM first
            """,
            {"name": name, "now": now, "before": now - every},
        )
        return cursor.fetchone() is not None


def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def parts(*, now: datetime) -> dict[str, bool]:
    """Which parts are alive. The caller has reached the database, or would not be here."""
    try:
        beat = bool(_redis().exists(settings.BEAT_KEY))
        redis_alive = True
    except redis.RedisError:
        beat = redis_alive = False
    worker = Heartbeat.objects.filter(name="worker", at__gt=now - WORKER_SILENCE).exists()
    return {"database": True, "redis": redis_alive, "worker": worker, "beat": beat}


def figures(*, now: datetime) -> dict[str, int]:
    """What waits, and what waits for a person."""
    return {
        "due": due(now).count(),
        "needs_a_hand": Publication.objects.filter(state__in=NEEDS_A_HAND).count(),
    }
