"""The mail as Chromium draws it, judged by axe-core: in light and dark, wide and on a phone."""

import pytest

from promo.channels.newsletter_email import preview_html
from promo.mailing.slots import Slot
from promo.values import Message, Variant
from tests.browser import OpenPage, axe_faults, dots
from tests.channels import samples
from tests.channels.newsletter_email import issues

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

LINKS = {slot: f"https://e.org/{slot}/1" for slot in Slot}
# A mail is shown inside a mail program, which has the landmarks.
NOT_FOR_MAIL = ("region", "landmark-one-main")
MAILS = {
    "issue": issues.issue_draft(),
    "issue in English": issues.issue_draft(issues.ISSUE_EN),
    "announcement": samples.draft(Variant.ANNOUNCE, pictures=(samples.picture(),)),
    "cancellation": issues.item_draft(issues.CANCELLED, Variant.CANCELLED),
    "news": issues.item_draft(issues.NEWS, Variant.NEWS),
}


@pytest.mark.parametrize("name", MAILS)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1000], ids=["phone", "wide"])
def test_axe_finds_no_fault(open_page: OpenPage, name: str, dark: bool, width: int) -> None:  # noqa: FBT001  (a parameter of the test)
    page = dots(open_page(dark=dark, width=width))
    page.set_content(shown(issues.compose(MAILS[name])))
    assert axe_faults(page, without=NOT_FOR_MAIL) == []


@pytest.mark.parametrize("width", [320, 360, 1000])
def test_nothing_sticks_out_at_the_side(open_page: OpenPage, width: int) -> None:
    page = dots(open_page(width=width))
    page.set_content(shown(issues.compose(issues.issue_draft())))
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_buttons_and_item_links_are_large_enough_for_a_finger(open_page: OpenPage) -> None:
    page = dots(open_page(width=360))
    page.set_content(shown(issues.compose(issues.issue_draft())))
    for link in page.locator(".button a, .block p:last-child a").all():
        box = link.bounding_box()
        assert box is not None
        assert box["height"] >= 44


def test_the_text_is_large_and_the_links_are_underlined(open_page: OpenPage) -> None:
    page = dots(open_page())
    page.set_content(shown(issues.compose(issues.issue_draft())))
    sizes = page.locator(".block p, .block li").evaluate_all(
        "elements => elements.map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    lines = page.locator(".text a").evaluate_all(
        "links => links.map(a => getComputedStyle(a).textDecorationLine)"
    )
    assert min(sizes) >= 14
    assert set(lines) == {"underline"}


def test_the_preview_text_is_not_drawn(open_page: OpenPage) -> None:
    page = dots(open_page())
    page.set_content(shown(issues.compose(issues.issue_draft())))
    assert not page.get_by_text(issues.ISSUE.preheader).first.is_visible()


def test_the_readers_links_lead_to_his_own_pages(open_page: OpenPage) -> None:
    page = dots(open_page())
    page.set_content(shown(issues.compose(issues.issue_draft())))
    for name, address in (
        ("Zrezygnuj z subskrypcji", LINKS[Slot.UNSUBSCRIBE]),
        ("Zmień ustawienia newslettera", LINKS[Slot.PREFERENCES]),
        ("Otwórz w przeglądarce", LINKS[Slot.BROWSER]),
    ):
        assert page.get_by_role("link", name=name).get_attribute("href") == address


def shown(message: Message) -> str:
    return preview_html(message, LINKS)
