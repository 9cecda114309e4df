"""The choice between two subjects: by a person, or by the figures once its time has come.

It is made in one transaction under the lock of the mailing's row: once, or not at all. From then on
the readers who were held back are due, and the figures by which it was made are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from promo.errors import NotAllowed
from promo.mailing.comparing import Half, better
from promo.models import Attempt, Batch, LinkVisit, Mailing, Subject, Tracking
from promo.services import ledger, mailings

State = Mailing.State
_OPENED = Q(link__url="")


def halves(mailing: Mailing) -> Sequence[Half]:
    """The figures of both subjects: of this moment, or of the choice once it is made."""
    if mailing.compared:
        return [Half(**figures) for figures in mailing.compared]
    rows = mailing.batches.exclude(subject="").values_list("subject")
    sums = rows.annotate(readers=Sum("size"), taken=Sum("accepted"))
    sent = {key: (readers, taken) for key, readers, taken in sums}
    counted = [_counts(mailing)]
    if mailing.tracking == Tracking.READERS:
        counted.append(_readers(mailing))
    found = []
    for key in Subject.values:
        readers, accepted = sent.get(key, (0, 0))
        opened, clicked = (
            sum(one) for one in zip(*(by.get(key, (0, 0)) for by in counted), strict=True)
        )
        found.append(Half(key, readers, accepted, opened, clicked))
    return found


def _readers(mailing: Mailing) -> dict[str, tuple[int, int]]:
    """How many opened the mail and how many followed a link in it, by subject."""
    visits = LinkVisit.objects.filter(link__mailing=mailing, times__gt=0).order_by()
    by_subject = visits.values_list("link__subject")
    # A reader has one visit of the picture at most: only clicks need to be told apart.
    opened = dict(by_subject.filter(_OPENED).annotate(Count("id")))
    clicked = dict(by_subject.exclude(_OPENED).annotate(Count("delivery", distinct=True)))
    return {key: (opened.get(key, 0), clicked.get(key, 0)) for key in Subject.values}


def _counts(mailing: Mailing) -> dict[str, tuple[int, int]]:
    """How many opens and clicks there were of readers who are not told apart, by subject."""
    rows = mailing.links.values_list("subject").annotate(
        opened=Sum("clicks", filter=Q(url=""), default=0),
        clicked=Sum("clicks", filter=~Q(url=""), default=0),
    )
    return {key: (opened, clicked) for key, opened, clicked in rows.order_by()}


def waiting(mailing: Mailing) -> int:
    """How many readers wait for the choice."""
    held = mailing.batches.filter(state=Batch.State.HELD)
    return int(held.aggregate(readers=Sum("size", default=0))["readers"])


def choose(*, mailing: Mailing, subject: Subject, user: User, now: datetime) -> None:
    """A person's choice, before the figures make it.

    Raises NotAllowed where one is made already, or nobody waits for it (any more).
    """
    going = _undecided().filter(state__in=[State.RUNNING, State.PAUSED])
    with transaction.atomic():
        row = _locked(going, mailing.id)
        if row is None:
            raise NotAllowed(_("There is nothing left to choose: look at the mailing again."))
        message = row.publication.message
        said = _("It goes to the other readers as “{subject}”.").format(
            subject=message.under(subject).subject
        )
        _decide(row, subject, user=user, now=now)
        ledger.write(row.publication, Attempt.Event.DECIDED, at=now, user=user, text=said)


def sweep(*, now: datetime) -> None:
    """Choose by the figures where the time has come. A paused mailing chooses when it goes on."""
    due = _undecided().filter(state=State.RUNNING, decide_at__lte=now)
    for mailing_id in list(due.values_list("id", flat=True)[:50]):
        with transaction.atomic():
            row = _locked(due, mailing_id)
            if row is not None:  # else somebody has just chosen
                best = better(*halves(row))
                _decide(row, Subject(best.subject), user=None, now=now)


def _undecided() -> QuerySet[Mailing]:
    return Mailing.objects.filter(decide_at__isnull=False, chosen="")


def _locked(rows: QuerySet[Mailing], mailing_id: int) -> Mailing | None:
    # Whoever waited for the row looks at it anew: PostgreSQL asks the conditions once more.
    found = rows.select_for_update(of=("self",), no_key=True).select_related("publication")
    return found.filter(id=mailing_id).first()


def _decide(row: Mailing, subject: Subject, *, user: User | None, now: datetime) -> None:
    figures = [asdict(half) for half in halves(row)]
    held = Batch.objects.filter(mailing=row, state=Batch.State.HELD)
    held.update(state=Batch.State.READY, subject=subject, due_at=now)
    Mailing.objects.filter(id=row.id).update(
        chosen=subject,
        chosen_at=now,
        chosen_by=user,
        chosen_by_hand=user is not None,
        compared=figures,
        hinted_at=None,
        # The forecast counts from here: until now the mailing stood still.
        went_on_at=now,
        settled_before=row.readers - mailings.progress(row)["due"],
    )
