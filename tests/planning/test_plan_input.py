"""What is handed in is checked where a mistake would otherwise show days later."""

from __future__ import annotations

from datetime import datetime

import pytest

from promo.errors import InvalidInput
from promo.planning import Subject

from .worlds import PAGE, SITE, event, planned, post, step, wall


def test_two_steps_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        planned(event(), step("D-7 17:00", key="post"), step("D-1 17:00", key="post"))

    assert "post" in refused.value.text


def test_a_time_without_a_zone_is_a_programming_error() -> None:
    naive = datetime(2026, 10, 20, 17)  # noqa: DTZ001  (the mistake that is tested)

    with pytest.raises(ValueError, match="aware"):
        Subject(ref="x", kind="lecture", starts_at=naive)
    with pytest.raises(ValueError, match="aware"):
        planned(event(), now=naive)


def test_before_the_approval_the_preview_takes_it_for_given_now() -> None:
    draft = Subject(ref="draft", kind="announcement")

    made = planned(draft, now="2026-10-20 12:00")

    assert [entry.due_at for entry in made.planned] == [wall("2026-10-20 12:00")]


def test_an_emergency_does_not_even_wait_for_the_minute() -> None:
    now = wall("2026-10-20 12:00:07")
    pipe = Subject(ref="pipe", kind="emergency_closure", urgent=True, approved_at=now)

    made = planned(pipe)

    assert {entry.due_at for entry in made.planned} == {now}


def test_the_plan_is_told_in_utc_and_in_order() -> None:
    made = planned(event(report_ready=True))

    due = [entry.due_at for entry in made.planned]
    assert due == sorted(due)
    assert {str(at.tzinfo) for at in due} == {"UTC"}
    assert {entry.destination for entry in made.planned} == {PAGE.ref, SITE.ref, "mail"}
    assert post(made, "fb_today").slot == "fb_today"
