"""Dates as files write them."""

from datetime import UTC, datetime

import pytest

from promo.errors import InvalidInput
from promo.importing.moments import Calendar, last_minute, read_moment
from tests.importing.files import TODAY, ZONE

CALENDAR = Calendar(ZONE, TODAY)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-12-01 17:00", datetime(2026, 12, 1, 16, tzinfo=UTC)),
        ("2026-12-01T17:00:00", datetime(2026, 12, 1, 16, tzinfo=UTC)),
        ("2026-12-01T17:00Z", datetime(2026, 12, 1, 17, tzinfo=UTC)),
        ("2026-12-01T17:00+05:00", datetime(2026, 12, 1, 12, tzinfo=UTC)),
        ("1.12.2026 17:00", datetime(2026, 12, 1, 16, tzinfo=UTC)),
        ("2026-07-01 17:00", datetime(2026, 7, 1, 15, tzinfo=UTC)),
        ("+12d 17:00", datetime(2026, 12, 5, 16, tzinfo=UTC)),
        ("+0d 8:05", datetime(2026, 11, 23, 7, 5, tzinfo=UTC)),
        ("-2d 20:00", datetime(2026, 11, 21, 19, tzinfo=UTC)),
        ("+12d tue 17:00", datetime(2026, 12, 8, 16, tzinfo=UTC)),
        ("+12d SAT 17:00", datetime(2026, 12, 5, 16, tzinfo=UTC)),
        ("+200d 17:00", datetime(2027, 6, 11, 15, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_in_the_zone_of_the_institution(text: str, at: datetime) -> None:
    moment = read_moment(text, calendar=CALENDAR)
    assert (moment.at, moment.has_time) == (at, True)


@pytest.mark.parametrize("text", ["2026-12-05", "5.12.2026", "+12d", "+12d sat"])
def test_a_day_without_an_hour_lasts_from_its_first_to_its_last_minute(text: str) -> None:
    moment = read_moment(text, calendar=CALENDAR)
    assert (moment.at, moment.has_time) == (datetime(2026, 12, 4, 23, tzinfo=UTC), False)
    assert last_minute(moment, calendar=CALENDAR) == datetime(2026, 12, 5, 22, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30 17:00",
        "2026-12-01 25:00",
        "+12d 24:30",
        "12d",
        "+d",
        "+12d wto",
        "jutro",
        "17:00",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="no date that can be read"):
        read_moment(text, calendar=CALENDAR)
