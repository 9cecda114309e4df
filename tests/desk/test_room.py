"""There is room for everything: no field is cut off, no menu is squeezed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import OpenPage
from tests.desk.browsing import Desk, pl
from tests.desk.test_in_browser import show_preview

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("desk-room"),
    pytest.mark.django_db,
]

CUT_OFF = """() => {
  const room = document.querySelector(".tab-content").getBoundingClientRect();
  const fields = document.querySelectorAll("[data-edit-form] :is(input, select, textarea)");
  return [...fields]
    .map((field) => [field.name || field.id, field.getBoundingClientRect()])
    .filter(([, box]) => box.width > 30 && (box.right > room.right + 1 || box.left < room.left - 1))
    .map(([name]) => name);
}"""


@pytest.mark.parametrize(
    ("width", "height", "preview"), [(1280, 800, True), (1280, 800, False), (390, 844, False)]
)
def test_no_field_of_an_item_is_cut_off(
    *, width: int, height: int, preview: bool, at_work: Desk, open_page: OpenPage
) -> None:
    page = at_work.enter(open_page(width=width, height=height), name="ewa")
    at_work.open(page, f"/desk/items/edit/{at_work.scene.item.pk}/")
    if preview:
        show_preview(page)
        title, side = (page.locator(at).bounding_box() for at in ("#header-title", ".form-side"))
        assert title is not None
        assert side is not None
        assert title["x"] + title["width"] <= side["x"]
    for tab in page.get_by_role("tab").all():
        tab.click()
        assert page.evaluate(CUT_OFF) == []


def test_menu_of_a_row_has_room_for_its_words(at_work: Desk, open_page: OpenPage) -> None:
    page: Page = at_work.enter(open_page(width=1280, height=800), name="ewa")
    at_work.open(page, "/desk/items/")
    page.locator("td.title .actions button").first.click()
    entry = page.locator("td.title .actions").get_by_role("link", name=pl("Edit")).first
    expect(entry).to_be_visible()
    box = entry.bounding_box()
    assert box is not None
    assert box["width"] > box["height"]
