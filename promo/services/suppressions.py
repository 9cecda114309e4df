"""Who must not be mailed any more: above all newsletters, by a hash that survives erasure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from promo.errors import ConfigurationError
from promo.mailing.replies import Category
from promo.models import Consent, Subscriber, Subscription, Suppression
from promo.services import keeping, unreachable
from promo.services.deliveries import Event
from promo.vault import address_hash

Reason = Suppression.Reason

# Statuses after which no second try is worth it (RFC 3463). 5.2.x is a full mailbox, 5.7.x is
# the provider's mind about us: neither is the reader's fault, and neither stands here.
NO_SUCH_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})

_STRENGTH = (Reason.WISH, Reason.BOUNCE, Reason.COMPLAINT)
"""A wish may be changed by a new consent; the others outweigh it."""


def check_key() -> None:
    """Raise ConfigurationError where the readers' hashes were made under another key.

    Nobody on the suppression list would be recognised any more, whoever imports them again.
    """
    reader = Subscriber.objects.order_by("-id").first()
    if reader and reader.address_hash != address_hash(reader.email):
        raise ConfigurationError(
            _(
                "The list of addresses that must not be mailed was made under another key. "
                "Set PROMO_ADDRESS_KEY to what SECRET_KEY was then (see docs/operations.md)."
            )
        )


def suppress_refused(*, events: Collection[Event], now: datetime) -> None:
    """Suppress the readers of settled mails who cannot be reached, by the relay's own replies.

    At once where the address does not exist; where the mailbox is full or closed for now, after
    several mailings. Call it within the transaction that settles them: eight statements at most,
    none where no reply says so.
    """
    gone = [
        event.delivery_id
        for event in events
        # Not by the status alone: a relay may say the same of our own sender (MAIL).
        if event.enhanced in NO_SUCH_ADDRESS and event.category == Category.ADDRESS
    ]
    full = [event.delivery_id for event in events if event.category == Category.MAILBOX]
    if gone:
        suppress(
            subscriber_ids=_readers(gone),
            reason=Reason.BOUNCE,
            source=_("refused by the mail server: the address does not exist"),
            now=now,
        )
    if full:
        suppress(
            subscriber_ids=unreachable.for_long(subscriber_ids=_readers(full)),
            reason=Reason.BOUNCE,
            source=_("refused by the mail server: the mailbox is full, again and again"),
            now=now,
        )


def _readers(delivery_ids: Collection[int]) -> list[int]:
    readers = Subscriber.objects.filter(deliveries__id__in=delivery_ids)
    return list(readers.values_list("id", flat=True).distinct())


def suppress(
    *, subscriber_ids: Collection[int], reason: Reason, source: str, now: datetime
) -> None:
    """Nothing goes to these readers any more, and their subscriptions end, with a note why.

    Repeating it changes nothing, but that a stronger reason takes the place of a weaker one.
    """
    with transaction.atomic():
        # In the order of the hashes: whoever suppresses the same ones at once waits, never locks.
        hashes = list(
            Subscriber.objects.filter(id__in=subscriber_ids)
            .order_by("address_hash")
            .values_list("address_hash", flat=True)
        )
        Suppression.objects.bulk_create(
            [Suppression(address_hash=one, reason=reason, at=now) for one in hashes],
            ignore_conflicts=True,
        )
        weaker = _STRENGTH[: _STRENGTH.index(reason)]
        if weaker:
            Suppression.objects.filter(address_hash__in=hashes, reason__in=weaker).update(
                reason=reason, at=now
            )
        _end_subscriptions(subscriber_ids, source=source, now=now)


def _end_subscriptions(subscriber_ids: Collection[int], *, source: str, now: datetime) -> None:
    open_ones = (
        Subscription.objects.filter(subscriber_id__in=subscriber_ids)
        .exclude(state=Subscription.State.ENDED)
        .order_by("id")
        .select_for_update()
    )
    ids = list(open_ones.values_list("id", flat=True))
    if not ids:
        return
    Subscription.objects.filter(id__in=ids).update(
        state=Subscription.State.ENDED, ended_at=now, confirm_at=None, counted_since_at=None
    )
    keeping.forget_visits(subscription_ids=ids)
    Consent.objects.bulk_create(
        Consent(subscription_id=one, act=Consent.Act.WITHDRAWN, at=now, source=source[:200])
        for one in ids
    )
