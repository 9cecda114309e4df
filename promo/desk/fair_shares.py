"""Fair shares: rules for branches and partners, each in one sentence of the list."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, ObjectList
from wagtail.admin.ui.tables import Column

from promo.desk.snippets import DeskViewSet
from promo.models import Branch, FairShare, Partner
from promo.services import fair_shares

ABOUT = _(
    "A page has room for a few posts a day. Here you share it out: a rule for each branch or "
    "partner, or for one of them, which then goes before the rule for all. What finds no place "
    "waits, and its plan says why. Urgent notices wait for nothing."
)
Whose = FairShare.Whose


class FairShareForm(WagtailAdminModelForm):
    """Asks for whom in one field: all branches, all partners, or one of them by name."""

    voice = forms.ChoiceField(label=_("For whom"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["voice"].choices = _voices()
        row = self.instance
        self.initial["voice"] = _key(row.whose, row.branch_id or row.partner_id)
        self.fields["destination"].queryset = fair_shares.pages()
        self.fields["destination"].empty_label = _("all pages")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        whose, _colon, pk = cleaned.get("voice", "").partition(":")
        self.instance.whose = whose
        self.instance.branch_id = int(pk) if whose == Whose.BRANCH else None
        self.instance.partner_id = int(pk) if whose == Whose.PARTNER else None
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        """The model's rules hold for what the one field stands for, too."""
        excluded: set[str] = super()._get_validation_exclusions()
        return excluded - {"whose", "branch", "partner"}


def _key(whose: str, pk: int | None) -> str:
    return f"{whose}:{pk}" if pk else whose


def _voices() -> list[tuple[str, Any]]:
    branches = [(_key(Whose.BRANCH, row.pk), row.name) for row in Branch.objects.all()]
    partners = [(_key(Whose.PARTNER, row.pk), row.name) for row in Partner.objects.all()]
    choices: list[tuple[str, Any]] = [
        (Whose.BRANCHES.value, Whose.BRANCHES.label),
        (Whose.PARTNERS.value, Whose.PARTNERS.label),
    ]
    groups: tuple[tuple[Any, Any], ...] = ((_("Branches"), branches), (_("Partners"), partners))
    return choices + [(label, rows) for label, rows in groups if rows]


class FairShareViewSet(DeskViewSet):
    model = FairShare
    icon = "group"
    url_prefix = "fair-shares"
    menu_label = _("Fair shares")
    list_display = [
        "__str__",
        Column("where", label=_("Where")),
        Column("limits_label", label=_("What it may take")),
    ]
    edit_handler: Any = ObjectList(
        [
            HelpPanel(content=ABOUT),
            FieldRowPanel([FieldPanel("voice"), FieldPanel("destination", widget=forms.Select)]),
            FieldRowPanel(
                [FieldPanel("most_a_week"), FieldPanel("gap_hours"), FieldPanel("kept_a_week")]
            ),
        ],
        base_form_class=FairShareForm,
    )
