"""Hints about sources."""

from celery import shared_task
from django.conf import settings

from promo import door
from promo.services import sources
from promo.services.clock import database_now


@shared_task
def read(source_id: int) -> None:
    """Read one source into the inbox."""
    guard = door.Guard(allowed_hosts=frozenset(settings.PROMO_FEED_HOSTS))
    sources.read(source_id=source_id, guard=guard, now=database_now())
