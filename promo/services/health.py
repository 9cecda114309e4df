"""Is everything alive? Signs of life of database, Redis, worker and beat."""

from datetime import datetime, timedelta

import redis
from django.conf import settings

from promo.models import Heartbeat, Publication
from promo.protocol import NEEDS_A_HAND
from promo.services.publishing import due

WORKER_SILENCE = timedelta(seconds=90)


def note(name: str, *, now: datetime) -> None:
    """Write down that a process is at work."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": now})


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
