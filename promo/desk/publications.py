"""Publications: the list, and the page that tells everything about one."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST
from wagtail.admin.viewsets.base import ViewSet
from wagtail.admin.widgets import AdminDateTimeInput

from promo.desk import previews
from promo.desk.screens import Screen, staff
from promo.errors import PromoError
from promo.models import Delivery, Destination, Publication
from promo.models.publications import STATES
from promo.planning import Reason, reason_text
from promo.protocol import DUE, NEEDS_A_HAND, Event, State, sources
from promo.services import channels, deliveries, publications
from promo.services.clock import database_now
from promo.services.facts import institution_facts

PAGE = 50


class PublicationsViewSet(ViewSet):
    name = url_namespace = "publications"
    icon = "tasks"
    menu_label = gettext_lazy("Publications")
    menu_order = 130
    add_to_admin_menu = True

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("", ListView.as_view(), name="index"),
            path("<int:pk>/", PublicationView.as_view(), name="show"),
            path("<int:pk>/message/", message, name="message"),
            path("<int:pk>/act/", act, name="act"),
        ]


class ListView(Screen):
    template_name = "promo/desk/publications.html"
    page_title = gettext_lazy("Publications")
    header_icon = "tasks"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        rows = Publication.objects.select_related("item", "issue", "destination")
        state = self.request.GET.get("state", "")
        destination = self.request.GET.get("destination", "")
        if state == "hand":
            rows = rows.filter(state__in=NEEDS_A_HAND)
        elif state:
            rows = rows.filter(state=state)
        if destination.isdigit():
            rows = rows.filter(destination_id=int(destination))
        page = Paginator(rows.order_by("-planned_at", "-id"), PAGE).get_page(
            self.request.GET.get("p")
        )
        return context | {
            "page": page,
            "states": STATES,
            "state": state,
            "destinations": Destination.objects.all(),
            "destination": destination,
        }


class MoveForm(forms.Form):
    to = forms.DateTimeField(label=gettext_lazy("New date and time"), widget=AdminDateTimeInput)


class PublicationView(Screen):
    template_name = "promo/desk/publication.html"
    header_icon = "tasks"

    def get_object(self) -> Publication:
        return get_object_or_404(
            Publication.objects.select_related("item", "issue", "destination", "campaign"),
            pk=self.kwargs["pk"],
        )

    def get_page_title(self) -> str:
        return self.get_object().subject

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        index = {"url": _index_url(), "label": _("Publications")}
        return [*self.breadcrumbs_items, index, {"url": "", "label": self.get_page_title()}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        row = self.get_object()
        state = State(row.state)
        traits = channels.channel_class(row.destination.channel).traits
        return context | {
            "publication": row,
            "ledger": row.ledger.select_related("user"),
            "reasons": [reason_text(Reason.from_json(reason)) for reason in row.reasons],
            "can_retry": state in sources(Event.RETRY),
            "can_be_out": state in (State.UNKNOWN, State.FAILED, State.MISSED),
            "can_drop": state in sources(Event.CANCEL) and state != State.CLAIMED,
            "can_move": state in DUE,
            "can_withdraw": state == State.PUBLISHED and traits.can_withdraw,
            "unknown": state == State.UNKNOWN,
            "progress_rows": [
                (Delivery.State(key).label, count)
                for key, count in deliveries.progress(row).items()
            ],
            "move_form": MoveForm(initial={"to": row.planned_at}),
        }


def _index_url() -> str:
    from django.urls import reverse  # noqa: PLC0415  (at import time the addresses are not ready)

    return reverse("publications:index")


@xframe_options_sameorigin
def message(request: HttpRequest, pk: int) -> HttpResponse:
    """The stored message, as it went or will go out."""
    if not request.user.has_perm("promo.view_publication"):
        raise PermissionDenied
    row = get_object_or_404(Publication, pk=pk)
    return HttpResponse(previews.show(row.message, name=institution_facts().name))


@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """What a person decides about a publication."""
    if not request.user.has_perm("promo.change_publication"):
        raise PermissionDenied
    decide = _ACTS.get(request.POST.get("act", ""))
    try:
        if decide is not None:
            messages.success(request, decide(request, pk, database_now()))
    except PromoError as error:
        messages.error(request, error.text)
    return redirect("publications:show", pk=pk)


def _retry(request: HttpRequest, pk: int, now: datetime) -> str:
    publications.retry(publication_id=pk, user=staff(request), now=now)
    return _("It will be sent again shortly.")


def _it_is_out(request: HttpRequest, pk: int, now: datetime) -> str:
    url = request.POST.get("url", "").strip()
    publications.it_is_out(publication_id=pk, url=url, user=staff(request), now=now)
    return _("Noted as published.")


def _drop(request: HttpRequest, pk: int, now: datetime) -> str:
    publications.drop(publication_id=pk, user=staff(request), now=now)
    return _("Dropped. It will not be published.")


def _move(request: HttpRequest, pk: int, now: datetime) -> str:
    form = MoveForm(request.POST)
    if not form.is_valid():
        raise PromoError(_("Enter a date and a time."))
    publications.move(publication_id=pk, to=form.cleaned_data["to"], user=staff(request), now=now)
    return _("Moved to the new time.")


def _take_down(request: HttpRequest, pk: int, now: datetime) -> str:
    publications.take_down(publication_id=pk, user=staff(request), now=now)
    return _("It has been taken down.")


_ACTS = {
    "retry": _retry,
    "it_is_out": _it_is_out,
    "drop": _drop,
    "move": _move,
    "take_down": _take_down,
}
