"""Changing the encryption key: every secret again under the first key.

Row by row, each in a transaction of its own: it may be stopped at any point and begun again, and
what is under the first key already is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models, transaction

from promo import vault
from promo.errors import ConfigurationError
from promo.models import Destination, Handshake, ReturnMailbox

SEALED: tuple[type[models.Model], ...] = (Destination, ReturnMailbox, Handshake)
"""Every model with a column `sealed`."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many secrets were `changed`, how many `kept`, and the rows that no key opens."""

    changed: int
    kept: int
    broken: tuple[str, ...]


def rotate() -> Rotated:
    """Encrypt every stored secret with the first key of PROMO_ENCRYPTION_KEYS."""
    changed = kept = 0
    broken = []
    for model in SEALED:
        rows = model._default_manager.exclude(sealed="")  # noqa: SLF001  (Django's public name)
        for pk in rows.values_list("pk", flat=True):
            try:
                if _rotate_row(model, pk):
                    changed += 1
                else:
                    kept += 1
            except ConfigurationError:
                broken.append(f"{model._meta.verbose_name} {pk}")  # noqa: SLF001  (as above)
    return Rotated(changed, kept, tuple(broken))


def _rotate_row(model: type[models.Model], pk: object) -> bool:
    with transaction.atomic():
        rows = model._default_manager.select_for_update().filter(pk=pk)  # noqa: SLF001  (as above)
        sealed = rows.values_list("sealed", flat=True).first()
        fresh = vault.rotated(sealed) if sealed else sealed
        if fresh == sealed:
            return False
        rows.update(sealed=fresh)
    return True
