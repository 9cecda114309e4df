"""The way of a publication: hand out, claim, mark, call, settle, and what to do when nobody knows.

The protocol is `promo.protocol`. Every write here is guarded by it and, where a worker writes,
fenced by the token of its claim. No network call is made inside a transaction.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from promo import stops
from promo.channels.base import ChannelContract
from promo.errors import (
    ConfigurationError,
    InvalidInput,
    OutcomeUnknown,
    PublishError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unprepared,
    Unreachable,
)
from promo.models import Attempt, Institution, Publication
from promo.protocol import DUE, Event, State, after, sources
from promo.services import (
    accesses,
    armed,
    breaker,
    channels,
    composing,
    halts,
    hints,
    ledger,
    looking,
    reapproved,
)
from promo.services.clock import Clock, Moment, database_now

log = structlog.get_logger()

CLAIMS_WITHOUT_MARK = 3
"""A row that breaks its worker before the mark is poison: after this many it waits for a person."""

MARK_TO_WIRE = timedelta(seconds=20)
"""A worker that slept longer than this after its mark does not send: its lease may be over."""

PICTURE_AGAIN = timedelta(minutes=5)
"""When a picture is tried again that could not be stored: a full disk may have room by then."""

CHANGED_AT_THE_MARK = ("state", "attempts", "claims", "marked_at", "message_json", "digest")

BACKOFF = tuple(timedelta(seconds=s) for s in (30, 60, 120, 300, 600, 1200, 1800))


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's right to a publication, until the lease ends."""

    publication_id: int
    token: int


def due(now: Moment) -> QuerySet[Publication]:
    """What the tick may hand out; served by the partial index `publication_due`.

    Nothing while everything is stopped.
    """
    rows = Publication.objects.filter(~halts.stands(), state__in=DUE, held=False, due_at__lte=now)
    return rows.exclude(destination__rests_until_at__gt=now)


def hand_out(*, now: datetime, limit: int = 1000) -> list[int]:
    """Ids to hint at. A row hinted lately is passed by, so two ticks at once do no harm."""
    stale = Q(hinted_at__isnull=True) | Q(hinted_at__lte=now - settings.PROMO_HINT_AGAIN)
    return hints.take(due(now).filter(stale).order_by("due_at", "id"), limit=limit, hinted_at=now)


def publish(publication_id: int, *, clock: Clock = database_now) -> None:
    """Publish it if it is due: claim, mark, call, settle. Safe to call any number of times."""
    now = clock()
    try:
        reapproved.plan(due(now).filter(id=publication_id), now=now)
    except Unprepared as error:
        _wait_for_the_picture(due(now).filter(id=publication_id), error, now=now)
        return
    claimed = claim(publication_id, among=due(now), now=now)
    if claimed is None:
        return
    stops.reached(stops.AFTER_CLAIM)
    publication = Publication.objects.select_related("destination").get(id=publication_id)
    try:
        channel = channels.channel_for(publication.destination)
        _mind_the_day(publication, claimed, now=clock())
    except (ConfigurationError, InvalidInput) as error:
        _refuse(claimed, text=error.text, detail="", now=clock())
        return
    except Unprepared as error:
        _wait_for_the_picture(_held_by(claimed).filter(state=State.CLAIMED), error, now=clock())
        return
    if not mark(claimed, now=clock()):
        return
    publication.refresh_from_db(fields=CHANGED_AT_THE_MARK)
    stops.reached(stops.AFTER_MARK)
    _call(publication, claimed, channel, clock)
    stops.reached(stops.AFTER_SETTLE)


def claim(
    publication_id: int, *, now: datetime, among: QuerySet[Publication] | None = None
) -> Claim | None:
    """Take the publication for one lease; None where it is not due or somebody else has it.

    `among` is what may be claimed: what is due, unless it is said.
    """
    rows = due(now) if among is None else among
    with transaction.atomic():
        locked = rows.select_related("destination").select_for_update(
            of=("self",), skip_locked=True
        )
        row = locked.filter(id=publication_id).first()
        if row is None or not breaker.may_try(row, now=now):
            return None
        if row.claims - row.attempts >= CLAIMS_WITHOUT_MARK:
            row.state = after(State(row.state), Event.CLAIM)
            row.state = after(State(row.state), Event.REFUSED)
            row.problem = _("It could not be prepared three times in a row.")
            row.save(update_fields=["state", "problem"])
            ledger.write(row, Attempt.Event.REFUSED, at=now, text=row.problem)
            return None
        row.state = after(State(row.state), Event.CLAIM)
        row.token += 1
        row.claims += 1
        row.owner = ledger.worker_name()
        row.lease_until_at = now + settings.PROMO_LEASE
        row.save(update_fields=["state", "token", "claims", "owner", "lease_until_at"])
    return Claim(row.id, row.token)


def _mind_the_day(row: Publication, claimed: Claim, *, now: datetime) -> None:
    """A message that was put off past midnight is composed anew: “tomorrow” has become “today”."""
    zone = Institution.load().tz
    if now.astimezone(zone).date() == row.planned_at.astimezone(zone).date():
        return
    composing.recompose(row, now=now)
    Publication.objects.filter(id=row.id, token=claimed.token, state=State.CLAIMED).update(
        message_json=row.message_json, digest=row.digest
    )


def mark(claimed: Claim, *, now: datetime) -> bool:
    """The last committed write before the wire, with every check made once more.

    False: it must not be sent (somebody else's, cancelled, held, too late, not approved any more).
    """
    with transaction.atomic():
        row = lock_for_mark(claimed, event=Event.MARK, now=now)
        if row is None or not may_go(row, now):
            return False
        row.state = after(State(row.state), Event.MARK)
        row.attempts += 1
        row.claims = row.attempts  # only claims in a row make a poison
        row.marked_at = now
        row.looks = row.absences = 0
        row.look_at = row.arm_at = None
        row.problem = ""
        row.lease_until_at = now + settings.PROMO_LEASE
        row.save()
        ledger.write(row, Attempt.Event.MARKED, at=now)
    return True


def lock_for_mark(claimed: Claim, *, event: Event, now: datetime) -> Publication | None:
    """The row, if this claim holds it, in a transaction whose commit will be on the disk."""
    commit_to_disk()
    return (
        Publication.objects.select_for_update(of=("self",))
        .select_related("item", "issue", "destination", "campaign")
        .filter(
            id=claimed.publication_id,
            token=claimed.token,
            state__in=sources(event),
            lease_until_at__gt=now,
        )
        .first()
    )


def commit_to_disk() -> None:
    """Have the commit of this transaction wait for the disk: a mark must outlive the machine."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO on")


def may_go(row: Publication, now: datetime) -> bool:
    """The checks of the last moment; a row that may not go is put where it belongs."""
    if row.not_after_at is not None and now > row.not_after_at:
        looking.miss(row, now=now)
        return False
    subject = row.item or row.issue
    stopped = halts.standing() is not None or breaker.stops(row) or armed.is_paused(row)
    if stopped or not (subject and subject.live):
        put_back(row, now=now)
        return False
    if row.message.digest != row.digest:
        text = _("The stored message is not the one that was approved.")
        _refuse_row(row, text=text, detail="digest", now=now)
        return False
    return True


def put_back(row: Publication, *, now: datetime) -> None:
    """Give up the claim: nothing was wrong with the row, nothing has left us.

    Not held: a pause may end in this very moment, and nobody would set it free.
    """
    row.state = after(State(row.state), Event.LEASE_OVER)
    row.claims -= 1
    row.hinted_at = now
    row.lease_until_at = None
    row.save(update_fields=["state", "claims", "hinted_at", "lease_until_at", "arm_at"])


def _call(row: Publication, claimed: Claim, channel: ChannelContract, clock: Clock) -> None:
    """The one attempt, and its settlement by the name of what happened."""
    if row.marked_at is None or clock() - row.marked_at > time_to_wire(channel):
        return  # a zombie: the sweep finds the row, and looks
    try:
        receipt = channel.publish(row.message, key=row.marker)
    except (ConfigurationError, InvalidInput) as error:  # by the contract, before the wire
        _refuse(claimed, text=error.text, detail=error.detail, now=clock())
    except PublishError as error:
        log.warning("publish", publication=row.id, outcome=type(error).__name__, error=str(error))
        settle_error(row, claimed, error, channel=channel, now=clock())
    else:
        stops.reached(stops.AFTER_ACCEPT)
        now = clock()
        looking.settle(row.id, receipt, event=Event.RECEIPT, now=now)
        breaker.note(row, None, now=now)


def time_to_wire(channel: ChannelContract) -> timedelta:
    """How long after its mark a call may begin, so that it ends within the lease."""
    longest = min(channel.deadline, settings.PROMO_LONGEST_CALL)
    return min(MARK_TO_WIRE, settings.PROMO_LEASE - longest)


def settle_error(
    row: Publication,
    claimed: Claim,
    error: PublishError,
    *,
    channel: ChannelContract,
    now: datetime,
) -> None:
    """Put the publication where the error's name says (the table in docs/architecture.md)."""
    detail = error.detail or str(error.refusal)
    breaker.note(row, error, now=now)
    match error:
        case Rejected():
            _refuse(claimed, text=error.text, detail=detail, now=now)
        case Unauthorized():
            _put_off(
                claimed, due_at=now, text=error.text, detail=detail, now=now, spends_attempt=False
            )
            accesses.lose(
                destination=row.destination, because=error.text, used_at=row.marked_at, now=now
            )
        case RateLimited():
            _put_off(
                claimed, due_at=now + error.retry_after, text=error.text, detail=detail, now=now
            )
        case Unreachable():
            _put_off(claimed, due_at=now + backoff(row), text=error.text, detail=detail, now=now)
        case OutcomeUnknown() if channel.traits.repeat_safe:
            _put_off(claimed, due_at=now + backoff(row), text=error.text, detail=detail, now=now)
        case _:
            look_at = looking.next_look(row, now=now) if channel.traits.look_up else None
            lose(claimed, look_at=look_at, text=error.text, detail=detail, now=now)


def backoff(row: Publication) -> timedelta:
    return BACKOFF[min(row.attempts - 1, len(BACKOFF) - 1)]


def _wait_for_the_picture(rows: QuerySet[Publication], error: Unprepared, *, now: datetime) -> None:
    """Nothing has left us, and no attempt is counted: it is tried again in a while, by itself."""
    with transaction.atomic():
        row = rows.select_for_update(of=("self",)).first()
        if row is None:
            return
        if row.state == State.CLAIMED:
            row.state = after(State.CLAIMED, Event.POSTPONED)
            row.claims -= 1
        row.due_at = now + PICTURE_AGAIN
        row.hinted_at = row.lease_until_at = None
        row.problem = error.text
        row.save()
        ledger.write(row, Attempt.Event.POSTPONED, at=now, text=error.text, detail=error.detail)


def _held_by(claimed: Claim) -> QuerySet[Publication]:
    return Publication.objects.filter(id=claimed.publication_id, token=claimed.token)


def fenced(claimed: Claim, event: Event) -> Publication | None:
    """The row, locked, if this claim still holds it; evidence aside, nobody else may write."""
    return _held_by(claimed).select_for_update().filter(state__in=sources(event)).first()


def _refuse(claimed: Claim, *, text: str, detail: str, now: datetime) -> None:
    with transaction.atomic():
        row = fenced(claimed, Event.REFUSED)
        if row is not None:
            _refuse_row(row, text=text, detail=detail, now=now)


def _refuse_row(row: Publication, *, text: str, detail: str, now: datetime) -> None:
    row.state = after(State(row.state), Event.REFUSED)
    row.problem = text
    row.lease_until_at = None
    row.save(update_fields=["state", "problem", "lease_until_at"])
    ledger.write(row, Attempt.Event.REFUSED, at=now, text=text, detail=detail)


def _put_off(
    claimed: Claim,
    *,
    due_at: datetime,
    text: str,
    detail: str,
    now: datetime,
    spends_attempt: bool = True,
) -> None:
    with transaction.atomic():
        row = fenced(claimed, Event.POSTPONED)
        if row is None:
            return
        if spends_attempt and row.attempts >= row.budget:
            _refuse_row(row, text=text, detail=detail, now=now)
            return
        row.state = after(State(row.state), Event.POSTPONED)
        row.due_at = due_at
        row.hinted_at = row.lease_until_at = None
        row.problem = text
        ledger.write(row, Attempt.Event.POSTPONED, at=now, text=text, detail=detail)
        if not spends_attempt:
            row.attempts -= 1
            row.claims -= 1
        row.save()


def lose(
    claimed: Claim, *, look_at: datetime | None, text: str, detail: str, now: datetime
) -> None:
    """Nobody knows what became of the call; it is looked for at `look_at`."""
    with transaction.atomic():
        row = fenced(claimed, Event.OUTCOME_LOST)
        if row is None:
            return
        row.state = after(State(row.state), Event.OUTCOME_LOST)
        row.look_at = look_at
        row.lease_until_at = None
        row.problem = text
        row.save(update_fields=["state", "look_at", "lease_until_at", "problem"])
        ledger.write(row, Attempt.Event.LOST, at=now, text=text, detail=detail)
