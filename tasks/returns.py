"""Hints about returned mail."""

from celery import shared_task

from promo.services import fetching, returns
from promo.services.clock import database_now


@shared_task
def fetch() -> None:
    """Fetch what is in the mailbox of returned mail."""
    fetching.fetch()


@shared_task
def process(mail_id: int) -> None:
    """Read this returned mail, and do what follows."""
    returns.process(mail_id, now=database_now())
