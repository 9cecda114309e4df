"""Hints about deliveries and confirmation mails."""

from celery import shared_task

from promo.services import confirmations, sending
from promo.services.clock import database_now


# The budget of a mailing, and the last mail's last reply: 600 s (RFC 5321, 4.5.3.2.6). Shorter than
# the broker's visibility timeout.
@shared_task(soft_time_limit=780, time_limit=840)
def send(mailing_id: int) -> None:
    """Mail the readers of this mailing who are due."""
    sending.send(mailing_id)


@shared_task(soft_time_limit=780, time_limit=840)
def confirm(subscription_id: int) -> None:
    """Mail a reader the link that confirms what they asked for."""
    confirmations.send(subscription_id, now=database_now())
