"""Mailings: a publication on its way to the readers of a newsletter, and the ledger of deliveries.

A million rows are written and settled in a minute, so the ledger is narrow: nothing that changes
while a mailing runs stands in an index (PostgreSQL then updates in place, HOT), and what is only
known of few readers has a row of its own in `DeliveryEvent`.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from promo.models.tracking import Tracking


class Subject(models.TextChoices):
    """Under which of its subjects a mail goes out; empty where there is only one."""

    FIRST = "a", _("first subject")
    SECOND = "b", _("second subject")


class UnknownPolicy(models.TextChoices):
    """What becomes of a reader whose mail may have been taken: a standing decision of staff."""

    LEAVE = "leave", _("leave it: nobody gets the issue twice")
    SEND_AGAIN = "send_again", _("send again: nobody misses it, some may get it twice")


class Mailing(models.Model):
    """One publication to all readers: what is started, paused, resumed, cancelled and reported."""

    class State(models.TextChoices):
        RUNNING = "running", _("going out")
        PAUSED = "paused", _("paused")
        CANCELLED = "cancelled", _("cancelled")
        FINISHED = "finished", _("finished")

    class LookProblem(models.TextChoices):
        """Why the relay's log does not tell what became of the readers whose outcome is unknown."""

        UNREADABLE = "unreadable", _("The mail server’s log could not be read.")
        BEGINS = "begins", _("The mail server’s log does not reach back to the start.")
        ENDS = "ends", _("The mail server’s log ends too early.")
        GAPS = "gaps", _("The mail server’s log lacks messages that were certainly taken.")
        BEGUN = "begun", _("The mail server’s log names the message, but not whether it was taken.")

    publication = models.OneToOneField(
        "promo.Publication", models.PROTECT, related_name="mailing", verbose_name=_("publication")
    )
    newsletter = models.ForeignKey("promo.Newsletter", models.PROTECT, related_name="mailings")
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.RUNNING
    )
    readers = models.PositiveIntegerField(_("readers"), default=0)
    operational = models.BooleanField(
        default=False, help_text="News of opening hours: no choice but a pause keeps it away."
    )
    wish_pause = models.PositiveIntegerField(
        default=0, help_text="Readers left out at the start since they take a break."
    )
    wish_frequency = models.PositiveIntegerField(
        default=0, help_text="Readers left out since they had their mail of the week or month."
    )
    wish_topics = models.PositiveIntegerField(
        default=0, help_text="Readers left out since nothing in it is what they chose to read of."
    )
    only_to = models.TextField(
        blank=True, help_text="The segment it was meant for, in words; empty: everybody."
    )
    unknown_policy = models.CharField(max_length=10, choices=UnknownPolicy.choices)
    tracking = models.CharField(max_length=7, choices=Tracking.choices, default=Tracking.OFF)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    went_on_at = models.DateTimeField(help_text="The start, or the end of the last pause.")
    settled_before = models.PositiveIntegerField(
        default=0, help_text="How many readers were settled at that moment: for the forecast."
    )
    decide_at = models.DateTimeField(
        null=True, blank=True, help_text="When a subject is chosen; empty: none are compared."
    )
    chosen = models.CharField(max_length=1, choices=Subject.choices, blank=True)
    chosen_at = models.DateTimeField(null=True, blank=True)
    chosen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    chosen_by_hand = models.BooleanField(
        default=False, help_text="By a person, who may be gone by now; else by the figures."
    )
    compared = models.JSONField(
        default=list, blank=True, help_text="The figures of both halves when it was chosen."
    )
    left = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Readers who left before the next one started; empty until that one is over.",
    )
    hinted_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=500, blank=True)
    look_at = models.DateTimeField(
        null=True, blank=True, help_text="When the relay’s log is asked for what is unknown."
    )
    look_problem = models.CharField(max_length=10, choices=LookProblem.choices, blank=True)

    class Meta:
        verbose_name = _("mailing")
        verbose_name_plural = _("mailings")
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at__isnull=False) | ~Q(state="finished"),
                name="mailing_finished_has_its_instant",
            ),
            models.CheckConstraint(
                condition=Q(chosen="", chosen_at__isnull=True)
                | Q(chosen__in=["a", "b"], chosen_at__isnull=False, decide_at__isnull=False),
                name="mailing_chosen_has_its_instant",
            ),
        ]
        indexes = [
            models.Index(
                fields=("hinted_at",), name="mailing_running", condition=Q(state="running")
            ),
            models.Index(
                fields=("look_at",), name="mailing_looked_for", condition=Q(look_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return str(self.publication)


class Batch(models.Model):
    """Some thousand deliveries of a mailing: what one worker takes, marks and settles.

    Deliveries whose id is at most `marked_to` may have been put on the wire by the claim `token`.
    """

    class State(models.TextChoices):
        READY = "ready", _("waiting")
        HELD = "held", _("waiting for the choice of a subject")
        CLAIMED = "claimed", _("going out")
        DONE = "done", _("settled")

    mailing = models.ForeignKey(Mailing, models.CASCADE, related_name="batches")
    state = models.CharField(max_length=8, choices=State.choices, default=State.READY)
    due_at = models.DateTimeField()
    token = models.PositiveBigIntegerField(default=0)
    owner = models.CharField(max_length=120, blank=True)
    lease_until_at = models.DateTimeField(null=True, blank=True)
    marked_to = models.PositiveBigIntegerField(default=0)
    journal = models.CharField(
        max_length=40, blank=True, help_text="The run of Redis that held the journal at the mark."
    )
    domain = models.CharField(
        max_length=253,
        blank=True,
        db_default="",
        help_text="Set aside: all its readers are with this provider, which has a limit.",
    )
    subject = models.CharField(max_length=1, choices=Subject.choices, blank=True, db_default="")
    size = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    given_up = models.PositiveIntegerField(default=0)
    unknown = models.PositiveIntegerField(default=0)
    cancelled = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        indexes = [
            models.Index(
                fields=("mailing", "due_at"), name="batch_ready", condition=Q(state="ready")
            ),
            models.Index(
                fields=("lease_until_at",), name="batch_leased", condition=Q(state="claimed")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mailing_id}/{self.id} {self.state}"


class Delivery(models.Model):
    """One mailing to one subscriber.

    The columns that name other rows have no foreign keys in the database: their checks would cost
    as much as the whole insertion. A subscriber who is gone simply joins with nothing.
    """

    class State(models.IntegerChoices):
        DUE = 0, _("waiting")
        ACCEPTED = 1, _("accepted by the mail server")
        REFUSED = 2, _("refused")
        SKIPPED = 3, _("skipped: consent withdrawn")
        GIVEN_UP = 4, _("given up")
        UNKNOWN = 5, _("outcome unknown")
        CANCELLED = 6, _("cancelled")

    mailing = models.ForeignKey(
        Mailing, models.CASCADE, related_name="deliveries", db_constraint=False, db_index=False
    )
    subscriber = models.ForeignKey(
        "promo.Subscriber",
        models.SET_NULL,
        null=True,
        related_name="deliveries",
        db_constraint=False,
        db_index=False,
    )
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="deliveries", db_constraint=False)
    state = models.SmallIntegerField(choices=State.choices, default=State.DUE)
    attempts = models.SmallIntegerField(default=0)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            # Inserted in the order of subscribers; also finds all that a subscriber got.
            models.UniqueConstraint(fields=("subscriber", "mailing"), name="delivery_once")
        ]

    def __str__(self) -> str:
        return f"{self.mailing_id} → {self.subscriber_id}"


class Acceptance(models.Model):
    """How many mails of a mailing the relay had taken when that was written down, at one instant.

    The plot of a report is made of these: a thousand rows where the ledger has a million.
    """

    mailing = models.ForeignKey(
        Mailing, models.CASCADE, related_name="acceptances", db_constraint=False, db_index=False
    )
    at = models.DateTimeField()
    readers = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("mails accepted")
        verbose_name_plural = _("mails accepted")
        indexes = [models.Index(fields=("mailing", "at"), name="acceptance_of_mailing")]

    def __str__(self) -> str:
        return f"{self.mailing_id} {self.at:%Y-%m-%d %H:%M:%S}: {self.readers}"


class DeliveryEvent(models.Model):
    """What happened to a delivery other than being accepted. Append-only, but for erasure.

    `mailing` is the delivery's: a report then reads the index of its events and nothing else.
    """

    class Kind(models.TextChoices):
        DEFERRED = "deferred", _("put off")
        REFUSED = "refused", _("refused")
        GIVEN_UP = "given_up", _("given up")
        UNKNOWN = "unknown", _("the answer was lost")
        SENT_AGAIN = "sent_again", _("sent again: may have arrived twice")
        LEFT = "left", _("left as it is")
        FOUND = "found", _("found at the mail server")
        NOT_FOUND = "not_found", _("not found at the mail server, sent again")
        BOUNCED = "bounced", _("returned")
        COMPLAINED = "complained", _("reported as spam")

    class Category(models.TextChoices):
        """Why, in the five words that decide what follows."""

        NONE = "", _("unknown")
        ADDRESS = "address", _("the address does not exist")
        MAILBOX = "mailbox", _("the mailbox is full or closed for now")
        POLICY = "policy", _("the provider does not want our mail")
        CONTENT = "content", _("the message was not accepted")
        NETWORK = "network", _("the other side could not be reached")

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="events")
    mailing = models.ForeignKey(
        Mailing, models.CASCADE, related_name="events", db_constraint=False, db_index=False
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    category = models.CharField(max_length=8, choices=Category.choices, blank=True)
    at = models.DateTimeField()
    code = models.SmallIntegerField(default=0, help_text="SMTP reply code (RFC 5321, 4.2).")
    enhanced = models.CharField(max_length=12, blank=True, help_text="Status by RFC 3463.")
    text = models.CharField(max_length=300, blank=True, help_text="The mail server’s words.")

    class Meta:
        verbose_name = _("event of a delivery")
        verbose_name_plural = _("events of deliveries")
        ordering = ("at", "id")
        indexes = [
            models.Index(fields=("kind", "at"), name="delivery_event_kind"),
            models.Index(
                fields=("mailing", "kind", "category", "delivery"), name="delivery_event_mailing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d}"
