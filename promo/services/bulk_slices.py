"""What an act does to one slice of readers. Set-based; each may be repeated."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from promo.errors import NotAllowed
from promo.models import (
    Branch,
    BulkAct,
    Consent,
    Newsletter,
    Preferences,
    Subscriber,
    Subscription,
    Suppression,
)
from promo.services import erasure, keeping, suppressions

State = Subscription.State
SOURCE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the readers of a slice. They add up to its size."""

    changed: int = 0
    already: int = 0
    left: int = 0
    suppressed: int = 0
    gone: int = 0


Slice = Callable[[BulkAct, Collection[int], datetime], Counts]


def source(act: BulkAct) -> str:
    """Why and by whom, as it is kept with each consent."""
    who = act.started_by.get_full_name() or act.started_by.get_username() if act.started_by else ""
    return f"{act.why} ({who})"[:SOURCE_LENGTH] if who else act.why


def _people(ids: Collection[int]) -> dict[int, str]:
    """Those who still exist, with the hashes of their addresses, locked against other writers."""
    rows = Subscriber.objects.filter(id__in=ids).order_by("id").select_for_update(no_key=True)
    return dict(rows.values_list("id", "address_hash"))


def _newsletter(act: BulkAct) -> int:
    """Raises NotAllowed where it has been deleted meanwhile."""
    found = Newsletter.objects.filter(id=act.given["newsletter"]).values_list("id", flat=True)
    for one in found:
        return one
    raise NotAllowed(_("The newsletter has been deleted."))


def subscribe(act: BulkAct, ids: Collection[int], now: datetime) -> Counts:
    """Whoever has left stays away, and whoever must not be mailed is not: as in an import."""
    newsletter = _newsletter(act)
    people = _people(ids)
    barred = set(
        Suppression.objects.filter(address_hash__in=list(people.values())).values_list(
            "address_hash", flat=True
        )
    )
    ties = {
        row.subscriber_id: row
        for row in Subscription.objects.filter(
            newsletter=newsletter, subscriber__in=people
        ).select_for_update()
    }
    welcome = [one for one, hashed in people.items() if hashed not in barred]
    new = [one for one in welcome if one not in ties]
    states = [ties[one].state for one in welcome if one in ties]
    made = Subscription.objects.bulk_create(
        Subscription(
            subscriber_id=one, newsletter_id=newsletter, state=State.ACTIVE, confirmed_at=now
        )
        for one in new
    )
    waiting = [ties[one].pk for one in welcome if one in ties and ties[one].state == State.PENDING]
    Subscription.objects.filter(id__in=waiting).update(
        state=State.ACTIVE, confirmed_at=now, ended_at=None, confirm_at=None, problem=""
    )
    _note(act, Consent.Act.RECORDED, [*(row.pk for row in made), *waiting], now)
    return Counts(
        changed=len(new) + len(waiting),
        already=states.count(State.ACTIVE),
        left=states.count(State.ENDED),
        suppressed=len(people) - len(welcome),
        gone=len(ids) - len(people),
    )


def unsubscribe(act: BulkAct, ids: Collection[int], now: datetime) -> Counts:
    newsletter = _newsletter(act)
    people = _people(ids)
    ties = Subscription.objects.filter(newsletter=newsletter, subscriber__in=people)
    open_ones = ties.exclude(state=State.ENDED).order_by("id").select_for_update()
    ending = list(open_ones.values_list("id", flat=True))
    Subscription.objects.filter(id__in=ending).update(
        state=State.ENDED, ended_at=now, confirm_at=None, counted_since_at=None
    )
    keeping.forget_visits(subscription_ids=ending)
    _note(act, Consent.Act.WITHDRAWN, ending, now)
    return _counted(len(ending), people, ids)


def _note(act: BulkAct, what: Consent.Act, ties: Iterable[int], now: datetime) -> None:
    wording = act.wording if what == Consent.Act.RECORDED else ""
    Consent.objects.bulk_create(
        Consent(subscription_id=one, act=what, at=now, wording=wording, source=source(act))
        for one in ties
    )


def _counted(changed: int, people: Collection[int], ids: Collection[int]) -> Counts:
    """Of an act that everybody may undergo: who was not changed was so already."""
    return Counts(changed=changed, already=len(people) - changed, gone=len(ids) - len(people))


def language(act: BulkAct, ids: Collection[int], _now: datetime) -> Counts:
    people = _people(ids)
    wanted = act.given["language"]
    others = Subscriber.objects.filter(id__in=people).exclude(language=wanted)
    return _counted(others.update(language=wanted), people, ids)


def _with_preferences(people: Collection[int]) -> None:
    Preferences.objects.bulk_create(
        [Preferences(subscriber_id=one) for one in people], ignore_conflicts=True
    )


def topics(act: BulkAct, ids: Collection[int], _now: datetime) -> Counts:
    """Exactly these, whatever was chosen before."""
    people = _people(ids)
    wanted = act.given["topics"]
    if wanted:  # nobody needs a row to have chosen nothing
        _with_preferences(people)
    others = Preferences.objects.filter(subscriber__in=people).exclude(topics=wanted)
    return _counted(others.update(topics=wanted), people, ids)


def branches(act: BulkAct, ids: Collection[int], _now: datetime) -> Counts:
    """Exactly these, whatever was chosen before; a branch that is gone meanwhile is left out."""
    people = _people(ids)
    wanted = set(Branch.objects.filter(id__in=act.given["branches"]).values_list("id", flat=True))
    if wanted:
        _with_preferences(people)
    chosen = Preferences.branches.through._default_manager  # noqa: SLF001  (Django's own name)
    before: dict[int, set[int]] = {one: set() for one in people}
    rows = chosen.filter(preferences__in=people).values_list("preferences_id", "branch_id")
    for one, branch in rows:
        before[one].add(branch)
    others = [one for one, had in before.items() if had != wanted]
    chosen.filter(preferences__in=others).exclude(branch__in=wanted).delete()
    chosen.bulk_create(
        [
            chosen.model(preferences_id=one, branch_id=branch)
            for one in others
            for branch in wanted - before[one]
        ],
        ignore_conflicts=True,
    )
    return _counted(len(others), people, ids)


def suppress(act: BulkAct, ids: Collection[int], now: datetime) -> Counts:
    people = _people(ids)
    hashes = list(people.values())
    already = Suppression.objects.filter(address_hash__in=hashes).count()
    suppressions.suppress(
        subscriber_ids=list(people),
        reason=Suppression.Reason(act.given["reason"]),
        source=source(act),
        now=now,
    )
    return _counted(len(people) - already, people, ids)


def erase(_act: BulkAct, ids: Collection[int], now: datetime) -> Counts:
    erased = erasure.erase(subscriber_ids=ids, now=now)
    return Counts(changed=erased, gone=len(ids) - erased)


Kind = BulkAct.Kind
SLICES: Mapping[str, Slice] = {
    Kind.SUBSCRIBE: subscribe,
    Kind.UNSUBSCRIBE: unsubscribe,
    Kind.LANGUAGE: language,
    Kind.TOPICS: topics,
    Kind.BRANCHES: branches,
    Kind.SUPPRESS: suppress,
    Kind.ERASE: erase,
}
SIZES: Mapping[str, int] = {Kind.ERASE: 100}
"""Readers in a slice where it is not `bulk_acts.SIZE`: erasing looks for each address in texts."""
