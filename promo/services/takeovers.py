"""The batch of a dead worker, taken back by what its journal says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from promo.mailing import journal, replies
from promo.mailing.conversation import Verdict
from promo.mailing.journal import Line
from promo.mailing.replies import Phase
from promo.models import Batch, Delivery, DeliveryEvent, Mailing, UnknownPolicy
from promo.services import batches, deliveries, suppressions
from promo.services.batches import Claim
from promo.services.deliveries import Event

log = structlog.get_logger()


def claim_of(row: Batch) -> Claim:
    """The claim under which the batch was in hand."""
    return Claim(row.id, row.token, after=row.marked_to)


def take_over(row: Batch, written: bytes | None, *, run: str, now: datetime) -> None:
    """Settle what the dead worker's journal proves; what was on the wire is unknown.

    `written`: the journal, None where there is none. `run`: of the Redis that it was read from.
    """
    with transaction.atomic():
        held = (
            Batch.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("mailing")
            .filter(id=row.id, token=row.token, state=Batch.State.CLAIMED, lease_until_at__lte=now)
            .first()
        )
        if held is None:
            return
        said = {line.delivery_id: line for line in journal.lines(written or b"")}  # the last counts
        due = Delivery.objects.filter(batch_id=row.id, state=Delivery.State.DUE)
        marked = set(due.filter(id__lte=held.marked_to).values_list("id", flat=True))
        proved = written is not None and held.journal == run
        heard = [line for line in said.values() if line.delivery_id in marked]
        accepted = [line.delivery_id for line in heard if line.verdict is Verdict.ACCEPTED]
        # Begun and not answered; without proof also what is marked and stands nowhere.
        lost = [line.delivery_id for line in heard if line.verdict in {None, Verdict.UNKNOWN}]
        if not proved:
            lost += sorted(marked - said.keys())
        deliveries.accept(accepted, now=now)
        _refuse((line for line in heard if line.verdict is Verdict.REFUSED), held.mailing, now=now)
        if lost:
            stopped = _("The program stopped.")
            deliveries.lose(
                [Event(one, DeliveryEvent.Kind.UNKNOWN, text=stopped) for one in lost],
                policy=UnknownPolicy(held.mailing.unknown_policy),
                now=now,
            )
        batches.release(claim_of(row), due_at=now)
    log.warning(
        "takeover",
        batch=row.id,
        accepted=len(accepted),
        lost=len(lost),
        proved=proved,
        owner=row.owner,
    )


def _refuse(lines: Iterable[Line], mailing: Mailing, *, now: datetime) -> None:
    """As if the worker had lived on: with the category of each refusal, and what follows from it.

    One at MAIL is of our own sender. Its reader stays due, and the mailing waits for a person.
    """
    refused: list[Event] = []
    for line in lines:
        if line.phase is Phase.MAIL:
            hold(mailing.id, said=f"{line.code} {line.enhanced}".strip())
            continue
        category = replies.category(line.phase or Phase.RSET, line.code, line.enhanced)
        kind = DeliveryEvent.Kind.REFUSED
        refused.append(Event(line.delivery_id, kind, category, line.code, line.enhanced))
    if refused:
        deliveries.refuse(refused, state=Delivery.State.REFUSED, now=now)
        suppressions.suppress_refused(events=refused, now=now)


def hold(mailing_id: int, *, said: str) -> None:
    """The relay does not take mails from us: the mailing pauses, and its page says why."""
    problem = _("The mail server does not take mails from us: {said}").format(said=said)
    Mailing.objects.filter(id=mailing_id, state=Mailing.State.RUNNING).update(
        state=Mailing.State.PAUSED, problem=problem[:500]
    )
