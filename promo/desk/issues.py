"""Newsletter issues: the block editor and the list."""

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, ObjectList, TabbedInterface
from wagtail.admin.ui.tables import Column

from promo.desk.forms import IssueForm
from promo.desk.snippets import DateColumn, DeskViewSet, StateColumn
from promo.models import Issue


class IssueViewSet(DeskViewSet):
    model = Issue
    icon = "mail"
    url_prefix = "issues"
    menu_label = _("Newsletter")
    menu_name = "issues"
    add_to_admin_menu = True
    menu_order = 110
    list_display = [
        "subject",
        Column("newsletter", label=_("Newsletter"), sort_key="newsletter__name"),
        DateColumn("send_at", label=_("Goes out"), sort_key="send_at"),
        StateColumn("approval_state", label=_("Approval")),
    ]
    list_per_page = 30
    list_filter = ["newsletter", "live"]
    copy_view_enabled = True
    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    FieldPanel("subject", required_on_save=True),
                    FieldPanel("preheader"),
                    FieldPanel("blocks"),
                ],
                heading=_("Content"),
            ),
            ObjectList(
                [
                    FieldRowPanel(
                        [FieldPanel("newsletter", widget=forms.Select), FieldPanel("language")]
                    ),
                    FieldPanel("send_at"),
                ],
                heading=_("Sending"),
            ),
        ],
        base_form_class=IssueForm,
    )
