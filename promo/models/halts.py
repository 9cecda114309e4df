"""The institution's emergency stop: while one stands, nothing leaves the house."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Halt(models.Model):
    """One stop of everything: who, when and why, and who let it go on. Kept for the record."""

    began_at = models.DateTimeField()
    began_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    because = models.CharField(_("reason"), max_length=200)
    put_back_to = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Promo's own stop: the database is a backup of this moment.",
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("stop of everything")
        verbose_name_plural = _("stops of everything")
        ordering = ("-began_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=("ended_at",),
                name="halt_one_at_a_time",
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M} {self.because}"

    @property
    def by_itself(self) -> bool:
        """Promo began it; of a stop without a person otherwise the account is gone."""
        return self.began_by_id is None and self.put_back_to is not None
