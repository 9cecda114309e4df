"""The inbox: what the sources brought, waiting to become items."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from wagtail.admin.viewsets.base import ViewSet

from promo.desk.items import ItemViewSet
from promo.desk.screens import Screen, menu_item_for
from promo.errors import PromoError
from promo.models import Entry, Source
from promo.services import sources


class InboxViewSet(ViewSet):
    name = url_namespace = "inbox"
    icon = "download"
    menu_label = gettext_lazy("Inbox")
    menu_order = 135
    menu_item_class = menu_item_for("promo.view_entry")
    add_to_admin_menu = True

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("", InboxView.as_view(), name="index"),
            path("<int:pk>/act/", act, name="act"),
        ]


class InboxView(Screen):
    permission = "promo.view_entry"
    template_name = "promo/desk/inbox.html"
    page_title = gettext_lazy("Inbox")
    header_icon = "download"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        rows = Entry.objects.filter(state=Entry.State.NEW).select_related("source")
        page = Paginator(rows, 30).get_page(self.request.GET.get("p"))
        return context | {
            "page": page,
            "sources": Source.objects.all(),
            "troubled": Source.objects.exclude(problem=""),
        }


@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Create an item from an entry, or set it aside."""
    if not request.user.has_perms(("promo.add_item", "promo.change_entry")):
        raise PermissionDenied
    entry = get_object_or_404(Entry, pk=pk)
    if request.POST.get("act") == "ignore":
        sources.set_aside(entry=entry)
        messages.success(request, _("The entry has been set aside."))
        return redirect("inbox:index")
    try:
        item = sources.make_item(entry=entry)
    except PromoError as error:
        messages.error(request, error.text)
        return redirect("inbox:index")
    return redirect(reverse(f"{ItemViewSet().url_namespace}:edit", args=[item.pk]))
