"""What people do when things change: move, cancel and take back, decide on what was missed.

By mouse and by keyboard, in Polish, each screen judged by axe-core.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override
from playwright.sync_api import Page, expect
from pytest_django import DjangoDbBlocker

from promo.desk.date_acts import in_words
from promo.desk.event_acts import BUTTONS
from promo.models import Destination, EventAct, Item, Publication
from promo.protocol import DUE, State
from promo.services import series_dates
from promo.values import EventStatus
from tests import making
from tests.browser import OpenPage
from tests.desk.browsing import Desk, faults, fill_moment, pl
from tests.desk.hands import Hand, Keys, Mouse, tab_to
from tests.desk.test_in_browser import by_day_and_by_night
from tests.desk.test_walks import banner, soon

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("desk-acts"),
    pytest.mark.django_db,
]

Kind = EventAct.Kind


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


@pytest.fixture(scope="module")
def changing(at_work: Desk, django_db_blocker: DjangoDbBlocker) -> dict[str, Item]:
    """A series, an exhibition and a contest that the server sees: gone with the busy desk."""
    now = timezone.now()
    with django_db_blocker.unblock():
        return {
            "series": making.approved(
                title="Klub książki kulinarnej", kind="dkk", recurrence="FREQ=WEEKLY;COUNT=4"
            ),
            "range": making.approved(
                title="Wystawa ekslibrisów", kind="exhibition", ends_at=now + timedelta(days=40)
            ),
            "closing": making.approved(
                title="Konkurs na zakładkę",
                kind="contest",
                starts_at=None,
                ends_at=None,
                deadline_at=now + timedelta(days=30),
            ),
        }


def begin(desk: Desk, hand: Hand, item: Item, kind: Kind) -> None:
    """Choose the act on the page of the event."""
    if hand.page.url != f"{desk.url}/desk/items/acts/{item.pk}/":
        desk.open(hand.page, f"/desk/items/acts/{item.pk}/")
    with override("pl"):
        hand.press(f"{kind.label}…")
    expect(hand.page.locator(".promo-question")).to_be_visible()


def end(hand: Hand, item: Item, kind: Kind) -> None:
    """Look at what follows, do it, and take it back."""
    expect(hand.page.locator("#follows")).to_be_visible()
    with override("pl"):
        hand.press(str(BUTTONS[kind]))
    expect(banner(hand.page)).to_contain_text(
        pl("Done. You can take it back until something goes out.")
    )
    act = item.acts.latest("id")
    assert (act.kind, act.undone_at) == (kind, None)
    hand.press(pl("Take it back"))
    expect(banner(hand.page)).to_contain_text(
        pl("Taken back. Everything stands as it stood before.")
    )
    act.refresh_from_db()
    assert act.undone_at is not None


def test_an_event_is_moved_postponed_full_or_cancelled_and_each_is_taken_back(
    at_work: Desk, hand: Hand
) -> None:
    item = Item.objects.get(title="Spacer śladami kluczborskich pisarzy")
    for kind, effect in (
        (Kind.CANCEL, ".promo-effect--notice"),
        (Kind.POSTPONE, ".promo-effect--notice"),
        (Kind.SOLD_OUT, ".promo-effect--dropped"),
    ):
        begin(at_work, hand, item, kind)
        expect(hand.page.locator(effect).first).to_be_visible()
        end(hand, item, kind)
    begin(at_work, hand, item, Kind.MOVE)
    hand.write("starts_at", soon(60, 18))
    hand.press(pl("Show what follows"))
    expect(hand.page.locator(".promo-effect--moved").first).to_be_visible()
    end(hand, item, Kind.MOVE)


def test_one_date_of_a_series_is_cancelled_or_moved_and_each_is_taken_back(
    at_work: Desk, hand: Hand, changing: dict[str, Item]
) -> None:
    club = changing["series"]
    second = series_dates.dates(club)[1]
    with override("pl"):
        words = in_words(second)
    begin(at_work, hand, club, Kind.DATE_OFF)
    hand.choose("on", words)
    hand.press(pl("Show what follows"))
    expect(hand.page.locator(".promo-effect--dropped").first).to_be_visible()
    assert faults(hand.page) == []
    end(hand, club, Kind.DATE_OFF)
    begin(at_work, hand, club, Kind.DATE_MOVE)
    assert faults(hand.page) == []
    hand.choose("on", words)
    hand.write("venue", "Sala kominkowa")
    hand.press(pl("Show what follows"))
    end(hand, club, Kind.DATE_MOVE)


def test_an_exhibition_ends_earlier_and_a_contest_has_another_closing_date(
    at_work: Desk, hand: Hand, changing: dict[str, Item]
) -> None:
    begin(at_work, hand, changing["range"], Kind.END_EARLY)
    hand.write("ends_at", soon(35, 18))
    hand.press(pl("Show what follows"))
    end(hand, changing["range"], Kind.END_EARLY)
    begin(at_work, hand, changing["closing"], Kind.DEADLINE)
    hand.write("deadline_at", soon(33, 18))
    hand.press(pl("Show what follows"))
    end(hand, changing["closing"], Kind.DEADLINE)


@pytest.mark.parametrize(
    ("way", "title"),
    [(Mouse, "Robótki przy herbacie"), (Keys, "Kurs obsługi czytnika e-booków")],
    ids=["by mouse", "by keyboard"],
)
def test_a_writer_sends_an_act_for_approval_and_the_approver_sees_what_follows(
    at_work: Desk, open_page: OpenPage, way: type[Mouse | Keys], title: str
) -> None:
    item = Item.objects.get(title=title)
    hand = way(at_work.enter(open_page(width=1280, height=900), name="jan"))
    at_work.open(hand.page, f"/desk/items/acts/{item.pk}/cancel/")
    hand.press(pl("Send for approval"))
    expect(banner(hand.page)).to_contain_text(
        pl("Sent for approval. Nothing changes until it is approved.")
    )
    item.refresh_from_db()
    assert item.status == EventStatus.SCHEDULED
    hand = way(at_work.enter(open_page(width=1280, height=900), name="ewa"))
    at_work.open(hand.page, f"/desk/items/edit/{item.pk}/")
    hand.turn_to(pl("Promotion"))
    expect(hand.page.locator(".promo-changes .promo-effect--dropped").first).to_be_visible()
    hand.press(pl("Approve"))
    expect(banner(hand.page)).to_contain_text(item.title)
    item.refresh_from_db()
    assert item.status == EventStatus.CANCELLED


@pytest.fixture(scope="module")
def late(at_work: Desk, django_db_blocker: DjangoDbBlocker) -> Iterator[Publication]:
    """Missed: those whose event has begun and those whose event is to come take turns."""
    now = timezone.now()
    starts = [now + timedelta(hours=hours) for hours in (-1, 200, -1, 200)]
    with django_db_blocker.unblock():
        return iter([_missed(start, nth) for nth, start in enumerate(starts)])


def _missed(start: datetime, nth: int) -> Publication:
    page = Destination.objects.filter(channel="facebook_page", paused_at=None)[0]
    title = f"Poranek z książką nr {nth + 1}"
    row = making.due_publication(page, title=title, starts_at=start, ends_at=None)
    row.state = State.MISSED.value
    row.save()
    return row


def words_of(row: Publication) -> str:
    with override("pl"):
        return f"{row.subject}, {row.get_variant_display()}, {row.destination.name}"


def test_what_was_missed_is_sent_after_a_question_or_dropped(
    at_work: Desk, hand: Hand, late: Iterator[Publication]
) -> None:
    begun, to_come = next(late), next(late)
    at_work.open(hand.page, "/desk/publications/?show=hand")
    hand.page.locator(".promo-hint a").click()
    expect(hand.page.locator(".promo-decisions")).to_be_visible()
    hand.press(pl("Drop the ticked ones"))
    expect(banner(hand.page)).to_contain_text(pl("Tick what you decide on first."))
    assert faults(hand.page) == []
    hand.tick(words_of(begun))
    hand.press(pl("Send the ticked ones now"))
    expect(hand.page.locator(".promo-question")).to_contain_text(begun.subject)
    assert faults(hand.page) == []
    hand.press(pl("Send all the ticked ones"))
    expect(banner(hand.page)).to_contain_text("1 publikacja ukaże się za chwilę.")
    begun.refresh_from_db()
    assert State(begun.state) in DUE
    hand.tick(words_of(to_come))
    hand.press(pl("Drop the ticked ones"))
    expect(banner(hand.page)).to_contain_text("Usunięto z planu 1 publikację")
    to_come.refresh_from_db()
    assert to_come.state == State.CANCELLED
