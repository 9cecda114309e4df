"""Fair shares: what a branch or a partner may take of a destination, as staff set it."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

LONGEST_GAP = 24 * 60
"""Hours: two months."""


class FairShare(models.Model):
    """How many posts a week, how far apart, and how many places are kept."""

    class Whose(models.TextChoices):
        BRANCHES = "branches", _("each branch")
        BRANCH = "branch", _("one branch")
        PARTNERS = "partners", _("each partner")
        PARTNER = "partner", _("one partner")

    whose = models.CharField(_("for whom"), max_length=8, choices=Whose.choices)
    branch = models.ForeignKey(
        "promo.Branch", models.CASCADE, null=True, blank=True, verbose_name=_("branch")
    )
    partner = models.ForeignKey(
        "promo.Partner", models.CASCADE, null=True, blank=True, verbose_name=_("partner")
    )
    destination = models.ForeignKey(
        "promo.Destination",
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("where"),
        help_text=_("A rule for one page goes before a rule for all of them."),
    )
    most_a_week = models.PositiveSmallIntegerField(
        _("posts a week at most"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("From Monday to Sunday. What is more waits for the next week."),
    )
    gap_hours = models.PositiveSmallIntegerField(
        _("hours between two posts at least"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_GAP)],
        help_text=_("48 means two days between two posts of the same branch or partner."),
    )
    kept_a_week = models.PositiveSmallIntegerField(
        _("places kept each week"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_(
            "The others do not get these places until the week has begun. "
            "For small branches that would otherwise never have their turn."
        ),
    )

    class Meta:
        verbose_name = _("fair share")
        verbose_name_plural = _("fair shares")
        ordering = ("whose", "branch__name", "partner__name", "id")
        constraints = [
            models.UniqueConstraint(
                fields=("whose", "branch", "partner", "destination"),
                name="fair_share_once",
                nulls_distinct=False,
                violation_error_message=_("There is a rule for this already: change that one."),
            ),
            models.CheckConstraint(
                condition=Q(whose="branch", branch__isnull=False, partner__isnull=True)
                | Q(whose="partner", branch__isnull=True, partner__isnull=False)
                | Q(whose__in=["branches", "partners"], branch__isnull=True, partner__isnull=True),
                name="fair_share_of_somebody",
                violation_error_message=_("Choose for whom this rule is."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.branch or self.partner or self.get_whose_display())

    @property
    def where(self) -> str:
        """The page it holds for, for lists."""
        return str(self.destination) if self.destination else gettext("all pages")

    @property
    def limits_label(self) -> str:
        """What it says, for lists."""
        return "; ".join(self._limits())

    def _limits(self) -> list[str]:
        found = []
        if self.most_a_week:
            text = ngettext("at most %d post a week", "at most %d posts a week", self.most_a_week)
            found.append(text % self.most_a_week)
        if self.gap_hours:
            text = ngettext("at least %d hour apart", "at least %d hours apart", self.gap_hours)
            found.append(text % self.gap_hours)
        if self.kept_a_week:
            text = ngettext("%d place kept each week", "%d places kept each week", self.kept_a_week)
            found.append(text % self.kept_a_week)
        return found

    def clean(self) -> None:
        super().clean()
        if not self._limits():
            raise ValidationError(
                _("Set at least one of them: how many posts, how far apart, or places kept."),
                code="nothing",
            )
