"""The secret address at which somebody's calendar program reads what is planned."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class CalendarAddress(models.Model):
    """One for each person who wants one. A new `uuid` makes the old address lead nowhere."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_address"
    )
    uuid = models.UUIDField(default=uuid.uuid4, unique=True)
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("calendar address")
        verbose_name_plural = _("calendar addresses")

    def __str__(self) -> str:
        return f"{self.user_id} {self.made_at}"
