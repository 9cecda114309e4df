"""The conditions of a segment as a form: one fieldset for each, made from the table of criteria."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from promo.errors import InvalidInput
from promo.services.criteria import CRITERIA, Asks, Criterion, Row, criterion

MOST = 20
"""Conditions of one segment."""


class NameForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        help_text=gettext_lazy("For the desk only. For example: Parents of small children."),
    )


class ConditionForm(forms.Form):
    """One condition. Fields that its criterion does not ask for are not there."""

    negated = forms.ChoiceField(
        label=gettext_lazy("Holds or not"),
        choices=[
            ("", pgettext_lazy("condition", "must hold")),
            ("1", pgettext_lazy("condition", "must not hold")),
        ],
        required=False,
    )

    def __init__(self, *args: Any, known: Criterion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known
        self.title = capfirst(str(known.label))
        self.fields.update(_fields(known))

    @property
    def row(self) -> Row:
        """The condition that was given. Ask for it once the form is valid."""
        given = {key: value for key, value in self.cleaned_data.items() if key != "negated"}
        return Row(
            self.known.key,
            negated=bool(self.cleaned_data["negated"]),
            **{
                **given,
                "values": tuple(given.get("values", ())),
                "every": bool(given.get("every")),
            },
        )

    @property
    def choices(self) -> list[Any]:
        return [self[name] for name in ("negated", "every") if name in self.fields]

    @property
    def asked(self) -> list[Any]:
        names = ("values", "count", "day", "text", "unchosen")
        return [self[name] for name in names if name in self.fields]


def _fields(known: Criterion) -> dict[str, forms.Field]:
    if known.asks is Asks.COUNT:
        return {
            "count": forms.IntegerField(
                label=gettext_lazy("Number"), min_value=1, max_value=9999, help_text=known.hint()
            )
        }
    if known.asks is Asks.DAY:
        picker = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        return {"day": forms.DateField(label=gettext_lazy("Day"), widget=picker)}
    if known.asks is Asks.TEXT:
        return {"text": forms.CharField(label=gettext_lazy("Text"), max_length=100)}
    fields: dict[str, forms.Field] = {}
    choices = known.choices()
    if known.several and len(choices) > 1:
        fields["every"] = forms.ChoiceField(
            label=gettext_lazy("Any or all"),
            choices=[
                ("", pgettext_lazy("condition", "any of these")),
                ("1", pgettext_lazy("condition", "all of these")),
            ],
            required=False,
        )
    fields["values"] = forms.MultipleChoiceField(
        label=capfirst(str(known.label)),
        choices=choices,
        widget=forms.CheckboxSelectMultiple,
        required=known.needed,
        help_text="" if known.needed else gettext_lazy("None ticked: any of them."),
        error_messages={"required": gettext_lazy("Tick at least one.")},
    )
    if known.open_ended:
        fields["unchosen"] = forms.BooleanField(
            label=gettext_lazy("Also those who chose nothing: they get everything"),
            required=False,
            initial=True,
        )
    return fields


def forms_of(rows: Sequence[Row]) -> list[ConditionForm]:
    """The stored conditions, to be changed. Raises InvalidInput for one that is not known."""
    found = []
    for number, row in enumerate(rows):
        initial = {
            "negated": "1" if row.negated else "",
            "every": "1" if row.every else "",
            "values": list(row.values),
            "count": row.count,
            "day": row.day,
            "text": row.text,
            "unchosen": row.unchosen,
        }
        form = ConditionForm(known=criterion(row.key), prefix=f"row-{number}", initial=initial)
        found.append(form)
    return found


def posted(data: QueryDict) -> list[ConditionForm]:
    """The conditions as they stand in the posted form, without one that is to be removed."""
    removed = data.get("remove", "")
    keys = [(number, data.get(f"row-{number}-key", "")) for number in range(MOST)]
    kept = [(number, key) for number, key in keys if key in CRITERIA and str(number) != removed]
    renumbered = data.copy()
    found = []
    for place, (number, key) in enumerate(kept):
        for name in list(data):
            if name.startswith(f"row-{number}-"):
                own = name.replace(f"row-{number}-", f"row-{place}-", 1)
                renumbered.setlist(own, data.getlist(name))
        known = CRITERIA[key]
        for field in ("values", "unchosen"):  # a box that is not ticked is not posted
            if f"row-{number}-{field}" not in data:
                renumbered.pop(f"row-{place}-{field}", None)
        found.append((known, place))
    return [ConditionForm(renumbered, known=known, prefix=f"row-{place}") for known, place in found]


def with_another(known: list[ConditionForm], key: str) -> list[ConditionForm]:
    """One condition more, as it begins. Raises InvalidInput where there are enough."""
    if len(known) >= MOST:
        raise InvalidInput(_("A segment can have no more conditions."))
    fresh = ConditionForm(known=criterion(key), prefix=f"row-{len(known)}")
    return [*known, fresh]


def offered() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The criteria to choose from, in their groups."""
    for group, members in groupby(CRITERIA.values(), key=lambda one: str(one.group)):
        yield group, [(one.key, capfirst(str(one.label))) for one in members]
