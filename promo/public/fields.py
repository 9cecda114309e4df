"""The plain values of which `templates/public/forms.html.j2` makes form fields."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django.utils.text import capfirst


def field(name: str, label: str, value: object, **more: Any) -> SimpleNamespace:
    """A text field, or a single choice; `errors` and `help` may be given."""
    plain = {"type": "text", "autocomplete": "", "required": False, "help": "", "errors": []}
    if more.get("type") == "email":
        plain["autocomplete"] = "email"
    return SimpleNamespace(name=name, label=label, value=value, **{**plain, **more})


def group(
    name: str,
    legend: str,
    options: list[SimpleNamespace],
    *,
    errors: list[str] | None = None,
    kind: str = "checkbox",
    hint: str = "",
    extra: SimpleNamespace | None = None,
) -> SimpleNamespace:
    """Several choices under one legend; `extra` is a text field that belongs to the last one."""
    return SimpleNamespace(
        name=name,
        legend=legend,
        help=hint,
        errors=errors or [],
        kind=kind,
        options=options,
        extra=extra,
    )


def option(value: object, label: object, *, checked: bool, hint: str = "") -> SimpleNamespace:
    return SimpleNamespace(value=str(value), label=capfirst(str(label)), help=hint, checked=checked)
