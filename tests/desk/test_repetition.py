"""A series is chosen from a list; nobody has to write its rule, and no rule is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import OpenPage
from tests.desk.browsing import Desk, fill_moment, pl

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("desk-room"),
    pytest.mark.django_db,
]

SECOND_TUESDAY = "2027-03-09 17:00"
LAST_WEDNESDAY = "2027-03-31 17:00"


@pytest.fixture
def page(at_work: Desk, open_page: OpenPage) -> Page:
    """The tab of dates in a new item."""
    page = at_work.enter(open_page(width=1280, height=900), name="jan")
    at_work.open(page, "/desk/items/add/")
    page.get_by_role("tab", name=pl("When and where")).click()
    return page


def rule(page: Page) -> Locator:
    return page.locator("[name=recurrence]")


def choose(page: Page, pattern: str) -> None:
    page.locator("[data-promo-repetition] select").select_option(pattern)


def test_weekly_series_is_chosen_and_counted(page: Page) -> None:
    expect(rule(page)).to_be_hidden()
    choose(page, "FREQ=WEEKLY")
    page.locator("[data-promo-repetition] input[type=number]").fill("6")
    expect(rule(page)).to_have_value("FREQ=WEEKLY;COUNT=6")
    choose(page, "")
    expect(rule(page)).to_have_value("")


def test_monthly_series_keeps_the_weekday_of_its_start(page: Page) -> None:
    fill_moment(page, "starts_at", SECOND_TUESDAY)
    choose(page, "FREQ=MONTHLY;BYDAY={nth}{weekday}")
    expect(rule(page)).to_have_value("FREQ=MONTHLY;BYDAY=2TU")
    fill_moment(page, "starts_at", LAST_WEDNESDAY)
    expect(rule(page)).to_have_value("FREQ=MONTHLY;BYDAY=-1WE")


def test_rule_of_ones_own_is_written_as_it_is(page: Page) -> None:
    choose(page, "own")
    expect(rule(page)).to_be_focused()
    rule(page).fill("FREQ=WEEKLY;BYDAY=MO,TH;COUNT=8")
    expect(rule(page)).to_have_value("FREQ=WEEKLY;BYDAY=MO,TH;COUNT=8")
