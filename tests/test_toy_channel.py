"""A new channel is a folder, its templates and one line of the settings: nothing else is touched.

The toy is a notice board: a file to which each notice is added. It is written here, into a folder
of the test's own, and goes the whole way from the set-up form to the board.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from promo.desk.items import ItemViewSet
from promo.models import Destination, Item, Publication, TimetableStep
from promo.protocol import State
from promo.services import approvals, channels, gate, plans, publishing
from tests import making
from tests.driving import Clock, tick

pytestmark = pytest.mark.django_db

KEY = "noticeboard"
CODE = '''
"""The notice board in the hall: a file, a notice on each line."""

from datetime import timedelta
from pathlib import Path

from promo.channels.base import Field
from promo.errors import Unreachable
from promo.values import Message, Problem, Receipt, Traits


class Channel:
    key = "noticeboard"
    label = "Tablica ogłoszeń"
    icon = "clipboard-list"
    traits = Traits(look_up=True, max_text=300, level=1)
    fields = (Field("file", "Plik tablicy"),)
    template_names = frozenset()
    deadline = timedelta(seconds=1)

    def __init__(self, access, wires):
        self._board = Path(access.config["file"])

    @classmethod
    def compose(cls, draft, render):
        text = render("noticeboard/notice.txt.j2", {"draft": draft, "item": draft.item})
        return Message(channel=cls.key, text=text.strip(), link=draft.link)

    @classmethod
    def problems(cls, message):
        if len(message.text) > cls.traits.max_text:
            return [Problem("too_long", "Kartka jest za mała.", field="lead")]
        return []

    def check(self):
        return [] if self._board.parent.is_dir() else [Problem("gone", "Nie ma tablicy.")]

    def publish(self, message, *, key):
        try:
            with self._board.open("a", encoding="utf-8") as board:
                board.write(f"{key} {message.text}\\n")
        except OSError as error:
            raise Unreachable("Nie ma tablicy.", detail=str(error)) from error
        return Receipt(key, f"file://{self._board}")

    def look_up(self, key, message):
        return Receipt(key) if key in self._board.read_text(encoding="utf-8") else None

    def withdraw(self, receipt):
        raise NotImplementedError

    def update(self, receipt, message):
        raise NotImplementedError
'''
TEMPLATE = "{{ item.title }}, {{ item.place.name }} – {% trans %}free admission{% endtrans %}"


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder, the template, and the one line."""
    folder = tmp_path / "toychannels" / KEY
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(CODE, encoding="utf-8")
    templates = tmp_path / "templates"
    (templates / KEY).mkdir(parents=True)
    (templates / KEY / "notice.txt.j2").write_text(TEMPLATE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    making.installation()
    with override_settings(
        PROMO_CHANNELS=[*settings.PROMO_CHANNELS, f"toychannels.{KEY}"],
        PROMO_TEMPLATE_ROOTS=[str(templates)],
    ):
        yield tmp_path / "board.txt"


@pytest.fixture
def desk(client: Client, admin_user: User) -> Client:
    client.force_login(admin_user)
    return client


@pytest.fixture
def destination(board: Path, desk: Client) -> Destination:
    """Set up at the desk, by the form that is made from the channel's own fields."""
    given = {"name": "Tablica w holu", "file": str(board)}
    answer = desk.post(reverse("destinations:new", args=[KEY]), given)
    assert answer.status_code == 302, answer.content.decode()
    return Destination.objects.get(channel=KEY)


@pytest.fixture
def item(destination: Destination) -> Item:
    """An approved meeting whose timetable has a step for the board."""
    starts_at = timezone.now() + timedelta(days=40)
    draft = making.item(starts_at=starts_at, ends_at=starts_at + timedelta(hours=1))
    timetable = plans.timetable_of(draft)
    assert timetable is not None
    step = TimetableStep(
        timetable=timetable, key="board", when="D-3 10:00", channel=KEY, variant="announce"
    )
    step.full_clean()
    step.save()
    assert gate.faults(draft) == []
    approvals.approve(content=draft)
    return draft


@pytest.fixture
def notice(item: Item) -> Publication:
    return item.publications.get(destination__channel=KEY)


def pages(desk: Client, item: Item, notice: Publication) -> dict[str, str]:
    """The desk's screens that show channels."""
    on: datetime = timezone.localtime(notice.planned_at)
    addresses = [
        reverse("wagtailadmin_home"),
        reverse("publications:index"),
        reverse("publications:show", args=[notice.pk]),
        reverse("publications:message", args=[notice.pk]),
        reverse("calendar:month", args=[on.year, on.month]),
        reverse("destinations:index"),
        reverse("destinations:edit", args=[notice.destination_id]),
        reverse(ItemViewSet().get_url_name("edit"), args=[item.pk]),
    ]
    shown = {}
    for address in addresses:
        answer = desk.get(address)
        assert answer.status_code == 200, address
        shown[address] = answer.content.decode()
    return shown


def test_the_plan_has_a_notice_for_the_new_channel(notice: Publication) -> None:
    assert notice.state == State.PLANNED
    assert "Żółkiewską" in notice.message.text
    assert "Czytelnia" in notice.message.text


def test_it_is_published_once_on_its_day(notice: Publication, board: Path) -> None:
    clock = Clock(notice.due_at)
    for _time in range(3):
        publishing.publish(notice.pk, clock=clock)
    notice.refresh_from_db()
    assert notice.state == State.PUBLISHED
    assert board.read_text(encoding="utf-8").count(notice.marker) == 1


def test_a_notice_whose_worker_died_is_looked_for_like_any_other(
    notice: Publication, board: Path
) -> None:
    clock = Clock(notice.due_at)
    claim = publishing.claim(notice.pk, now=clock())
    assert claim is not None
    publishing.mark(claim, now=clock())
    channels.channel_for(notice.destination).publish(notice.message, key=notice.marker)
    for _time in range(10):
        clock.forward(minutes=5)
        tick(clock)
    notice.refresh_from_db()
    assert notice.state == State.PUBLISHED
    assert board.read_text(encoding="utf-8").count(notice.marker) == 1


def test_the_desk_shows_it_everywhere(desk: Client, item: Item, notice: Publication) -> None:
    shown = pages(desk, item, notice)
    assert "Tablica w holu" in shown[reverse("destinations:index")]
    assert "Tablica w holu" in shown[reverse("publications:index")]
    assert "Żółkiewską" in shown[reverse("publications:message", args=[notice.pk])]


def test_the_editor_previews_it(desk: Client, item: Item) -> None:
    modes = dict(item.preview_modes)
    assert modes[KEY] == "Tablica ogłoszeń"
    preview = item.make_preview_request(preview_mode=KEY)
    assert preview.status_code == 200
    assert "Żółkiewską" in preview.content.decode()


def test_its_problems_are_held_at_the_gate(item: Item) -> None:
    item.venue = "Sala " * 30
    item.title = "Bardzo długi tytuł " * 8
    assert [fault.code for fault in gate.faults(item) if fault.code == "too_long"] == ["too_long"]


def test_its_access_is_checked_by_the_button(desk: Client, destination: Destination) -> None:
    address = reverse("destinations:act", args=[destination.pk])
    assert desk.post(address, {"act": "check"}).status_code == 302
    destination.refresh_from_db()
    assert destination.checked_at is not None


def test_its_templates_are_checked_at_the_start(board: Path) -> None:
    channels.check_deadlines()
    assert channels.template_faults() == []
    template = board.parent / "templates" / KEY / "notice.txt.j2"
    template.write_text("{{ item.titel }}", encoding="utf-8")
    assert [fault.field for fault in channels.template_faults()] == [f"{KEY}/notice.txt.j2"]


def test_an_institution_may_have_words_of_its_own(board: Path) -> None:
    own = board.parent / "templates" / "facebook_page"
    own.mkdir()
    (own / "announce.txt.j2").write_text("Zapraszamy! {{ link }}", encoding="utf-8")
    page = Destination.objects.get(channel="facebook_page")
    assert making.due_publication(page).message.text.startswith("Zapraszamy!")


def test_taking_the_line_away_again_breaks_nothing_else(
    desk: Client, item: Item, notice: Publication
) -> None:
    """What was planned there stays to be seen; everything else goes on."""
    kept = [path for path in settings.PROMO_CHANNELS if not path.endswith(KEY)]
    Publication.objects.filter(pk=notice.pk).update(
        state=State.SENDING, lease_until_at=notice.due_at
    )
    website = item.publications.filter(destination__channel="website").earliest("due_at")
    with override_settings(PROMO_CHANNELS=kept):
        assert KEY not in channels.installed()
        tick(Clock(notice.due_at + timedelta(minutes=1)))
        approvals.approve(content=item)
        for name in ("publications:index", "calendar:index", "destinations:index"):
            assert desk.get(reverse(name)).status_code == 200
        assert desk.get(reverse("publications:show", args=[notice.pk])).status_code == 200
    notice.refresh_from_db()
    assert notice.state == State.UNKNOWN
    website.refresh_from_db()
    assert website.state == State.PUBLISHED
