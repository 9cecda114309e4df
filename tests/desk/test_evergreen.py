"""Being shown again, in an item's editor; and the calendar “On this day” with its file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.utils import timezone

from promo.models import Anniversary, Item
from tests import making
from tests.desk.scenes import Scene
from tests.desk.test_screens import browser_of

pytestmark = pytest.mark.django_db

IMPORT = "/desk/anniversaries/import/"


@pytest.fixture
def walk(scene: Scene) -> Item:
    return making.item(
        kind="heritage", title="Spacer po mieście", starts_at=None, ends_at=None, level=2
    )


def form_of(item: Item, **values: Any) -> dict[str, Any]:
    plain = {
        "title": item.title,
        "kind": item.kind,
        "language": item.language,
        "lead": item.lead,
        "branch": item.branch_id,
        "venue": item.venue,
        "audiences": item.audiences,
        "status": item.status,
        "level": item.level,
        "photos-TOTAL_FORMS": 0,
        "photos-INITIAL_FORMS": 0,
    }
    return {**plain, **values}


def save(item: Item, **values: Any) -> HttpResponse:
    return browser_of("writer").post(f"/desk/items/edit/{item.pk}/", form_of(item, **values))


def test_a_season_is_written_as_people_write_days(walk: Item) -> None:
    save(walk, again_after_days=60, season_from="1.12", season_until=" 06.01. ", most_showings=3)

    walk.refresh_from_db()
    draft = walk.get_latest_revision_as_object()
    assert (draft.season_from, draft.season_until) == ("12-01", "01-06")
    assert (draft.again_after_days, draft.most_showings) == (60, 3)
    page = browser_of("writer").get(f"/desk/items/edit/{walk.pk}/").content.decode()
    assert 'value="1.12"' in page
    assert 'value="6.1"' in page


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"season_from": "31.2", "season_until": "1.3"}, "season_from"),
        ({"season_from": "zimą", "season_until": "1.3"}, "season_from"),
        ({"season_from": "1.12"}, "season_until"),
        ({"again_after_days": 1}, "again_after_days"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    walk: Item, values: dict[str, Any], field: str
) -> None:
    answer = save(walk, **{"again_after_days": 60, **values})
    assert set(answer.context["form"].errors) == {field}


def test_the_plan_beside_the_form_shows_the_showing_and_why_it_stands_there(walk: Item) -> None:
    far = timezone.localdate() + timedelta(days=200)  # nothing of the scene is near
    season = {"season_from": f"{far:%d.%m}", "season_until": f"{far:%d.%m}"}
    answer = browser_of("writer").post(
        f"/desk/plan/{walk.pk}/", form_of(walk, again_after_days=60, **season)
    )
    plan = answer.content.decode()
    assert plan.count("<time ") == 2, "the website at once, the page in its season"
    assert f"-{far:%m-%d}T12:00:00" in plan


def test_the_panel_is_meant_for_evergreen_kinds(walk: Item) -> None:
    page = browser_of("writer").get(f"/desk/items/edit/{walk.pk}/").content.decode()
    assert 'data-promo-kinds="heritage recommendation service"' in page


def test_a_writer_adds_an_anniversary(scene: Scene) -> None:
    values = {"on": "29.2", "year": 1904, "title": "Powódź", "source": "Kronika", "active": "on"}
    browser_of("writer").post("/desk/on-this-day/add/", values)

    row = Anniversary.objects.get(title="Powódź")
    assert (row.on, row.year, row.active) == ("02-29", 1904, True)
    shown = browser_of("writer").get("/desk/on-this-day/").content.decode()
    assert "29 lutego" in shown
    assert IMPORT in shown


def test_an_anniversary_on_a_day_that_never_was_is_refused_at_its_year(scene: Scene) -> None:
    values = {"on": "29.2", "year": 1903, "title": "Powódź", "source": "Kronika"}
    answer = browser_of("writer").post("/desk/on-this-day/add/", values)
    assert set(answer.context["form"].errors) == {"year"}


def upload(text: str) -> HttpResponse:
    file = SimpleUploadedFile("rocznice.csv", text.encode(), "text/csv")
    return browser_of("writer").post(IMPORT, {"file": file})


def test_anniversaries_come_from_a_file(scene: Scene) -> None:
    before = Anniversary.objects.count()
    answer = upload("data;tytuł;źródło\n1.5.1270;Nadanie praw miejskich;Kronika\n")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/desk/on-this-day/"
    assert Anniversary.objects.count() == before + 1


def test_a_file_with_a_bad_row_is_refused_and_the_place_named(scene: Scene) -> None:
    before = Anniversary.objects.count()
    page = upload("data;tytuł;źródło\n31.2.1270;Nie było;Kronika\n").content.decode()
    assert "<code>data</code>" in page
    assert "31.2.1270" in page
    assert Anniversary.objects.count() == before
