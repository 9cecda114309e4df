"""The list of those who must not be mailed outlives a change of keys, or Promo does not start."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.test import override_settings

from promo.errors import ConfigurationError
from promo.models import Subscriber
from promo.services import subscribers
from promo.services.clock import database_now
from tests import making

pytestmark = pytest.mark.django_db

OTHER = "a quite different key of fifty characters or more"


def test_a_new_secret_key_forgets_nobody() -> None:
    making.newsletter(readers=2)
    first = Subscriber.objects.earliest("id")
    subscribers.erase(subscriber=first, now=database_now())
    with override_settings(SECRET_KEY=OTHER):
        call_command("prepare")
        assert subscribers.is_suppressed("czytelnik0@example.org")


def test_nothing_starts_under_a_key_that_would_know_nobody() -> None:
    making.newsletter(readers=1)
    with (
        override_settings(PROMO_ADDRESS_KEY=OTHER),
        pytest.raises(ConfigurationError, match="PROMO_ADDRESS_KEY"),
    ):
        call_command("prepare")
