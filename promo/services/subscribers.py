"""Subscribers: sign-up with double opt-in, preferences, leaving, erasing."""

from datetime import datetime, timedelta
from uuid import UUID

from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from promo.errors import InvalidInput
from promo.models import Consent, Newsletter, Subscriber, Subscription, Suppression
from promo.services import tokens

ASK_AGAIN = timedelta(hours=24)
"""A confirmation mail goes to one address at most once in this time, over all newsletters."""

ASKED_A_MONTH = 3
NAME_LENGTH = 120


def valid_address(email: str) -> str:
    """The address, trimmed; raises InvalidInput."""
    from django.core.exceptions import ValidationError  # noqa: PLC0415  (Django's own name for it)

    address = email.strip()
    try:
        validate_email(address)
    except ValidationError as error:
        raise InvalidInput(_("This is not an e-mail address."), field="email") from error
    return address


def sign_up(
    *,
    email: str,
    name: str,
    newsletter: Newsletter,
    language: str,
    wording: str,
    source: str,
    ip: str | None,
    now: datetime,
) -> Subscription | None:
    """Ask for a subscription. Gives it where a confirmation mail should go out now, else None.

    The person gets the same answer in either case: nobody learns who reads what.
    """
    address = valid_address(email)
    if _refuses_mail(address):
        return None
    with transaction.atomic():
        subscriber = Subscriber.objects.filter(email__iexact=address).first()
        if subscriber is None:
            subscriber = Subscriber.objects.create(
                email=address, name=name.strip()[:NAME_LENGTH], language=language
            )
        subscription, _created = Subscription.objects.select_for_update().get_or_create(
            subscriber=subscriber, newsletter=newsletter
        )
        if subscription.state == Subscription.State.ACTIVE or _asked_enough(subscriber, now):
            return None
        subscription.state = Subscription.State.PENDING
        subscription.asked_at = now
        subscription.confirmation_sent_at = None
        subscription.save(update_fields=["state", "asked_at", "confirmation_sent_at"])
        Consent.objects.create(
            subscription=subscription,
            act=Consent.Act.ASKED,
            at=now,
            wording=wording,
            source=source[:200],
            ip=ip,
        )
    return subscription


def _asked_enough(subscriber: Subscriber, now: datetime) -> bool:
    asked = Consent.objects.filter(subscription__subscriber=subscriber, act=Consent.Act.ASKED)
    lately = asked.filter(at__gt=now - ASK_AGAIN).exists()
    return lately or asked.filter(at__gt=now - timedelta(days=30)).count() >= ASKED_A_MONTH


def confirm(*, subscription_id: int, ip: str | None, now: datetime) -> Subscription:
    """The double opt-in's second half. Repeating it changes nothing."""
    with transaction.atomic():
        row = Subscription.objects.select_for_update().get(id=subscription_id)
        if row.state == Subscription.State.ACTIVE:
            return row
        row.state = Subscription.State.ACTIVE
        row.confirmed_at = now
        row.ended_at = None
        row.save(update_fields=["state", "confirmed_at", "ended_at"])
        Consent.objects.create(subscription=row, act=Consent.Act.CONFIRMED, at=now, ip=ip)
        # A new, proved consent outweighs the reader's own earlier wish, but no bounce or complaint.
        Suppression.objects.filter(
            address_hash=tokens.address_hash(row.subscriber.email),
            reason=Suppression.Reason.WISH,
        ).delete()
    return row


def record(
    *, email: str, name: str, newsletter: Newsletter, source: str, wording: str, now: datetime
) -> Subscription:
    """A subscription whose consent staff hold on paper; raises InvalidInput for a bad address."""
    address = valid_address(email)
    if is_suppressed(address):
        raise InvalidInput(_("We may not send mail to this address any more."), field="email")
    with transaction.atomic():
        subscriber = Subscriber.objects.filter(email__iexact=address).first()
        if subscriber is None:
            subscriber = Subscriber.objects.create(
                email=address, name=name.strip()[:NAME_LENGTH], language=newsletter.language
            )
        row, _created = Subscription.objects.get_or_create(
            subscriber=subscriber, newsletter=newsletter
        )
        if row.state != Subscription.State.ACTIVE:
            row.state = Subscription.State.ACTIVE
            row.confirmed_at = now
            row.ended_at = None
            row.save()
            Consent.objects.create(
                subscription=row, act=Consent.Act.RECORDED, at=now, wording=wording, source=source
            )
    return row


def leave(*, subscriber: Subscriber, newsletter: Newsletter, source: str, now: datetime) -> None:
    """Unsubscribe at once. Repeating it changes nothing."""
    with transaction.atomic():
        left = (
            Subscription.objects.select_for_update()
            .filter(subscriber=subscriber, newsletter=newsletter)
            .exclude(state=Subscription.State.ENDED)
            .first()
        )
        if left is None:
            return
        left.state = Subscription.State.ENDED
        left.ended_at = now
        left.save(update_fields=["state", "ended_at"])
        Consent.objects.create(
            subscription=left, act=Consent.Act.WITHDRAWN, at=now, source=source[:200]
        )


def choose(
    *,
    subscriber: Subscriber,
    newsletters: set[int],
    name: str,
    language: str,
    source: str,
    now: datetime,
) -> None:
    """Apply the preference page: its name, language, and exactly these newsletters.

    The reader came with a code from a mail to this very address: a new choice is proved consent.
    """
    with transaction.atomic():
        Subscriber.objects.filter(id=subscriber.id).update(
            name=name.strip()[:NAME_LENGTH], language=language
        )
        for newsletter in Newsletter.objects.all():
            known = Subscription.objects.filter(
                subscriber=subscriber, newsletter=newsletter
            ).first()
            if newsletter.id not in newsletters:
                leave(subscriber=subscriber, newsletter=newsletter, source=source, now=now)
            elif known is None or known.state != Subscription.State.ACTIVE:
                row, _created = Subscription.objects.get_or_create(
                    subscriber=subscriber, newsletter=newsletter
                )
                confirm(subscription_id=row.id, ip=None, now=now)


def erase(*, subscriber: Subscriber, now: datetime) -> None:
    """Forget the person. Only the keyed hash stays, so that no import mails the address again."""
    with transaction.atomic():
        Suppression.objects.get_or_create(
            address_hash=tokens.address_hash(subscriber.email),
            defaults={"reason": Suppression.Reason.WISH, "at": now},
        )
        subscriber.deliveries.update(reply="")  # mail servers repeat the address in it
        subscriber.delete()


def _refuses_mail(email: str) -> bool:
    """The address does not exist, or its owner complained; a wish of one's own may be changed."""
    known = Suppression.objects.filter(address_hash=tokens.address_hash(email))
    return known.exclude(reason=Suppression.Reason.WISH).exists()


def is_suppressed(email: str) -> bool:
    return Suppression.objects.filter(address_hash=tokens.address_hash(email)).exists()


def by_uuid(uuid: str | UUID) -> Subscriber | None:
    return Subscriber.objects.filter(uuid=uuid).first()
