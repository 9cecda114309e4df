"""Newsletter issues: the block editor and the list."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, ObjectList, TabbedInterface
from wagtail.snippets.views.snippets import SnippetViewSet

from promo.desk.forms import GatedForm
from promo.models import Issue


class IssueViewSet(SnippetViewSet):
    model = Issue
    icon = "mail"
    url_prefix = "issues"
    menu_label = _("Newsletter")
    menu_name = "issues"
    add_to_admin_menu = True
    menu_order = 120
    list_display = ["subject", "newsletter", "send_at", "approval_state"]
    list_filter = ["newsletter", "live"]
    copy_view_enabled = True
    edit_handler = TabbedInterface(
        [
            ObjectList(
                [FieldPanel("subject"), FieldPanel("preheader"), FieldPanel("blocks")],
                heading=_("Content"),
            ),
            ObjectList(
                [
                    FieldRowPanel([FieldPanel("newsletter"), FieldPanel("language")]),
                    FieldPanel("send_at"),
                ],
                heading=_("Sending"),
            ),
        ],
        base_form_class=GatedForm,
    )
