"""The computed plan in the editor: what will go out and when, while the item is still a draft."""

from datetime import datetime
from itertools import groupby
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from wagtail.admin.panels import Panel
from wagtail.admin.viewsets.base import ViewSet

from promo.errors import PromoError
from promo.models import Destination, Item, Publication
from promo.planning import Dropped, Planned, reason_text
from promo.protocol import NEEDS_A_HAND, OUT
from promo.services import approvals, channels, gate, plans
from promo.services.clock import database_now


class PlanPanel(Panel):
    """Shows the plan of what stands in the form, and follows every change of it."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "promo/desk/plan_panel.html"


class PlanViewSet(ViewSet):
    """The address that the panel asks."""

    name = url_namespace = "plan"
    add_to_admin_menu = False

    def get_urlpatterns(self) -> list[Any]:
        return [path("", show, name="show"), path("<int:pk>/", show, name="show_pk")]


@require_POST
def show(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The plan of the posted form, as a fragment. Nothing is saved."""
    if not request.user.has_perm("promo.change_item"):
        raise PermissionDenied
    from promo.desk.items import ItemViewSet  # noqa: PLC0415  (its edit handler holds this panel)

    item = get_object_or_404(Item, pk=pk).get_latest_revision_as_object() if pk else Item()
    form_class = ItemViewSet().get_edit_handler().get_form_class()
    form = form_class(request.POST, request.FILES, instance=item, for_user=request.user)
    form.defer_required_fields()
    if not form.is_valid():
        return _fragment(request, hint=_("The plan will appear once the form has no errors."))
    return _of(request, form.save(commit=False))


def _of(request: HttpRequest, item: Item) -> HttpResponse:
    if not item.kind:
        return _fragment(request, hint=_("Choose a kind first: it decides what goes out and when."))
    gaps = approvals.gaps(item)
    if gaps:
        return _fragment(request, hint=" ".join(gap.text for gap in gaps))
    try:
        plan = plans.plan(item=item, now=database_now())
        problems = gate.check(item)
    except PromoError as error:
        return _fragment(request, hint=error.text)
    names = {str(row.uuid): row.name for row in Destination.objects.all()}
    steps = sorted(plan.planned, key=lambda step: (step.due_at, step.variant, step.slot))
    dropped = [_dropped(step, names) for step in plan.dropped]
    return _fragment(
        request,
        moments=_moments(steps, names),
        dropped=dropped,
        problems=problems,
        so_far=_so_far(item),
    )


def _moments(steps: list[Planned], names: dict[str, str]) -> list[dict[str, Any]]:
    """The steps that go out together in one row: the same minute, the same variant."""

    def together(step: Planned) -> tuple[datetime, str]:
        return step.due_at.replace(second=0, microsecond=0), step.variant.value

    return [
        {
            "at": at,
            "variant": variant,
            "places": [
                {
                    "name": _name(step, names),
                    "channel": step.channel,
                    "reasons": tuple(reason_text(reason) for reason in step.reasons),
                }
                for step in group
            ],
        }
        for (at, variant), group in (
            (key, list(steps)) for key, steps in groupby(steps, key=together)
        )
    ]


def _dropped(step: Dropped, names: dict[str, str]) -> dict[str, Any]:
    return {
        "name": _name(step, names),
        "variant": step.variant.value,
        "reason": reason_text(step.reason),
    }


def _name(step: Planned | Dropped, names: dict[str, str]) -> str:
    return names.get(step.destination) or str(channels.channel_class(step.channel).label)


def _so_far(item: Item) -> list[Publication]:
    """What has become of the item already: out, or in need of a hand."""
    if item.pk is None:
        return []
    rows = item.publications.filter(state__in=OUT | NEEDS_A_HAND).select_related("destination")
    return list(rows.order_by("planned_at", "id"))


def _fragment(request: HttpRequest, **context: Any) -> HttpResponse:
    return render(request, "promo/desk/plan.html", context)
