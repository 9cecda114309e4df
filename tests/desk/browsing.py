"""How tests use the desk in a browser: signed in as somebody, in Polish, judged by axe-core."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.utils.translation import gettext, override
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as TooLate

from tests.browser import axe_faults
from tests.desk import snapshots
from tests.desk.scenes import Scene

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
IDLE_BY = 10_000  # milliseconds
PICKER = ".xdsoft_datetimepicker:visible"
SCROLL_BACK = """() => {
    const scrolled = [...document.querySelectorAll("*")].filter((element) => element.scrollTop);
    for (const element of scrolled) element.scrollTo({ top: 0, behavior: "instant" });
}"""


@dataclass(frozen=True, slots=True)
class Desk:
    """A running desk and the rows that stand in it."""

    url: str
    scene: Scene
    keys: Mapping[str, str]
    """A session of each person. Made beforehand: what a test writes, the server may not see."""

    @classmethod
    def opened(cls, url: str) -> Self:
        with transaction.atomic():
            scene = snapshots.desk()
        return cls(url, scene, {user.username: _session(user) for user in User.objects.all()})

    def enter(self, page: Page, *, name: str) -> Page:
        """Sign in without the form."""
        cookie = {
            "name": settings.SESSION_COOKIE_NAME,
            "value": self.keys[name],
            "url": self.url,
        }
        page.context.add_cookies([cookie])  # type: ignore[list-item]
        return page

    def open(self, page: Page, path: str) -> Page:
        """Go there and wait until everything has arrived."""
        page.goto(self.url + path)
        # Playwright may lose the moment (its issue 42598). The page has loaded by then.
        with suppress(TooLate):
            page.wait_for_load_state("networkidle", timeout=IDLE_BY)
        return page


def _session(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def fill_moment(page: Page, name: str, moment: str) -> None:
    """Write a moment and close its calendar, which opens a little after the field is entered."""
    field = page.locator(f"[name={name}]")
    field.click()
    field.fill(moment)
    expect(page.locator(PICKER)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(PICKER)).to_have_count(0)


def pl(text: str) -> str:
    """The text as the Polish desk says it; fails where it is not translated."""
    with override("pl"):
        said = gettext(text)
    assert said != text, f"no Polish for {text!r}"
    return said


def faults(page: Page, *, within: str = "html") -> list[str]:
    """What axe-core finds against WCAG A and AA, a line for each element.

    From the top of the page: a button that is half scrolled under the header is not a small button.
    """
    page.evaluate(SCROLL_BACK)
    return axe_faults(page, tags=RULES, within=within)
