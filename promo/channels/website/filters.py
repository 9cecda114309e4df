"""The filters of the agenda as links: no script, every choice has its own address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils.translation import pgettext

from promo.channels.website.text import flat
from promo.values import ItemFacts


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a visitor asked for; "" means everything. `branch` is a slug, the others are keys."""

    kind: str = ""
    branch: str = ""
    audience: str = ""

    def as_dict(self) -> dict[str, str]:
        return {"kind": self.kind, "branch": self.branch, "audience": self.audience}

    def fits(self, item: ItemFacts) -> bool:
        return (
            self.kind in {"", item.kind}
            and self.branch in {"", item.place.branch_slug}
            and (not self.audience or self.audience in item.audience_keys)
        )


@dataclass(frozen=True, slots=True)
class Option:
    label: str
    url: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """One question with its answers; the first takes the filter off."""

    name: str
    label: str
    options: tuple[Option, ...]

    @property
    def answer(self) -> str:
        return next((option.label for option in self.options[1:] if option.chosen), "")


def filters(items: Iterable[ItemFacts], chosen: Chosen, path: str) -> tuple[Filter, ...]:
    """Those that divide the items at all. Call it with the page's language active."""
    items = list(items)
    return tuple(
        _filter(name, label, names, chosen, path)
        for name, label, names in (
            ("kind", pgettext("filter", "What"), _kinds(items)),
            ("branch", pgettext("filter", "Where"), _branches(items)),
            ("audience", pgettext("filter", "For whom"), _audiences(items)),
        )
        if len(names) > 1 or chosen.as_dict()[name]
    )


def address(path: str, chosen: Mapping[str, str]) -> str:
    query = urlencode({name: value for name, value in chosen.items() if value})
    return f"{path}?{query}" if query else path


def _filter(name: str, label: str, names: Mapping[str, str], chosen: Chosen, path: str) -> Filter:
    now = chosen.as_dict()

    def option(text: str, value: str) -> Option:
        return Option(text, address(path, {**now, name: value}), now[name] == value)

    options = [
        option(text, value)
        for value, text in sorted(names.items(), key=lambda pair: pair[1].casefold())
    ]
    return Filter(name, label, (option(pgettext("filter", "All"), ""), *options))


def _kinds(items: Sequence[ItemFacts]) -> dict[str, str]:
    return {item.kind: flat(item.kind_label) for item in items}


def _branches(items: Sequence[ItemFacts]) -> dict[str, str]:
    return {
        item.place.branch_slug: flat(item.place.branch) for item in items if item.place.branch_slug
    }


def _audiences(items: Sequence[ItemFacts]) -> dict[str, str]:
    return {
        key: flat(name)
        for item in items
        for key, name in zip(item.audience_keys, item.audiences, strict=False)
    }
