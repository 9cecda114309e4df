"""What a person decides about a publication."""

from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from promo.errors import InvalidInput, NotAllowed
from promo.models import Attempt, Institution, Publication
from promo.models.publications import TRIES
from promo.planning.evergreen import is_showing, too_late_at
from promo.protocol import AHEAD, MOVABLE, Event, State, after, sources
from promo.services import armed, changes, channels, composing, evergreen, ledger, moving
from promo.services.publishing import CLAIMS_WITHOUT_MARK
from promo.values import Receipt

ADDRESS_LENGTH = 500


def _locked(publication_id: int, allowed: frozenset[State]) -> Publication:
    row = (
        Publication.objects.select_for_update(of=("self",))
        .select_related("destination")
        .get(id=publication_id)
    )
    if row.state not in allowed:
        message = _("That is not possible: its state is now “{state}”.").format(
            state=row.get_state_display()
        )
        raise NotAllowed(message)
    return row


def retry(*, publication_id: int, user: User, now: datetime) -> None:
    """Send it again: a person has decided that it is not out, or that late is better than never.

    For one that was too late, the too-late rule is lifted by this decision.
    """
    with transaction.atomic():
        row = _locked(publication_id, sources(Event.RETRY))
        if row.armed_for_at is not None and now < row.armed_for_at:
            raise NotAllowed(_("The network may still hold it, and would show it a second time."))
        if row.state == State.MISSED:
            row.not_after_at = None
        row.state = after(State(row.state), Event.RETRY)
        row.claims = row.attempts
        row.budget = row.attempts + TRIES
        row.due_at = now
        row.arm_at = None
        armed.forget(row)
        row.problem = ""
        if row.item is not None:
            composing.recompose(row, now=now)  # it may have been approved again since
        row.save()
        ledger.write(row, Attempt.Event.DECIDED, at=now, user=user, text=_("To be sent again."))


def given_up() -> QuerySet[Publication]:
    """What no timer tries again: refused once its attempts, or the claims before one, were used up.

    Nothing of them is out.
    """
    used_up = Q(attempts__gte=F("budget"))
    poison = Q(claims__gte=F("attempts") + CLAIMS_WITHOUT_MARK)
    return Publication.objects.filter(used_up | poison, state=State.FAILED)


def it_is_out(*, publication_id: int, url: str, user: User, now: datetime) -> None:
    """A person has seen it out: evidence, with the address where there is one.

    Raises InvalidInput for what is no web address.
    """
    if url:
        _web_address(url)
    with transaction.atomic():
        row = _locked(publication_id, sources(Event.FOUND))
        row.state = after(State(row.state), Event.FOUND)
        row.remote_url = url or row.remote_url
        row.published_at = row.marked_at or now
        row.look_at = None
        row.problem = ""
        row.save()
        ledger.write(
            row, Attempt.Event.DECIDED, at=now, user=user, text=_("It has been published.")
        )


def _web_address(url: str) -> None:
    try:
        URLValidator(schemes=["http", "https"])(url)
    except ValidationError as error:
        raise InvalidInput(_("This is not a web address."), field="url") from error
    if len(url) > ADDRESS_LENGTH:
        raise InvalidInput(_("This address is too long."), field="url")


def drop(*, publication_id: int, user: User, now: datetime) -> None:
    """Do not publish it, and stop looking. What the network holds is taken back first."""
    with transaction.atomic():
        row = _locked(publication_id, sources(Event.CANCEL) | AHEAD)
        if row.is_ahead:
            _mind_the_moment(row, now)
            armed.recall(row, user=user, now=now, text=_("Dropped."))
            return
        row.state = after(State(row.state), Event.CANCEL)
        row.look_at = None
        row.save(update_fields=["state", "look_at"])
        ledger.write(row, Attempt.Event.CANCELLED, at=now, user=user, text=_("Dropped."))


def move(*, publication_id: int, to: datetime, user: User, now: datetime) -> None:
    """Publish it at another time; the plan keeps this. Raises InvalidInput for a bad time."""
    with transaction.atomic():
        row = _locked(publication_id, MOVABLE)
        _mind_the_moment(row, now)
        if to < now:
            raise InvalidInput(_("That time has passed."), field="to")
        shown_again = is_showing(row.slot)
        if row.not_after_at is not None and to > row.not_after_at and not shown_again:
            raise InvalidInput(_("That is too late for this publication."), field="to")
        moving.check(publication=row, at=to, now=now)
        if shown_again:
            row.not_after_at = too_late_at(to, Institution.load().tz)
        if not row.is_ahead:
            row.state = after(State(row.state), Event.PLAN)
            row.hinted_at = None
        row.planned_at = row.due_at = to
        row.moved_by_hand = True
        row.reasons = []
        composing.recompose(row)
        armed.plan_arming(row)
        armed.wanted_changed(row, now=now)
        if row.is_ahead and armed.new_time(row) and armed.wish(row, now=now) is armed.Wish.KEEP:
            raise NotAllowed(
                _("Its time is too near to move it by so little: drop it, or move it further.")
            )
        row.save()
        ledger.write(row, Attempt.Event.DECIDED, at=now, user=user, text=_("Moved by hand."))
        if row.item is not None:
            evergreen.make_room(item=row.item, now=now)


def _mind_the_moment(row: Publication, now: datetime) -> None:
    """Raise NotAllowed where the network is about to show it: no change would reach it in time."""
    if row.is_ahead and row.armed_for_at and now >= row.armed_for_at - armed.LAST_MOMENT:
        raise NotAllowed(
            _("It comes out this very moment and cannot be stopped. Take it down once it is out.")
        )


def take_down(*, publication_id: int, user: User, now: datetime) -> bool:
    """Withdraw what is out. True: it is down; False: a worker takes it down from its network.

    Raises NotAllowed where the channel cannot, or nothing is out.
    """
    row = Publication.objects.select_related("destination").get(id=publication_id)
    traits = channels.traits_of(row.destination.channel)
    if row.state not in sources(Event.TAKEN_DOWN) or not traits.can_withdraw:
        raise NotAllowed(_("This cannot be taken down from here."))
    if not traits.repeat_safe:
        changes.take_down(publication_id=publication_id, user=user, now=now)
        return False
    channels.channel_for(row.destination).withdraw(Receipt(row.remote_id, row.remote_url))
    with transaction.atomic():
        hide(_locked(publication_id, sources(Event.TAKEN_DOWN)), user=user, now=now)
    return True


def hide(row: Publication, *, user: User | None, now: datetime, text: str = "") -> None:
    """Withdraw an entry on our own ground; the row is locked by the caller.

    Without a `user` it comes back when the item is approved again.
    """
    row.state = after(State(row.state), Event.TAKEN_DOWN)
    row.save(update_fields=["state"])
    ledger.write(row, Attempt.Event.WITHDRAWN, at=now, user=user, text=text)
