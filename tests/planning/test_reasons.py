"""Every reason can be read, stored and read again."""

from __future__ import annotations

import re

import pytest

from promo.planning import Reason, ReasonCode, reason_text
from promo.planning.reasons import _TEXTS


@pytest.mark.parametrize("code", ReasonCode)
def test_every_reason_has_words(code: ReasonCode) -> None:
    names = re.findall(r"%\((\w+)\)s", str(_TEXTS[code]))
    text = reason_text(Reason.of(code, **dict.fromkeys(names, "x")))

    assert text
    assert "%" not in text


def test_a_reason_says_what_happened() -> None:
    reason = Reason.of(ReasonCode.MOVED_QUIET_HOURS, start="21:00", end="07:00")

    assert reason_text(reason) == "moved: nothing goes out between 21:00 and 07:00"


def test_a_reason_survives_the_database() -> None:
    reason = Reason.of(ReasonCode.MOVED_GAP, hours="3")

    assert reason.to_json() == {"code": "moved_gap", "params": {"hours": "3"}}
    assert Reason.from_json(reason.to_json()) == reason
