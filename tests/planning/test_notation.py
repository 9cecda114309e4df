"""A step's time, written and read."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promo.errors import InvalidInput
from promo.planning import Anchor, Step, When, parse_step, print_step
from promo.values import Variant


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("D-14 17:00", When(Anchor.START, -14, time(17))),
        ("D 09:00", When(Anchor.START, 0, time(9))),
        ("D+1 11:00", When(Anchor.START, 1, time(11))),
        ("D-21", When(Anchor.START, -21)),
        ("deadline-7 17:00", When(Anchor.DEADLINE, -7, time(17))),
        ("end-5 10:00", When(Anchor.END, -5, time(10))),
        ("approval", When(Anchor.APPROVAL)),
        ("approval fri 12:00", When(Anchor.APPROVAL, 0, time(12), 4)),
        ("signup", When(Anchor.SIGN_UP)),
        ("half 12:00", When(Anchor.MIDDLE, 0, time(12))),
        ("each-3 17:00", When(Anchor.OCCURRENCE, -3, time(17))),
    ],
)
def test_the_notation_reads_and_writes(text: str, when: When) -> None:
    assert parse_step(text) == when
    assert print_step(when) == text


@pytest.mark.parametrize("text", ["  d-14   9:05 ", "D-14 09:05", "D-014 09:05"])
def test_people_may_write_it_a_little_differently(text: str) -> None:
    assert str(parse_step(text)) == "D-14 09:05"


@pytest.mark.parametrize(
    "text",
    ["", "D-14 24:00", "D-14 17.00", "D14 17:00", "D - 14 17:00", "D-1000", "X-3", "D-٣", "D 1:5"],
)
def test_anything_else_is_refused_in_plain_words(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_step(text)
    assert refused.value.field == "when"
    assert text in refused.value.text


@given(
    when=st.builds(
        When,
        anchor=st.sampled_from(Anchor),
        offset_days=st.integers(-999, 999),
        at=st.none() | st.builds(time, st.integers(0, 23), st.integers(0, 59)),
        weekday=st.none() | st.integers(0, 6),
    )
)
def test_every_time_survives_being_written_down(when: When) -> None:
    assert parse_step(print_step(when)) == when


def test_a_step_keeps_the_time_it_was_written_with() -> None:
    step = Step.parse("end-5 10:00", key="last", channel="website", variant=Variant.LAST_DAYS)

    assert (step.anchor, step.offset_days, step.at) == (Anchor.END, -5, time(10))
    assert str(step.when) == "end-5 10:00"
