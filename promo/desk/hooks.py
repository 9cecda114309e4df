"""What the desk hangs into Wagtail: screens, menu, styles, buttons."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import Permission
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.search import SearchArea
from wagtail.admin.viewsets.base import ViewSet
from wagtail.hooks import register
from wagtail.snippets.models import register_snippet

from promo.desk import institution, previews, wording
from promo.desk.anniversaries import AnniversaryFileViewSet, AnniversaryViewSet
from promo.desk.bulk_acts import BulkActsViewSet
from promo.desk.calendar import CalendarViewSet
from promo.desk.campaigns import CampaignViewSet
from promo.desk.dashboard import home_panels
from promo.desk.destinations import DestinationViewSet
from promo.desk.event_acts import EventActsViewSet
from promo.desk.fillings import FillingsPanel, FillingsViewSet
from promo.desk.halts import HaltsViewSet
from promo.desk.inbox import InboxViewSet
from promo.desk.issue_checks import IssueChecksViewSet
from promo.desk.issues import IssueViewSet
from promo.desk.items import ItemViewSet
from promo.desk.levels import LevelsViewSet
from promo.desk.limits import DomainLimitViewSet
from promo.desk.missed import MissedViewSet
from promo.desk.places import PlacesGroup
from promo.desk.planpanel import PlanViewSet
from promo.desk.publications import PublicationsViewSet
from promo.desk.reader_exports import ReaderExportsViewSet
from promo.desk.reader_imports import ReaderImportsViewSet
from promo.desk.readers import ReadersGroup
from promo.desk.rehearsals import RehearsalsViewSet
from promo.desk.rhythms import RhythmViewSet
from promo.desk.take_down import TakeDownViewSet
from promo.desk.whereabouts import WhereaboutsViewSet
from promo.models import (
    Anniversary,
    Branch,
    BulkAct,
    Campaign,
    Destination,
    DomainLimit,
    Entry,
    FairShare,
    Halt,
    Institution,
    Issue,
    Item,
    Newsletter,
    Partner,
    Publication,
    ReaderExport,
    Segment,
    Source,
    Subscriber,
    Subscription,
    Timetable,
)
from promo.services import reader_exports

previews.install()
wording.install()
institution.install()

for viewset in (ItemViewSet, IssueViewSet, CampaignViewSet, ReadersGroup, PlacesGroup):
    register_snippet(viewset)
register_snippet(DomainLimitViewSet)
register_snippet(AnniversaryViewSet)

HIDDEN_MENU = {"explorer", "documents", "reports", "help", "snippets"}
HIDDEN_SETTINGS = {"collections", "sites", "locales", "redirects", "workflow-tasks"}
MET = (
    *(Item, Issue, Campaign, Publication, Entry),
    *(Newsletter, Subscriber, Subscription),
    *(Segment, BulkAct, ReaderExport),
    *(Branch, Destination, FairShare, Institution, Partner, Source, Timetable),
    *(DomainLimit, Halt),
    Anniversary,
)
"""The models whose permissions decide what somebody sees and does at the desk."""
PLACES = {"images": 140}
"""Where Wagtail's own menu items stand among ours: writing, seeing, readers, set-up."""


@register("register_admin_viewset")
def viewsets() -> list[ViewSet]:
    return [
        CalendarViewSet(),
        WhereaboutsViewSet(),
        PublicationsViewSet(),
        InboxViewSet(),
        DestinationViewSet(),
        PlanViewSet(),
        LevelsViewSet(),
        ReaderImportsViewSet(),
        ReaderExportsViewSet(),
        BulkActsViewSet(),
        RhythmViewSet(),
        FillingsViewSet(),
        IssueChecksViewSet(),
        EventActsViewSet(),
        MissedViewSet(),
        HaltsViewSet(),
        AnniversaryFileViewSet(),
        RehearsalsViewSet(),
        TakeDownViewSet(),
    ]


@register("register_permissions")
def permissions() -> Any:
    """What the groups' editor offers: the models people meet, none of the machinery's."""
    named = [model._meta.model_name for model in MET]  # noqa: SLF001  (Django's public name)
    return Permission.objects.filter(content_type__app_label="promo", content_type__model__in=named)


@register("construct_main_menu")
def trim_menu(request: HttpRequest, items: list[Any]) -> None:
    items[:] = [item for item in items if item.name not in HIDDEN_MENU]
    for item in items:
        item.order = PLACES.get(item.name, item.order)


@register("register_admin_search_area")
def search_items() -> SearchArea:
    """The first area is where the menu's search field leads."""
    return SearchArea(
        ItemViewSet.menu_label,
        reverse("wagtailsnippets_promo_item:list"),
        name="items",
        icon_name="date",
        order=0,
    )


@register("construct_settings_menu")
def trim_settings(request: HttpRequest, items: list[Any]) -> None:
    items[:] = [item for item in items if item.name not in HIDDEN_SETTINGS]


@register("construct_homepage_panels")
def homepage(request: HttpRequest, panels: list[Any]) -> None:
    panels[:] = home_panels(request)
    if request.user.has_perm("promo.change_issue"):
        panels.append(FillingsPanel(request))


@register("construct_homepage_summary_items")
def no_summary(request: HttpRequest, items: list[Any]) -> None:
    items.clear()


@register("construct_snippet_action_menu")
def approval_first(menu_items: list[Any], request: HttpRequest, context: Any) -> None:
    """While an item is in review, approving is the one big button; plain publishing hides."""
    in_review = any(item.name == "approve" for item in menu_items)
    menu_items[:] = [
        item for item in menu_items if not (in_review and item.name == "action-publish")
    ]
    menu_items.sort(key=lambda item: item.name != "approve")


@register("insert_global_admin_css")
def styles() -> str:
    return format_html('<link rel="stylesheet" href="{}">', static("promo/desk.css"))


@register("insert_global_admin_js")
def scripts() -> str:
    return format_html('<script src="{}" defer></script>', static("promo/desk.js"))


@register("insert_global_admin_js")
def segment_scripts() -> str:
    return format_html('<script src="{}" defer></script>', static("promo/segments.js"))


@register("register_log_actions")
def logged_actions(actions: Any) -> None:
    """What the desk's history calls an export."""
    actions.register_action(
        reader_exports.LOGGED, gettext_lazy("Export readers"), gettext_lazy("Readers exported")
    )


@register("insert_editor_js")
def editor_scripts() -> str:
    # A form that Django would turn away is stopped in the browser, where its text is safe.
    return format_html(
        '<script src="{}" data-plan-url="{}" data-most="{}" data-too-large="{}" defer></script>',
        static("promo/editor.js"),
        reverse("plan:show"),
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
        _("The text is too long to be saved. Nothing is lost: it is still here. Shorten it."),
    )


@register("before_bulk_action")
def one_by_one(
    request: HttpRequest, action_type: str, objects: Any, action: Any
) -> HttpResponse | None:
    """Nothing of ours is deleted by the dozen: each has its own rule of what must stay."""
    if action_type == "delete" and action.model._meta.app_label == "promo":  # noqa: SLF001
        messages.error(request, _("Please delete these one by one."))
        return redirect("wagtailadmin_home")
    return None
