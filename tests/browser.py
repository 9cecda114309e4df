"""Debian's Chromium as a reader's eyes: pages drawn for real, and axe-core's judgement of them.

    def test_something(open_page: OpenPage) -> None:
        page = open_page(dark=True)
        page.set_content(html)
        assert axe_faults(page) == []

Import the fixtures `browser` and `open_page` in the `conftest.py` of the tests that need them and
mark the tests `browser`. Nothing but the loopback can be reached from a page; `dots(page)` draws
the pictures of others all the same. Without Chromium the tests are skipped, unless
PROMO_REQUIRE_BROWSER=1 is set: then they fail. PROMO_CHROMIUM names another binary.
"""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Protocol
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The one without windows takes half the time; it is built from the same source."""
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    # Not by a route: with one, Chromium caches nothing, and Python is asked about every file.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
PATIENCE = 90_000
"""Milliseconds that a slow machine may take; nothing waits that long."""
LOOPBACK = {"127.0.0.1", "localhost"}
AXE = Axe()
AT_REST = """() => {
    // Colours on their way from one to another are not what people see.
    const ends = (animation) => animation.effect.getComputedTiming().endTime !== Infinity;
    for (const animation of document.getAnimations().filter(ends)) animation.finish();
}"""
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJ"
    "RU5ErkJggg=="
)


class OpenPage(Protocol):
    """Opens a new page; it is closed when the test ends.

    A phone has fingers, and shrinks what does not say that it fits.
    """

    def __call__(
        self, *, dark: bool = False, width: int = 1000, height: int = 800, phone: bool = False
    ) -> Page: ...


class Windows(Protocol):
    """The window of a screen, or that of a phone: the same one whenever it is asked for."""

    def __call__(self, *, phone: bool) -> BrowserContext: ...


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a module, no longer: while it lives, an event loop runs in this thread.

    Elsewhere `asyncio.run` would refuse; Django refuses its ORM, which that loop never calls.
    """
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        started = playwright.chromium.launch(executable_path=_chromium(), args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture(scope="module")
def windows(browser: Browser) -> Windows:
    """Kept from test to test for the files that Chromium has cached."""

    @cache
    def window(*, phone: bool) -> BrowserContext:
        return browser.new_context(locale="pl-PL", is_mobile=phone, has_touch=phone)

    return window


@pytest.fixture
def open_page(windows: Windows) -> Iterator[OpenPage]:
    opened: list[Page] = []

    def open_page(
        *, dark: bool = False, width: int = 1000, height: int = 800, phone: bool = False
    ) -> Page:
        window = windows(phone=phone)
        idle = [page for page in window.pages if page not in opened]
        page = idle[0] if idle else window.new_page()
        opened.append(page)
        page.set_default_timeout(PATIENCE)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if dark else "light", media="null")
        return page

    yield open_page
    for window in {page.context for page in opened}:
        _forget(window)


def _forget(window: BrowserContext) -> None:
    """Leave nothing of what a site had it remember, as a window that is opened anew.

    One page stays for the next test: what its process has compiled costs half of the next screen.
    """
    for number, page in enumerate(window.pages):
        devices = window.new_cdp_session(page)
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(page.url))
        devices.send(
            "Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "local_storage"}
        )
        devices.detach()
        if number:
            page.close()
            continue
        page.unroute_all()
        page.evaluate("location.origin === 'null' || sessionStorage.clear()")
        page.mouse.move(-1, -1)
        page.goto("about:blank")
    window.clear_cookies()


def axe_faults(
    page: Page,
    *,
    tags: Collection[str] = RULES,
    without: Collection[str] = (),
    within: str = "html",
) -> list[str]:
    """What axe-core finds, a line for each element; `without` names rules that do not apply."""
    options = {
        "runOnly": {"type": "tag", "values": list(tags)},
        "rules": {rule: {"enabled": False} for rule in without},
        "resultTypes": ["violations"],
    }
    return _axe(page, options, within)


def colour_faults(page: Page, *, within: str = "html") -> list[str]:
    """What axe-core finds wrong with the colours; the other rules do not look at them."""
    rules = ["color-contrast", "link-in-text-block"]
    return _axe(
        page, {"runOnly": {"type": "rule", "values": rules}, "resultTypes": ["violations"]}, within
    )


def _axe(page: Page, options: Mapping[str, object], within: str) -> list[str]:
    if not page.evaluate("typeof promoAxe === 'object'"):
        # Not `window.axe`: Wagtail brings another version. Not `evaluate`: it would parse it twice.
        source = f"{AXE.axe_script}; window.promoAxe = window.axe; 0"
        page.context.new_cdp_session(page).send("Runtime.evaluate", {"expression": source})
    page.evaluate(AT_REST)
    violations = page.evaluate(
        "async ([within, options]) => (await promoAxe.run(within, options)).violations",
        [within, options],
    )
    return [
        f"{violation['id']}: {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for violation in violations
        for node in violation["nodes"]
    ]


def dots(page: Page) -> Page:
    """Pictures from elsewhere are a dot on this page."""
    page.route(lambda url: urlsplit(url).hostname not in LOOPBACK, _dot)
    return page


def _dot(route: Route) -> None:
    if route.request.resource_type == "image":
        route.fulfill(body=PIXEL, content_type="image/png")
    else:
        route.abort()


def _chromium() -> str:
    named = os.environ.get("PROMO_CHROMIUM", "")
    found = named or next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return found
    how = f"Chromium is missing: apt-get install {NAMES[0]}, or set PROMO_CHROMIUM to its path"
    if os.environ.get("PROMO_REQUIRE_BROWSER") == "1":
        pytest.fail(how)
    pytest.skip(how)
