"""Everything is stopped and let go on, after a look at what waited; with axe-core."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from promo.models import Destination, Halt
from promo.protocol import State
from tests import making
from tests.browser import OpenPage
from tests.desk.browsing import Desk, pl
from tests.desk.hands import Keys, tab_to
from tests.desk.test_acts_in_browser import judged

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


def test_everything_is_stopped_and_let_go_on_after_a_look_at_what_waited(
    fresh: Desk, open_page: OpenPage
) -> None:
    waiting = making.due_publication(Destination.objects.get(channel="website"))
    page = fresh.enter(open_page(width=1280, height=900), name="ewa")
    fresh.open(page, "/desk/stop/")
    judged(page)
    tab_to(page, "because")
    page.keyboard.type("Żałoba w mieście")
    tab_to(page, pl("Stop everything now"))
    page.keyboard.press("Enter")
    strip = page.locator(".promo-halt")
    expect(strip).to_contain_text("Żałoba w mieście")
    judged(page)

    writer = fresh.enter(open_page(width=1280, height=900), name="jan")
    for path in ("/desk/", "/desk/calendar/", f"/desk/items/edit/{fresh.scene.item.pk}/"):
        fresh.open(writer, path)
        expect(writer.locator(".promo-halt")).to_be_visible()
        judged(writer)

    page = fresh.enter(open_page(width=1280, height=900), name="ewa")
    fresh.open(page, "/desk/")
    page.locator(".promo-halt a").click()
    choice = page.locator(f"[name=choice-{waiting.pk}]")
    expect(choice).to_have_value("next")
    judged(page)
    choice.select_option("drop")
    page.get_by_role("button", name=pl("Let everything go on")).click()
    expect(page.locator(".promo-halt")).to_have_count(0)
    waiting.refresh_from_db()
    assert waiting.state == State.CANCELLED
    assert Halt.objects.get().ended_at is not None
    _stop_by_mouse_and_let_go_on_by_keyboard(fresh, page)


def _stop_by_mouse_and_let_go_on_by_keyboard(desk: Desk, page: Page) -> None:
    waiting = making.due_publication(Destination.objects.get(channel="website"), title="Bajki")
    desk.open(page, "/desk/")
    page.get_by_role("link", name=pl("Stop everything"), exact=True).click()
    page.locator("[name=because]").fill("Awaria strony miasta")
    page.get_by_role("button", name=pl("Stop everything now")).click()
    expect(page.locator(".promo-halt")).to_contain_text("Awaria strony miasta")
    tab_to(page, pl("Look through what has waited, and let it go on…"))
    page.keyboard.press("Enter")
    expect(page.locator(f"[name=choice-{waiting.pk}]")).to_be_visible()
    Keys(page).choose(f"choice-{waiting.pk}", "Usuń z planu")
    tab_to(page, pl("Let everything go on"))
    page.keyboard.press("Enter")
    expect(page.locator(".promo-halt")).to_have_count(0)
    waiting.refresh_from_db()
    assert waiting.state == State.CANCELLED
