"""Reading the simulated page: fields, lists, paging, versions, insights, usage, batches."""

from __future__ import annotations

import json
import time
from urllib.parse import urlsplit

import pytest
import requests

from promo.rehearsal import seed
from tests.rehearsal.client import Rehearsal, error

PAGE = seed.PAGE_ID


def test_fields_of_a_link_post(world: Rehearsal) -> None:
    link = "https://biblioteka.example/w/abc?x=1"
    post_id = world.publish("Tekst", link=link).json()["id"]
    fields = (
        "id,message,created_time,permalink_url,is_published,status_type,application,from,"
        "attachments{media_type,unshimmed_url},reactions.limit(0).summary(true),"
        "comments.limit(0).summary(true)"
    )

    post = world.graph(post_id, fields=fields)

    (attachment,) = post["attachments"]["data"]
    assert attachment["unshimmed_url"] == link
    assert attachment["url"].startswith("https://l.facebook.com/l.php?u=")
    assert post["status_type"] == "shared_story"
    assert post["is_published"] is True
    assert post["from"] == {"id": PAGE, "name": seed.PAGE_NAME}
    assert post["application"]["id"] == seed.APP_ID
    assert post["comments"] == {"data": [], "summary": {"total_count": 0}}


def test_an_unknown_field_is_refused_by_name(world: Rehearsal) -> None:
    answer = world.get(f"/graph/{PAGE}", access_token=seed.PAGE_TOKEN, fields="id,my_name")
    assert error(answer)["message"] == "(#100) Unknown fields: my_name."


@pytest.mark.parametrize("fields", ["a{", "a}", ",", "a.b(c"])
def test_broken_field_lists_are_a_syntax_error(world: Rehearsal, fields: str) -> None:
    answer = world.get(f"/graph/{PAGE}", access_token=seed.PAGE_TOKEN, fields=fields)
    assert error(answer)["code"] == 2500


def test_lists_are_expanded_inside_a_node(world: Rehearsal) -> None:
    for text in ("a", "b", "c"):
        world.publish(text)

    page = world.graph(PAGE, fields="name,published_posts.limit(2){message}")

    assert [post["message"] for post in page["published_posts"]["data"]] == ["c", "b"]


def test_unknown_objects_and_edges_say_so(world: Rehearsal) -> None:
    missing = error(world.get("/graph/v25.0/1_2", access_token=seed.PAGE_TOKEN))
    assert (missing["code"], missing["error_subcode"]) == (100, 33)
    assert missing["type"] == "GraphMethodException"
    edge = error(world.get(f"/graph/v25.0/{PAGE}/nic", access_token=seed.PAGE_TOKEN))
    assert "nonexistent field (nic)" in edge["message"]


def test_feed_shows_unpublished_posts_and_the_other_lists_do_not(world: Rehearsal) -> None:
    public = world.publish("jest").json()["id"]
    draft = world.publish("szkic", published="false").json()["id"]

    feed = world.graph(f"{PAGE}/feed", fields="id,is_published")["data"]
    assert {post["id"]: post["is_published"] for post in feed} == {public: True, draft: False}
    for name in ("published_posts", "posts"):
        assert [post["id"] for post in world.graph(f"{PAGE}/{name}")["data"]] == [public]


def test_paging_is_followed_to_the_end(world: Rehearsal) -> None:
    for number in range(5):
        world.publish(str(number))
    seen: list[str] = []
    address = f"{world.base}/graph/v25.0/{PAGE}/published_posts"
    params = {"access_token": seed.PAGE_TOKEN, "limit": "2", "fields": "message"}

    page = requests.get(address, params=params, timeout=20).json()
    while True:
        seen += [post["message"] for post in page["data"]]
        if "next" not in page["paging"]:
            break
        assert urlsplit(page["paging"]["next"]).path.startswith("/graph/v25.0/")
        page = requests.get(page["paging"]["next"], timeout=20).json()

    assert seen == ["4", "3", "2", "1", "0"]


@pytest.mark.parametrize("limit", ["101", "0", "x"])
def test_a_limit_beyond_a_hundred_is_an_error(world: Rehearsal, limit: str) -> None:
    answer = world.get(f"/graph/{PAGE}/feed", access_token=seed.PAGE_TOKEN, limit=limit)
    assert error(answer)["code"] == 100


def test_since_and_until_bound_the_list(world: Rehearsal) -> None:
    world.publish("dziś")
    now = int(time.time())

    later = world.graph(f"{PAGE}/published_posts", since=now + 3600)
    around = world.graph(f"{PAGE}/published_posts", since=now - 60, until=now + 60)

    assert later["data"] == []
    assert len(around["data"]) == 1


@pytest.mark.parametrize(
    ("asked", "served"),
    [("v25.0/", "v25.0"), ("v26.0/", "v26.0"), ("v19.0/", "v21.0"), ("", "v25.0")],
)
def test_dead_versions_are_served_by_the_next(world: Rehearsal, asked: str, served: str) -> None:
    # The table of versions is judged by the virtual clock: 1 October 2026.
    world.clock(1_790_812_800 - time.time())
    answer = world.get(f"/graph/{asked}me", access_token=seed.PAGE_TOKEN)
    assert answer.headers["facebook-api-version"] == served


def test_a_version_that_never_was_is_refused(world: Rehearsal) -> None:
    assert error(world.get("/graph/v99.0/me", access_token=seed.PAGE_TOKEN))["code"] == 2500


def test_one_dead_metric_fails_the_whole_request(world: Rehearsal) -> None:
    path = f"/graph/v25.0/{PAGE}/insights"
    key = {"access_token": seed.PAGE_TOKEN}
    alive = world.get(path, **key, metric="page_follows,page_media_view").json()["data"]
    mixed = error(world.get(path, **key, metric="page_follows,page_impressions"))

    assert [series["name"] for series in alive] == ["page_follows", "page_media_view"]
    assert alive[0]["values"][0]["end_time"][11:] in ("07:00:00+0000", "08:00:00+0000")
    assert mixed["message"] == "(#100) The value must be a valid insights metric"
    assert error(world.get(path, **key))["error_subcode"] == 1504028


def test_view_metrics_need_a_newer_version(world: Rehearsal) -> None:
    params = {"access_token": seed.PAGE_TOKEN, "metric": "page_media_view"}
    assert world.get(f"/graph/v22.0/{PAGE}/insights", **params).status_code == 400
    assert world.get(f"/graph/v23.0/{PAGE}/insights", **params).status_code == 200


def test_a_page_with_few_likes_has_no_insights(world: Rehearsal) -> None:
    world.post("/api/world", page={"likes": 99})
    assert world.graph(f"{PAGE}/insights", metric="page_follows") == {"data": []}


def test_post_insights_come_by_day_and_for_the_lifetime(world: Rehearsal) -> None:
    post_id = world.publish().json()["id"]

    series = world.graph(f"{post_id}/insights", metric="post_clicks")["data"]

    assert [each["period"] for each in series] == ["day", "lifetime"]
    assert "end_time" not in series[1]["values"][0]


def test_usage_headers_come_only_after_enough_calls(world: Rehearsal) -> None:
    headers = [world.get("/graph/me", access_token=seed.PAGE_TOKEN).headers for _ in range(50)]

    assert "X-Business-Use-Case-Usage" not in headers[0]
    (usage,) = json.loads(headers[-1]["X-Business-Use-Case-Usage"]).values()
    assert usage[0]["type"] == "pages"
    assert usage[0]["call_count"] == 1


def test_a_batch_of_reads_is_answered_in_order(world: Rehearsal) -> None:
    batch = [
        {"method": "GET", "relative_url": "v25.0/me?fields=name"},
        {"method": "GET", "relative_url": "nic"},
        {"method": "POST", "relative_url": "me/feed", "body": "message=x"},
    ]
    data = {"access_token": seed.PAGE_TOKEN, "batch": json.dumps(batch)}

    first, second, third = requests.post(f"{world.base}/graph/", data=data, timeout=20).json()

    assert json.loads(first["body"])["name"] == seed.PAGE_NAME
    assert (second["code"], third["code"]) == (400, 400)
    assert world.posts() == []


def test_a_batch_holds_fifty_at_most(world: Rehearsal) -> None:
    batch = json.dumps([{"relative_url": "me"}] * 51)
    data = {"access_token": seed.PAGE_TOKEN, "batch": batch}
    answer = requests.post(f"{world.base}/", data=data, timeout=20)
    assert "Maximum batch size is 50" in error(answer)["message"]


def test_a_body_that_cannot_be_read_is_refused(world: Rehearsal) -> None:
    headers = {"Content-Type": "application/json"}
    answer = requests.post(f"{world.base}/graph/me", data=b"{", headers=headers, timeout=20)
    assert answer.status_code == 400
