"""S9 and other steps that wait for something."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from promo.planning import Need, ReasonCode, Subject
from promo.values import Variant

from .worlds import MAIL, SITE, dropped, event, planned, post, step, times, wall

REPORTED = {"fb_report": "2026-10-21 11:00"}


def test_a_report_waits_until_it_is_ready() -> None:
    made = planned(event(), now="2026-10-21 09:00")

    assert dropped(made)["fb_report"] is ReasonCode.REPORT_NOT_READY
    assert dropped(made, SITE)["web_report"] is ReasonCode.REPORT_NOT_READY


def test_a_report_that_is_ready_goes_out_the_next_day_website_and_page() -> None:
    made = planned(event(report_ready=True), now="2026-10-20 20:00", told={"page", "site"})

    assert times(made) == REPORTED
    assert times(made, SITE) == {"web_report": "2026-10-21 11:00"}


def test_a_report_that_becomes_ready_later_goes_out_at_once() -> None:
    made = planned(event(report_ready=True), now="2026-10-23 14:20", told={"page", "site"})

    assert times(made) == {"fb_report": "2026-10-23 14:20"}


@pytest.mark.parametrize(
    ("now", "goes_out"), [("2026-10-27 20:00", True), ("2026-10-28 00:00", False)]
)
def test_a_report_lapses_after_a_week(*, now: str, goes_out: bool) -> None:
    made = planned(event(report_ready=True), now=now, told={"page", "site"})

    assert ("fb_report" in times(made)) is goes_out
    if not goes_out:
        assert dropped(made)["fb_report"] is ReasonCode.REPORT_LAPSED


def test_a_lapsed_report_says_so_rather_than_that_it_waits() -> None:
    made = planned(event(), now="2026-11-15 12:00")

    assert dropped(made)["fb_report"] is ReasonCode.REPORT_LAPSED


def test_results_wait_until_they_are_entered() -> None:
    contest = Subject(
        ref="contest",
        kind="contest",
        deadline_at=wall("2026-10-31 23:59"),
        approved_at=wall("2026-10-05 12:00"),
    )
    after = "2026-12-05 12:00"

    assert dropped(planned(contest, now=after))["fb_results"] is ReasonCode.RESULTS_NOT_READY
    entered = replace(contest, results_ready=True)
    assert times(planned(entered, now=after))["fb_results"] == after


def test_a_reminder_may_be_only_for_free_places() -> None:
    reminder = step("D-1 17:00", Variant.REMINDER, key="r", needs=frozenset({Need.PLACES}))

    assert "r" in times(planned(event(), reminder))
    assert dropped(planned(event(places_left=False), reminder)) == {"r": ReasonCode.NO_PLACES}


@pytest.mark.parametrize(
    ("days", "main", "told"), [(1, False, False), (3, False, True), (1, True, True)]
)
def test_the_newsletter_tells_of_long_changes_and_of_the_main_library(
    *, days: int, main: bool, told: bool
) -> None:
    starts_at = wall("2026-10-26 08:00")
    change = Subject(
        ref="change",
        kind="opening_hours",
        operational=True,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(days=days),
        main_branch=main,
        approved_at=wall("2026-10-12 12:00"),
    )

    made = planned(change)

    assert ("nl_announce" in times(made, MAIL)) is told
    if not told:
        assert dropped(made, MAIL) == {"nl_announce": ReasonCode.SMALL_CHANGE}


def test_new_titles_go_out_on_the_next_friday_at_noon() -> None:
    titles = Subject(ref="titles", kind="new_titles", approved_at=wall("2026-10-20 15:00"))
    friday = replace(titles, approved_at=wall("2026-10-23 15:00"))

    assert times(planned(titles)) == {"fb_news": "2026-10-23 12:00"}
    assert times(planned(friday)) == {"fb_news": "2026-10-30 12:00"}


def test_each_occurrence_of_a_series_is_announced_and_reminded_of() -> None:
    starts = (wall("2026-10-20 17:00"), wall("2026-11-17 17:00"))
    club = Subject(
        ref="club",
        kind="dkk",
        starts_at=starts[0],
        occurrences=starts,
        approved_at=wall("2026-09-01 12:00"),
    )

    made = planned(club)

    assert times(made, SITE) == {"web_announce": "2026-09-01 12:00"}
    page = [post.slot for post in made.planned if post.destination == "page"]
    assert page == [
        "fb_announce@20261020T150000Z",
        "fb_reminder@20261020T150000Z",
        "fb_announce@20261117T160000Z",
        "fb_reminder@20261117T160000Z",
    ]
    entry = post(made, "web_announce")
    assert entry.not_after_at == wall("2026-11-18 00:00")


def test_a_long_series_does_not_list_what_is_long_past() -> None:
    starts = tuple(wall("2026-01-06 17:00") + timedelta(weeks=n) for n in range(40))
    club = Subject(ref="club", kind="dkk", occurrences=starts, approved_at=wall("2026-01-02 12:00"))

    made = planned(club, now="2026-09-01 12:00")

    assert all(
        step.occurrence_at is None or step.occurrence_at > wall("2026-08-24 00:00")
        for step in made.dropped
    )
