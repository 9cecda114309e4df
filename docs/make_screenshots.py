"""Takes the README's pictures of a running, filled desk.

    promo demo &
    python docs/make_screenshots.py --user NAME --password PASSWORD [--url http://127.0.0.1:8000]

Needs Debian's Chromium and the package `playwright`, both of the development set.
"""

import argparse
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).resolve().parent / "images"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SIZE = {"width": 1280, "height": 800}
SETTLED = 1500  # milliseconds for previews and fonts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--rehearsal", default="http://127.0.0.1:8001")
    parser.add_argument("--user", required=True)
    parser.add_argument("--password", required=True)
    asked = parser.parse_args()
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(
            locale="pl-PL", timezone_id="Europe/Warsaw", viewport=SIZE
        ).new_page()
        sign_in(page, asked.url, asked.user, asked.password)
        desk(page, asked.url)
        for name, address in (("agenda", f"{asked.url}/"), ("page", f"{asked.rehearsal}/page/")):
            page.goto(address)
            take(page, name)
        browser.close()


def sign_in(page: Page, url: str, user: str, password: str) -> None:
    page.goto(f"{url}/desk/login/")
    page.fill("#id_username", user)
    page.fill("#id_password", password)
    page.click("button[type=submit]")
    page.wait_for_url("**/desk/")


def desk(page: Page, url: str) -> None:
    for name, path in (("dashboard", ""), ("calendar", "calendar/")):
        page.goto(f"{url}/desk/{path}")
        take(page, name)
    page.goto(f"{url}/desk/publications/?state=published")
    page.click("main table a")
    take(page, "publication")
    open_first(page, f"{url}/desk/items/?live=true")
    open_preview(page)
    take(page, "item")
    page.click("[role=tab]:has-text('Promocja')")
    take(page, "plan")
    open_first(page, f"{url}/desk/issues/")
    open_preview(page)
    take(page, "issue")


def open_first(page: Page, address: str) -> None:
    page.goto(address)
    page.click("main table tbody a[href*='/edit/']")
    page.wait_for_load_state("load")


def open_preview(page: Page) -> None:
    """The side panel with the live preview, unless it stands open already."""
    toggle = page.locator("[data-side-panel-toggle='preview']").first
    if toggle.get_attribute("aria-expanded") != "true":
        toggle.click()


def take(page: Page, name: str) -> None:
    """A PNG with at most 256 colours: small, and still what a person sees."""
    page.wait_for_timeout(SETTLED)
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path)
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(256).save(path, optimize=True)


if __name__ == "__main__":
    main()
