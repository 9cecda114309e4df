"""What a person decides about an issue that composed itself: collect again, send, move, drop."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from promo.errors import InvalidInput, NotAllowed
from promo.models import Filling, Issue, Item, Rhythm
from promo.planning.filling import Chapter, woven
from promo.services import approvals, gate
from promo.services.candidates import collected, refs_in
from promo.services.fillings import OPEN, set_blocks, write

State = Filling.State
SOON = timedelta(minutes=1)
"""What is sent now is due in a minute: the approval must come before it."""


def edited(filling: Filling) -> bool:
    """Has a person written in the draft since it was composed?"""
    issue = filling.issue
    return issue is not None and issue.latest_revision_id != filling.revision


def fresh(*, filling: Filling, now: datetime) -> tuple[Chapter, ...]:
    """What would be collected now and is not in the draft yet."""
    draft = _draft(filling)
    chapters, _rule = collected(_rhythm(filling), send_at=draft.send_at, besides=draft, now=now)
    known = set(refs_in(draft))
    found = (
        Chapter(chapter.group, tuple(item for item in chapter.items if item.ref not in known))
        for chapter in chapters
    )
    return tuple(chapter for chapter in found if chapter.items)


def add_fresh(*, filling: Filling, user: User, now: datetime) -> int:
    """Put what is new into the draft and leave the rest as it is; gives how many items."""
    with transaction.atomic():
        filling = _locked(filling)
        chapters = fresh(filling=filling, now=now)
        draft = _draft(filling)
        blocks = [
            (block.block_type, block.value.pk if isinstance(block.value, Item) else block.value)
            for block in draft.blocks
        ]
        with translation.override(draft.language):
            set_blocks(draft, woven(blocks, chapters))
        _keep(filling, draft, user, by_itself=not edited(filling))
        return sum(len(chapter.items) for chapter in chapters)


def compose_anew(*, filling: Filling, user: User, now: datetime) -> None:
    """Replace all but the opening by what is collected now. Raises NotAllowed for nothing."""
    with transaction.atomic():
        filling = _locked(filling)
        draft = _draft(filling)
        chapters, rule = collected(_rhythm(filling), send_at=draft.send_at, besides=draft, now=now)
        if not chapters:
            raise NotAllowed(_("There is nothing to tell: the draft stays as it is."))
        write(draft, chapters, rule)
        _keep(filling, draft, user, by_itself=True)


def _keep(filling: Filling, draft: Issue, user: User, *, by_itself: bool) -> None:
    revision = draft.save_revision(user=user)
    if not draft.live:
        draft.save()
    if by_itself:
        Filling.objects.filter(pk=filling.pk).update(revision=revision.pk)


def send_now(*, filling: Filling, user: User, now: datetime) -> None:
    """Approve the draft as it stands and send it. Raises NotAllowed where the gate is shut."""
    with transaction.atomic():
        draft = _draft(_locked(filling))
        draft.send_at = now + SOON
        faults = gate.faults(draft)
        if faults:
            raise NotAllowed(" ".join(fault.text for fault in faults))
        draft.save()
        approvals.approve(content=draft, user=user)


def move(*, filling: Filling, to: datetime, user: User, now: datetime) -> None:
    """Another time for the draft; it waits for approval. Raises InvalidInput for the past."""
    if to <= now:
        raise InvalidInput(_("That time has passed."), field="to")
    with transaction.atomic():
        filling = _locked(filling)
        untouched = not edited(filling)
        draft = _draft(filling)
        draft.send_at = to
        _keep(filling, draft, user, by_itself=untouched)
        Filling.objects.filter(pk=filling.pk).update(state=State.WAITING)


def drop(*, filling: Filling) -> None:
    """This turn has no issue. The draft stays in the list of issues; nothing sends it."""
    with transaction.atomic():
        Filling.objects.filter(pk=_locked(filling).pk).update(state=State.DROPPED, tell_at=None)


def _locked(filling: Filling) -> Filling:
    row = (
        Filling.objects.select_for_update(of=("self",))
        .select_related("issue__newsletter__destination")
        .filter(pk=filling.pk, state__in=OPEN, issue__isnull=False)
        .first()
    )
    if row is None:
        raise NotAllowed(_("That is no longer possible: somebody has decided in the meantime."))
    return row


def _draft(filling: Filling) -> Issue:
    if filling.issue is None:
        raise NotAllowed(_("There is no draft any more."))
    draft: Issue = filling.issue.get_latest_revision_as_object()
    return draft


def _rhythm(filling: Filling) -> Rhythm:
    row = Rhythm.objects.select_related("newsletter__destination").filter(pk=filling.newsletter_id)
    found = row.first()
    if found is None:
        raise NotAllowed(_("This newsletter has no rhythm any more."))
    return found
