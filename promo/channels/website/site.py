"""The frame of the public pages: addresses that only the installation knows, as plain values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the frame. `type` is a media type (feeds), `language` that of its target."""

    label: str
    url: str
    type: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """What base.html.j2 shows round every page.

    `links` go to the foot (accessibility declaration, privacy). `languages` are the page in its
    other languages. An empty address leaves its part of the frame out.
    """

    home_url: str
    agenda_url: str
    stylesheet_url: str
    sign_up_url: str = ""
    logo_url: str = ""
    icon_url: str = ""
    feeds: tuple[Link, ...] = ()
    links: tuple[Link, ...] = ()
    languages: tuple[Link, ...] = ()
