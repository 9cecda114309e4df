"""Items: what is promoted. The row of a live item is its approved content."""

import uuid
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from modelcluster.models import ClusterableModel
from wagtail.fields import RichTextField
from wagtail.models import Orderable
from wagtail.search import index

from promo.errors import InvalidInput
from promo.models.approvable import Approvable
from promo.models.evergreen import Evergreen
from promo.models.fields import ChoicesField
from promo.planning.kinds import AUDIENCES, KINDS, Timing
from promo.planning.series import rule_parts
from promo.values import EventStatus

BODY_LIMIT = 64 * 1024
"""Characters of a body; nh3 is quadratic in nesting, so longer text is refused before it."""

STATUSES = [
    (EventStatus.SCHEDULED.value, _("as planned")),
    (EventStatus.RESCHEDULED.value, _("moved to another date")),
    (EventStatus.POSTPONED.value, _("postponed, new date not known yet")),
    (EventStatus.CANCELLED.value, pgettext_lazy("event", "cancelled")),
    (EventStatus.SOLD_OUT.value, _("full, reserve list only")),
]
LEVELS = [
    (1, _("1 – website only")),
    (2, _("2 – website and social media")),
    (3, _("3 – full campaign with the newsletter")),
]
POLISH = str.maketrans("łŁ", "lL")  # the two letters that NFKD does not decompose


def kind_choices() -> list[tuple[str, Any]]:
    return [(kind.key, kind.label) for kind in KINDS.values()]


def audience_choices() -> list[tuple[str, Any]]:
    return [(audience.key, audience.label) for audience in AUDIENCES]


def validate_recurrence(rule: str) -> None:
    try:
        rule_parts(rule)
    except InvalidInput as error:
        raise ValidationError(error.text, code="recurrence") from error


class Item(Approvable, Evergreen, index.Indexed, ClusterableModel):
    """An event or a news item."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=40, choices=kind_choices)
    title = models.CharField(_("title"), max_length=160)
    slug = models.SlugField(max_length=80, editable=False, allow_unicode=False, blank=True)
    lead = models.CharField(
        _("lead"),
        max_length=160,
        help_text=_("One or two sentences, up to 160 characters: who, what, when, where."),
    )
    body = RichTextField(
        _("text"),
        blank=True,
        features=["h2", "h3", "bold", "italic", "ol", "ul", "link"],
        max_length=BODY_LIMIT,
    )
    language = models.CharField(
        _("language"),
        max_length=5,
        default="pl",
        choices=[("pl", _("Polish")), ("en", _("English"))],
    )
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    all_day = models.BooleanField(_("all day, no hours"), default=False)
    deadline_at = models.DateTimeField(_("closing date"), null=True, blank=True)
    recurrence = models.CharField(
        _("repetition"),
        max_length=200,
        blank=True,
        validators=[validate_recurrence],
        help_text=_("For a series, for example FREQ=WEEKLY;COUNT=6 or FREQ=MONTHLY;BYDAY=2TU."),
    )
    changed_dates = models.JSONField(
        default=list,
        blank=True,
        editable=False,
        help_text="Of a series: `on`, the day by its rule; `starts_at`, `ends_at`, `place`.",
    )
    status = models.CharField(
        _("status"),
        max_length=12,
        choices=STATUSES,
        default=EventStatus.SCHEDULED.value,
    )
    previous_starts_at = models.DateTimeField(_("originally planned for"), null=True, blank=True)
    branch = models.ForeignKey(
        "promo.Branch", models.PROTECT, null=True, blank=True, verbose_name=_("branch")
    )
    venue = models.CharField(
        _("place"),
        max_length=160,
        blank=True,
        help_text=_("A room, or an address outside the library."),
    )
    audiences = ChoicesField(audience_choices, verbose_name=_("for whom"))
    price = models.CharField(
        _("price"), max_length=80, blank=True, help_text=_("Leave empty if admission is free.")
    )
    sign_up = models.CharField(_("how to sign up"), max_length=200, blank=True)
    sign_up_url = models.URLField(_("address of the sign-up form"), blank=True)
    sign_up_until_at = models.DateTimeField(_("sign-up closes"), null=True, blank=True)
    capacity = models.PositiveIntegerField(_("number of places"), null=True, blank=True)
    partners = ParentalManyToManyField("promo.Partner", blank=True, verbose_name=_("partners"))
    funding_note = models.CharField(_("patronage or funding note"), max_length=300, blank=True)
    contact = models.CharField(_("contact"), max_length=160, blank=True)
    accessibility = models.TextField(
        _("accessibility"),
        blank=True,
        help_text=_(
            "Only what differs from the branch: sign language, quiet space, step-free access."
        ),
    )
    more_url = models.URLField(_("link"), blank=True)
    hashtags = models.CharField(
        _("hashtags"),
        max_length=200,
        blank=True,
        help_text=_("Up to five; the # is optional."),
    )
    level = models.PositiveSmallIntegerField(_("promotion"), choices=LEVELS, default=3)
    timetable = models.ForeignKey(
        "promo.Timetable",
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("timetable"),
        help_text=_("Leave empty for the one usual for this kind."),
    )
    facebook_text = models.TextField(
        _("text for Facebook"),
        blank=True,
        max_length=5000,
        help_text=_(
            "Opens the post in place of the lead. The date, place and link are always added."
        ),
    )
    report = RichTextField(
        _("report or results"),
        blank=True,
        features=["h2", "h3", "bold", "italic", "ol", "ul", "link"],
        max_length=BODY_LIMIT,
        help_text=_("Written after the event: it replaces the text in what goes out from then on."),
    )
    source_entry = models.OneToOneField(
        "promo.Entry", models.SET_NULL, null=True, blank=True, editable=False, related_name="item"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    search_fields = [
        index.SearchField("title", boost=3),
        index.AutocompleteField("title"),
        index.SearchField("lead"),
        index.FilterField("kind"),
        index.FilterField("branch_id"),
        index.FilterField("live"),
        index.FilterField("starts_at"),
    ]

    class Meta:
        verbose_name = _("event or news item")
        verbose_name_plural = _("events and news")
        ordering = ("-created_at",)
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True)
                | Q(starts_at__isnull=True)
                | Q(ends_at__gte=F("starts_at")),
                name="item_ends_after_start",
                violation_error_message=_("It ends before it starts."),
            )
        ]

    def __str__(self) -> str:
        return str(self.title)

    @property
    def timing(self) -> Timing:
        return KINDS[self.kind].timing

    @property
    def path(self) -> str:
        return f"/items/{self.uuid}/{self.slug}/" if self.slug else f"/items/{self.uuid}/"

    @property
    def place_key(self) -> str:
        """The place as approvals keep it: another one for every other branch or room."""
        return f"{self.branch_id or ''}/{self.venue}"[:300]

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        self.slug = slugify(str(self.title).translate(POLISH))[:80].strip("-")
        super().full_clean(*args, **kwargs)

    def clean(self) -> None:
        super().clean()
        errors: dict[str, Any] = {}
        if self.starts_at and self.ends_at and self.ends_at < self.starts_at:
            errors["ends_at"] = _("It ends before it starts.")
        if self.ends_at and not self.starts_at:
            errors["starts_at"] = _("There is an end but no start.")
        if self.recurrence and not self.starts_at:
            errors["starts_at"] = _("A series needs the start of its first meeting.")
        if len(self.hashtags.split()) > 5:  # noqa: PLR2004
            errors["hashtags"] = _("At most five hashtags: more are noise for screen readers.")
        if errors:
            raise ValidationError(errors)


class ItemPhoto(Orderable):
    """A picture of an item; the first one leads."""

    item = ParentalKey(Item, on_delete=models.CASCADE, related_name="photos")
    photo = models.ForeignKey(
        "promo.Photo", models.CASCADE, related_name="+", verbose_name=_("picture")
    )
    alt = models.CharField(
        _("text alternative"),
        max_length=250,
        blank=True,
        help_text=_("What the picture shows, if its own description does not fit here."),
    )

    class Meta(Orderable.Meta):
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")

    def __str__(self) -> str:
        return self.alt or str(self.photo)


class Approval(models.Model):
    """One approval of an item: what its times, place and state were. Append-only.

    From it come the calendar's SEQUENCE, the old date of a moved event, and who approved what when.
    """

    item = models.ForeignKey(Item, models.CASCADE, related_name="approvals")
    at = models.DateTimeField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    deadline_at = models.DateTimeField(null=True, blank=True)
    sign_up_until_at = models.DateTimeField(null=True, blank=True)
    place = models.CharField(max_length=300, blank=True)
    status = models.CharField(max_length=12)
    changed_dates = models.JSONField(default=list, blank=True)
    sequence = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering = ("at", "id")

    def __str__(self) -> str:
        return f"{self.item_id} {self.at:%Y-%m-%d %H:%M}"
