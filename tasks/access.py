"""Hints about access to networks."""

from celery import shared_task

from promo.services import accesses, notices
from promo.services.clock import database_now


@shared_task
def check(destination_id: int) -> None:
    """Ask the network whether our access is still good."""
    accesses.check_daily(destination_id, now=database_now())


# The last reply of one mail may take 600 s (RFC 5321, 4.5.3.2.6).
@shared_task(soft_time_limit=780, time_limit=840)
def tell(notice_id: int) -> None:
    """Mail somebody about an access, if that is due."""
    notices.tell(notice_id, now=database_now())
