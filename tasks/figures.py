"""Hints about posts whose figures are to be read."""

from celery import shared_task

from promo.services import figures


@shared_task
def read(figures_id: int) -> None:
    """Read what people did with a post."""
    figures.read(figures_id)
