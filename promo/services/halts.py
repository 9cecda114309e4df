"""The emergency stop of the whole institution: who, when and why; nothing leaves while it stands.

It is looked at where something could leave: at the tick, at the claim, at the mark, and at every
window of a mailing. So it acts within a second, whatever is under way; what is on the wire at that
instant is settled by its own outcome. Our own pages go on showing what stood before
(`promo.services.standstill`). Only answers to a reader's own request still leave: the mail that
confirms a sign-up, and the link to one's data; they wait too where the stop is Promo's own, after
a backup was put in place (`promo.services.restores`).
"""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Exists, QuerySet
from django.utils.translation import gettext as _

from promo.errors import InvalidInput, NotAllowed
from promo.models import Halt, Mailing, Publication
from promo.protocol import State

MAY = "promo.add_halt"
"""Whoever has this permission may stop everything, and let it go on."""


def stands() -> Exists:
    """For queries: is everything stopped?"""
    return Exists(Halt.objects.filter(ended_at=None))


def standing() -> Halt | None:
    """The stop that stands now, if there is one."""
    return Halt.objects.filter(ended_at=None).select_related("began_by").first()


def begin(*, because: str, user: User, now: datetime) -> Halt:
    """Stop everything. Raises InvalidInput without a reason, NotAllowed where it is stopped."""
    reason = because.strip()
    if not reason:
        raise InvalidInput(_("Say why: your colleagues will read it."), field="because")
    try:
        with transaction.atomic():
            halt = Halt.objects.create(began_at=now, began_by=user, because=reason[:200])
            armed().update(look_at=now)
            return halt
    except IntegrityError as error:
        raise NotAllowed(_("Everything is stopped already.")) from error


def begin_by_itself(*, because: str, put_back_to: datetime, now: datetime) -> Halt:
    """Promo's own stop, because the database is a backup; one that stands already becomes it."""
    with transaction.atomic():
        halt = standing() or Halt(began_at=now, because=because[:200])
        halt.put_back_to = put_back_to
        halt.save()
        armed().update(look_at=now)
    return halt


def answers_wait() -> bool:
    """Does nothing leave at all, not even what a reader asked for? It may have been answered."""
    halt = standing()
    return halt is not None and halt.put_back_to is not None


def armed() -> QuerySet[Publication]:
    """Posts that a network itself holds and fires at their time, until they are taken back.

    `begin` has them taken back at once; meanwhile the desk says how many there are.
    """
    rows = Publication.objects.filter(state=State.ARMED)
    return rows.select_related("item", "issue", "destination").order_by("due_at", "id")


def mailings_held(state: Mailing.State = Mailing.State.RUNNING) -> QuerySet[Mailing]:
    """Mailings that would run now, or those in another state."""
    rows = Mailing.objects.filter(state=state)
    return rows.select_related("publication__issue", "publication__item", "newsletter")
