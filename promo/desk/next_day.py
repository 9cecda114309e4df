"""What goes out in the next 24 hours: the first thing in the morning."""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import conditional_page, require_safe

from promo.models import Publication
from promo.protocol import DUE, State
from promo.services.clock import database_now

SPAN = timedelta(hours=24)
MOST = 50
GOING = DUE | {State.CLAIMED, State.SENDING, State.ARMED}
TEMPLATE = "promo/desk/home_next_day.html"


def next_day(now: datetime) -> dict[str, Any]:
    """The publications of the next 24 hours, what is overdue included, and the first one after."""
    going = Publication.objects.filter(state__in=GOING)
    soon = going.filter(due_at__lt=now + SPAN)
    return {
        "publications": _light(soon).order_by("due_at", "id")[:MOST],
        "count": soon.count(),
        "then": _light(going.filter(due_at__gte=now + SPAN)).order_by("due_at", "id").first(),
        "today": timezone.localdate(),
    }


def _light(rows: QuerySet[Publication]) -> QuerySet[Publication]:
    named = rows.select_related("item", "issue", "destination")
    return named.defer("message_json", "reasons", "item__body", "item__report", "issue__blocks")


@require_safe
@conditional_page
def show(request: HttpRequest) -> HttpResponse:
    """The panel's content as of now, for the panel itself to follow."""
    if not request.user.has_perm("promo.view_item"):
        raise PermissionDenied
    return render(request, TEMPLATE, next_day(database_now()))
