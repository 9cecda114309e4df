"""Branches, partners, sources and timetables: what is set up once."""

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from promo.desk.snippets import DeskViewSet
from promo.models import Branch, Partner, Source, Timetable


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
    list_display = ["name", "url", "active", "read_at", "problem"]
    panels = [
        FieldPanel("name"),
        FieldPanel("url"),
        FieldRowPanel([FieldPanel("kind"), FieldPanel("partner", widget=forms.Select)]),
        FieldRowPanel([FieldPanel("every_minutes"), FieldPanel("active")]),
    ]


class TimetableViewSet(DeskViewSet):
    model = Timetable
    icon = "time"
    url_prefix = "timetables"
    list_display = ["name", "level"]
    panels = [
        FieldPanel("name"),
        FieldPanel("key"),
        FieldPanel("level"),
        FieldPanel("kinds"),
        InlinePanel("steps", heading=_("Steps"), label=_("Step")),
    ]


class PlacesGroup(SnippetViewSetGroup):
    items = (TimetableViewSet, BranchViewSet, PartnerViewSet, SourceViewSet)
    menu_label = _("Set-up")
    menu_icon = "sliders"
    menu_name = "setup"
    menu_order = 170
