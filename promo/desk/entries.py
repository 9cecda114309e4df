"""A publication on the board. Drawn in Python: a busy week has hundreds, and a template each time
would cost more than all the rest of the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from promo.models import Publication
from promo.protocol import MOVABLE, NEEDS_A_HAND, State
from promo.services import channels

UNKNOWN_CHANNEL = "warning"


class Entries:
    """Draws the entries of one board; what they share is looked up once."""

    def __init__(self, *, may_move: bool) -> None:
        self._may_move = may_move
        self._base = reverse("publications:index")
        self._held = gettext("on hold")
        self._icons = {key: one.icon for key, one in channels.installed().items()}
        fields: Any = Publication._meta.get_field  # noqa: SLF001  (Django's public name)
        self._variants = _spoken(fields("variant"))
        self._states = _spoken(fields("state"))

    def draw(self, row: Publication) -> SafeString:
        """The list item: a link with time, subject, and the rest for screen readers and phones."""
        channel, subject = row.destination.channel, escape(row.subject)
        movable = self._may_move and row.state in MOVABLE and not row.recalled
        classes = f"promo-entry promo-entry--{escape(channel)} is-{row.state}"
        keys = ' aria-describedby="move-help" aria-keyshortcuts="M"' if movable else ""
        local = timezone.localtime(row.planned_at)
        more = [row.destination.name, self._variants[row.variant], self._states[row.state]]
        more += [self._held] if row.held else []
        return mark_safe(  # noqa: S308  (every value is escaped here)
            f'<li class="{classes}{" is-held" if row.held else ""}" data-pk="{row.pk}"'
            f'{" data-movable" if movable else ""}><a href="{self._base}{row.pk}/"'
            f' title="{subject}" draggable="false"{keys}>'
            f"{_icon(self._icons.get(channel, UNKNOWN_CHANNEL))}"
            f'<time datetime="{local.isoformat()}">{local:%H:%M}</time> {_state_icon(row)}'
            f'<span class="promo-entry__subject">{subject}</span>'
            f'<span class="promo-entry__more"> {escape(" · ".join(more))}</span></a></li>'
        )


def _spoken(field: Any) -> Mapping[str, str]:
    return {key: str(label) for key, label in field.flatchoices}


def _icon(name: str, more: str = "") -> str:
    """As Wagtail draws it."""
    use = f'<use href="#icon-{name}"></use>'
    return f'<svg class="icon icon-{name}{more}" aria-hidden="true">{use}</svg>'


def _state_icon(row: Publication) -> str:
    if row.state == State.PUBLISHED:
        return _icon("check", " promo-state")
    if row.state in NEEDS_A_HAND:
        return _icon("warning", " promo-state")
    return _icon("lock", " promo-state") if row.held else ""
