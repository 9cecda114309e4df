from collections.abc import Iterator

import pytest
from django.utils import translation
from hypothesis import HealthCheck, settings

# No test measures time: a busy machine is not a fault of the text.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def source_language() -> Iterator[None]:
    """Messages for people are compared in the language they are written in."""
    with translation.override("en"):
        yield
