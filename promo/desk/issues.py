"""Newsletter issues: the block editor and the list. An issue that has left us is only read."""

from typing import Any

from django import forms
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    MultiFieldPanel,
    ObjectList,
    TabbedInterface,
)
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.ui.tables import Column
from wagtail.locks import BaseLock

from promo.desk.fillings import FillingNotice
from promo.desk.forms import IssueForm
from promo.desk.issue_checks import IssueChecksPanel, IssueReadersPanel
from promo.desk.snippets import DateColumn, DeskEdit, DeskViewSet, GatedAction, StateColumn
from promo.models import Issue, Mailing, Publication
from promo.protocol import UNSENT, State


def sent(issue: Issue) -> Publication | None:
    """The issue's publication once it has left us: from then on no change reaches a reader."""
    for row in issue.publications.all():
        if hasattr(row, "mailing") or row.state not in UNSENT | {State.CANCELLED}:
            return row
    return None


def sent_text(row: Publication) -> str:
    """When it went out and to how many, in one sentence."""
    mailing = getattr(row, "mailing", None)
    at = mailing.started_at if mailing else row.published_at
    if at is None:
        return gettext("It has left the desk; its state: {state}.").format(
            state=row.get_state_display()
        )
    local = timezone.localtime(at)
    words = {
        "day": formats.date_format(local, "j E Y"),
        "hour": formats.date_format(local, "H:i"),
        "count": mailing.readers if mailing else 0,
    }
    if mailing is None:
        return gettext("Sent on %(day)s at %(hour)s.") % words
    if mailing.state == Mailing.State.CANCELLED:
        return gettext("Sending began on %(day)s at %(hour)s and was stopped.") % words
    if mailing.state == Mailing.State.FINISHED:
        return (
            ngettext(
                "Sent on %(day)s at %(hour)s to %(count)s reader.",
                "Sent on %(day)s at %(hour)s to %(count)s readers.",
                mailing.readers,
            )
            % words
        )
    return (
        ngettext(
            "Going out to %(count)s reader since %(day)s, %(hour)s.",
            "Going out to %(count)s readers since %(day)s, %(hour)s.",
            mailing.readers,
        )
        % words
    )


class SentColumn(Column):
    """Whether the issue is out: since when, to how many, and where to see more."""

    cell_template_name = "promo/desk/cell_sent.html"

    def get_value(self, instance: Issue) -> Publication | None:
        return sent(instance)


class SentLock(BaseLock):
    """Holds an issue that has left us: readers keep what they got."""

    button = _("Sent")

    def __init__(self, issue: Issue, row: Publication) -> None:
        super().__init__(issue)
        self.row = row

    def for_user(self, user: Any) -> bool:
        return True

    def get_message(self, user: Any) -> str:
        return format_html(
            '<b>{}</b> {} <a href="{}">{}</a>',
            sent_text(self.row),
            gettext("It cannot be changed any more. Copy it to write the next one."),
            reverse("publications:show", args=[self.row.pk]),
            gettext("See its publication"),
        )

    def get_icon(self, user: Any) -> str:
        return "mail"

    def get_locked_by(self, user: Any) -> str:
        return gettext("Sent")

    def get_description(self, user: Any) -> str:
        return sent_text(self.row)


class IssueEdit(DeskEdit):
    """The editor; of a sent issue it shows what went out and saves nothing."""

    def get_lock(self) -> BaseLock | None:
        row = sent(self.object)
        lock: BaseLock | None = SentLock(self.object, row) if row else super().get_lock()
        return lock

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["action_menu"].context["lock"] = self.lock  # its button says why it is none
        return context

    def get_side_panels(self) -> MediaContainer:
        panels = super().get_side_panels()
        for panel in panels:
            if panel.name == "status" and isinstance(self.lock, SentLock):
                panel.locking_enabled = False  # it would ask the model, which knows nothing of it
        return panels


class IssueAction(GatedAction):
    """What was written after the issue went out is not approved: it would reach nobody."""

    def objections(self) -> list[str]:
        row = sent(self.object)
        return [sent_text(row)] if row else super().objections()


SECOND_SUBJECT = MultiFieldPanel(
    [
        FieldPanel("subject_b"),
        FieldRowPanel([FieldPanel("sample_percent"), FieldPanel("sample_hours")]),
    ],
    heading=_("Compare two subjects"),
    help_text=_(
        "Some readers get the issue first, half of them with each subject. The subject with more "
        "clicks then goes to everybody else. Worth it from about 1,000 readers; the newsletter "
        "must count opens and clicks."
    ),
    classname="collapsed",
)


class IssueViewSet(DeskViewSet):
    edit_view_class = IssueEdit
    workflow_action_view_class = IssueAction
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
        SentColumn("sent", label=_("Sent")),
    ]
    list_per_page = 30
    list_filter = ["newsletter", "live"]
    copy_view_enabled = True
    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    FillingNotice(),
                    FieldPanel("subject", required_on_save=True),
                    FieldPanel("preheader"),
                    SECOND_SUBJECT,
                    FieldPanel("blocks"),
                ],
                heading=_("Content"),
            ),
            ObjectList(
                [
                    FieldRowPanel(
                        [FieldPanel("newsletter", widget=forms.Select), FieldPanel("language")]
                    ),
                    FieldPanel("segment", widget=forms.Select),
                    IssueReadersPanel(),
                    FieldPanel("send_at"),
                ],
                heading=_("Sending"),
            ),
            ObjectList([IssueChecksPanel()], heading=_("Check and test")),
        ],
        base_form_class=IssueForm,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Issue]:
        rows = Publication.objects.select_related("mailing")
        return Issue.objects.select_related("newsletter").prefetch_related(
            Prefetch("publications", rows)
        )
