"""What mail providers tell us at /hooks/anymail/: kept as it is told, read later.

django-anymail checks who speaks and puts it into common words; addresses of providers that are not
named in PROMO_HOOKS do not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from anymail import urls as anymail_urls
from anymail.signals import AnymailTrackingEvent, tracking
from django.dispatch import receiver
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from promo.errors import ConfigurationError
from promo.mailing import tracked
from promo.models import ReturnedMail
from promo.public.strangers import View, bounded
from promo.services import keeping, returns
from promo.services.clock import database_now

LARGEST = 256 * 1024
"""Octets a provider may tell at once; some tell of hundreds of mails in one request."""


def urlpatterns(providers: Sequence[str]) -> list[URLPattern]:
    """`<provider>/tracking/` for each. Raises ConfigurationError for one that nobody knows."""
    views = {pattern.name: pattern.callback for pattern in anymail_urls.urlpatterns}
    return [
        path(
            f"{provider}/tracking/",
            bounded(_view(views, provider), most=LARGEST),
            name=f"hook-{provider}",
        )
        for provider in providers
    ]


def _view(views: dict[str, View], provider: str) -> View:
    view = views.get(f"{provider}_tracking_webhook")
    if view is None:
        text = _("PROMO_HOOKS names a mail provider that is not known: {name}")
        raise ConfigurationError(text.format(name=provider))
    return view


@receiver(tracking)
def keep(event: AnymailTrackingEvent, esp_name: str, **_more: Any) -> None:
    """Store what something follows from; the provider hears 200 once it is committed."""
    proves = event.event_type in tracked.PROVING
    if not proves and event.event_type not in tracked.TELLING:
        return
    told = {
        "provider": esp_name,
        "type": event.event_type,
        "reason": event.reject_reason or "",
        "id": event.event_id or "",
        "at": event.timestamp.isoformat() if event.timestamp else "",
        "message_id": str(event.message_id or ""),
        "recipient": event.recipient or "",
        "text": " ".join(filter(None, (event.mta_response, event.description))),
    }
    raw = tracked.keep(told, [event.metadata, event.esp_event])
    if proves and not returns.is_awaited(tracked.read(raw).clues):
        return
    keeping.store(
        raw=raw,
        source=ReturnedMail.Source.WEBHOOK,
        now=database_now(),
    )
