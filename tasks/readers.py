"""Hints about imports of readers, and about acts on many of them."""

from celery import shared_task

from promo.services import bulk_acts, reader_imports


# A spreadsheet of a million rows takes some minutes; shorter than the broker's visibility timeout.
@shared_task(soft_time_limit=780, time_limit=840)
def read(import_id: int) -> None:
    """Read this file of readers, if it is to be read."""
    reader_imports.read(import_id)


@shared_task(soft_time_limit=780, time_limit=840)
def act(act_id: int) -> None:
    """Go on with this act on many readers, if it is to be done."""
    bulk_acts.run(act_id)
