"""The filters of the agenda as links: no script, every choice has its own address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils.translation import pgettext

from promo.channels.website.text import flat
from promo.planning.kinds import AUDIENCES, KINDS
from promo.values import ItemFacts

_POLISH_ORDER = {
    ord(letter): f"{base}\uffff" for letter, base in zip("ąćęłńóśż", "acelnosz", strict=True)
} | {ord("ź"): "z\ufffe"}
"""A letter with a mark sorts after its plain one and before the next: ł after l, ź before ż."""


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
    questions = (
        ("kind", pgettext("filter", "What"), pgettext("filter", "All"), _kinds(items)),
        ("branch", pgettext("filter", "Where"), pgettext("filter", "Anywhere"), _branches(items)),
        (
            "audience",
            pgettext("filter", "For whom"),
            pgettext("filter", "Everyone"),
            _audiences(items),
        ),
    )
    return tuple(
        _filter(name, label, {"": no_matter, **_by_name(names)}, chosen, path)
        for name, label, no_matter, names in questions
        if len(names) > 1 or chosen.as_dict()[name]
    )


def address(path: str, chosen: Mapping[str, str]) -> str:
    query = urlencode({name: value for name, value in chosen.items() if value})
    return f"{path}?{query}" if query else path


def _filter(name: str, label: str, names: Mapping[str, str], chosen: Chosen, path: str) -> Filter:
    now = chosen.as_dict()

    def option(text: str, value: str) -> Option:
        return Option(text, address(path, {**now, name: value}), now[name] == value)

    return Filter(name, label, tuple(option(text, value) for value, text in names.items()))


def _by_name(names: Mapping[str, str]) -> dict[str, str]:
    """In the order of the Polish (and with it the English) alphabet."""
    return dict(sorted(names.items(), key=lambda pair: _alphabetical(pair[1])))


def _alphabetical(text: str) -> str:
    """The text with "ł" between "l" and "m", and so on: code points would put it after "z"."""
    return text.casefold().translate(_POLISH_ORDER)


def _kinds(items: Sequence[ItemFacts]) -> dict[str, str]:
    """Named in the page's language, whatever the items' own."""
    labels = {item.kind: flat(item.kind_label) for item in items}
    return {key: str(KINDS[key].label) if key in KINDS else text for key, text in labels.items()}


def _branches(items: Sequence[ItemFacts]) -> dict[str, str]:
    return {
        item.place.branch_slug: flat(item.place.branch) for item in items if item.place.branch_slug
    }


def _audiences(items: Sequence[ItemFacts]) -> dict[str, str]:
    known = {audience.key: str(audience.label) for audience in AUDIENCES}
    return {
        key: known.get(key) or flat(name)
        for item in items
        for key, name in zip(item.audience_keys, item.audiences, strict=False)
    }
