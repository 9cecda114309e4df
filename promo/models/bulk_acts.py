"""Acts on many subscribers at once, and what was taken out of the house as a file."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class BulkAct(models.Model):
    """One act on many subscribers, done slice by slice. The row is the queue.

    Whom it is about is found once and written down in `BulkActReader`; `after` is the last of them
    that has been dealt with, committed together with what was done.
    """

    class Kind(models.TextChoices):
        SUBSCRIBE = "subscribe", pgettext_lazy("bulk act", "Subscribe to a newsletter")
        UNSUBSCRIBE = "unsubscribe", pgettext_lazy("bulk act", "Unsubscribe from a newsletter")
        LANGUAGE = "language", pgettext_lazy("bulk act", "Set the language")
        TOPICS = "topics", pgettext_lazy("bulk act", "Set the topics")
        BRANCHES = "branches", pgettext_lazy("bulk act", "Set the branches")
        SUPPRESS = "suppress", pgettext_lazy("bulk act", "Never mail again")
        ERASE = "erase", pgettext_lazy("bulk act", "Erase")

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("bulk act", "about to start")
        WORKING = "working", pgettext_lazy("bulk act", "under way")
        DONE = "done", pgettext_lazy("bulk act", "finished")
        FAILED = "failed", pgettext_lazy("bulk act", "failed")
        CANCELLED = "cancelled", pgettext_lazy("bulk act", "cancelled")

    kind = models.CharField(_("what"), max_length=11, choices=Kind.choices)
    given = models.JSONField(
        default=dict, help_text="What the act needs: a newsletter, a language, topics, branches."
    )
    why = models.CharField(_("reason"), max_length=150)
    wording = models.TextField(_("what the readers agreed to"), blank=True)
    rules = models.JSONField(default=list, help_text="Whom it is about, until they are gathered.")
    about = models.TextField(help_text="The same in words.")
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("asked for"))

    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.WAITING)
    total = models.PositiveIntegerField(
        null=True, blank=True, help_text="How many readers it is about, once they are gathered."
    )
    after = models.PositiveBigIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    already = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)
    suppressed = models.PositiveIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=500, blank=True)

    hinted_at = models.DateTimeField(null=True, blank=True)
    token = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(
        default=0, help_text="Claims since something was last achieved."
    )
    owner = models.CharField(max_length=120, blank=True)
    lease_until_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("act on many readers")
        verbose_name_plural = _("acts on many readers")
        ordering = ("-created_at",)
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="done")
                | Q(
                    total=F("changed") + F("already") + F("left") + F("suppressed") + F("gone"),
                    finished_at__isnull=False,
                ),
                name="bulk_act_accounts_for_every_reader",
            ),
        ]
        indexes = [
            models.Index(
                fields=("hinted_at",),
                condition=Q(state__in=["waiting", "working"]),
                name="bulk_act_under_way",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

    @property
    def dealt_with(self) -> int:
        """How many readers it is through with."""
        return self.changed + self.already + self.left + self.suppressed + self.gone


class BulkActReader(models.Model):
    """A reader whom an act is about. Gone once the act is over; without a key, for erasures."""

    act = models.ForeignKey(BulkAct, models.CASCADE, db_index=False, related_name="readers")
    subscriber_id = models.PositiveBigIntegerField()

    class Meta:
        verbose_name = _("reader of an act")
        verbose_name_plural = _("readers of an act")
        constraints = [
            models.UniqueConstraint(fields=("act", "subscriber_id"), name="bulk_act_reader_once")
        ]

    def __str__(self) -> str:
        return f"{self.act_id}: {self.subscriber_id}"


class ReaderExport(models.Model):
    """That somebody took readers' data away as a file: who, when, and whose. Never deleted."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    user_name = models.CharField(_("who"), max_length=160, help_text="Outlives the account.")
    at = models.DateTimeField(_("when"))
    about = models.TextField(_("whom"), help_text="The filter in words.")
    rows = models.PositiveIntegerField(
        _("readers"), null=True, blank=True, help_text="Empty where the file was not fetched whole."
    )

    class Meta:
        verbose_name = _("export of readers")
        verbose_name_plural = _("exports of readers")
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"{self.user_name} {self.at:%Y-%m-%d}"
