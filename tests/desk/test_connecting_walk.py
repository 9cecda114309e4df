"""Connecting a page as a person does: in a browser, in Polish, by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from django.test import override_settings
from playwright.sync_api import Page, expect

from promo.models import Destination
from promo.services import accesses
from promo.services.clock import database_now
from tests.browser import OpenPage
from tests.desk.browsing import Desk, faults, pl
from tests.desk.hands import Hand, Keys, Mouse, tab_to
from tests.desk.test_walks import banner
from tests.world import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

SIGN_IN = "Zaloguj się: Facebook"


class Happened(NamedTuple):
    """Over there, and what the first screen says of it."""

    event: str
    told: str


LOST = Happened("password_changed", "zmieniła hasło")
ENDS_SOON = Happened("ends_in_9_days", "Dostęp do „{}” wkrótce wygaśnie")


@pytest.fixture
def rehearsed(world: World) -> Iterator[World]:
    """Before the desk's web process starts: it takes these addresses along."""
    with override_settings(
        PROMO_FACEBOOK_GRAPH_URL=world.graph_url,
        PROMO_FACEBOOK_DIALOG_URL=world.graph_url,
        EMAIL_URL=f"smtp://{world.host}:{world.smtp_port}",
    ):
        yield world


@pytest.fixture
def connected(rehearsed: World, fresh: Desk) -> Desk:
    """What it has in the beginning is another page: both of Anna's can be connected."""
    Destination.objects.filter(channel="facebook_page").update(config={})
    return fresh


def test_pages_are_connected_and_connected_again_by_mouse_and_by_keyboard(
    rehearsed: World, connected: Desk, open_page: OpenPage, tmp_path: Path
) -> None:
    seed = rehearsed.seed()
    page = connected.enter(open_page(width=1280, height=900), name="anna")
    _connect_the_branch_by_mouse(page, connected, seed)
    branch = Destination.objects.get(config__page_id=seed["unticked_page_id"])
    assert branch.secrets["page_token"]
    _connect_the_library_by_keyboard(page, connected, seed)
    library = Destination.objects.get(config__page_id=seed["page_id"])
    first = branch.secrets["page_token"]
    for hand, lost, ending in (
        (Keys(page), branch, library),
        (Mouse(page), library, branch),
    ):
        _connect_again(hand, connected, rehearsed, lost, LOST)
        _connect_again(hand, connected, rehearsed, ending, ENDS_SOON)
    Mouse(page).press("Sprawdź dostęp: Facebook biblioteki")
    expect(banner(page)).to_contain_text(
        "Promo ma dostęp do miejsca publikacji „Facebook biblioteki”."
    )
    log = (tmp_path / "web.log").read_text(encoding="utf-8")
    secrets = {first, *branch.secrets.values(), "pomylony-klucz"}
    assert [secret for secret in secrets if secret in log] == []


def _connect_the_branch_by_mouse(page: Page, desk: Desk, seed: dict[str, str]) -> None:
    desk.open(page, "/desk/destinations/")
    page.get_by_role("link", name="Połącz: Facebook").click()
    expect(page.get_by_role("heading", name=pl("Switch the app to Live"))).to_be_visible()
    page.get_by_role("button", name="Kopiuj").click()
    expect(page.get_by_role("status").filter(has_text=pl("Copied"))).to_be_visible()
    assert faults(page) == []
    page.locator("[name=app_id]").fill(seed["app_id"])
    page.locator("[name=app_secret]").fill("pomylony-klucz")
    page.get_by_role("button", name=SIGN_IN).click()
    expect(page.get_by_role("alert")).to_contain_text("nie przyjmuje tego identyfikatora")
    assert faults(page) == []
    page.locator("[name=app_secret]").fill(seed["app_secret"])
    page.get_by_role("button", name=SIGN_IN).click()

    page.get_by_role("button", name="Zaloguj się jako Anna Próbna").click()
    page.get_by_label("Filia nr 2 (próba)").check()
    page.get_by_label("Towarzystwo Przyjaciół Biblioteki (próba)").check()
    page.get_by_label("pages_manage_posts").uncheck()
    page.get_by_role("button", name="Kontynuuj").click()

    expect(page.get_by_text("nie udzielono uprawnienia „pages_manage_posts”").first).to_be_visible()
    expect(page.get_by_role("button", name=pl("Connect"), exact=True)).to_have_count(0)
    assert faults(page) == []
    page.get_by_role("button", name=pl("Sign in again to tick others")).click()
    page.get_by_role("button", name="Zaloguj się jako Anna Próbna").click()
    page.get_by_label("pages_manage_posts").check()
    page.get_by_role("button", name="Kontynuuj").click()

    closed = page.get_by_label("Towarzystwo Przyjaciół Biblioteki (próba)")
    expect(closed).to_be_disabled()
    expect(page.get_by_text("Nie możesz tworzyć treści na tej stronie.")).to_be_visible()
    assert faults(page) == []
    page.get_by_label("Filia nr 2 (próba)").check()
    page.locator("[name=name]").fill("Facebook filii")
    page.get_by_role("button", name=pl("Connect"), exact=True).click()
    expect(banner(page)).to_contain_text("Połączono: „Facebook filii”.")
    expect(banner(page)).to_contain_text("w oknie prywatnym")
    assert faults(page) == []


def _connect_the_library_by_keyboard(page: Page, desk: Desk, seed: dict[str, str]) -> None:
    keys = Keys(page)
    desk.open(page, "/desk/destinations/")
    keys.press("Połącz: Facebook")
    expect(page.get_by_role("heading", name=pl("Switch the app to Live"))).to_be_visible()
    keys.press("Kopiuj")
    expect(page.get_by_role("status").filter(has_text=pl("Copied"))).to_be_visible()
    expect(page.get_by_role("button", name="Kopiuj")).to_be_focused()
    keys.write("app_id", seed["app_id"])
    keys.write("app_secret", "pomylony-klucz")
    keys.press(SIGN_IN)
    expect(page.get_by_role("alert")).to_contain_text("nie przyjmuje tego identyfikatora")
    keys.write("app_secret", seed["app_secret"])
    keys.press(SIGN_IN)
    expect(page.get_by_role("heading", name="Logowanie (próba)")).to_be_visible()
    keys.press("Zaloguj się jako Anna Próbna")
    expect(page.get_by_label("Biblioteka Miejska (próba)")).to_be_checked()
    keys.press("Kontynuuj")
    again = page.get_by_role("button", name=pl("Sign in again to tick others"))
    expect(again).to_be_visible()
    keys.press(pl("Sign in again to tick others"))
    expect(page.get_by_role("heading", name="Logowanie (próba)")).to_be_visible()
    keys.press("Zaloguj się jako Anna Próbna")
    expect(page.get_by_label("pages_manage_posts")).to_be_checked()
    keys.press("Kontynuuj")
    expect(again).to_be_visible()
    tab_to(page, "place")
    page.keyboard.press("Space")
    expect(page.get_by_label("Biblioteka Miejska (próba)")).to_be_checked()
    keys.write("name", "Facebook biblioteki")
    keys.press(pl("Connect"))
    expect(banner(page)).to_contain_text("Połączono: „Facebook biblioteki”.")
    keys.press("Sprawdź dostęp: Facebook biblioteki")
    expect(banner(page)).to_contain_text(
        "Promo ma dostęp do miejsca publikacji „Facebook biblioteki”."
    )


def _connect_again(
    hand: Hand, desk: Desk, world: World, row: Destination, happened: Happened
) -> None:
    """From the banner of the first screen, once this has happened over there."""
    world.post("/api/events", {"event": happened.event})
    accesses.check(destination=row, now=database_now())
    desk.open(hand.page, "/desk/")
    alert = hand.page.locator(".promo-access", has_text=row.name)
    expect(alert).to_contain_text(happened.told.format(row.name))
    assert faults(hand.page) == []
    world.post("/api/events", {"event": "mended"})
    hand.press(f"Połącz ponownie: {row.name}")
    expect(hand.page.get_by_role("heading", name=f"Połącz ponownie: {row.name}")).to_be_visible()
    hand.press(SIGN_IN)
    expect(hand.page.get_by_role("heading", name="Logowanie (próba)")).to_be_visible()
    hand.press("Zaloguj się jako Anna Próbna")
    expect(hand.page.get_by_role("button", name="Kontynuuj")).to_be_visible()
    hand.press("Kontynuuj")
    expect(hand.page.get_by_role("button", name=pl("Connect"), exact=True)).to_be_visible()
    hand.press(pl("Connect"))
    expect(banner(hand.page)).to_contain_text(f"Połączono: „{row.name}”.")
    row.refresh_from_db()
    assert (row.paused_at, row.access_lost_at, row.findings) == (None, None, [])
