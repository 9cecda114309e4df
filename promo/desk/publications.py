"""Publications: the lists, and the page that tells everything about one."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse_lazy
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin
from wagtail.admin.viewsets.base import ViewSet

from promo.desk import changes, deciding, echoes, given_up, mailings, previews, reports
from promo.desk.screens import Screen, menu_item_for
from promo.models import Destination, Publication
from promo.planning import Reason, reason_text
from promo.protocol import AHEAD, DUE, MOVABLE, NEEDS_A_HAND, OUT, Event, State, sources
from promo.services import channels, missed, publications, sightings, takedowns
from promo.services.clock import database_now
from promo.services.facts import institution_facts

PAGE = 50
SEEN = "promo.view_item"
"""Whoever may read an item may read what becomes of it."""


class PublicationsViewSet(ViewSet):
    name = url_namespace = "publications"
    icon = "tasks"
    menu_label = gettext_lazy("Publications")
    menu_order = 130
    menu_item_class = menu_item_for(SEEN)
    add_to_admin_menu = True

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("", ListView.as_view(), name="index"),
            path("many/", given_up.ManyView.as_view(), name="many"),
            path("<int:pk>/", PublicationView.as_view(), name="show"),
            path("<int:pk>/message/", message, name="message"),
            path("<int:pk>/progress/", mailings.ProgressView.as_view(), name="progress"),
            path("<int:pk>/readers/", mailings.ReadersView.as_view(), name="readers"),
            path("<int:pk>/readers.csv", mailings.readers_csv, name="readers_csv"),
            path("<int:pk>/report/", reports.ReportView.as_view(), name="report"),
            path("<int:pk>/report.csv", reports.report_csv, name="report_csv"),
            path("<int:pk>/clicks.csv", echoes.clicks_csv, name="clicks_csv"),
            path("<int:pk>/act/", deciding.ActView.as_view(), name="act"),
        ]


UNDER_WAY = DUE | AHEAD | {State.CLAIMED, State.SENDING}

VIEWS: dict[str, tuple[Any, Callable[[QuerySet[Publication]], QuerySet[Publication]]]] = {
    "coming": (
        gettext_lazy("Coming up"),
        lambda rows: rows.filter(state__in=UNDER_WAY).order_by("due_at", "id"),
    ),
    "hand": (
        gettext_lazy("Needs attention"),
        lambda rows: rows.filter(state__in=NEEDS_A_HAND).order_by("-planned_at", "-id"),
    ),
    "given_up": (
        gettext_lazy("Attempts used up"),
        lambda rows: rows.filter(pk__in=publications.given_up()).order_by("-planned_at", "-id"),
    ),
    "out": (
        pgettext_lazy("publication", "Published"),
        lambda rows: rows.filter(state__in=OUT).order_by("-published_at", "-id"),
    ),
    "all": (gettext_lazy("All"), lambda rows: rows.order_by("-planned_at", "-id")),
}


class ListView(Screen):
    permission = SEEN
    template_name = "promo/desk/publications.html"
    page_title = gettext_lazy("Publications")
    header_icon = "tasks"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        show = self.request.GET.get("show", "")
        show = show if show in VIEWS else "coming"
        destination = self.request.GET.get("destination", "")
        rows = Publication.objects.select_related("item", "issue", "destination")
        if destination.isdecimal():
            rows = rows.filter(destination_id=int(destination))
        views = [
            {
                "key": key,
                "label": label,
                "count": picked(rows).count(),
                "alert": key in {"hand", "given_up"},
            }
            for key, (label, picked) in VIEWS.items()
        ]
        page = Paginator(VIEWS[show][1](rows), PAGE).get_page(self.request.GET.get("p"))
        return context | {
            "page": page,
            "views": views,
            "show": show,
            "missed": missed.rows().count(),
            "destinations": Destination.objects.all(),
            "destination": destination,
        }


GUIDES = {
    State.PLANNED: gettext_lazy(
        "It is waiting for its time. Until then you can move it or drop it."
    ),
    State.WAITING: gettext_lazy(
        "The last attempt did not get through. Nothing has been published; "
        "Promo will try again by itself."
    ),
    State.CLAIMED: gettext_lazy("It is being prepared at this very moment."),
    State.SENDING: gettext_lazy("It is going out at this very moment."),
    State.ARMING: gettext_lazy(
        "It is being handed to the network, which will show it at its time."
    ),
    State.CHANGING: gettext_lazy("Your change is being passed on to the network."),
    State.FAILED: gettext_lazy(
        "It was refused, so nothing has been published. Correct what is named above and send it "
        "again, or drop it."
    ),
    State.UNKNOWN: gettext_lazy(
        "We do not know yet whether it has been published, and we keep checking. Please do not "
        "post it by hand. If you can see it there, choose “It has been published”."
    ),
    State.MISSED: gettext_lazy(
        "Its time passed before it could go out. Send it now if that still makes sense, or drop it."
    ),
    State.CANCELLED: gettext_lazy("It was dropped and will not go out."),
    State.WITHDRAWN: gettext_lazy("It was published and has been taken down."),
}
"""What a state means for the person in front of it, and what to do."""


class PublicationView(Screen):
    permission = SEEN
    template_name = "promo/desk/publication.html"
    header_icon = "tasks"
    parents = ({"url": reverse_lazy("publications:index"), "label": gettext_lazy("Publications")},)

    def get_object(self) -> Publication:
        return get_object_or_404(
            Publication.objects.select_related("item", "issue", "destination", "campaign"),
            pk=self.kwargs["pk"],
        )

    def get_page_title(self) -> str:
        return self.get_object().subject

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        row = self.get_object()
        state = State(row.state)
        traits = channels.traits_of(row.destination.channel)
        return (
            context
            | mailings.progress(row)
            | changes.shown(row, now=database_now())
            | changes.figures(row)
            | {
                "publication": row,
                "guide": _guide(row, state),
                "ledger": row.ledger.select_related("user"),
                "reasons": [reason_text(Reason.from_json(reason)) for reason in row.reasons],
                "can_retry": state in sources(Event.RETRY),
                "can_be_out": state in NEEDS_A_HAND,
                "can_drop": _can_drop(row, state),
                "can_move": state in MOVABLE and not row.recalled,
                "going_out": state in UNDER_WAY,
                "can_everywhere": row.item_id is not None
                and self.request.user.has_perm(takedowns.MAY),
                "can_withdraw": state == State.PUBLISHED and traits.can_withdraw,
                "unknown": state == State.UNKNOWN,
                "languages": _languages(row),
                "move_form": deciding.MoveForm(initial={"to": row.planned_at}),
            }
        )


def _can_drop(row: Publication, state: State) -> bool:
    if row.recalled:
        return False
    return state == State.ARMED or (state in sources(Event.CANCEL) and state != State.CLAIMED)


def _guide(row: Publication, state: State) -> str:
    """What the state means, in words; with the hour where the network holds it."""
    if row.recalled:
        return _("Promo is taking it back from the network. It will not come out.")
    if state == State.PUBLISHED and sightings.is_open(row.destination):
        return str(sightings.NOBODY_LOOKED)
    if state != State.ARMED or row.armed_for_at is None:
        return str(GUIDES.get(state, ""))
    at = timezone.localtime(row.armed_for_at)
    return _(
        "{channel} has it and will show it on {day} at {hour}, even if Promo is switched off then. "
        "Until shortly before you can still change, move or drop it: Promo passes that on."
    ).format(
        channel=channels.channel_class(row.destination.channel).label,
        day=date_format(at, "j E"),
        hour=date_format(at, "H:i"),
    )


def _languages(row: Publication) -> list[tuple[str, Any]]:
    """For readers of which languages the message was made; none where it is the same for all."""
    stored = row.message if row.message_json else None
    if stored is None or not stored.variants:
        return []
    own = [entry for entry in settings.LANGUAGES if entry[0] == stored.language]
    return own + [entry for entry in settings.LANGUAGES if entry[0] in stored.variants]


@xframe_options_sameorigin
def message(request: HttpRequest, pk: int) -> HttpResponse:
    """The stored message, as it went or will go out."""
    if not request.user.has_perm(SEEN):
        raise PermissionDenied
    row = get_object_or_404(Publication, pk=pk)
    if not row.message_json:
        return previews.not_yet(_("There is no message yet: it is made when it is planned."))
    readers = request.GET.get("readers", "")
    return HttpResponse(previews.show(row.message, name=institution_facts().name, readers=readers))
