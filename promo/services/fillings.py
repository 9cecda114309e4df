"""Issues that compose themselves: a draft for each turn, exactly once, and a person's word on it.

The draft, the note of its turn and the next turn are one transaction: whoever dies in the middle
leaves nothing half-done, and whoever comes second finds the turn handled.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import translation

from promo.models import Filling, Institution, Issue, Item, Rhythm
from promo.planning.filling import Chapter, Collecting, woven
from promo.planning.proposal import preheader_of, subject_of
from promo.planning.rhythm import Turn
from promo.services import rhythms
from promo.services.candidates import collected

State = Filling.State
OPEN = (State.WAITING, State.MISSED)
OPENING = "opening"
"""The kind of block with which a self-filled issue begins."""


def compose(newsletter_id: int, *, now: datetime) -> None:
    """Compose the newsletter's next issue as a draft, if it is due; nothing happens twice."""
    with transaction.atomic():
        rhythm = (
            Rhythm.objects.select_for_update(of=("self",))
            .select_related("newsletter__destination")
            .filter(pk=newsletter_id, active=True)
            .first()
        )
        if rhythm is None:
            return
        if rhythm.zone != Institution.load().zone:
            rhythms.reckon(rhythm, now=now)
        turn = rhythms.due(rhythm, now=now)
        if turn is not None:
            _fill(rhythm, turn, now)
            rhythm.handled_on = turn.on
            rhythms.set_next(rhythm, rhythms.following(rhythm, turn, now=now))
        rhythm.save()


def _fill(rhythm: Rhythm, turn: Turn, now: datetime) -> None:
    chapters, rule = collected(rhythm, send_at=max(turn.send_at, now), now=now)
    count = sum(len(chapter.items) for chapter in chapters)
    filling = Filling(
        newsletter=rhythm.newsletter,
        on=turn.on,
        send_at=turn.send_at,
        composed_at=now,
        items=count,
        responsible=rhythm.responsible,
        tell_at=now if rhythm.responsible_id else None,
        state=State.WAITING if turn.send_at > now else State.MISSED,
    )
    if count < max(rhythm.at_least, 1):
        filling.state = State.SKIPPED
    else:
        issue = Issue(
            newsletter=rhythm.newsletter,
            language=rhythm.newsletter.language,
            send_at=turn.send_at,
            live=False,
        )
        write(issue, chapters, rule)
        issue.full_clean()
        issue.save()
        filling.issue = issue
        filling.revision = issue.save_revision().pk
    filling.save()


def write(issue: Issue, chapters: Sequence[Chapter], rule: Collecting) -> None:
    """Everything the planner proposes, in the newsletter's language, under a person's opening.

    The opening is an empty block for the responsible person, or what was written there before.
    """
    opening = next((block.value for block in issue.blocks if block.block_type == OPENING), "")
    with translation.override(issue.language):
        issue.subject = subject_of(chapters, rule)
        issue.preheader = preheader_of(chapters, rule, subject=issue.subject)
        set_blocks(issue, woven([(OPENING, opening)], chapters))


def set_blocks(issue: Issue, blocks: Sequence[tuple[str, object]]) -> None:
    """Give the issue these blocks, an item by its id."""
    refs = [value for kind, value in blocks if kind == "item" and isinstance(value, int)]
    items = Item.objects.in_bulk(refs)
    issue.blocks = [
        (kind, items.get(value) if isinstance(value, int) else value) for kind, value in blocks
    ]


def sweep(*, now: datetime) -> None:
    """A draft whose time has passed without an approval is missed; nothing is sent or dropped."""
    rows = Filling.objects.filter(state__in=OPEN)
    if not rows.exists():
        return
    told = {"tell_at": now, "tell_tries": 0, "told_at": None, "problem": ""}
    unapproved = rows.filter(issue__live=False)
    unapproved.filter(state=State.WAITING, issue__send_at__lte=now).update(
        state=State.MISSED, **told
    )
    unapproved.filter(state=State.MISSED, issue__send_at__gt=now).update(state=State.WAITING)
    rows.filter(issue=None).update(state=State.DROPPED, tell_at=None)


def note_approval(*, issue: Issue) -> None:
    """A person has approved it: from here on it is an issue like any other."""
    Filling.objects.filter(issue=issue).update(state=State.APPROVED, tell_at=None)


def note_withdrawal(*, issue: Issue) -> None:
    """Its approval was withdrawn: it waits again, or is missed at the next sweep."""
    Filling.objects.filter(issue=issue, state=State.APPROVED).update(state=State.WAITING)
