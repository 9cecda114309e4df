"""Fields of our own."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from promo.vault import address_hash


class ChoicesField(ArrayField):  # type: ignore[type-arg]  # no subscript at run time
    """Several of the given choices, shown as check boxes; kept as an array of their keys."""

    def __init__(
        self, choices: list[tuple[str, Any]] | Callable[[], list[tuple[str, Any]]], **kwargs: Any
    ) -> None:
        kwargs.setdefault("default", list)
        kwargs.setdefault("blank", True)
        kwargs.pop("base_field", None)
        super().__init__(models.CharField(max_length=40, choices=choices), **kwargs)

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        kwargs.pop("base_field", None)
        kwargs["choices"] = []  # a matter of the form: no migration when a label changes
        return name, "promo.models.fields.ChoicesField", args, kwargs

    def formfield(self, **kwargs: Any) -> Any:  # type: ignore[override]  # nothing else is asked of it
        return forms.TypedMultipleChoiceField(
            choices=self.base_field.choices or (),
            widget=forms.CheckboxSelectMultiple,
            label=kwargs.get("label", capfirst(self.verbose_name)),
            help_text=self.help_text,
            required=not self.blank,
        )


class AddressHashField(models.CharField):  # type: ignore[type-arg]  # no subscript at run time
    """The keyed hash of the row's `email`, kept beside it so that suppression is one join.

    Like `auto_now`, it is set whenever the row is written, also in bulk; `update(email=…)` must set
    it too.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"default": "", **kwargs, "max_length": 64, "editable": False})

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"], kwargs["editable"]
        return name, path, args, kwargs

    def pre_save(self, model_instance: Any, add: bool) -> str:  # noqa: ARG002, FBT001  (Django's)
        value = address_hash(model_instance.email)
        setattr(model_instance, self.attname, value)
        return value


_DAY_AND_MONTH = re.compile(r"(\d{1,2})[.\-/ ]+(\d{1,2})\.?")
_KEPT = re.compile(r"(\d\d)-(\d\d)")
_A_LEAP_YEAR = 2000


def day_of_year(text: str) -> str:
    """`12-24` of `24.12`; raises ValidationError for what is no day of any year."""
    found = _DAY_AND_MONTH.fullmatch(text.strip())
    try:
        day = date(_A_LEAP_YEAR, int(found[2]), int(found[1])) if found else None
    except ValueError:
        day = None
    if day is None:
        message = _("Write the day and the month, for example 24.12.")
        raise ValidationError(message, code="day_of_year")
    return f"{day:%m-%d}"


class DayOfYearInput(forms.CharField):
    """Takes `24.12`, the day first, as people write it."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.pop("max_length", None)  # of what is kept; people may write more
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return day_of_year(text) if text else ""

    def prepare_value(self, value: Any) -> Any:
        found = _KEPT.fullmatch(value) if isinstance(value, str) else None
        return f"{int(found[2])}.{int(found[1])}" if found else value


class DayOfYearField(models.CharField):  # type: ignore[type-arg]  # no subscript at run time
    """A day of every year, kept as `12-24` so that it sorts as the calendar does; "" for none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "max_length": 5})

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs

    def formfield(self, **kwargs: Any) -> Any:  # type: ignore[override]  # nothing else is asked of it
        return super().formfield(**{**kwargs, "form_class": DayOfYearInput})
