"""Segments: saved filters over subscribers, built at the desk."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Segment(models.Model):
    """A saved filter. Who is in it is found anew each time it is used."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    rules = models.JSONField(
        default=list, help_text="Conditions of `promo.services.criteria`; all of them must hold."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    changed_at = models.DateTimeField(_("changed"))

    class Meta:
        verbose_name = _("segment of readers")
        verbose_name_plural = _("segments of readers")
        ordering = ("name",)

    def __str__(self) -> str:
        return str(self.name)
