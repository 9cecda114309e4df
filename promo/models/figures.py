"""What people did with posts, as the networks count it, and the names that they know no more."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PostFigures(models.Model):
    """The last figures of one post, and when they are read again; None: nobody says."""

    publication = models.OneToOneField("promo.Publication", models.CASCADE, related_name="figures")
    reactions = models.PositiveIntegerField(null=True, blank=True)
    comments = models.PositiveIntegerField(null=True, blank=True)
    shares = models.PositiveIntegerField(null=True, blank=True)
    metrics = models.JSONField(default=dict, blank=True, help_text="By the network's own names.")
    withheld = models.BooleanField(
        default=False, help_text="The network answers with nothing, as for small pages."
    )
    read_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True, help_text="Empty: it is not read again.")
    reads = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("figures of a post")
        verbose_name_plural = _("figures of posts")
        indexes = [models.Index(fields=("next_at",), name="post_figures_next")]

    def __str__(self) -> str:
        return str(self.publication_id)


class DeadMetric(models.Model):
    """A name that a network said it does not know (any more): it is not asked for again."""

    channel = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    found_at = models.DateTimeField()

    class Meta:
        verbose_name = _("dead metric")
        verbose_name_plural = _("dead metrics")
        constraints = [
            models.UniqueConstraint(fields=("channel", "name"), name="dead_metric_once"),
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.name}"
