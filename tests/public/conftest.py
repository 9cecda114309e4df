"""The outside world of the public pages' tests."""

from tests.services.conftest import clock, outside

__all__ = ["clock", "outside"]
