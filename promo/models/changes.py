"""What is done to posts that are out: changed, posted anew, taken down, one or everywhere."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from promo.protocol import OPEN, Change

STATES = [
    (Change.WAITING.value, pgettext_lazy("change of a post", "waiting for its turn")),
    (Change.SENDING.value, pgettext_lazy("change of a post", "under way")),
    (Change.LOST.value, pgettext_lazy("change of a post", "outcome unknown, checking")),
    (Change.DONE.value, pgettext_lazy("change of a post", "done")),
    (Change.REFUSED.value, pgettext_lazy("change of a post", "refused")),
    (Change.DROPPED.value, pgettext_lazy("change of a post", "called off")),
]
_OPEN = sorted(state.value for state in OPEN)


class TakeDown(models.Model):
    """One act that takes an item down everywhere: who, when and why. Never deleted."""

    class Cause(models.TextChoices):
        CONSENT = "consent", _("somebody shown has withdrawn their consent")
        RIGHTS = "rights", _("the rights to a picture or a text are not ours")
        WRONG = "wrong", _("what it says is wrong")
        OTHER = "other", _("something else")

    item = models.ForeignKey("promo.Item", models.PROTECT, related_name="take_downs")
    at = models.DateTimeField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    cause = models.CharField(_("cause"), max_length=10, choices=Cause.choices)
    because = models.CharField(_("reason"), max_length=300)
    photos = models.ManyToManyField("promo.Photo", related_name="+", blank=True)

    class Meta:
        verbose_name = _("take-down everywhere")
        verbose_name_plural = _("take-downs everywhere")
        ordering = ("-at", "-id")

    def __str__(self) -> str:
        return f"{self.item} {self.at:%Y-%m-%d}"


class PostChange(models.Model):
    """A change to one post that is out, or may be. Its life is `promo.protocol.CHANGES`."""

    class Kind(models.TextChoices):
        TEXT = "text", _("change the text")
        REPOST = "repost", _("take down and post anew")
        TAKE_DOWN = "take_down", _("take down")

    publication = models.ForeignKey("promo.Publication", models.CASCADE, related_name="changes")
    take_down = models.ForeignKey(
        TakeDown, models.PROTECT, null=True, blank=True, related_name="changes"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=STATES, default=Change.WAITING.value)
    text = models.TextField(blank=True, help_text="What the post is to say, where it is changed.")
    asked = models.CharField(
        max_length=80, blank=True, help_text="What the network was asked for last, as a digest."
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="The next try, the next look, or the lease's end.")
    hinted_at = models.DateTimeField(null=True, blank=True)
    marked_at = models.DateTimeField(null=True, blank=True)
    token = models.PositiveBigIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    settled_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = _("change of a post")
        verbose_name_plural = _("changes of posts")
        ordering = ("at", "id")
        constraints = [
            models.UniqueConstraint(
                fields=("publication",),
                condition=Q(state__in=_OPEN),
                name="post_change_one_open",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in Change]), name="post_change_state"
            ),
        ]
        indexes = [
            models.Index(
                fields=("due_at", "id"),
                name="post_change_due",
                condition=Q(state__in=_OPEN),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.publication_id}: {self.state}"


class FormerMarker(models.Model):
    """The marker of a post that was taken down and posted anew: its link still leads somewhere."""

    publication = models.ForeignKey(
        "promo.Publication", models.CASCADE, related_name="former_markers"
    )
    marker = models.CharField(max_length=20, unique=True)

    class Meta:
        verbose_name = _("former marker")
        verbose_name_plural = _("former markers")

    def __str__(self) -> str:
        return self.marker
