"""Levels of promotion that came too late and were allowed all the same."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from promo.models.items import LEVELS


class LevelGrant(models.Model):
    """An approver's word that a late item gets a level, and why. Append-only."""

    item = models.ForeignKey("promo.Item", models.CASCADE, related_name="level_grants")
    level = models.PositiveSmallIntegerField(_("promotion"), choices=LEVELS)
    reason = models.CharField(_("reason"), max_length=300)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("late promotion allowed")
        verbose_name_plural = _("late promotions allowed")
        ordering = ("at", "id")

    def __str__(self) -> str:
        return f"{self.get_level_display()}: {self.reason}"
