"""Publications whose attempts are used up, decided about by keyboard on a phone's width."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from promo.models import Publication
from promo.protocol import State
from tests.browser import OpenPage
from tests.desk.browsing import Desk, faults

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


def test_all_of_them_are_dropped_by_keyboard_after_a_question(
    fresh: Desk, open_page: OpenPage
) -> None:
    used_up = Publication.objects.filter(state=State.FAILED)
    used_up.update(attempts=12)
    number = used_up.count()
    assert number
    page = fresh.enter(open_page(width=390, height=844), name="ewa")
    fresh.open(page, "/desk/publications/?show=given_up")
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("[data-ticks]").focus()
    page.keyboard.press("Space")
    expect(page.locator("input[name=id]:checked")).to_have_count(number)
    page.locator("button[value=drop]").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".promo-question li")).to_have_count(number)
    assert faults(page) == []
    page.locator(".promo-question button").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".promo-calm")).to_be_visible()
    assert not used_up.exists()
