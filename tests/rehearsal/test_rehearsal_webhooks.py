"""Webhooks: verified, signed, repeated, out of order."""

from __future__ import annotations

import hmac
import json
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from promo.rehearsal import seed
from tests.rehearsal.client import Rehearsal, error

PATIENCE = 20


@dataclass
class Callback:
    """An app's callback address that keeps what it hears. `refuse` answers come first."""

    server: ThreadingHTTPServer
    heard: queue.Queue[tuple[dict[str, str], bytes]] = field(default_factory=queue.Queue)
    refuse: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook"

    def next_body(self) -> bytes:
        headers, body = self.heard.get(timeout=PATIENCE)
        signature = hmac.new(seed.APP_SECRET.encode(), body, "sha256").hexdigest()
        assert headers["X-Hub-Signature-256"] == f"sha256={signature}"
        return body

    def next_value(self) -> dict[str, Any]:
        """What changed, as the next event tells it."""
        value: dict[str, Any] = json.loads(self.next_body())["entry"][0]["changes"][0]["value"]
        return value


class Ear(BaseHTTPRequestHandler):
    callback: Callback

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        right = query["hub.verify_token"] == [seed.VERIFY_TOKEN]
        self._answer(200 if right else 403, query["hub.challenge"][0])

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        refused = self.callback.refuse > 0
        self.callback.refuse -= 1
        self.callback.heard.put((dict(self.headers.items()), body))
        self._answer(500 if refused else 200, "")

    def _answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def callback(world: Rehearsal) -> Iterator[Callback]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    Ear.callback = Callback(server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    subscribe(world, Ear.callback).raise_for_status()
    data = {"subscribed_fields": "feed", "access_token": seed.PAGE_TOKEN}
    address = f"{world.base}/graph/v25.0/{seed.PAGE_ID}/subscribed_apps"
    assert requests.post(address, data=data, timeout=20).json() == {"success": True}
    yield Ear.callback
    # Nobody is told any more before nobody listens.
    world.post("/api/clear").raise_for_status()
    server.shutdown()
    thread.join()
    server.server_close()


def subscribe(
    world: Rehearsal, callback: Callback, verify_token: str = seed.VERIFY_TOKEN
) -> requests.Response:
    data = {
        "object": "page",
        "callback_url": callback.url,
        "verify_token": verify_token,
        "fields": "feed",
        "access_token": f"{seed.APP_ID}|{seed.APP_SECRET}",
    }
    address = f"{world.base}/graph/v25.0/{seed.APP_ID}/subscriptions"
    return requests.post(address, data=data, timeout=20)


def test_a_new_post_is_told_with_a_signature(world: Rehearsal, callback: Callback) -> None:
    link = "https://biblioteka.example/w/abc"
    post_id = world.publish("Zażółć", link=link).json()["id"]

    body = callback.next_body()

    event = json.loads(body)
    assert (event["object"], event["entry"][0]["id"]) == ("page", seed.PAGE_ID)
    value = event["entry"][0]["changes"][0]["value"]
    assert (value["item"], value["verb"], value["post_id"]) == ("share", "add", post_id)
    assert value["link"] == link
    assert body.isascii(), "letters beyond ASCII are escaped before signing"


def test_changes_and_removals_are_told(world: Rehearsal, callback: Callback) -> None:
    post_id = world.publish("a").json()["id"]
    assert callback.next_value()["verb"] == "add"
    address = f"{world.base}/graph/{post_id}"
    data = {"message": "b", "access_token": seed.PAGE_TOKEN}
    requests.post(address, data=data, timeout=20).raise_for_status()
    assert callback.next_value()["verb"] == "edited"
    requests.delete(address, params=data, timeout=20).raise_for_status()
    assert callback.next_value()["verb"] == "remove"


def test_a_scheduled_post_is_told_when_it_comes_out(world: Rehearsal, callback: Callback) -> None:
    planned = world.publish("b", published="false", scheduled_publish_time="+1 hour").json()["id"]
    now = world.publish("a").json()["id"]
    assert callback.next_value()["post_id"] == now

    world.clock(3660)

    assert callback.next_value()["post_id"] == planned


def test_a_wrong_verify_token_is_found_out(world: Rehearsal, callback: Callback) -> None:
    assert error(subscribe(world, callback, "wrong"))["code"] == 2200


def test_what_was_not_heard_is_repeated(world: Rehearsal, callback: Callback) -> None:
    callback.refuse = 1
    post_id = world.publish("a").json()["id"]
    assert [callback.next_value()["post_id"] for _ in range(2)] == [post_id] * 2


def test_n_events_can_come_twice(world: Rehearsal, callback: Callback) -> None:
    world.fault("webhook_duplicate", copies=3, times=1)
    world.publish("a")
    assert len({callback.next_value()["post_id"] for _ in range(3)}) == 1
    assert callback.heard.empty()


def test_n_events_can_overtake_each_other(world: Rehearsal, callback: Callback) -> None:
    world.fault("webhook_reorder", seconds=600, times=1, match_text="first")
    world.publish("first")
    world.publish("second")
    assert callback.next_value()["message"] == "second"

    world.clock(601)

    assert callback.next_value()["message"] == "first"


def test_n_events_can_come_in_one_request(world: Rehearsal, callback: Callback) -> None:
    posts = [world.publish("a").json()["id"] for _post in range(2)]
    assert sorted(callback.next_value()["post_id"] for _post in posts) == sorted(posts)
    world.fault("webhook_batch", seconds=600)
    world.fault("webhook_duplicate", copies=2, match_text="second")
    for post_id, text in zip(posts, ("first", "second"), strict=True):
        data = {"message": text, "access_token": seed.PAGE_TOKEN}
        requests.post(f"{world.base}/graph/{post_id}", data=data, timeout=20).raise_for_status()

    world.clock(601)

    told = [entry["changes"][0]["value"] for entry in json.loads(callback.next_body())["entry"]]
    assert [value["message"] for value in told] == ["first", "second", "second"]
    assert callback.heard.empty()


def test_nobody_is_told_after_unsubscribing(world: Rehearsal, callback: Callback) -> None:
    address = f"/graph/{seed.PAGE_ID}/subscribed_apps"
    (app,) = world.get(address, access_token=seed.PAGE_TOKEN).json()["data"]
    assert (app["id"], app["subscribed_fields"]) == (seed.APP_ID, ["feed"])
    world.delete(address, access_token=seed.PAGE_TOKEN).raise_for_status()
    assert world.get(address, access_token=seed.PAGE_TOKEN).json() == {"data": []}
