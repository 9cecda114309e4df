"""Confirmation mails of the double opt-in. The subscription's row is the queue."""

from datetime import datetime

from django.core.mail import EmailMultiAlternatives
from django.utils import translation
from django.utils.translation import gettext as _

from promo.models import Subscription
from promo.services import channels, tokens
from promo.services.facts import institution_facts


def due(*, limit: int = 50) -> list[int]:
    """Subscriptions whose confirmation mail has not gone out."""
    rows = Subscription.objects.filter(
        state=Subscription.State.PENDING, asked_at__isnull=False, confirmation_sent_at=None
    )
    return list(rows.order_by("asked_at").values_list("id", flat=True)[:limit])


def send(subscription_id: int, *, now: datetime) -> None:
    """Mail the link that confirms. No text of the person's own is in it: a form is no mail gate."""
    taken = Subscription.objects.filter(
        id=subscription_id, state=Subscription.State.PENDING, confirmation_sent_at=None
    ).update(confirmation_sent_at=now)
    if not taken:
        return
    row = Subscription.objects.select_related("subscriber", "newsletter").get(id=subscription_id)
    language = row.subscriber.language
    render = channels.render(language)
    facts = institution_facts()
    context = {
        "institution": facts,
        "newsletter": row.newsletter.name,
        "link": tokens.link("confirm", tokens.CONFIRM, str(row.id)),
    }
    with translation.override(language):
        subject = _("Please confirm: {newsletter}").format(newsletter=row.newsletter.name)
    mail = EmailMultiAlternatives(
        subject=subject,
        body=render("newsletter_email/confirmation.txt.j2", context),
        from_email=f'"{row.newsletter.from_name}" <{row.newsletter.from_email}>',
        to=[row.subscriber.email],
        headers={"Auto-Submitted": "auto-generated"},
    )
    try:
        mail.send()
    except OSError:
        Subscription.objects.filter(id=subscription_id).update(confirmation_sent_at=None)
        raise
