"""What our own screens share: Wagtail's frame and a permission."""

from typing import Any, ClassVar

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.views.generic import TemplateView
from wagtail.admin.views.generic import WagtailAdminTemplateMixin


def staff(request: HttpRequest) -> User:
    """Who is signed in; raises PermissionDenied for nobody."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


class Screen(WagtailAdminTemplateMixin, TemplateView):
    """A screen in Wagtail's frame. Entering the admin is not enough: a permission is needed."""

    permission: ClassVar[str] = "promo.view_item"
    _show_breadcrumbs = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)
