"""Single dates of a series that were moved or cancelled: what the planner makes of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st

from promo.planning import Altered, Anchor, Occupied, Plan, ReasonCode, Step, Subject, plan
from promo.planning.wishes import stamp
from promo.values import EventStatus, Variant

from .test_properties import INVITING, PAGES, every, instants, timetables
from .worlds import (
    MAIL,
    PAGE,
    RULES,
    SITE,
    codes,
    dropped,
    event,
    planned,
    post,
    remembered,
    shown,
    step,
    times,
    wall,
)

FIRST = "2026-10-20 17:00"
WEEK = timedelta(days=7)
STARTS = tuple(wall(FIRST) + WEEK * nth for nth in range(4))
DECIDED = wall("2026-10-16 12:00")
EVE = Step.parse("each-1 12:00", key="eve", channel="facebook_page", variant=Variant.REMINDER)


def series(*altered: Altered, **values: Any) -> Subject:
    gone = {one.was_at for one in altered}
    held = [at for at in STARTS if at not in gone] + [one.starts_at for one in altered]
    return event(
        FIRST,
        occurrences=tuple(sorted(at for at in held if at is not None)),
        altered=altered,
        **values,
    )


def told(slot: str, at: str = "2026-10-10 12:00", destination: str = PAGE.ref) -> Occupied:
    return Occupied(destination=destination, at=wall(at), ref="meeting", slot=slot, out=True)


def cancelled(nth: int) -> Altered:
    return Altered(STARTS[nth], None, DECIDED)


def moved(nth: int, to: str) -> Altered:
    return Altered(STARTS[nth], wall(to), DECIDED)


def test_a_cancelled_date_has_no_step_of_its_own_and_says_why() -> None:
    made = planned(series(cancelled(2)), EVE, now=DECIDED, destinations=[PAGE])
    slot = f"eve@{stamp(STARTS[2])}"
    assert slot not in {one.slot for one in made.planned}
    assert {one.slot: one.reason.code for one in made.dropped}[slot] is ReasonCode.DATE_CANCELLED
    assert len([one for one in made.planned if one.step_key == "eve"]) == 3


def test_the_steps_of_a_moved_date_move_with_it_and_keep_their_slots() -> None:
    made = planned(series(moved(2, "2026-11-05 18:00")), EVE, now=DECIDED, destinations=[PAGE])
    (found,) = [one for one in made.planned if one.slot == f"eve@{stamp(STARTS[2])}"]
    assert shown(found.due_at) == "2026-11-04 12:00"
    assert found.occurrence_at == wall("2026-11-05 18:00")
    assert ReasonCode.DATE_MOVED in codes(found)


def test_whoever_was_told_of_the_series_hears_of_the_one_date() -> None:
    known = [told("announce")]
    made = planned(series(cancelled(2)), EVE, now=DECIDED, destinations=[PAGE], occupied=known)
    notice = post(made, "date_off")
    assert notice.variant is Variant.CANCELLED
    assert notice.occurrence_at == STARTS[2]
    assert shown(notice.due_at) == "2026-10-16 12:00"


def test_whoever_was_told_only_of_another_date_hears_nothing() -> None:
    known = [told(f"eve@{stamp(STARTS[0])}")]
    made = planned(series(cancelled(2)), EVE, now=DECIDED, destinations=[PAGE], occupied=known)
    assert "date_off" not in times(made)


def test_what_went_out_after_the_change_tells_the_new_date_and_needs_no_notice() -> None:
    known = [told("announce", at="2026-10-16 12:05")]
    one = moved(2, "2026-11-05 18:00")
    made = planned(series(one), EVE, now="2026-10-17 09:00", destinations=[PAGE], occupied=known)
    assert "date_moved" not in times(made)


def test_a_second_change_of_one_date_has_a_notice_of_its_own() -> None:
    one = moved(2, "2026-11-05 18:00")
    first = planned(series(one), EVE, now=DECIDED, destinations=[PAGE], occupied=[told("announce")])
    notice = post(first, "date_moved")
    again = replace(one, starts_at=wall("2026-11-06 18:00"), changed_at=wall("2026-10-18 10:00"))
    made = planned(
        series(again),
        EVE,
        now="2026-10-18 10:00",
        destinations=[PAGE],
        occupied=[told("announce"), told(notice.slot, at="2026-10-16 12:00")],
    )
    assert post(made, "date_moved").slot != notice.slot


def test_a_cancelled_series_is_told_once_and_its_dates_no_more() -> None:
    whole = replace(series(cancelled(2)), status=EventStatus.CANCELLED)
    made = planned(whole, EVE, now=DECIDED, destinations=[PAGE], occupied=[told("announce")])
    assert set(times(made)) == {"cancelled"}


def test_a_notice_of_a_date_that_is_over_is_not_sent() -> None:
    made = planned(
        series(cancelled(0)),
        EVE,
        now="2026-10-21 09:00",
        destinations=[PAGE],
        occupied=[told("announce")],
    )
    assert "date_off" not in times(made)


def test_a_reminder_near_the_notice_of_its_own_date_is_dropped_and_others_are_not() -> None:
    soon = Altered(STARTS[0], wall("2026-10-20 19:00"), wall("2026-10-19 08:00"))
    made = planned(
        series(soon),
        EVE,
        now="2026-10-19 08:00",
        destinations=[PAGE],
        occupied=[told("announce")],
    )
    slots = {one.slot for one in made.planned}
    assert f"eve@{stamp(STARTS[0])}" not in slots
    assert f"eve@{stamp(STARTS[1])}" in slots
    assert ReasonCode.NEAR_ANNOUNCEMENT in dropped(made).values()


@st.composite
def changed_series(draw: st.DrawFn) -> dict[str, Any]:
    """A series of weekly dates, some of them moved or cancelled, among posts that are out."""
    first = draw(instants()).astimezone(UTC)
    starts = [first + WEEK * nth for nth in range(draw(st.integers(2, 6)))]
    decided = first - draw(st.timedeltas(timedelta(days=-10), timedelta(days=20)))
    altered = []
    held = set(starts)
    for was_at in draw(st.sets(st.sampled_from(starts), max_size=3)):
        shift = draw(st.none() | st.timedeltas(timedelta(days=-3), timedelta(days=3)))
        start = None if shift is None else was_at + shift
        held.discard(was_at)
        if start in held:
            start = None
        held |= {start} - {None}
        altered.append(Altered(was_at, start, decided - timedelta(hours=draw(st.integers(0, 9)))))
    now = decided + draw(st.timedeltas(timedelta(0), timedelta(days=10)))
    subject = Subject(
        ref="item",
        kind="dkk",
        starts_at=first,
        occurrences=tuple(at for at in held if at is not None and at >= now),
        altered=tuple(altered),
        approved_at=decided - timedelta(days=20),
        status=draw(st.sampled_from(EventStatus)),
        report_ready=draw(st.booleans()),
    )
    steps = draw(timetables())
    known = [
        Occupied(page.ref, decided - timedelta(days=nth + 1), "item", slot=slot, out=True)
        for nth, page in enumerate((*PAGES, SITE, MAIL))
        for slot in ["told", f"{steps[0].key}@{stamp(starts[0])}"][: draw(st.integers(0, 2))]
    ]
    return {
        "subject": subject,
        "steps": steps,
        "destinations": (*PAGES, MAIL, SITE),
        "occupied": tuple(known),
        "now": now,
    }


def _plan(world: dict[str, Any], **changes: Any) -> Plan:
    return plan(**{**world, **changes}, rules=RULES)


@every(changed_series())
def test_a_changed_series_is_planned_the_same_again_and_no_slot_twice(
    world: dict[str, Any],
) -> None:
    made = _plan(world)
    own = remembered(made, world["subject"])
    backwards = {"occupied": world["occupied"][::-1], "steps": world["steps"][::-1]}

    assert _plan(world, **backwards) == made
    assert _plan(world, occupied=(*world["occupied"], *own)) == made
    answers = Counter((one.destination, one.slot) for one in (*made.planned, *made.dropped))
    assert set(answers.values()) <= {1}


@every(changed_series())
def test_nothing_invites_to_a_date_that_does_not_take_place_or_has_begun(
    world: dict[str, Any],
) -> None:
    subject = world["subject"]
    gone = {stamp(one.was_at) for one in subject.altered if one.starts_at is None}
    by_occurrence = {step.key for step in world["steps"] if step.anchor is Anchor.OCCURRENCE}
    for found in _plan(world).planned:
        key, _at, about = found.slot.partition("@")
        if key in by_occurrence:
            assert about not in gone
        if found.variant in INVITING and found.channel != "website" and found.occurrence_at:
            assert found.due_at < found.occurrence_at


@every(changed_series())
def test_only_who_was_told_hears_and_once_for_each_change(world: dict[str, Any]) -> None:
    told_refs = {known.destination for known in world["occupied"]}
    notices = [
        one
        for one in _plan(world).planned
        if one.step_key in ("date_off", "date_moved") and one.channel != "website"  # A1: its twin
    ]
    assert {one.destination for one in notices} <= told_refs
    each = Counter((one.destination, one.slot.partition("-")[0]) for one in notices)
    assert set(each.values()) <= {1}


def test_the_notice_goes_out_in_time_even_by_night() -> None:
    one = Altered(STARTS[0], None, wall("2026-10-20 06:00"))
    made = planned(
        series(one),
        step("D-14 17:00"),
        now="2026-10-20 06:00",
        destinations=[PAGE],
        occupied=[told("announce")],
    )
    assert shown(post(made, "date_off").due_at) == "2026-10-20 07:00"


def test_two_changed_dates_are_two_notices() -> None:
    made = planned(
        series(cancelled(1), moved(2, "2026-11-05 18:00")),
        EVE,
        now=DECIDED,
        destinations=[PAGE],
        occupied=[told("announce")],
    )
    variants = {one.variant for one in made.planned if one.step_key.startswith("date_")}
    assert variants == {Variant.CANCELLED, Variant.CHANGED}


def test_an_altered_date_must_be_aware() -> None:
    naive = datetime(2026, 11, 3, 17)  # noqa: DTZ001  (that is the fault)
    with pytest.raises(ValueError, match="aware"):
        event(FIRST, altered=(Altered(naive, None, DECIDED),))


def test_another_hour_of_the_series_does_not_repeat_the_notice_of_a_cancelled_date() -> None:
    first = planned(
        series(cancelled(2)), EVE, now=DECIDED, destinations=[PAGE], occupied=[told("announce")]
    )
    out = told(post(first, "date_off").slot, at="2026-10-16 12:00")
    later = Altered(STARTS[2] + timedelta(hours=1), None, DECIDED)
    made = planned(
        series(later),
        EVE,
        now="2026-10-17 12:00",
        destinations=[PAGE],
        occupied=[told("announce"), out],
    )
    assert "date_off" not in times(made)
