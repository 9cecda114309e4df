"""How often something takes place, chosen by people instead of written as a rule."""

from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

WEEKDAY = "{weekday}"
"""Stands for the weekday of the start, as in the rule: "TU"."""
NTH = "{nth}"
"""Stands for which of its weekday in the month the start is: "2", and "-1" for the last."""

PATTERNS = (
    ("", _("once, no repetition")),
    ("FREQ=DAILY", _("every day")),
    ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", _("every working day, Monday to Friday")),
    ("FREQ=WEEKLY", _("every week")),
    ("FREQ=WEEKLY;INTERVAL=2", _("every two weeks")),
    (f"FREQ=MONTHLY;BYDAY={NTH}{WEEKDAY}", _("every month, on the same weekday of the month")),
    ("FREQ=MONTHLY", _("every month, on the same day of the month")),
    ("FREQ=YEARLY", _("every year")),
)


class RepetitionInput(forms.TextInput):
    """The field of the rule; `editor.js` puts the choice and the number of times in front of it.

    Without JavaScript, and for a rule that none of the patterns makes, the rule itself is shown.
    """

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        field = super().render(name, value, attrs, renderer)
        context = {"field": field, "patterns": PATTERNS}
        return render_to_string("promo/desk/repetition.html", context)
