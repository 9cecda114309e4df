"""Every fault of the check-list, letter by letter, seen by a client and by a follower."""

from __future__ import annotations

import calendar
import json
import time
from typing import Any

import pytest
import requests

from promo.rehearsal import seed
from promo.rehearsal.catalogue import FAULTS
from tests.rehearsal.client import FEED, Rehearsal, error

PAGE = seed.PAGE_ID
LINK = "https://biblioteka.example/w/abc"


def published(world: Rehearsal) -> list[dict[str, Any]]:
    """What the API shows as published."""
    found: list[dict[str, Any]] = world.graph(f"{PAGE}/published_posts", fields="message")["data"]
    return found


def test_a_create_then_500_leaves_a_post(world: Rehearsal) -> None:
    rule = world.fault("create_then_500", path="/feed", times=1)

    answer = world.publish("a")

    assert (answer.status_code, error(answer)["code"]) == (500, 2)
    assert error(answer)["is_transient"] is True
    assert world.texts() == ["a"]
    assert [line["fault"] for line in world.log()] == ["create_then_500"]
    assert world.publish("b").ok
    (after,) = world.get("/api/faults").json()
    assert (after["id"], after["hits"]) == (rule["id"], 1)


@pytest.mark.parametrize("how", ["reset", "close", "partial"])
def test_b_create_then_cut_leaves_a_post_and_no_answer(world: Rehearsal, how: str) -> None:
    world.fault("create_then_cut", how=how, times=1)

    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        world.publish("a")

    assert world.texts() == ["a"]


def test_c_create_then_hang_outlasts_the_client(world: Rehearsal) -> None:
    world.fault("create_then_hang", seconds=300)
    data = {"message": "a", "access_token": seed.PAGE_TOKEN}

    with pytest.raises(requests.ReadTimeout):
        requests.post(world.base + FEED, data=data, timeout=2)

    assert world.texts() == ["a"]


def test_c_late_application_publishes_after_the_answer_was_lost(world: Rehearsal) -> None:
    world.fault("create_late", late_seconds=480, times=1)
    with pytest.raises(requests.ConnectionError):
        world.publish("a")
    assert world.posts() == []
    assert published(world) == []

    world.clock(481)

    assert world.texts() == ["a"]
    assert len(published(world)) == 1


def test_c_a_500_may_apply_late_or_not_at_all(world: Rehearsal) -> None:
    world.fault("create_then_500", late_seconds=60, times=1)
    world.fault("create_then_500", apply=False, times=1)
    assert world.publish("later").status_code == 500
    assert world.publish("never").status_code == 500

    world.clock(61)

    assert world.texts() == ["later"]


def test_c_slow_serves_the_call_in_the_end(world: Rehearsal) -> None:
    world.fault("slow", seconds=0.1, times=1)
    assert world.publish("a").ok


def test_d_every_row_of_the_error_table_can_be_refused(world: Rehearsal) -> None:
    rows = world.get("/api/errors").json()
    assert {1, 2, 4, 17, 32, 190, 200, 368, 506, 613, 80001, 1609005} <= {
        row["code"] for row in rows
    }
    for row in rows:
        world.fault("refuse", code=row["code"], subcode=row["subcode"], times=1)
        answer = world.publish("a")
        found = error(answer)
        assert (found["code"], found.get("error_subcode", 0)) == (row["code"], row["subcode"])
        assert (answer.status_code, found["message"]) == (row["status"], row["message"])
        assert found["fbtrace_id"]
    assert world.log() == []


def test_d_status_message_and_headers_are_switches(world: Rehearsal) -> None:
    world.fault("refuse", code=190, status=401, message="Nie.", headers={"X-Own": "1"}, times=1)
    answer = world.publish()
    assert (answer.status_code, error(answer)["message"]) == (401, "Nie.")
    assert answer.headers["X-Own"] == "1"


def test_d_the_status_of_an_error_is_a_switch(world: Rehearsal) -> None:
    world.fault("error_status", code=190, status=401)
    assert world.publish(token="nonsense").status_code == 401


def test_e_a_400_although_created(world: Rehearsal) -> None:
    world.fault("create_then_400", times=1)
    assert world.publish("a").status_code == 400
    assert world.texts() == ["a"]


def test_f_reads_lag_behind_and_followers_do_not(world: Rehearsal) -> None:
    world.fault("read_lag", seconds=60)
    post_id = world.publish("a").json()["id"]

    assert published(world) == []
    assert error(world.get(f"/graph/{post_id}", access_token=seed.PAGE_TOKEN))["code"] == 100
    assert world.texts() == ["a"]
    world.clock(61)
    assert len(published(world)) == 1


def test_f_a_stale_read_still_shows_what_was_deleted(world: Rehearsal) -> None:
    post_id = world.publish("a").json()["id"]
    world.clock(120)
    world.delete(f"/graph/{post_id}", access_token=seed.PAGE_TOKEN).raise_for_status()
    world.fault("read_lag", seconds=60)
    assert [post["id"] for post in published(world)] == [post_id]
    assert world.posts() == []


def test_f_reads_can_be_down(world: Rehearsal) -> None:
    world.fault("reads_down", times=1)
    world.fault("reads_down", how="reset", times=1)
    answer = world.get("/graph/me", access_token=seed.PAGE_TOKEN)
    assert (answer.status_code, error(answer)["code"]) == (500, 2)
    with pytest.raises(requests.ConnectionError):
        world.get("/graph/me", access_token=seed.PAGE_TOKEN)
    assert world.publish().ok


@pytest.mark.parametrize("apply", [True, False])
def test_g_a_200_may_say_service_unavailable(world: Rehearsal, *, apply: bool) -> None:
    world.fault("service_unavailable", apply=apply, times=1)
    answer = world.publish("a")
    assert (answer.status_code, answer.text) == (200, "Service Unavailable")
    assert len(world.posts()) == int(apply)


@pytest.mark.parametrize("apply", [True, False])
def test_g_a_200_may_say_success_false(world: Rehearsal, *, apply: bool) -> None:
    world.fault("success_false", apply=apply, times=1)
    assert world.publish("a").json() == {"success": False}
    assert len(world.posts()) == int(apply)


@pytest.mark.parametrize("apply", [True, False])
def test_h_a_502_is_an_html_page(world: Rehearsal, *, apply: bool) -> None:
    world.fault("bad_gateway", apply=apply, times=1)
    answer = world.publish("a")
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html")
    assert len(world.posts()) == int(apply)


def test_i_a_token_dies_between_two_photos(world: Rehearsal) -> None:
    world.fault("token_dies", path="/photos", after=1, subcode=460, times=1)
    assert world.upload(published="false").ok

    second = error(world.upload(published="false"))

    assert (second["code"], second["error_subcode"]) == (190, 460)
    assert error(world.publish())["error_subcode"] == 460
    assert world.posts() == []
    # Signing in again gives another token; that one lives.
    (page,) = world.graph("me/accounts", token=seed.USER_TOKEN)["data"]
    assert page["access_token"] != seed.PAGE_TOKEN
    assert world.publish(token=page["access_token"]).ok


@pytest.mark.parametrize("code", [4, 17, 32, 341, 613, 80001])
def test_j_throttles_come_with_and_without_headers(world: Rehearsal, code: int) -> None:
    world.fault("throttle", code=code, regain_minutes=7, times=1)
    world.fault("throttle", code=code, usage_headers=False, times=1)

    loud, silent = world.publish(), world.publish()

    assert error(loud)["code"] == error(silent)["code"] == code
    (usage,) = json.loads(loud.headers["X-Business-Use-Case-Usage"])[PAGE]
    assert usage["estimated_time_to_regain_access"] == 7
    assert json.loads(loud.headers["X-App-Usage"])["call_count"] == 100
    assert not {"X-App-Usage", "X-Business-Use-Case-Usage"} & set(silent.headers)
    assert world.log() == []


def test_j_usage_can_be_shown_on_calls_that_work(world: Rehearsal) -> None:
    world.fault("usage", percent=91)
    answer = world.publish()
    assert json.loads(answer.headers["X-App-Usage"])["call_count"] == 91


def test_k_a_506_after_a_hidden_success(world: Rehearsal) -> None:
    world.fault("hidden_duplicate", path="/feed")

    first, second = world.publish("a"), world.publish("a")

    assert (first.status_code, error(first)["code"]) == (500, 2)
    assert (error(second)["code"], error(second)["error_subcode"]) == (506, 1455006)
    assert error(second)["error_user_title"] == "Duplicate Status Update"
    assert world.texts() == ["a"]


def test_k_only_consecutive_texts_are_duplicates(world: Rehearsal) -> None:
    world.fault("duplicate_refused", path="/feed")
    codes = [world.publish(text).status_code for text in ("a", "a", "b", "a")]
    assert codes == [200, 400, 200, 200]


def test_without_the_rule_identical_posts_repeat_freely(world: Rehearsal) -> None:
    world.publish("a")
    world.publish("a")
    assert world.texts() == ["a", "a"]


@pytest.mark.parametrize(
    ("ahead", "usual", "strict"),
    [(11 * 60, True, False), (21 * 60, True, True), (30 * 86_400, True, False)],
)
def test_l_the_schedule_window_has_edges(
    world: Rehearsal, *, ahead: int, usual: bool, strict: bool
) -> None:
    at = int(time.time()) + ahead
    fields: dict[str, Any] = {"published": "false", "scheduled_publish_time": at}
    assert world.publish(**fields).ok is usual
    world.fault("schedule_window")
    assert world.publish(**fields).ok is strict


@pytest.mark.parametrize("skew", [300, -300])
def test_m_the_networks_clock_is_off(world: Rehearsal, skew: int) -> None:
    world.fault("clock_skew", seconds=skew)
    at = int(time.time()) + 12 * 60

    answer = world.publish("planowany", published="false", scheduled_publish_time=at)
    world.publish("teraz")

    # Twelve minutes ahead of us are seven ahead of a clock that is five fast: too soon.
    assert answer.ok is (skew < 0)
    assert world.texts() == ["teraz"]
    (post,) = world.graph(f"{PAGE}/published_posts", fields="created_time")["data"]
    shown = time.strptime(post["created_time"], "%Y-%m-%dT%H:%M:%S+0000")
    assert abs(calendar.timegm(shown) - time.time() - skew) < 60
    if answer.ok:
        world.clock(12 * 60 + 60)
        assert world.texts() == ["teraz"], "a slow clock keeps the post back"
        world.clock(17 * 60 + 60)
        assert world.texts() == ["planowany", "teraz"]


def test_o_a_link_that_cannot_be_scraped_is_refused(world: Rehearsal) -> None:
    world.fault("link_refused")
    assert error(world.publish(link=LINK))["code"] == 1609005
    assert world.publish("bez odnośnika").ok
    assert world.texts() == ["bez odnośnika"]


def test_p_the_page_lost_a_task(world: Rehearsal) -> None:
    world.fault("lost_task")

    assert error(world.publish())["code"] == 200

    (page,) = world.graph("me/accounts", token=seed.USER_TOKEN)["data"]
    assert "CREATE_CONTENT" not in page["tasks"]
    assert world.log() == []


def test_q_in_development_mode_followers_see_nothing(world: Rehearsal) -> None:
    world.fault("development_mode", times=1)
    assert world.publish("niewidoczny").ok
    assert world.publish("widoczny").ok

    assert world.texts() == ["widoczny"]
    assert len(published(world)) == 2
    hidden = world.get("/api/posts", all=1).json()[1]
    assert (hidden["public"], hidden["development"]) == (False, True)


def test_q_the_app_itself_can_be_in_development_mode(world: Rehearsal) -> None:
    world.post("/api/world", app={"development": True})
    assert world.publish().ok
    assert world.posts() == []


def test_lists_may_come_empty_with_a_next_address(world: Rehearsal) -> None:
    for text in ("a", "b"):
        world.publish(text)
    world.fault("empty_page", times=1)

    page = world.graph(f"{PAGE}/published_posts", limit=1)

    assert page["data"] == []
    assert len(requests.get(page["paging"]["next"], timeout=20).json()["data"]) == 1


def test_a_batch_may_hold_null(world: Rehearsal) -> None:
    world.fault("batch_null")
    batch = json.dumps([{"relative_url": "me"}] * 2)
    data = {"access_token": seed.PAGE_TOKEN, "batch": batch}
    first, second = requests.post(f"{world.base}/graph/", data=data, timeout=20).json()
    assert first is None
    assert second["code"] == 200


def test_a_genuine_refusal_is_not_hidden_by_a_fault(world: Rehearsal) -> None:
    world.fault("create_then_500")
    assert error(world.publish(""))["code"] == 100


def test_rules_match_by_path_text_and_method(world: Rehearsal) -> None:
    world.fault("refuse", path="/photos")
    world.fault("refuse", match_text="promocja")
    world.fault("refuse", method="delete")

    assert world.upload().status_code == 400
    assert world.publish("nasza promocja").status_code == 400
    post_id = world.publish("spotkanie").json()["id"]
    assert world.delete(f"/graph/{post_id}", access_token=seed.PAGE_TOKEN).status_code == 400


def test_rules_are_used_one_after_the_other(world: Rehearsal) -> None:
    world.fault("refuse", code=1, times=1)
    world.fault("refuse", code=2, times=1)
    codes = [error(world.publish())["code"] for _ in range(2)]
    assert codes == [1, 2]
    assert world.publish().ok


def test_every_leaves_calls_between(world: Rehearsal) -> None:
    world.fault("refuse", every=3)
    assert [world.publish().ok for _ in range(6)] == [True, True, False] * 2


def test_chance_is_the_same_for_the_same_seed(world: Rehearsal) -> None:
    def fates() -> list[bool]:
        world.post("/api/clear")
        world.fault("refuse", probability=0.5, seed="7")
        return [world.publish().ok for _ in range(12)]

    first = fates()
    assert {True, False} == set(first)
    rule = world.get("/api/faults").json()[0]
    assert (rule["seen"], rule["hits"]) == (12, first.count(False))


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "nonsense"},
        {"fault": "refuse", "colour": "red"},
        {"fault": "refuse", "code": "four"},
        {"fault": "refuse", "times": "one"},
        {"fault": "refuse", "every": 0},
        {"fault": "smtp_refuse", "stage": "HELLO"},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(world: Rehearsal, rule: dict[str, Any]) -> None:
    answer = world.post("/api/faults", **rule)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert world.get("/api/faults").json() == []


def test_rules_are_cleared_one_by_one_or_all(world: Rehearsal) -> None:
    first = world.fault("refuse")
    second = world.fault("bad_gateway")
    assert [rule["id"] for rule in world.delete("/api/faults", id=first["id"]).json()] == [
        second["id"]
    ]
    assert world.delete("/api/faults").json() == []
    assert world.publish().ok


def test_the_catalogue_covers_every_letter(world: Rehearsal) -> None:
    found = world.get("/api/catalogue").json()
    assert {fault["letter"] for fault in found.values()} >= set("abcdefghijklmnopq")
    assert set(found) == set(FAULTS)


def test_calls_are_noted_without_their_tokens(world: Rehearsal) -> None:
    world.fault("create_then_cut", times=1)
    with pytest.raises(requests.ConnectionError):
        world.publish()
    world.graph("me")

    calls = world.get("/api/calls").json()

    assert [(call["method"], call["path"], call["status"]) for call in calls] == [
        ("POST", f"/{PAGE}/feed", 0),
        ("GET", "/me", 200),
    ]
    assert seed.PAGE_TOKEN not in json.dumps(calls)
