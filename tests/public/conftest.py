"""The outside world of the public pages' tests."""

from tests.services.conftest import outside

__all__ = ["outside"]
