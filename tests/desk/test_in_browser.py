"""Every screen of the desk and every public page, drawn for real: nothing against WCAG A or AA."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from promo.models import Subscriber, Subscription, Timetable
from promo.services import rehearsals, tokens
from promo.services.rehearsals import Rehearsal
from tests.browser import OpenPage, colour_faults
from tests.desk.browsing import Desk, faults, pl
from tests.desk.rehearsed import played
from tests.desk.scenes import Scene

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("desk-screens"),
    pytest.mark.django_db,
]

OPEN_TAB = "[role=tablist], [role=tabpanel]:not([hidden])"

Address = Callable[[Scene], str]

MAIN: dict[str, Address] = {
    "dashboard": lambda _scene: "/desk/",
    "calendar": lambda _scene: "/desk/calendar/",
    "week": lambda _scene: "/desk/calendar/week/",
    "agenda": lambda _scene: "/desk/calendar/agenda/",
    "where an item is": lambda scene: f"/desk/whereabouts/{scene.item.pk}/",
    "publications": lambda _scene: "/desk/publications/?show=all",
    "unknown publication": lambda scene: f"/desk/publications/{scene.unknown.pk}/",
    "items": lambda _scene: "/desk/items/",
    "item": lambda scene: f"/desk/items/edit/{scene.item.pk}/",
    "issue": lambda scene: f"/desk/issues/edit/{scene.issue.pk}/",
    "campaign": lambda scene: f"/desk/campaigns/inspect/{scene.campaign.pk}/",
    "destinations": lambda _scene: "/desk/destinations/",
    "inbox": lambda _scene: "/desk/inbox/",
    "mailing": lambda scene: f"/desk/publications/{scene.mailing.pk}/",
    "report of a mailing": lambda scene: f"/desk/publications/{scene.mailing.pk}/report/",
    "returned mail": lambda _scene: "/desk/returned/",
    "mailbox of returned mail": lambda _scene: "/desk/returned/mailbox/",
    "segment": lambda scene: f"/desk/segments/edit/{scene.segment.pk}/",
}
OTHERS: dict[str, Address] = {
    "day": lambda scene: f"/desk/calendar/{scene.failed.planned_at:%Y/%-m/%-d}/",
    "where one's items are": lambda _scene: "/desk/whereabouts/",
    "plan in one's own calendar": lambda _scene: "/desk/calendar/feed/",
    "things that need a hand": lambda _scene: "/desk/publications/?show=hand",
    "publications that used up their attempts": lambda _scene: "/desk/publications/?show=given_up",
    "published publication": lambda scene: f"/desk/publications/{scene.published.pk}/",
    "refused publication": lambda scene: f"/desk/publications/{scene.failed.pk}/",
    "missed publication": lambda scene: f"/desk/publications/{scene.missed.pk}/",
    "planned publication": lambda scene: f"/desk/publications/{scene.planned.pk}/",
    "new item": lambda _scene: "/desk/items/add/",
    "item in review": lambda scene: f"/desk/items/edit/{scene.in_review.pk}/",
    "history of an item": lambda scene: f"/desk/items/history/{scene.item.pk}/",
    "issues": lambda _scene: "/desk/issues/",
    "new issue": lambda _scene: "/desk/issues/add/",
    "campaigns": lambda _scene: "/desk/campaigns/",
    "new campaign": lambda _scene: "/desk/campaigns/add/",
    "items for a campaign": lambda scene: f"/desk/campaigns/items/{scene.campaign.pk}/",
    "report of a campaign": lambda scene: f"/desk/campaigns/report/{scene.campaign.pk}/",
    "question before cancelling": lambda scene: f"/desk/campaigns/cancel/{scene.campaign.pk}/",
    "destination": lambda scene: f"/desk/destinations/{scene.destination.pk}/",
    "acts on an event": lambda scene: f"/desk/items/acts/{scene.item.pk}/",
    "taking down everywhere": lambda scene: f"/desk/items/take-down/{scene.item.pk}/",
    "missed publications": lambda _scene: "/desk/missed/",
    "stop of everything": lambda _scene: "/desk/stop/",
    "rehearsing": lambda _scene: "/desk/rehearse/",
    "rehearsal": lambda _scene: f"/desk/rehearse/{rehearsal().key}/",
    "new destination": lambda _scene: "/desk/destinations/new/facebook_page/",
    "connecting a page": lambda _scene: "/desk/destinations/connect/facebook_page/",
    "connecting a page again": lambda scene: f"/desk/destinations/{scene.destination.pk}/connect/",
    "subscribers": lambda _scene: "/desk/subscribers/",
    "segments": lambda _scene: "/desk/segments/",
    "new segment": lambda _scene: "/desk/segments/add/",
    "export of readers": lambda scene: f"/desk/subscribers/export/?segment={scene.segment.pk}",
    "acts on many readers": lambda _scene: "/desk/subscribers/acts/?language=pl",
    "question before erasing": lambda _scene: f"/desk/subscribers/acts/new/erase/?id={reader().pk}",
    "newsletters": lambda _scene: "/desk/newsletters/",
    "newsletter": lambda scene: f"/desk/newsletters/edit/{scene.newsletter.pk}/",
    "rhythm of a newsletter": lambda scene: f"/desk/rhythms/{scene.newsletter.pk}/",
    "question before collecting again": lambda scene: f"/desk/fillings/{scene.filling.pk}/again/",
    "another time for an issue": lambda scene: f"/desk/fillings/{scene.filling.pk}/move/",
    "issue that was missed": lambda scene: f"/desk/issues/edit/{scene.filling.issue_id}/",
    "timetables": lambda _scene: "/desk/timetables/",
    "timetable": lambda _scene: f"/desk/timetables/edit/{Timetable.objects.order_by('id')[0].pk}/",
    "fair shares": lambda _scene: "/desk/fair-shares/",
    "new fair share": lambda _scene: "/desk/fair-shares/add/",
    "late promotion": lambda scene: f"/desk/levels/{scene.in_review.pk}/3/",
    "anniversaries": lambda _scene: "/desk/on-this-day/",
    "new anniversary": lambda _scene: "/desk/on-this-day/add/",
    "anniversaries from a file": lambda _scene: "/desk/anniversaries/import/",
    "branches": lambda _scene: "/desk/branches/",
    "new branch": lambda _scene: "/desk/branches/add/",
    "partners": lambda _scene: "/desk/partners/",
    "sources": lambda _scene: "/desk/sources/",
    "new source": lambda _scene: "/desk/sources/add/",
    "institution": lambda _scene: "/desk/settings/promo/institution/",
    "mail limits": lambda _scene: "/desk/mail-limits/",
    "new mail limit": lambda _scene: "/desk/mail-limits/add/",
    "pictures": lambda _scene: "/desk/images/",
    "new picture": lambda _scene: "/desk/images/add/",
    "new pictures": lambda _scene: "/desk/images/multiple/add/",
    "picture": lambda scene: f"/desk/images/{scene.photo.pk}/",
    "account": lambda _scene: "/desk/account/",
    "users": lambda _scene: "/desk/users/",
    "new user": lambda _scene: "/desk/users/new/",
    "groups": lambda _scene: "/desk/groups/",
    "no such page": lambda _scene: "/desk/nothing-here/",
}


def rehearsal() -> Rehearsal:
    return played(rehearsals.place(settings.HOME))


def reader() -> Subscriber:
    return Subscriber.objects.order_by("id")[0]


PUBLIC: dict[str, Address] = {
    "agenda": lambda _scene: "/",
    "item": lambda scene: scene.item.path,
    "sign-up": lambda _scene: "/newsletter/",
    "confirmation": lambda _scene: f"/confirm/{_waiting_code()}/",
    "preferences": lambda _scene: f"/preferences/{tokens.code(tokens.READER, reader().uuid)}/",
    "embedded sign-up": lambda scene: f"/newsletter/embed/?newsletter={scene.newsletter.slug}",
    "request for one's data": lambda _scene: f"/preferences/{_reader_code()}/data/",
    "one's data": lambda _scene: f"/my-data/{_data_code()}/",
    "erasure": lambda _scene: f"/my-data/{_data_code()}/erase/",
    "unsubscribe": lambda _scene: f"/unsubscribe/{tokens.code(tokens.READER, reader().uuid)}/",
    "link that does not work": lambda _scene: "/confirm/abc/",
    "no such page": lambda _scene: "/nothing-here/",
}


def _reader_code() -> str:
    return tokens.code(tokens.READER, reader().uuid)


def _data_code() -> str:
    return tokens.code(tokens.OWN_DATA, reader().uuid)


def _waiting_code() -> str:
    waiting = Subscription.objects.filter(state=Subscription.State.PENDING)
    return tokens.code(tokens.CONFIRM, str(waiting[0].pk))


@pytest.mark.parametrize("name", OTHERS)
def test_screen_has_no_fault(name: str, at_work: Desk, open_page: OpenPage) -> None:
    page = at_work.enter(open_page(width=1440, height=900), name="anna")
    at_work.open(page, OTHERS[name](at_work.scene))
    assert faults(page) == []


@pytest.mark.parametrize("name", MAIN)
def test_main_screen_has_no_fault_by_day_by_night_and_on_a_phone(
    name: str, at_work: Desk, open_page: OpenPage
) -> None:
    page = at_work.enter(open_page(width=1440, height=900), name="ewa")
    at_work.open(page, MAIN[name](at_work.scene))
    assert by_day_and_by_night(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    at_work.open(page, MAIN[name](at_work.scene))
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_login_has_no_fault(at_work: Desk, open_page: OpenPage) -> None:
    page = at_work.open(open_page(), "/desk/login/")
    expect(page.get_by_label(pl("Username"))).to_be_visible()
    assert by_day_and_by_night(page) == []


@pytest.mark.parametrize("path", ["/desk/items/add/", "/desk/items/edit/", "/desk/issues/edit/"])
def test_editor_has_no_fault_on_any_tab_with_its_preview(
    path: str, at_work: Desk, open_page: OpenPage
) -> None:
    page = at_work.enter(open_page(width=1440, height=900), name="ewa")
    edited = at_work.scene.issue if "issues" in path else at_work.scene.item
    at_work.open(page, f"{path}{edited.pk}/" if path.endswith("edit/") else path)
    show_preview(page)
    assert by_day_and_by_night(page) == []
    for tab in page.get_by_role("tab").all():
        tab.click()
        assert by_day_and_by_night(page, within=OPEN_TAB) == []


def test_plan_in_the_editor_has_no_fault(at_work: Desk, open_page: OpenPage) -> None:
    page = at_work.enter(open_page(width=1440, height=900), name="ewa")
    at_work.open(page, f"/desk/items/edit/{at_work.scene.item.pk}/")
    page.get_by_role("tab", name=pl("Promotion")).click()
    expect(page.locator(".promo-plan > li").first).to_be_visible()
    page.locator(".promo-dropped summary").click()
    assert by_day_and_by_night(page) == []


@pytest.mark.parametrize("name", PUBLIC)
def test_public_page_has_no_fault_by_day_by_night_and_on_a_phone(
    name: str, at_work: Desk, open_page: OpenPage
) -> None:
    page = at_work.open(open_page(), PUBLIC[name](at_work.scene))
    assert by_day_and_by_night(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


PHONE = {"width": 390, "height": 844, "phone": True}


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_a_day_and_an_hour_are_picked_within_the_screen(
    width: int, at_work: Desk, open_page: OpenPage
) -> None:
    page = at_work.enter(open_page(width=width, height=844, phone=True), name="ewa")
    at_work.open(page, "/desk/items/add/")
    page.get_by_role("tab", name=pl("When and where")).tap()
    field = page.locator("[name=starts_at]")
    field.tap()
    picker = page.locator(".xdsoft_datetimepicker:visible")
    expect(picker.locator(".xdsoft_time")).to_have_count(24)
    for part in (picker, picker.locator(".xdsoft_calendar table"), picker.locator(".xdsoft_time")):
        for box in [each.bounding_box() for each in part.all()]:
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
    hours = picker.locator(".xdsoft_time").all_inner_texts()
    assert (hours[0], hours[-1]) == ("00:00", "23:00")
    picker.locator(".xdsoft_date:not(.xdsoft_other_month)", has_text="15").tap()
    picker.locator(".xdsoft_time", has_text="18:00").tap()
    expect(field).to_have_value(re.compile(r"^\d{4}-\d\d-15 18:00$"))


def test_on_a_phone_the_button_of_the_menu_stays_in_the_corner(
    at_work: Desk, open_page: OpenPage
) -> None:
    page = at_work.enter(open_page(**PHONE), name="ewa")
    at_work.open(page, "/desk/items/")
    button = page.locator(".sidebar-nav-toggle")
    assert page.evaluate("document.body.classList.contains('has-messages')") is False
    quiet = button.bounding_box()
    page.evaluate("document.body.classList.add('has-messages')")
    assert button.bounding_box() == quiet
    assert quiet is not None
    assert (quiet["x"], quiet["y"]) == (0, 0)


def test_on_a_phone_the_choice_of_a_block_fits_its_pop_up(
    at_work: Desk, open_page: OpenPage
) -> None:
    page = at_work.enter(open_page(**PHONE), name="ewa")
    at_work.open(page, "/desk/issues/add/")
    add = page.locator(".c-sf-add-button").first
    size = add.bounding_box()
    assert size is not None
    assert min(size["width"], size["height"]) > 24
    add.tap()
    frame = page.locator(".w-combobox-container")
    expect(frame).to_be_visible()
    outer = frame.bounding_box()
    assert outer is not None
    assert outer["x"] + outer["width"] <= 390
    for option in frame.locator("[role=option]").all():
        inner = option.bounding_box()
        assert inner is not None
        assert inner["x"] + inner["width"] <= outer["x"] + outer["width"]


def test_on_a_phone_a_long_heading_is_shown_whole_and_a_long_title_ends_in_dots(
    at_work: Desk, open_page: OpenPage
) -> None:
    page = at_work.enter(open_page(**PHONE), name="ewa")
    at_work.open(page, "/desk/settings/promo/institution/1/")
    cut = page.locator(".w-panel__heading").evaluate_all(
        "all => all.filter(e => e.scrollWidth > e.clientWidth).map(e => e.textContent.trim())"
    )
    assert cut == []
    at_work.open(page, f"/desk/items/edit/{at_work.scene.item.pk}/")
    title = page.locator(".w-breadcrumbs li:last-child > a")
    assert title.evaluate("a => a.scrollWidth > a.clientWidth")
    assert title.evaluate("a => getComputedStyle(a).textOverflow") == "ellipsis"


@pytest.mark.parametrize("file", ["rss.xml", "atom.xml"])
def test_a_feed_of_the_server_opened_in_chromium_is_a_page(
    file: str, at_work: Desk, open_page: OpenPage
) -> None:
    page = at_work.open(open_page(**PHONE), f"/feeds/{file}")
    greeting = page.evaluate("getComputedStyle(document.documentElement, '::before').content")
    assert greeting.startswith('"To jest kanał')
    assert page.evaluate("document.contentType") == "application/xml"


def by_day_and_by_night(page: Page, *, within: str = "html") -> list[str]:
    """What axe-core finds in the light and in the dark theme of the same page."""
    light = faults(page, within=within)
    page.emulate_media(color_scheme="dark")
    dark = colour_faults(page, within=within)
    page.emulate_media(color_scheme="light")
    return light + dark


def show_preview(page: Page) -> None:
    """Open the preview at the side, unless it is remembered as open."""
    panel = page.locator("[data-side-panel=preview]")
    if not panel.is_visible():
        page.locator("[data-side-panel-toggle=preview]").click()
    expect(panel).to_be_visible()
    # Not until the network is silent: a preview is fetched anew again and again.
    drawn = page.frame_locator("#w-preview-iframe, iframe[title]").first
    expect(drawn.locator("body > *").first).to_be_attached()
