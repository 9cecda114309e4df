"""What each act on many readers asks for before it may begin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from promo.models import Branch, BulkAct, Newsletter, Suppression
from promo.planning.kinds import TOPICS

Kind = BulkAct.Kind
NARROWING = gettext_lazy(
    "This takes the place of what the readers have chosen themselves. With none ticked they get "
    "everything."
)


class ActForm(forms.Form):
    """Every act says why. `asked` names the fields that the act itself needs, in `given`."""

    asked: ClassVar[tuple[str, ...]] = ()
    why = forms.CharField(
        label=gettext_lazy("Why?"),
        max_length=150,
        help_text=gettext_lazy("Kept with the act and with each consent it changes."),
    )

    def __init__(self, *args: Any, count: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._count = count
        self.order_fields([*self.asked, "wording", "why", "sure"])

    @property
    def given(self) -> dict[str, Any]:
        """What the act needs, as it is kept."""
        return {name: _kept(self.cleaned_data[name]) for name in self.asked}

    @property
    def agreed(self) -> str:
        """What the readers agreed to; "" where the act gives no consent."""
        return str(self.cleaned_data.get("wording", ""))


def _kept(value: Any) -> Any:
    if isinstance(value, Newsletter):
        return value.pk
    return value if isinstance(value, str) else [getattr(one, "pk", one) for one in value]


class NewsletterForm(ActForm):
    asked = ("newsletter",)
    newsletter = forms.ModelChoiceField(
        Newsletter.objects.all(), label=gettext_lazy("Newsletter"), empty_label=None
    )


class SubscribeForm(NewsletterForm):
    wording = forms.CharField(
        label=gettext_lazy("What did the readers agree to?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "The words of the consent as they stood on the form. They are kept with each reader as "
            "proof."
        ),
    )


class LanguageForm(ActForm):
    asked = ("language",)
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=[("pl", gettext_lazy("Polish")), ("en", gettext_lazy("English"))],
    )


class TopicsForm(ActForm):
    asked = ("topics",)
    topics = forms.MultipleChoiceField(
        label=gettext_lazy("Topics"),
        choices=[(one.key, one.label) for one in TOPICS],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=NARROWING,
    )


class BranchesForm(ActForm):
    asked = ("branches",)
    branches = forms.ModelMultipleChoiceField(
        Branch.objects.all(),
        label=gettext_lazy("Branches"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=NARROWING,
    )


class SuppressForm(ActForm):
    asked = ("reason",)
    reason = forms.ChoiceField(
        label=gettext_lazy("For what reason are they never mailed again?"),
        choices=Suppression.Reason.choices,
    )


class EraseForm(ActForm):
    """Nobody erases people by one click: the number is typed."""

    sure = forms.CharField(max_length=20, widget=forms.TextInput(attrs={"inputmode": "numeric"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = _("To confirm, type how many readers will be erased: {count}")
        self.fields["sure"].label = said.format(count=self._count)

    def clean_sure(self) -> str:
        typed = "".join(str(self.cleaned_data["sure"]).split())
        if typed != str(self._count):
            raise forms.ValidationError(_("This is not the number of readers who will be erased."))
        return typed


FORMS: Mapping[str, type[ActForm]] = {
    Kind.SUBSCRIBE: SubscribeForm,
    Kind.UNSUBSCRIBE: NewsletterForm,
    Kind.LANGUAGE: LanguageForm,
    Kind.TOPICS: TopicsForm,
    Kind.BRANCHES: BranchesForm,
    Kind.SUPPRESS: SuppressForm,
    Kind.ERASE: EraseForm,
}
