"""Until when an item has to be submitted for each level of promotion."""

from __future__ import annotations

from datetime import date

import pytest

from promo.planning.levels import Level, highest, levels_of

DAYS = {1: None, 2: 7, 3: 28}
EVENT = date(2026, 10, 29)


@pytest.mark.parametrize(
    ("submitted", "best"),
    [
        (date(2026, 10, 1), 3),
        (date(2026, 10, 2), 2),
        (date(2026, 10, 22), 2),
        (date(2026, 10, 23), 1),
        (date(2026, 11, 30), 1),
    ],
)
def test_the_last_day_counts_and_the_next_is_too_late(submitted: date, best: int) -> None:
    found = highest(levels_of(event_on=EVENT, submitted_on=submitted, days_before=DAYS))

    assert found
    assert found.number == best


def test_what_a_person_granted_is_possible_with_all_below_it() -> None:
    late = levels_of(event_on=EVENT, submitted_on=date(2026, 10, 28), days_before=DAYS, granted=2)

    assert late == (
        Level(1, possible=True),
        Level(2, possible=True, last_on=date(2026, 10, 22), granted=True),
        Level(3, possible=False, last_on=date(2026, 10, 1)),
    )


def test_without_a_date_nothing_is_late() -> None:
    found = levels_of(event_on=None, submitted_on=EVENT, days_before=DAYS)

    assert all(level.possible for level in found)


def test_where_every_level_has_its_deadline_none_may_be_possible() -> None:
    found = levels_of(event_on=EVENT, submitted_on=EVENT, days_before={1: 1, 2: 7, 3: 28})

    assert highest(found) is None
