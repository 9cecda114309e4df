"""Sources that are read in, and the inbox of what was found there."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from promo.models.items import kind_choices


class Source(models.Model):
    """A feed that is read in."""

    name = models.CharField(_("name"), max_length=120)
    url = models.URLField(_("address of the feed"), max_length=500, unique=True)
    kind = models.CharField(
        _("kind of item entries become"),
        max_length=40,
        choices=kind_choices,
        default="partner_news",
    )
    partner = models.ForeignKey(
        "promo.Partner", models.SET_NULL, null=True, blank=True, verbose_name=_("partner")
    )
    active = models.BooleanField(_("in use"), default=True)
    every_minutes = models.PositiveIntegerField(_("minutes between readings"), default=60)
    etag = models.CharField(max_length=300, blank=True, editable=False)
    last_modified = models.CharField(max_length=100, blank=True, editable=False)
    read_at = models.DateTimeField(_("last read"), null=True, blank=True, editable=False)
    next_read_at = models.DateTimeField(null=True, blank=True, editable=False)
    problem = models.CharField(_("problem"), max_length=300, blank=True, editable=False)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Entry(models.Model):
    """One thing found in a source, waiting in the inbox."""

    class State(models.TextChoices):
        NEW = "new", _("new")
        USED = "used", _("made into an item")
        IGNORED = "ignored", _("set aside")

    source = models.ForeignKey(Source, models.CASCADE, related_name="entries")
    guid = models.CharField(max_length=64, help_text="SHA-256 of the feed's own identifier.")
    url = models.CharField(_("address"), max_length=1000, blank=True)
    title = models.CharField(_("title"), max_length=300)
    summary = models.TextField(_("summary"), blank=True)
    body_html = models.TextField(blank=True)
    picture_url = models.CharField(max_length=1000, blank=True)
    place = models.CharField(_("place"), max_length=200, blank=True)
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    digest = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.NEW)
    found_at = models.DateTimeField(_("found"))

    class Meta:
        verbose_name = _("inbox entry")
        verbose_name_plural = _("inbox")
        ordering = ("-found_at", "-id")
        constraints = [models.UniqueConstraint(fields=("source", "guid"), name="entry_once")]

    def __str__(self) -> str:
        return self.title
