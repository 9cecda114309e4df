"""Which refusals ask us to go slower, and who of relay and provider says so."""

import pytest

from promo.mailing.replies import Phase, is_too_fast, speaks_of_relay


@pytest.mark.parametrize(
    ("code", "enhanced"),
    [
        (421, "4.7.0"),
        (450, "4.7.1"),
        (451, "4.7.500"),
        (452, "4.3.1"),
        (432, "4.3.2"),
        (454, ""),
    ],
)
def test_these_ask_us_to_go_slower(code: int, enhanced: str) -> None:
    assert is_too_fast(code, enhanced)


@pytest.mark.parametrize(
    ("code", "enhanced"),
    [
        (421, ""),
        (421, "4.4.2"),
        (450, "4.2.0"),
        (450, ""),
        (451, "4.3.0"),
        (452, "4.2.2"),
        (452, ""),
        (550, "5.7.1"),
        (450, "5.7.1"),
    ],
)
def test_these_do_not(code: int, enhanced: str) -> None:
    assert not is_too_fast(code, enhanced)


@pytest.mark.parametrize(
    ("phase", "enhanced", "relays"),
    [
        (Phase.MAIL, "4.7.1", True),
        (Phase.RCPT, "4.7.1", False),
        (Phase.DOT, "4.7.28", False),
        (Phase.DOT, "4.3.1", True),
        (Phase.DOT, "", True),
    ],
)
def test_who_says_so(phase: Phase, enhanced: str, *, relays: bool) -> None:
    assert speaks_of_relay(phase, enhanced) is relays
