"""Subscribers, their ties to newsletters, the proof of consent, and who must not be mailed."""

import uuid
from typing import Any

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from promo.models.fields import AddressHashField, ChoicesField
from promo.models.items import audience_choices
from promo.planning.kinds import TOPICS


class Subscriber(models.Model):
    """An address that reads newsletters."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail"))
    address_hash = AddressHashField()
    name = models.CharField(_("name"), max_length=120, blank=True)
    language = models.CharField(
        _("language"),
        max_length=5,
        default="pl",
        choices=[("pl", _("Polish")), ("en", _("English"))],
    )
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("subscriber")
        verbose_name_plural = _("subscribers")
        # Newest first. A file brings a million at one instant: by that no two pages would agree.
        ordering = ("-id",)
        constraints = [models.UniqueConstraint(Lower("email"), name="subscriber_address_once")]

    def __str__(self) -> str:
        return self.email

    @property
    def reading(self) -> str:
        """The newsletters this subscriber reads, for lists."""
        return ", ".join(
            row.newsletter.name
            for row in self.subscriptions.all()
            if row.state == Subscription.State.ACTIVE
        )

    @property
    def problem(self) -> str:
        """Why this subscriber's confirmation mail has not arrived, for lists; empty mostly."""
        return " ".join({row.problem: None for row in self.subscriptions.all() if row.problem})


def topic_choices() -> list[tuple[str, Any]]:
    return [(topic.key, topic.label) for topic in TOPICS]


class Preferences(models.Model):
    """What a reader chose in the preference centre; a reader without a row gets everything.

    In `topics`, `audiences` and `branches` none chosen means all of them.
    """

    class Frequency(models.TextChoices):
        EVERY = "every", _("every issue")
        WEEKLY = "weekly", _("once a week at most")
        MONTHLY = "monthly", _("once a month at most")

    subscriber = models.OneToOneField(
        Subscriber, models.CASCADE, primary_key=True, related_name="preferences"
    )
    topics = ChoicesField(topic_choices, verbose_name=_("topics"))
    audiences = ChoicesField(audience_choices, verbose_name=_("for whom"))
    branches = models.ManyToManyField("promo.Branch", blank=True, verbose_name=_("branches"))
    frequency = models.CharField(
        _("how often"), max_length=8, choices=Frequency.choices, default=Frequency.EVERY
    )
    paused_until_on = models.DateField(
        _("paused until"), null=True, blank=True, help_text=_("Mails come again from this day on.")
    )

    class Meta:
        verbose_name = _("preferences")
        verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return str(self.subscriber)


class Subscription(models.Model):
    """A subscriber's tie to one newsletter."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting for confirmation")
        ACTIVE = "active", _("subscribed")
        ENDED = "ended", _("unsubscribed")

    # No index of their own: `subscription_once` and `subscription_readers` begin with them.
    subscriber = models.ForeignKey(
        Subscriber, models.CASCADE, db_index=False, related_name="subscriptions"
    )
    newsletter = models.ForeignKey(
        "promo.Newsletter", models.CASCADE, db_index=False, related_name="subscriptions"
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.PENDING)
    asked_at = models.DateTimeField(null=True, blank=True)
    confirm_at = models.DateTimeField(
        null=True, blank=True, help_text="When the confirmation mail is due. The row is the queue."
    )
    confirm_tries = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(_("problem"), max_length=500, blank=True)
    confirmation_sent_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    ended_at = models.DateTimeField(_("unsubscribed"), null=True, blank=True)
    counted_since_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Since when the reader agrees that opens and clicks are kept with the name.",
    )

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = [
            models.UniqueConstraint(fields=("subscriber", "newsletter"), name="subscription_once"),
            models.CheckConstraint(
                condition=models.Q(confirm_at=None) | models.Q(state="pending"),
                name="subscription_asks_while_pending",
            ),
            models.CheckConstraint(
                condition=models.Q(counted_since_at=None) | models.Q(state="active"),
                name="subscription_counts_while_active",
            ),
        ]
        indexes = [
            models.Index(fields=("newsletter", "state"), name="subscription_readers"),
            models.Index(
                fields=("confirm_at",),
                condition=models.Q(confirm_at__isnull=False),
                name="subscription_to_confirm",
            ),
            models.Index(
                fields=("confirmation_sent_at",),
                condition=models.Q(confirmation_sent_at__isnull=False),
                name="subscription_asked_by_mail",
            ),
            models.Index(
                fields=("asked_at",),
                condition=models.Q(state="pending"),
                name="subscription_unconfirmed",
            ),
            models.Index(
                fields=("newsletter", "ended_at"),
                include=("subscriber",),
                condition=models.Q(state="ended"),
                name="subscription_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber} – {self.newsletter}"


class Consent(models.Model):
    """One step in the history of a consent: what, when, where, which wording, how proved.

    Append-only: PostgreSQL refuses every change, and every deletion outside
    `promo.services.forgetting`. Withdrawing the newsletter withdraws the counting with it.
    """

    class Act(models.TextChoices):
        ASKED = "asked", _("requested")
        CONFIRMED = "confirmed", _("confirmed by e-mail")
        RECORDED = "recorded", _("recorded by staff")
        WITHDRAWN = "withdrawn", _("withdrawn")

    class About(models.TextChoices):
        MAIL = "mail", _("to get the newsletter")
        COUNTING = "counting", _("to be told apart in opens and clicks")

    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="consents")
    about = models.CharField(
        max_length=8, choices=About.choices, default=About.MAIL, db_default=About.MAIL.value
    )
    act = models.CharField(max_length=10, choices=Act.choices)
    at = models.DateTimeField()
    wording = models.TextField(blank=True)
    source = models.CharField(
        max_length=200, blank=True, help_text="The form's address, or a file."
    )
    ip = models.GenericIPAddressField(null=True, blank=True)
    proof = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="What proved that the owner of the address did it: the code of a mailed link.",
    )

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ("at", "id")

    def __str__(self) -> str:
        return f"{self.act} {self.at:%Y-%m-%d}"


class DataRequest(models.Model):
    """A reader asks for the link to everything that is kept about them. The row is the queue."""

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="data_requests")
    asked_at = models.DateTimeField()
    mail_at = models.DateTimeField(null=True, blank=True, help_text="When the mail is due.")
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("request for one’s own data")
        verbose_name_plural = _("requests for one’s own data")
        indexes = [
            models.Index(fields=("asked_at",), name="data_request_asked"),
            models.Index(
                fields=("mail_at",),
                condition=models.Q(mail_at__isnull=False),
                name="data_request_to_mail",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber_id} {self.asked_at:%Y-%m-%d}"


class Suppression(models.Model):
    """An address never to mail again, kept as a keyed hash: it survives erasure and re-import."""

    class Reason(models.TextChoices):
        WISH = "wish", _("at the reader’s request")
        BOUNCE = "bounce", _("the address does not exist")
        COMPLAINT = "complaint", _("complaint")

    address_hash = models.CharField(max_length=64, unique=True)
    reason = models.CharField(max_length=10, choices=Reason.choices)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("suppression")
        verbose_name_plural = _("suppressions")

    def __str__(self) -> str:
        return f"{self.reason} {self.at:%Y-%m-%d}"
