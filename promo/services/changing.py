"""Carrying out what is wanted of posts that are out: mark, call, settle, look.

The protocol is `promo.protocol.CHANGES`. As everywhere nothing goes over the wire without a
committed mark, and no network call is made inside a transaction. A deletion that was lost may be
asked for again at once; another text waits until an older one cannot be applied any more.
"""

from datetime import datetime, timedelta
from typing import cast

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from promo import stops
from promo.channels.base import ChannelContract, ReadingChannel
from promo.errors import ConfigurationError, NotAllowed, PublishError
from promo.models import Attempt, PostChange, Publication
from promo.protocol import AHEAD, CHANGES, OPEN, Change, Event, State, Step, after, sources
from promo.services import (
    armed,
    changes,
    channels,
    halts,
    hints,
    ledger,
    outcomes,
    publishing,
)
from promo.services.changes import Kind
from promo.services.clock import Clock, Moment, database_now
from promo.services.outcomes import Marked
from promo.values import Receipt

log = structlog.get_logger()

LATER = timedelta(minutes=1)
"""When it is looked at again whether a change may go that had to wait for something of ours."""


def due(*, now: datetime) -> list[int]:
    """Changes that a worker has to look at; one hinted lately is passed by."""
    stale = Q(hinted_at__isnull=True) | Q(hinted_at__lte=now - settings.PROMO_HINT_AGAIN)
    rows = to_do(now).filter(stale)
    return hints.take(rows.order_by("due_at", "id"), limit=200, hinted_at=now)


def to_do(now: Moment) -> QuerySet[PostChange]:
    """Changes whose time has come."""
    return PostChange.objects.filter(state__in=OPEN, due_at__lte=now)


def carry_out(change_id: int, *, clock: Clock = database_now) -> None:
    """Do what is due of this change. Safe to call any number of times."""
    now = clock()
    change = PostChange.objects.filter(id=change_id, state__in=OPEN, due_at__lte=now).first()
    if change is None:
        return
    if change.state == Change.SENDING:
        _lose_to_a_dead_worker(change_id, now=now)
        return
    row = Publication.objects.select_related("destination").get(id=change.publication_id)
    try:
        channel = channels.channel_for(row.destination)
    except ConfigurationError as error:
        outcomes.put_off(change, until=now + outcomes.BACKOFF[-1], text=error.text)
        return
    if change.state == Change.LOST:
        _look(change, row, channel, clock)
        return
    marked = _mark(change_id, now=now)
    if marked is not None:
        stops.reached(stops.AFTER_EDIT_MARK)
        _call(marked, channel, clock)
        stops.reached(stops.AFTER_EDIT_SETTLE)


def _mark(change_id: int, *, now: datetime) -> Marked | None:
    """The committed mark before the wire, with every check made once more; None: not now."""
    with transaction.atomic():
        publishing.commit_to_disk()
        found = outcomes.locked(change_id, Change.WAITING)
        if found is None or found[0].due_at > now:
            return None
        change, row = found
        if not _is_ready(change, row, now=now):
            return None
        change.state = CHANGES[Change(change.state), Step.MARK]
        change.token += 1
        change.attempts += 1
        change.asked = changes.wish_of(change)
        change.marked_at = now
        change.due_at = now + settings.PROMO_LEASE
        change.hinted_at, change.problem = None, ""
        change.save()
        row.owner = ledger.worker_name()
        row.save(update_fields=["owner"])
        text = str(change.get_kind_display())
        ledger.write(row, Attempt.Event.CHANGING, at=now, text=text, detail=row.remote_id)
    return Marked(change.id, change.token, Kind(change.kind), change.text, row, now)


def _is_ready(change: PostChange, row: Publication, *, now: datetime) -> bool:
    """Is the post out, and may we ask now? What need not or cannot be asked is settled here."""
    if row.state != State.PUBLISHED:
        _follow(change, row, now=now)
        return False
    if not row.remote_id:
        text = _("Promo does not know this post’s number. Take it down or change it there by hand.")
        outcomes.refuse(change, row, text=text, detail="", now=now)
        return False
    if change.attempts >= outcomes.MOST:
        text = _("It did not get through in many tries. Try again, or do it there by hand.")
        outcomes.refuse(change, row, text=text, detail="", now=now)
        return False
    waits = _waits_for_us(change, row)
    if waits:
        outcomes.put_off(change, until=now + LATER, text=waits)
        return False
    return True


def _follow(change: PostChange, row: Publication, *, now: datetime) -> None:
    """The post is not out. What may still come out is waited for; the rest is dropped."""
    state = State(row.state)
    if row.is_ahead and not row.recalled and change.kind == Kind.TAKE_DOWN:
        armed.recall(row, user=change.user, now=now)
    elif change.kind == Kind.TAKE_DOWN and state in sources(Event.CANCEL) - {State.UNKNOWN}:
        row.state = after(state, Event.CANCEL)
        row.look_at = None
        row.save(update_fields=["state", "look_at"])
        ledger.write(row, Attempt.Event.CANCELLED, at=now, user=change.user)
    may_come = State(row.state) in AHEAD | {State.UNKNOWN, State.SENDING, State.CLAIMED}
    if may_come and change.kind == Kind.TAKE_DOWN:
        text = _("It is not known yet whether it is out. As soon as it is, it is taken down.")
        outcomes.put_off(change, until=now + LATER, text=text)
        return
    outcomes.close(change, Step.NEEDLESS, now=now)


def _waits_for_us(change: PostChange, row: Publication) -> str:
    """Why it may not go now, in words. To take something down an emergency stop is no obstacle."""
    if row.destination.access_lost_at is not None:
        return _("Our access to the page is lost. It goes on once the page is connected again.")
    if change.kind == Kind.TAKE_DOWN:
        return ""
    if halts.standing() is not None or armed.is_paused(row):
        return _("It waits: everything, its campaign or its destination is stopped.")
    if row.item is None or not row.item.live:
        return _("It waits: what it is to say is not approved any more.")
    return ""


def _call(marked: Marked, channel: ChannelContract, clock: Clock) -> None:
    """The one attempt, and its settlement by the name of what happened."""
    if clock() - marked.at > publishing.time_to_wire(channel):
        return  # a zombie: its lease may be over
    row = marked.publication
    receipt = Receipt(row.remote_id, row.remote_url)
    try:
        if marked.kind is Kind.TEXT:
            changes.note_text(row, marked.text)
            channel.update(receipt, row.message)
        else:
            channel.withdraw(receipt)
    except (PublishError, NotAllowed) as error:
        log.warning("change", change=marked.change_id, outcome=type(error).__name__)
        outcomes.settle_error(marked, error, now=clock())
        return
    stops.reached(stops.AFTER_EDIT_ACCEPT)
    outcomes.settle(
        marked.change_id, token=marked.token, asked=(marked.kind, marked.text), now=clock()
    )


def _lose_to_a_dead_worker(change_id: int, *, now: datetime) -> None:
    with transaction.atomic():
        found = outcomes.locked(change_id, Change.SENDING)
        if found is None or found[0].due_at > now:
            return
        text = _("The program that was changing it stopped. We are checking what became of it.")
        outcomes.lose(*found, Step.LEASE_OVER, text=text, detail=found[1].owner, now=now)


def _look(change: PostChange, row: Publication, channel: ChannelContract, clock: Clock) -> None:
    """See how the post stands there, and settle by that, or ask again."""
    began_at = clock()
    if row.state != State.PUBLISHED:
        with transaction.atomic():
            found = outcomes.locked(change.id, Change.LOST)
            if found is not None:
                outcomes.close(found[0], Step.NEEDLESS, now=clock())
        return
    if not channel.traits.reads_back:
        _ask_again_when_quiet(change, began_at=began_at, now=clock())
        return
    try:
        shown = cast("ReadingChannel", channel).shown(Receipt(row.remote_id, row.remote_url))
    except PublishError as error:
        outcomes.look_again(change, text=error.text, now=clock())
        return
    outcomes.judge(change, shown, began_at=began_at, now=clock())


def _ask_again_when_quiet(change: PostChange, *, began_at: datetime, now: datetime) -> None:
    if change.kind == Kind.TEXT and not outcomes.is_quiet(change, began_at):
        outcomes.look_again(change, text=change.problem, now=now)
        return
    with transaction.atomic():
        found = outcomes.locked(change.id, Change.LOST)
        if found is not None:
            outcomes.ask_again(found[0], now=now)
