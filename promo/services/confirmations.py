"""Confirmation mails of the double opt-in. The subscription's row is the queue."""

from datetime import datetime
from email.utils import formataddr

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from promo.errors import InvalidInput, OutcomeUnknown, PublishError, Rejected
from promo.mailing.envelope import MimeMail
from promo.mailing.headers import HeaderText, MailAddress
from promo.mailing.relay import parse_email_url
from promo.mailing.smtp import SmtpConnection
from promo.models import Subscription
from promo.services import channels, tokens
from promo.services.facts import institution_facts

log = structlog.get_logger()


def due(*, limit: int = 50) -> list[int]:
    """Subscriptions whose confirmation mail has not gone out."""
    rows = Subscription.objects.filter(
        state=Subscription.State.PENDING, asked_at__isnull=False, confirmation_sent_at=None
    )
    return list(rows.order_by("asked_at").values_list("id", flat=True)[:limit])


def send(subscription_id: int, *, now: datetime) -> None:
    """Mail the link that confirms, once; it is due again only where nothing was taken for sure.

    Where the answer was lost the person may ask again tomorrow: a form must not be a way to fill
    somebody's mailbox.
    """
    taken = Subscription.objects.filter(
        id=subscription_id, state=Subscription.State.PENDING, confirmation_sent_at=None
    ).update(confirmation_sent_at=now)
    if not taken:
        return
    row = Subscription.objects.select_related("subscriber", "newsletter").get(id=subscription_id)
    try:
        with SmtpConnection(parse_email_url(settings.EMAIL_URL)) as smtp:
            smtp.deliver(_mail(row))
    except (Rejected, OutcomeUnknown, InvalidInput) as error:
        log.warning("confirmation", subscription=row.id, error=type(error).__name__)
    except PublishError as error:
        log.warning("confirmation", subscription=row.id, error=type(error).__name__)
        Subscription.objects.filter(id=row.id).update(confirmation_sent_at=None)


def _mail(row: Subscription) -> MimeMail:
    """No text of the person's own is in it; raises InvalidInput for an address we cannot mail."""
    newsletter, language = row.newsletter, row.subscriber.language
    sender, reader = MailAddress(newsletter.from_email), MailAddress(row.subscriber.email)
    context = {
        "institution": institution_facts(),
        "newsletter": newsletter.name,
        "link": tokens.link("confirm", tokens.CONFIRM, str(row.id)),
    }
    with translation.override(language):
        subject = _("Please confirm: {newsletter}").format(newsletter=newsletter.name)
    mail = EmailMessage(
        subject=subject,
        body=channels.render(language)("newsletter_email/confirmation.txt.j2", context),
        from_email=formataddr((HeaderText(newsletter.from_name), sender)),
        to=[reader],
        headers={"Auto-Submitted": "auto-generated"},
    )
    return MimeMail(sender, reader, mail.message().as_bytes())
