"""What happens when nobody knows: dead leases, looks, and the evidence that settles them."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from promo.channels.base import ChannelContract
from promo.errors import ConfigurationError, PublishError
from promo.models import Attempt, Publication
from promo.protocol import Event, State, after, sources
from promo.services import armed, channels, hints, ledger, whereabouts
from promo.services.clock import Clock, Moment, database_now
from promo.values import Receipt

ON_THE_WIRE = (State.SENDING, State.ARMING, State.CHANGING)

RAREST_LOOK = timedelta(hours=1)


def settle(
    publication_id: int, receipt: Receipt, *, event: Event, now: datetime, text: str = ""
) -> bool:
    """It is out: evidence may always be written, whoever holds the lease. False: it was known."""
    with transaction.atomic():
        row = (
            Publication.objects.select_for_update()
            .filter(id=publication_id, state__in=sources(event))
            .first()
        )
        if row is None:
            return False
        row.state = after(State(row.state), event)
        row.remote_id = receipt.remote_id
        row.remote_url = receipt.remote_url
        row.published_at = now
        row.problem = ""
        if row.armed_for_at is not None:
            armed.note_out(row, now=now)
        row.look_at = row.lease_until_at = row.hinted_at = None  # its readers may be mailed at once
        row.save()
        happened = Attempt.Event.PUBLISHED if event is Event.RECEIPT else Attempt.Event.FOUND
        ledger.write(row, happened, at=now, text=text, detail=receipt.remote_id)
    return True


def miss(row: Publication, *, now: datetime) -> None:
    """It is too late: say so, send nothing."""
    row.state = after(State(row.state), Event.TOO_LATE)
    row.problem = _("It was too late to publish it.")
    row.save(update_fields=["state", "problem"])
    ledger.write(row, Attempt.Event.MISSED, at=now, text=row.problem)


def sweep(*, now: datetime) -> None:
    """Take dead leases back: what was only claimed is due again, what was being sent is unknown.

    What somebody has locked has its turn later: whoever waited for it would hold up all.
    """
    rows = leased(now)
    with transaction.atomic():
        claimed = rows.filter(state=State.CLAIMED).select_for_update(skip_locked=True)
        Publication.objects.filter(pk__in=claimed.values("pk")).update(
            state=after(State.CLAIMED, Event.LEASE_OVER), lease_until_at=None, hinted_at=None
        )
    with transaction.atomic():
        on_the_wire = rows.filter(state__in=ON_THE_WIRE)
        for row in on_the_wire.select_for_update(skip_locked=True):
            _lose_to_a_dead_worker(row, now)


def leased(now: Moment) -> QuerySet[Publication]:
    """What a worker has in hand whose lease is over; served by `publication_leased`."""
    return Publication.objects.filter(
        state__in=[State.CLAIMED, *ON_THE_WIRE], lease_until_at__lte=now
    )


def _lose_to_a_dead_worker(row: Publication, now: datetime) -> None:
    traits = channels.traits_of(row.destination.channel)
    if row.state == State.CHANGING:
        row.armed_json = {}  # nobody knows what is held now
    sending = row.state == State.SENDING
    row.state = after(State(row.state), Event.LEASE_OVER)
    row.problem = _(
        "The program that was sending it stopped. We are checking whether it has been published."
    )
    row.lease_until_at = None
    row.look_at = next_look(row, now=now) if traits.look_up else None
    ledger.write(row, Attempt.Event.LOST, at=now, text=row.problem, detail=row.owner)
    # Sending the same key again makes no second copy.
    if sending and traits.repeat_safe and row.attempts < row.budget:
        row.state = after(State.UNKNOWN, Event.RETRY)
        row.due_at, row.hinted_at, row.look_at = now, None, None
    row.save()


def next_look(row: Publication, *, now: datetime) -> datetime:
    """When to look next: soon after the mark, twice after the quiet period, then ever slower."""
    marked_at = began(row, now=now)
    quiet: timedelta = settings.PROMO_QUIET_PERIOD
    moments = [marked_at + wait for wait in settings.PROMO_LOOKS if wait < quiet]
    moments += [marked_at + quiet, marked_at + quiet * 4 / 3]
    later = now + max(quiet / 3, min((now - marked_at) / 4, RAREST_LOOK))
    return next((at for at in moments if at > now), later)


def began(row: Publication, *, now: datetime) -> datetime:
    """From when on the quiet period counts: the last mark, or the time at which it comes out."""
    moments = [row.marked_at or now]
    if row.armed_for_at is not None and row.armed_for_at <= now:
        moments.append(row.armed_for_at)
    return max(moments)


def looks_due(*, now: datetime) -> list[int]:
    """Unknown publications to look for now; each is put off, so that none is hinted twice."""
    return hints.take(
        to_look_for(now).order_by("look_at", "id"),
        limit=200,
        look_at=now + settings.PROMO_HINT_AGAIN,
    )


def to_look_for(now: Moment) -> QuerySet[Publication]:
    """What nobody knows the outcome of, and is to be looked for."""
    return Publication.objects.filter(state=State.UNKNOWN, look_at__lte=now)


def look(publication_id: int, *, clock: Clock = database_now) -> None:
    """Look whether an unknown publication is out, and settle it by what is seen.

    Not what somebody has locked: every worker that is told of it would wait for that to end.
    """
    with transaction.atomic():
        row = (
            Publication.objects.select_related("destination")
            .select_for_update(of=("self",), skip_locked=True)
            .filter(id=publication_id, state=State.UNKNOWN)
            .first()
        )
    if row is None:
        return
    began_at = clock()
    try:
        channel = channels.channel_for(row.destination)
        if row.armed_for_at is not None:
            seen = whereabouts.of(row, channel, now=began_at)
        else:
            seen = whereabouts.Seen(channel.look_up(row.marker, row.message))
    except (PublishError, ConfigurationError) as error:
        look_again(row, Attempt.Event.LOOK_FAILED, text=error.text, now=clock())
        return
    if not note_seen(row, seen, channel, now=clock()):
        _count_absence(row, began_at=began_at, now=clock())


def note_seen(
    row: Publication, seen: whereabouts.Seen, channel: ChannelContract, *, now: datetime
) -> bool:
    """Write down that it is out or held, and remove further copies. False: it is neither."""
    copy = seen.copy(row.remote_id)
    if seen.public is not None:
        settle(row.id, seen.public, event=Event.FOUND, now=now)
        kept = seen.public.remote_id
    elif copy is not None:
        content = armed.content_of(row, copy)
        later = now + settings.PROMO_HINT_AGAIN
        kept = armed.note_held(
            row.id,
            copy.receipt,
            at=copy.at,
            content=content,
            token=row.token,
            now=now,
            look_at=later,
        )
    else:
        return False
    if kept:
        whereabouts.remove_others(row, channel, seen, kept=kept, now=now)
    return True


def look_again(row: Publication, event: Attempt.Event, *, text: str, now: datetime) -> None:
    with transaction.atomic():
        same = Publication.objects.filter(id=row.id, state=row.state, token=row.token)
        if same.update(look_at=next_look(row, now=now), looks=F("looks") + 1):
            ledger.write(row, event, at=now, text=text)


def _count_absence(row: Publication, *, began_at: datetime, now: datetime) -> None:
    """Not seen. Only reads begun after the quiet period count, and it takes two of them."""
    if began_at < began(row, now=began_at) + settings.PROMO_QUIET_PERIOD:
        look_again(row, Attempt.Event.LOOKED, text="", now=now)
        return
    with transaction.atomic():
        same = (
            Publication.objects.select_for_update(of=("self",))
            .select_related("destination", "campaign")
            .filter(id=row.id, state=State.UNKNOWN, token=row.token, absences=row.absences)
        )
        fresh = same.first()
        if fresh is None:
            return
        fresh.absences += 1
        fresh.looks += 1
        fresh.look_at = next_look(fresh, now=now)
        ledger.write(fresh, Attempt.Event.LOOKED, at=now, text=_("It is not there."))
        if fresh.absences >= 2:  # noqa: PLR2004  (two clean reads: the read-back may lag)
            _send_again(fresh, now)
        else:
            fresh.save(update_fields=["absences", "looks", "look_at"])


def _send_again(row: Publication, now: datetime) -> None:
    row.look_at = None
    if row.armed_for_at is not None and (row.recalled or now < row.planned_at):
        row.state = after(after(State.UNKNOWN, Event.ABSENT), Event.PLAN)
        armed.back_to_plan(row)
        row.save()
        return
    if row.not_after_at is not None and now > row.not_after_at:
        row.save(update_fields=["absences", "looks", "look_at"])
        miss(row, now=now)
        return
    if row.attempts >= row.budget:
        row.save(update_fields=["absences", "looks", "look_at"])
        return
    row.state = after(State(row.state), Event.ABSENT)
    armed.forget(row)
    row.due_at = now
    row.save()
