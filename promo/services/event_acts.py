"""Acts on an approved event: moved, cancelled, postponed, full – with all that follows from them.

The preview runs the planner on the changed item; carrying the act out approves the changed item,
which runs the same planner. If anything differs by then, nothing is done and it is shown again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from promo import planning
from promo.errors import InvalidInput, NotAllowed
from promo.models import Attempt, EventAct, Item
from promo.planning.kinds import KINDS, Timing
from promo.protocol import AHEAD, DUE, UNSENT, Event, State, after
from promo.services import approvals, date_acts, gate, ledger, plans
from promo.values import EventStatus

Kind = EventAct.Kind
APPROVE = "promo.publish_item"

GRACE = timedelta(minutes=5)
"""What an act sends at once leaves this much later: so long it can be taken back."""

UNDO_WITHIN = timedelta(hours=1)
"""After this an act is changed by another act, not taken back."""

FIELDS: Mapping[str, tuple[str, ...]] = {
    Kind.MOVE: ("starts_at", "ends_at", "branch", "venue"),
    Kind.CANCEL: (),
    Kind.POSTPONE: (),
    Kind.SOLD_OUT: (),
    Kind.DEADLINE: ("deadline_at", "sign_up_until_at"),
    Kind.END_EARLY: ("ends_at",),
    Kind.DATE_MOVE: ("changed_dates",),
    Kind.DATE_OFF: ("changed_dates",),
}
"""What each act changes: fields of the item; but for single dates, what a person may give."""

_STATUS = {
    Kind.CANCEL: EventStatus.CANCELLED,
    Kind.POSTPONE: EventStatus.POSTPONED,
    Kind.SOLD_OUT: EventStatus.SOLD_OUT,
}
_OFF = {EventStatus.CANCELLED.value}


@dataclass(frozen=True, slots=True)
class Preview:
    """What an act would do: publication by publication, and the seal of it all."""

    consequences: tuple[planning.Consequence, ...]
    seal: str


def possible(item: Item, *, now: datetime) -> list[Kind]:
    """The acts that make sense for this item as it is approved now."""
    kind = KINDS[item.kind]
    dated = item.starts_at is not None or item.deadline_at is not None
    last = _last_instant(item)
    over = last is not None and last <= now and not item.recurrence
    if not item.live or not dated or over:
        return []
    begun = item.starts_at is not None and item.starts_at <= now
    found = []
    if item.starts_at is not None:
        found.append(Kind.MOVE)
    if item.status not in _OFF:
        found.append(Kind.CANCEL)
        if item.status != EventStatus.POSTPONED and item.starts_at is not None and not begun:
            found.append(Kind.POSTPONE)
        if item.status != EventStatus.SOLD_OUT and not kind.closed_group:
            found.append(Kind.SOLD_OUT)
        if item.deadline_at is not None or item.sign_up_until_at is not None:
            found.append(Kind.DEADLINE)
        if item.ends_at is not None and kind.timing is Timing.RANGE:
            found.append(Kind.END_EARLY)
        if item.status != EventStatus.POSTPONED:
            found += date_acts.possible(item, now=now)
    return found


def preview(*, item: Item, kind: Kind, given: Mapping[str, Any], now: datetime) -> Preview:
    """What the act would do, if it were carried out now. Nothing is stored.

    Raises InvalidInput for what cannot be, NotAllowed for an act that makes no sense here.
    """
    if kind not in possible(item, now=now):
        raise NotAllowed(_("This is not possible for this event as it is now."))
    changed = _changed(item, kind, given, now=now)
    consequences = planning.weigh(plans.standing(item), plans.plan(item=changed, now=now))
    mark = planning.fingerprint(consequences, now=now)
    told = [str(getattr(changed, name)) for name in (*FIELDS[kind], "status")]
    return Preview(consequences, sha256(repr((mark, told)).encode()).hexdigest())


def pending(*, item: Item, changed: Item, now: datetime) -> tuple[planning.Consequence, ...]:
    """What approving `changed` would do to what stands: for whoever is asked to approve it."""
    return planning.weigh(plans.standing(item), plans.plan(item=changed, now=now))


def carry_out(
    *, item_id: int, kind: Kind, given: Mapping[str, Any], seal: str, user: User, now: datetime
) -> EventAct | None:
    """Approve the changed item, so that what was shown happens; None where it must be shown anew.

    Changes that are still a draft stay a draft. Raises what `preview` raises.
    """
    _check_may_approve(user)
    with transaction.atomic():
        item = Item.objects.select_for_update(of=("self",)).get(pk=item_id)
        _hold_still(item)
        if preview(item=item, kind=kind, given=given, now=now).seal != seal:
            return None
        draft = item.get_latest_revision_as_object() if item.has_unpublished_changes else None
        before = item.live_revision or item.save_revision(user=user, log_action=False)
        plan_before = _unsent(item)
        changed = _changed(item, kind, given, now=now)
        approvals.approve(content=changed, user=user)
        approval = changed.approvals.last()
        if approval is None:
            raise NotAllowed(_("The approval did not take place."))
        act = EventAct.objects.create(
            item=item,
            kind=kind,
            at=now,
            user=user,
            approval=approval,
            before=before,
            plan_before=plan_before,
        )
        _give_time_to_undo(item, now)
        _keep_draft(draft, changed, user)
    return act


def submit(
    *, item_id: int, kind: Kind, given: Mapping[str, Any], user: User, now: datetime
) -> None:
    """Send the act for approval: whoever approves sees what follows from it, in the plan.

    Raises NotAllowed while something of the item is in review, or where there is nobody to ask.
    """
    with transaction.atomic():
        item = Item.objects.select_for_update(of=("self",)).get(pk=item_id)
        if item.current_workflow_state is not None:
            raise NotAllowed(_("Changes to this event are in review already: wait for the answer."))
        workflow = item.get_workflow()
        if workflow is None:
            raise NotAllowed(_("There is nobody to ask for approval. Ask an administrator."))
        changed = _changed(item.get_latest_revision_as_object(), kind, given, now=now)
        changed.save_revision(user=user)
        workflow.start(changed, user)


def undoable(*, item: Item, now: datetime) -> EventAct | None:
    """The item's last act, while it can be taken back: nothing has gone out since, nor was it
    approved anew.
    """
    act = EventAct.objects.filter(item=item).select_related("approval", "user").first()
    if act is None or act.undone_at is not None or now - act.at > UNDO_WITHIN:
        return None
    if item.approvals.last() != act.approval or _has_gone_out(item, act):
        return None
    return act


def undo(*, act_id: int, user: User, now: datetime) -> None:
    """Take the act back: the former revision is approved again, and the former plan stands.

    Raises NotAllowed once anything has gone out, or where it was changed since.
    """
    _check_may_approve(user)
    with transaction.atomic():
        act = EventAct.objects.select_for_update(of=("self",)).select_related("item").get(pk=act_id)
        item = Item.objects.select_for_update(of=("self",)).get(pk=act.item_id)
        _hold_still(item)
        last = undoable(item=item, now=now)
        if last is None or last.pk != act.pk or act.before is None:
            raise NotAllowed(
                _("It can no longer be taken back: something has gone out or was changed since.")
            )
        draft = item.get_latest_revision_as_object() if item.has_unpublished_changes else None
        EventAct.objects.filter(pk=act.pk).update(undone_at=now, undone_by=user)
        _restore(item, act.plan_before, now)
        former = act.before.as_object()
        approvals.approve(content=former, user=user)
        _keep_draft(draft, former, user)


def _changed(item: Item, kind: Kind, given: Mapping[str, Any], *, now: datetime) -> Item:
    """The item with the act done to it, checked; the item handed in is left alone."""
    changed: Item = item.with_content_json(item.serializable_data())
    place, start = changed.place_key, changed.starts_at
    for name in FIELDS[kind]:
        if name in given and kind not in date_acts.KINDS:
            setattr(changed, name, given[name])
    changed.status = _STATUS.get(kind, EventStatus(changed.status)).value
    if kind is Kind.MOVE:
        if changed.starts_at is None:
            raise InvalidInput(_("When does it start?"), field="starts_at")
        if changed.starts_at <= now:
            raise InvalidInput(_("That time has passed."), field="starts_at")
        if (changed.starts_at, changed.place_key) == (start, place) and item.status not in (
            EventStatus.CANCELLED,
            EventStatus.POSTPONED,
        ):
            raise InvalidInput(_("Give another time or another place."), field="starts_at")
        only_place = changed.starts_at == start and changed.place_key != place
        status = EventStatus.RESCHEDULED if only_place else EventStatus.SCHEDULED
        changed.status, changed.previous_starts_at = status.value, None
    if kind in date_acts.KINDS:
        date_acts.change(changed, kind, given, now=now)
    if kind is Kind.END_EARLY:
        _check_end(item, changed, now)
    if changed.starts_at and changed.ends_at and changed.ends_at < changed.starts_at:
        raise InvalidInput(_("It ends before it starts."), field="ends_at")
    if kind is Kind.DEADLINE:
        _check_deadline(item, changed, now)
    for fault in gate.faults(changed):
        raise InvalidInput(fault.text, field=fault.field if fault.field in FIELDS[kind] else "")
    return changed


def _check_end(item: Item, changed: Item, now: datetime) -> None:
    if changed.ends_at is None:
        raise InvalidInput(_("When does it end?"), field="ends_at")
    if changed.ends_at <= now:
        raise InvalidInput(_("That time has passed."), field="ends_at")
    if item.ends_at is not None and changed.ends_at >= item.ends_at:
        raise InvalidInput(_("Give an earlier end than the present one."), field="ends_at")


def _check_deadline(item: Item, changed: Item, now: datetime) -> None:
    names = [name for name in FIELDS[Kind.DEADLINE] if getattr(item, name) is not None]
    for name in names:
        value = getattr(changed, name)
        if value is None or (value <= now and value != getattr(item, name)):
            raise InvalidInput(_("Give a time that is still to come."), field=name)
    if all(getattr(changed, name) == getattr(item, name) for name in names):
        raise InvalidInput(_("Give another time than the present one."), field=names[0])


def _check_may_approve(user: User) -> None:
    if not user.has_perm(APPROVE):
        raise NotAllowed(_("Only somebody who approves may do this. Send it for approval."))


def _hold_still(item: Item) -> None:
    """Lock the item's publications: a worker that has claimed one waits with its mark."""
    list(item.publications.select_for_update(of=("self",)).values_list("id", flat=True))


def _last_instant(item: Item) -> datetime | None:
    times = [at for at in (item.starts_at, item.ends_at, item.deadline_at) if at is not None]
    return max(times, default=None)


def _unsent(item: Item) -> list[dict[str, Any]]:
    rows = item.publications.filter(state__in=UNSENT)
    return [
        {
            "id": row.pk,
            "planned_at": row.planned_at.isoformat(),
            "moved_by_hand": row.moved_by_hand,
        }
        for row in rows
    ]


def _restore(item: Item, plan_before: list[dict[str, Any]], now: datetime) -> None:
    """Put what the act dropped or moved back to its place, where the planner finds it."""
    for kept in plan_before:
        at = datetime.fromisoformat(kept["planned_at"])
        item.publications.filter(pk=kept["id"], state__in=(*UNSENT, State.CANCELLED)).update(
            state=State.PLANNED,
            planned_at=at,
            due_at=at,
            moved_by_hand=kept["moved_by_hand"],
        )
    # What the act has added never stood anywhere: the plan must not find it.
    known = [kept["id"] for kept in plan_before]
    for row in item.publications.filter(state__in=UNSENT).exclude(pk__in=known):
        row.state = after(State(row.state), Event.CANCEL)
        row.save(update_fields=["state"])
        ledger.write(row, Attempt.Event.CANCELLED, at=now)


def _give_time_to_undo(item: Item, now: datetime) -> None:
    """What would leave at once leaves when the grace is over, unless that is too late."""
    until = now + GRACE
    rows = item.publications.filter(state__in=DUE, due_at__lt=until)
    rows.exclude(not_after_at__lt=until).update(due_at=until)


def _has_gone_out(item: Item, act: EventAct) -> bool:
    """Has a worker begun to publish since, or a network shown what it held? What was on its way
    before is not the act's doing; what a network holds is given back.
    """
    begun = Attempt.objects.filter(publication__item=item, event=Attempt.Event.MARKED)
    with_us = Q(state__in=AHEAD | UNSENT | {State.CANCELLED})
    shown = Q(published_at__gte=act.at) | (Q(marked_at__gte=act.at) & ~with_us)
    return item.publications.filter(shown).exists() or begun.filter(at__gte=act.at).exists()


def _keep_draft(draft: Item | None, approved: Item, user: User) -> None:
    """What somebody is still writing stays a draft, with the act done to it as well."""
    if draft is None:
        return
    for name in {name for names in FIELDS.values() for name in names} | {
        "status",
        "previous_starts_at",
    }:
        setattr(draft, name, getattr(approved, name))
    draft.live_revision_id = approved.live_revision_id
    draft.save_revision(user=user, log_action=False)
