"""The sheet of figures: what a fault test counted, shown also when it passes.

    figures("a worker killed with -9", sheet.columns)

Each line goes to the file that PROMO_TEST_FIGURES names as soon as it is known; the rounds of one
fault are added up at the end of the run.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

Figures = Callable[[str, Mapping[str, int]], None]
_KEY = "figures"


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Figures:
    """Note the columns of one round. Call it before they are judged."""

    def noted(fault: str, columns: Mapping[str, int]) -> None:
        record_property(_KEY, (fault, dict(columns)))
        if file := os.environ.get("PROMO_TEST_FIGURES"):
            with Path(file).open("a", encoding="utf-8") as sheet:
                sheet.write(f"{_line(fault, columns)}\n")

    return noted


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """All rounds of each fault, added up."""
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            if report.when != "call":
                continue
            for fault, columns in (value for key, value in report.user_properties if key == _KEY):
                for name, value in {"rounds": 1, **columns}.items():
                    sums[fault][name] += value
    if sums:
        terminalreporter.section("faults")
    for fault, columns in sorted(sums.items()):
        terminalreporter.write_line(_line(fault, columns))


def _line(fault: str, columns: Mapping[str, int]) -> str:
    return f"{fault}: " + ", ".join(f"{name} {value}" for name, value in columns.items())
