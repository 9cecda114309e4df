"""Nothing that was written is held for saved before it is."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from promo.models import Item
from tests.browser import OpenPage
from tests.desk.browsing import Desk, pl

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("desk-walks"),
    pytest.mark.django_db,
]

WHEN_IT_COMES_BACK = """() => document.addEventListener(
    "w-autosave:success",
    () => document.querySelector("[name=lead]").value = "W ostatniej chwili.",
    {capture: true, once: true})"""
FULL = """(field) => field.value = "x".repeat(document.querySelector("[data-most]").dataset.most)"""
SENT_ELSEWHERE = """() => {
    const form = document.querySelector("[data-edit-form]");
    document.body.append(Object.assign(document.createElement("iframe"), { name: "elsewhere" }));
    form.target = "elsewhere";
    form.addEventListener("submit", () => setTimeout(() => form.lead.value = "Po wysłaniu."));
    window.addEventListener("w-autosave:save",
        (event) => setTimeout(() => window.refused = event.defaultPrevented), true);
}"""
"""The answer comes elsewhere, so that there is time to look at the page that waits for it."""


def latest(**which: object) -> Item:
    """The item as it was saved last."""
    draft = Item.objects.get(**which).get_latest_revision_as_object()
    assert isinstance(draft, Item)
    return draft


def test_what_is_written_while_an_autosave_comes_back_is_saved_by_the_next(
    at_work: Desk, open_page: OpenPage
) -> None:
    page = at_work.enter(open_page(width=1440, height=1000), name="jan")
    at_work.open(page, "/desk/items/add/")
    page.evaluate(WHEN_IT_COMES_BACK)
    with page.expect_response(
        lambda answer: (
            answer.request.method == "POST"
            and "ostatniej" in (answer.request.post_data or "")
            and "/items/edit/" in answer.url
        )
    ) as saved:
        page.locator("[name=title]").press_sequentially("Zapis w toku")
    assert saved.value.json()["success"]
    assert latest(title="Zapis w toku").lead == "W ostatniej chwili."


def test_what_is_written_as_soon_as_the_page_has_come_is_saved(
    at_work: Desk, open_page: OpenPage
) -> None:
    page = at_work.enter(open_page(width=1440, height=1000), name="jan")
    page.goto(f"{at_work.url}/desk/items/add/")
    page.locator("[name=title]").press_sequentially("W pierwszej chwili")
    page.wait_for_url("**/items/edit/*/**")
    expect(page.locator("[name=title]")).to_have_value("W pierwszej chwili")
    assert Item.objects.filter(title="W pierwszej chwili").exists()


def test_no_autosave_begins_after_a_form_was_sent_until_somebody_writes_again(
    at_work: Desk, open_page: OpenPage
) -> None:
    page = at_work.enter(open_page(width=1440, height=1000), name="jan")
    at_work.open(page, f"/desk/items/edit/{at_work.scene.item.pk}/")
    title = page.locator("[name=title]")
    title.press_sequentially("!")
    expect(page.locator("#w-autosave-indicator")).to_contain_text("Zapisano")
    page.evaluate(SENT_ELSEWHERE)
    page.locator("footer").get_by_role("button", name=pl("Save draft")).click()
    page.wait_for_function("window.refused === true")
    title.press_sequentially("?")
    page.wait_for_function("window.refused === false")


def test_a_form_too_large_stays_here_and_goes_once_it_is_shorter(
    at_work: Desk, open_page: OpenPage
) -> None:
    page = at_work.enter(open_page(width=1440, height=1000), name="jan")
    at_work.open(page, f"/desk/items/edit/{at_work.scene.item.pk}/")
    lead, messages = page.locator("[name=lead]"), page.locator(".messages")
    save = page.locator("footer").get_by_role("button", name=pl("Save draft"))
    lead.press_sequentially("!")
    expect(page.locator("#w-autosave-indicator")).to_contain_text("Zapisano")
    lead.evaluate(FULL)
    expect(messages.locator(".error")).to_be_visible()
    save.click()
    expect(lead).to_have_value(re.compile("x{9}"))
    lead.fill("Krótko.")
    save.click()
    expect(messages.locator(".success")).to_contain_text("Muminki")
    assert latest(pk=at_work.scene.item.pk).lead == "Krótko."
