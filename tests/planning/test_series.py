"""The rule of a series: one grammar for the editor, the pages, the calendar and the planner."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from promo.errors import InvalidInput
from promo.planning.series import dates_of, rule_parts

WARSAW = ZoneInfo("Europe/Warsaw")
TUESDAY = datetime(2026, 10, 20, 17, 0)  # noqa: DTZ001  (wall time)


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "co tydzień",
        "FREQ=HOURLY;COUNT=2",
        "FREQ=SECONDLY",
        "FREQ=WEEKLY;COUNT=0",
        "FREQ=WEEKLY;COUNT=-1",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;INTERVAL=-1",
        "FREQ=WEEKLY;BYDAY=2TU",
        "FREQ=WEEKLY;BYMONTHDAY=5",
        "FREQ=YEARLY;BYDAY=60MO",
        "FREQ=DAILY;BYHOUR=10",
        "FREQ=YEARLY;BYEASTER=0",
        "FREQ=YEARLY;BYWEEKNO=20",
        "FREQ=WEEKLY;UNTIL=jutro",
        "FREQ=WEEKLY;UNTIL=20261399",
        "FREQ=WEEKLY;",
        "FREQ=WEEKLY;FREQ=DAILY",
        "FREQ=WEEKLY\nEXDATE:20261027",
        "DTSTART:20261020T170000\nRRULE:FREQ=WEEKLY",
        "FREQ=WEEKLY;COUNT=٣",
    ],
)
def test_what_is_no_rule_of_a_series_is_refused(rule: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        rule_parts(rule)
    assert raised.value.field == "recurrence"


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        (" rrule:freq=weekly;count=6 ", {"FREQ": "WEEKLY", "COUNT": "6"}),
        ("FREQ=WEEKLY;UNTIL=20261027T160000Z", {"FREQ": "WEEKLY", "UNTIL": "20261027T160000Z"}),
        ("FREQ=WEEKLY;COUNT=2;UNTIL=20301027", {"FREQ": "WEEKLY", "COUNT": "2"}),
        ("FREQ=MONTHLY;BYDAY=-1FR", {"FREQ": "MONTHLY", "BYDAY": "-1FR"}),
    ],
)
def test_a_rule_is_taken_apart(rule: str, parts: dict[str, str]) -> None:
    assert rule_parts(rule) == parts


def test_the_end_may_be_told_in_utc_as_calendars_do() -> None:
    walls = dates_of("FREQ=WEEKLY;UNTIL=20261103T160000Z", TUESDAY, WARSAW)
    assert [f"{wall:%d.%m %H}" for wall in walls] == ["20.10 17", "27.10 17", "03.11 17"]


def test_a_rule_may_begin_later_than_its_series() -> None:
    walls = dates_of("FREQ=WEEKLY;BYDAY=WE;COUNT=2", TUESDAY, WARSAW)
    assert [f"{wall:%d.%m}" for wall in walls] == ["21.10", "28.10"]


def test_a_rule_without_any_date_gives_none() -> None:
    assert dates_of("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31", TUESDAY, WARSAW) == ()
    assert dates_of("FREQ=WEEKLY;UNTIL=20200101", TUESDAY, WARSAW) == ()
