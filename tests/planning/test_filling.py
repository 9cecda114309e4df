"""What an issue that fills itself is made of, and in which order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from promo.planning.filling import (
    Candidate,
    Chapter,
    Collecting,
    Group,
    Told,
    collect,
    heading,
    woven,
)
from promo.planning.kinds import KINDS
from promo.values import EventStatus

SEND = datetime(2026, 12, 3, 9, tzinfo=UTC)
DAY = timedelta(days=1)
RULE = Collecting(send_at=SEND, until=SEND + 14 * DAY, since=SEND - 14 * DAY)


def item(ref: int, kind: str = "lecture", **values: object) -> Candidate:
    plain: dict[str, object] = {"title": f"Pozycja {ref}", "approved_at": SEND - DAY}
    if "starts_at" not in values and KINDS[kind].dated and kind != "contest":
        plain["starts_at"] = SEND + 3 * DAY
    return Candidate(ref, kind, **{**plain, **values})  # type: ignore[arg-type]


def told(one: Candidate, **values: object) -> dict[int, Told]:
    known = {
        "starts_at": one.starts_at,
        "place": one.place,
        "status": EventStatus.SCHEDULED,
        "reached_at": SEND + 7 * DAY,
    }
    return {one.ref: Told(**{**known, **values})}  # type: ignore[arg-type]


def refs(chapters: tuple[Chapter, ...]) -> dict[str, list[int]]:
    return {each.group.value: [one.ref for one in each.items] for each in chapters}


def made(*items: Candidate, rule: Collecting = RULE) -> dict[str, list[int]]:
    return refs(collect(items, rule=rule, told={}))


def test_the_chapters_stand_in_the_order_of_a_librarys_newsletter() -> None:
    found = made(
        item(1, "heritage"),
        item(2, "new_titles"),
        item(3, "contest", deadline_at=SEND + 40 * DAY),
        item(4, "exhibition", starts_at=SEND - 5 * DAY, ends_at=SEND + 9 * DAY),
        item(5, "lecture"),
        item(6, "opening_hours", starts_at=SEND + 2 * DAY),
        item(7, "report"),
    )
    assert list(found) == [
        *("news", "events", "exhibitions", "contests", "books", "heritage", "more")
    ]
    assert found["books"] == [2]


def test_events_stand_in_the_order_of_their_dates() -> None:
    days = {1: 9, 2: 2, 3: 5}
    found = made(*(item(ref, starts_at=SEND + day * DAY) for ref, day in days.items()))
    assert found == {"events": [2, 3, 1]}


def test_what_is_urgent_comes_before_other_news() -> None:
    found = made(
        item(1, "announcement"),
        item(2, "opening_hours", starts_at=SEND + DAY),
        item(3, "emergency_closure"),
    )
    assert found["news"][0] == 3


@pytest.mark.parametrize(
    "out",
    [
        item(1, starts_at=SEND - timedelta(hours=1)),
        item(1, starts_at=SEND),
        item(1, starts_at=RULE.until + timedelta(minutes=1)),
        item(1, "contest", deadline_at=SEND - DAY),
        item(1, "exhibition", starts_at=SEND - 9 * DAY, ends_at=SEND - DAY),
        item(1, "recommendation", approved_at=RULE.since - DAY),
        item(1, "library_lesson"),
        item(1, status=EventStatus.CANCELLED),
        item(1, status=EventStatus.POSTPONED),
    ],
    ids=[
        "began",
        "begins now",
        "too far",
        "closed",
        "over",
        "old news",
        "closed group",
        "off",
        "?",
    ],
)
def test_what_nobody_can_use_is_left_out(out: Candidate) -> None:
    assert made(out) == {}


def test_a_series_is_shown_once_at_its_next_meeting() -> None:
    weekly = tuple(SEND + (7 * week + 1) * DAY for week in range(8))
    series = item(1, "story_time", starts_at=SEND - 60 * DAY, occurrences=weekly)
    assert made(series, item(2, starts_at=SEND + 2 * DAY)) == {"events": [1, 2]}


def test_a_series_is_told_again_only_for_meetings_that_nobody_was_told_of() -> None:
    monthly = (SEND + 5 * DAY, SEND + 35 * DAY)
    series = item(1, "dkk", starts_at=SEND - 60 * DAY, occurrences=monthly)
    reached = told(series, reached_at=SEND + 7 * DAY)
    beyond = told(series, reached_at=SEND + 2 * DAY)
    assert collect([series], rule=RULE, told=reached) == ()
    assert refs(collect([series], rule=RULE, told=beyond)) == {"events": [1]}


def test_what_an_earlier_issue_told_is_not_repeated() -> None:
    one = item(1)
    assert collect([one], rule=RULE, told=told(one)) == ()


@pytest.mark.parametrize(
    "now",
    [
        {"starts_at": SEND + 5 * DAY},
        {"starts_at": SEND + 200 * DAY},
        {"place": "2/Sala na piętrze"},
        {"status": EventStatus.CANCELLED},
        {"status": EventStatus.POSTPONED},
        {"status": EventStatus.SOLD_OUT},
        {"deadline_at": SEND + 9 * DAY},
        {"sign_up_until_at": SEND + 2 * DAY},
    ],
)
def test_what_changed_since_it_was_told_stands_under_changes(now: dict[str, object]) -> None:
    known = told(item(1))
    assert refs(collect([item(1, **now)], rule=RULE, told=known)) == {"changes": [1]}


def test_a_cancellation_that_was_told_is_not_told_again() -> None:
    off = item(1, status=EventStatus.CANCELLED)
    assert collect([off], rule=RULE, told=told(off, status=EventStatus.CANCELLED)) == ()


def test_an_event_that_takes_place_after_all_is_a_change() -> None:
    known = told(item(1), status=EventStatus.CANCELLED)
    assert refs(collect([item(1)], rule=RULE, told=known)) == {"changes": [1]}


def test_a_change_of_what_is_over_is_no_news() -> None:
    past = item(1, starts_at=SEND - 5 * DAY, status=EventStatus.CANCELLED)
    assert collect([past], rule=RULE, told=told(past)) == ()


def test_a_closing_date_that_was_told_otherwise_is_a_change_while_one_may_still_act() -> None:
    contest = item(1, "contest", deadline_at=SEND + 3 * DAY)
    for before, found in ((4, {"changes": [1]}), (-4, {"changes": [1]}), (3, {})):
        known = told(contest, deadline_at=SEND + before * DAY)
        assert refs(collect([contest], rule=RULE, told=known)) == found
    closed = item(1, "contest", deadline_at=SEND - DAY)
    assert collect([closed], rule=RULE, told=told(closed, deadline_at=SEND - 2 * DAY)) == ()


def test_places_that_are_free_again_are_a_change() -> None:
    known = told(item(1), status=EventStatus.SOLD_OUT)
    assert refs(collect([item(1)], rule=RULE, told=known)) == {"changes": [1]}


def test_other_words_are_no_change() -> None:
    known = told(item(1))
    assert collect([item(1, title="Inny tytuł")], rule=RULE, told=known) == ()


def test_topics_branches_and_audiences_narrow_what_is_collected() -> None:
    rule = Collecting(
        **{name: getattr(RULE, name) for name in ("send_at", "until", "since")},
        topics=frozenset({"learning"}),
        branches=frozenset({2}),
        audiences=frozenset({"seniors"}),
    )
    found = made(
        item(1, branch=2, audiences=frozenset({"seniors", "adults"})),
        item(2, branch=1, audiences=frozenset({"seniors"})),
        item(3, branch=2, audiences=frozenset({"youth"})),
        item(4, "concert", branch=2),
        item(5),  # of no branch, for everybody
        item(6, "opening_hours", starts_at=SEND + DAY, branch=2),
        rule=rule,
    )
    assert found == {"news": [6], "events": [1, 5]}


def test_kinds_are_collected_by_name_and_beside_those_of_a_topic() -> None:
    plain = {name: getattr(RULE, name) for name in ("send_at", "until", "since")}
    items = (item(1), item(2, "concert"), item(3, "film"), item(4, "workshop"))
    news = item(5, "opening_hours", starts_at=SEND + DAY)
    named = made(*items, news, rule=Collecting(**plain, kinds=frozenset({"film"})))
    assert named == {"news": [5], "events": [3]}
    both = Collecting(**plain, kinds=frozenset({"film"}), topics=frozenset({"learning"}))
    assert made(*items, rule=both) == {"events": [1, 3, 4]}


def test_new_items_go_under_their_headings_and_leave_the_rest_alone() -> None:
    with translation.override("en"):
        events = heading(Group.EVENTS)
        blocks = [("text", "Drodzy!"), ("heading", events), ("item", 1), ("heading", "Własny")]
        chapters = (
            Chapter(Group.EVENTS, (item(2),)),
            Chapter(Group.BOOKS, (item(3, "new_titles"),)),
        )
        assert woven(blocks, chapters) == [
            *(("text", "Drodzy!"), ("heading", events), ("item", 1), ("item", 2)),
            *(("heading", "Własny"), ("heading", heading(Group.BOOKS)), ("item", 3)),
        ]


KIND = st.sampled_from(sorted(KINDS))
WHEN = st.one_of(st.none(), st.integers(-40, 80).map(lambda hours: SEND + hours * DAY / 2))


@st.composite
def candidates(draw: st.DrawFn) -> Candidate:
    starts_at = draw(WHEN)
    length = draw(st.one_of(st.none(), st.integers(0, 30)))
    return Candidate(
        draw(st.integers(1, 6)),
        draw(KIND),
        "Tytuł",
        starts_at=starts_at,
        ends_at=starts_at + length * DAY if starts_at and length is not None else None,
        deadline_at=draw(WHEN),
        status=draw(st.sampled_from(list(EventStatus))),
        approved_at=draw(WHEN),
    )


@given(st.lists(candidates(), max_size=8), st.sets(st.integers(1, 6)))
def test_nothing_stands_twice_and_nobody_is_invited_to_what_is_over(
    items: list[Candidate], known: set[int]
) -> None:
    before = {one.ref: told(one)[one.ref] for one in items if one.ref in known}
    chapters = collect(items, rule=RULE, told=before)
    shown = [one for chapter in chapters for one in chapter.items]
    assert len({one.ref for one in shown}) == len(shown)
    for chapter in chapters:
        for one in chapter.items:
            assert not KINDS[one.kind].closed_group
            times = [at for at in (one.starts_at, one.ends_at, one.deadline_at) if at]
            if times and chapter.group is not Group.CHANGES:
                assert max(times) > SEND or chapter.group in {Group.NEWS, Group.BOOKS, Group.MORE}
            if one.status is EventStatus.CANCELLED:
                assert chapter.group is Group.CHANGES
    again = collect(list(reversed(items)), rule=RULE, told=before)
    if len({one.ref for one in items}) == len(items):
        assert again == chapters
