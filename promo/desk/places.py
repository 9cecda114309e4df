"""Branches, partners, sources and timetables: what is set up once."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from promo.desk.fair_shares import FairShareViewSet
from promo.desk.snippets import DateColumn, DeskViewSet, YesNoColumn
from promo.models import Branch, Partner, Source, Timetable
from promo.services import channels


class BranchViewSet(DeskViewSet):
    model = Branch
    icon = "home"
    url_prefix = "branches"
    list_display = ["name", "street", "locality", "phone"]
    panels = [
        FieldPanel("name"),
        FieldPanel("slug"),
        FieldRowPanel([FieldPanel("street"), FieldPanel("postal_code"), FieldPanel("locality")]),
        FieldRowPanel([FieldPanel("phone"), FieldPanel("email")]),
        FieldPanel("accessibility"),
    ]


class PartnerViewSet(DeskViewSet):
    model = Partner
    icon = "group"
    url_prefix = "partners"
    list_display = ["name", "url"]


class SourceViewSet(DeskViewSet):
    model = Source
    icon = "download"
    url_prefix = "sources"
    list_display = [
        "name",
        "url",
        YesNoColumn("active", label=_("In use")),
        DateColumn("read_at", label=_("Last read"), sort_key="read_at"),
        "problem",
    ]
    panels = [
        FieldPanel("name"),
        FieldPanel("url"),
        FieldRowPanel([FieldPanel("kind"), FieldPanel("partner", widget=forms.Select)]),
        FieldRowPanel([FieldPanel("every_minutes"), FieldPanel("active")]),
    ]


class ChannelSelect(forms.Select):
    """Offers the channels by their names; the model knows only their keys."""

    def create_option(self, name: str, value: Any, label: Any, *args: Any, **kwargs: Any) -> Any:
        known = channels.installed().get(str(value))
        return super().create_option(name, value, known.label if known else label, *args, **kwargs)


WHEN = _(
    "D is the day of the event: D-14 17:00 means two weeks before it at 17:00, D 09:00 the day "
    "itself. Also: end-5 10:00 (five days before the end), deadline-1 17:00 (the day before the "
    "closing date), half 12:00 (halfway), approval (at once, when it is approved)."
)


class Unexplained(FieldPanel):
    """A field that is explained elsewhere: here once, above the steps."""

    class BoundPanel(FieldPanel.BoundPanel):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.help_text = ""


STEP = [
    Unexplained("when"),
    FieldRowPanel([FieldPanel("channel", widget=ChannelSelect), FieldPanel("variant")]),
    FieldPanel("needs"),
    FieldPanel("only_if_starts_after"),
    FieldPanel("key"),
]


class TimetableViewSet(DeskViewSet):
    model = Timetable
    icon = "time"
    url_prefix = "timetables"
    list_display = ["name", Column("level", label=_("Promotion"), accessor="get_level_display")]
    panels = [
        FieldPanel("name"),
        FieldPanel("level"),
        FieldPanel("kinds"),
        InlinePanel("steps", STEP, heading=_("Steps"), label=_("step"), help_text=WHEN),
        FieldPanel("key", help_text=_("For imports and for the record; nobody else sees it.")),
    ]


class PlacesGroup(SnippetViewSetGroup):
    items = (
        TimetableViewSet,
        FairShareViewSet,
        BranchViewSet,
        PartnerViewSet,
        SourceViewSet,
    )
    menu_label = _("Set-up")
    menu_icon = "sliders"
    menu_name = "setup"
    menu_order = 170
