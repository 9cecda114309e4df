"""The public pages in Chromium: axe-core finds nothing, in light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from playwright.sync_api import Page, Route

from promo.channels.website.feeds import atom, rss
from tests.browser import OpenPage, axe_faults
from tests.channels.website import programme, public_pages
from tests.validators import ROOT

pytestmark = pytest.mark.browser

CSS = ROOT / "promo/public/static/public/public.css"
LINK = f'<link rel="stylesheet" href="{public_pages.SITE.stylesheet_url}">'
_SEEN = """() => {
    const shown = [...document.querySelectorAll('*')].filter(e => e.checkVisibility());
    const texts = shown.filter(e => !e.children.length).map(e => e.textContent.trim());
    return {
        text: texts.filter(Boolean),
        greeting: getComputedStyle(document.documentElement, '::before').content,
    };
}"""
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


def _fulfil(path: Path) -> Callable[[Route], None]:
    return lambda route: route.fulfill(path=path, content_type="text/css")


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
    page.click(".unfold a")
    small = page.evaluate(
        """() => [...document.querySelectorAll('nav a, .button, footer a')]
            .filter(a => a.checkVisibility() && a.getBoundingClientRect().height < 24)
            .map(a => a.textContent)"""
    )
    assert small == []
    assert page.is_visible(".chip")


def test_on_a_phone_the_filters_leave_the_screen_to_the_programme(
    open_page: OpenPage, pages: dict[str, str]
) -> None:
    page = shown(open_page(width=390), pages["agenda"])
    assert not page.is_visible(".chip")
    page.click(".unfold a")
    page.wait_for_selector(".chip >> nth=0")
    assert not page.is_visible(".unfold")
    wide = shown(open_page(), pages["agenda"])
    assert wide.is_visible(".chip")
    assert not wide.is_visible(".unfold")


@pytest.mark.parametrize("writer", [rss, atom], ids=["rss", "atom"])
@pytest.mark.parametrize("language", ["pl", "en"])
def test_a_feed_opened_in_a_browser_reads_like_a_page(
    open_page: OpenPage, writer: ModuleType, language: str
) -> None:
    info = programme.info(stylesheet_url="/static/public/feed.css", language=language)
    feed = writer.write(programme.entries(), info)
    page = open_page(width=390)
    page.route(
        "**/feeds/all.xml",
        lambda route: route.fulfill(
            body=feed, content_type="application/xml", headers={"Content-Language": language}
        ),
    )
    for name in ("feed.css", "public.css"):
        page.route(f"**/static/public/{name}", _fulfil(CSS.parent / name))
    page.goto("http://127.0.0.1/feeds/all.xml")
    seen = page.evaluate(_SEEN)
    assert {info.title, programme.EXHIBITION.title} <= set(seen["text"])
    assert not set(seen["text"]) & {"Promo", "60", programme.MEETING.uuid}
    assert not [line for line in seen["text"] if "<" in line or line.startswith("tag:")]
    greeting = {"pl": '"To jest kanał', "en": '"This is a web feed'}[language]
    assert seen["greeting"].startswith(greeting)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_on_paper_only_the_programme_is_left(open_page: OpenPage, pages: dict[str, str]) -> None:
    page = shown(open_page(), pages["agenda"])
    page.emulate_media(media="print")
    for selector in (".filters", ".teaser", ".site-nav", ".jump"):
        assert not page.is_visible(selector)
    assert page.is_visible(".card")
