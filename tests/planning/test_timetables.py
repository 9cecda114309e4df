"""The tables of kinds, audiences and timetables."""

from __future__ import annotations

import pytest

from promo.errors import InvalidInput
from promo.planning import (
    AUDIENCES,
    DEFAULT_TIMETABLES,
    KINDS,
    Need,
    Timetable,
    Timing,
    default_timetable,
    parse_step,
)
from promo.values import Variant


def _named(key: str) -> Timetable:
    (found,) = [timetable for timetable in DEFAULT_TIMETABLES if timetable.key == key]
    return found


def _written(timetable: Timetable) -> dict[str, str]:
    return {step.key: str(step.when) for step in timetable.steps}


def test_keys_are_unique() -> None:
    assert len({audience.key for audience in AUDIENCES}) == len(AUDIENCES) == 7
    assert len({timetable.key for timetable in DEFAULT_TIMETABLES}) == len(DEFAULT_TIMETABLES)
    assert all(key == kind.key for key, kind in KINDS.items())


@pytest.mark.parametrize("timetable", DEFAULT_TIMETABLES, ids=lambda timetable: timetable.key)
def test_a_timetable_is_well_formed(timetable: Timetable) -> None:
    keys = [step.key for step in timetable.steps]

    assert len(set(keys)) == len(keys)
    assert set(timetable.kinds) <= set(KINDS)
    assert timetable.level in (1, 2, 3)
    assert all(parse_step(str(step.when)) == step.when for step in timetable.steps)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_timetable(kind: str) -> None:
    assert kind in default_timetable(kind).kinds


def test_an_unknown_kind_has_none() -> None:
    with pytest.raises(InvalidInput):
        default_timetable("jumble_sale")


@pytest.mark.parametrize("kind", [kind.key for kind in KINDS.values() if not kind.dated])
def test_what_needs_no_date_has_a_timetable_without_dates(kind: str) -> None:
    timetable = default_timetable(kind, dated=False)

    assert timetable.works_undated


def test_a_meeting_with_an_author_follows_the_institutions_practice() -> None:
    assert _written(_named("author_meeting")) == {
        "web_announce": "D-21 10:00",
        "nl_announce": "D-14 10:00",
        "fb_announce": "D-14 17:00",
        "fb_about": "D-7 18:00",
        "fb_reminder": "D-1 17:00",
        "fb_today": "D 09:00",
        "web_report": "D+1 11:00",
        "fb_report": "D+1 11:00",
    }


def test_a_level_may_be_asked_for() -> None:
    assert default_timetable("author_meeting").level == 3
    assert default_timetable("author_meeting", level=2).key == "event"
    assert default_timetable("author_meeting", level=1).key == "website_only"


def test_reports_wait_for_what_a_report_needs() -> None:
    reports = [
        step
        for timetable in DEFAULT_TIMETABLES
        for step in timetable.steps
        if step.variant is Variant.REPORT
    ]

    assert reports
    assert all(step.needs == {Need.REPORT} for step in reports)


def test_a_library_lesson_is_only_reported() -> None:
    assert KINDS["library_lesson"].closed_group
    assert {step.variant for step in default_timetable("library_lesson").steps} == {Variant.REPORT}


def test_only_an_emergency_is_urgent() -> None:
    assert [kind.key for kind in KINDS.values() if kind.urgent] == ["emergency_closure"]
    assert {kind.key for kind in KINDS.values() if kind.operational} == {
        "opening_hours",
        "emergency_closure",
        "announcement",
    }


def test_kinds_say_which_times_they_have() -> None:
    assert KINDS["contest"].timing is Timing.DEADLINE
    assert KINDS["exhibition"].timing is Timing.RANGE
    assert KINDS["new_titles"].timing is Timing.NONE
    assert KINDS["dkk"].recurring
