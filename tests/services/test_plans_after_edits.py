"""Whatever people do to their items, in whatever order, what is planned stays right.

More examples, drawn anew, than the suite has time for: PROMO_TEST_EXAMPLES.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests import making
from tests.services.edited_desk import EditedDesk

pytestmark = pytest.mark.django_db

EXAMPLES = os.environ.get("PROMO_TEST_EXAMPLES", "")
DRAWN = settings(
    max_examples=int(EXAMPLES or 5),
    stateful_step_count=12,
    deadline=None,
    derandomize=not EXAMPLES,  # the suite always tries the same ones
    print_blob=bool(EXAMPLES),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def test_plans_stay_right_whatever_is_edited() -> None:
    making.installation()
    run_state_machine_as_test(EditedDesk, settings=DRAWN)
