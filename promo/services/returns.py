"""What came back, and what follows: events of deliveries, suppressions, words for staff.

    hard       the address does not exist: suppressed at once
    soft       not delivered this time: suppressed after three mailings over two weeks in a row
    policy     our mail was not wanted: nobody is suppressed, staff are told (`refusals`); a
               provider of whom that comes back again and again gets no more (`providers`)
    complaint  suppressed at once
    leave      a mail to the unsubscription address

What a returned mail says is read by `promo.mailing.bounces`; here it is proved whose it is. The
same thing told twice, in any order and by any way, is counted once.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import (
    Count,
    F,
    Func,
    Max,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from promo.errors import InvalidInput
from promo.mailing import bounces, clues, codes, tracked
from promo.mailing.bounces import Kind, Returned
from promo.mailing.clues import Clues
from promo.mailing.codes import Purpose
from promo.mailing.replies import Category
from promo.models import (
    Delivery,
    DeliveryEvent,
    Mailing,
    ReturnedMail,
    Subscriber,
    Suppression,
)
from promo.services import (
    deliveries,
    hints,
    keeping,
    mailings,
    providers,
    subscribers,
    suppressions,
    unreachable,
)

log = structlog.get_logger()

MOST_TRIES = 5
"""A mail at which the program fails so often is left to a person."""

_STANDING = frozenset({"postmaster", "abuse"})
"""Addresses that every domain must have (RFC 2142): reports of complaints come there."""

_HINTS = 200
_UNSETTLED = (Delivery.State.DUE, Delivery.State.UNKNOWN)
_Verdict = ReturnedMail.Verdict
_Event = DeliveryEvent.Kind
_SOFT = (
    DeliveryEvent.Category.NONE,
    DeliveryEvent.Category.MAILBOX,
    DeliveryEvent.Category.NETWORK,
)
_WHY = {Kind.HARD: Category.ADDRESS, Kind.POLICY: Category.POLICY}
_OURS = (DeliveryEvent.Category.POLICY, DeliveryEvent.Category.CONTENT)


def hand_out(*, now: datetime) -> list[int]:
    """Ids of mails to be read now; one hinted at lately is passed by."""
    stale = Q(hinted_at__isnull=True) | Q(hinted_at__lte=now - settings.PROMO_HINT_AGAIN)
    rows = ReturnedMail.objects.filter(stale, processed_at=None).order_by("tries", "id")
    return hints.take(rows, limit=_HINTS, hinted_at=now)


def takes(address: str) -> bool:
    """Is this an address of ours that mail may come back to? Asks nobody but the key."""
    local = address.partition("@")[0].lower()
    return local in _STANDING or bool(_proved(clues.search([], arrived_at=[address])))


def is_awaited(names: Clues) -> bool:
    """Is this about a delivery of which we do not know yet whether the relay has taken the mail?"""
    delivery = _find(names)
    return delivery is not None and delivery.state in _UNSETTLED


def process(mail_id: int, *, now: datetime) -> None:
    """Read one returned mail and do what follows. Repeating it changes nothing."""
    unread = ReturnedMail.objects.filter(id=mail_id, processed_at=None)
    # Committed first: a mail that ends this process every time is not read for ever.
    if not unread.update(tries=F("tries") + 1):
        return
    with transaction.atomic():
        row = unread.select_for_update(of=("self",), skip_locked=True).first()
        if row is None or row.raw is None:
            return
        if row.tries > MOST_TRIES:
            returned = Returned(Kind.UNINTELLIGIBLE, text=_("Reading this mail failed."))
        else:
            returned = _read(row)
        _conclude(row, returned, _find(returned.clues), now=now)


def _read(row: ReturnedMail) -> Returned:
    raw = bytes(row.raw or b"")
    if row.source == ReturnedMail.Source.WEBHOOK:
        return tracked.read(raw)
    return bounces.read(raw, recipient=row.recipient)


def _find(names: Clues) -> Delivery | None:
    """The delivery that is meant; only what we have signed, or minted at random, names one."""
    found = Delivery.objects.filter(id__in=_proved(names)[:1]).first()
    if found is not None:
        return found
    for reader, subject in names.message_ids:
        about = Q(mailing__publication__issue__uuid=subject) | Q(
            mailing__publication__item__uuid=subject
        )
        rows = Delivery.objects.filter(about, subscriber__uuid=reader)
        found = rows.order_by("-mailing__started_at").first()
        if found is not None:
            return found
    return _newest(names.reader) if names.reader else None


def _newest(address: str) -> Delivery | None:
    """What this reader got last: some providers tell only to whom a mail went."""
    readers = Subscriber.objects.annotate(folded=Lower("email"))
    rows = Delivery.objects.filter(
        subscriber__in=readers.filter(folded=Lower(Value(address))),
        state__in=[Delivery.State.ACCEPTED, Delivery.State.UNKNOWN],
    )
    return rows.order_by("-mailing__started_at").first()


def _proved(names: Clues) -> list[int]:
    """The deliveries that codes of ours name, the surest first."""
    keys = mailings.keys()
    named = [
        (Purpose.UNSUBSCRIBE, names.leave),
        *((Purpose.BOUNCE, code) for code in names.bounce),
        *((Purpose.UNSUBSCRIBE, code) for code in names.links),
    ]
    proved = []
    for purpose, code in named:
        with suppress(InvalidInput):
            proved.append(codes.read(purpose, code, keys=keys))
    return proved


def _conclude(
    row: ReturnedMail, returned: Returned, delivery: Delivery | None, *, now: datetime
) -> None:
    verdict = _Verdict(returned.kind.value)
    if delivery is None and returned.kind not in {Kind.AUTOMATIC, Kind.UNINTELLIGIBLE}:
        verdict = _Verdict.NOBODY
    if delivery is not None:
        # Whoever tells the same of it at this instant waits here.
        delivery = Delivery.objects.select_for_update(no_key=True).get(id=delivery.id)
        _follow(delivery, returned, now=now)
    row.delivery = delivery
    row.verdict = verdict
    row.text = returned.text
    row.processed_at = now
    if delivery is not None and delivery.subscriber_id is None:  # erased meanwhile
        row.raw, row.text, row.recipient = None, "", ""
    row.save(update_fields=["delivery", "verdict", "text", "processed_at", "raw", "recipient"])
    log.info("returned", mail=row.id, verdict=verdict.value, delivery=delivery and delivery.id)


def _follow(delivery: Delivery, returned: Returned, *, now: datetime) -> None:
    if delivery.state in _UNSETTLED:
        deliveries.accept([delivery.id], now=now)  # what came back has been out
    match returned.kind:
        case Kind.HARD:
            _note(delivery, _Event.BOUNCED, returned, now=now)
            _suppress(delivery, Suppression.Reason.BOUNCE, now=now)
        case Kind.SOFT:
            _note(delivery, _Event.BOUNCED, returned, now=now)
            reader = delivery.subscriber_id
            if reader is not None and unreachable.for_long(subscriber_ids=[reader]):
                _suppress(delivery, Suppression.Reason.BOUNCE, now=now)
        case Kind.POLICY:
            _note(delivery, _Event.BOUNCED, returned, now=now)
            if returned.category == Category.POLICY:
                providers.hear_returned(delivery=delivery, said=returned.text, now=now)
        case Kind.COMPLAINT:
            _note(delivery, _Event.COMPLAINED, returned, now=now)
            _suppress(delivery, Suppression.Reason.COMPLAINT, now=now)
        case Kind.LEAVE if delivery.subscriber is not None:
            subscribers.leave(
                subscriber=delivery.subscriber,
                newsletter=delivery.mailing.newsletter,
                source=_("unsubscribed by mail"),
                now=now,
            )
        case _:
            pass


def _note(
    delivery: Delivery, kind: DeliveryEvent.Kind, returned: Returned, *, now: datetime
) -> None:
    """One line in the delivery's history, however often and by how many it is told."""
    category = str(returned.category)
    if returned.kind == Kind.SOFT and category not in _SOFT:
        category = ""  # the category "address" is kept for those that do not exist
    if DeliveryEvent.objects.filter(delivery=delivery, kind=kind, category=category).exists():
        return
    began = delivery.mailing.started_at
    at = returned.at if returned.at is not None and began <= returned.at <= now else now
    DeliveryEvent.objects.create(
        delivery=delivery,
        mailing_id=delivery.mailing_id,
        kind=kind,
        category=category,
        at=at,
        code=returned.code,
        enhanced=returned.status,
        text=returned.text if delivery.subscriber_id is not None else "",
    )


def _suppress(delivery: Delivery, reason: Suppression.Reason, *, now: datetime) -> None:
    if delivery.subscriber_id is None:
        return  # erased: the hash of the address is on the list already
    suppressions.suppress(
        subscriber_ids=[delivery.subscriber_id],
        reason=reason,
        source=_("complaint") if reason == Suppression.Reason.COMPLAINT else _("returned mail"),
        now=now,
    )


@dataclass(frozen=True, slots=True)
class Refusals:
    """A provider that does not want a mailing: for the desk. `text` is one of its answers."""

    domain: str
    count: int
    text: str


def refusals(*, mailing: Mailing) -> Sequence[Refusals]:
    """Which providers refused this mailing for what it or we are, the most readers first.

    No reader is to blame; staff must ask the provider, or mend SPF, DKIM or the content.
    """
    domain = Lower(
        Func(
            "delivery__subscriber__email",
            Value("@"),
            Value(2),
            function="split_part",
            output_field=TextField(),
        )
    )
    rows = (
        DeliveryEvent.objects.filter(
            mailing=mailing,
            kind__in=[_Event.BOUNCED, _Event.REFUSED],
            category__in=_OURS,
            delivery__subscriber__isnull=False,
        )
        .values(domain=domain)
        .annotate(count=Count("delivery", distinct=True), text=Max("text"))
        .order_by("-count", "domain")
    )
    return [Refusals(row["domain"], row["count"], row["text"]) for row in rows]


def mails_for_a_person() -> QuerySet[ReturnedMail]:
    """The returned mails that nobody but a person can read, with whose they are; newest first."""
    kept = ReturnedMail.objects.filter(verdict=_Verdict.UNINTELLIGIBLE, raw__isnull=False)
    kept = kept.exclude(processed_at=None).order_by("-received_at", "-id")
    return kept.select_related("delivery__subscriber", "delivery__mailing__newsletter")


def for_a_person() -> int:
    """How many returned mails nobody but a person can read."""
    return mails_for_a_person().count()


def settle_by_hand(*, mail: ReturnedMail, kind: Kind, now: datetime) -> None:
    """A person's word on a mail that Promo could not read: done as if it had said so itself."""
    with transaction.atomic():
        row = ReturnedMail.objects.select_for_update(of=("self",)).get(id=mail.id)
        if row.verdict != _Verdict.UNINTELLIGIBLE:
            return
        why = _WHY.get(kind, "")
        _conclude(row, Returned(kind, category=why, text=row.text), row.delivery, now=now)


def sweep(*, now: datetime) -> None:
    """Forget what was kept long enough."""
    keeping.forget_old(now=now)
