"""What the network holds for us, and what we want it to hold.

What is wanted stands in the row as ever: `planned_at`, its message, pauses, `recalled`. What is
held stands in `armed_for_at` and `armed_json`. Whoever changes the former calls `wanted_changed` or
`recall`; a worker (`promo.services.arming`) brings the network in line.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from promo.models import Attempt, Campaign, Publication
from promo.protocol import Event, State, after, sources
from promo.services import channels, halts, ledger
from promo.values import Held, Message, NativeSchedule, Receipt

MARGIN = timedelta(minutes=5)
"""The call takes its time, and the network's clock may be ahead of ours."""

LAST_MOMENT = timedelta(minutes=3)
"""So shortly before its time a post is left alone: a change could meet it when it is out."""

VERIFY_AFTER = timedelta(seconds=20)
CONFIRM_AFTER = timedelta(minutes=1)


class Wish(StrEnum):
    """What is to become of a post that the network holds."""

    KEEP = "keep"
    AMEND = "amend"
    REMOVE = "remove"


def schedule_of(row: Publication) -> NativeSchedule | None:
    """The network's window, where it is to be used."""
    traits = channels.traits_of(row.destination.channel)
    return traits.native_schedule if row.destination.arm_ahead else None


def fits(at: datetime, schedule: NativeSchedule, *, now: datetime) -> bool:
    """Will the network take a post for this time, if it is asked now?"""
    return schedule.minimum + MARGIN <= at - now <= schedule.maximum


def plan_arming(row: Publication) -> None:
    """Set from when on the network may be asked to hold it; the row must be saved by the caller."""
    schedule = schedule_of(row)
    row.arm_at = row.planned_at - schedule.maximum if schedule else None


def wish(row: Publication, *, now: datetime) -> Wish:
    """What is to become of the armed post; needs the row with its item, campaign, destination."""
    if row.armed_for_at is None or now >= row.armed_for_at - LAST_MOMENT:
        return Wish.KEEP
    if row.recalled or not _may_stand(row):
        return Wish.REMOVE
    # A removal may be applied late, and would then take down what is out: not for a mere change.
    remove = now < row.armed_for_at - LAST_MOMENT - settings.PROMO_QUIET_PERIOD
    removed = Wish.REMOVE if remove else Wish.KEEP
    if not row.armed_json:
        return removed
    held, wanted = Message.from_json(row.armed_json), row.message
    moved = not _same_second(row.planned_at, row.armed_for_at)
    if held.digest == wanted.digest and not moved:
        return Wish.KEEP
    swapped = (held.pictures, held.link) != (wanted.pictures, wanted.link)
    schedule = channels.traits_of(row.destination.channel).native_schedule
    out_of_reach = moved and (schedule is None or not fits(row.planned_at, schedule, now=now))
    if swapped or out_of_reach or wanted.digest != row.digest:
        return removed
    return Wish.AMEND


def new_time(row: Publication) -> datetime | None:
    """The time that the network is to be told; None where it has it already."""
    held = row.armed_for_at
    return None if held and _same_second(held, row.planned_at) else row.planned_at


def is_paused(row: Publication) -> bool:
    """Does its campaign or its destination stand still?"""
    running = row.campaign is None or row.campaign.state == Campaign.State.QUEUED
    return row.destination.paused_at is not None or not row.destination.active or not running


def _may_stand(row: Publication) -> bool:
    subject = row.item or row.issue
    return bool(subject and subject.live) and not is_paused(row) and halts.standing() is None


def _same_second(one: datetime, other: datetime) -> bool:
    return int(one.timestamp()) == int(other.timestamp())


def wanted_changed(row: Publication, *, now: datetime) -> None:
    """Have the network brought in line at once; the row must be saved by the caller."""
    if row.state == State.ARMED and wish(row, now=now) is not Wish.KEEP:
        row.look_at = now


def recall(row: Publication, *, user: User | None, now: datetime, text: str = "") -> None:
    """It is not wanted any more: what the network holds, or may hold, is taken back.

    The row is locked by the caller. It is cancelled once nothing is held; if it comes out before,
    it is published, and says so.
    """
    row.recalled = True
    wanted_changed(row, now=now)
    row.save(update_fields=["recalled", "look_at"])
    ledger.write(row, Attempt.Event.CANCELLED, at=now, user=user, text=text)


def forget(row: Publication) -> None:
    """Nothing is held any more; the row must be saved by the caller."""
    row.armed_for_at = None
    row.armed_json = {}
    row.remote_id = row.remote_url = ""
    row.look_at = row.lease_until_at = row.hinted_at = None


def note_held(
    publication_id: int,
    receipt: Receipt,
    *,
    at: datetime,
    content: Mapping[str, Any],
    token: int,
    now: datetime,
    look_at: datetime | None = None,
) -> str:
    """Evidence that the network holds it; gives the id of the copy that counts ("": none does).

    Evidence may always be written, whoever holds the lease; but what it says of the `content`
    counts only for the claim `token`, as another may have changed it since. Empty: it is not known.
    What was cancelled meanwhile is recalled.
    """
    with transaction.atomic():
        row = (
            Publication.objects.select_for_update(of=("self",))
            .select_related("item", "issue", "campaign", "destination")
            .filter(id=publication_id, state__in=sources(Event.HELD))
            .first()
        )
        if row is None:
            return ""
        if row.state == State.ARMED and row.remote_id not in ("", receipt.remote_id):
            return row.remote_id
        row.recalled = row.recalled or row.state == State.CANCELLED
        row.state = after(State(row.state), Event.HELD)
        row.remote_id, row.remote_url = receipt.remote_id, receipt.remote_url
        row.armed_for_at = at
        row.armed_json = dict(content) if row.token == token else {}
        row.problem = ""
        row.lease_until_at = row.hinted_at = None
        row.absences = 0
        row.look_at = look_at or now + VERIFY_AFTER
        row.save()
        ledger.write(row, Attempt.Event.HELD, at=now, detail=receipt.remote_id)
    return receipt.remote_id


def note_amended(marked: Publication, *, now: datetime) -> None:
    """The network has taken the change that was marked in this row."""
    with transaction.atomic():
        row = (
            Publication.objects.select_for_update()
            .filter(id=marked.id, token=marked.token, state=State.CHANGING)
            .first()
        )
        if row is None:
            return
        row.state = after(State(row.state), Event.HELD)
        row.armed_for_at = new_time(marked) or marked.armed_for_at
        row.armed_json = marked.message_json
        row.lease_until_at = row.hinted_at = None
        row.look_at = now + VERIFY_AFTER
        row.save()
        ledger.write(row, Attempt.Event.HELD, at=now, detail=row.remote_id)


def note_out(row: Publication, *, now: datetime) -> None:
    """It came out as it was held, at its time; the row must be saved by the caller.

    What came too late for it is said: its message is the one that readers see.
    """
    at = row.armed_for_at or now
    row.published_at = min(at, now)
    if row.recalled:
        row.problem = _(
            "It came out before it could be taken back. If it must not stay there, take it down."
        )
    elif row.armed_json and Message.from_json(row.armed_json).digest != row.message.digest:
        row.problem = _("It came out without the last change, which came too late.")
    elif row.armed_json and not _same_second(at, row.planned_at):
        row.problem = _("It came out at the time planned before: the move came too late.")
    if row.armed_json:
        row.message_json = row.armed_json
        row.digest = row.message.digest
    row.recalled = row.held = False


def note_gone(publication_id: int, *, token: int, now: datetime) -> None:
    """The network holds it no more: it is planned again, or cancelled where it was recalled."""
    with transaction.atomic():
        row = (
            Publication.objects.select_for_update(of=("self",))
            .select_related("destination", "campaign")
            .filter(id=publication_id, token=token, state__in=sources(Event.GONE))
            .first()
        )
        if row is None:
            return
        row.state = after(State(row.state), Event.GONE)
        ledger.write(row, Attempt.Event.RECALLED, at=now, detail=row.remote_id)
        back_to_plan(row)
        row.save()


def back_to_plan(row: Publication) -> None:
    """Nothing is held, and it has not left us; the row must be saved by the caller."""
    forget(row)
    row.problem = ""
    row.due_at = row.planned_at
    row.held = is_paused(row)
    plan_arming(row)
    if row.recalled:
        row.state = after(State(row.state), Event.CANCEL)
        row.recalled = False


def content_of(row: Publication, held: Held) -> Mapping[str, Any]:
    """The message that is held, as far as its text and time tell; empty where they do not."""
    if row.armed_json:
        return dict(row.armed_json)
    same = held.text.split() == row.message.text.split() and _same_second(held.at, row.planned_at)
    return dict(row.message_json) if same else {}
