"""Campaigns and the timetables they follow."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.models import Orderable

from promo.errors import InvalidInput
from promo.models.destinations import channel_choices
from promo.models.fields import ChoicesField
from promo.models.items import LEVELS, kind_choices
from promo.planning import Need, parse_step
from promo.values import Variant

VARIANTS = [
    (Variant.ANNOUNCE.value, _("announcement")),
    (Variant.REMINDER.value, _("reminder")),
    (Variant.TODAY.value, _("today")),
    (Variant.LAST_DAYS.value, _("last days")),
    (Variant.RESULTS.value, _("results")),
    (Variant.REPORT.value, _("report")),
    (Variant.CHANGED.value, _("change of date")),
    (Variant.CANCELLED.value, _("cancellation")),
    (Variant.NEWS.value, _("news")),
    (Variant.ISSUE.value, _("newsletter issue")),
]


NEEDS = [
    (Need.REPORT.value, _("a report (text, picture, consent)")),
    (Need.RESULTS.value, _("results")),
    (Need.PLACES.value, _("places left")),
    (Need.WIDE_CHANGE.value, _("a longer change, or one at the main library")),
]


def need_choices() -> list[tuple[str, Any]]:
    return [(key, label) for key, label in NEEDS]


class Timetable(ClusterableModel):
    """A reusable plan: steps at offsets from the event."""

    key = models.SlugField(_("short name"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    kinds = ChoicesField(
        kind_choices,
        verbose_name=_("used for"),
        help_text=_("Items of these kinds follow this timetable unless another one is chosen."),
    )
    level = models.PositiveSmallIntegerField(_("promotion"), choices=LEVELS, default=2)

    class Meta:
        verbose_name = _("timetable")
        verbose_name_plural = _("timetables")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


def validate_when(notation: str) -> None:
    try:
        parse_step(notation)
    except InvalidInput as error:
        raise ValidationError(error.text, code="when") from error


class TimetableStep(Orderable):
    """One step, for example “D-14 17:00, Facebook, announcement”."""

    timetable = ParentalKey(Timetable, on_delete=models.CASCADE, related_name="steps")
    key = models.SlugField(
        _("short name"),
        help_text=_("Keep it when you move the step: it ties the step to what is already planned."),
    )
    when = models.CharField(
        _("when"),
        max_length=40,
        validators=[validate_when],
        help_text=_(
            "For example: D-14 17:00, D 09:00, end-5 10:00, deadline-1 17:00, half 12:00 "
            "or approval."
        ),
    )
    channel = models.CharField(_("channel"), max_length=40, choices=channel_choices)
    variant = models.CharField(_("what"), max_length=12, choices=VARIANTS)
    needs = ChoicesField(need_choices, verbose_name=_("only if there is"))
    only_if_starts_after = models.TimeField(
        _("only if it starts no earlier than"), null=True, blank=True
    )

    class Meta(Orderable.Meta):
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        constraints = [models.UniqueConstraint(fields=("timetable", "key"), name="step_key_once")]

    def __str__(self) -> str:
        return f"{self.when} {self.channel} {self.variant}"


class Campaign(ClusterableModel):
    """Items promoted on their timetables: what staff queue, pause, cancel and report on."""

    class State(models.TextChoices):
        DRAFT = "draft", _("not started")
        QUEUED = "queued", _("running")
        PAUSED = "paused", _("paused")
        CANCELLED = "cancelled", _("cancelled")

    name = models.CharField(_("name"), max_length=160)
    theme = models.CharField(
        _("theme"),
        max_length=200,
        blank=True,
        help_text=_("What its items have in common, in a few words."),
    )
    goal = models.CharField(
        _("goal"),
        max_length=200,
        blank=True,
        help_text=_("What should have happened when it is over."),
    )
    goal_visits = models.PositiveIntegerField(
        _("visits wanted"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_(
            "How often its links should be followed, if that can be said: the report compares."
        ),
    )
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.DRAFT, editable=False
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    queued_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.name

    @property
    def items_label(self) -> str:
        """The names of its first items, for lists."""
        return ", ".join(str(entry.item) for entry in self.entries.all()[:3])


class CampaignItem(Orderable):
    """An item in a campaign. An item is in one campaign at most: its steps exist once."""

    campaign = ParentalKey(Campaign, on_delete=models.CASCADE, related_name="entries")
    item = models.OneToOneField(
        "promo.Item", models.CASCADE, related_name="campaign_entry", verbose_name=_("item")
    )

    class Meta(Orderable.Meta):
        verbose_name = _("campaign item")

    def __str__(self) -> str:
        return str(self.item)
