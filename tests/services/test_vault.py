"""Secrets at rest: they open at their own place, with our keys, old or new."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.test import override_settings

from promo import vault
from promo.errors import ConfigurationError
from promo.models import Destination
from promo.services import destinations

SECRETS = {"page_token": "EAAB-żółw", "app_secret": "0123"}


def key() -> str:
    return Fernet.generate_key().decode()


def test_what_is_sealed_for_a_place_opens_there() -> None:
    sealed = vault.seal(SECRETS, place="a")
    assert vault.unseal(sealed, place="a") == SECRETS
    assert vault.unseal("", place="a") == {}
    assert "EAAB" not in sealed


def test_what_is_moved_to_another_place_does_not_open() -> None:
    with pytest.raises(ConfigurationError):
        vault.unseal(vault.seal(SECRETS, place="a"), place="b")


def test_what_was_changed_does_not_open() -> None:
    sealed = vault.seal(SECRETS, place="a")
    for changed in (sealed[:-8] + "AAAAAAA=", sealed[1:], "nonsense", "ż"):
        with pytest.raises(ConfigurationError):
            vault.unseal(changed, place="a")


def test_an_old_key_still_opens_and_a_new_one_seals() -> None:
    old, new = key(), key()
    with override_settings(PROMO_ENCRYPTION_KEYS=[old]):
        before = vault.seal(SECRETS, place="a")
    with override_settings(PROMO_ENCRYPTION_KEYS=[new, old]):
        assert vault.unseal(before, place="a") == SECRETS
        after = vault.seal(SECRETS, place="a")
    with override_settings(PROMO_ENCRYPTION_KEYS=[new]):
        assert vault.unseal(after, place="a") == SECRETS
        with pytest.raises(ConfigurationError):
            vault.unseal(before, place="a")
    with override_settings(PROMO_ENCRYPTION_KEYS=[old]), pytest.raises(ConfigurationError):
        vault.unseal(after, place="a")


def test_a_broken_key_is_named_without_showing_it() -> None:
    with (
        override_settings(PROMO_ENCRYPTION_KEYS=["kluczyk"]),
        pytest.raises(ConfigurationError) as told,
    ):
        vault.seal(SECRETS, place="a")
    assert "PROMO_ENCRYPTION_KEYS" in told.value.text
    assert "kluczyk" not in str(told.value)


@pytest.mark.django_db
def test_a_destinations_secrets_open_in_its_own_row_only() -> None:
    first, second = (
        destinations.create(
            channel="facebook_page",
            name=name,
            config={"page_id": "1", "app_id": "2"},
            secrets={"page_token": name, "app_secret": "s"},
        )
        for name in ("Pierwsza", "Druga")
    )
    assert Destination.objects.get(pk=first.pk).secrets["page_token"] == "Pierwsza"
    Destination.objects.filter(pk=second.pk).update(sealed=first.sealed)
    with pytest.raises(ConfigurationError):
        Destination.objects.get(pk=second.pk).secrets  # noqa: B018  (reading it is the act)


@pytest.mark.django_db
def test_an_empty_secret_in_the_form_keeps_the_stored_one() -> None:
    row = destinations.create(
        channel="facebook_page",
        name="Strona",
        config={"page_id": "1", "app_id": "2"},
        secrets={"page_token": "stary", "app_secret": "s"},
    )
    destinations.configure(
        destination=row, given={"page_id": "3", "app_id": "2", "page_token": "", "app_secret": ""}
    )
    row.refresh_from_db()
    assert row.config["page_id"] == "3"
    assert row.secrets == {"page_token": "stary", "app_secret": "s"}
