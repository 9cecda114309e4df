"""What the desk hangs into Wagtail: screens, menu, styles, buttons."""

from typing import Any

from django.contrib.auth.models import Permission
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from wagtail.admin.viewsets.base import ViewSet
from wagtail.hooks import register
from wagtail.snippets.models import register_snippet

from promo.desk import previews
from promo.desk.calendar import CalendarViewSet
from promo.desk.campaigns import CampaignViewSet
from promo.desk.dashboard import home_panels
from promo.desk.destinations import DestinationViewSet
from promo.desk.inbox import InboxViewSet
from promo.desk.issues import IssueViewSet
from promo.desk.items import ItemViewSet
from promo.desk.places import PlacesGroup
from promo.desk.planpanel import PlanViewSet
from promo.desk.publications import PublicationsViewSet
from promo.desk.readers import ReadersGroup

previews.install()

for viewset in (ItemViewSet, IssueViewSet, CampaignViewSet, ReadersGroup, PlacesGroup):
    register_snippet(viewset)

HIDDEN_MENU = {"explorer", "documents", "reports", "help", "snippets"}
HIDDEN_SETTINGS = {"collections", "sites", "locales", "redirects", "workflow-tasks"}
KEPT_PANELS = {
    "workflow_objects_to_moderate",
    "user_objects_in_workflow_moderation",
    "locked_pages",
}


@register("register_admin_viewset")
def viewsets() -> list[ViewSet]:
    return [
        CalendarViewSet(),
        PublicationsViewSet(),
        InboxViewSet(),
        DestinationViewSet(),
        PlanViewSet(),
    ]


@register("register_permissions")
def permissions() -> Any:
    return Permission.objects.filter(content_type__app_label="promo")


@register("construct_main_menu")
def trim_menu(request: HttpRequest, items: list[Any]) -> None:
    items[:] = [item for item in items if item.name not in HIDDEN_MENU]


@register("construct_settings_menu")
def trim_settings(request: HttpRequest, items: list[Any]) -> None:
    items[:] = [item for item in items if item.name not in HIDDEN_SETTINGS]


@register("construct_homepage_panels")
def homepage(request: HttpRequest, panels: list[Any]) -> None:
    kept = [panel for panel in panels if getattr(panel, "name", "") in KEPT_PANELS]
    panels[:] = [*home_panels(request), *kept]


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


@register("insert_editor_js")
def editor_scripts() -> str:
    return format_html(
        '<script src="{}" data-plan-url="{}" defer></script>',
        static("promo/editor.js"),
        reverse("plan:show"),
    )
