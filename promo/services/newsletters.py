"""Newsletters, each with its destination."""

from typing import Any

from django.db import transaction

from promo.models import Newsletter
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
