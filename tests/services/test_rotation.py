"""A new encryption key: everything comes under it, in as many goes as it takes."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import override_settings

from promo.models import Destination
from promo.services import destinations, rotation

pytestmark = pytest.mark.django_db


def key() -> str:
    return Fernet.generate_key().decode()


def destination(name: str) -> Destination:
    return destinations.create(
        channel="facebook_page",
        name=name,
        config={"page_id": "1", "app_id": "2"},
        secrets={"page_token": f"token-{name}", "app_secret": "s"},
    )


def test_every_column_of_secrets_is_rotated() -> None:
    sealed = {
        model for model in apps.get_app_config("promo").get_models() if hasattr(model, "sealed")
    }
    assert sealed == set(rotation.SEALED)


def test_secrets_come_under_the_first_key_and_a_second_run_changes_nothing() -> None:
    old, new = key(), key()
    with override_settings(PROMO_ENCRYPTION_KEYS=[old]):
        rows = [destination(name) for name in ("A", "B")]
    with override_settings(PROMO_ENCRYPTION_KEYS=[new, old]):
        assert rotation.rotate() == rotation.Rotated(2, 0, ())
        before = list(Destination.objects.values_list("sealed", flat=True).order_by("pk"))
        assert rotation.rotate() == rotation.Rotated(0, 2, ())
        assert list(Destination.objects.values_list("sealed", flat=True).order_by("pk")) == before
    with override_settings(PROMO_ENCRYPTION_KEYS=[new]):
        for row in rows:
            row.refresh_from_db()
            assert row.secrets["page_token"] == f"token-{row.name}"


def test_a_run_that_was_stopped_half_way_is_begun_again() -> None:
    old, new = key(), key()
    with override_settings(PROMO_ENCRYPTION_KEYS=[old]):
        destination("A")
    with override_settings(PROMO_ENCRYPTION_KEYS=[new, old]):
        destination("B")  # as after one row of a run
        assert rotation.rotate() == rotation.Rotated(1, 1, ())


def test_a_secret_that_no_key_opens_is_named_and_the_rest_is_done() -> None:
    lost, old, new = key(), key(), key()
    with override_settings(PROMO_ENCRYPTION_KEYS=[lost]):
        broken = destination("A")
    with override_settings(PROMO_ENCRYPTION_KEYS=[old]):
        destination("B")
    with override_settings(PROMO_ENCRYPTION_KEYS=[new, old]):
        with pytest.raises(CommandError, match=str(broken.pk)):
            call_command("rotate_keys")
        assert rotation.rotate().kept == 1
