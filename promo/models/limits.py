"""What is kept to towards the readers' mail providers: limits that staff set, and holds."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class DomainLimit(models.Model):
    """How many mails a provider may get at most: `10/s + 2000/h`, all of which hold."""

    domain = models.CharField(
        _("provider"),
        max_length=253,
        unique=True,
        help_text=_("The part of the address after the @, for example wp.pl."),
    )
    limits = models.CharField(
        _("mails at most"),
        max_length=100,
        help_text=_(
            "A number and a time: 10/s is ten mails a second, 600/m a minute, 2000/h an hour, "
            "20000/d a day. Several are kept together: 10/s + 2000/h."
        ),
    )

    class Meta:
        verbose_name = _("mail limit")
        verbose_name_plural = _("mail limits")
        ordering = ("domain",)
        constraints = [
            # As `promo.mailing.limits` reads and `promo.desk.limits` writes them.
            models.CheckConstraint(
                condition=Q(limits__regex=r"^[1-9]\d{0,8}/[smhd]( \+ [1-9]\d{0,8}/[smhd])*$"),
                name="domain_limit_is_one",
            ),
            models.CheckConstraint(
                condition=Q(domain__regex=r"^[a-z0-9.-]+$"), name="domain_limit_in_ascii"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.domain}: {self.limits}"


class DomainHold(models.Model):
    """A provider that refused our mail again and again: its readers wait for a person's word."""

    domain = models.CharField(_("provider"), max_length=253, unique=True)
    since_at = models.DateTimeField(_("since"))
    said = models.CharField(max_length=300, help_text="The last refusal, as the provider put it.")

    class Meta:
        verbose_name = _("provider that refuses our mail")
        verbose_name_plural = _("providers that refuse our mail")
        ordering = ("domain",)

    def __str__(self) -> str:
        return self.domain


class DomainWord(models.Model):
    """A person's word that a provider is mailed again: what was sent before it counts no more."""

    domain = models.CharField(_("provider"), max_length=253, unique=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("provider that is mailed again")
        verbose_name_plural = _("providers that are mailed again")

    def __str__(self) -> str:
        return self.domain
