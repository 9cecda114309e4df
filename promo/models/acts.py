"""What was done to an event at the desk in one act, and what is needed to take it back."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class EventAct(models.Model):
    """One act on an approved event: moved, cancelled, postponed, and so on.

    `before` is the revision that was approved until then, `plan_before` where its unsent
    publications stood. An act that was taken back counts as never told: its approval stays in the
    record, but no date or status is compared with it.
    """

    class Kind(models.TextChoices):
        MOVE = "move", pgettext_lazy("act on an event", "Move")
        CANCEL = "cancel", pgettext_lazy("act on an event", "Cancel")
        POSTPONE = "postpone", pgettext_lazy("act on an event", "Postpone without a new date")
        SOLD_OUT = "sold_out", pgettext_lazy("act on an event", "No places left")
        DEADLINE = "deadline", pgettext_lazy("act on an event", "Change a closing date")
        END_EARLY = "end_early", pgettext_lazy("act on an event", "End earlier")
        DATE_MOVE = "date_move", pgettext_lazy("act on an event", "Move one date of the series")
        DATE_OFF = "date_off", pgettext_lazy("act on an event", "Cancel one date of the series")

    item = models.ForeignKey("promo.Item", models.CASCADE, related_name="acts")
    kind = models.CharField(_("what"), max_length=10, choices=Kind.choices)
    at = models.DateTimeField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    approval = models.OneToOneField("promo.Approval", models.CASCADE, related_name="act")
    before = models.ForeignKey(
        "wagtailcore.Revision", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    plan_before = models.JSONField(
        default=list, help_text="Id, state and times of each publication that was still unsent."
    )
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("act on an event")
        verbose_name_plural = _("acts on events")
        ordering = ("-at", "-id")

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.item}"
