"""Fields of our own."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.text import capfirst


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
