"""Access to networks: a sign-in under way, and mails to those who can mend a lost one."""

import uuid
from collections.abc import Mapping

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from promo import vault


class Handshake(models.Model):
    """One run through a network's sign-in. Bound to a session, one use, soon over.

    Of the session and of the OAuth `state` only hashes are kept. `sealed` holds the app's secret,
    later the person's token too.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    channel = models.CharField(max_length=40)
    destination = models.ForeignKey(
        "promo.Destination",
        models.CASCADE,
        null=True,
        related_name="+",
        help_text="What is connected again; empty: something new.",
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    session_hash = models.CharField(max_length=64)
    state_hash = models.CharField(max_length=64, blank=True, help_text="Empty once it was used.")
    config = models.JSONField(default=dict)
    sealed = models.TextField(blank=True)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("sign-in at a network")
        verbose_name_plural = _("sign-ins at networks")

    def __str__(self) -> str:
        return f"{self.channel} {self.uuid}"

    @property
    def secrets(self) -> dict[str, str]:
        return vault.unseal(self.sealed, place=self.place)

    @property
    def place(self) -> str:
        return f"handshake-{self.uuid}"

    def seal(self, secrets: Mapping[str, str]) -> None:
        """Keep these secrets, encrypted; the row must be saved by the caller."""
        self.sealed = vault.seal(secrets, place=self.place)


class AccessNotice(models.Model):
    """One mail to one person about a destination's access. The row is the queue."""

    class Kind(models.TextChoices):
        LOST = "lost", _("access lost")
        ENDS = "ends", _("access ends soon")

    destination = models.ForeignKey("promo.Destination", models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=4, choices=Kind.choices)
    key = models.CharField(max_length=80, help_text="What it tells of: told once to each person.")
    text = models.CharField(max_length=300)
    tell_at = models.DateTimeField(null=True, blank=True)
    tell_tries = models.PositiveSmallIntegerField(default=0)
    told_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = _("notice about access")
        verbose_name_plural = _("notices about access")
        constraints = [
            models.UniqueConstraint(fields=("destination", "user", "key"), name="access_told_once")
        ]
        indexes = [
            models.Index(
                fields=("tell_at",),
                name="access_notice_due",
                condition=models.Q(tell_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
