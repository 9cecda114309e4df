"""What every test may ask for."""

from hypothesis import settings as hypothesis_settings

from tests import first_rows
from tests.faults.figures import pytest_terminal_summary
from tests.template import django_db_modify_db_settings
from tests.world import rehearsal, world

__all__ = ["django_db_modify_db_settings", "pytest_terminal_summary", "rehearsal", "world"]

# A slow moment of the machine is no finding; speed lives in the benchmarks.
hypothesis_settings.register_profile("promo", deadline=None)
hypothesis_settings.load_profile("promo")

first_rows.come_back()
