"""The two ways in which people work at the desk: by mouse, and by keyboard alone.

A walk that is written for a `Hand` is walked by both. By keyboard each control is come to with Tab,
and has to be seen there: in the window, under nothing else, with a mark of the focus.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

import pytest
from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as TooLate

from tests.desk.browsing import PICKER

MOST_TABS = 80
SKIP = "Przejdź do treści"
ELSEWHERE = ":not([href=''])"  # the last crumb leads to where one is
FOCUSED = """() => {
    const at = document.activeElement;
    if (at.getAttribute("href") === "") return [];
    const text = at.textContent.replace(/\\(\\d*\\)/, "").trim().replace(/\\s+/g, " ");
    const label = at.labels?.[0]?.textContent.trim().replace(/\\s+/g, " ");
    return [at.name, at.getAttribute("aria-label"), label, text];
}"""
CHOSEN = "() => document.activeElement.selectedOptions[0].label"
UNSEEN = """() => {
    const at = document.activeElement;
    if (!at || at === document.body) return "nothing has the focus";
    const box = at.getBoundingClientRect();
    const [left, right] = [Math.max(box.left, 0), Math.min(box.right, innerWidth)];
    const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
    if (right - left < 1 || bottom - top < 1) return "it lies outside of the window";
    const parts = [0.1, 0.5, 0.9];
    const bare = parts.some((x) => parts.some((y) => {
        const [across, down] = [left + (right - left) * x, top + (bottom - top) * y];
        const there = document.elementFromPoint(across, down);
        return there && (at.contains(there) || there.closest("label")?.control === at);
    }));
    if (!bare) return "something else lies over it";
    const drawn = (element) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
        return (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
    };
    return drawn(at) ? "" : "nothing marks it as focused";
}"""


class Hand(Protocol):
    """One way to do what a person does. Controls are named as people read them."""

    page: Page

    def press(self, name: str) -> None:
        """Press the button or follow the link that says this."""

    def turn_to(self, tab: str) -> None:
        """Open the tab that says this."""

    def write(self, field: str, text: str) -> None:
        """Put this into the field of this name, instead of what stands there."""

    def choose(self, field: str, option: str) -> None:
        """Take the option that says this in the list of this name."""

    def tick(self, box: str) -> None:
        """Tick the box that says this."""


@dataclass
class Mouse:
    """A pointer; only what is written is typed."""

    page: Page

    def press(self, name: str) -> None:
        words = re.compile(rf"^\s*{re.escape(name)}\s*$")
        self.page.locator(f"button, a{ELSEWHERE}", has_text=words).first.click()

    def turn_to(self, tab: str) -> None:
        self.page.get_by_role("tab", name=tab).click()

    def write(self, field: str, text: str) -> None:
        control = self.page.locator(f"[name={field}]")
        control.click()
        control.fill(text)
        if control.evaluate(
            "field => Boolean(window.jQuery?.(field).data('xdsoft_datetimepicker'))"
        ):
            expect(self.page.locator(PICKER)).to_be_visible()
            self.page.keyboard.press("Escape")
            expect(self.page.locator(PICKER)).to_have_count(0)

    def choose(self, field: str, option: str) -> None:
        self.page.locator(f"[name={field}]").select_option(label=option)

    def tick(self, box: str) -> None:
        self.page.get_by_label(box, exact=True).click()


@dataclass
class Keys:
    """No pointer at all. The menu beside a page that has just come is skipped."""

    page: Page

    def press(self, name: str) -> None:
        self._come_to(name)
        self.page.keyboard.press("Enter")

    def _come_to(self, name: str) -> None:
        fresh = self.page.evaluate("document.activeElement === document.body")
        if fresh and self.page.locator(f"a:text-is('{SKIP}')").count():  # not elsewhere
            tab_to(self.page, SKIP)
            self.page.keyboard.press("Enter")
            expect(self.page.locator("#main")).to_be_focused()
        tab_to(self.page, name)

    def turn_to(self, tab: str) -> None:
        chosen = self.page.locator("[role=tab][aria-selected=true]")
        self._come_to(chosen.inner_text().strip())
        while chosen.inner_text().strip() != tab:
            before = chosen.get_attribute("id") or ""
            self.page.keyboard.press("ArrowRight")
            expect(chosen).not_to_have_id(before)
            expect(chosen).to_be_focused()
        seen(self.page, tab)

    def write(self, field: str, text: str) -> None:
        self._come_to(field)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, field: str, option: str) -> None:
        self._come_to(field)
        self.page.keyboard.press("Home")
        while self.page.evaluate(CHOSEN) != option:
            self.page.keyboard.press("ArrowDown")

    def tick(self, box: str) -> None:
        self._come_to(box)
        self.page.keyboard.press("Space")


def words(control: Locator) -> str:
    """What it says, as a `Hand` finds it again. Half a page may have come without its words."""
    control.page.wait_for_load_state()
    return " ".join((control.text_content() or "").split())


def tab_to(page: Page, name: str, *, back: bool = False) -> None:
    """Press Tab until the control with this name, label or text has the focus, and is seen."""
    for _press in range(MOST_TABS):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if name in page.evaluate(FOCUSED):
            return seen(page, name)
    pytest.fail(f"{MOST_TABS} times Tab do not lead to {name!r}")


def seen(page: Page, name: str) -> None:
    """What has the focus is seen to have it. Not at once: the window may be on its way there."""
    try:
        page.wait_for_function(f"() => !({UNSEEN})()")
    except TooLate:
        pytest.fail(f"{name!r} has the focus, but {page.evaluate(UNSEEN)}")
