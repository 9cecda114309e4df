"""The computed plan in the editor: what will go out and when, while the item is still a draft."""

from datetime import datetime
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
from promo.models import Destination, Item
from promo.planning import Dropped, Planned, Reason, reason_text
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
    gaps = approvals.gaps(item)
    if gaps:
        return _fragment(request, hint=" ".join(gap.text for gap in gaps))
    try:
        plan = plans.plan(item=item, now=database_now())
        problems = gate.check(item)
    except PromoError as error:
        return _fragment(request, hint=error.text)
    names = {str(row.uuid): row.name for row in Destination.objects.all()}
    rows = [_row(step, names, step.reasons, step.due_at) for step in plan.planned]
    dropped = [_row(step, names, (step.reason,)) for step in plan.dropped]
    return _fragment(request, rows=rows, dropped=dropped, problems=problems)


def _row(
    step: Planned | Dropped,
    names: dict[str, str],
    reasons: tuple[Reason, ...],
    due_at: datetime | None = None,
) -> dict[str, Any]:
    label = str(channels.channel_class(step.channel).label)
    return {
        "due_at": due_at,
        "destination": names.get(step.destination, label),
        "channel": step.channel,
        "variant": step.variant.value,
        "reasons": [reason_text(reason) for reason in reasons],
    }


def _fragment(request: HttpRequest, **context: Any) -> HttpResponse:
    return render(request, "promo/desk/plan.html", context)
