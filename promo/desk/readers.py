"""Newsletters and who reads them."""

from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter, ModelChoiceFilter
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, ObjectList
from wagtail.admin.ui.tables import Column
from wagtail.admin.widgets.button import HeaderButton
from wagtail.log_actions import log
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from promo.desk import selection
from promo.desk.embedding import EmbedPanel
from promo.desk.paging import LongPaginator
from promo.desk.returned import ReturnedViewSet
from promo.desk.rhythms import RhythmPanel, told
from promo.desk.segments import SegmentViewSet
from promo.desk.snippets import CarefulDelete, DateColumn, DeskViewSet, OneByOne, YesNoColumn
from promo.models import Newsletter, Segment, Subscriber, Subscription
from promo.services import newsletters, segments, subscribers
from promo.services.clock import database_now


class NewsletterForm(WagtailAdminModelForm):
    """Saves through the service, which gives a new newsletter its destination."""

    def save(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002  (Django's signature)
        newsletter = super().save(commit=False)
        if commit:
            newsletters.save(newsletter=newsletter)
        return newsletter


class NewsletterDelete(CarefulDelete):
    """Goes with its destination, and only while nobody reads it."""

    def delete_action(self) -> None:
        log(instance=self.object, action="wagtail.delete")
        newsletters.remove(newsletter=self.object)


class SubscriberDelete(CarefulDelete):
    """Forgets the person; only a hash of the address stays, so that it is never mailed again."""

    def delete_action(self) -> None:
        log(instance=self.object, action="wagtail.delete")  # who and when; `erase` blots out whom
        subscribers.erase(subscriber=self.object, now=database_now())


class NewsletterViewSet(DeskViewSet):
    model = Newsletter
    icon = "mail"
    url_prefix = "newsletters"
    menu_label = _("Newsletters")
    list_display = [
        "name",
        "from_email",
        Column("language", label=_("Language"), accessor="get_language_display"),
        YesNoColumn("open_to_sign_up", label=_("Open for sign-up")),
        Column("rhythm", label=_("Issues compose themselves"), accessor=told),
    ]
    delete_view_class = NewsletterDelete
    panels = [
        RhythmPanel(),
        FieldPanel("name"),
        FieldPanel("slug"),
        FieldPanel("description"),
        FieldRowPanel([FieldPanel("from_name"), FieldPanel("from_email")]),
        FieldRowPanel([FieldPanel("reply_to"), FieldPanel("language")]),
        FieldPanel("unknown_policy"),
        FieldPanel("tracking"),
        FieldPanel("open_to_sign_up"),
        EmbedPanel(heading=_("Sign-up form on other websites")),
        FieldPanel("testers"),
    ]

    def get_edit_handler(self) -> Any:
        handler = ObjectList(self.panels, base_form_class=NewsletterForm)
        return handler.bind_to_model(self.model)


class SubscriberFilters(WagtailFilterSet):
    """The filters of the list; exports and acts on the list read them in the same way."""

    newsletter = ModelChoiceFilter(queryset=Newsletter.objects.all(), label=_("Newsletter"))
    state = ChoiceFilter(choices=Subscription.State.choices, label=_("Subscription"))
    segment = ModelChoiceFilter(queryset=Segment.objects.all(), label=_("Segment"))

    class Meta:
        model = Subscriber
        fields = ["language"]

    def filter_queryset(self, queryset: QuerySet[Subscriber]) -> QuerySet[Subscriber]:
        rows = selection.rows_of(self.form.cleaned_data)
        return queryset.filter(segments.meant(rows, now=database_now()))


class TickColumn(Column):
    """A box for each reader who is to be acted on."""

    cell_template_name = "promo/desk/cell_tick.html"


class SubscriberList(OneByOne):
    """Readers come from sign-up forms and from files, not one by one from the desk."""

    paginator_class = LongPaginator

    def order_queryset(self, queryset: QuerySet[Subscriber]) -> QuerySet[Subscriber]:
        # As the index has them, and so that no two rows share a place.
        by: Any = {
            "email": (Lower("email"),),
            "-email": (Lower("email").desc(),),
            "name": ("name", "id"),
            "-name": ("-name", "-id"),
        }.get(self.ordering)
        return queryset.order_by(*by) if by else super().order_queryset(queryset)

    @cached_property
    def columns(self) -> list[Any]:
        own = list(super().columns)
        if self.request.user.has_perm("promo.add_bulkact"):
            own.insert(0, TickColumn("tick", label=_("Tick")))
        return own

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        if not self.request.user.has_perm("promo.add_subscriber"):
            return []
        address = reverse("reader_imports:index")
        return [HeaderButton(_("Import readers"), url=address, icon_name="upload")]


class SubscriberViewSet(DeskViewSet):
    model = Subscriber
    index_view_class = SubscriberList
    delete_view_class = SubscriberDelete
    icon = "user"
    url_prefix = "subscribers"
    menu_label = _("Subscribers")
    list_display = [
        "email",
        "name",
        Column("language", label=_("Language"), accessor="get_language_display"),
        Column("reading", label=_("Newsletters")),
        Column("problem", label=_("Problem")),
        DateColumn("created_at", label=_("Since"), sort_key="id"),
    ]
    filterset_class = SubscriberFilters
    search_fields = ["email", "name"]
    list_per_page = 50
    inspect_view_enabled = True
    add_view_enabled = False
    panels = [FieldPanel("email"), FieldPanel("name"), FieldPanel("language")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscriber]:
        return Subscriber.objects.prefetch_related("subscriptions__newsletter")


class ReadersGroup(SnippetViewSetGroup):
    items = (SubscriberViewSet, SegmentViewSet, NewsletterViewSet, ReturnedViewSet)
    menu_label = _("Readers")
    menu_icon = "group"
    menu_name = "readers"
    menu_order = 150
