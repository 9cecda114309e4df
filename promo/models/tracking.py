"""Opens and clicks: the short addresses of a mailing, and who followed them where that is kept."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Tracking(models.TextChoices):
    """What is counted of a newsletter's readers: a standing decision of the institution."""

    OFF = "off", _("nothing is counted")
    COUNTS = "counts", _("counts only: nobody can tell who opened or clicked")
    READERS = "readers", _("for each reader who agrees: who opened and which links they followed")


class TrackedLink(models.Model):
    """A link of a mailing under its short address. The one without a `url` is the picture.

    `clicks` and `readers` hold what nobody's row tells: everything in a mailing that counts
    only, else what is of readers who are not told apart, or whose rows are gone.
    """

    mailing = models.ForeignKey(
        "promo.Mailing", models.CASCADE, related_name="links", db_index=False
    )
    subject = models.CharField(
        max_length=1,
        blank=True,
        db_default="",
        help_text="Under which subject it went out; empty where the mailing has only one.",
    )
    position = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=16, unique=True)
    url = models.TextField(_("address"), blank=True)
    label = models.CharField(_("text of the link"), max_length=200, blank=True)
    clicks = models.PositiveIntegerField(_("clicks"), default=0)
    readers = models.PositiveIntegerField(_("readers"), default=0)

    class Meta:
        verbose_name = _("tracked link")
        verbose_name_plural = _("tracked links")
        ordering = ("mailing", "position", "subject")
        constraints = [
            models.UniqueConstraint(
                fields=("mailing", "subject", "position"), name="tracked_link_place"
            )
        ]

    def __str__(self) -> str:
        return self.url


class LinkVisit(models.Model):
    """That a reader followed a link, or opened the mail, and how often.

    `times` is 0 where only a mail scanner was there. `counted`: `times` holds the visit of
    `last_at`, which is taken out again if it turns out to be a scanner's. Deliveries have no
    foreign keys in the database (see `promo.models.mailings`).
    """

    delivery = models.ForeignKey(
        "promo.Delivery",
        models.CASCADE,
        related_name="visits",
        db_constraint=False,
        db_index=False,
    )
    link = models.ForeignKey(TrackedLink, models.CASCADE, related_name="visits")
    times = models.PositiveIntegerField(default=0)
    counted = models.BooleanField(default=False)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        verbose_name = _("visit of a link")
        verbose_name_plural = _("visits of links")
        constraints = [
            models.UniqueConstraint(fields=("delivery", "link"), name="link_visit_once"),
            models.CheckConstraint(
                condition=Q(times__gt=0) | Q(counted=False), name="link_visit_counted_once"
            ),
        ]
        indexes = [models.Index(fields=("first_at",), name="link_visit_age")]

    def __str__(self) -> str:
        return f"{self.delivery_id} → {self.link_id}"
