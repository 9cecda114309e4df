"""The rhythm of a newsletter, chosen without writing a rule."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import translation
from lxml import html

from promo.desk.durations import about
from promo.desk.rhythm_words import rule_of, sentence
from promo.models import Rhythm
from tests.desk.scenes import Scene
from tests.desk.test_screens import browser_of


@pytest.mark.parametrize(
    ("choice", "rule", "polish"),
    [
        (
            {"every": "week", "weekday": "TH"},
            "FREQ=WEEKLY;BYDAY=TH",
            "co tydzień w czwartek o 10:00",
        ),
        (
            {"every": "fortnight", "weekday": "TU"},
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
            "co dwa tygodnie we wtorek o 10:00",
        ),
        (
            {"every": "nth", "nth": "1", "weekday": "MO"},
            "FREQ=MONTHLY;BYDAY=1MO",
            "w pierwszy poniedziałek miesiąca o 10:00",
        ),
        (
            {"every": "nth", "nth": "-1", "weekday": "WE"},
            "FREQ=MONTHLY;BYDAY=-1WE",
            "w ostatnią środę miesiąca o 10:00",
        ),
        (
            {"every": "day", "day": "15"},
            "FREQ=MONTHLY;BYMONTHDAY=15",
            "15. dnia miesiąca o 10:00",
        ),
        (
            {"every": "day", "day": "-1"},
            "FREQ=MONTHLY;BYMONTHDAY=-1",
            "w ostatni dzień miesiąca o 10:00",
        ),
    ],
)
def test_a_choice_is_a_rule_and_is_told_in_words(
    choice: dict[str, str], rule: str, polish: str
) -> None:
    assert rule_of(choice) == rule
    with translation.override("pl"):
        assert sentence(Rhythm(rule=rule, at=time(10))) == polish


def test_a_rule_that_no_choice_makes_is_shown_as_it_is() -> None:
    assert sentence(Rhythm(rule="FREQ=DAILY;BYMONTH=5", at=time(9))) == "FREQ=DAILY;BYMONTH=5 09:00"


FORM: dict[str, Any] = {
    "active": "on",
    "every": "nth",
    "nth": "1",
    "weekday": "MO",
    "day": "1",
    "at": "09:00",
    "starts_on": "",
    "lead_hours": "72",
    "horizon_days": "30",
    "at_least": "3",
    "topics": ["learning"],
    "kinds": ["film"],
}


@pytest.fixture
def form(scene: Scene) -> dict[str, Any]:
    return FORM | {"responsible": str(User.objects.get(username="ewa").pk)}


@pytest.mark.django_db
def test_the_form_shows_the_next_three_dates_and_saves_nothing(
    scene: Scene, form: dict[str, Any]
) -> None:
    client = browser_of("approver")
    answer = client.post(f"/desk/rhythms/{scene.newsletter.pk}/dates/", form)
    rows = html.fromstring(answer.content.decode()).xpath("//ol/li")
    assert len(rows) == 3
    assert all("poniedziałek, 09:00" in " ".join(row.text_content().split()) for row in rows)
    assert not Rhythm.objects.exists()


@pytest.mark.django_db
def test_the_saved_rhythm_comes_back_in_the_form(scene: Scene, form: dict[str, Any]) -> None:
    client, address = browser_of("approver"), f"/desk/rhythms/{scene.newsletter.pk}/"
    assert client.post(address, form).status_code == 302
    row = Rhythm.objects.get()
    assert (row.rule, row.lead_hours) == ("FREQ=MONTHLY;BYDAY=1MO", 72)
    assert (row.topics, row.kinds) == (["learning"], ["film"])
    assert row.compose_at is not None
    page = html.fromstring(client.get(address).content.decode())
    chosen = page.xpath(
        "//select[@name='every' or @name='nth' or @name='weekday']/option[@selected]"
    )
    assert [option.get("value") for option in chosen] == ["nth", "1", "MO"]
    kinds = page.xpath("//input[@name='kinds']")
    assert [one.get("value") for one in kinds if one.get("checked") is not None] == ["film"]
    offered = {one.get("value") for one in kinds}
    assert {"lecture", "survey"} <= offered
    assert not {"opening_hours", "library_lesson"} & offered  # always, and never collected
    listed = client.get("/desk/newsletters/").content.decode()
    assert "w pierwszy poniedziałek miesiąca o 09:00" in listed


@pytest.mark.django_db
@pytest.mark.parametrize("bad", [{"at": "soon"}, {"lead_hours": "0"}, {"every": "year"}])
def test_a_bad_form_is_told_and_not_saved(
    bad: dict[str, str], scene: Scene, form: dict[str, Any]
) -> None:
    client, address = browser_of("approver"), f"/desk/rhythms/{scene.newsletter.pk}/"
    page = html.fromstring(client.post(address, form | bad).content.decode())
    assert page.xpath("//*[contains(@class, 'error-message')]")
    assert client.post(f"{address}dates/", form | bad).status_code == 200
    assert not Rhythm.objects.exists()


@pytest.mark.parametrize(
    ("seconds", "polish"),
    [
        (0.2, "około 1 sekundy"),
        (25, "około 25 sekund"),
        (40 * 60, "około 40 minut"),
        (7324, "około 2 godz. 2 min"),
        (3 * 86_400, "około 3 dni"),
    ],
)
def test_a_length_is_told_in_words(seconds: float, polish: str) -> None:
    with translation.override("pl"):
        assert about(timedelta(seconds=seconds)) == polish
