"""What people do when things change: move, cancel and take back, decide on what was missed.

By mouse and by keyboard, in Polish, each screen judged by axe-core.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django import DjangoDbBlocker

from promo.models import Item
from promo.protocol import State
from promo.values import EventStatus, Variant
from tests import making
from tests.browser import OpenPage
from tests.desk.browsing import Desk, faults, fill_moment, pl
from tests.desk.test_in_browser import by_day_and_by_night
from tests.desk.test_walks import banner, soon, tab_to

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("desk-acts"),
    pytest.mark.django_db,
]


def judged(page: Page) -> None:
    """Nothing against WCAG in both themes, nor on a phone, and nothing wider than the phone."""
    assert by_day_and_by_night(page) == []
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({"width": 390, "height": 844})
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size(size)


def test_an_event_is_moved_with_the_mouse_and_taken_back_with_the_keyboard(
    at_work: Desk, open_page: OpenPage
) -> None:
    item = Item.objects.get(title="Kiermasz książki przeczytanej")
    before = item.starts_at
    page = at_work.enter(open_page(width=1280, height=900), name="ewa")
    at_work.open(page, f"/desk/items/acts/{item.pk}/")
    judged(page)
    page.get_by_role("link", name="Przenieś").click()
    fill_moment(page, "starts_at", soon(60, 18))
    judged(page)
    page.get_by_role("button", name=pl("Show what follows")).click()
    expect(page.locator(".promo-effect--moved").first).to_be_visible()
    judged(page)
    item.refresh_from_db()
    assert item.starts_at == before, "nothing is done before the button"
    page.locator(".promo-form").get_by_role("button", name=pl("Move the event")).click()
    expect(banner(page)).to_contain_text(pl("Done. You can take it back until something goes out."))
    judged(page)
    item.refresh_from_db()
    assert item.starts_at != before

    tab_to(page, pl("Take it back"))
    page.keyboard.press("Enter")
    expect(banner(page)).to_contain_text(pl("Taken back. Everything stands as it stood before."))
    item.refresh_from_db()
    assert item.starts_at == before


def test_an_event_is_cancelled_with_the_keyboard_and_everybody_who_was_told_hears_of_it(
    at_work: Desk, open_page: OpenPage
) -> None:
    item = Item.objects.get(title="Turniej gier planszowych")
    page = at_work.enter(open_page(width=1280, height=900), name="ewa")
    at_work.open(page, f"/desk/items/acts/{item.pk}/")
    tab_to(page, "Odwołaj…")
    page.keyboard.press("Enter")
    expect(page.locator(".promo-effect--notice").first).to_be_visible()
    expect(page.locator(".promo-effect--marked").first).to_be_visible()
    judged(page)
    tab_to(page, pl("Cancel the event"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=pl("Take it back"))).to_be_visible()
    item.refresh_from_db()
    assert item.status == EventStatus.CANCELLED
    notices = item.publications.filter(variant=Variant.CANCELLED)
    assert notices.count() == len(set(notices.values_list("destination", flat=True))) > 1


@pytest.fixture(scope="module")
def club(at_work: Desk, django_db_blocker: DjangoDbBlocker) -> Item:
    """A series that the server sees: it is gone with the busy desk."""
    with django_db_blocker.unblock():
        return making.approved(
            title="Klub książki kulinarnej", kind="dkk", recurrence="FREQ=WEEKLY;COUNT=4"
        )


def test_one_date_of_a_series_is_cancelled_with_the_keyboard_and_taken_back(
    club: Item, at_work: Desk, open_page: OpenPage
) -> None:
    page = at_work.enter(open_page(width=1280, height=900), name="ewa")
    at_work.open(page, f"/desk/items/acts/{club.pk}/")
    tab_to(page, "Odwołaj jeden termin cyklu…")
    page.keyboard.press("Enter")
    which = page.get_by_label(pl("Which date"))
    which.focus()
    page.keyboard.press("ArrowDown")
    judged(page)
    tab_to(page, pl("Show what follows"))
    page.keyboard.press("Enter")
    expect(page.locator(".promo-effect--dropped").first).to_be_visible()
    judged(page)
    tab_to(page, pl("Cancel this date"))
    page.keyboard.press("Enter")
    expect(banner(page)).to_contain_text(pl("Done. You can take it back until something goes out."))
    club.refresh_from_db()
    assert len(club.changed_dates) == 1
    tab_to(page, pl("Take it back"))
    page.keyboard.press("Enter")
    expect(banner(page)).to_contain_text(pl("Taken back. Everything stands as it stood before."))
    club.refresh_from_db()
    assert club.changed_dates == []


def test_a_writer_sends_an_act_for_approval_and_the_approver_sees_what_follows(
    at_work: Desk, open_page: OpenPage
) -> None:
    item = Item.objects.get(title="Robótki przy herbacie")
    page = at_work.enter(open_page(width=1280, height=900), name="jan")
    at_work.open(page, f"/desk/items/acts/{item.pk}/cancel/")
    page.get_by_role("button", name=pl("Send for approval")).click()
    expect(banner(page)).to_contain_text(
        pl("Sent for approval. Nothing changes until it is approved.")
    )
    item.refresh_from_db()
    assert item.status == EventStatus.SCHEDULED
    page = at_work.enter(open_page(width=1280, height=900), name="ewa")
    at_work.open(page, f"/desk/items/edit/{item.pk}/")
    page.get_by_role("tab", name=pl("Promotion")).click()
    expect(page.locator(".promo-changes .promo-effect--dropped").first).to_be_visible()
    page.locator("footer").get_by_role("button", name=pl("Approve")).first.click()
    expect(banner(page)).to_contain_text(item.title)
    item.refresh_from_db()
    assert item.status == EventStatus.CANCELLED


def test_what_was_missed_is_sent_or_dropped_by_ticks(at_work: Desk, open_page: OpenPage) -> None:
    row = at_work.scene.missed
    page = at_work.enter(open_page(width=1280, height=900), name="ewa")
    at_work.open(page, "/desk/publications/?show=hand")
    page.locator(".promo-hint a").click()
    expect(page.locator(".promo-decisions")).to_be_visible()
    judged(page)
    page.get_by_role("button", name=pl("Drop the ticked ones")).click()
    expect(banner(page)).to_contain_text(pl("Tick what you decide on first."))
    page.locator(f"#missed-{row.pk}").focus()
    page.keyboard.press("Space")
    tab_to(page, pl("Drop the ticked ones"))
    page.keyboard.press("Enter")
    expect(banner(page)).to_contain_text("Usunięto z planu 1 publikację")
    row.refresh_from_db()
    assert row.state == State.CANCELLED
