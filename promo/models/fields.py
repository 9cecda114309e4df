"""Fields of our own."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.text import capfirst

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
