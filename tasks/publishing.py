"""Hints about publications."""

from celery import shared_task

from promo.services import looking, publishing


@shared_task
def publish(publication_id: int) -> None:
    """Publish it, if it is due."""
    publishing.publish(publication_id)


@shared_task
def look(publication_id: int) -> None:
    """Look whether it is out, if nobody knows."""
    looking.look(publication_id)
