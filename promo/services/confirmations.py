"""Confirmation mails of the double opt-in. The subscription's row is the queue.

One mail asks about everything that its reader waits to confirm. A claim moves the rows on before
anything leaves us: a death in between delays the mail and never loses it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import formataddr

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Min, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from promo import stops
from promo.errors import InvalidInput, OutcomeUnknown, PromoError, PublishError, Rejected
from promo.mailing.envelope import MimeMail
from promo.mailing.headers import HeaderText, MailAddress
from promo.mailing.relay import parse_email_url
from promo.models import Subscription
from promo.services import channels, halts, tokens, tolls
from promo.services.facts import institution_facts

log = structlog.get_logger()

BACKOFF = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 360, 720, 1440))
"""Waits between the tries. The last try comes 45 hours after the first."""

LEASE = timedelta(seconds=900)
"""Longer than the 600 s that the last reply of one mail may take (RFC 5321, 4.5.3.2.6)."""

_HOUR = timedelta(hours=1)


def due(*, now: datetime, limit: int = 50) -> list[int]:
    """One subscription for each reader to mail now: `send` takes the reader's others along.

    Never more than the hour's cap leaves; the rest stays due. A stop of everything does not hold
    them: a person has just asked, and waits for the answer. Only after a backup was put in place
    nobody knows whether it is that person's second one.
    """
    if halts.answers_wait():
        return []
    rows = Subscription.objects.filter(confirm_at__lte=now)
    readers = rows.values("subscriber").annotate(first=Min("id"), since=Min("confirm_at"))
    waiting = list(readers.order_by("since").values_list("first", flat=True)[:limit])
    return waiting[: _left(now)] if waiting else []


def held_back(*, now: datetime) -> int:
    """How many people wait since the hour's cap on confirmation mails is reached."""
    waiting = Subscription.objects.filter(confirm_at__lte=now)
    if not waiting.exists() or _left(now):
        return 0
    return _people(waiting)


def _left(now: datetime) -> int:
    """How many more may be mailed within the hour: a flood of sign-ups must not become one."""
    lately = Subscription.objects.filter(confirmation_sent_at__gt=now - _HOUR)
    cap: int = settings.PROMO_CONFIRMATIONS_AN_HOUR
    return max(0, cap - _people(lately))


def _people(rows: QuerySet[Subscription]) -> int:
    count: int = rows.values("subscriber").distinct().count()
    return count


def send(subscription_id: int, *, now: datetime) -> None:
    """Mail the link that confirms, if it is due; it is due again only where nothing was taken.

    Where the answer was lost the person may ask again tomorrow: a form must not be a way to fill
    somebody's mailbox. Raises ConfigurationError before anything is claimed.
    """
    relay = parse_email_url(settings.EMAIL_URL)
    claim = _claim(subscription_id, now=now)
    if claim is None:
        return
    stops.reached(stops.AFTER_CLAIM)
    try:
        with tolls.connection(relay) as smtp:
            smtp.deliver(_mail(claim.rows))
    except (Rejected, OutcomeUnknown, InvalidInput) as error:
        claim.settle(error, confirm_at=None, problem=error.text)
    except PublishError as error:
        _put_off(claim, error, now=now)
    else:
        claim.settle(None, confirm_at=None, problem="", confirmation_sent_at=now)


@dataclass(frozen=True, slots=True)
class _Claim:
    """The rows of one mail, taken until a moment that also tells this claim from a later one."""

    rows: Sequence[Subscription]
    tries: int
    until: datetime

    def settle(self, error: PromoError | None, **values: object) -> None:
        """Write what became of it, unless the reader or a later claim was first."""
        if error is not None:
            log.warning("confirmation", rows=self.ids, tries=self.tries, error=type(error).__name__)
        Subscription.objects.filter(id__in=self.ids, confirm_at=self.until).update(**values)

    @property
    def ids(self) -> list[int]:
        return [row.id for row in self.rows]


def _claim(subscription_id: int, *, now: datetime) -> _Claim | None:
    """Everything that this reader waits to confirm, if any of it is due; else None."""
    reader = Subscription.objects.filter(id=subscription_id).values("subscriber")
    waiting = Subscription.objects.filter(subscriber__in=reader, confirm_at__isnull=False)
    with transaction.atomic():
        rows = list(
            waiting.select_for_update(of=("self",))
            .select_related("subscriber", "newsletter")
            .order_by("id")
        )
        if not any(row.confirm_at <= now for row in rows if row.confirm_at):
            return None
        tries = 1 + min(row.confirm_tries for row in rows)
        held = max(LEASE, BACKOFF[min(tries, len(BACKOFF)) - 1])
        claim = _Claim(rows, tries, until=now + held)
        taken = Subscription.objects.filter(id__in=claim.ids)
        taken.update(confirm_at=claim.until, confirm_tries=tries)
    if tries > 1 + len(BACKOFF):  # only after deaths: an answer to the last try ends it
        claim.settle(None, confirm_at=None, problem=_given_up())
        return None
    return claim


def _put_off(claim: _Claim, error: PublishError, *, now: datetime) -> None:
    """Nothing was taken: later again, each time after a longer wait, and at last not at all."""
    if claim.tries > len(BACKOFF):
        claim.settle(error, confirm_at=None, problem=f"{_given_up()} {error.text}")
        return
    claim.settle(error, confirm_at=now + BACKOFF[claim.tries - 1], problem=error.text)


def _given_up() -> str:
    return _("For two days the confirmation could not be mailed. The reader may sign up again.")


def _mail(rows: Sequence[Subscription]) -> MimeMail:
    """No text of the person's own is in it; raises InvalidInput for an address we cannot mail."""
    newsletter, reader = rows[0].newsletter, rows[0].subscriber
    names = ", ".join(row.newsletter.name for row in rows)
    sender, address = MailAddress(newsletter.from_email), MailAddress(reader.email)
    context = {
        "institution": institution_facts(),
        "newsletter": names,
        "link": tokens.confirm_link([row.id for row in rows]),
    }
    with translation.override(reader.language):
        subject = _("Please confirm: {newsletter}").format(newsletter=names)
    mail = EmailMessage(
        subject=subject,
        body=channels.render(reader.language)("newsletter_email/confirmation.txt.j2", context),
        from_email=formataddr((HeaderText(newsletter.from_name), sender)),
        to=[address],
        headers={"Auto-Submitted": "auto-generated"},
    )
    return MimeMail(sender, address, mail.message().as_bytes())
