"""Arming ahead: hand out, claim, mark, call, settle; then keep what is held in line with the plan.

As everywhere: nothing goes over the wire without a committed mark, and what is lost is looked for
(`promo.services.looking`), in both lists of the network.
"""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from promo import stops
from promo.channels.base import ChannelContract
from promo.errors import (
    ConfigurationError,
    InvalidInput,
    PublishError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unreachable,
)
from promo.models import Attempt, Publication
from promo.protocol import DUE, Event, State, after
from promo.services import (
    accesses,
    armed,
    breaker,
    channels,
    halts,
    hints,
    ledger,
    looking,
    publishing,
    whereabouts,
)
from promo.services.armed import Wish
from promo.services.clock import Clock, Moment, database_now
from promo.services.publishing import Claim
from promo.values import Receipt

log = structlog.get_logger()

AGAIN = timedelta(minutes=15)
"""When an arming is tried again that never left us: there is time until the post is due."""

REFUSED_AGAIN = timedelta(hours=1)
"""When a change is tried again that was refused for good: only a person can help before."""


def to_arm(now: Moment) -> QuerySet[Publication]:
    """What its network may be asked to hold; served by the partial index `publication_to_arm`."""
    windows = Q(pk__in=())
    for key, channel in channels.installed().items():
        schedule = channel.traits.native_schedule
        if schedule is not None:
            earliest = now + schedule.minimum + armed.MARGIN
            windows |= Q(destination__channel=key, planned_at__gte=earliest)
    return Publication.objects.filter(
        windows,
        ~halts.stands(),
        state__in=DUE,
        held=False,
        arm_at__lte=now,
        destination__arm_ahead=True,
    )


def hand_out(*, now: datetime, limit: int = 200) -> list[int]:
    """Ids to hint at; a row hinted lately is passed by."""
    stale = Q(hinted_at__isnull=True) | Q(hinted_at__lte=now - settings.PROMO_HINT_AGAIN)
    rows = to_arm(now).filter(stale).order_by("arm_at", "id")
    return hints.take(rows, limit=limit, hinted_at=now)


def arm(publication_id: int, *, clock: Clock = database_now) -> None:
    """Have the network hold it, if there is time for that. Safe to call any number of times."""
    now = clock()
    claimed = publishing.claim(publication_id, among=to_arm(now), now=now)
    if claimed is None:
        return
    stops.reached(stops.AFTER_CLAIM)
    publication = Publication.objects.select_related("destination").get(id=publication_id)
    try:
        channel = channels.channel_for(publication.destination)
    except ConfigurationError:
        _leave_it(claimed, now=clock())  # at its time it is refused in words
        return
    if not _mark(claimed, now=clock()):
        return
    publication.refresh_from_db()
    stops.reached(stops.AFTER_ARM_MARK)
    _call(publication, claimed, channel, clock)
    stops.reached(stops.AFTER_ARM_SETTLE)


def _leave_it(claimed: Claim, *, now: datetime) -> None:
    """Give the claim back, and arm it no more."""
    with transaction.atomic():
        row = publishing.fenced(claimed, Event.ARM)
        if row is not None:
            row.arm_at = None
            publishing.put_back(row, now=now)


def _mark(claimed: Claim, *, now: datetime) -> bool:
    """The last committed write before the wire. It counts as no attempt to publish."""
    with transaction.atomic():
        row = publishing.lock_for_mark(claimed, event=Event.ARM, now=now)
        if row is None or not publishing.may_go(row, now):
            return False
        schedule = armed.schedule_of(row)
        if schedule is None or not armed.fits(row.planned_at, schedule, now=now):
            row.arm_at = None  # moved since it was handed out
            publishing.put_back(row, now=now)
            return False
        row.state = after(State(row.state), Event.ARM)
        row.armed_for_at = row.planned_at
        row.armed_json = row.message_json
        _note_mark(row, now)
        ledger.write(row, Attempt.Event.ARMING, at=now)
    return True


def _note_mark(row: Publication, now: datetime) -> None:
    row.claims = row.attempts
    row.marked_at = now
    row.looks = row.absences = 0
    row.look_at = None
    row.problem = ""
    row.owner = ledger.worker_name()
    row.lease_until_at = now + settings.PROMO_LEASE
    row.save()


def _call(row: Publication, claimed: Claim, channel: ChannelContract, clock: Clock) -> None:
    """The one attempt, and its settlement by the name of what happened."""
    at = row.armed_for_at
    if at is None or _is_late(row, channel, clock):
        return
    try:
        receipt = whereabouts.scheduling(channel).arm(row.message, key=row.marker, at=at)
    except (ConfigurationError, InvalidInput) as error:
        _not_armed(claimed, again_at=None, text=error.text, detail=error.detail, now=clock())
    except PublishError as error:
        log.warning("arm", publication=row.id, outcome=type(error).__name__, error=str(error))
        _settle_error(row, claimed, error, now=clock())
    else:
        stops.reached(stops.AFTER_ARM_ACCEPT)
        now = clock()
        kept = armed.note_held(
            row.id, receipt, at=at, content=row.armed_json, token=claimed.token, now=now
        )
        breaker.note(row, None, now=now)
        if kept != receipt.remote_id:  # another copy counts, or it is out already
            whereabouts.remove_copy(row, channel, receipt, now=clock())


def _is_late(row: Publication, channel: ChannelContract, clock: Clock) -> bool:
    """Is it a zombie, whose lease may be over? Then the sweep finds the row, and looks."""
    return row.marked_at is None or clock() - row.marked_at > publishing.time_to_wire(channel)


def _settle_error(row: Publication, claimed: Claim, error: PublishError, *, now: datetime) -> None:
    """It goes out at its time without being armed, unless it is armed later or may be held."""
    detail = error.detail or str(error.refusal)
    breaker.note(row, error, now=now)
    match error:
        case Rejected():
            text = _("It cannot be scheduled there. Promo will publish it at its time.")
            text = f"{text} ({error.text})"
            _not_armed(claimed, again_at=None, text=text, detail=detail, now=now)
        case Unauthorized():
            _not_armed(claimed, again_at=now, text=error.text, detail=detail, now=now)
            accesses.lose(
                destination=row.destination, because=error.text, used_at=row.marked_at, now=now
            )
        case RateLimited():
            again_at = now + error.retry_after
            _not_armed(claimed, again_at=again_at, text=error.text, detail=detail, now=now)
        case Unreachable():
            _not_armed(claimed, again_at=now + AGAIN, text=error.text, detail=detail, now=now)
        case _:
            look_at = looking.next_look(row, now=now)
            publishing.lose(claimed, look_at=look_at, text=error.text, detail=detail, now=now)


def _not_armed(
    claimed: Claim, *, again_at: datetime | None, text: str, detail: str, now: datetime
) -> None:
    """Nothing is held: it is planned as before. `again_at` None: it is not asked again."""
    with transaction.atomic():
        row = publishing.fenced(claimed, Event.POSTPONED)
        if row is None:
            return
        row.state = after(State(row.state), Event.POSTPONED)
        ledger.write(row, Attempt.Event.POSTPONED, at=now, text=text, detail=detail)
        armed.back_to_plan(row)
        if row.arm_at is not None:
            row.arm_at = again_at
        row.problem = text
        row.save()


def minds_due(*, now: datetime) -> list[int]:
    """Armed publications to look after; each is put off, so that none is hinted twice."""
    return hints.take(
        to_mind(now).order_by("look_at", "id"), limit=200, look_at=now + settings.PROMO_HINT_AGAIN
    )


def to_mind(now: Moment) -> QuerySet[Publication]:
    """What a network holds that has to be looked after; served by the partial index
    `publication_looked_for`.
    """
    return Publication.objects.filter(state=State.ARMED, look_at__lte=now)


def mind(publication_id: int, *, clock: Clock = database_now) -> None:
    """Bring what is held in line with what is wanted; else see that it is held, or came out."""
    rows = Publication.objects.select_related("item", "issue", "campaign", "destination")
    row = rows.filter(id=publication_id, state=State.ARMED).first()
    if row is None:
        return
    try:
        channel = channels.channel_for(row.destination)
    except ConfigurationError as error:
        looking.look_again(row, Attempt.Event.LOOK_FAILED, text=error.text, now=clock())
        return
    if armed.wish(row, now=clock()) is Wish.KEEP:
        _verify(row, channel, clock)
    else:
        _change(row.id, channel, clock)


def _change(publication_id: int, channel: ChannelContract, clock: Clock) -> None:
    """Amend or remove what is held: mark, call, settle."""
    marked = _mark_change(publication_id, now=clock())
    if marked is None:
        return
    row, wish = marked
    claimed = Claim(row.id, row.token)
    stops.reached(stops.AFTER_CHANGE_MARK)
    if _is_late(row, channel, clock):
        return
    try:
        amended = wish is Wish.AMEND and _amended(row, channel)
        if not amended:
            channel.withdraw(Receipt(row.remote_id, row.remote_url))
    except PublishError as error:
        log.warning("change", publication=row.id, outcome=type(error).__name__, error=str(error))
        _settle_change(row, claimed, error, now=clock())
        return
    stops.reached(stops.AFTER_CHANGE_ACCEPT)
    if amended:
        armed.note_amended(row, now=clock())
    else:
        armed.note_gone(row.id, token=row.token, now=clock())
    stops.reached(stops.AFTER_CHANGE_SETTLE)


def _mark_change(publication_id: int, *, now: datetime) -> tuple[Publication, Wish] | None:
    """The committed mark before a change, with its token; None where all is as it should be."""
    with transaction.atomic():
        row = (
            Publication.objects.select_for_update(of=("self",))
            .select_related("item", "issue", "campaign", "destination")
            .filter(id=publication_id, state=State.ARMED)
            .first()
        )
        wish = armed.wish(row, now=now) if row else Wish.KEEP
        if row is None or wish is Wish.KEEP:
            return None
        publishing.commit_to_disk()
        row.state = after(State(row.state), Event.CHANGE)
        row.token += 1
        _note_mark(row, now)
        ledger.write(row, Attempt.Event.CHANGING, at=now, detail=wish.value)
    return row, wish


def _amended(row: Publication, channel: ChannelContract) -> bool:
    """Change text and time; False where the network changes this post not at all."""
    receipt = Receipt(row.remote_id, row.remote_url)
    at = armed.new_time(row)
    try:
        whereabouts.scheduling(channel).amend(receipt, row.message, at=at)
    except Rejected as error:
        log.warning("amend", publication=row.id, error=str(error))
        return False
    return True


def _settle_change(row: Publication, claimed: Claim, error: PublishError, *, now: datetime) -> None:
    """A definite refusal leaves what is held as it was; after anything else somebody must look."""
    detail = error.detail or str(error.refusal)
    match error:
        case Rejected() | Unauthorized():
            _unchanged(claimed, look_at=now + REFUSED_AGAIN, text=error.text, now=now)
        case RateLimited():
            _unchanged(claimed, look_at=now + error.retry_after, text=error.text, now=now)
        case _:
            look_at = looking.next_look(row, now=now)
            _lose_change(claimed, look_at=look_at, text=error.text, detail=detail, now=now)
    if isinstance(error, Unauthorized):
        accesses.lose(
            destination=row.destination, because=error.text, used_at=row.marked_at, now=now
        )


def _unchanged(claimed: Claim, *, look_at: datetime, text: str, now: datetime) -> None:
    with transaction.atomic():
        row = publishing.fenced(claimed, Event.CHANGE_REFUSED)
        if row is None:
            return
        row.state = after(State(row.state), Event.CHANGE_REFUSED)
        if row.armed_for_at is not None:  # never past the moment at which it is confirmed
            look_at = min(look_at, max(now, row.armed_for_at) + armed.CONFIRM_AFTER)
        row.look_at, row.lease_until_at, row.problem = look_at, None, text
        row.save(update_fields=["state", "look_at", "lease_until_at", "problem"])
        ledger.write(row, Attempt.Event.POSTPONED, at=now, text=text)


def _lose_change(
    claimed: Claim, *, look_at: datetime, text: str, detail: str, now: datetime
) -> None:
    """What is held now, nobody knows: were it changed at last, it is removed and armed anew."""
    with transaction.atomic():
        Publication.objects.filter(
            id=claimed.publication_id, token=claimed.token, state=State.CHANGING
        ).update(armed_json={})
        publishing.lose(claimed, look_at=look_at, text=text, detail=detail, now=now)


def _verify(row: Publication, channel: ChannelContract, clock: Clock) -> None:
    """Is it held, once? After its time: is it out?"""
    began_at = clock()
    try:
        seen = whereabouts.of(row, channel, now=began_at)
    except PublishError as error:
        looking.look_again(row, Attempt.Event.LOOK_FAILED, text=error.text, now=clock())
        return
    now = clock()
    copy = seen.copy(row.remote_id)
    if seen.public is None and copy is not None and copy.receipt.remote_id == row.remote_id:
        others = list(seen.others(row.remote_id))
        whereabouts.remove_others(row, channel, seen, kept=row.remote_id, now=now)
        _look_at(row, now + armed.VERIFY_AFTER if others else _next_check(row, now))
    elif seen.public is not None:
        looking.note_seen(row, seen, channel, now=now)
    elif began_at < looking.began(row, now=began_at) + settings.PROMO_QUIET_PERIOD:
        _look_at(row, looking.next_look(row, now=now))
    else:
        # Not what we had put there. Whether another copy is, or none, the looks find out.
        text = _("It is not there any more. We are checking.")
        publishing.lose(Claim(row.id, row.token), look_at=now, text=text, detail="", now=now)


def _next_check(row: Publication, now: datetime) -> datetime:
    """Once more when it is out; then ever slower until it is."""
    if row.armed_for_at is not None and now < row.armed_for_at:
        return row.armed_for_at + armed.CONFIRM_AFTER
    return looking.next_look(row, now=now)


def _look_at(row: Publication, at: datetime) -> None:
    """When to look next, unless what is wanted has changed meanwhile."""
    same = Publication.objects.filter(id=row.id, state=State.ARMED, token=row.token)
    same.filter(look_at=row.look_at).update(look_at=at)
