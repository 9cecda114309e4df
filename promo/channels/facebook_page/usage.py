"""How much of Facebook's call budget is used, as its answers' headers tell.

Three headers may come, none must: `X-App-Usage` and the old `X-Page-Usage` hold one object of
percentages, `X-Business-Use-Case-Usage` a *list* of such objects for each page or business id.
Facebook sends them only "once enough calls have been made".
https://developers.facebook.com/docs/graph-api/overview/rate-limiting
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

PERCENTAGES = ("call_count", "total_time", "total_cputime")

STOP_READS_AT = 75
ONLY_PUBLISH_AT = 90
"""Percent of a budget: above the first one look-ups and checks stop, above the second changes too.
What is left belongs to publishing."""


@dataclass(frozen=True, slots=True)
class Usage:
    """`percent` is the fullest of all budgets (0 where nothing was said, may pass 100).

    `regain` is when Facebook lets us in again; zero where it did not say.
    """

    percent: int = 0
    regain: timedelta = timedelta(0)

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> Usage:
        """The usage told by these (case-insensitive) headers; what cannot be read is left out."""
        budgets = [*_plain(headers), *_by_business(headers)]
        return cls(
            percent=max((_percent(budget) for budget in budgets), default=0),
            regain=max((_regain(budget) for budget in budgets), default=timedelta(0)),
        )

    @property
    def is_high(self) -> bool:
        """No more reads."""
        return self.percent > STOP_READS_AT

    @property
    def is_nearly_full(self) -> bool:
        """Nothing more but publishing."""
        return self.percent > ONLY_PUBLISH_AT


def _plain(headers: Mapping[str, str]) -> Iterator[Mapping[str, object]]:
    for name in ("x-app-usage", "x-page-usage"):
        budget = _parsed(headers.get(name, ""))
        if isinstance(budget, dict):
            yield budget


def _by_business(headers: Mapping[str, str]) -> Iterator[Mapping[str, object]]:
    of_business = _parsed(headers.get("x-business-use-case-usage", ""))
    if not isinstance(of_business, dict):
        return
    for budgets in of_business.values():
        if isinstance(budgets, list):
            yield from (budget for budget in budgets if isinstance(budget, dict))


def _parsed(text: str) -> object:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


def _percent(budget: Mapping[str, object]) -> int:
    return max(_number(budget.get(name)) for name in PERCENTAGES)


def _regain(budget: Mapping[str, object]) -> timedelta:
    # Minutes, says the documentation of this field.
    return timedelta(minutes=_number(budget.get("estimated_time_to_regain_access")))


def _number(value: object) -> int:
    return int(value) if isinstance(value, (int, float)) and value > 0 else 0
