"""Letting everything go on after a stop: what had waited is looked through first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from promo.errors import NotAllowed
from promo.models import Attempt, Halt, Institution, Item, Mailing, Publication
from promo.planning.waited import Sense, Waiting, next_times, sense
from promo.protocol import DUE, Event, State, after
from promo.services import channels, composing, halts, ledger, mailings, neighbours, plans
from promo.services.missed import late
from promo.services.publications import drop


class Choice(StrEnum):
    """What is done with a publication that had waited."""

    NOW = "now"
    NEXT = "next"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Waited:
    """A publication that had waited: does it make sense now, its next sensible time, our advice.

    `may_be_out`: a backup was put in place, and nobody could look whether it had gone out.
    """

    publication: Publication
    sense: Sense
    next_at: datetime | None
    advice: Choice
    may_be_out: bool = False


def waited(*, now: datetime) -> list[Waited]:
    """What came due while everything was stopped, in the order in which it was due."""
    halt = halts.standing()
    rows = list(_due(now).select_related("item", "issue", "destination").defer("message_json"))
    times = _next_times(rows, now)
    zone = Institution.load().tz
    found = []
    for row in rows:
        makes, next_at = sense(late(row, zone=zone), zone=zone, now=now), times[str(row.pk)]
        doubtful = halt is not None and _may_be_out(row, halt)
        advice = Choice.DROP if doubtful else _advice(makes, next_at)
        found.append(Waited(row, makes, next_at, advice, may_be_out=doubtful))
    return found


def release(
    *,
    choices: Mapping[int, Choice],
    paused: frozenset[int],
    user: User,
    now: datetime,
) -> dict[Choice, int]:
    """End the stop; gives how many went which way. Raises NotAllowed where nothing is stopped.

    What nobody has chosen for (it came due meanwhile) follows our advice. Mailings named in
    `paused` stay where they are; the others go on by themselves.
    """
    counts = dict.fromkeys(Choice, 0)
    with transaction.atomic():
        halt = Halt.objects.select_for_update().filter(ended_at=None).first()
        if halt is None:
            raise NotAllowed(_("Nothing is stopped any more: somebody has let it go on."))
        for one in waited(now=now):
            choice = choices.get(one.publication.pk, one.advice)
            counts[choice] += 1
            _decide(one, choice, user=user, now=now)
        for mailing in Mailing.objects.filter(pk__in=paused, state=Mailing.State.RUNNING):
            mailings.pause(mailing=mailing)
        Halt.objects.filter(pk=halt.pk).update(ended_at=now, ended_by=user)
        for item in Item.objects.filter(live=True, approvals__at__gte=halt.began_at).distinct():
            plans.renew(item=item)
    return counts


def _due(now: datetime) -> QuerySet[Publication]:
    rows = Publication.objects.filter(state__in=DUE, held=False, due_at__lte=now)
    return rows.order_by("due_at", "id")


def _may_be_out(row: Publication, halt: Halt) -> bool:
    """It was due before a backup was put in place, and has not been looked for since."""
    if halt.put_back_to is None or row.absences or row.planned_at >= halt.began_at:
        return False
    return not channels.traits_of(row.destination.channel).on_our_ground


def _advice(found: Sense, next_at: datetime | None) -> Choice:
    if found is not Sense.STILL or next_at is None:
        return Choice.DROP
    return Choice.NEXT


def _next_times(rows: list[Publication], now: datetime) -> dict[str, datetime | None]:
    refs = {row.pk for row in rows}
    taken: dict[str, list[datetime]] = {}
    around = Publication.objects.filter(
        destination__in={row.destination_id for row in rows},
        planned_at__gte=now - plans.NEAR,
        planned_at__lte=now + plans.NEAR,
    ).exclude(state__in=neighbours.NOT_STANDING)
    for pk, ref, published_at, planned_at in around.values_list(
        "pk", "destination__uuid", "published_at", "planned_at"
    ):
        if pk not in refs:
            taken.setdefault(str(ref), []).append(published_at or planned_at)
    waiting = [
        Waiting(
            ref=str(row.pk),
            destination=str(row.destination.uuid),
            channel=row.destination.channel,
            at=row.due_at,
            not_after_at=row.not_after_at,
        )
        for row in rows
    ]
    return next_times(waiting, taken=taken, rules=plans.house_rules(now), now=now)


def _decide(one: Waited, choice: Choice, *, user: User, now: datetime) -> None:
    if choice is Choice.DROP or (choice is Choice.NEXT and one.next_at is None):
        drop(publication_id=one.publication.pk, user=user, now=now)
        return
    at = now if choice is Choice.NOW or one.next_at is None else one.next_at
    row = Publication.objects.select_for_update(of=("self",)).get(pk=one.publication.pk)
    row.state = after(State(row.state), Event.PLAN)
    row.planned_at = row.due_at = at
    row.moved_by_hand = True
    row.hinted_at = None
    if choice is Choice.NOW and row.not_after_at is not None and row.not_after_at < now:
        row.not_after_at = None  # a person has decided that late is better than never
    composing.recompose(row)
    row.save()
    text = _("Let go after everything had been stopped.")
    ledger.write(row, Attempt.Event.DECIDED, at=now, user=user, text=text)
