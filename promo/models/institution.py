"""The institution, its branches and its partners."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting
from wagtail.models import Orderable

LONGEST_CLOSURE = timedelta(days=183)


def validate_zone(name: str) -> None:
    if name not in available_timezones():
        message = _("“%(name)s” is not a time zone. Use a name such as Europe/Warsaw.")
        raise ValidationError(message, code="zone", params={"name": name})


@register_setting(icon="home", order=10)
class Institution(BaseGenericSetting, ClusterableModel):
    """Who publishes here, and the house rules of its timetable."""

    class ClockStyle(models.TextChoices):
        DOT = "dot", "17.00"
        COLON = "colon", "17:00"

    class PostsRest(models.TextChoices):
        NEVER = "never", _("on no day")
        CLOSED = "closed", _("on days on which the house is closed")
        DAYS_OFF = "days_off", _("on Sundays, public holidays and days on which it is closed")

    name = models.CharField(_("name"), max_length=120, default="Biblioteka")
    street = models.CharField(_("street and number"), max_length=120, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=12, blank=True)
    locality = models.CharField(_("town"), max_length=80, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    accessibility_url = models.URLField(
        _("address of the accessibility declaration"),
        blank=True,
        help_text=_("Shown at the foot of every public page."),
    )
    privacy_url = models.URLField(
        _("address of the privacy notice"),
        blank=True,
        help_text=_("Shown at the foot of every public page."),
    )
    language = models.CharField(
        _("language"),
        max_length=5,
        default="pl",
        choices=[("pl", _("Polish")), ("en", _("English"))],
    )
    zone = models.CharField(
        _("time zone"), max_length=60, default="Europe/Warsaw", validators=[validate_zone]
    )
    clock_style = models.CharField(
        _("how times are written"),
        max_length=5,
        choices=ClockStyle.choices,
        default=ClockStyle.DOT,
    )
    tag_domain = models.CharField(
        _("domain in feed identifiers"),
        max_length=120,
        blank=True,
        help_text=_(
            "Leave empty to use this site’s own. Never change it once people follow the feeds."
        ),
    )
    tag_year = models.PositiveSmallIntegerField(
        _("year in feed identifiers"),
        default=2026,
        help_text=_("Never change it: feed readers would show every entry again."),
    )
    quiet_from = models.TimeField(_("quiet hours from"), default=time(21))
    quiet_until = models.TimeField(_("quiet hours until"), default=time(7))
    min_gap_minutes = models.PositiveIntegerField(
        _("minimum gap between Facebook posts, in minutes"), default=180
    )
    max_per_day = models.PositiveSmallIntegerField(
        _("maximum number of Facebook posts a day"), default=3
    )
    max_per_week = models.PositiveSmallIntegerField(
        _("maximum number of Facebook posts a week"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Leave empty for as many as the days allow."),
    )
    posts_rest = models.CharField(
        _("Facebook is silent"),
        max_length=8,
        choices=PostsRest.choices,
        default=PostsRest.NEVER,
        help_text=_("Urgent notices go out all the same."),
    )
    level1_days = models.PositiveSmallIntegerField(
        _("level 1: days before the event"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(365)],
        help_text=_("Website only."),
    )
    level2_days = models.PositiveSmallIntegerField(
        _("level 2: days before the event"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(365)],
        help_text=_("Website and social media."),
    )
    level3_days = models.PositiveSmallIntegerField(
        _("level 3: days before the event"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(365)],
        help_text=_("Full campaign with the newsletter."),
    )

    anniversary_days = models.PositiveSmallIntegerField(
        _("days ahead"),
        default=14,
        validators=[MaxValueValidator(90)],
        help_text=_(
            "So early the draft of an anniversary waits for approval; 0 for the day itself."
        ),
    )

    class Meta:
        verbose_name = _("institution")

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def address(self) -> str:
        town = f"{self.postal_code} {self.locality}".strip()
        return ", ".join(part for part in (self.street, town) if part)


class ClosedDay(Orderable):
    """Days on which the house is closed and no newsletter goes out."""

    institution = ParentalKey(Institution, on_delete=models.CASCADE, related_name="closed_days")
    on = models.DateField(_("first day"))
    until = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("Leave empty for a single day.")
    )
    name = models.CharField(
        _("reason"),
        max_length=80,
        blank=True,
        help_text=_("Shown in the plan, for example: stocktaking."),
    )
    yearly = models.BooleanField(_("every year"), default=False)

    class Meta(Orderable.Meta):
        verbose_name = _("closed day")
        verbose_name_plural = _("closed days")

    def __str__(self) -> str:
        return f"{self.on} {self.name}".strip()

    def clean(self) -> None:
        super().clean()
        if not (self.on and self.until):
            return
        if self.until < self.on:
            raise ValidationError({"until": _("It ends before it starts.")})
        if self.until - self.on > LONGEST_CLOSURE:
            text = _("That is longer than half a year. Is the year right?")
            raise ValidationError({"until": text})


class Branch(models.Model):
    """A library location."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("short name in web addresses"), unique=True)
    street = models.CharField(_("street and number"), max_length=120, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=12, blank=True)
    locality = models.CharField(_("town"), max_length=80, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    accessibility = models.TextField(
        _("accessibility"),
        blank=True,
        help_text=_("Entrance, lift, toilet, parking, induction loop: used for every event here."),
    )

    class Meta:
        verbose_name = _("branch")
        verbose_name_plural = _("branches")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Partner(models.Model):
    """A co-organising institution."""

    name = models.CharField(_("name"), max_length=160, unique=True)
    url = models.URLField(_("website"), blank=True)

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
