"""Hints about deliveries and confirmation mails."""

from celery import shared_task

from promo.services import confirmations, deliveries
from promo.services.clock import database_now


@shared_task
def send(publication_id: int) -> None:
    """Mail the readers of this publication who are due."""
    deliveries.send(publication_id)


@shared_task
def confirm(subscription_id: int) -> None:
    """Mail the link that confirms a subscription."""
    confirmations.send(subscription_id, now=database_now())
