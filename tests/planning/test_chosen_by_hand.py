"""What a person has put somewhere stands there, and the rest of the item keeps clear of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from promo.planning import Occupied, ReasonCode, Share, branch_voice
from promo.values import Variant

from .worlds import PAGE, RULES, event, planned, post, step, times, wall

ANNOUNCE = step("D-14 17:00", key="first")
REMINDER = step("D-3 17:00", Variant.REMINDER, key="reminder")


def put(key: str, at: str, **values: object) -> Occupied:
    """The item's own post on the page, where a person has put it."""
    return Occupied(PAGE.ref, wall(at), "meeting", slot=key, by_hand=True, **values)  # type: ignore[arg-type]


def test_it_stands_where_a_person_has_put_it_and_nothing_is_said_to_have_moved_it() -> None:
    made = planned(event(), ANNOUNCE, occupied=[put("first", "2026-10-11 22:15")])
    assert times(made) == {"first": "2026-10-11 22:15"}
    assert ReasonCode.MOVED_QUIET_HOURS not in {one.code for one in post(made, "first").reasons}


def test_the_other_steps_of_the_item_keep_their_distance_from_it() -> None:
    made = planned(
        event(), ANNOUNCE, REMINDER, occupied=[put("reminder", "2026-10-06 16:00")], told=["site"]
    )
    assert times(made) == {"reminder": "2026-10-06 16:00", "first": "2026-10-06 19:00"}


def test_it_counts_in_the_share_of_its_branch() -> None:
    voice = branch_voice(1)
    rules = replace(RULES, shares=(Share(voice, "Filia", PAGE.ref, most_a_week=1),))
    made = planned(
        event(voices=frozenset({voice})),
        ANNOUNCE,
        REMINDER,
        occupied=[put("reminder", "2026-10-08 12:00", voices=frozenset({voice}))],
        rules=rules,
    )
    assert times(made)["first"] == "2026-10-12 17:00"


def test_it_is_not_late_because_the_time_of_its_timetable_has_passed() -> None:
    made = planned(
        event(), REMINDER, now="2026-10-19 08:00", occupied=[put("reminder", "2026-10-19 19:00")]
    )
    assert times(made) == {"reminder": "2026-10-19 19:00"}


def test_a_time_that_has_become_too_late_is_the_planners_to_choose_again() -> None:
    made = planned(event(), REMINDER, occupied=[put("reminder", "2026-10-21 12:00")])
    assert times(made) == {"reminder": "2026-10-17 17:00"}


def test_a_reminder_keeps_clear_of_an_announcement_where_a_person_has_put_it() -> None:
    made = planned(event(), ANNOUNCE, REMINDER, occupied=[put("first", "2026-10-17 13:00")])
    assert times(made) == {"first": "2026-10-17 13:00"}
    assert timedelta(hours=4) < RULES.reminder_collapse
