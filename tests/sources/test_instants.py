"""Dates in feeds mean what their authors meant."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promo.sources.instants import read_instant

WARSAW = ZoneInfo("Europe/Warsaw")


def utc(text: str) -> datetime | None:
    instant = read_instant(text, zone=WARSAW)
    assert instant is None or instant.at.tzinfo is UTC
    return instant.at if instant else None


@pytest.mark.parametrize(
    "text",
    [
        "Fri, 16 Oct 2026 10:00:00 +0200",
        "Fri, 16 Oct 2026 08:00:00 GMT",
        "Fri, 16 Oct 2026 08:00:00 Z",
        "Fri, 16 Oct 2026 10:00:00 CEST",
        "Fri, 16 Oct 2026 10:00:00 Europe/Warsaw",
        "Fri, 16 Oct 2026 08:00:00 +0000 (UTC)",
        "Fri, 16 Oct 26 10:00 +0200",
        "Pt, 16 paź 2026 10:00:00 +0200",
        "pią., 16 paź 2026 10:00:00 +0200",
        "piątek, 16 października 2026 10:00",
        "16 października 2026 r., godz. 10.00",
        "16 pazdziernika 2026, 10:00",
        "16 X 2026 10:00",
        "16.10.2026 10:00",
        "16.10.2026 o 10.00",
        "16/10/2026 10:00",
        "2026/10/16 10:00",
        "2026-10-16 10:00:00",
        "2026-10-16T10:00:00+02:00",
        "2026-10-16T10:00:00.000+0200",
        "2026-10-16T08:00:00Z",
        "2026-10-16 10:00 am",
        "20261016T100000",
        "20261016T080000Z",
        "October 16, 2026 10:00 a.m.",
        "  16\u00a0października\u00a02026   10:00 ",
    ],
)
def test_every_way_of_writing_ten_in_warsaw_is_read(text: str) -> None:
    assert utc(text) == datetime(2026, 10, 16, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["16.10.2026", "2026-10-16", "16 października 2026", "20261016"])
def test_date_without_a_time_is_the_whole_day(text: str) -> None:
    instant = read_instant(text, zone=WARSAW)
    assert instant is not None
    assert instant.at == datetime(2026, 10, 15, 22, 0, tzinfo=UTC)
    assert not instant.has_time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fri, 16 Oct 2026 24:00:00 +0200", datetime(2026, 10, 16, 22, 0, tzinfo=UTC)),
        ("Fri, 16 Oct 2026 23:59:60 +0200", datetime(2026, 10, 16, 21, 59, 59, tzinfo=UTC)),
        ("2016/6/29 15:07", datetime(2016, 6, 29, 13, 7, tzinfo=UTC)),
        ("2026-01-16 10:00:00", datetime(2026, 1, 16, 9, 0, tzinfo=UTC)),
        ("2026-10-20 5:00 pm", datetime(2026, 10, 20, 15, 0, tzinfo=UTC)),
        ("2026-10-20 12:30 am", datetime(2026, 10, 19, 22, 30, tzinfo=UTC)),
        ("2026-10-20 12:30 pm", datetime(2026, 10, 20, 10, 30, tzinfo=UTC)),
        # The hour that is left out in spring, and the one that comes twice in autumn
        ("2026-03-29 02:30", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("2026-10-25 02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_odd_times_are_read(text: str, expected: datetime) -> None:
    assert utc(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "wczoraj",
        "2026-02-30",
        "31.04.2026",
        "12/13/2026",
        "0000-01-01",
        "9999-12-31T23:59:59Z",
        "1899-12-31",
        "2026-10-16T25:00",
        "2026-10-16T10:61",
        "2026-10",
        "Fri, 16 Oct 2026 10:00:00 +9999",
        "Fri, 16 Oct 2026 10:00:00 XYZ",
        "2026-10-16 10:00:00 Europe/../../etc/passwd",
        "2026-10-16 10:00:00 Mars/Olympus",
        "16 foo 2026",
        "1760601600",
    ],
)
def test_what_cannot_be_read_for_certain_is_no_date(text: str) -> None:
    assert utc(text) is None


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    utc(text)


@given(st.from_regex(r"[0-9]{1,4}[-./ ][0-9]{1,2}[-./ ][0-9]{1,4} [0-9:.]{1,8} ?[+-]?[0-9]{0,5}"))
def test_no_figures_break_the_reader(text: str) -> None:
    utc(text)
