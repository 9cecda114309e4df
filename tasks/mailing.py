"""Hints about deliveries, and about mails to one reader."""

from celery import shared_task

from promo.services import confirmations, lookups, mailings, own_data, sending
from promo.services.clock import database_now


# The budget of a mailing, and the last mail's last reply: 600 s (RFC 5321, 4.5.3.2.6). Shorter than
# the broker's visibility timeout.
@shared_task(soft_time_limit=780, time_limit=840)
def send(mailing_id: int) -> None:
    """Mail the readers of this mailing who are due, for one turn; others in the queue are next."""
    if sending.send(mailing_id):
        for next_id in mailings.hand_out(now=database_now()):
            send.delay(next_id)


@shared_task(soft_time_limit=780, time_limit=840)
def look(mailing_id: int) -> None:
    """Ask the relay's log for the readers of this mailing whose outcome is unknown."""
    lookups.look(mailing_id)


@shared_task(soft_time_limit=780, time_limit=840)
def confirm(subscription_id: int) -> None:
    """Mail a reader the link that confirms what they asked for."""
    confirmations.send(subscription_id, now=database_now())


@shared_task(soft_time_limit=780, time_limit=840)
def send_data_link(request_id: int) -> None:
    """Mail a reader the link to what is kept about them."""
    own_data.send(request_id, now=database_now())
