"""Two subjects compared: the better one, and what chance alone would give."""

from __future__ import annotations

import pytest

from promo.mailing.comparing import Half, better, is_more_than_chance


def half(subject: str, accepted: int, opened: int, clicked: int) -> Half:
    return Half(subject, accepted, accepted, opened, clicked)


@pytest.mark.parametrize(
    ("first", "second", "wins"),
    [
        ((100, 0, 7), (100, 90, 6), "a"),
        ((100, 90, 6), (100, 0, 7), "b"),
        ((200, 0, 7), (100, 0, 6), "b"),
        ((100, 20, 6), (100, 21, 6), "b"),
        ((100, 21, 6), (100, 20, 6), "a"),
        ((100, 20, 6), (100, 20, 6), "a"),
        ((300, 60, 18), (100, 20, 6), "a"),
        ((0, 0, 0), (0, 0, 0), "a"),
        ((0, 0, 0), (10, 0, 1), "b"),
        ((10, 1, 40), (10, 1, 41), "b"),
    ],
)
def test_clicks_for_each_accepted_mail_decide_then_opens_then_the_first(
    first: tuple[int, int, int], second: tuple[int, int, int], wins: str
) -> None:
    assert better(half("a", *first), half("b", *second)).subject == wins


@pytest.mark.parametrize(
    ("first", "second", "is_sure"),
    [
        ((60, 1000), (40, 1000), True),  # z = 2.05
        ((58, 1000), (40, 1000), False),  # z = 1.86
        ((40, 1000), (60, 1000), True),
        ((600, 1000), (400, 1000), True),
        ((50, 1000), (50, 1000), False),
    ],
)
def test_a_difference_counts_from_two_standard_errors(
    first: tuple[int, int], second: tuple[int, int], *, is_sure: bool
) -> None:
    assert is_more_than_chance(first, second) is is_sure


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((8, 20), (0, 20)),  # four expected in each half
        ((20, 20), (13, 20)),  # of those who did not click
        ((0, 0), (10, 100)),
        ((0, 100), (0, 100)),
        ((100, 100), (100, 100)),
        ((150, 100), (20, 100)),  # more clicks than there are readers
        ((400, 100), (20, 100)),
    ],
)
def test_too_few_tell_nothing(first: tuple[int, int], second: tuple[int, int]) -> None:
    assert not is_more_than_chance(first, second)
