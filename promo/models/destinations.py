"""Destinations: configured channels, with their secrets encrypted at rest."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from promo import vault


def channel_choices() -> list[tuple[str, str]]:
    """The keys of the installed channels; labels are the channels' own business."""
    return [(key, key) for key in channel_keys()]


def channel_keys() -> list[str]:
    return [path.rpartition(".")[2] for path in settings.PROMO_CHANNELS]


def in_a_day() -> datetime:
    return timezone.now() + timedelta(days=1)


class Destination(models.Model):
    """A configured channel: this page, this newsletter, this site."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    channel = models.CharField(_("channel"), max_length=40, choices=channel_choices)
    name = models.CharField(_("name"), max_length=120)
    active = models.BooleanField(_("in use"), default=True)
    arm_ahead = models.BooleanField(
        _("schedule ahead on the network"),
        default=True,
        help_text="Where the channel can: the network holds the post, and shows it without us.",
    )
    config = models.JSONField(default=dict, blank=True, editable=False)
    sealed = models.TextField(blank=True, editable=False)
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    paused_because = models.CharField(max_length=300, blank=True, editable=False)
    rests_until_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="Nothing is published here before; then one publication tries for all.",
    )
    rests_because = models.CharField(max_length=300, blank=True, editable=False)
    probe = models.BigIntegerField(
        null=True, blank=True, editable=False, help_text="The publication that tries for all."
    )
    troubles = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="How often in a row it could not be reached."
    )
    gap = models.DurationField(
        default=timedelta(0), editable=False, help_text="Between those that waited for the rest."
    )
    used_percent = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Of the calls that the network allows."
    )
    used_until_at = models.DateTimeField(null=True, blank=True, editable=False)
    checked_at = models.DateTimeField(null=True, blank=True, editable=False)
    next_check_at = models.DateTimeField(default=in_a_day, editable=False)
    connected_at = models.DateTimeField(null=True, blank=True, editable=False)
    seen_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When somebody said that followers see what is out here.",
    )
    access_lost_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Equals `paused_at` where it paused it."
    )
    findings = models.JSONField(
        default=list, blank=True, editable=False, help_text="Warnings of the last check, as texts."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("destination")
        verbose_name_plural = _("destinations")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def secrets(self) -> dict[str, str]:
        return vault.unseal(self.sealed, place=str(self.uuid))

    def seal(self, secrets: Mapping[str, str]) -> None:
        """Keep these secrets, encrypted; the row must be saved by the caller."""
        self.sealed = vault.seal(secrets, place=str(self.uuid)) if secrets else ""
