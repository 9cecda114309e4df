"""What people do at the desk from morning to evening, with the mouse and with the keyboard.

The walks share one desk: each keeps to rows of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core import signing
from django.db import connections
from django.utils import timezone
from playwright.sync_api import FrameLocator, Locator, Page, expect
from pytest_django.fixtures import Settings
from time_machine import travel

from promo.models import Attempt, Item, Publication, Subscriber, Subscription
from promo.protocol import State
from promo.services import confirmations, tokens
from promo.services.clock import database_now
from tests.browser import OpenPage
from tests.desk.browsing import PICKER, Desk, fill_moment, pl
from tests.desk.hands import tab_to
from tests.world import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("desk-walks"),
    pytest.mark.django_db,
]


def preview(page: Page) -> FrameLocator:
    return page.frame_locator("#w-preview-iframe, iframe[title]").first


def banner(page: Page) -> Locator:
    """What the desk says at the top of the page."""
    return page.locator(".messages")


def soon(days: int, hour: int) -> str:
    """A moment in some days as the desk's date fields show it."""
    return f"{timezone.localdate() + timedelta(days=days):%Y-%m-%d} {hour}:00"


def write_event(page: Page, title: str) -> None:
    """An event that may be approved, but for its time."""
    page.locator("[name=title]").fill(title)
    page.locator("[name=kind]").select_option("author_meeting")
    page.locator("[name=lead]").fill("Rozmowa i podpisywanie książek. Wstęp wolny.")


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=pl(name)).click()


SUBMIT = pl("Submit to %(workflow_name)s") % {"workflow_name": "akceptacji"}


def submit(page: Page) -> None:
    """Send what is written to the approval."""
    page.get_by_role("button", name=pl("More actions")).click()
    page.get_by_role("button", name=SUBMIT).click()


def test_writer_plans_an_event_with_the_keyboard_and_an_approver_lets_it_out(
    at_work: Desk, open_page: OpenPage
) -> None:
    title = "Wieczór z Wisławą"
    page = at_work.enter(open_page(width=1440, height=1000), name="jan")
    at_work.open(page, "/desk/")
    _write_with_the_keyboard(page, title)
    _look_at_previews_and_plan_with_the_keyboard(page, title)
    _save_and_submit_with_the_keyboard(page, title)
    item = Item.objects.get(title=title)
    assert not item.live

    page = at_work.enter(open_page(width=1440, height=1000), name="ewa")
    at_work.open(page, "/desk/")
    page.locator("section", has=page.locator("#review")).get_by_role(
        "link", name=title
    ).first.click()
    page.locator("footer").get_by_role("button", name=pl("Approve")).first.click()
    expect(banner(page)).to_contain_text(title)
    item.refresh_from_db()
    assert item.live

    last = item.publications.filter(state=State.PLANNED).order_by("-planned_at")[0]
    at_work.open(page, f"/desk/calendar/{last.planned_at:%Y/%-m}/")
    page.locator(f".promo-calendar a[href='/desk/publications/{last.pk}/']").click()
    expect(page.get_by_role("heading", name=title).first).to_be_visible()
    message = page.frame_locator("iframe.promo-message")
    expect(message.get_by_text(title).first).to_be_visible()


def _write_with_the_keyboard(page: Page, title: str) -> None:
    tab_to(page, pl("New event or news item"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/items/add/")
    tab_to(page, pl("Toggle preview"))
    page.keyboard.press("Enter")
    tab_to(page, "title")
    page.keyboard.type(title)
    tab_to(page, "kind")
    page.keyboard.type("spotkanie autorskie")
    tab_to(page, "lead")
    page.keyboard.type("Wiersze i muzyka w Czytelni.")
    expect(preview(page).get_by_text("Wiersze i muzyka w Czytelni.")).to_be_visible()

    tab_to(page, pl("Content"), back=True)
    page.keyboard.press("ArrowRight")
    for field, hour in (("starts_at", 18), ("ends_at", 20)):
        tab_to(page, field)
        page.keyboard.type(soon(30, hour))
    tab_to(page, "all_day")
    expect(preview(page).get_by_text(re.compile("18.00–20.00"))).to_be_visible()


def _look_at_previews_and_plan_with_the_keyboard(page: Page, title: str) -> None:
    tab_to(page, "preview_mode", back=True)
    for _mode in ("newsletter_email", "website"):
        page.keyboard.press("ArrowDown")
        expect(preview(page).get_by_role("heading", name=title)).to_be_visible()
    tab_to(page, pl("When and where"))
    page.keyboard.press("ArrowRight")
    expect(page.locator(".promo-plan > li").first).to_be_visible()
    expect(page.locator("[data-promo-plan]")).to_contain_text("Facebook (próba)")


def _save_and_submit_with_the_keyboard(page: Page, title: str) -> None:
    page.keyboard.press("Control+s")
    expect(banner(page)).to_contain_text(title)
    tab_to(page, pl("More actions"))
    page.keyboard.press("Enter")
    tab_to(page, SUBMIT)
    page.keyboard.press("Enter")
    expect(banner(page)).to_contain_text(title)


def test_event_that_ends_before_it_starts_is_refused_at_its_field(
    at_work: Desk, open_page: OpenPage
) -> None:
    page = at_work.enter(open_page(width=1440, height=1000), name="jan")
    at_work.open(page, "/desk/items/add/")
    write_event(page, "Odwrócony wieczór")
    open_tab(page, "When and where")
    fill_moment(page, "starts_at", soon(9, 18))
    fill_moment(page, "ends_at", soon(9, 17))
    submit(page)
    page.get_by_role("button", name=pl("Go to the first error")).click()
    error = page.locator("#panel-child-kiedy_i_gdzie-kiedy-content .error-message")
    expect(error).to_have_text(re.compile(pl("It ends before it starts.")))
    open_tab(page, "Content")
    expect(page.locator("[name=title]")).to_have_value("Odwrócony wieczór")
    expect(page.locator("[name=lead]")).to_have_value(re.compile("Rozmowa"))


def test_calendar_of_a_field_left_at_once_does_not_stand_in_the_way(
    at_work: Desk, open_page: OpenPage
) -> None:
    page = at_work.enter(open_page(width=1440, height=1000), name="jan")
    at_work.open(page, "/desk/items/add/")
    open_tab(page, "When and where")
    opened = "() => window.opened = (window.opened || 0) + 1"
    page.evaluate(f"() => void jQuery(document).on('open.xdsoft', {opened})")
    page.locator("[name=starts_at]").focus()
    page.locator("[name=venue]").focus()
    page.wait_for_function("() => window.opened === 1")
    expect(page.locator(PICKER)).to_have_count(0)


def test_approval_without_a_date_is_refused_and_the_draft_is_kept(
    at_work: Desk, open_page: OpenPage
) -> None:
    title = "Wieczór bez daty"
    page = at_work.enter(open_page(width=1440, height=1000), name="jan")
    at_work.open(page, "/desk/items/add/")
    write_event(page, title)
    submit(page)
    expect(page.locator(".error-message")).to_contain_text([pl("When does it start?")])
    expect(page.locator("[name=title]")).to_have_value(title)
    expect(page.locator("body.ready")).to_be_attached()  # before that nobody hears the keys
    page.keyboard.press("Control+s")
    expect(banner(page)).to_contain_text(title)
    item = Item.objects.get(title=title)
    assert not item.live
    assert item.current_workflow_state is None


def test_picture_without_an_alternative_is_refused_at_approval(
    at_work: Desk, open_page: OpenPage
) -> None:
    page = at_work.enter(open_page(width=1440, height=1000), name="jan")
    at_work.open(page, "/desk/items/add/")
    write_event(page, "Wieczór ze zdjęciem")
    page.locator("#id_photos-ADD").click()
    page.get_by_role("button", name=re.compile(pl("Choose an image"))).click()
    page.get_by_role("link", name="Bez opisu").click()
    open_tab(page, "When and where")
    fill_moment(page, "starts_at", soon(9, 18))
    submit(page)
    expect(page.locator(".error-message, .help-critical, .messages .error").first).to_be_visible()
    expect(page.get_by_text(re.compile("alternatyw", re.IGNORECASE)).first).to_be_visible()
    expect(page.locator("[name=title]")).to_have_value("Wieczór ze zdjęciem")


def test_issue_is_composed_of_blocks_previewed_and_approved(
    at_work: Desk, open_page: OpenPage
) -> None:
    page = at_work.enter(open_page(width=1440, height=1000), name="ewa")
    at_work.open(page, "/desk/issues/add/")
    page.locator("[name=subject]").fill("Styczeń w bibliotece")
    page.locator("[name=preheader]").fill("Spotkania, warsztaty i ferie zimowe w bibliotece.")
    page.locator(".c-sf-add-button").first.click()
    page.get_by_role("option", name=pl("Heading")).click()
    page.locator("[name=blocks-0-value]").fill("W styczniu u nas")
    page.locator(".c-sf-add-button").last.click()
    page.get_by_role("option", name=pl("Event or news item")).click()
    page.get_by_role("button", name=re.compile(pl("Choose"))).last.click()
    dialog = page.locator(".modal-dialog")
    dialog.get_by_role("textbox").first.fill(at_work.scene.item.title)
    dialog.get_by_role("link", name=at_work.scene.item.title).click()
    open_tab(page, "Sending")
    fill_moment(page, "send_at", soon(40, 9))
    if not page.locator("[data-side-panel=preview]").is_visible():
        page.locator("[data-side-panel-toggle=preview]").click()
    expect(preview(page).get_by_text("W styczniu u nas")).to_be_visible()
    expect(preview(page).get_by_role("heading", name=at_work.scene.item.title)).to_be_visible()
    page.get_by_role("button", name=pl("More actions")).click()
    page.get_by_role("button", name=pl("Publish"), exact=True).click()
    expect(banner(page)).to_contain_text("Styczeń w bibliotece")
    publication = Publication.objects.get(issue__subject="Styczeń w bibliotece")
    assert publication.state == State.PLANNED
    assert "W styczniu u nas" in publication.message.text.replace("\N{NO-BREAK SPACE}", " ")


def test_unknown_publication_says_what_to_do_asks_before_a_repeat_and_takes_evidence(
    at_work: Desk, open_page: OpenPage
) -> None:
    unknown = at_work.scene.unknown
    page = at_work.enter(open_page(width=1440, height=1000), name="ewa")
    at_work.open(page, "/desk/")
    page.get_by_role("link", name=re.compile(f"{pl('Take a look')}.*{unknown.subject}")).click()
    expect(page.locator(".promo-hint")).to_contain_text(pl("It has been published"))

    page.get_by_role("button", name=pl("Send again…")).click()
    expect(page.get_by_role("heading", name=pl("Send again?")).first).to_be_visible()
    assert Publication.objects.get(pk=unknown.pk).state == State.UNKNOWN
    page.get_by_role("link", name=pl("No, go back")).click()

    page.locator("#url").fill("https://www.facebook.com/1/posts/2")
    page.get_by_role("button", name=pl("It has been published")).click()
    expect(banner(page)).to_contain_text(pl("Noted as published."))
    expect(page.get_by_role("link", name=pl("view"))).to_have_attribute(
        "href", "https://www.facebook.com/1/posts/2"
    )
    unknown.refresh_from_db()
    assert unknown.state == State.PUBLISHED
    decided = unknown.ledger.get(event=Attempt.Event.DECIDED)
    assert decided.user is not None
    assert decided.user.username == "ewa"


def test_reader_signs_up_confirms_chooses_and_leaves(
    at_work: Desk, open_page: OpenPage, world: World, settings: Settings
) -> None:
    settings.EMAIL_URL = f"smtp://{world.host}:{world.smtp_port}"
    page = at_work.open(open_page(), "/")
    page.get_by_role("link", name=pl("Sign up for the newsletter")).first.click()
    page.locator("#email").fill("bo@example.org")
    page.locator("#consent").check()
    opened_a_minute_ago(page)
    page.locator("main").get_by_role("button").click()
    expect(page.locator(".tone-success h1")).to_be_visible()

    (waiting,) = Subscription.objects.filter(subscriber__email="bo@example.org")
    committed(lambda: confirmations.send(waiting.pk, now=database_now()))
    (mail,) = world.mails(to="bo@example.org")
    page.goto(re.findall(r"https?://\S+/confirm/\S+", mail["text"])[0])
    page.locator("main").get_by_role("button").click()
    expect(page.locator(".tone-success h1")).to_be_visible()
    waiting.refresh_from_db()
    assert waiting.state == Subscription.State.ACTIVE

    reader = Subscriber.objects.get(email="bo@example.org")
    at_work.open(page, f"/preferences/{tokens.code(tokens.READER, reader.uuid)}/")
    page.get_by_label(pl("First name")).fill("Bogna")
    page.locator("main").get_by_role("button").first.click()
    reader.refresh_from_db()
    assert reader.name == "Bogna"

    at_work.open(page, f"/unsubscribe/{tokens.code(tokens.READER, reader.uuid)}/")
    page.locator("main").get_by_role("button").first.click()
    expect(page.locator(".tone-success h1")).to_be_visible()
    waiting.refresh_from_db()
    assert waiting.state == Subscription.State.ENDED


def committed(act: Callable[[], None]) -> None:
    """Do it on a connection of its own: what this test writes, the server would wait for."""

    def on_its_own() -> None:
        try:
            act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=1) as pool:
        pool.submit(on_its_own).result()


def opened_a_minute_ago(page: Page) -> None:
    """The form takes whoever fills it in within two seconds for a robot."""
    with travel(timezone.now() - timedelta(minutes=1)):
        earlier = signing.dumps("", salt="promo.form")
    page.locator("[name=opened]").evaluate("(field, value) => { field.value = value }", earlier)
