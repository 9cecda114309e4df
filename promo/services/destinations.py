"""Destinations: setting up, pausing, resuming, checking."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from promo.errors import InvalidInput
from promo.models import Campaign, Destination, Publication
from promo.protocol import AHEAD, DUE, State
from promo.values import Problem


def create(
    *,
    channel: str,
    name: str,
    config: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
) -> Destination:
    """A new destination of an installed channel."""
    destination = Destination(channel=channel, name=name, config=dict(config or {}))
    destination.seal(secrets or {})
    destination.full_clean()
    destination.save()
    return destination


def configure(*, destination: Destination, given: Mapping[str, str]) -> None:
    """Store what a person gave for the channel's fields; an empty secret keeps the stored one.

    Raises InvalidInput that names a required field without a value.
    """
    from promo.services.channels import channel_class  # noqa: PLC0415  (channels publish, we set up)

    secrets = destination.secrets
    config = dict(destination.config)
    for field in channel_class(destination.channel).fields:
        value = given.get(field.key, "").strip()
        kept = secrets if field.secret else config
        if value or not field.secret:
            kept[field.key] = value
        if field.required and not kept.get(field.key):
            message = _("“{label}” is missing.").format(label=field.label)
            raise InvalidInput(message, field=field.key)
    point(destination, config)
    destination.seal(secrets)
    destination.save(update_fields=["config", "sealed", "seen_at"])


def point(destination: Destination, config: Mapping[str, str]) -> None:
    """Let it publish where this says; the row must be saved by the caller.

    Where that is another page, or by another app, nobody has looked yet what followers see.
    """
    if _given(config) != _given(destination.config):
        destination.seen_at = None
    destination.config = dict(config)


def _given(config: Mapping[str, str]) -> dict[str, str]:
    """Without the fields that were left empty."""
    return {key: value for key, value in config.items() if value}


def pause(*, destination: Destination, because: str, now: datetime) -> None:
    """Stop publishing here; what is due waits."""
    with transaction.atomic():
        Destination.objects.filter(id=destination.id, paused_at__isnull=True).update(
            paused_at=now, paused_because=because[:300]
        )
        hold(destination=destination)


def resume(*, destination: Destination) -> None:
    """Publish here again, rest or not; what waited goes out unless it is too late by now."""
    with transaction.atomic():
        Destination.objects.filter(id=destination.id).update(
            paused_at=None,
            paused_because="",
            access_lost_at=None,
            rests_until_at=None,
            probe=None,
            troubles=0,
        )
        hold(destination=destination)


def hold(*, destination: Destination | None = None, campaign: Campaign | None = None) -> None:
    """Make `held` say what the campaign's and the destination's states mean for what is due.

    What a network holds already is looked after at once: it is taken back where it must wait.
    """
    lost = Q(state=State.UNKNOWN, armed_for_at__isnull=False)
    rows = Publication.objects.filter(Q(state__in=DUE | AHEAD) | lost)
    rows = rows.select_related("campaign", "destination")
    if destination is not None:
        rows = rows.filter(destination=destination)
    if campaign is not None:
        rows = rows.filter(campaign=campaign)
    running = Q(campaign=None) | Q(campaign__state=Campaign.State.QUEUED)
    free = rows.filter(running, destination__paused_at__isnull=True, destination__active=True)
    free_ids = list(free.values_list("id", flat=True))
    rows.filter(id__in=free_ids).update(held=False, hinted_at=None)
    kept = rows.exclude(id__in=free_ids)
    kept.filter(state=State.ARMED, held=False).update(look_at=Now())
    kept.update(held=True)


def check(*, destination: Destination, now: datetime) -> list[Problem]:
    """Ask the channel whether our access is still good."""
    from promo.services.channels import channel_for  # noqa: PLC0415  (see configure)

    found = channel_for(destination).check()
    Destination.objects.filter(id=destination.id).update(checked_at=now)
    return found
