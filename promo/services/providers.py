"""The readers' mail providers: what they may get, who of them refuses us, and who waits therefore.

A provider is the domain of an address, in lower-case ASCII.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import redis
import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Sum
from django.utils.translation import gettext as _

from promo.errors import NotAllowed
from promo.mailing import brake
from promo.mailing.headers import domain_of
from promo.mailing.limits import Limit, parse_limits
from promo.mailing.relay import parse_email_url
from promo.mailing.replies import Category
from promo.models import (
    Batch,
    Delivery,
    DeliveryEvent,
    DomainHold,
    DomainLimit,
    DomainWord,
    Mailing,
)

log = structlog.get_logger()

_SETTLED_BY_THEN = timedelta(minutes=10)
"""So long after a hold began, all whom it concerns have been set aside."""

WEIGHED, CAME_BACK = 20, 10
"""Of so many mails in a row to a provider, so many that came back say that it means us."""

_FARTHEST = 20_000
"""Deliveries among which they are looked for."""

_PREFIX = "domain:"


def meter_name(domain: str) -> str:
    """What the mails to a provider are counted under, by all workers."""
    return _PREFIX + domain


def limits() -> dict[str, tuple[Limit, ...]]:
    """What staff have set."""
    rows = DomainLimit.objects.values_list("domain", "limits")
    return {domain: parse_limits(text) for domain, text in rows}


def held() -> frozenset[str]:
    """Who refuses our mail until a person lets us go on."""
    return frozenset(DomainHold.objects.values_list("domain", flat=True))


def hold(*, domain: str, said: str, now: datetime) -> None:
    """Mail this provider's readers no more for now. Repeating it changes nothing."""
    DomainHold.objects.get_or_create(domain=domain, defaults={"since_at": now, "said": said[:300]})
    log.warning("provider", domain=domain, said=said)


def hear_returned(*, delivery: Delivery, said: str, now: datetime) -> None:
    """A mail came back since its provider does not want our mail: hold it if most do.

    Weighed are the last mails to this provider up to this one, in the order in which they went
    out: a few that came back among many that did not are their readers' own filters. What was
    sent before a person last let us go on counts no more.
    """
    if delivery.subscriber is None:
        return
    address = delivery.subscriber.email
    domain = domain_of(address)
    if DomainHold.objects.filter(domain=domain).exists():
        return
    word = DomainWord.objects.filter(domain=domain).first()
    with connection.cursor() as cursor:
        cursor.execute(
            _CAME_BACK,
            {
                "mailing": delivery.mailing_id,
                "last": delivery.pk,
                "first": delivery.pk - _FARTHEST,
                "domain": address.rpartition("@")[2].lower(),
                "accepted": Delivery.State.ACCEPTED.value,
                "since": word.at if word else delivery.mailing.started_at,
                "weighed": WEIGHED,
                "bounced": DeliveryEvent.Kind.BOUNCED.value,
                "unwanted": Category.POLICY.value,
            },
        )
        (count,) = cursor.fetchone()
    if count >= CAME_BACK:
        hold(domain=domain, said=said, now=now)


_CAME_BACK = """
    SELECT count(*) FROM (
        SELECT delivery.id FROM promo_delivery delivery
        JOIN promo_subscriber reader ON reader.id = delivery.subscriber_id
        WHERE delivery.id BETWEEN %(first)s AND %(last)s AND delivery.mailing_id = %(mailing)s
            AND delivery.state = %(accepted)s AND delivery.settled_at >= %(since)s
            AND lower(split_part(reader.email, '@', 2)) = %(domain)s
        ORDER BY delivery.id DESC LIMIT %(weighed)s
    ) sent
    WHERE EXISTS (
        SELECT FROM promo_deliveryevent event
        WHERE event.delivery_id = sent.id AND event.kind = %(bounced)s
            AND event.category = %(unwanted)s
    )
"""


def go_on(*, domain: str, now: datetime) -> None:
    """A person's word: mail this provider's readers again. Raises NotAllowed where nobody waits."""
    with transaction.atomic():
        gone, _by_model = DomainHold.objects.filter(domain=domain).delete()
        if gone:
            DomainWord.objects.update_or_create(domain=domain, defaults={"at": now})
        waiting = Batch.objects.filter(domain=domain, state=Batch.State.READY)
        Mailing.objects.filter(id__in=waiting.values("mailing_id")).update(hinted_at=None)
    if not gone:
        raise NotAllowed(_("Its readers are mailed again already."))


def let_go(*, now: datetime) -> None:
    """Forget holds for which nobody waits (any more): the next mailing sees for itself."""
    waiting = Batch.objects.exclude(state=Batch.State.DONE).exclude(domain="")
    old = DomainHold.objects.filter(since_at__lte=now - _SETTLED_BY_THEN)
    old.exclude(domain__in=waiting.values("domain")).delete()


def slowed(client: redis.Redis) -> dict[str, float]:
    """Providers that ask us to go slower, with the mails a second now. Raises RedisError."""
    found = brake.slowed(client)
    return {
        name.removeprefix(_PREFIX): pace for name, pace in found.items() if name.startswith(_PREFIX)
    }


@dataclass(frozen=True, slots=True)
class Waiting:
    """Readers of one provider who wait in a mailing, and what for."""

    domain: str
    readers: int
    limits: str = ""
    pace: int | None = None
    """Mails a second, where it asks us to go slower."""
    hold: DomainHold | None = None


@dataclass(frozen=True, slots=True)
class Traffic:
    """What slows a mailing: the relay's pace if it asks for one, and the providers."""

    relay_pace: int | None
    waiting: Sequence[Waiting]


def traffic(mailing: Mailing) -> Traffic:
    """For the desk. While Redis is away nobody knows who asks us to go slower."""
    relay = parse_email_url(settings.EMAIL_URL).name
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    try:
        paces = {name: max(1, round(pace)) for name, pace in brake.slowed(client).items()}
    except redis.RedisError:
        paces = {}
    finally:
        client.close()
    rules = dict(DomainLimit.objects.values_list("domain", "limits"))
    holds = DomainHold.objects.in_bulk(field_name="domain")
    counts = _counts(mailing)
    return Traffic(
        paces.get(relay),
        [
            Waiting(
                domain,
                count,
                rules.get(domain, ""),
                paces.get(meter_name(domain)),
                holds.get(domain),
            )
            for domain, count in counts.items()
        ],
    )


def held_back(mailing: Mailing) -> int:
    """How many of its readers wait for a person's word on their providers."""
    counts = _counts(mailing)
    return sum(counts.get(domain, 0) for domain in held()) if counts else 0


def _counts(mailing: Mailing) -> dict[str, int]:
    """How many readers were set aside and are not settled yet, by provider, the most first."""
    left = F("size") - F("accepted") - F("refused") - F("skipped") - F("given_up")
    rows = (
        mailing.batches.exclude(domain="")
        .exclude(state=Batch.State.DONE)
        .values("domain")
        .annotate(readers=Sum(left - F("unknown") - F("cancelled")))
        .filter(readers__gt=0)
        .order_by("-readers", "domain")
    )
    return {row["domain"]: row["readers"] for row in rows}
