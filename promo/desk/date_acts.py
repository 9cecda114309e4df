"""The form of an act on one date of a series: which one, and where it moves."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.widgets import AdminDateTimeInput

from promo.models import Branch, EventAct, Item
from promo.planning.meetings import Meeting
from promo.services import series_dates
from promo.services.clock import database_now

SHOWN = 60
"""Coming dates that may be chosen; nobody moves one that is years away."""


class DateForm(forms.Form):
    """One of the coming dates; where it moves, its new time and place as well."""

    on = forms.TypedChoiceField(
        label=gettext_lazy("Which date"), coerce=date.fromisoformat, empty_value=None
    )
    starts_at = forms.DateTimeField(
        label=gettext_lazy("New start"),
        required=False,
        widget=AdminDateTimeInput,
        help_text=gettext_lazy("Leave it empty if only the place changes."),
    )
    ends_at = forms.DateTimeField(
        label=gettext_lazy("New end"),
        required=False,
        widget=AdminDateTimeInput,
        help_text=gettext_lazy("Leave it empty to keep it as long as the others."),
    )
    branch = forms.ModelChoiceField(
        Branch.objects.none(), label=gettext_lazy("Branch"), required=False
    )
    venue = forms.CharField(
        label=gettext_lazy("Place"),
        max_length=160,
        required=False,
        help_text=gettext_lazy("A room, or an address outside the library."),
    )

    def __init__(self, *args: Any, item: Item, kind: EventAct.Kind, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"branch": item.branch, "venue": item.venue})
        super().__init__(*args, **kwargs)
        coming = series_dates.coming(item, now=database_now())
        choices = [(one.on.isoformat(), in_words(one)) for one in coming[:SHOWN]]
        self.fields["on"].choices = choices  # type: ignore[attr-defined]
        self.fields["branch"].queryset = Branch.objects.all()  # type: ignore[attr-defined]
        if kind is EventAct.Kind.DATE_OFF:
            for name in self.fields.keys() - {"on"}:
                del self.fields[name]


def in_words(one: Meeting) -> str:
    """A date for people who choose: its day by the rule, and what was changed about it."""
    told = _moment(one.was_at)
    if one.starts_at is None:
        return _("{date} – cancelled").format(date=told)
    changes = []
    if one.starts_at != one.was_at:
        changes.append(_("moved to {when}").format(when=_moment(one.starts_at)))
    if one.place is not None:
        where = ", ".join(part for part in (one.place.name, one.place.branch) if part)
        changes.append(_("place: {place}").format(place=where))
    return f"{told} – {'; '.join(changes)}" if changes else told


def _moment(at: Any) -> str:
    local = localtime(at)
    return f"{date_format(local, 'l, j E Y')}, {date_format(local, 'H:i')}"
