"""Newsletters that fill themselves: the rhythm, what came of each turn, and test mails."""

import uuid
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from promo.models.fields import ChoicesField
from promo.models.items import audience_choices, validate_recurrence
from promo.models.subscribers import topic_choices
from promo.planning.kinds import KINDS
from promo.values import Message


def collected_kinds() -> list[tuple[str, Any]]:
    """What may be left out: changes of opening hours never are, a closed group's never come in."""
    kinds = (kind for kind in KINDS.values() if not (kind.operational or kind.closed_group))
    return [(kind.key, kind.label) for kind in kinds]


class Rhythm(models.Model):
    """When the issues of a newsletter go out, and what they collect. In the lists none means all.

    `topics` are shortcuts for their kinds: what is collected is of one of both lists.

    `next_on`, `next_send_at` and `compose_at` are the turn that is due next, as reckoned in `zone`.
    The row is the queue: a draft is composed when `compose_at` has come.
    """

    newsletter = models.OneToOneField(
        "promo.Newsletter", models.CASCADE, primary_key=True, related_name="rhythm"
    )
    active = models.BooleanField(_("issues compose themselves"), default=True)
    rule = models.CharField(_("rhythm"), max_length=200, validators=[validate_recurrence])
    at = models.TimeField(_("hour"))
    starts_on = models.DateField(_("counted from"))
    lead_hours = models.PositiveSmallIntegerField(
        _("hours before it goes out"),
        default=48,
        validators=[MinValueValidator(1), MaxValueValidator(14 * 24)],
    )
    horizon_days = models.PositiveSmallIntegerField(
        _("days ahead"), default=14, validators=[MinValueValidator(1), MaxValueValidator(120)]
    )
    topics = ChoicesField(topic_choices, verbose_name=_("topics"))
    kinds = ChoicesField(collected_kinds, verbose_name=_("kinds"))
    audiences = ChoicesField(audience_choices, verbose_name=_("for whom"))
    branches = models.ManyToManyField("promo.Branch", blank=True, verbose_name=_("branches"))
    at_least = models.PositiveSmallIntegerField(
        _("fewest items"), default=1, validators=[MinValueValidator(1), MaxValueValidator(50)]
    )
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("responsible person"),
    )
    handled_on = models.DateField(null=True, blank=True, help_text="The turn handled last.")
    next_on = models.DateField(null=True, blank=True)
    next_send_at = models.DateTimeField(null=True, blank=True)
    compose_at = models.DateTimeField(null=True, blank=True)
    hinted_at = models.DateTimeField(null=True, blank=True)
    zone = models.CharField(max_length=60, blank=True)

    class Meta:
        verbose_name = _("rhythm of a newsletter")
        verbose_name_plural = _("rhythms of newsletters")

    def __str__(self) -> str:
        return f"{self.newsletter_id} {self.rule}"


class Filling(models.Model):
    """What came of one turn of a rhythm. A turn is known by the day its rule names.

    While `tell_at` is set, the responsible person is to be mailed about its state.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for approval")
        APPROVED = "approved", _("approved")
        SKIPPED = "skipped", _("left out: too little to tell")
        MISSED = "missed", _("missed: not approved in time")
        DROPPED = "dropped", _("dropped")

    newsletter = models.ForeignKey("promo.Newsletter", models.CASCADE, related_name="fillings")
    issue = models.OneToOneField(
        "promo.Issue", models.SET_NULL, null=True, blank=True, related_name="filling"
    )
    on = models.DateField()
    send_at = models.DateTimeField()
    state = models.CharField(_("state"), max_length=8, choices=State.choices)
    composed_at = models.DateTimeField()
    items = models.PositiveSmallIntegerField(default=0, help_text="How many were found.")
    revision = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="The revision composed last: a later one is a person’s."
    )
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    tell_at = models.DateTimeField(null=True, blank=True)
    tell_tries = models.PositiveSmallIntegerField(default=0)
    told_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = _("self-filled issue")
        verbose_name_plural = _("self-filled issues")
        ordering = ("-on",)
        constraints = [
            models.UniqueConstraint(fields=("newsletter", "on"), name="filling_once_a_turn"),
        ]
        indexes = [
            models.Index(
                fields=("state",),
                name="filling_open",
                condition=Q(state__in=["waiting", "missed"]),
            ),
            models.Index(
                fields=("tell_at",), name="filling_to_tell", condition=Q(tell_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.newsletter_id} {self.on}"


class Proof(models.Model):
    """A test mail of an issue to one address, with the draft as it stood.

    The row is the queue. A worker's claim ends at `lease_until_at`; nobody repeats it then.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("on its way")
        SENDING = "sending", _("being handed over")
        TAKEN = "taken", _("taken by the mail server")
        REFUSED = "refused", _("not sent")
        UNKNOWN = "unknown", _("not known whether it was sent")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    issue = models.ForeignKey("promo.Issue", models.CASCADE, related_name="proofs")
    address = models.EmailField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    hinted_at = models.DateTimeField(null=True, blank=True)
    lease_until_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=500, blank=True)
    message_json = models.JSONField()

    class Meta:
        verbose_name = _("test mail")
        verbose_name_plural = _("test mails")
        ordering = ("-asked_at", "id")
        indexes = [
            models.Index(
                fields=("asked_at",),
                name="proof_open",
                condition=Q(state__in=["waiting", "sending"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.issue_id} → {self.address}"

    @property
    def message(self) -> Message:
        return Message.from_json(self.message_json)
