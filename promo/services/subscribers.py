"""Subscribers: sign-up with double opt-in, preferences, leaving, erasing."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from promo.errors import InvalidInput
from promo.models import (
    Consent,
    Newsletter,
    Subscriber,
    Subscription,
    Suppression,
    Tracking,
)
from promo.services import counting, erasure, keeping
from promo.services.counting import Said
from promo.vault import address_hash

ASK_AGAIN = timedelta(hours=24)
"""A confirmation mail goes to one address at most once in this time, over all newsletters."""

ASKED_A_MONTH = 3
NAME_LENGTH = 120
PROOF_LENGTH = 200


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
    others: Collection[Newsletter] = (),
    language: str,
    wording: str,
    source: str,
    ip: str | None,
    counted: Mapping[int, str] | None = None,
    now: datetime,
) -> list[Subscription]:
    """Ask for a newsletter, and for `others` in the same mail. Gives what that mail asks about.

    `counted`: in which of them the person agrees to be told apart, with the words agreed to. The
    person gets the same answer in any case: nobody learns who reads what.
    """
    address = valid_address(email)
    if _refuses_mail(address):
        return []
    with transaction.atomic():
        subscriber = _locked(address, name=name, language=language)
        if _asked_enough(subscriber, now):
            return []
        ties = [_tie(subscriber, wanted) for wanted in (newsletter, *others)]
        asked = [row for row in ties if row.state != Subscription.State.ACTIVE]
        for row in asked:
            _ask(row, now=now)
        Consent.objects.bulk_create(
            Consent(
                subscription=row,
                act=Consent.Act.ASKED,
                at=now,
                wording=wording,
                source=source[:200],
                ip=ip,
            )
            for row in asked
        )
        counting.note_asked(asked, wordings=dict(counted or {}), said=Said(now, source, ip))
    return asked


def _locked(address: str, *, name: str, language: str) -> Subscriber:
    """The one subscriber with this address, made if need be; who signs up at once waits here."""
    made = Subscriber(email=address, name=name.strip()[:NAME_LENGTH], language=language)
    same = Subscriber.objects.annotate(folded=Lower("email")).filter(folded=Lower(Value(address)))
    while True:  # a second round only where the row was forgotten at this instant
        # ON CONFLICT DO NOTHING: whoever makes the same address at the same instant is waited for.
        Subscriber.objects.bulk_create([made], ignore_conflicts=True)
        found = same.select_for_update(no_key=True).first()
        if found is not None:
            return found


def _tie(subscriber: Subscriber, newsletter: Newsletter) -> Subscription:
    row, _created = Subscription.objects.select_for_update().get_or_create(
        subscriber=subscriber, newsletter=newsletter
    )
    return row


def _ask(row: Subscription, *, now: datetime) -> None:
    """The mail is due now; an earlier answer and its troubles are forgotten."""
    row.state = Subscription.State.PENDING
    row.asked_at = row.confirm_at = now
    row.confirm_tries = 0
    row.problem = ""
    row.confirmation_sent_at = None
    row.save()


def _asked_enough(subscriber: Subscriber, now: datetime) -> bool:
    asked = Consent.objects.filter(subscription__subscriber=subscriber, act=Consent.Act.ASKED)
    if asked.filter(at__gt=now - ASK_AGAIN).exists():
        return True
    # One sign-up may have asked about several newsletters, all at one moment.
    moments = asked.filter(at__gt=now - timedelta(days=30)).order_by("at").values("at").distinct()
    return moments.count() >= ASKED_A_MONTH


def confirm(
    *, subscription_ids: Collection[int], ip: str | None, proof: str = "", now: datetime
) -> None:
    """The double opt-in's second half. Repeating it changes nothing.

    Only what still waits for it becomes active: an old link does not bring back who has left.
    `proof` is the code of the mailed link.
    """
    with transaction.atomic():
        waiting = Subscription.objects.filter(
            id__in=subscription_ids, state=Subscription.State.PENDING
        )
        for row in waiting.select_for_update(of=("self",)).order_by("id"):
            _activate(
                row, Consent(act=Consent.Act.CONFIRMED, at=now, ip=ip, proof=proof[:PROOF_LENGTH])
            )
            counting.confirm(row, said=Said(now, ip=ip, proof=proof))


def _activate(row: Subscription, proof: Consent) -> None:
    """From now on the person reads it, and this is why we may write."""
    row.state = Subscription.State.ACTIVE
    row.confirmed_at = proof.at
    row.ended_at = row.confirm_at = None
    row.problem = ""
    row.save()
    proof.subscription = row
    proof.save()
    # A new, proved consent outweighs the reader's own earlier wish, but no bounce or complaint.
    Suppression.objects.filter(
        address_hash=address_hash(row.subscriber.email), reason=Suppression.Reason.WISH
    ).delete()


def record(
    *, email: str, name: str, newsletter: Newsletter, source: str, wording: str, now: datetime
) -> Subscription:
    """A subscription whose consent staff hold on paper; raises InvalidInput for a bad address."""
    address = valid_address(email)
    if is_suppressed(address):
        raise InvalidInput(_("We may not send mail to this address any more."), field="email")
    with transaction.atomic():
        subscriber = _locked(address, name=name, language=newsletter.language)
        row = _tie(subscriber, newsletter)
        if row.state != Subscription.State.ACTIVE:
            _activate(
                row, Consent(act=Consent.Act.RECORDED, at=now, wording=wording, source=source)
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
        left.confirm_at = left.counted_since_at = None
        left.save(update_fields=["state", "ended_at", "confirm_at", "counted_since_at"])
        keeping.forget_visits(subscription_ids=[left.pk])
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
    wording: str = "",
    ip: str | None = None,
    proof: str = "",
    counted: Mapping[int, str],
    now: datetime,
) -> None:
    """Apply the preference page: its name, language, and exactly these newsletters.

    `counted`: in which of them the reader agrees to be told apart, with the words agreed to.

    The reader came with a code from a mail to this very address: a new choice is proved consent.
    """
    consent = {
        "act": Consent.Act.CONFIRMED,
        "at": now,
        "wording": wording,
        "source": source[:200],
        "ip": ip,
        "proof": proof[:PROOF_LENGTH],
    }
    with transaction.atomic():
        Subscriber.objects.filter(id=subscriber.id).update(
            name=name.strip()[:NAME_LENGTH], language=language
        )
        for newsletter in Newsletter.objects.all():
            if newsletter.id not in newsletters:
                leave(subscriber=subscriber, newsletter=newsletter, source=source, now=now)
                continue
            row = _tie(subscriber, newsletter)
            if row.state != Subscription.State.ACTIVE:
                _activate(row, Consent(**consent))
            if newsletter.tracking == Tracking.READERS:  # nobody else is asked
                _let_count(row, counted.get(newsletter.id), Said(now, source, ip, proof))


def _let_count(row: Subscription, wording: str | None, said: Said) -> None:
    if wording is None:
        counting.withdraw(row, said=said)
    else:
        counting.agree(row, wording=wording, said=said)


def erase(*, subscriber: Subscriber, now: datetime) -> None:
    """Forget the person. Only the keyed hash stays, so that no import mails the address again."""
    erasure.erase(subscriber_ids=[subscriber.pk], now=now)


def _refuses_mail(email: str) -> bool:
    """The address does not exist, or its owner complained; a wish of one's own may be changed."""
    known = Suppression.objects.filter(address_hash=address_hash(email))
    return known.exclude(reason=Suppression.Reason.WISH).exists()


def is_suppressed(email: str) -> bool:
    return Suppression.objects.filter(address_hash=address_hash(email)).exists()


def by_uuid(uuid: str | UUID) -> Subscriber | None:
    return Subscriber.objects.filter(uuid=uuid).first()
