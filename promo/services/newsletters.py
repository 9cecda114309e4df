"""Newsletters, each with its destination."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from promo.errors import NotAllowed
from promo.models import Newsletter, Publication
from promo.services import destinations

CHANNEL = "newsletter_email"


def create(*, name: str, **values: Any) -> Newsletter:
    """A new newsletter; its destination comes into being with it."""
    newsletter = Newsletter(name=name, **values)
    save(newsletter=newsletter)
    return newsletter


def save(*, newsletter: Newsletter) -> None:
    """Store a newsletter; a new one gets its destination, a renamed one renames it."""
    with transaction.atomic():
        if newsletter.destination_id is None:
            newsletter.destination = destinations.create(channel=CHANNEL, name=newsletter.name)
        elif newsletter.destination.name != newsletter.name:
            newsletter.destination.name = newsletter.name
            newsletter.destination.save(update_fields=["name"])
        newsletter.full_clean()
        newsletter.save()


def remove(*, newsletter: Newsletter) -> None:
    """Delete a newsletter and its destination. Raises NotAllowed once anybody reads or got it."""
    used = Publication.objects.filter(destination_id=newsletter.destination_id).exists()
    if used or newsletter.subscriptions.exists() or newsletter.issues.exists():
        raise NotAllowed(
            _(
                "“{name}” stays: it has readers, issues or publications. "
                "Close it to sign-up and pause its destination instead."
            ).format(name=newsletter.name)
        )
    with transaction.atomic():
        destination = newsletter.destination
        newsletter.delete()
        destination.delete()
