"""Hints about what comes back: evergreen items, and the anniversaries of the region."""

from celery import shared_task

from promo.services import anniversaries, evergreen
from promo.services.clock import database_now


@shared_task
def keep(item_id: int) -> None:
    """Have the item's next showings stand where they should."""
    evergreen.keep(item_id, now=database_now())


@shared_task
def remember(anniversary_id: int) -> None:
    """Make this year's draft of an anniversary, if nobody has."""
    anniversaries.remember(anniversary_id, now=database_now())
