"""On this day: the calendar of regional anniversaries, and taking it in from a file."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse, reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, ObjectList
from wagtail.admin.ui.tables import Column
from wagtail.admin.viewsets.base import ViewSet
from wagtail.admin.widgets.button import HeaderButton

from promo.desk.screens import Screen
from promo.desk.snippets import DeskViewSet, OneByOne, YesNoColumn
from promo.errors import InvalidRows
from promo.importing.anniversaries import read_anniversaries
from promo.models import Anniversary
from promo.services import anniversaries

ADDING = "promo.add_anniversary"
SHOWN = 20
ABOUT = _(
    "Before each anniversary Promo makes a draft of it, which waits for approval. Approved, it is "
    "shown on that day; nothing goes out by itself. Round years are named in its title: “100 years "
    "ago: …”. 29 February is remembered on the 28th in the years that do not have one."
)


class AnniversaryList(OneByOne):
    """The whole year, from January on, and the way to bring a list along."""

    @cached_property
    def header_buttons(self) -> list[Any]:
        buttons: list[Any] = list(super().header_buttons)
        if self.request.user.has_perm(ADDING):
            address = reverse("anniversaries:take_in")
            buttons.append(
                HeaderButton(gettext("Import from a file"), url=address, icon_name="upload")
            )
        return buttons


class AnniversaryViewSet(DeskViewSet):
    model = Anniversary
    index_view_class = AnniversaryList
    icon = "history"
    url_prefix = "on-this-day"
    menu_label = _("On this day")
    menu_name = "on-this-day"
    add_to_admin_menu = True
    menu_order = 132
    list_display = [
        "title",
        Column("day_label", label=_("Day"), sort_key="on"),
        Column("year", label=_("Year"), sort_key="year"),
        Column("branch", label=_("Branch")),
        Column("last_year", label=_("Last draft")),
        YesNoColumn("active", label=_("Remembered")),
    ]
    ordering = ("on", "year")
    list_per_page = 50
    search_fields = ["title", "text"]
    edit_handler: Any = ObjectList(
        [
            HelpPanel(content=ABOUT),
            FieldPanel("title"),
            FieldRowPanel([FieldPanel("on"), FieldPanel("year")]),
            FieldPanel("text"),
            FieldPanel("source"),
            FieldPanel("photo"),
            FieldRowPanel([FieldPanel("branch", widget=forms.Select), FieldPanel("active")]),
        ]
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Anniversary]:
        rows = Anniversary.objects.select_related("branch")
        return rows.annotate(last_year=Max("remembrances__year"))


class AnniversaryFileViewSet(ViewSet):
    name = url_namespace = "anniversaries"
    add_to_admin_menu = False

    def get_urlpatterns(self) -> list[Any]:
        return [path("import/", TakeInView.as_view(), name="take_in")]


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "A CSV file with the columns date, title, text and source. A date is written "
            "24.12.1926, or 24.12 if the year is not known."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv"}),
    )


class TakeInView(Screen):
    permission = ADDING
    template_name = "promo/desk/anniversaries_import.html"
    page_title = gettext_lazy("Import anniversaries")
    header_icon = "upload"
    parents = (
        {
            "url": reverse_lazy("wagtailsnippets_promo_anniversary:list"),
            "label": gettext_lazy("On this day"),
        },
    )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        refused: InvalidRows | None = kwargs.get("refused")
        shown = refused.errors[:SHOWN] if refused else ()
        more = len(refused.errors) - len(shown) if refused else 0
        form = kwargs.get("form") or FileForm()
        return context | {"form": form, "refused": refused, "errors": shown, "more": more}

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        form = FileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        try:
            inputs = read_anniversaries(form.cleaned_data["file"].read())
            added = anniversaries.take_in(inputs=inputs)
        except InvalidRows as error:
            return self.render_to_response(self.get_context_data(refused=error))
        text = ngettext(
            "{count} anniversary is new in the calendar.",
            "{count} anniversaries are new in the calendar.",
            added,
        )
        messages.success(request, text.format(count=added))
        return redirect("wagtailsnippets_promo_anniversary:list")
