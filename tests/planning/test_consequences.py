"""What a new plan does to what stands: exactly that, once, and back again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promo.planning import (
    Consequence,
    Effect,
    Hold,
    Occupied,
    Plan,
    Standing,
    Subject,
    fingerprint,
    weigh,
)
from promo.values import EventStatus, Variant

from .worlds import MAIL, PAGE, SITE, event, planned, wall

OURS = {SITE.ref}
NOW = wall("2026-10-08 12:00")
GONE = {Effect.DROPPED}
REMAINS = {Effect.MARKED, Effect.BEYOND_RECALL}


def standing(made: Plan, *, now: datetime) -> list[Standing]:
    """The plan some time later: what was due is out."""
    return [
        Standing(
            destination=step.destination,
            slot=step.slot,
            variant=step.variant,
            at=step.due_at,
            hold=Hold.OUT if step.due_at <= now else Hold.UNSENT,
            ours=step.destination in OURS,
            occurrence_at=step.occurrence_at,
        )
        for step in made.planned
    ]


def occupied(rows: Sequence[Standing], subject: Subject) -> list[Occupied]:
    return [
        Occupied(row.destination, row.at, subject.ref, row.slot, out=row.hold is Hold.OUT)
        for row in rows
        if row.hold in (Hold.OUT, Hold.UNSENT)
    ]


def again(subject: Subject, rows: Sequence[Standing], *, now: datetime = NOW) -> Plan:
    return planned(subject, now=now, occupied=occupied(rows, subject))


def applied(rows: Sequence[Standing], found: Sequence[Consequence]) -> list[Standing]:
    """What stands once the consequences have happened; what is dropped may return."""
    there = {(row.destination, row.slot): row for row in rows}
    for one in found:
        place = (one.destination, one.slot)
        if one.effect in GONE:
            there[place] = replace(there[place], hold=Hold.RETURNS)
        elif one.after is not None:
            there[place] = Standing(
                destination=one.destination,
                slot=one.slot,
                variant=one.variant,
                at=one.after,
                hold=Hold.UNSENT,
                by_hand=place in there and there[place].by_hand and there[place].at == one.after,
                ours=one.destination in OURS,
                occurrence_at=one.occurrence_at,
            )
    return list(there.values())


def unsent(rows: Sequence[Standing]) -> dict[tuple[str, str], datetime]:
    return {(row.destination, row.slot): row.at for row in rows if row.hold is Hold.UNSENT}


@st.composite
def acts(draw: st.DrawFn) -> tuple[Subject, list[Standing], Subject, datetime]:
    """An event some way through its timetable, and the event after an act on it."""
    subject = event("2026-10-20 17:00")
    assert subject.starts_at
    assert subject.ends_at
    hours = draw(st.integers(0, 60 * 24))
    assert subject.approved_at
    now = subject.approved_at + timedelta(hours=hours)
    rows = standing(planned(subject), now=now)
    by_hand = draw(st.booleans())
    if by_hand and rows:
        nth = draw(st.integers(0, len(rows) - 1))
        if rows[nth].hold is Hold.UNSENT:
            rows[nth] = replace(rows[nth], by_hand=True, at=rows[nth].at + timedelta(minutes=7))
    status = draw(st.sampled_from(EventStatus))
    changed = replace(subject, status=status, changed_at=now)
    if status is EventStatus.RESCHEDULED:
        shift = draw(st.timedeltas(timedelta(hours=-200), timedelta(days=40)))
        changed = replace(
            changed,
            starts_at=subject.starts_at + shift,
            ends_at=subject.ends_at + shift,
            previous_starts_at=subject.starts_at,
        )
    return subject, rows, changed, now


usual = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@usual
@given(acts())
def test_consequences_are_exactly_what_replanning_then_finds_done(
    world: tuple[Subject, list[Standing], Subject, datetime],
) -> None:
    _subject, rows, changed, now = world
    found = weigh(rows, again(changed, rows, now=now))
    after = applied(rows, found)
    settled = weigh(after, again(changed, after, now=now))
    assert {one.effect for one in settled} <= {Effect.STAYS, *REMAINS}
    assert unsent(after) == {
        (one.destination, one.slot): one.after for one in settled if one.after is not None
    }


@usual
@given(acts())
def test_every_publication_has_one_consequence_and_nothing_out_is_touched(
    world: tuple[Subject, list[Standing], Subject, datetime],
) -> None:
    _subject, rows, changed, now = world
    found = weigh(rows, again(changed, rows, now=now))
    places = Counter((one.destination, one.slot) for one in found)
    assert set(places.values()) <= {1}
    assert {(row.destination, row.slot) for row in rows} <= set(places)
    out = {(row.destination, row.slot) for row in rows if row.hold is Hold.OUT}
    assert {(o.destination, o.slot) for o in found if o.effect in REMAINS} == out


@usual
@given(acts())
def test_an_act_that_is_taken_back_leaves_the_plan_as_it_was(
    world: tuple[Subject, list[Standing], Subject, datetime],
) -> None:
    subject, rows, changed, now = world
    settled = applied(rows, weigh(rows, again(subject, rows, now=now)))
    before = {row.slot: row for row in settled}
    done = applied(settled, weigh(settled, again(changed, settled, now=now)))
    # Taking back puts what the act dropped or moved where it stood, and takes away what it added.
    back = [before.get(row.slot, replace(row, hold=Hold.RETURNS)) for row in done]
    restored = applied(back, weigh(back, again(subject, back, now=now)))
    assert unsent(restored) == unsent(settled)


@usual
@given(st.integers(0, 60 * 24))
def test_a_cancellation_tells_each_destination_that_was_told_exactly_once(hours: int) -> None:
    subject = event("2026-10-20 17:00")
    assert subject.approved_at
    now = subject.approved_at + timedelta(hours=hours)
    rows = standing(planned(subject), now=now)
    cancelled = replace(subject, status=EventStatus.CANCELLED, changed_at=now)
    found = weigh(rows, again(cancelled, rows, now=now))
    told = {row.destination for row in rows if row.hold is Hold.OUT}
    if subject.ends_at and now < subject.ends_at:
        notices = Counter(one.destination for one in found if one.effect is Effect.NOTICE)
        assert notices == dict.fromkeys(told, 1)
        assert {one.variant for one in found if one.effect is Effect.NOTICE} <= {Variant.CANCELLED}
    after = applied(rows, found)
    left = [row for row in after if row.hold is Hold.UNSENT]
    assert all(row.variant is Variant.CANCELLED for row in left)


def test_what_is_out_on_our_own_ground_is_marked_and_elsewhere_beyond_recall() -> None:
    subject = event()
    rows = standing(planned(subject), now=NOW)
    found = weigh(rows, again(replace(subject, status=EventStatus.CANCELLED), rows))
    effects = {(one.destination, one.slot): one.effect for one in found}
    assert effects[SITE.ref, "web_announce"] is Effect.MARKED
    assert effects[PAGE.ref, "fb_announce"] is Effect.BEYOND_RECALL
    assert effects[MAIL.ref, "nl_announce"] is Effect.BEYOND_RECALL
    assert effects[PAGE.ref, "fb_reminder"] is Effect.DROPPED


def test_a_time_chosen_by_hand_stays_unless_it_is_too_late_now() -> None:
    subject = event()
    rows = standing(planned(subject), now=NOW)
    at = wall("2026-10-19 19:30")
    by_hand = [
        replace(row, by_hand=True, at=at) if row.slot == "fb_reminder" else row for row in rows
    ]
    same = weigh(by_hand, again(subject, by_hand))
    (reminder,) = [one for one in same if one.slot == "fb_reminder"]
    assert (reminder.effect, reminder.after) == (Effect.STAYS, at)
    sooner = replace(
        subject,
        starts_at=wall("2026-10-16 17:00"),
        ends_at=wall("2026-10-16 19:00"),
        status=EventStatus.RESCHEDULED,
        previous_starts_at=subject.starts_at,
        changed_at=NOW,
    )
    moved = weigh(by_hand, again(sooner, by_hand))
    (reminder,) = [one for one in moved if one.slot == "fb_reminder"]
    assert reminder.effect is Effect.MOVED
    assert reminder.after == wall("2026-10-15 17:00")


def test_the_minute_of_what_goes_out_at_once_is_not_part_of_what_was_agreed_to() -> None:
    subject = event()
    rows = standing(planned(subject), now=NOW)
    cancelled = replace(subject, status=EventStatus.CANCELLED, changed_at=NOW)
    later = NOW + timedelta(minutes=3)
    first = weigh(rows, again(cancelled, rows))
    second = weigh(rows, again(replace(cancelled, changed_at=later), rows, now=later))
    assert first != second
    assert fingerprint(first, now=NOW) == fingerprint(second, now=later)
    fewer = weigh(rows[1:], again(cancelled, rows[1:]))
    assert fingerprint(first, now=NOW) != fingerprint(fewer, now=NOW)


def test_what_waits_to_go_out_at_once_is_not_moved_by_the_next_minute() -> None:
    waits = Consequence(
        effect=Effect.STAYS,
        destination=SITE.ref,
        slot="web_announce",
        variant=Variant.ANNOUNCE,
        before=NOW,
        after=NOW,
    )
    later = NOW + timedelta(minutes=1)
    moved = replace(waits, effect=Effect.MOVED, after=later)
    reminder = replace(moved, slot="fb_reminder", after=NOW + timedelta(days=1))
    first, second = (
        fingerprint([reminder, waits], now=NOW),
        fingerprint([moved, reminder], now=later),
    )
    assert first == second
    assert fingerprint([replace(moved, after=reminder.after)], now=later) != fingerprint(
        [waits], now=NOW
    )
