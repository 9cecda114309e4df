"""The public pages in Chromium: axe-core finds nothing, in light and dark, wide and narrow."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser import OpenPage, axe_faults
from tests.channels.website import public_pages
from tests.validators import ROOT

pytestmark = pytest.mark.browser

CSS = ROOT / "promo/public/static/public/public.css"
LINK = f'<link rel="stylesheet" href="{public_pages.SITE.stylesheet_url}">'
SHOWN = (
    "agenda",
    "item-0",
    "item-1",
    "item-3",
    "signup-wrong",
    "preferences",
    "unsubscribe",
    "message",
)


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """The pages with their style sheet inside."""
    style = f"<style>{CSS.read_text('utf-8')}</style>"
    return {name: text.replace(LINK, style) for name, text in public_pages.all_pages().items()}


def shown(page: Page, content: str) -> Page:
    page.set_content(content, wait_until="domcontentloaded")
    return page


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", SHOWN)
def test_axe_finds_nothing(
    open_page: OpenPage, pages: dict[str, str], name: str, *, dark: bool
) -> None:
    assert axe_faults(shown(open_page(dark=dark), pages[name])) == []


@pytest.mark.parametrize("name", SHOWN)
def test_a_narrow_window_needs_no_sideways_scrolling(
    open_page: OpenPage, pages: dict[str, str], name: str
) -> None:
    page = shown(open_page(width=320), pages[name])
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_keyboard_reaches_the_content_first(open_page: OpenPage, pages: dict[str, str]) -> None:
    page = shown(open_page(), pages["agenda"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'content'")


def test_targets_are_large_enough_for_a_finger(open_page: OpenPage, pages: dict[str, str]) -> None:
    page = shown(open_page(width=390), pages["agenda"])
    small = page.evaluate(
        """() => [...document.querySelectorAll('nav a, .button, footer a')]
            .filter(a => a.getBoundingClientRect().height < 24).map(a => a.textContent)"""
    )
    assert small == []


def test_on_paper_only_the_programme_is_left(open_page: OpenPage, pages: dict[str, str]) -> None:
    page = shown(open_page(), pages["agenda"])
    page.emulate_media(media="print")
    for selector in (".filters", ".teaser", ".site-nav", ".jump"):
        assert not page.is_visible(selector)
    assert page.is_visible(".card")
