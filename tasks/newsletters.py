"""Hints about newsletters that fill themselves, and about test mails."""

from celery import shared_task

from promo.services import fillings, proofs, telling
from promo.services.clock import database_now


@shared_task
def compose(newsletter_id: int) -> None:
    """Compose the newsletter's next issue, if it is due."""
    fillings.compose(newsletter_id, now=database_now())


# The last reply of one mail may take 600 s (RFC 5321, 4.5.3.2.6).
@shared_task(soft_time_limit=780, time_limit=840)
def tell(filling_id: int) -> None:
    """Mail the responsible person, if that is due."""
    telling.tell(filling_id, now=database_now())


# Not in the queue of mails: somebody waits for it, and a mailing may take its worker for long.
@shared_task(soft_time_limit=780, time_limit=840)
def prove(proof_id: int) -> None:
    """Mail a test of an issue, if nobody has yet."""
    proofs.send(proof_id, now=database_now())
