"""Set-up, campaigns and the calendar, each walked by mouse and by keyboard, in Polish.

The walks share one desk: each keeps to rows of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django import DjangoDbBlocker

from promo.models import (
    Anniversary,
    Campaign,
    ClosedDay,
    Destination,
    FairShare,
    Institution,
    Item,
    Publication,
)
from promo.protocol import State
from tests import making
from tests.desk.browsing import Desk, faults, pl
from tests.desk.hands import Hand, words
from tests.desk.test_walks import banner, soon

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("desk-hands"),
    pytest.mark.django_db,
]

RENEWED = (
    "The present address will stop working. Calendars that follow it must be given the new one."
)
STOPPED = "The address will stop working: calendars that follow it will stop being updated."
SAVE = "Zapisz"
SAVE_DRAFT = "Zapisz szkic"


def saved(hand: Hand, button: str = SAVE) -> None:
    """Press the button, and read that it is done."""
    hand.press(button)
    expect(banner(hand.page).locator(".success")).to_be_visible()


def test_the_house_closes_for_some_days_and_sets_its_limits(at_work: Desk, hand: Hand) -> None:
    page, known = hand.page, ClosedDay.objects.count()
    at_work.open(page, "/desk/settings/promo/institution/")
    hand.write("max_per_day", str(4 + known))
    hand.press("Dodaj: zamknięcie")
    expect(page.locator(f"[name=closed_days-{known}-on]")).to_be_visible()
    hand.write(f"closed_days-{known}-on", f"{timezone.localdate() + timedelta(days=400):%Y-%m-%d}")
    hand.write(f"closed_days-{known}-name", "inwentaryzacja")
    assert faults(page) == []
    saved(hand)
    assert ClosedDay.objects.filter(name="inwentaryzacja").count() == known + 1
    assert Institution.load().max_per_day == 4 + known


def test_what_a_partner_or_a_branch_may_take_is_set(at_work: Desk, hand: Hand) -> None:
    page, known = hand.page, FairShare.objects.count()
    at_work.open(page, "/desk/fair-shares/")
    hand.press("Dodaj: zasada podziału")
    expect(page.locator("[name=voice]")).to_be_visible()
    hand.choose("voice", ("Dom Kultury „Bajka”", "Biblioteka główna")[known - 1])
    hand.write("most_a_week", "3")
    hand.write("gap_hours", "24")
    saved(hand)
    made = FairShare.objects.latest("id")
    assert (FairShare.objects.count(), made.most_a_week) == (known + 1, 3)


@pytest.fixture(scope="module")
def drafts(at_work: Desk, django_db_blocker: DjangoDbBlocker) -> Iterator[Item]:
    """Far ahead, in a house that wants to know four weeks before what goes everywhere."""
    start = timezone.now() + timedelta(days=60)
    with django_db_blocker.unblock():
        Institution.objects.update(level2_days=7, level3_days=28)
        return iter(
            [
                making.item(title=f"Wieczór {name}", level=3, starts_at=start, ends_at=None)
                for name in ("fado", "flamenco")
            ]
        )


def test_the_form_says_at_once_which_level_is_too_late_and_it_is_allowed_with_a_reason(
    at_work: Desk, hand: Hand, drafts: Iterator[Item]
) -> None:
    page, item = hand.page, next(drafts)
    at_work.open(page, f"/desk/items/edit/{item.pk}/")
    hand.turn_to(pl("When and where"))
    hand.write("starts_at", soon(10, 18))
    hand.turn_to(pl("Promotion"))
    late = page.locator(".promo-levels .is-late")
    expect(late).to_have_count(1)
    assert faults(page, within=".promo-levels") == []
    saved(hand, SAVE_DRAFT)
    hand.turn_to(pl("Promotion"))
    expect(late).to_have_count(1)
    hand.press(words(late.locator("a")))
    expect(page.locator("[name=reason]")).to_be_visible()
    hand.write("reason", "Artystka potwierdziła dopiero dziś")
    hand.press(pl("Allow it"))
    expect(banner(page)).to_contain_text("Dopuszczono")
    hand.turn_to(pl("Promotion"))
    expect(page.locator(".promo-levels")).to_contain_text("Artystka potwierdziła dopiero dziś")
    expect(late).to_have_count(0)


@pytest.fixture(scope="module")
def walks(at_work: Desk, django_db_blocker: DjangoDbBlocker) -> Iterator[Item]:
    """Without a date: what may be shown again and again, once its kind says so."""
    with django_db_blocker.unblock():
        return iter(
            [
                making.item(title=title, kind="new_titles", starts_at=None, ends_at=None, level=2)
                for title in ("Spacer po murach", "Spacer po parku")
            ]
        )


def test_what_is_of_use_at_any_time_gets_its_season_and_its_pause(
    at_work: Desk, hand: Hand, walks: Iterator[Item]
) -> None:
    page, item = hand.page, next(walks)
    at_work.open(page, f"/desk/items/edit/{item.pk}/")
    hand.choose("kind", "dziedzictwo i regionalia")
    hand.turn_to(pl("Promotion"))
    hand.write("again_after_days", "60")
    hand.write("most_showings", "3")
    hand.write("season_from", "1.5")
    hand.write("season_until", "30.9")
    expect(page.locator(".promo-plan > li").nth(1)).to_be_visible()
    saved(hand, SAVE_DRAFT)
    item.refresh_from_db()
    draft = item.get_latest_revision_as_object()
    assert (draft.again_after_days, draft.season_from, draft.season_until) == (60, "05-01", "09-30")


def test_a_list_of_anniversaries_is_read_in_and_one_is_mended(
    at_work: Desk, hand: Hand, tmp_path: Path
) -> None:
    page, known = hand.page, Anniversary.objects.count()
    title = f"Nadano prawa miejskie, dokument {known}"
    file = tmp_path / "rocznice.csv"
    file.write_text(f"data;tytuł;źródło\n1.5.1270;{title};Kronika\n", encoding="utf-8")
    at_work.open(page, "/desk/on-this-day/")
    hand.press(pl("Import from a file"))
    expect(page.locator("[name=file]")).to_be_visible()
    with page.expect_file_chooser() as chooser:
        hand.tick("Plik*")
    chooser.value.set_files(file)
    hand.press(pl("Import"))
    expect(banner(page)).to_contain_text("1 rocznica")
    hand.press(title)
    expect(page.locator("[name=year]")).to_have_value("1270")
    hand.write("year", "1253")
    saved(hand)
    assert Anniversary.objects.get(title=title).year == 1253


@pytest.fixture(scope="module")
def concerts(at_work: Desk, django_db_blocker: DjangoDbBlocker) -> Iterator[Item]:
    """Approved, each in a campaign of its own."""
    with django_db_blocker.unblock():
        return iter([making.approved(title=f"Koncert {kind}") for kind in ("kolęd", "jazzowy")])


def test_a_campaign_is_made_started_paused_resumed_reported_on_and_cancelled(
    at_work: Desk, hand: Hand, concerts: Iterator[Item], tmp_path: Path
) -> None:
    page, item = hand.page, next(concerts)
    at_work.open(page, "/desk/campaigns/")
    hand.press("Dodaj: kampania")
    expect(page.locator("[name=goal]")).to_be_visible()
    hand.write("name", f"Zima: {item.title}")
    hand.write("goal", "pełna sala")
    saved(hand)
    campaign = Campaign.objects.get(name=f"Zima: {item.title}")
    _put_items_in_and_take_one_out(at_work, hand, campaign, item)
    hand.press(pl("Start the campaign"))
    expect(banner(page)).to_contain_text(pl("The campaign is running."))
    hand.press(pl("Pause"))
    expect(banner(page)).to_contain_text(
        pl("Paused. Nothing in this campaign will go out until you resume it.")
    )
    waiting = campaign.publications.filter(state=State.PLANNED)
    assert waiting.exists()
    assert not waiting.filter(held=False).exists()
    hand.press(pl("Resume"))
    expect(banner(page)).to_contain_text(pl("The campaign is running again."))
    assert waiting.filter(held=False).exists()

    mark = page.locator(".promo-line__track li a").last
    hand.press(words(mark))
    expect(page.frame_locator("iframe").get_by_text(item.title).first).to_be_visible()
    at_work.open(page, f"/desk/campaigns/inspect/{campaign.pk}/")
    hand.press(pl("Report so far"))
    expect(page.locator("#goal")).to_be_visible()
    with page.expect_download() as download:
        hand.press(pl("Download as CSV"))
    assert item.title in download.value.path().read_text(encoding="utf-8")

    at_work.open(page, f"/desk/campaigns/inspect/{campaign.pk}/")
    hand.press(pl("Cancel the campaign…"))
    expect(page.get_by_role("link", name=pl("Keep it running"))).to_be_visible()
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.QUEUED
    hand.press(pl("Cancel the campaign"))
    expect(banner(page)).to_contain_text("Kampanię anulowano.")
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.CANCELLED
    assert not waiting.exists()


def _put_items_in_and_take_one_out(desk: Desk, hand: Hand, campaign: Campaign, item: Item) -> None:
    page = hand.page
    hand.press(pl("Choose or begin items"))
    label = page.locator("label", has_text=item.title)
    hand.tick(words(label))
    expect(label.locator("input")).to_be_checked()
    hand.press(pl("Add to the campaign"))
    expect(banner(page)).to_contain_text("Do kampanii dodano 1 treść.")
    hand.press(pl("Add or begin an item"))
    expect(page.locator("[name=title]")).to_be_visible()
    hand.write("title", f"Bis: {item.title}")
    hand.choose("kind", "koncert")
    hand.press(pl("Begin"))
    expect(banner(page)).to_contain_text(
        pl("Begun as a draft in this campaign. Write the rest here.")
    )
    desk.open(page, f"/desk/campaigns/inspect/{campaign.pk}/")
    hand.press(f"{pl('Take out')}: Bis: {item.title}")
    expect(banner(page)).to_contain_text(f"Bis: {item.title}")
    assert [entry.item for entry in campaign.entries.all()] == [item]


@pytest.fixture(scope="module")
def tonight(at_work: Desk, django_db_blocker: DjangoDbBlocker) -> Publication:
    """Due in three hours."""
    with django_db_blocker.unblock():
        page = Destination.objects.filter(channel="facebook_page", paused_at=None)[0]
        row = making.due_publication(page, title="Ognisko z gitarą")
        row.planned_at = row.due_at = timezone.now() + timedelta(hours=3)
        row.save()
        return row


def test_calendar_is_narrowed_down_leafed_through_and_printed(
    at_work: Desk, hand: Hand, tonight: Publication
) -> None:
    page = hand.page
    day = tonight.planned_at.astimezone(Institution.load().tz)
    at_work.open(page, f"/desk/calendar/agenda/{day:%Y/%-m/%-d}/")
    hand.choose("destination", tonight.destination.name)
    hand.press(pl("Show"))
    expect(page.locator("#filter-destination option:checked")).to_have_text(
        tonight.destination.name
    )
    expect(page.locator(f'[data-pk="{tonight.pk}"]')).to_be_visible()
    expect(page.locator(".promo-entry:not(.promo-entry--facebook_page)")).to_have_count(0)
    for view in ("Week", "Month"):
        hand.press(pl(view))
        expect(page.locator(".promo-views [aria-current=page]")).to_have_text(pl(view))
    month = page.locator(".promo-month").inner_text()
    hand.press(pl("Next month"))
    expect(page.locator(".promo-month")).not_to_have_text(month)
    page.evaluate("() => { window.print = () => { window.printed = true } }")
    hand.press(pl("Print"))
    assert page.evaluate("window.printed")


def test_plan_is_followed_at_a_secret_address_until_it_is_stopped(
    at_work: Desk, hand: Hand
) -> None:
    page = hand.page
    at_work.open(page, "/desk/calendar/")
    hand.press(pl("In your own calendar"))
    expect(page.get_by_role("button", name=pl("Make my address"))).to_be_visible()
    hand.press(pl("Make my address"))
    expect(banner(page)).to_contain_text(pl("Here is your new address."))
    first = page.get_by_label(pl("Your secret address")).input_value()
    hand.press(pl("Copy"))
    expect(page.locator(".promo-question [role=status]")).to_have_text(pl("Copied"))
    expect(page.get_by_role("button", name=pl("Copy"), exact=True)).to_be_focused()
    assert faults(page) == []
    hand.press(pl("Make a new address…"))
    expect(page.get_by_text(pl(RENEWED))).to_be_visible()
    assert faults(page) == []
    hand.press(pl("Make a new address"))
    expect(banner(page)).to_contain_text(pl("Here is your new address."))
    assert page.get_by_label(pl("Your secret address")).input_value() != first
    assert page.request.get(first).status == 404
    hand.press(pl("Stop it…"))
    expect(page.get_by_text(pl(STOPPED))).to_be_visible()
    hand.press(pl("Stop it"))
    expect(banner(page)).to_contain_text(pl("The address no longer works."))


def test_what_goes_out_next_and_what_became_of_ones_own_is_a_link_away(
    at_work: Desk, hand: Hand, tonight: Publication
) -> None:
    page = hand.page
    at_work.open(page, "/desk/")
    hand.press(f"{tonight.subject}, {tonight.destination.name}")
    expect(page.frame_locator("iframe").get_by_text(tonight.subject).first).to_be_visible()
    at_work.enter(page, name="jan")
    at_work.open(page, "/desk/whereabouts/")
    hand.press(at_work.scene.in_review.title)
    expect(page.locator("#way")).to_contain_text(pl("Approval"))
    expect(page.locator(".promo-way").nth(1)).to_be_visible()


@pytest.fixture(scope="module")
def posted(at_work: Desk, django_db_blocker: DjangoDbBlocker) -> Publication:
    """Out on a page of which nobody has said yet that followers see it."""
    with django_db_blocker.unblock():
        page = Destination.objects.filter(channel="facebook_page", paused_at=None)[0]
        Destination.objects.filter(pk=page.pk).update(seen_at=None)
        row = making.due_publication(page, title="Wieczór poezji")
        row.state, row.published_at = State.PUBLISHED, timezone.now()
        row.remote_url = "https://www.facebook.com/200000000000001_1234567890123456"
        row.save()
        return row


def test_somebody_looks_whether_followers_see_a_post_and_says_so(
    at_work: Desk, hand: Hand, posted: Publication
) -> None:
    page, name = hand.page, posted.destination.name
    at_work.open(page, reverse("publications:show", args=[posted.pk]))
    expect(page.locator(".promo-hint").first).to_contain_text("Nikt jeszcze nie sprawdził")
    at_work.open(page, "/desk/")
    question = page.get_by_role("region", name=f"Czy obserwujący widzą posty na „{name}”?")
    expect(question.get_by_role("link")).to_have_attribute("href", posted.remote_url)
    assert faults(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert question.evaluate("card => card.scrollWidth <= card.clientWidth")
    page.set_viewport_size({"width": 1280, "height": 900})
    hand.press(f"{pl('No, it is not there')}: {name}")
    expect(banner(page)).to_contain_text("Live")
    expect(question).to_have_count(0)
    at_work.open(page, "/desk/destinations/")
    hand.press(f"{pl('Resume')}: {name}")
    expect(page.get_by_role("button", name=f"{pl('Pause')} : {name}")).to_be_visible()
    at_work.open(page, "/desk/")
    hand.press(f"{pl('Yes, they see it')}: {name}")
    expect(banner(page)).to_contain_text("Promo nie będzie już o to pytać.")
    expect(question).to_have_count(0)
    at_work.open(page, reverse("destinations:edit", args=[posted.destination_id]))
    hand.write("page_id", page.locator("[name=page_id]").input_value() + "0")
    saved(hand)
    at_work.open(page, "/desk/")
    expect(question).to_be_visible()  # another page is looked at anew
