"""Reading Facebook's usage headers."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from requests.structures import CaseInsensitiveDict

from promo.channels.facebook_page.usage import Usage


def usage(**headers: object) -> Usage:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Usage.from_headers(
        CaseInsensitiveDict(
            {name: v if isinstance(v, str) else json.dumps(v) for name, v in named.items()}
        )
    )


def test_no_header_means_nothing_is_used() -> None:
    assert usage() == Usage(percent=0, regain=timedelta(0))


def test_the_app_s_budget_is_read() -> None:
    assert (
        usage(X_App_Usage={"call_count": 28, "total_time": 25, "total_cputime": 31}).percent == 31
    )


def test_the_old_page_header_is_read() -> None:
    assert usage(X_Page_Usage={"call_count": 80, "total_time": 1, "total_cputime": 1}).percent == 80


def test_the_business_header_holds_lists_under_ids() -> None:
    given = usage(
        X_Business_Use_Case_Usage={
            "200000000000001": [
                {"type": "pages", "call_count": 97, "total_cputime": 23, "total_time": 23,
                 "estimated_time_to_regain_access": 0},
            ],
            "400000000000001": [
                {"type": "ads", "call_count": 100, "total_cputime": 3, "total_time": 3,
                 "estimated_time_to_regain_access": 19},
            ],
        }
    )  # fmt: skip
    assert given == Usage(percent=100, regain=timedelta(minutes=19))
    assert given.is_nearly_full


@pytest.mark.parametrize(
    ("percent", "high", "full"), [(75, False, False), (76, True, False), (91, True, True)]
)
def test_reads_stop_before_publishing_does(percent: int, *, high: bool, full: bool) -> None:
    assert (Usage(percent).is_high, Usage(percent).is_nearly_full) == (high, full)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", '{"a": 1}', '{"a": [1]}', '{"call_count": "x"}']
)
def test_a_header_that_cannot_be_read_is_left_out(text: str) -> None:
    assert usage(X_App_Usage=text, X_Business_Use_Case_Usage=text) == Usage()
