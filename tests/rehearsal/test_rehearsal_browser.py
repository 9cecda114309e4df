"""The pages in a real browser: accessible, fresh by themselves, mail kept in its sandbox."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage

import pytest
from playwright.sync_api import expect

from promo.rehearsal import seed
from tests.browser import OpenPage, axe_faults, browser, colour_faults, open_page, windows
from tests.rehearsal.client import Rehearsal

__all__ = ["browser", "open_page", "windows"]

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
BACK = "http://127.0.0.1:8000/back"
LOGIN = f"/graph/dialog/oauth?client_id={seed.APP_ID}&redirect_uri={BACK}&scope=pages_show_list"
DIALOG = f"{LOGIN}&user={seed.USER_ID}"
SHUT = f"{LOGIN}&user={seed.STRANGER_ID}"


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


def test_no_page_has_an_accessibility_fault(world: Rehearsal, open_page: OpenPage) -> None:
    fill(world)
    mail = f"/mail/{world.mails()[0]['id']}/"
    ways_in = ("/", "/page/", "/page/?lang=en", "/mail/", "/mail/?to=nikt", "/page/9/")
    page = open_page()
    for path in (*ways_in, mail, f"{mail}?tab=text", f"{mail}?tab=headers", LOGIN, DIALOG, SHUT):
        page.goto(world.base + path)
        page.emulate_media(color_scheme="light")
        found = axe_faults(page)
        page.emulate_media(color_scheme="dark")
        assert (path, found + colour_faults(page)) == (path, [])


def test_a_new_post_appears_by_itself(world: Rehearsal, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(f"{world.base}/page/")
    expect(page.get_by_text("Nic się jeszcze nie ukazało.")).to_be_visible()

    world.publish("Właśnie wyszło")

    expect(page.get_by_text("Właśnie wyszło")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Lista została odświeżona.")


def test_a_mail_is_read_and_its_source_looked_at(world: Rehearsal, open_page: OpenPage) -> None:
    fill(world)
    page = open_page()
    page.goto(world.base)
    page.get_by_role("link", name="Otwórz pocztę").click()
    page.get_by_role("link", name="Grudzień").click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Treść")).to_be_visible()
    page.get_by_role("link", name="Nagłówki").click()
    expect(page.get_by_text("multipart/alternative")).to_be_visible()


def test_no_page_breaks_its_own_policy_or_a_phone(world: Rehearsal, open_page: OpenPage) -> None:
    fill(world)
    page = open_page(width=320, height=640)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    for path in ("/", "/page/", "/mail/", f"/mail/{world.mails()[0]['id']}/", DIALOG):
        page.goto(world.base + path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320, f"{path} is {wide} pixels wide"
    assert complaints == []
