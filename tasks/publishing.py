"""Hints about publications."""

from celery import shared_task

from promo.services import arming, changing, looking, publishing


@shared_task
def publish(publication_id: int) -> None:
    """Publish it, if it is due."""
    publishing.publish(publication_id)


@shared_task
def look(publication_id: int) -> None:
    """Look whether it is out, if nobody knows."""
    looking.look(publication_id)


@shared_task
def arm(publication_id: int) -> None:
    """Have the network hold it until its time, if that is still possible."""
    arming.arm(publication_id)


@shared_task
def mind(publication_id: int) -> None:
    """Look after what the network holds: change it, take it back, or see that it came out."""
    arming.mind(publication_id)


@shared_task
def change(change_id: int) -> None:
    """Change or take down a post that is out, or see what became of that."""
    changing.carry_out(change_id)
