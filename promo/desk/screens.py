"""What our own screens share: Wagtail's frame and a permission."""

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.generic import TemplateView
from wagtail.admin.views.generic import WagtailAdminTemplateMixin


class Screen(WagtailAdminTemplateMixin, TemplateView):
    """A screen in Wagtail's frame. Entering the admin is not enough: a permission is needed."""

    permission: ClassVar[str] = "promo.view_item"
    _show_breadcrumbs = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)
        return answer
