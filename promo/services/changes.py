"""What is wanted of posts that are out: another text, taken down, taken down and posted anew.

A wish is a row (`PostChange`), one open for each publication; a worker carries it out
(`promo.services.changing`). Our own ground needs no worker: see `promo.services.publications`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from promo.errors import NotAllowed
from promo.models import Attempt, Item, PostChange, Publication, TakeDown
from promo.protocol import CHANGES, OPEN, UNSENT, Change, State, Step
from promo.services import channels, composing, ledger
from promo.values import EventStatus, Message

Kind = PostChange.Kind

APPROVING = timedelta(minutes=1)
"""Longer than from an approval's instant to its plan, and than the clocks of two machines differ:
what was marked in between may have been sent as it was approved before.
"""

GRAVER = (Kind.TEXT, Kind.REPOST, Kind.TAKE_DOWN)
"""Of two wishes for one post the graver one counts."""


@dataclass(frozen=True, slots=True)
class Offer:
    """How the approved content differs from what is out."""

    wanted: Message
    text: bool
    pictures: bool
    too_late: bool
    """Is it too late to post it anew?"""

    def __bool__(self) -> bool:
        return self.text or self.pictures


def offer(row: Publication, *, now: datetime) -> Offer | None:
    """What could be changed in a post that is out; None where there is nothing to offer.

    Only what was approved since it came out counts, never a template that has changed. `row` comes
    with its item and destination.
    """
    if not _may_differ(row):
        return None
    wanted = composing.compose(
        composing.draft_of(row, now=row.published_at), channel=row.destination.channel
    )
    stored = row.message
    found = Offer(
        wanted=wanted,
        text=wanted.text != stored.text,
        pictures=_shown(wanted) != _shown(stored),
        too_late=row.not_after_at is not None and now > row.not_after_at,
    )
    return found or None


def _may_differ(row: Publication) -> bool:
    item, traits = row.item, channels.traits_of(row.destination.channel)
    if item is None or not item.live or item.last_published_at is None or not row.message_json:
        return False
    changeable = traits.can_edit and not traits.repeat_safe and row.state == State.PUBLISHED
    written_at = row.marked_at or row.published_at  # it may have come out after an approval
    if not changeable or written_at is None:
        return False
    return item.last_published_at > written_at - APPROVING


def _shown(message: Message) -> tuple[object, ...]:
    """What a post cannot swap: its link and its pictures; another description is no other one."""
    return message.link, [picture.url for picture in message.pictures]


def outdated(item: Item, *, now: datetime) -> list[Publication]:
    """The item's posts that are out and say something else than what is approved."""
    rows = item.publications.select_related("item", "destination").filter(state=State.PUBLISHED)
    busy = PostChange.objects.filter(publication__item=item, state__in=OPEN)
    open_ones = set(busy.values_list("publication_id", flat=True))
    return [row for row in rows if row.pk not in open_ones and offer(row, now=now)]


def latest(row: Publication) -> PostChange | None:
    """The change that a person has to know of: under way, or refused and not called off."""
    known = row.changes.select_related("user", "take_down").last()
    shown = {*OPEN, Change.REFUSED}
    return known if known is not None and known.state in shown else None


def change_text(*, publication_id: int, user: User | None, now: datetime) -> PostChange:
    """Have the post say what is approved now; its pictures and its link stay as they are.

    Raises NotAllowed where there is nothing to change.
    """
    with transaction.atomic():
        row = _locked(publication_id)
        found = offer(row, now=now)
        if found is None or not found.text:
            raise NotAllowed(_("It says already what is approved."))
        return _want(row, Kind.TEXT, user=user, now=now, text=found.wanted.text)


def post_anew(*, publication_id: int, user: User | None, now: datetime) -> PostChange:
    """Take the post down, and post what is approved now: its reactions and comments are lost.

    Raises NotAllowed where nothing differs, or where it is too late to post it.
    """
    with transaction.atomic():
        row = _locked(publication_id)
        found = offer(row, now=now)
        if found is None:
            raise NotAllowed(_("It says already what is approved."))
        if found.too_late:
            raise NotAllowed(_("It is too late to post it anew. Take it down, or leave it."))
        return _want(row, Kind.REPOST, user=user, now=now)


def take_down(
    *,
    publication_id: int,
    user: User | None,
    now: datetime,
    everywhere: TakeDown | None = None,
) -> PostChange:
    """Have the post deleted; also of one that may only come out yet, once that is known.

    Raises NotAllowed where the channel cannot.
    """
    with transaction.atomic():
        row = _locked(publication_id)
        if not channels.traits_of(row.destination.channel).can_withdraw:
            raise NotAllowed(_("This cannot be taken down from here."))
        if everywhere is None and row.state != State.PUBLISHED:
            raise _not_possible(row)
        return _want(row, Kind.TAKE_DOWN, user=user, now=now, everywhere=everywhere)


def _locked(publication_id: int) -> Publication:
    return (
        Publication.objects.select_for_update(of=("self",))
        .select_related("item", "issue", "destination")
        .get(id=publication_id)
    )


def _not_possible(row: Publication) -> NotAllowed:
    message = _("That is not possible: its state is now “{state}”.")
    return NotAllowed(message.format(state=row.get_state_display()))


def _want(
    row: Publication,
    kind: Kind,
    *,
    user: User | None,
    now: datetime,
    text: str = "",
    everywhere: TakeDown | None = None,
) -> PostChange:
    """Open a wish, or turn the open one into it. The publication's row is locked by the caller.

    What is on the wire goes on: its worker finds that something else is wanted.
    """
    known = row.changes.select_for_update().filter(state__in=OPEN).first()
    if known is None:
        row.changes.filter(state=Change.REFUSED).update(
            state=CHANGES[Change.REFUSED, Step.DROP], settled_at=now
        )
        known = PostChange(publication=row, kind=kind, at=now)
    elif GRAVER.index(kind) < GRAVER.index(Kind(known.kind)):
        raise NotAllowed(_("It is about to be taken down: wait for that."))
    known.kind, known.text, known.user = kind, text, user
    known.take_down = everywhere or known.take_down
    known.problem = ""
    # What a network has put off stays put off.
    if known.state == Change.LOST or known.marked_at is None:
        known.due_at, known.hinted_at = now, None
    known.save()
    ledger.write(row, Attempt.Event.DECIDED, at=now, user=user, text=f"{known.get_kind_display()}.")
    return known


def wish_of(change: PostChange) -> str:
    """What the network is to be asked for, as a digest: another one for every other wish."""
    return f"{change.kind}:{sha256(change.text.encode()).hexdigest()}"


def call_off(*, change_id: int, now: datetime) -> None:
    """Leave the post as it is. Raises NotAllowed once the network was asked and has not refused,
    and for what was taken down everywhere.
    """
    with transaction.atomic():
        change = PostChange.objects.select_for_update().get(id=change_id)
        state = CHANGES.get((Change(change.state), Step.DROP))
        begun = change.state == Change.WAITING and change.attempts
        if state is None or begun or change.take_down_id is not None:
            raise NotAllowed(_("It is too late to call this off."))
        change.state, change.settled_at = state, now
        change.save(update_fields=["state", "settled_at"])


def again(*, change_id: int, user: User, now: datetime) -> None:
    """Ask once more for what was refused. Raises NotAllowed where nothing was."""
    with transaction.atomic():
        row = PostChange.objects.select_for_update().get(id=change_id)
        state = CHANGES.get((Change(row.state), Step.ASK_AGAIN))
        if state is None or row.state != Change.REFUSED:
            raise NotAllowed(_("There is nothing to try again."))
        row.state, row.user, row.problem = state, user, ""
        row.attempts, row.due_at, row.hinted_at, row.settled_at = 0, now, None, None
        row.save()


def note_text(row: Publication, text: str) -> None:
    """The post says this now; the row must be saved by the caller."""
    changed = replace(row.message, text=text)
    row.message_json = changed.to_json()
    row.digest = changed.digest


def posted_anew(
    rows: Mapping[tuple[str, str], Publication], *, item: Item, now: datetime
) -> set[tuple[str, str]]:
    """What a person had taken down to post it anew goes out as it is approved now, whatever its
    step's time was: its post is gone already. Not of an event that does not take place.
    """
    if item.status in (EventStatus.CANCELLED, EventStatus.POSTPONED):
        return set()
    places = {place for place, row in rows.items() if row.reposted and row.state in UNSENT}
    for place in places:
        composing.recompose(rows[place], now=now)
        rows[place].save(update_fields=["message_json", "digest"])
    return places
