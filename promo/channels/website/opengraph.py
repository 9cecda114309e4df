"""What a link to a page shows when it is shared (ogp.me)."""

from __future__ import annotations

from dataclasses import dataclass

from promo.channels.website.text import ascii_url, flat
from promo.channels.website.words import headline
from promo.values import InstitutionFacts, ItemFacts, Picture

_LOCALES = {"pl": "pl_PL", "en": "en_GB"}


@dataclass(frozen=True, slots=True)
class Meta:
    """One `<meta>`: OpenGraph's are told by `property`, all others by `name`."""

    name: str
    content: str

    @property
    def attribute(self) -> str:
        return "property" if self.name.startswith("og:") else "name"


def item_meta(item: ItemFacts, institution: InstitutionFacts) -> tuple[Meta, ...]:
    """The description, OpenGraph with the picture's text alternative, and the size of the card."""
    picture = item.pictures[0] if item.pictures else None
    return _filled(
        ("description", flat(item.lead)),
        *_page(institution, headline(item), item.lead, item.link, item.language),
        ("og:type", "article"),
        *(_picture(picture) if picture and ascii_url(picture.url) else ()),
        ("twitter:card", "summary_large_image" if picture else "summary"),
    )


def page_meta(
    institution: InstitutionFacts, *, title: str, description: str, url: str, language: str
) -> tuple[Meta, ...]:
    """The same for a page that is no item."""
    return _filled(
        ("description", flat(description)),
        *_page(institution, title, description, url, language),
        ("og:type", "website"),
        ("twitter:card", "summary"),
    )


def _page(
    institution: InstitutionFacts, title: str, description: str, url: str, language: str
) -> tuple[tuple[str, str], ...]:
    return (
        ("og:title", flat(title)),
        ("og:description", flat(description)),
        ("og:url", ascii_url(url)),
        ("og:site_name", flat(institution.name)),
        ("og:locale", _LOCALES.get(language, language)),
    )


def _picture(picture: Picture) -> tuple[tuple[str, str], ...]:
    return (
        ("og:image", ascii_url(picture.url)),
        ("og:image:type", picture.mime_type),
        ("og:image:width", str(picture.width or "")),
        ("og:image:height", str(picture.height or "")),
        ("og:image:alt", flat(picture.alt)),
    )


def _filled(*pairs: tuple[str, str]) -> tuple[Meta, ...]:
    return tuple(Meta(name, content) for name, content in pairs if content)
