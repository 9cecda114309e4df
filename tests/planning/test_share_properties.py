"""What holds for every plan under whatever rules a house sets for itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promo.planning import (
    DEFAULT_CHANNEL_RULES,
    Closure,
    Occupied,
    Plan,
    Planned,
    Rules,
    Share,
    branch_voice,
    partner_voice,
    plan,
)
from promo.planning.calendar import day_off, is_quiet
from promo.planning.spacing import monday_of
from promo.values import Variant

from .test_properties import PAGES, Handed, days, worlds
from .worlds import RULES, WARSAW, remembered

VOICES = (branch_voice(1), branch_voice(2), partner_voice(1))
NOTICES = {Variant.CHANGED, Variant.CANCELLED}
few_voices = st.frozensets(st.sampled_from(VOICES), max_size=2)


@st.composite
def shares(draw: st.DrawFn, *, kept: bool) -> tuple[Share, ...]:
    return tuple(
        Share(
            voice=voice,
            name=voice,
            destination=page.ref,
            most_a_week=draw(st.none() | st.integers(1, 3)),
            gap=timedelta(hours=draw(st.sampled_from([0, 5, 48]))),
            kept_a_week=draw(st.integers(0, 2)) if kept else 0,
        )
        for page in PAGES
        for voice in sorted(draw(few_voices))
    )


@st.composite
def closures(draw: st.DrawFn) -> Closure:
    first = draw(days)
    last = first + timedelta(days=draw(st.integers(0, 12)))
    return Closure(first, last, yearly=draw(st.booleans()))


@st.composite
def houses(draw: st.DrawFn, *, kept: bool = True) -> Rules:
    sundays = draw(st.booleans())
    page = replace(
        DEFAULT_CHANNEL_RULES["facebook_page"], open_days_only=True, working_days_only=sundays
    )
    return replace(
        RULES,
        min_gap=timedelta(minutes=draw(st.sampled_from([0, 30, 180]))),
        max_per_day=draw(st.integers(1, 3)),
        max_per_week=draw(st.none() | st.integers(1, 6)),
        closures=tuple(draw(st.lists(closures(), max_size=3))),
        shares=draw(shares(kept=kept)),
        channel_rules={**DEFAULT_CHANNEL_RULES, page.channel: page},
    )


@st.composite
def ruled_worlds(draw: st.DrawFn, *, kept: bool = True) -> Handed:
    world = draw(worlds())
    subject = replace(world["subject"], operational=False, voices=draw(few_voices))
    busy = [replace(post, voices=draw(few_voices)) for post in world["occupied"]]
    rules = draw(houses(kept=kept))
    return {**world, "subject": subject, "occupied": tuple(busy), "rules": rules}


def every(strategy: st.SearchStrategy[Any]) -> Callable[[Any], Any]:
    """Some examples, without a wall clock's verdict on a busy machine."""

    def decorate(test: Any) -> Any:
        slow = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
        return settings(max_examples=40, deadline=None, suppress_health_check=slow)(
            given(strategy)(test)
        )

    return decorate


def _own(world: Handed, made: Plan) -> list[Occupied]:
    voices = world["subject"].voices
    return [replace(one, voices=voices) for one in remembered(made, world["subject"])]


def _placed(made: Plan, page: str) -> list[Planned]:
    return [p for p in made.planned if p.destination == page and p.variant not in NOTICES]


def _week(at: datetime) -> date:
    return monday_of(at.astimezone(WARSAW).date())


@every(ruled_worlds())
def test_planning_again_changes_nothing_and_doubles_nothing(world: Handed) -> None:
    made = plan(**world)
    backwards = {name: world[name][::-1] for name in ("steps", "destinations", "occupied")}

    assert plan(**{**world, **backwards}) == made
    assert plan(**{**world, "occupied": (*world["occupied"], *_own(world, made))}) == made
    places = Counter((post.destination, post.slot) for post in made.planned)
    assert set(places.values()) <= {1}


@every(st.tuples(ruled_worlds(kept=False), st.timedeltas(timedelta(0), timedelta(days=30))))
def test_planning_again_while_the_plan_is_carried_out_keeps_what_is_to_come(
    drawn: tuple[Handed, timedelta],
) -> None:
    world, later = drawn
    made = plan(**world)
    now = world["now"] + later
    own = [replace(one, out=one.at <= now) for one in _own(world, made)]

    again = plan(**{**world, "now": now, "occupied": (*world["occupied"], *own)})

    expected = {(p.destination, p.slot): p.due_at for p in made.planned if p.due_at > now}
    assert {(p.destination, p.slot): p.due_at for p in again.planned} == expected


@every(ruled_worlds())
def test_nothing_goes_out_at_night_on_days_off_in_the_past_or_after_its_limit(
    world: Handed,
) -> None:
    rules = world["rules"]
    for post in plan(**world).planned:
        assert post.due_at >= world["now"]
        assert post.not_after_at is None or post.due_at < post.not_after_at
        if post.channel == "website" or post.variant in NOTICES:
            continue
        local = post.due_at.astimezone(WARSAW)
        assert not is_quiet(local.time(), rules)
        assert day_off(local.date(), rules, rules.channel(post.channel)) is None


@every(ruled_worlds())
def test_gaps_maxima_and_quotas_are_kept(world: Handed) -> None:
    rules: Rules = world["rules"]
    voices = world["subject"].voices
    made = plan(**world)
    for page in PAGES:
        mine = sorted(post.due_at for post in _placed(made, page.ref))
        busy = [post for post in world["occupied"] if post.destination == page.ref]
        instants = [*(post.at for post in busy), *mine]
        in_day = Counter(at.astimezone(WARSAW).date() for at in instants)
        in_week = Counter(map(_week, instants))
        assert all(after - before >= rules.min_gap for before, after in pairwise(mine))
        for at in mine:
            assert all(abs(at - other.at) >= rules.min_gap for other in busy)
            assert in_day[at.astimezone(WARSAW).date()] <= rules.max_per_day
            assert in_week[_week(at)] <= (rules.max_per_week or 7 * rules.max_per_day)
        for share in rules.shares:
            if share.destination != page.ref or share.voice not in voices:
                continue
            theirs = [post.at for post in busy if share.voice in post.voices]
            used = Counter(map(_week, (*theirs, *mine)))
            assert all(after - before >= share.gap for before, after in pairwise(mine))
            assert all(abs(at - other) >= share.gap for at in mine for other in theirs)
            assert share.most_a_week is None or all(
                used[_week(at)] <= share.most_a_week for at in mine
            )
