"""What became of readers, written down: from the relay's words to states, events and waits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from promo.errors import InvalidInput
from promo.mailing import replies
from promo.mailing.conversation import Outcome, Verdict
from promo.models import Delivery, DeliveryEvent, UnknownPolicy
from promo.services import batches, deliveries, suppressions
from promo.services.batches import Place
from promo.services.deliveries import Event


class Aside(NamedTuple):
    """The mail was not begun: it waits for its provider; "" for no one's."""

    domain: str


class Left(NamedTuple):
    """The mail was not begun: its reader has left since the mark."""


What = Outcome | InvalidInput | Aside | Left
Heard = tuple[Place, What]
"""A reader, and the relay's word on the mail, or why none was made."""


def settle(heard: Sequence[Heard], *, policy: UnknownPolicy, now: datetime) -> None:
    """Write down what became of these readers.

    That a mail was taken may always be written. Everything else counts only while the batch is
    ours: its next owner may have sent the mail meanwhile.
    """
    accepted: list[int] = []
    refused: list[Event] = []
    unknown: list[Event] = []
    put_off: dict[int, list[Event]] = defaultdict(list)
    aside: dict[tuple[str, str], list[int]] = defaultdict(list)
    ours = {place.claimed for place, what in heard if not is_taken(what)}
    with transaction.atomic():
        ours = batches.lock(ours)
        for place, what in heard:
            if is_taken(what):
                accepted.append(place.reader.delivery_id)
                continue
            if place.claimed not in ours or isinstance(what, Left):
                continue
            if isinstance(what, Aside):
                aside[what.domain, place.claimed.subject].append(place.reader.delivery_id)
                continue
            event = _event(place, what)
            if event.kind == DeliveryEvent.Kind.REFUSED:
                refused.append(event)
            elif event.kind == DeliveryEvent.Kind.UNKNOWN:
                unknown.append(event)
            else:
                put_off[place.reader.attempts].append(event)
        if accepted:
            deliveries.accept(accepted, now=now)
        deliveries.skip(
            [
                place.reader.delivery_id
                for place, what in heard
                if isinstance(what, Left) and place.claimed in ours
            ],
            now=now,
        )
        if refused:
            deliveries.refuse(refused, state=Delivery.State.REFUSED, now=now)
            suppressions.suppress_refused(events=refused, now=now)
        if unknown:
            deliveries.lose(unknown, policy=policy, now=now)
        for attempts, events in put_off.items():
            _put_off(events, attempts=attempts, now=now)
        for (domain, _subject), ids in aside.items():
            deliveries.set_aside(ids, domain=domain, due_at=now)


def _put_off(events: Sequence[Event], *, attempts: int, now: datetime) -> None:
    deliveries.put_off(events, attempts=attempts, now=now)
    if attempts >= len(settings.PROMO_MAIL_WAITS):  # given up: nothing more is waited for
        suppressions.suppress_refused(events=events, now=now)


def is_taken(what: What) -> bool:
    """Has the relay taken the mail?"""
    return isinstance(what, Outcome) and what.verdict is Verdict.ACCEPTED


def is_unwanted(what: Outcome) -> bool:
    """Was the mail refused for good because its provider does not want our mail?"""
    why = replies.category(what.phase, what.code, replies.enhanced_status(what.text))
    return what.verdict is Verdict.REFUSED and why == replies.Category.POLICY


_KINDS = {
    Verdict.REFUSED: DeliveryEvent.Kind.REFUSED,
    Verdict.UNKNOWN: DeliveryEvent.Kind.UNKNOWN,
    Verdict.DEFERRED: DeliveryEvent.Kind.DEFERRED,
    Verdict.UNSENT: DeliveryEvent.Kind.DEFERRED,
}


def _event(place: Place, what: Outcome | InvalidInput) -> Event:
    """The line in the delivery's history."""
    delivery_id = place.reader.delivery_id
    if isinstance(what, InvalidInput):
        return Event(
            delivery_id, DeliveryEvent.Kind.REFUSED, replies.Category.ADDRESS, text=what.text
        )
    enhanced = replies.enhanced_status(what.text)
    return Event(
        delivery_id,
        _KINDS[what.verdict],
        replies.category(what.phase, what.code, enhanced) if what.code else "",
        code=what.code,
        enhanced=enhanced,
        text=what.text,
    )
