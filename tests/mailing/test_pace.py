"""How long so many mails take, by a measured rate and by the limits of a relay."""

from __future__ import annotations

from datetime import timedelta

import pytest

from promo.mailing.limits import parse_limits
from promo.mailing.pace import duration


@pytest.mark.parametrize(
    ("count", "limits", "rate", "seconds"),
    [
        (0, "", None, 0),
        (12_480, "", 500.0, 24.96),
        (1200, "20/s", None, 60),
        (1200, "600/m", 500.0, 120),
        (1200, "20/s", 2.0, 600),
        (4950, "5000/h", 500.0, 9.9),
        (4951, "5000/h", 500.0, 3600.002),
        (12_480, "20/s 5000/h", 500.0, 7200 + 2580 / 20),
        (12_480, "20/s 5000/h 100000/d", None, 7200 + 2580 / 20),
        (100, "5000/h", None, None),
        (100, "", None, None),
    ],
)
def test_the_slowest_of_all_limits_decides(
    count: int, limits: str, rate: float | None, seconds: float | None
) -> None:
    found = duration(count, limits=parse_limits(limits), per_second=rate)
    assert found == (None if seconds is None else timedelta(seconds=seconds))
