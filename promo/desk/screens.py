"""What our own screens share: Wagtail's frame, a permission, and a menu item that keeps to it."""

from typing import Any, ClassVar

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

FROM_SUBSCRIBERS = (
    {
        "url": reverse_lazy("wagtailsnippets_promo_subscriber:list"),
        "label": gettext_lazy("Subscribers"),
    },
)
"""The way to a screen that hangs below the list of subscribers."""


def staff(request: HttpRequest) -> User:
    """Who is signed in; raises PermissionDenied for nobody."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def closed(request: HttpRequest) -> HttpResponseBase:
    """No such page, for addresses of Wagtail that lead nowhere here."""
    raise Http404


class Screen(WagtailAdminTemplateMixin, TemplateView):
    """A screen in Wagtail's frame. Entering the admin is not enough: a permission is needed."""

    permission: ClassVar[str] = "promo.view_item"
    parents: ClassVar[tuple[dict[str, Any], ...]] = ()
    """What the breadcrumb shows between the desk's first screen and this one."""

    _show_breadcrumbs = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        here = {"url": "", "label": self.get_page_title()}
        return [*self.breadcrumbs_items, *self.parents, here]


def menu_item_for(permission: str) -> type[MenuItem]:
    """A menu item that only those see who have the permission."""

    class PermittedItem(MenuItem):
        def is_shown(self, request: HttpRequest) -> bool:
            return bool(request.user.has_perm(permission))

    return PermittedItem
