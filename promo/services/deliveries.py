"""Sending a publication to the readers of a newsletter: a row for each delivery, each sent once.

The simple, correct sender: one connection, one reader after the other, each marked before its mail
leaves us. A reader whose outcome nobody knows is listed and never mailed again by a timer.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext as _

from promo.errors import (
    ConfigurationError,
    InvalidInput,
    OutcomeUnknown,
    PublishError,
    Rejected,
    Unreachable,
)
from promo.mailing import verp
from promo.mailing.envelope import Compiled, MimeMail, Reader, Sender, compile_mail
from promo.mailing.headers import DomainName, HeaderText, MailAddress
from promo.mailing.relay import parse_email_url
from promo.mailing.slots import ReaderLinks
from promo.mailing.smtp import SmtpConnection
from promo.models import Delivery, Destination, Newsletter, Publication, Subscription
from promo.protocol import State
from promo.services import tokens
from promo.services.clock import Clock, database_now
from promo.services.subscribers import is_suppressed
from promo.values import Receipt

log = structlog.get_logger()

BATCH = 50
BUDGET = timedelta(seconds=120)
"""A task begins no mail after this long; the tick hints at what is left."""

LEASE = timedelta(seconds=900)
"""Longer than the 600 s that the last reply of one mail may take (RFC 5321, 4.5.3.2.6)."""

BACKOFF = tuple(timedelta(seconds=s) for s in (30, 120, 600, 1800, 7200, 21600, 86400))


def start(*, destination: Destination, key: str, now: datetime) -> Receipt:
    """One delivery for each active reader, in one transaction. Repeating it adds nobody twice.

    Raises ConfigurationError for a destination without a newsletter.
    """
    publication = Publication.objects.get(marker=key)
    newsletter = Newsletter.objects.filter(destination=destination).first()
    if newsletter is None:
        raise ConfigurationError(_("This destination belongs to no newsletter."))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO promo_delivery
                (uuid, publication_id, subscriber_id, state, due_at, token, attempts, reply)
            SELECT gen_random_uuid(), %s, subscriber_id, 'due', %s, 0, 0, ''
            FROM promo_subscription WHERE newsletter_id = %s AND state = 'active'
            ON CONFLICT DO NOTHING
            """,
            [publication.id, now, newsletter.id],
        )
    return Receipt(str(publication.uuid), tokens.link("view", tokens.DELIVERY, publication.uuid))


def hand_out(*, now: datetime) -> list[int]:
    """Ids of publications with readers to mail now.

    One hinted at lately is passed by: somebody is mailing its readers. `send` sets it free.
    """
    waiting = Delivery.objects.filter(
        publication=OuterRef("id"), state=Delivery.State.DUE, due_at__lte=now
    )
    stale = Q(hinted_at__isnull=True) | Q(hinted_at__lte=now - settings.PROMO_HINT_AGAIN)
    rows = Publication.objects.filter(
        stale,
        Exists(waiting),
        state=State.PUBLISHED,
        destination__newsletter__isnull=False,
        destination__paused_at=None,
    )
    with transaction.atomic():
        picked = rows.order_by("due_at").select_for_update(of=("self",), skip_locked=True)
        ids = list(picked.values_list("id", flat=True)[:50])
        Publication.objects.filter(id__in=ids).update(hinted_at=now)
    return ids


def send(publication_id: int, *, clock: Clock = database_now) -> None:
    """Mail the publication's readers, until nobody is due or the time budget is used up."""
    publication = Publication.objects.select_related(
        "destination__newsletter", "issue", "item"
    ).get(id=publication_id)
    newsletter = publication.destination.newsletter
    began = clock()
    sender = _sender(newsletter)
    mail = compile_mail(publication.message, sender=sender, date=publication.published_at or began)
    with SmtpConnection(parse_email_url(settings.EMAIL_URL)) as smtp:
        while ids := _claim(publication, now=clock()):
            for delivery in _marked(ids, newsletter, clock, until=began + BUDGET):
                _send_one(smtp, mail, delivery, sender, clock)
            if clock() >= began + BUDGET:
                break
    Publication.objects.filter(id=publication_id).update(hinted_at=None)


def _sender(newsletter: Newsletter) -> Sender:
    address = MailAddress(newsletter.from_email)
    return Sender(
        from_name=HeaderText(newsletter.from_name),
        from_email=address,
        list_name=HeaderText(newsletter.name),
        list_id=DomainName(f"{newsletter.slug}.{address.domain}"),
        reply_to=MailAddress(newsletter.reply_to) if newsletter.reply_to else None,
    )


def _claim(publication: Publication, *, now: datetime) -> list[int]:
    if Destination.objects.filter(id=publication.destination_id, paused_at__isnull=False).exists():
        return []
    with transaction.atomic():
        rows = Delivery.objects.filter(
            publication=publication, state=Delivery.State.DUE, due_at__lte=now
        ).order_by("due_at", "id")
        picked = rows.select_for_update(skip_locked=True).values_list("id", flat=True)
        ids = list(picked[:BATCH])
        Delivery.objects.filter(id__in=ids).update(
            state=Delivery.State.CLAIMED, lease_until_at=now + LEASE
        )
    return ids


def _marked(
    ids: list[int], newsletter: Newsletter, clock: Clock, *, until: datetime
) -> Iterator[Delivery]:
    """Each delivery, marked right before its turn; whoever left meanwhile is skipped.

    When the time is over, the claimed ones that had no turn are given back.
    """
    for delivery_id in ids:
        if clock() >= until:
            Delivery.objects.filter(id__in=ids, state=Delivery.State.CLAIMED).update(
                state=Delivery.State.DUE, lease_until_at=None
            )
            return
        with transaction.atomic():
            row = (
                Delivery.objects.select_for_update(of=("self",))
                .select_related("subscriber")
                .filter(id=delivery_id, state=Delivery.State.CLAIMED)
                .first()
            )
            if row is None:
                continue
            if not _reads(row, newsletter):
                row.state = Delivery.State.SKIPPED
                row.settled_at = clock()
                row.save()
                continue
            row.state = Delivery.State.SENDING
            row.attempts += 1
            row.marked_at = clock()
            row.lease_until_at = row.marked_at + LEASE
            row.save()
        yield row


def _reads(row: Delivery, newsletter: Newsletter) -> bool:
    """Has the reader still agreed, at this very moment?"""
    if row.subscriber is None or is_suppressed(row.subscriber.email):
        return False
    return Subscription.objects.filter(
        subscriber=row.subscriber, newsletter=newsletter, state=Subscription.State.ACTIVE
    ).exists()


def _send_one(
    smtp: SmtpConnection, mail: Compiled, row: Delivery, sender: Sender, clock: Clock
) -> None:
    try:
        accepted = smtp.deliver(_mail_for(mail, row, sender))
    except InvalidInput as error:
        _settle(row, Delivery.State.REFUSED, reply=error.text, now=clock())
    except Rejected as error:
        _settle(row, Delivery.State.REFUSED, reply=error.detail, now=clock())
    except OutcomeUnknown as error:
        _settle(row, Delivery.State.UNKNOWN, reply=error.detail, now=clock())
    except PublishError as error:  # deferred or unreachable: nothing was taken
        _defer(row, reply=error.detail, now=clock())
        if isinstance(error, Unreachable):
            log.warning("relay", error=str(error))
    else:
        _settle(row, Delivery.State.ACCEPTED, reply=accepted.text, now=clock())


def _mail_for(mail: Compiled, row: Delivery, sender: Sender) -> MimeMail:
    subscriber = row.subscriber
    if subscriber is None:
        raise InvalidInput("erased")
    domain = sender.from_email.domain
    key = settings.SECRET_KEY.encode()
    subject = row.publication.issue or row.publication.item
    return mail.for_reader(
        Reader(MailAddress(subscriber.email), subscriber.name),
        links=reader_links(row),
        message_id=verp.message_id(getattr(subject, "uuid", row.uuid), subscriber.uuid, domain),
        verp=verp.verp(verp.sign(row.uuid.hex, key=key), domain),
    )


def reader_links(row: Delivery) -> ReaderLinks:
    """The reader's own links in this delivery."""
    return ReaderLinks(
        unsubscribe=tokens.link("unsubscribe", tokens.DELIVERY, row.uuid),
        preferences=tokens.link("preferences", tokens.READER, row.subscriber.uuid)
        if row.subscriber
        else tokens.link("unsubscribe", tokens.DELIVERY, row.uuid),
        browser=tokens.link("view", tokens.DELIVERY, row.publication.uuid),
    )


def _settle(row: Delivery, state: Delivery.State, *, reply: str, now: datetime) -> None:
    # An answer may always be written, also one that came after the lease.
    Delivery.objects.filter(
        id=row.id, state__in=[Delivery.State.SENDING, Delivery.State.UNKNOWN]
    ).update(state=state, settled_at=now, lease_until_at=None, reply=reply[:300])


def _defer(row: Delivery, *, reply: str, now: datetime) -> None:
    if row.attempts > len(BACKOFF):
        _settle(row, Delivery.State.GIVEN_UP, reply=reply, now=now)
        return
    Delivery.objects.filter(id=row.id, state=Delivery.State.SENDING).update(
        state=Delivery.State.DUE,
        due_at=now + BACKOFF[row.attempts - 1],
        lease_until_at=None,
        reply=reply[:300],
    )


def sweep(*, now: datetime) -> None:
    """Take dead leases back: only claimed is due again, what was being sent is unknown."""
    rows = Delivery.objects.filter(lease_until_at__lte=now)
    rows.filter(state=Delivery.State.CLAIMED).update(state=Delivery.State.DUE, lease_until_at=None)
    rows.filter(state=Delivery.State.SENDING).update(
        state=Delivery.State.UNKNOWN, lease_until_at=None, settled_at=now
    )


def decide_unknown(*, publication: Publication, send_again: bool, now: datetime) -> int:
    """A person's word on the deliveries nobody knows about; gives how many it settles."""
    rows = Delivery.objects.filter(publication=publication, state=Delivery.State.UNKNOWN)
    if send_again:
        return rows.update(state=Delivery.State.DUE, due_at=now, settled_at=None)
    return rows.update(state=Delivery.State.GIVEN_UP, settled_at=now)


def progress(publication: Publication) -> dict[str, int]:
    """How many deliveries stand in each state. Finished when none is due, claimed or being sent."""
    counted = publication.deliveries.values_list("state").annotate(count=Count("id"))
    return dict(counted.order_by())
