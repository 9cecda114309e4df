"""Two subjects and what readers made of them: which did better, and whether it may be chance. Pure.

The test is the two-proportion z-test with the pooled proportion, for two-sided 95 %, as in the
NIST/SEMATECH e-Handbook of Statistical Methods, 7.3.3
(https://www.itl.nist.gov/div898/handbook/prc/section3/prc33.htm); the least size is that of 7.2.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

Z_95 = 1.96
LEAST = 5
"""Of what is expected to happen, and not to happen, in either half: the test needs so many."""


@dataclass(frozen=True, slots=True)
class Half:
    """What became of the mails under one subject, in readers.

    Where nobody is told apart, `opened` and `clicked` are opens and clicks, of which one reader may
    have several.
    """

    subject: str
    readers: int
    accepted: int
    opened: int
    clicked: int

    @property
    def click_rate(self) -> Fraction:
        """Of each mail that was accepted; 0 of nothing."""
        return Fraction(self.clicked, self.accepted) if self.accepted else Fraction(0)

    @property
    def open_rate(self) -> Fraction:
        return Fraction(self.opened, self.accepted) if self.accepted else Fraction(0)


def better(first: Half, second: Half) -> Half:
    """More clicks; with as many, more opens; with as many, the first."""
    return max(first, second, key=lambda half: (half.click_rate, half.open_rate))


def is_more_than_chance(first: tuple[int, int], second: tuple[int, int]) -> bool:
    """Do two shares, each a part and its whole, differ by more than chance would make them?

    False too where the test cannot tell: there are too few, or more clicks than readers.
    """
    (part_a, whole_a), (part_b, whole_b) = first, second
    if not whole_a or not whole_b or part_a > whole_a or part_b > whole_b:
        return False
    pooled = (part_a + part_b) / (whole_a + whole_b)
    if min(whole_a, whole_b) * min(pooled, 1 - pooled) < LEAST:
        return False
    error = sqrt(pooled * (1 - pooled) * (1 / whole_a + 1 / whole_b))
    return abs(part_a / whole_a - part_b / whole_b) / error >= Z_95
