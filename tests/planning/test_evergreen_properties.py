"""What holds for evergreen items whatever is planned around them, also over years."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from promo.planning import Dropped, Occupied, Planned, ReasonCode, Rules, Subject
from promo.planning.calendar import is_quiet
from promo.planning.evergreen import (
    HORIZON,
    Evergreen,
    History,
    Season,
    is_showing,
    next_showing,
    slot_of,
)

from .worlds import PAGE, RULES, WARSAW

START = datetime(2026, 1, 1, tzinfo=UTC)
WALK = Subject(ref="walk", kind="heritage", approved_at=START)
HOUSE = replace(RULES, max_per_week=8)

instants = st.integers(0, 60 * 24 * 400).map(lambda minutes: START + timedelta(minutes=minutes))
days_of_year = st.dates(date(2000, 1, 1), date(2000, 12, 31)).map(lambda d: (d.month, d.day))


@dataclass(frozen=True, slots=True)
class World:
    evergreen: Evergreen
    history: History
    now: datetime
    occupied: tuple[Occupied, ...]


@st.composite
def posts(draw: st.DrawFn, around: datetime) -> Occupied:
    """A post of an event or of another evergreen item, within some weeks."""
    number = draw(st.integers(0, 40))
    hours = draw(st.integers(-24 * 3, 24 * 20))
    slot = slot_of(1) if draw(st.booleans()) else f"step-{number}"
    at = around + timedelta(hours=hours, minutes=draw(st.sampled_from([0, 17, 30])))
    return Occupied(destination=PAGE.ref, at=at, ref=f"item {number}", slot=slot)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    now = draw(instants)
    season = st.builds(Season, days_of_year, days_of_year)
    evergreen = Evergreen(
        cool_down=draw(st.integers(7, 200)),
        season=draw(st.none() | season),
        most=draw(st.none() | st.integers(1, 4)),
        last_on=draw(st.none() | st.dates(now.date(), now.date() + timedelta(days=500))),
    )
    out = draw(st.lists(st.timedeltas(timedelta(0), timedelta(days=300)), max_size=3))
    standing = draw(st.none() | st.integers(-48, 24 * 40))
    history = History(
        PAGE,
        number=len(out) + 1,
        out=tuple(sorted(now - age for age in out)),
        standing=None if standing is None else now + timedelta(hours=standing),
    )
    return World(evergreen, history, now, tuple(draw(st.lists(posts(now), max_size=12))))


def planned(world: World, rules: Rules = HOUSE) -> Planned | Dropped:
    return next_showing(
        subject=WALK,
        evergreen=world.evergreen,
        history=world.history,
        rules=rules,
        now=world.now,
        occupied=world.occupied,
    )


def local_day(at: datetime) -> date:
    return at.astimezone(WARSAW).date()


@given(worlds())
@settings(max_examples=80)
def test_the_same_world_gives_the_same_showing_and_keeps_it(world: World) -> None:
    first = planned(world)

    assert planned(replace(world, occupied=world.occupied[::-1])) == first
    if isinstance(first, Planned):
        again = replace(world.history, standing=first.due_at, reasons=first.reasons)
        assert planned(replace(world, history=again)) == first


@given(worlds())
@settings(max_examples=80)
def test_a_new_showing_keeps_pause_season_last_day_and_the_rules_of_the_house(
    world: World,
) -> None:
    found = planned(replace(world, history=replace(world.history, standing=None)))
    if isinstance(found, Dropped):
        assert found.reason.code in {
            ReasonCode.SHOWN_OFTEN,
            ReasonCode.SHOWN_TO_THE_END,
            ReasonCode.NO_ROOM,
        }
        return
    evergreen, day = world.evergreen, local_day(found.due_at)
    assert found.due_at > world.now
    assert not is_quiet(found.due_at.astimezone(WARSAW).time(), HOUSE)
    assert evergreen.season is None or evergreen.season.covers(day)
    assert evergreen.last_on is None or day <= evergreen.last_on
    assert evergreen.most is None or len(world.history.out) < evergreen.most
    assert all((day - local_day(at)).days >= evergreen.cool_down for at in world.history.out)
    assert all(abs(post.at - found.due_at) >= HOUSE.min_gap for post in world.occupied)
    in_day = Counter(local_day(post.at) for post in world.occupied)
    assert in_day[day] < HOUSE.max_per_day


@given(worlds())
@settings(max_examples=80)
def test_it_says_that_it_gives_way_where_events_alone_move_it(world: World) -> None:
    fresh = replace(world, history=replace(world.history, standing=None))
    calm = planned(replace(fresh, occupied=tuple(p for p in world.occupied if is_showing(p.slot))))
    found = planned(fresh)
    if not isinstance(found, Planned) or not isinstance(calm, Planned):
        return
    says_so = ReasonCode.GIVES_WAY in {reason.code for reason in found.reasons}
    assert says_so == (found.due_at != calm.due_at)


@given(worlds(), st.lists(st.integers(1, 60 * 24 * 20), min_size=5, max_size=25))
@settings(max_examples=30)
def test_over_years_it_is_never_shown_too_often_too_soon_or_out_of_season(
    world: World, looks: list[int]
) -> None:
    """Looked at at any times; what is due has gone out by the next look."""
    evergreen, now, out = world.evergreen, world.now, world.history.out
    standing: datetime | None = None
    for minutes in looks:
        history = History(PAGE, number=len(out) + 1, out=out, standing=standing)
        found = planned(replace(world, history=history, now=now))
        now += timedelta(minutes=minutes)
        standing = found.due_at if isinstance(found, Planned) else None
        if standing is not None and standing <= now:
            out, standing = (*out, standing), None
    mine = out[len(world.history.out) :]
    assert evergreen.most is None or len(out) <= max(evergreen.most, len(world.history.out))
    if mine:
        since = out[max(len(world.history.out) - 1, 0) :]
        gaps = [(local_day(later) - local_day(one)).days for one, later in pairwise(since)]
        assert all(gap >= evergreen.cool_down for gap in gaps)
    assert all(evergreen.season is None or evergreen.season.covers(local_day(at)) for at in mine)
    assert all(evergreen.last_on is None or local_day(at) <= evergreen.last_on for at in mine)


@given(days_of_year, days_of_year, st.dates(date(2024, 1, 1), date(2032, 12, 31)))
def test_a_season_covers_its_own_days_and_only_those(
    first: tuple[int, int], last: tuple[int, int], day: date
) -> None:
    """Counted day by day from the first on, in a year that has all of them."""
    on, covered = date(2000, *first), set()
    for _nth in range(HORIZON):
        covered.add((on.month, on.day))
        if (on.month, on.day) == last:
            break
        on += timedelta(days=1)
        if on.year == 2001:
            on = date(2000, 1, 1)
    assert Season(first, last).covers(day) == ((day.month, day.day) in covered)
