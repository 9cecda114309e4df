"""Who signs in, and what happens to access afterwards."""

from __future__ import annotations

import pytest
import requests

from promo.rehearsal import seed
from promo.rehearsal.events import EVENTS
from promo.rehearsal.pages import PRACTISED
from promo.rehearsal.strings import TEXTS
from tests.rehearsal.client import Rehearsal, error

APP_TOKEN = f"{seed.APP_ID}|{seed.APP_SECRET}"
ASKED = {
    "client_id": seed.APP_ID,
    "redirect_uri": "http://127.0.0.1:8000/back",
    "state": "s1",
    "scope": "pages_show_list",
}


def happens(world: Rehearsal, event: str) -> None:
    assert world.post("/api/events", event=event).status_code == 201


def debug(world: Rehearsal) -> dict[str, object]:
    found: dict[str, object] = world.graph(
        "debug_token", token=APP_TOKEN, input_token=seed.PAGE_TOKEN
    )["data"]
    return found


@pytest.mark.parametrize(
    ("event", "subcode"),
    [
        ("token_expired", 463),
        ("password_changed", 460),
        ("app_removed", 458),
        ("checkpoint", 459),
        ("role_lost", 492),
    ],
)
def test_a_token_dies_with_the_subcode_of_its_death_until_it_is_mended(
    world: Rehearsal, event: str, subcode: int
) -> None:
    happens(world, event)
    refused = world.publish("po zdarzeniu")
    assert (error(refused)["code"], error(refused)["error_subcode"]) == (190, subcode)
    assert debug(world)["is_valid"] is False
    happens(world, "mended")
    assert world.publish("znów działa").ok
    assert debug(world)["is_valid"] is True


def test_rights_can_be_lost_while_the_token_lives(world: Rehearsal) -> None:
    happens(world, "permission_withdrawn")
    assert "pages_manage_posts" not in str(debug(world)["scopes"])
    assert error(world.publish("nie wolno"))["code"] == 200
    happens(world, "mended")
    happens(world, "task_lost")
    assert error(world.publish("nie wolno"))["code"] == 200
    happens(world, "mended")
    assert world.publish("wolno").ok


def test_posts_of_an_app_in_development_mode_are_hidden_from_the_public(world: Rehearsal) -> None:
    happens(world, "development")
    assert world.publish("nikt nie widzi").ok
    assert world.texts() == []
    happens(world, "mended")
    world.publish("wszyscy widzą")
    assert world.texts() == ["wszyscy widzą"]


def test_ends_come_nearer(world: Rehearsal) -> None:
    now = world.get("/api/clock").json()
    assert now
    assert debug(world)["expires_at"] == 0
    happens(world, "ends_in_9_days")
    assert debug(world)["expires_at"] != 0
    happens(world, "mended")
    before = debug(world)["data_access_expires_at"]
    happens(world, "consent_ends")
    after = debug(world)["data_access_expires_at"]
    assert isinstance(before, int)
    assert isinstance(after, int)
    assert after < before


def test_an_unknown_event_is_refused(world: Rehearsal) -> None:
    assert world.post("/api/events", event="nothing").status_code == 400


def test_somebody_without_a_role_on_the_app_is_not_let_in(world: Rehearsal) -> None:
    shut = world.get("/graph/v25.0/dialog/oauth", **ASKED, user=seed.STRANGER_ID)
    assert seed.STRANGER_NAME in shut.text
    assert "checkbox" not in shut.text
    answer = requests.post(
        f"{world.base}/graph/v25.0/dialog/oauth",
        data={**ASKED, "user": seed.STRANGER_ID, "decision": "continue"},
        timeout=20,
        allow_redirects=False,
    )
    assert "error=access_denied" in answer.headers["Location"]


def test_the_dialog_asks_who_signs_in_and_shows_that_person_s_pages(world: Rehearsal) -> None:
    login = world.get("/graph/v25.0/dialog/oauth", **ASKED).text
    assert all(name in login for name in (seed.USER_NAME, seed.HELPER_NAME, seed.STRANGER_NAME))
    pages = world.get("/graph/v25.0/dialog/oauth", **ASKED, user=seed.HELPER_ID).text
    assert seed.PAGE_NAME in pages
    assert seed.UNTICKED_PAGE_NAME not in pages


def test_every_event_has_its_words_and_works_from_the_start_page(world: Rehearsal) -> None:
    for name in (*EVENTS, *PRACTISED):
        assert f"event_{name}" in TEXTS
        answer = requests.post(f"{world.base}/practise", data={"event": name}, timeout=20)
        assert TEXTS[f"event_{name}"][0].split()[0] in answer.text
    assert len(world.get("/api/faults").json()) == len(PRACTISED)
    requests.post(f"{world.base}/practise", data={"event": "no_faults"}, timeout=20)
    assert world.get("/api/faults").json() == []
