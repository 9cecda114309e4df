"""Items that are shown again and again, and the regional anniversaries that become such items."""

from calendar import isleap
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from promo.models.fields import DayOfYearField
from promo.planning.anniversaries import LEAP_DAY
from promo.planning.closures import days_in_words
from promo.planning.kinds import KINDS

SHORTEST_PAUSE = 7
"""Days: a network takes the same post twice in a week for a mistake, and so do people."""

LONGEST_PAUSE = 1000
A_LEAP_YEAR = 2000


class Evergreen(models.Model):
    """An item's settings for being shown again; it is evergreen where it has a pause."""

    again_after_days = models.PositiveSmallIntegerField(
        _("days between two showings"),
        null=True,
        blank=True,
        validators=[MinValueValidator(SHORTEST_PAUSE), MaxValueValidator(LONGEST_PAUSE)],
        help_text=_(
            "At least so many on each page; 90 means about four times a year. "
            "Leave empty what is shown once."
        ),
    )
    season_from = DayOfYearField(
        _("season from"),
        blank=True,
        help_text=_("Day and month, for example 1.12. Leave both empty for the whole year."),
    )
    season_until = DayOfYearField(
        _("season until"),
        blank=True,
        help_text=_("This day included; it may lie in the next year."),
    )
    most_showings = models.PositiveSmallIntegerField(
        _("showings at most"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("On each page, the first one included. Leave empty for no limit."),
    )
    shown_until_on = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("After it nothing is shown any more.")
    )

    class Meta:
        abstract = True

    @property
    def is_evergreen(self) -> bool:
        """Is it shown again: of such a kind, without a date, and with a pause?"""
        item: Any = self
        dated = item.starts_at is not None or item.deadline_at is not None
        return bool(self.again_after_days) and not dated and _is_of_such_a_kind(item)

    def clean(self) -> None:
        super().clean()
        item: Any = self
        dated = item.starts_at is not None or item.deadline_at is not None
        if self.again_after_days and dated and _is_of_such_a_kind(item):
            text = _("What has a date is shown by its timetable. Leave this empty, or the date.")
            raise ValidationError({"again_after_days": text})
        if bool(self.season_from) != bool(self.season_until):
            missing = "season_until" if self.season_from else "season_from"
            raise ValidationError({missing: _("A season needs its first and its last day.")})


def _is_of_such_a_kind(item: Any) -> bool:
    kind = KINDS.get(item.kind)
    return kind is not None and kind.evergreen


class Showings(models.Model):
    """The look after an evergreen item: when it is planned anew. The row is the queue."""

    item = models.OneToOneField(
        "promo.Item", models.CASCADE, primary_key=True, related_name="showings"
    )
    look_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("showings of an item")
        verbose_name_plural = _("showings of items")

    def __str__(self) -> str:
        return f"{self.item_id} {self.look_at:%Y-%m-%d %H:%M}"


class Anniversary(models.Model):
    """Something that happened in the region on this day, in whatever year."""

    on = DayOfYearField(_("day"), help_text=_("Day and month, for example 24.12."), db_index=True)
    year = models.PositiveSmallIntegerField(
        _("year"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(2999)],
        help_text=_("Leave empty if it is not known."),
    )
    title = models.CharField(
        _("title"), max_length=120, help_text=_("What happened, in a few words.")
    )
    text = models.TextField(
        _("text"),
        blank=True,
        max_length=10_000,
        help_text=_("A paragraph or two. An empty line begins a new paragraph."),
    )
    source = models.CharField(
        _("source"),
        max_length=300,
        help_text=_("Where it is written: a book, a newspaper, an archive, an address."),
    )
    photo = models.ForeignKey(
        "promo.Photo", models.SET_NULL, null=True, blank=True, verbose_name=_("picture")
    )
    branch = models.ForeignKey(
        "promo.Branch", models.SET_NULL, null=True, blank=True, verbose_name=_("branch")
    )
    active = models.BooleanField(_("remembered every year"), default=True)

    class Meta:
        verbose_name = _("anniversary")
        verbose_name_plural = _("anniversaries")
        ordering = ("on", "year", "title")
        constraints = [
            models.UniqueConstraint(
                fields=("on", "year", "title"),
                name="anniversary_once",
                nulls_distinct=False,
                violation_error_message=_("This anniversary is in the calendar already."),
            )
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        super().clean()
        if self.on == LEAP_DAY and self.year and not isleap(self.year):
            raise ValidationError({"year": _("There was no 29 February in that year.")})

    @property
    def day_label(self) -> str:
        """Its day of the year in words, for lists."""
        month, day = map(int, self.on.split("-"))
        on = date(A_LEAP_YEAR, month, day)
        return days_in_words(on, on)


class Remembrance(models.Model):
    """That a draft was made of an anniversary this year: once, whatever became of it."""

    anniversary = models.ForeignKey(Anniversary, models.CASCADE, related_name="remembrances")
    year = models.PositiveSmallIntegerField()
    item = models.ForeignKey("promo.Item", models.SET_NULL, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("remembered anniversary")
        verbose_name_plural = _("remembered anniversaries")
        ordering = ("-year",)
        constraints = [
            models.UniqueConstraint(fields=("anniversary", "year"), name="remembered_once_a_year"),
        ]

    def __str__(self) -> str:
        return f"{self.anniversary_id} {self.year}"
