"""An item taken down everywhere in one act: what can be recalled is, the rest is named.

What is unsent is dropped, what a network holds is taken back, posts are deleted by a worker
(`promo.services.changing`), the website shows it no longer, and pictures whose consent was
withdrawn are shown nowhere. Mails that were sent and copies that others hold stay: they are listed
with what to do. The act is not sealed against what was shown before it: whatever has happened
meanwhile, all of it is taken down.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from wagtail.actions.unpublish import UnpublishAction

from promo.errors import InvalidInput, NotAllowed
from promo.models import (
    Issue,
    Item,
    ItemPhoto,
    Mailing,
    Photo,
    PhotoRendition,
    PostChange,
    Publication,
    TakeDown,
)
from promo.protocol import AHEAD, DUE, OPEN, UNSENT, Change, Event, State, sources
from promo.services import changes, channels, composing, mailings, plans, publications
from promo.services.candidates import refs_in
from promo.values import ImageConsent

MAY = "promo.publish_item"
"""Whoever approves what goes out may take it down."""

FOLLOWED_FOR = timedelta(days=30)
"""How long after an act a post that turns up is still taken down by itself."""

RUNNING = (Mailing.State.RUNNING, Mailing.State.PAUSED)


class Fate(StrEnum):
    """What becomes of one publication, or of a trace that it left."""

    DROPPED = "dropped"
    RECALLED = "recalled"
    DELETED = "deleted"
    CHECKED = "checked"
    HIDDEN = "hidden"
    STOPPED = "stopped"
    STAYS = "stays"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Line:
    """One publication and its fate; of what cannot be recalled `todo` says what a person can do."""

    fate: Fate
    publication: Publication
    todo: str = ""
    readers: int = 0


def preview(item: Item) -> list[Line]:
    """What taking this item down everywhere would do now, publication by publication."""
    return [line for row in _rows(item) for line in _fates(row)]


def _rows(item: Item) -> QuerySet[Publication]:
    rows = item.publications.select_related("destination", "item")
    return rows.order_by("planned_at", "id")


def _fates(row: Publication) -> Iterator[Line]:
    """Raises nothing: a channel that is not installed any more can do nothing."""
    state, traits = State(row.state), channels.traits_of(row.destination.channel)
    if state in UNSENT | {State.FAILED, State.MISSED}:
        yield Line(Fate.DROPPED, row)
    elif row.is_ahead:
        yield Line(Fate.RECALLED, row)
    elif state in {State.SENDING, State.UNKNOWN}:
        todo = "" if traits.can_withdraw else _by_hand(row)
        yield Line(Fate.CHECKED, row, todo)
    elif state == State.PUBLISHED and channels.traits_of(row.destination.channel).on_our_ground:
        yield Line(Fate.HIDDEN, row)
    elif state == State.PUBLISHED and traits.can_withdraw:
        yield Line(Fate.DELETED, row)
    elif state == State.PUBLISHED:
        yield from _of_mailing(row)


def _of_mailing(row: Publication) -> Iterator[Line]:
    """Mails cannot be taken back; those that have not left yet are stopped."""
    mailing = mailing_of(row)
    if mailing is None:
        yield Line(Fate.STAYS, row, _by_hand(row))
        return
    counts = mailings.progress(mailing)
    if mailing.state in RUNNING:
        yield Line(Fate.STOPPED, row, readers=counts["due"])
    if counts["accepted"]:
        yield Line(Fate.STAYS, row, mails_stay(), counts["accepted"])


def mailing_of(row: Publication) -> Mailing | None:
    """The mailing of a publication that is one."""
    return Mailing.objects.filter(publication=row).first()


def mails_stay() -> str:
    """What can be done about mails that were sent."""
    return _(
        "Mails that were sent cannot be taken back. Withdrawn pictures in them are no longer "
        "loaded, unless a mail program keeps a copy. If people have to be told, write a correction."
    )


def feeds_stay() -> str:
    """What can be done about copies of what the website had."""
    return _(
        "Portals, calendars and search engines that have read our feeds or pages may keep a copy. "
        "It disappears with their next reading; ask those who have taken it over to remove it."
    )


def _by_hand(row: Publication) -> str:
    return _("Take it down by hand: {address}").format(
        address=row.remote_url or row.destination.name
    )


def issues_with(item: Item) -> list[Publication]:
    """Issues that have the item among their blocks and were sent or are to be: they cannot be
    taken back, or are made anew without it.
    """
    rows = Publication.objects.filter(issue__isnull=False).select_related("issue", "destination")
    standing = rows.filter(state__in=DUE | AHEAD | {State.CLAIMED, State.SENDING, State.PUBLISHED})
    since = item.first_published_at
    recent = standing.filter(planned_at__gte=since) if since else standing.none()
    return [row for row in recent if row.issue and item.pk in refs_in(row.issue)]


def pictures_elsewhere(item: Item, photos: Iterable[Photo]) -> list[Publication]:
    """Posts of other items that are out with one of these pictures."""
    others = ItemPhoto.objects.filter(photo__in=list(photos)).exclude(item=item)
    rows = Publication.objects.filter(item__in=others.values("item"), state=State.PUBLISHED)
    rows = rows.select_related("item", "destination")
    return [row for row in rows if not channels.traits_of(row.destination.channel).on_our_ground]


def carry_out(
    *,
    item_id: int,
    cause: str,
    because: str,
    photos: Sequence[Photo],
    user: User,
    now: datetime,
) -> TakeDown:
    """Take the item down everywhere, and withdraw these of its pictures.

    Raises InvalidInput without a reason, NotAllowed for somebody who may not approve.
    """
    if not user.has_perm(MAY):
        raise NotAllowed(_("Only somebody who approves may do this."))
    reason = because.strip()
    if not reason:
        raise InvalidInput(_("Say why: it is kept with the act."), field="because")
    with transaction.atomic():
        item = Item.objects.select_for_update(of=("self",)).get(pk=item_id)
        act = TakeDown.objects.create(
            item=item, at=now, user=user, cause=cause, because=reason[:300]
        )
        act.photos.set(photos)
        _withdraw_pictures(photos)
        if item.live:
            # Its signal drops and recalls what is not out. The permission was looked at above.
            UnpublishAction(item, user=user).execute(skip_permission_checks=True)
        _take_down(item, act, user=user, now=now)
        _renew_elsewhere(item, photos, now=now)
    return act


def _take_down(item: Item, act: TakeDown, *, user: User, now: datetime) -> None:
    text = _("Taken down everywhere: {because}").format(because=act.because)
    rows = Publication.objects.select_for_update(of=("self",)).filter(item=item)
    for row in rows.select_related("destination").order_by("id"):
        state, traits = State(row.state), channels.traits_of(row.destination.channel)
        if state == State.PUBLISHED and channels.traits_of(row.destination.channel).on_our_ground:
            publications.hide(row, user=None, now=now, text=text)
        elif state in sources(Event.CANCEL) - {State.UNKNOWN}:
            publications.drop(publication_id=row.pk, user=user, now=now)
        elif state in OUT_OR_MAYBE and traits.can_withdraw:
            changes.take_down(publication_id=row.pk, user=user, now=now, everywhere=act)
        elif state == State.PUBLISHED:
            mailing = mailing_of(row)
            if mailing is not None and mailing.state in RUNNING:
                mailings.cancel(mailing=mailing, now=now)


def follow_up(*, now: datetime) -> None:
    """A post that is found out after all, although its item was taken down: it goes too.

    Evidence may always be written, even of what was given up long before.
    """
    acts = TakeDown.objects.filter(at__gte=now - FOLLOWED_FOR, item__live=False)
    for act in acts.select_related("item", "user"):
        rows = act.item.publications.filter(state=State.PUBLISHED).select_related("destination")
        for row in rows.exclude(changes__take_down=act):
            if (
                channels.traits_of(row.destination.channel).can_withdraw
                and not channels.traits_of(row.destination.channel).on_our_ground
            ):
                changes.take_down(publication_id=row.pk, user=act.user, now=now, everywhere=act)


OUT_OR_MAYBE = AHEAD | {State.PUBLISHED, State.SENDING, State.UNKNOWN}


def _withdraw_pictures(photos: Sequence[Photo]) -> None:
    """Show them nowhere, and delete the sizes that pages and mails have loaded so far."""
    ids = [photo.pk for photo in photos]
    Photo.objects.filter(pk__in=ids).update(consent=ImageConsent.WITHDRAWN.value)
    for rendition in PhotoRendition.objects.filter(image_id__in=ids):
        rendition.delete()  # one by one: Wagtail deletes each one's file with it


def _renew_elsewhere(item: Item, photos: Sequence[Photo], *, now: datetime) -> None:
    """Other items without the pictures, and coming issues without the item."""
    shared = ItemPhoto.objects.filter(photo__in=list(photos)).exclude(item=item)
    for other in Item.objects.filter(pk__in=shared.values("item"), live=True):
        plans.replan(item=other, now=now)
    for row in _coming_issues(item):
        composing.recompose(row)
        row.save(update_fields=["message_json", "digest"])


def _coming_issues(item: Item) -> list[Publication]:
    rows = Publication.objects.select_for_update(of=("self",)).filter(
        issue__isnull=False, state__in=UNSENT
    )
    return [row for row in rows.select_related("issue", "destination") if _has(row.issue, item)]


def _has(issue: Issue | None, item: Item) -> bool:
    return issue is not None and item.pk in refs_in(issue)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far an act is: what is gone, what is under way, what could not be recalled."""

    gone: list[Line]
    under_way: list[tuple[Line, PostChange | None]]
    stays: list[Line]


def outcome(act: TakeDown) -> Outcome:
    """What has become of the act by now."""
    known = {change.publication_id: change for change in act.changes.all()}
    found = Outcome([], [], [])
    for row in _rows(act.item):
        change = known.get(row.pk)
        state = State(row.state)
        if change is not None and change.state == Change.REFUSED:
            todo = " ".join(part for part in (change.problem, _by_hand(row)) if part)
            found.stays.append(Line(Fate.STAYS, row, todo))
        elif change is not None and change.state in OPEN:
            found.under_way.append((Line(Fate.CHECKED, row), change))
        elif row.is_ahead:
            found.under_way.append((Line(Fate.RECALLED, row), None))
        elif state == State.WITHDRAWN:
            found.gone.append(Line(Fate.DELETED, row))
        elif state == State.CANCELLED:
            found.gone.append(Line(Fate.DROPPED, row))
        elif (
            state == State.PUBLISHED
            and not channels.traits_of(row.destination.channel).on_our_ground
        ):
            found.stays.extend(line for line in _of_outcome(row))
    return found


def _of_outcome(row: Publication) -> Iterator[Line]:
    if channels.traits_of(row.destination.channel).can_withdraw:
        yield Line(Fate.STAYS, row, _by_hand(row))
    else:
        yield from (line for line in _of_mailing(row) if line.fate is Fate.STAYS)
