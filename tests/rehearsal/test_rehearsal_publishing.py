"""The core of the simulated page: publishing, scheduling, changing, removing."""

from __future__ import annotations

import calendar
import json
import time
from typing import Any

import pytest
import requests

from promo.rehearsal import seed
from tests.rehearsal.client import FEED, PHOTOS, PNG, Rehearsal, error

HOUR = 3600
DAY = 24 * HOUR


def schedule(world: Rehearsal, ahead: float, **fields: Any) -> requests.Response:
    at = int(time.time() + ahead)
    return world.publish(published="false", scheduled_publish_time=at, **fields)


def test_a_post_is_seen_by_followers_at_once(world: Rehearsal) -> None:
    answer = world.publish("Zażółć gęślą jaźń", link="https://biblioteka.example/w/abc")

    (post,) = world.posts()
    assert answer.json() == {"id": post["id"]}
    assert post["text"] == "Zażółć gęślą jaźń"
    assert post["link"] == "https://biblioteka.example/w/abc"
    assert post["id"].startswith(seed.PAGE_ID + "_")


@pytest.mark.parametrize("path", [FEED, FEED.removeprefix("/graph")])
def test_every_transport_is_understood(world: Rehearsal, path: str) -> None:
    key = {"access_token": seed.PAGE_TOKEN}
    address = world.base + path
    requests.post(address, params={**key, "message": "query"}, timeout=20).raise_for_status()
    requests.post(address, data={**key, "message": "form"}, timeout=20).raise_for_status()
    requests.post(address, json={**key, "message": "json"}, timeout=20).raise_for_status()
    parts = {name: (None, value) for name, value in {**key, "message": "multipart"}.items()}
    requests.post(address, files=parts, timeout=20).raise_for_status()
    headers = {"Authorization": f"Bearer {seed.PAGE_TOKEN}"}
    bare = f"{world.base}/{seed.PAGE_ID}/feed"
    requests.post(bare, data={"message": "header"}, headers=headers, timeout=20).raise_for_status()

    assert world.texts() == ["header", "multipart", "json", "form", "query"]


def test_a_create_answers_with_the_fields_that_were_asked_for(world: Rehearsal) -> None:
    answer = world.publish(fields="id,permalink_url,created_time,application").json()

    assert answer["created_time"].endswith("+0000")
    assert answer["application"] == {"id": seed.APP_ID, "name": seed.APP_NAME}
    assert requests.get(answer["permalink_url"], timeout=20).status_code == 200


def test_an_empty_post_is_refused(world: Rehearsal) -> None:
    assert error(world.publish(""))["code"] == 100
    assert world.log() == []


def test_links_must_be_addresses_and_not_lead_to_facebook(world: Rehearsal) -> None:
    assert error(world.publish(link="biblioteka"))["code"] == 100
    refused = error(world.publish(link="https://www.facebook.com/x"))
    assert (refused["code"], refused["error_subcode"]) == (100, 1609008)


def test_several_photos_make_one_post_with_alternative_texts(world: Rehearsal) -> None:
    uploads = [
        world.upload(published="false", alt_text_custom=alt).json() for alt in ("kot", "pies")
    ]
    assert all(set(upload) == {"id"} for upload in uploads)
    assert world.posts() == []
    media = json.dumps([{"media_fbid": upload["id"]} for upload in uploads])

    world.publish("Zwierzęta", attached_media=media).raise_for_status()

    (post,) = world.posts()
    assert [photo["alt"] for photo in post["photos"]] == ["kot", "pies"]
    assert requests.get(post["photos"][0]["url"], timeout=20).content == PNG


def test_attached_media_must_be_a_json_list(world: Rehearsal) -> None:
    photo_id = world.upload(published="false").json()["id"]
    as_python_list = [("attached_media", json.dumps({"media_fbid": photo_id}))]
    data = [("access_token", seed.PAGE_TOKEN), ("message", "x"), *as_python_list]

    answer = requests.post(world.base + FEED, data=data, timeout=20)

    assert error(answer)["message"] == "(#100) param attached_media must be an array."


def test_attached_media_may_be_numbered_form_fields(world: Rehearsal) -> None:
    photo_id = world.upload(published="false").json()["id"]
    field = {"attached_media[0]": json.dumps({"media_fbid": photo_id})}

    world.publish(**field).raise_for_status()

    assert len(world.posts()[0]["photos"]) == 1


def test_unknown_and_too_many_photos_are_refused(world: Rehearsal) -> None:
    assert error(world.publish(attached_media='[{"media_fbid": "1"}]'))["code"] == 100
    eleven = json.dumps([{"media_fbid": "1"}] * 11)
    assert "No more than 10" in error(world.publish(attached_media=eleven))["message"]


def test_a_published_photo_is_a_post(world: Rehearsal) -> None:
    answer = world.upload(caption="Nowa sala").json()

    assert answer["post_id"] == world.posts()[0]["id"]
    assert world.texts() == ["Nowa sala"]


def test_a_photo_is_fetched_from_its_address(world: Rehearsal) -> None:
    first = world.upload(published="false").json()["id"]
    data = {"access_token": seed.PAGE_TOKEN, "url": f"{world.base}/media/{first}"}

    requests.post(world.base + PHOTOS, data=data, timeout=20).raise_for_status()

    assert len(world.posts()[0]["photos"]) == 1


@pytest.mark.parametrize("fields", [{}, {"url": "http://127.0.0.1:9/x.jpg"}, {"url": "ftp://x"}])
def test_a_photo_that_cannot_be_had_is_refused(world: Rehearsal, fields: dict[str, str]) -> None:
    data = {"access_token": seed.PAGE_TOKEN, **fields}
    assert error(requests.post(world.base + PHOTOS, data=data, timeout=20))["code"] == 324


def test_a_file_that_is_no_picture_is_refused(world: Rehearsal) -> None:
    files = {"source": ("a.jpg", b"not a picture")}
    data = {"access_token": seed.PAGE_TOKEN}
    answer = requests.post(world.base + PHOTOS, data=data, files=files, timeout=20)
    assert error(answer)["code"] == 324


def test_a_scheduled_post_comes_out_when_the_clock_gets_there(world: Rehearsal) -> None:
    schedule(world, 2 * HOUR).raise_for_status()
    fields = "id,message,scheduled_publish_time,is_published"
    (waiting,) = world.graph(f"{seed.PAGE_ID}/scheduled_posts", fields=fields)["data"]
    assert waiting["is_published"] is False
    assert world.posts() == []

    world.clock(2 * HOUR + 60)

    (post,) = world.posts()
    assert post["id"] == waiting["id"]
    assert world.graph(f"{seed.PAGE_ID}/scheduled_posts")["data"] == []
    (seen,) = world.graph(f"{seed.PAGE_ID}/published_posts", fields="created_time")["data"]
    came_out = time.strptime(seen["created_time"], "%Y-%m-%dT%H:%M:%S+0000")
    assert calendar.timegm(came_out) == waiting["scheduled_publish_time"]


@pytest.mark.parametrize("ahead", [-HOUR, 60, 76 * DAY])
def test_a_schedule_outside_the_window_is_refused(world: Rehearsal, ahead: float) -> None:
    refused = error(schedule(world, ahead))
    assert refused["message"] == "(#100) The specified scheduled publish time is invalid."
    assert world.log() == []


@pytest.mark.parametrize("when", ["+2 weeks", "2099-01-01", "x", ""])
def test_schedules_are_read_as_words_and_iso_dates(world: Rehearsal, when: str) -> None:
    answer = world.publish(published="false", scheduled_publish_time=when)
    assert answer.ok is (when in ("+2 weeks", ""))


def test_cancelling_a_schedule_is_deleting(world: Rehearsal) -> None:
    post_id = schedule(world, HOUR).json()["id"]

    answer = world.delete(f"/graph/v25.0/{post_id}", access_token=seed.PAGE_TOKEN)

    assert answer.json() == {"success": True}
    world.clock(2 * HOUR)
    assert world.posts() == []


def test_a_draft_is_flipped_to_public_once(world: Rehearsal) -> None:
    post_id = world.publish(published="false").json()["id"]
    assert world.posts() == []

    for _ in range(2):
        data = {"is_published": "true", "access_token": seed.PAGE_TOKEN}
        answer = requests.post(f"{world.base}/graph/v25.0/{post_id}", data=data, timeout=20)
        assert answer.json() == {"success": True}

    assert [post["id"] for post in world.posts()] == [post_id]


def test_text_and_schedule_can_be_changed(world: Rehearsal) -> None:
    post_id = schedule(world, HOUR, message="przed").json()["id"]
    at = int(time.time() + 3 * HOUR)
    data = {"message": "po", "scheduled_publish_time": at, "access_token": seed.PAGE_TOKEN}
    requests.post(f"{world.base}/graph/v25.0/{post_id}", data=data, timeout=20).raise_for_status()

    world.clock(2 * HOUR)
    assert world.posts() == []
    world.clock(3 * HOUR + 60)
    assert world.texts() == ["po"]


def test_only_the_app_that_made_a_post_may_change_it(world: Rehearsal) -> None:
    post_id = world.publish("nasz").json()["id"]
    data = {"message": "cudzy", "access_token": seed.OTHER_APP_PAGE_TOKEN}

    answer = requests.post(f"{world.base}/graph/v25.0/{post_id}", data=data, timeout=20)

    assert (answer.status_code, error(answer)["code"]) == (403, 200)
    assert world.texts() == ["nasz"]


def test_a_user_token_cannot_publish(world: Rehearsal) -> None:
    refused = error(world.publish(token=seed.USER_TOKEN, published="false"))
    assert refused["message"] == (
        "(#200) Unpublished posts must be posted to a page as the page itself."
    )
    assert error(world.publish(token=seed.USER_TOKEN))["code"] == 200
    assert world.log() == []


def test_everything_accepted_is_in_the_log(world: Rehearsal) -> None:
    post_id = world.publish("a").json()["id"]
    world.upload(published="false")
    world.delete(f"/{post_id}", access_token=seed.PAGE_TOKEN)

    assert [line["kind"] for line in world.log()] == ["post", "photo", "removed"]
    world.post("/api/clear")
    assert world.log() == []
    kinds = [line["kind"] for line in world.get("/api/log", all=1).json()]
    assert kinds[-4:] == ["post", "photo", "removed", "cleared"]


def test_one_more_page_has_a_token_and_followers_of_its_own(world: Rehearsal) -> None:
    made = world.post("/api/pages", name="Filia nr 5").json()
    page_id, token = made["config"]["page_id"], made["secrets"]["page_token"]
    again = world.post("/api/pages", name="Filia nr 6").json()
    assert again["config"]["page_id"] != page_id
    answer = requests.post(
        f"{world.base}/graph/v25.0/{page_id}/feed",
        data={"access_token": token, "message": "Otwarte od 9"},
        timeout=20,
    )
    answer.raise_for_status()
    assert [post["page_id"] for post in world.posts()] == [page_id]
    names = requests.get(f"{world.base}/api/pages", timeout=20).json()
    assert names[page_id] == "Filia nr 5"
    assert names[seed.PAGE_ID] == seed.PAGE_NAME
