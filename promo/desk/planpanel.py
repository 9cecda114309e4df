"""The computed plan in the editor: what will go out and when, while the item is still a draft."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from wagtail.admin.panels import Panel
from wagtail.admin.viewsets.base import ViewSet

from promo.desk import consequences, levels
from promo.desk.consequences import Place
from promo.errors import PromoError
from promo.models import Attempt, Destination, Item, Publication
from promo.planning import Dropped, Plan, Planned, reason_text, weigh
from promo.protocol import AHEAD, NEEDS_A_HAND, OUT, UNSENT, State
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
    dropped = [_dropped(step, names) for step in plan.dropped]
    return _fragment(
        request,
        levels=levels.told(item, request.user),
        moments=_moments(_standing(plan.planned, _stored(item)), names),
        dropped=dropped,
        problems=problems,
        so_far=_so_far(item),
        places=_changes(item, plan),
        act_url=reverse("event_acts:index", args=[item.pk]) if item.pk and item.live else "",
    )


def _changes(item: Item, made: Plan) -> list[Place]:
    """Of an approved item: what approving this content would change. Nothing of any other."""
    if item.pk is None or not item.live:
        return []
    return consequences.changes(weigh(plans.standing(item), made))


@dataclass(frozen=True, slots=True)
class Standing:
    """A step of the plan as it stands: at its time or a person's, going out or dropped by hand."""

    step: Planned
    at: datetime
    moved: bool = False
    ahead: bool = False
    """Does the network hold it already?"""
    dropped: str = ""
    """Who dropped it and when, for people; "" if it goes out."""


def _stored(item: Item) -> dict[tuple[str, str], Publication]:
    """What stands in the database for the item's steps, by destination and slot."""
    if item.pk is None:
        return {}
    rows = item.publications.select_related("destination").defer("message_json")
    return {(str(row.destination.uuid), row.slot): row for row in rows}


def _standing(
    planned: tuple[Planned, ...], stored: Mapping[tuple[str, str], Publication]
) -> list[Standing]:
    """The steps in the order of time. What is out or needs a hand already is told further down."""
    found = []
    for step in planned:
        row = stored.get((step.destination, step.slot))
        if row is None or row.state == State.MISSED:
            found.append(Standing(step, step.due_at))
        elif row.state in UNSENT | AHEAD:
            at = row.planned_at if row.moved_by_hand else step.due_at
            ahead = row.state in AHEAD
            found.append(Standing(step, at, moved=row.moved_by_hand, ahead=ahead))
        elif row.state == State.CANCELLED:
            found.append(Standing(step, step.due_at, dropped=_dropped_by_hand(row)))
    return sorted(found, key=lambda one: (one.at, one.step.variant, one.step.slot))


def _dropped_by_hand(row: Publication) -> str:
    """Who dropped it and when; "" where the plan did: then it comes back with the plan."""
    lines = row.ledger.filter(event=Attempt.Event.CANCELLED).select_related("user")
    last = lines.last()
    if last is None or last.user is None:
        return ""
    name = last.user.get_full_name() or last.user.get_username()
    day = date_format(timezone.localtime(last.at), "j E")
    return _("dropped by hand: {name}, {day}").format(name=name, day=day)


def _moments(steps: list[Standing], names: dict[str, str]) -> list[dict[str, Any]]:
    """The steps that go out together in one row: the same minute, the same variant."""

    def together(one: Standing) -> tuple[datetime, str]:
        return one.at.replace(second=0, microsecond=0), one.step.variant.value

    moments = []
    for (at, variant), group in groupby(steps, key=together):
        places = [_place(one, names) for one in group]
        gone = all(place["dropped"] for place in places)
        moments.append({"at": at, "variant": variant, "places": places, "dropped": gone})
    return moments


def _place(one: Standing, names: dict[str, str]) -> dict[str, Any]:
    reasons = tuple(reason_text(reason) for reason in one.step.reasons)
    if one.moved:
        reasons = (_("moved by hand"),)
    if one.ahead:
        reasons = (*reasons, _("scheduled on the network already"))
    return {
        "name": _name(one.step, names),
        "channel": one.step.channel,
        "dropped": bool(one.dropped),
        "reasons": (one.dropped,) if one.dropped else reasons,
    }


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
