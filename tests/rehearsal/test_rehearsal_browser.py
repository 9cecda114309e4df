"""The pages in a real browser: accessible, fresh by themselves, mail kept in its sandbox."""

from __future__ import annotations

import shutil
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from promo.rehearsal import seed
from tests.rehearsal.client import Rehearsal

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]
BACK = "http://127.0.0.1:8000/back"
LOGIN = f"/graph/dialog/oauth?client_id={seed.APP_ID}&redirect_uri={BACK}&scope=pages_show_list"
DIALOG = f"{LOGIN}&user={seed.USER_ID}"
SHUT = f"{LOGIN}&user={seed.STRANGER_ID}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(color_scheme=request.param)
    yield opened
    opened.close()


def fill(world: Rehearsal) -> None:
    """Something of everything."""
    world.publish("Spotkanie autorskie #biblioteka", link="https://biblioteka.example/w/abc")
    world.upload(caption="Nowa sala", alt_text_custom="Jasna sala z regałami")
    world.upload(caption="Bez opisu")
    world.fault("bad_gateway", path="/feed")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "b@x.example", "l@y.example", "Grudzień"
    mail.set_content("Dzień dobry")
    mail.add_alternative("<html lang='pl'><body><h1>Treść</h1></body></html>", subtype="html")
    with smtplib.SMTP("127.0.0.1", world.smtp_port, timeout=20) as smtp:
        smtp.send_message(mail)


def test_no_page_has_an_accessibility_fault(world: Rehearsal, page: Page) -> None:
    fill(world)
    mail = f"/mail/{world.mails()[0]['id']}/"
    shown = ["/", "/page/", "/page/?lang=en", "/mail/", "/mail/?to=nikt", mail]
    for path in (
        *shown,
        f"{mail}?tab=text",
        f"{mail}?tab=headers",
        "/page/9/",
        LOGIN,
        DIALOG,
        SHUT,
    ):
        page.goto(world.base + path)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"


def test_a_new_post_appears_by_itself(world: Rehearsal, page: Page) -> None:
    page.goto(f"{world.base}/page/")
    expect(page.get_by_text("Nic się jeszcze nie ukazało.")).to_be_visible()

    world.publish("Właśnie wyszło")

    expect(page.get_by_text("Właśnie wyszło")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Lista została odświeżona.")


def test_a_mail_is_read_and_its_source_looked_at(world: Rehearsal, page: Page) -> None:
    fill(world)
    page.goto(world.base)
    page.get_by_role("link", name="Otwórz pocztę").click()
    page.get_by_role("link", name="Grudzień").click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Treść")).to_be_visible()
    page.get_by_role("link", name="Nagłówki").click()
    expect(page.get_by_text("multipart/alternative")).to_be_visible()


def test_no_page_breaks_its_own_policy_or_a_phone(world: Rehearsal, browser: Browser) -> None:
    fill(world)
    page = browser.new_page(viewport={"width": 320, "height": 640})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    for path in ("/", "/page/", "/mail/", f"/mail/{world.mails()[0]['id']}/", DIALOG):
        page.goto(world.base + path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320, f"{path} is {wide} pixels wide"
    page.close()
    assert complaints == []
