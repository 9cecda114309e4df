"""What came back: returned mails as received, and the mailbox they are fetched from."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ReturnedMail(models.Model):
    """One returned mail, or one event a provider told us of, kept before anything is made of it.

    The row is the queue. `digest` tells the same one fetched twice; `raw` goes once nobody needs
    it any more (`promo.services.keeping.forget_old`).
    """

    class Source(models.TextChoices):
        MAILBOX = "mailbox", _("fetched from the mailbox")
        LISTENER = "listener", _("brought by the mail server")
        WEBHOOK = "webhook", _("told by the mail provider")

    class Verdict(models.TextChoices):
        """The words of `promo.mailing.bounces.Kind`, and two of our own."""

        WAITING = "", _("not read yet")
        HARD = "hard", _("the address does not exist")
        SOFT = "soft", _("not delivered this time")
        POLICY = "policy", _("refused by the provider")
        COMPLAINT = "complaint", _("complaint")
        LEAVE = "leave", _("unsubscribed by mail")
        NOTICE = "notice", _("for information only")
        AUTOMATIC = "automatic", _("automatic reply")
        UNINTELLIGIBLE = "unintelligible", _("a person must read it")
        NOBODY = "nobody", _("belongs to none of our mails")

    digest = models.CharField(max_length=64, unique=True)
    source = models.CharField(_("source"), max_length=8, choices=Source.choices)
    recipient = models.CharField(
        max_length=320, blank=True, help_text="To whom it came, by the envelope."
    )
    raw = models.BinaryField(null=True)
    received_at = models.DateTimeField(_("received"))
    tries = models.PositiveSmallIntegerField(default=0)
    hinted_at = models.DateTimeField(null=True, blank=True)
    processed_at = models.DateTimeField(_("read"), null=True, blank=True)
    verdict = models.CharField(
        _("verdict"), max_length=14, choices=Verdict.choices, blank=True, default=Verdict.WAITING
    )
    text = models.CharField(_("text"), max_length=300, blank=True)
    delivery = models.ForeignKey(
        "promo.Delivery",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="returned_mails",
        db_constraint=False,
    )

    class Meta:
        verbose_name = _("returned mail")
        verbose_name_plural = _("returned mails")
        ordering = ("-received_at", "-id")
        constraints = [
            models.CheckConstraint(
                condition=Q(processed_at__isnull=False) | Q(raw__isnull=False),
                name="returned_mail_kept_until_read",
            ),
        ]
        indexes = [
            models.Index(fields=("id",), name="returned_unread", condition=Q(processed_at=None)),
            models.Index(fields=("received_at",), name="returned_received"),
            models.Index(fields=("verdict", "received_at"), name="returned_verdict"),
        ]

    def __str__(self) -> str:
        return f"{self.verdict or '…'} {self.received_at:%Y-%m-%d %H:%M}"


class ReturnMailbox(models.Model):
    """The mailbox of returned mail: when it is read next, and what was wrong the last time.

    `of_the_desk` is the one set up there; `sealed` is its address with the password, encrypted.
    The row of a mailbox that PROMO_BOUNCE_URL names holds no address.
    """

    name = models.CharField(
        max_length=300, unique=True, help_text="The address without the password."
    )
    next_read_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=500, blank=True)
    of_the_desk = models.BooleanField(default=False)
    sealed = models.TextField(blank=True, editable=False)

    class Meta:
        verbose_name = _("mailbox of returned mail")
        verbose_name_plural = _("mailboxes of returned mail")
        constraints = [
            models.UniqueConstraint(
                fields=("of_the_desk",),
                condition=Q(of_the_desk=True),
                name="return_mailbox_of_the_desk",
            )
        ]

    def __str__(self) -> str:
        return self.name
