"""Fair shares of a scarce voice: what a branch or a partner may take of one destination. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _

from promo.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Share:
    """The rule for one voice (the key of a branch or a partner) on one destination.

    `most_a_week`: no more posts than that from Monday to Sunday. `gap`: at least that long between
    two of its posts. `kept_a_week`: so many places of a week that has not begun are left to it.
    Raises `ConfigurationError` for a weekly maximum below one.
    """

    voice: str
    name: str
    destination: str
    most_a_week: int | None = None
    gap: timedelta = timedelta(0)
    kept_a_week: int = 0

    def __post_init__(self) -> None:
        if self.most_a_week is not None and self.most_a_week < 1:
            raise ConfigurationError(_("The weekly maximum of posts must be at least 1."))


def branch_voice(branch_id: int) -> str:
    """The key of a branch among the voices."""
    return f"branch:{branch_id}"


def partner_voice(partner_id: int) -> str:
    """The key of a partner among the voices."""
    return f"partner:{partner_id}"
