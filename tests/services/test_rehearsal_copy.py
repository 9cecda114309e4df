"""What goes along into a rehearsal, and what stays behind. `tests/tasks` plays one in earnest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps

from promo.models import Subscriber
from promo.services.rehearsal_copy import CHANGED, COPIED, LEFT_BEHIND, SELF_FILLED


def label(model: Any) -> str:
    return str(model._meta.concrete_model._meta.label)  # noqa: SLF001  (Django's public name)


def fields(model: Any) -> list[Any]:
    return list(model._meta.concrete_fields)  # noqa: SLF001  (as above)


def keys(model: Any) -> Iterator[Any]:
    return (field for field in fields(model) if field.is_relation)


def test_of_each_model_it_is_decided_whether_it_goes_along() -> None:
    """A new one stays behind until it is named in `COPIED`, or for good in `LEFT_BEHIND`."""
    ours = {label(model) for model in apps.get_app_config("promo").get_models()}
    assert ours - COPIED - LEFT_BEHIND == set()
    assert not COPIED & LEFT_BEHIND
    assert SELF_FILLED <= COPIED


def test_what_changes_on_its_way_is_there() -> None:
    for name, columns in CHANGED.items():
        there = {field.column for field in fields(apps.get_model(name))}
        assert columns.keys() - there == set(), name
        assert name in COPIED


def test_nothing_that_goes_along_needs_a_row_that_stays_behind() -> None:
    needed = {
        f"{label(model)}.{key.name}"
        for model in apps.get_models()
        if label(model) in COPIED
        for key in keys(model)
        if not key.null and label(key.related_model) not in COPIED
    }
    assert needed == set()


def test_nothing_that_knows_a_reader_goes_along() -> None:
    """Neither a reader nor a row that leads to one, over however many others."""
    about: set[Any] = set()
    more: set[Any] = {Subscriber}
    while more:
        about |= more
        leading = (one for one in apps.get_models() for key in keys(one) if _leads(key, about))
        more = {*leading} - about
    assert {"promo.Delivery", "promo.Consent"} <= {label(model) for model in about}
    assert {label(model) for model in about} & COPIED == set()


def _leads(key: Any, about: set[Any]) -> bool:
    return key.related_model in about
