"""The public pages in Chromium: axe-core finds nothing, in light and dark, wide and narrow."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest
from django.test import RequestFactory
from playwright.sync_api import Page, Route

from promo.channels.website.feeds import FeedInfo
from promo.public import feeds
from promo.services.pages import FORMATS
from tests.browser import OpenPage, axe_faults
from tests.channels.website import programme, public_pages
from tests.validators import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CSS = ROOT / "promo/public/static/public/public.css"
LINK = f'<link rel="stylesheet" href="{public_pages.SITE.stylesheet_url}">'
_SEEN = """() => {
    const shown = [...document.querySelectorAll('*')].filter(e => e.checkVisibility());
    const texts = shown.filter(e => !e.children.length).map(e => e.textContent.trim());
    return {
        text: texts.filter(Boolean),
        addresses: shown.map(e => getComputedStyle(e, '::after').content.replaceAll('"', '')),
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


def test_a_long_address_stays_in_its_card(open_page: OpenPage) -> None:
    item = dataclasses.replace(programme.MEETING, more_url=f"https://example.org/{'bardzo' * 40}")
    style = f"<style>{CSS.read_text('utf-8')}</style>"
    text = public_pages.item_page(item).replace(LINK, style)
    page = shown(open_page(width=390), text)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(
        """() => document.querySelector('dd.more a').getBoundingClientRect().right
            < document.querySelector('.facts').getBoundingClientRect().right"""
    )


def test_an_address_breaks_at_its_commas_only(open_page: OpenPage, pages: dict[str, str]) -> None:
    for width in (260, 320, 390):
        page = shown(open_page(width=width), pages["item-0"])
        heights = page.evaluate(
            """() => [...document.querySelectorAll('.where .part, address .part')].map(
                part => part.getBoundingClientRect().height
                    / parseFloat(getComputedStyle(part).lineHeight))"""
        )
        assert heights
        assert max(heights) < 1.5


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


@dataclasses.dataclass(frozen=True, slots=True)
class Fed:
    """A feed of the programme at an address, answered as our server answers it."""

    info: FeedInfo
    page: Page

    @classmethod
    def shown(cls, page: Page, file: str, language: str = "pl") -> Self:
        format_ = FORMATS[file]
        info = programme.info(stylesheet_url="/static/public/feed.css", language=language)
        body = format_.writer.write(programme.entries(), info)

        def answer(route: Route) -> None:
            request = RequestFactory().get(f"/feeds/{file}", headers=route.request.headers)
            made = feeds.answer(request, body, format_, language=language)
            route.fulfill(body=made.content, headers=dict(made.items()))

        page.route(f"**/feeds/{file}", answer)
        for name in ("feed.css", "public.css"):
            page.route(f"**/static/public/{name}", _fulfil(CSS.parent / name))
        page.goto(f"http://127.0.0.1/feeds/{file}")
        return cls(info, page)


@pytest.mark.parametrize("file", ["rss.xml", "atom.xml"])
@pytest.mark.parametrize("language", ["pl", "en"])
def test_a_feed_opened_in_a_browser_reads_like_a_page(
    open_page: OpenPage, file: str, language: str
) -> None:
    fed = Fed.shown(open_page(width=390), file, language)
    seen = fed.page.evaluate(_SEEN)
    assert {fed.info.title, programme.EXHIBITION.title} <= set(seen["text"])
    assert programme.EXHIBITION.link in {*seen["text"], *seen["addresses"]}
    assert not set(seen["text"]) & {"Promo", "60", programme.MEETING.uuid}
    assert not [line for line in seen["text"] if "<" in line or line.startswith("tag:")]
    greeting = {"pl": '"To jest kanał', "en": '"This is a web feed'}[language]
    assert seen["greeting"].startswith(greeting)
    assert fed.page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("file", ["rss.xml", "atom.xml"])
def test_a_feed_opened_on_a_phone_is_as_large_as_a_page(open_page: OpenPage, file: str) -> None:
    page = Fed.shown(open_page(width=390, phone=True), file).page
    seen = page.evaluate(
        """() => ({
            shrunk: screen.width / innerWidth,
            text: parseFloat(getComputedStyle(document.documentElement).fontSize),
            wide: document.documentElement.scrollWidth - innerWidth,
        })"""
    )
    assert seen["shrunk"] < 0.5  # XML has no viewport meta
    assert 15 <= seen["text"] * seen["shrunk"] <= 20
    assert seen["wide"] <= 0


def test_on_paper_only_the_programme_is_left(open_page: OpenPage, pages: dict[str, str]) -> None:
    page = shown(open_page(), pages["agenda"])
    page.emulate_media(media="print")
    for selector in (".filters", ".teaser", ".site-nav", ".jump"):
        assert not page.is_visible(selector)
    assert page.is_visible(".card")
