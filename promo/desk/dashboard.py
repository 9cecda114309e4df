"""The first screen: what needs a hand, and what goes out next."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from wagtail.admin.ui.components import Component

from promo.models import Destination, Entry, Publication
from promo.protocol import DUE, NEEDS_A_HAND, State

SOON = timedelta(days=7)
SHOWN = 12


class NeedsAHandPanel(Component):
    """Refused, unknown and missed publications, and paused destinations: each with a way on."""

    name = "needs_a_hand"
    template_name = "promo/desk/home_needs_a_hand.html"
    order = 10

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        rows = Publication.objects.filter(state__in=NEEDS_A_HAND)
        return {
            "publications": rows.select_related("item", "issue", "destination")[:SHOWN],
            "count": rows.count(),
            "paused": Destination.objects.filter(paused_at__isnull=False),
            "inbox": Entry.objects.filter(state=Entry.State.NEW).count(),
        }


class NextPanel(Component):
    """What goes out in the coming week, day by day."""

    name = "next"
    template_name = "promo/desk/home_next.html"
    order = 20

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        now = timezone.now()
        rows = Publication.objects.filter(state__in=DUE, due_at__lte=now + SOON)
        return {
            "publications": rows.select_related("item", "issue", "destination")[:SHOWN],
            "count": rows.count(),
            "today": timezone.localdate(),
        }


class LatelyOutPanel(Component):
    """What went out lately, with its address."""

    name = "lately_out"
    template_name = "promo/desk/home_lately.html"
    order = 30

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        rows = Publication.objects.filter(state=State.PUBLISHED).order_by("-published_at")
        return {"publications": rows.select_related("item", "issue", "destination")[:6]}


def home_panels(request: HttpRequest) -> list[Component]:
    """Our panels of the first screen, for those who may see publications."""
    return [NeedsAHandPanel(), NextPanel(), LatelyOutPanel()]
