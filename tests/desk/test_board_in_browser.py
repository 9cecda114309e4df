"""The board worked in: by mouse, by keyboard, beside the message, on paper, on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect
from pytest_django import DjangoDbBlocker

from promo.models import Destination, Institution, Publication
from promo.services import composing
from tests import making
from tests.browser import OpenPage
from tests.desk.browsing import Desk, faults, pl
from tests.desk.hands import seen, tab_to, words

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("desk-board"),
    pytest.mark.django_db,
]


@pytest.fixture(scope="module")
def posts(at_work: Desk, django_db_blocker: DjangoDbBlocker) -> Iterator[Publication]:
    """One for each test, committed: what a test itself writes, the server does not see."""
    with django_db_blocker.unblock():
        return iter([_post(weeks) for weeks in range(20, 30)])


@pytest.fixture
def post(posts: Iterator[Publication]) -> Publication:
    return next(posts)


def _post(weeks: int) -> Publication:
    """At noon of a Tuesday far ahead, alone in its week; its event begins on that Friday."""
    today = timezone.localdate()
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=weeks)
    zone = Institution.load().tz
    start = datetime(monday.year, monday.month, monday.day, 17, tzinfo=zone) + timedelta(days=4)
    noon = datetime(monday.year, monday.month, monday.day, 12, tzinfo=zone) + timedelta(days=1)
    page = Destination.objects.filter(channel="facebook_page", paused_at=None)[0]
    row = Publication(
        item=making.item(title="Gra miejska z mapą", starts_at=start, ends_at=None),
        destination=page,
        slot="board",
        variant="announce",
        planned_at=noon,
        due_at=noon,
        not_after_at=start,
    )
    composing.recompose(row)
    row.save()
    return row


def week_of(row: Publication) -> str:
    return f"/desk/calendar/week/{row.planned_at:%Y/%-m/%-d}/"


def cell(page: Page, moment: datetime) -> Locator:
    local = moment.astimezone(Institution.load().tz)
    return page.locator(f'td[data-day="{local:%Y-%m-%d}"][data-hour="{local.hour}"]')


def entry(page: Page, row: Publication) -> Locator:
    return page.locator(f'[data-pk="{row.pk}"]')


def lift(page: Page, row: Publication) -> None:
    """Press on the entry and stray far enough for a drag; what is possible is shown then."""
    entry(page, row).hover()
    page.mouse.down()
    box = entry(page, row).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 30, steps=3)
    expect(page.locator("td[data-verdict]").first).to_be_visible()


def carry(page: Page, target: Locator) -> None:
    box = target.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)


def test_dragging_shows_what_is_possible_before_the_drop(
    at_work: Desk, open_page: OpenPage, post: Publication
) -> None:
    page = at_work.enter(open_page(width=1440, height=1200), name="ewa")
    at_work.open(page, week_of(post))
    lift(page, post)
    expect(cell(page, post.planned_at + timedelta(hours=3))).to_have_attribute(
        "data-verdict", "free"
    )
    night = cell(page, post.planned_at + timedelta(hours=9))
    expect(night).to_have_attribute("data-verdict", "asks")
    begun = cell(page, post.planned_at + timedelta(days=3, hours=6))
    expect(begun).to_have_attribute("data-verdict", "refused")
    assert faults(page) == []
    carry(page, begun)
    expect(page.locator(".promo-ghost")).to_contain_text(pl("The event will have begun by then."))
    page.mouse.up()
    expect(page.locator("[data-toast]")).to_contain_text(pl("The event will have begun by then."))
    expect(cell(page, post.planned_at).locator(f'[data-pk="{post.pk}"]')).to_be_visible()


def test_drop_moves_it_and_undo_brings_it_back(
    at_work: Desk, open_page: OpenPage, post: Publication
) -> None:
    page = at_work.enter(open_page(width=1440, height=1200), name="ewa")
    at_work.open(page, week_of(post))
    thursday = post.planned_at + timedelta(days=2, hours=2)
    lift(page, post)
    carry(page, cell(page, thursday))
    page.mouse.up()
    expect(cell(page, thursday).locator(f'[data-pk="{post.pk}"]')).to_be_visible()
    page.get_by_role("button", name=pl("Undo")).click()
    expect(cell(page, post.planned_at).locator(f'[data-pk="{post.pk}"]')).to_be_visible()


def test_drop_against_a_rule_asks_first(
    at_work: Desk, open_page: OpenPage, post: Publication
) -> None:
    page = at_work.enter(open_page(width=1440, height=1200), name="ewa")
    at_work.open(page, week_of(post))
    night = post.planned_at + timedelta(hours=9)
    lift(page, post)
    carry(page, cell(page, night))
    page.mouse.up()
    question = page.get_by_role("dialog", name=pl("Move it there all the same?"))
    expect(question).to_be_visible()
    assert faults(page) == []
    question.get_by_role("button", name=pl("No, go back")).click()
    expect(cell(page, post.planned_at).locator(f'[data-pk="{post.pk}"]')).to_be_visible()
    lift(page, post)
    carry(page, cell(page, night))
    page.mouse.up()
    question.get_by_role("button", name=pl("Move anyway")).click()
    expect(cell(page, night).locator(f'[data-pk="{post.pk}"]')).to_be_visible()

    entry(page, post).get_by_role("link").focus()
    page.keyboard.press("m")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-status]")).to_contain_text(pl("Against a rule:"))
    page.keyboard.press("Enter")
    expect(question.get_by_role("button", name=pl("No, go back"))).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("application")).to_be_focused()
    page.keyboard.press("Enter")
    expect(question).to_be_visible()
    tab_to(page, pl("Move anyway"), back=True)
    page.keyboard.press("Enter")
    later = cell(page, night + timedelta(hours=1)).locator(f'[data-pk="{post.pk}"] a')
    expect(later).to_be_focused()


def test_keyboard_moves_it_and_says_where_it_is(
    at_work: Desk, open_page: OpenPage, post: Publication
) -> None:
    page = at_work.enter(open_page(width=1440, height=1200), name="ewa")
    at_work.open(page, week_of(post))
    entry(page, post).get_by_role("link").focus()
    page.keyboard.press("m")
    mover = page.get_by_role("application")
    expect(mover).to_be_focused()
    status = page.locator("[data-status]")
    expect(status).to_contain_text(pl("Possible."))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    target = post.planned_at + timedelta(days=1, hours=1)
    expect(cell(page, target)).to_have_class(re.compile("is-target"))
    expect(status).to_contain_text("13:00")
    assert faults(page) == []
    page.keyboard.press("Enter")
    moved = cell(page, target).locator(f'[data-pk="{post.pk}"] a')
    expect(moved).to_be_focused()
    page.keyboard.press("m")
    expect(status).to_contain_text(pl("Possible."))
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Escape")
    expect(moved).to_be_focused()
    expect(status).to_contain_text(pl("It stays where it was."))


def test_in_a_month_days_and_weeks_are_moved_by_and_each_move_is_taken_back(
    at_work: Desk, open_page: OpenPage, post: Publication
) -> None:
    def square(after: int) -> Locator:
        local = (post.planned_at + timedelta(days=after)).astimezone(Institution.load().tz)
        return page.locator(f'td[data-day="{local:%Y-%m-%d}"]')

    def day(after: int) -> Locator:
        return square(after).locator(f'[data-pk="{post.pk}"] a')

    page = at_work.enter(open_page(width=1440, height=1200), name="ewa")
    at_work.open(page, f"/desk/calendar/{post.planned_at:%Y/%-m}/")
    lift(page, post)
    carry(page, square(1))
    page.mouse.up()
    expect(day(1)).to_be_focused()
    page.keyboard.press("Control+z")
    expect(day(0)).to_be_focused()

    page.keyboard.press("m")
    mover = page.get_by_role("application")
    expect(page.locator("[data-status]")).to_contain_text(pl("Possible."))
    page.keyboard.press("Shift+Tab")
    expect(mover.get_by_role("button", name=pl("Cancel"))).to_be_focused()
    page.keyboard.press("Tab")
    expect(mover).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(day(1)).to_be_focused()
    seen(page, "what was moved")
    tab_to(page, f"{pl('Undo')} Ctrl+Z")
    page.keyboard.press("Enter")
    expect(day(0)).to_be_focused()
    tab_to(page, pl("Close"))
    page.keyboard.press("Enter")
    expect(page.locator("[data-toast]")).to_be_hidden()
    expect(day(0)).to_be_focused()


def test_in_a_list_a_day_is_moved_by_with_the_keyboard(
    at_work: Desk, open_page: OpenPage, post: Publication
) -> None:
    page = at_work.enter(open_page(width=1280, height=900), name="ewa")
    at_work.open(page, week_of(post).replace("/week/", "/agenda/"))
    tab_to(page, words(entry(page, post).get_by_role("link")))
    page.keyboard.press("m")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-status]")).to_contain_text(pl("Possible."))
    page.keyboard.press("Enter")
    day = (post.planned_at + timedelta(days=1)).astimezone(Institution.load().tz)
    moved = page.locator(f'li[data-day="{day:%Y-%m-%d}"] [data-pk="{post.pk}"] a')
    expect(moved).to_be_focused()
    seen(page, "what was moved")


def test_message_opens_beside_the_board_and_its_menu_moves_it(
    at_work: Desk, open_page: OpenPage, post: Publication
) -> None:
    page = at_work.enter(open_page(width=1440, height=1200), name="ewa")
    at_work.open(page, week_of(post))
    entry(page, post).click()
    panel = page.get_by_role("dialog", name=pl("Publication"))
    expect(panel).to_be_visible()
    expect(panel.frame_locator("iframe").get_by_text("Gra miejska z mapą").first).to_be_visible()
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(entry(page, post).get_by_role("link")).to_be_focused()
    page.keyboard.press("Enter")
    panel.get_by_role("button", name=pl("Move…")).click()
    expect(page.get_by_role("application")).to_be_focused()
    page.keyboard.press("Escape")
    expect(entry(page, post).get_by_role("link")).to_be_focused()


def test_board_follows_what_happens_and_keeps_the_focus(
    at_work: Desk, open_page: OpenPage, post: Publication
) -> None:
    page = at_work.enter(open_page(width=1440, height=1200), name="ewa")
    at_work.open(page, week_of(post))
    entry(page, post).get_by_role("link").focus()
    other = at_work.enter(open_page(width=1440, height=1200), name="anna")
    at_work.open(other, week_of(post))
    entry(other, post).get_by_role("link").focus()
    other.keyboard.press("m")
    expect(other.locator("[data-status]")).to_contain_text(pl("Possible."))
    other.keyboard.press("ArrowRight")
    other.keyboard.press("Enter")
    moved = cell(page, post.planned_at + timedelta(days=1)).locator(f'[data-pk="{post.pk}"] a')
    expect(moved).to_be_focused()


def test_week_is_one_sheet_of_paper(at_work: Desk, open_page: OpenPage) -> None:
    page = at_work.enter(open_page(width=1440, height=900), name="ewa")
    at_work.open(page, "/desk/calendar/week/")
    page.emulate_media(media="print")
    expect(page.locator(".promo-print-title")).to_be_visible()
    expect(page.locator(".promo-board-bar")).to_be_hidden()
    paper = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1


def test_on_a_phone_the_agenda_moves_by_buttons(
    at_work: Desk, open_page: OpenPage, post: Publication
) -> None:
    page = at_work.enter(open_page(width=390, height=844, phone=True), name="ewa")
    at_work.open(page, week_of(post).replace("/week/", "/agenda/"))
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    entry(page, post).get_by_role("link").tap()
    page.get_by_role("button", name=pl("Move…")).tap()
    page.get_by_role("button", name=pl("A day later")).tap()
    page.get_by_role("button", name=pl("Move it here")).tap()
    day = (post.planned_at + timedelta(days=1)).astimezone(Institution.load().tz)
    there = page.locator(f'li[data-day="{day:%Y-%m-%d}"] [data-pk="{post.pk}"]')
    expect(there).to_be_visible()


def test_on_a_phone_the_week_begins_at_today_beside_its_hours(
    at_work: Desk, open_page: OpenPage
) -> None:
    page = at_work.enter(open_page(width=390, height=844, phone=True), name="ewa")
    day = timezone.localdate()
    at_work.open(page, f"/desk/calendar/week/{day:%Y/%-m/%-d}/")
    edges = page.evaluate(
        """() => ["#today", ".promo-week tbody th"].map((one) => {
            const box = document.querySelector(one).getBoundingClientRect();
            return [box.left, box.right];
        })"""
    )
    (begins, ends), (left, right) = edges
    assert 0 <= left < right <= begins + 1 < ends <= 390
