"""Subscribers as a file: whom, what is in it, who took one before; then the file itself."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.viewsets.base import ViewSet

from promo.desk import downloads
from promo.desk.screens import FROM_SUBSCRIBERS, Screen, staff
from promo.desk.selection import selected
from promo.models import ReaderExport
from promo.services import reader_exports
from promo.services.clock import database_now

ALLOWED = "promo.add_readerexport"
SHOWN = 20


class ReaderExportsViewSet(ViewSet):
    name = url_namespace = "reader_exports"
    url_prefix = "subscribers/export"
    icon = "download"

    def get_urlpatterns(self) -> list[Any]:
        return [path("", ExportView.as_view(), name="index")]


class ExportView(Screen):
    """Says what will leave the house before it does; a POST fetches the file."""

    permission = ALLOWED
    template_name = "promo/desk/reader_export.html"
    page_title = gettext_lazy("Export readers")
    header_icon = "download"
    parents = FROM_SUBSCRIBERS

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        selection = selected(self.request.GET)
        return context | {
            "selection": selection,
            "count": selection.count(now=database_now()),
            "exports": ReaderExport.objects.all()[:SHOWN],
        }

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        selection = selected(request.GET)
        now = database_now()
        export = reader_exports.begin(user=staff(request), about=selection.about, now=now)
        lines = reader_exports.lines(export, selection.rows, ids=selection.ids, now=now)
        day = timezone.localdate(now).isoformat()
        return downloads.table(f"{_('readers')}-{day}.csv", lines)
