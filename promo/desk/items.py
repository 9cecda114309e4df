"""Events and news: the editor, its tabs, and the list."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    InlinePanel,
    MultiFieldPanel,
    ObjectList,
    TabbedInterface,
)
from wagtail.admin.ui.tables import Column
from wagtail.admin.widgets import AdminAutoHeightTextInput
from wagtail.admin.widgets.button import Button

from promo.desk.evergreen import EVERGREEN
from promo.desk.forms import ItemForm
from promo.desk.planpanel import PlanPanel
from promo.desk.repetition import RepetitionInput
from promo.desk.snippets import DateColumn, DeskEdit, DeskViewSet, StateColumn
from promo.models import Item
from promo.services import takedowns

CONTENT = [
    FieldPanel("title", required_on_save=True),  # a draft without a name is found by nobody
    FieldRowPanel([FieldPanel("kind"), FieldPanel("language")]),
    FieldPanel("lead", widget=AdminAutoHeightTextInput(attrs={"maxlength": 160})),
    FieldPanel("body"),
    InlinePanel("photos", heading=_("Pictures"), label=_("picture"), max_num=10),
    FieldPanel("facebook_text"),
    FieldPanel("hashtags"),
    FieldPanel("more_url"),
    FieldPanel("report"),
]
WHEN_AND_WHERE = [
    MultiFieldPanel(
        [
            FieldRowPanel([FieldPanel("starts_at"), FieldPanel("ends_at")]),
            FieldPanel("all_day"),
            FieldPanel(
                "recurrence",
                widget=RepetitionInput,
                help_text=_("For a series: how often it takes place, beginning with the start."),
            ),
            FieldPanel("deadline_at"),
        ],
        heading=_("When"),
    ),
    MultiFieldPanel(
        [
            FieldRowPanel([FieldPanel("branch", widget=forms.Select), FieldPanel("venue")]),
            FieldPanel("accessibility"),
        ],
        heading=_("Where"),
    ),
    MultiFieldPanel(
        [
            FieldPanel("audiences"),
            FieldRowPanel([FieldPanel("price"), FieldPanel("capacity")]),
            FieldPanel("sign_up"),
            FieldRowPanel([FieldPanel("sign_up_url"), FieldPanel("sign_up_until_at")]),
            FieldPanel("contact"),
        ],
        heading=_("Audience, price and sign-up"),
    ),
    MultiFieldPanel(
        [
            FieldPanel("partners", widget=forms.CheckboxSelectMultiple),
            FieldPanel("funding_note"),
        ],
        heading=_("Partners and funding"),
    ),
    MultiFieldPanel(
        [FieldRowPanel([FieldPanel("status"), FieldPanel("previous_starts_at")])],
        heading=_("Status"),
    ),
]
PROMOTION = [
    FieldPanel("level"),
    FieldPanel("timetable", widget=forms.Select),
    EVERGREEN,
    PlanPanel(heading=_("What will go out and when")),
]


class ItemFilters(WagtailFilterSet):
    class Meta:
        model = Item
        fields = ["kind", "branch", "status", "level", "live"]


class ItemEdit(DeskEdit):
    """The editor of an approved event leads to what can be done to it in one act."""

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        buttons: list[Any] = super().header_more_buttons
        if self.object.live:
            act = Button(
                gettext("Move, cancel or mark as full…"),
                url=reverse("event_acts:index", args=[self.object.pk]),
                icon_name="date",
                priority=5,
            )
            buttons.append(act)
        if self.object.first_published_at and self.request.user.has_perm(takedowns.MAY):
            everywhere = Button(
                gettext("Take down everywhere…"),
                url=reverse("take_down:ask", args=[self.object.pk]),
                icon_name="warning",
                priority=90,
            )
            buttons.append(everywhere)
        return buttons


class ItemViewSet(DeskViewSet):
    model = Item
    edit_view_class = ItemEdit
    icon = "date"
    url_prefix = "items"
    menu_label = _("Events and news")
    menu_name = "items"
    add_to_admin_menu = True
    menu_order = 100
    list_display = [
        "title",
        Column("kind", label=_("Kind"), accessor="get_kind_display", sort_key="kind"),
        DateColumn("starts_at", label=_("Starts"), sort_key="starts_at"),
        Column("branch", label=_("Branch"), sort_key="branch__name"),
        StateColumn("approval_state", label=_("Approval")),
    ]
    filterset_class = ItemFilters
    search_fields = ["title", "lead"]
    list_per_page = 30
    copy_view_enabled = True
    edit_handler = TabbedInterface(
        [
            ObjectList(CONTENT, heading=_("Content")),
            ObjectList(WHEN_AND_WHERE, heading=_("When and where")),
            ObjectList(PROMOTION, heading=_("Promotion")),
        ],
        base_form_class=ItemForm,
    )
