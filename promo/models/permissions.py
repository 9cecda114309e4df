"""What our own groups have been given once: nothing is given twice, whatever a person took back."""

from django.contrib.auth.models import Group
from django.db import models
from django.utils.translation import gettext_lazy as _


class Grant(models.Model):
    """That a group was given a permission when its version of the program came."""

    group = models.ForeignKey(Group, models.CASCADE, related_name="grants", db_index=False)
    permission = models.CharField(max_length=150, help_text="For example: promo.add_item.")

    class Meta:
        verbose_name = _("granted permission")
        verbose_name_plural = _("granted permissions")
        constraints = [
            models.UniqueConstraint(fields=("group", "permission"), name="grant_once"),
        ]

    def __str__(self) -> str:
        return f"{self.group_id} {self.permission}"
