"""What holds for every plan, whatever the timetable, the day and the hour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from promo.planning import (
    Anchor,
    Destination,
    Dropped,
    Need,
    Occupied,
    Plan,
    Planned,
    ReasonCode,
    Request,
    Step,
    Subject,
    plan,
    plan_many,
)
from promo.planning.calendar import day_off, is_quiet
from promo.values import EventStatus, Variant

from .worlds import MAIL, PAGE, RULES, SITE, WARSAW, remembered

Handed = dict[str, Any]

CHANGES = [date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28), date(2027, 10, 31)]
PAGES = (PAGE, Destination("second page", "facebook_page", branch="north"))
INVITING = {Variant.ANNOUNCE, Variant.REMINDER, Variant.TODAY}
CHANNELS = ("facebook_page", "newsletter_email", "website")
STEP_VARIANTS = (*INVITING, Variant.LAST_DAYS, Variant.REPORT, Variant.RESULTS, Variant.NEWS)

# Days near the clock changes and around Christmas are where plans break.
days = st.sampled_from(CHANGES) | st.dates(date(2026, 2, 1), date(2027, 12, 31))
minutes = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 59]))


@st.composite
def instants(draw: st.DrawFn) -> datetime:
    day = draw(days) + timedelta(days=draw(st.integers(-2, 2)))
    return datetime.combine(day, draw(minutes), tzinfo=WARSAW)


@st.composite
def timetables(draw: st.DrawFn) -> tuple[Step, ...]:
    count = draw(st.integers(1, 8))
    return tuple(
        Step(
            key=f"step{number}",
            anchor=draw(st.sampled_from(Anchor)),
            offset_days=draw(st.integers(-30, 10)),
            at=draw(st.none() | minutes),
            channel=draw(st.sampled_from(CHANNELS)),
            variant=draw(st.sampled_from(STEP_VARIANTS)),
            needs=draw(st.frozensets(st.sampled_from(Need), max_size=1)),
            weekday=draw(st.none() | st.integers(0, 6)),
        )
        for number in range(count)
    )


@st.composite
def subjects(draw: st.DrawFn, ref: str = "item") -> Subject:
    starts_at = draw(st.none() | instants())
    later = st.timedeltas(timedelta(0), timedelta(days=40))
    near = starts_at or draw(instants())
    return Subject(
        ref=ref,
        kind="author_meeting",
        priority=draw(st.integers(0, 3)),
        operational=draw(st.booleans()),
        starts_at=starts_at,
        ends_at=near + draw(later) if draw(st.booleans()) else None,
        all_day=draw(st.booleans()),
        deadline_at=near + draw(later) if draw(st.integers(0, 3)) == 0 else None,
        occurrences=tuple(
            near + timedelta(days=n) for n in draw(st.sets(st.integers(0, 9), max_size=5))
        ),
        approved_at=near - draw(st.timedeltas(timedelta(days=-3), timedelta(days=45))),
        changed_at=near - timedelta(days=50) if draw(st.booleans()) else None,
        status=draw(st.sampled_from(EventStatus)),
        report_ready=draw(st.booleans()),
        results_ready=draw(st.booleans()),
        places_left=draw(st.booleans()),
    )


@st.composite
def others(draw: st.DrawFn, near: datetime) -> tuple[Occupied, ...]:
    shifts = st.integers(-20 * 48, 10 * 48)
    return tuple(
        Occupied(
            destination=draw(st.sampled_from(PAGES)).ref,
            at=near + timedelta(minutes=30 * shift),
            ref="another item",
            out=draw(st.booleans()),
        )
        for shift in draw(st.lists(shifts, max_size=12))
    )


@st.composite
def worlds(draw: st.DrawFn) -> Handed:
    """Everything `plan` is handed but the rules, which are the usual ones."""
    subject = draw(subjects())
    approved_at = subject.approved_at
    assert approved_at
    refs = [PAGE.ref, MAIL.ref, SITE.ref]
    return {
        "subject": subject,
        "steps": draw(timetables()),
        "destinations": (*PAGES, MAIL, SITE),
        "occupied": draw(others(approved_at)),
        "now": approved_at + draw(st.timedeltas(timedelta(0), timedelta(days=20))),
        "told": frozenset(draw(st.sets(st.sampled_from(refs)))),
    }


def every(strategy: st.SearchStrategy[Any]) -> Callable[[Any], Any]:
    """Many examples, without a wall clock's verdict on a busy machine."""

    def decorate(test: Any) -> Any:
        slow = [HealthCheck.too_slow, HealthCheck.filter_too_much]
        return settings(max_examples=80, deadline=None, suppress_health_check=slow)(
            given(strategy)(test)
        )

    return decorate


def _plan(world: Handed, **changes: Any) -> Plan:
    return plan(**{**world, **changes}, rules=RULES)


def _spaced(made: Plan, page: str) -> list[Planned]:
    notices = {Variant.CHANGED, Variant.CANCELLED}
    return [p for p in made.planned if p.destination == page and p.variant not in notices]


@every(worlds())
def test_the_same_world_gives_the_same_plan_in_whatever_order_it_is_handed_in(
    world: Handed,
) -> None:
    backwards = {name: world[name][::-1] for name in ("steps", "destinations", "occupied")}

    assert _plan(world) == _plan(world) == _plan(world, **backwards)


@every(worlds())
def test_planning_again_over_ones_own_plan_changes_nothing(world: Handed) -> None:
    made = _plan(world)

    own = remembered(made, world["subject"])

    assert _plan(world, occupied=(*world["occupied"], *own)) == made


@every(st.tuples(worlds(), st.timedeltas(timedelta(0), timedelta(days=30))))
def test_planning_again_while_the_plan_is_carried_out_changes_nothing_that_is_to_come(
    drawn: tuple[Handed, timedelta],
) -> None:
    world, later = drawn
    made = _plan(world)
    now = world["now"] + later
    own = remembered(made, world["subject"], now=now)

    again = _plan(world, now=now, occupied=(*world["occupied"], *own))

    expected = {(p.destination, p.slot): p.due_at for p in made.planned if p.due_at > now}
    assert {(p.destination, p.slot): p.due_at for p in again.planned} == expected


@every(worlds())
def test_nothing_invites_after_the_start(world: Handed) -> None:
    subject = replace(world["subject"], operational=False, deadline_at=None)
    for post in _plan(world, subject=subject).planned:
        if post.variant not in INVITING or post.channel == "website":
            continue
        starts = (post.occurrence_at, *subject.occurrences, subject.starts_at)
        last = post.occurrence_at or max((s for s in starts if s), default=None)
        if last is None:
            continue
        if post.variant is Variant.TODAY and subject.all_day:
            local = post.due_at.astimezone(WARSAW)
            assert local.time() <= RULES.all_day_today_before
        else:
            assert post.due_at < last


@every(worlds())
def test_nothing_is_planned_for_the_past_nor_past_its_own_limit(world: Handed) -> None:
    for post in _plan(world).planned:
        assert post.due_at >= world["now"]
        assert post.not_after_at is None or post.due_at < post.not_after_at


@every(worlds())
def test_slots_are_unique_and_every_wish_is_answered_once(world: Handed) -> None:
    made = _plan(world)

    answers: tuple[Planned | Dropped, ...] = (*made.planned, *made.dropped)
    places = Counter((answer.destination, answer.slot) for answer in answers)
    assert set(places.values()) <= {1}
    answered = {(answer.step_key, answer.destination) for answer in answers}
    for step in world["steps"]:
        if step.anchor is Anchor.OCCURRENCE:
            continue
        for target in world["destinations"]:
            assert target.channel != step.channel or (step.key, target.ref) in answered


@every(worlds())
def test_the_night_is_quiet_and_newsletters_keep_days_off(world: Handed) -> None:
    for post in _plan(world).planned:
        local = post.due_at.astimezone(WARSAW)
        in_time = ReasonCode.NOTICE_IN_TIME in {reason.code for reason in post.reasons}
        if post.channel == "website" or in_time:
            continue
        assert not is_quiet(local.time(), RULES)
        assert post.channel != "newsletter_email" or day_off(local.date(), RULES) is None


@every(worlds())
def test_gaps_and_the_daily_maximum_are_kept(world: Handed) -> None:
    assume(not world["subject"].operational)
    made = _plan(world)
    for page in PAGES:
        busy = [post.at for post in world["occupied"] if post.destination == page.ref]
        mine = sorted(post.due_at for post in _spaced(made, page.ref))
        for at in mine:
            assert all(abs(at - other) >= RULES.min_gap for other in busy)
        assert all(after - before >= RULES.min_gap for before, after in pairwise(mine))
        full = Counter(at.astimezone(WARSAW).date() for at in (*busy, *mine))
        assert all(full[at.astimezone(WARSAW).date()] <= RULES.max_per_day for at in mine)


@every(worlds())
def test_what_is_overdue_gives_at_most_one_announcement_for_each_destination(
    world: Handed,
) -> None:
    now = world["now"]
    made = _plan(world)
    late = Counter(
        post.destination
        for post in made.planned
        if ReasonCode.LATE_NOW in {reason.code for reason in post.reasons}
        and post.variant in (Variant.ANNOUNCE, Variant.NEWS, Variant.LAST_DAYS)
    )
    assert set(late.values()) <= {1}
    for post in made.planned:
        if post.variant not in (Variant.REMINDER, Variant.TODAY):
            continue
        tellings = [
            other.due_at
            for other in made.planned
            if other.destination == post.destination
            and other.variant is Variant.ANNOUNCE
            and other.occurrence_at in (None, post.occurrence_at)
            and other.due_at <= now + timedelta(minutes=1)
            and ReasonCode.WEBSITE_ADDED not in {reason.code for reason in other.reasons}
        ]
        shifted = {ReasonCode.MOVED_GAP, ReasonCode.MOVED_DAY_FULL} & {r.code for r in post.reasons}
        for told_at in tellings:
            assert shifted or abs(post.due_at - told_at) >= RULES.reminder_collapse


@every(worlds())
def test_the_website_has_it_no_later_than_the_page(world: Handed) -> None:
    made = _plan(world)
    entries = [post for post in made.planned if post.channel == "website"]
    for post in made.planned:
        if post.channel != "facebook_page" or SITE.ref in world["told"]:
            continue
        assert any(entry.due_at <= post.due_at for entry in entries)


@every(worlds())
def test_a_step_that_was_not_moved_shows_the_wall_time_of_its_timetable(world: Handed) -> None:
    steps = {step.key: step for step in world["steps"]}
    for post in _plan(world).planned:
        step = steps.get(post.step_key)
        untouched = {reason.code for reason in post.reasons} <= {ReasonCode.CLOCK_REPEATED}
        if step is None or step.at is None or not untouched or post.due_at == world["now"]:
            continue
        assert post.due_at.astimezone(WARSAW).time() in (step.at, _soon(world))


def _soon(world: Handed) -> time:
    """A step that moved back over a day off before now goes out at once."""
    now: datetime = world["now"].astimezone(WARSAW)
    whole = now.replace(second=0, microsecond=0)
    return (whole if whole == now else whole + timedelta(minutes=1)).time()


@every(st.tuples(worlds(), st.lists(st.integers(0, 3), min_size=2, max_size=4), st.randoms()))
def test_planned_together_items_keep_apart_in_whatever_order_they_come(
    drawn: tuple[Handed, list[int], Any],
) -> None:
    world, priorities, shuffled = drawn
    requests = [
        Request(
            subject=replace(
                world["subject"], ref=f"item{number}", priority=priority, operational=False
            ),
            steps=world["steps"],
            destinations=world["destinations"],
        )
        for number, priority in enumerate(priorities)
    ]
    handed = {"rules": RULES, "now": world["now"], "occupied": world["occupied"]}
    plans = plan_many(requests=requests, **handed)
    shuffled.shuffle(requests)

    assert plan_many(requests=requests, **handed) == plans
    for page in PAGES:
        sent = sorted(p.due_at for made in plans.values() for p in _spaced(made, page.ref))
        assert all(after - before >= RULES.min_gap for before, after in pairwise(sent))
