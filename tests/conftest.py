"""What every test may ask for."""

from hypothesis import settings as hypothesis_settings

from tests import first_rows
from tests.faults.figures import pytest_terminal_summary
from tests.world import rehearsal, world

__all__ = ["pytest_terminal_summary", "rehearsal", "world"]

# A slow moment of the machine is no finding; speed lives in the benchmarks.
hypothesis_settings.register_profile("promo", deadline=None)
hypothesis_settings.load_profile("promo")

first_rows.come_back()
