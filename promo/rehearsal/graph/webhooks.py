"""Webhooks: queued in the state file, signed, sent in rounds, repeated until they are heard."""

from __future__ import annotations

import hmac
import json
import sqlite3
from collections.abc import Sequence
from typing import Any

import requests

from promo.rehearsal import outbound
from promo.rehearsal.faults import Asked
from promo.rehearsal.people import App, Page
from promo.rehearsal.posts import Post
from promo.rehearsal.world import World

TIMEOUT = (2.0, 5.0)
# At once, then less often, for 36 hours: seconds before the next try.
PAUSES = (0, 10, 60, 600, 3600)
GIVE_UP = 40
ITEMS = {"added_photos": "photo", "shared_story": "share"}


def announce(world: World, *, now: float) -> None:
    """Queue the `add` event of every post that has come out by `now`."""
    for post in world.posts.to_announce(now):
        if post.exists(now) and not post.hidden:
            tell(world, post, verb="add")
        with world.state.transaction() as db:
            db.execute("UPDATE posts SET announced = 1 WHERE n = ?", (post.n,))


def tell(world: World, post: Post, *, verb: str) -> None:
    """Queue one event for each app that is subscribed to the page and has a callback."""
    page = world.people.get(Page, post.page_id)
    for app_id in page.subscribed if page else ():
        app = world.people.get(App, app_id)
        if page is not None and app is not None and app.callback_url:
            _queue(world, app, _event(world, page, post, verb), post.message)
    world.nudge.set()


def _event(world: World, page: Page, post: Post, verb: str) -> dict[str, Any]:
    now = int(world.clock.now())
    value: dict[str, Any] = {
        "item": ITEMS.get(post.kind, "status"),
        "verb": verb,
        "post_id": post.id,
        "message": post.message,
        "published": 1,
        "created_time": int(post.created_time(world.clock.now())),
        "from": {"id": page.id, "name": page.name},
    }
    if post.link:
        value["link"] = post.link
    change = {"field": "feed", "value": value}
    return {"object": "page", "entry": [{"id": page.id, "time": now, "changes": [change]}]}


def _queue(world: World, app: App, event: dict[str, Any], text: str) -> None:
    asked = Asked(surface="webhook", path=f"/{event['entry'][0]['id']}/feed", text=text)
    copies, delay, gathered = 1, 0.0, False
    for rule in world.faults.world(asked):
        if rule.fault == "webhook_duplicate":
            copies = rule.number("copies")
        if rule.fault == "webhook_reorder":
            delay = rule.seconds("seconds")
        if rule.fault == "webhook_batch":
            gathered, delay = True, rule.seconds("seconds")
    now = world.clock.now()
    with world.state.transaction() as db:
        if gathered and _joins(db, app, [event] * copies, now=now):
            return
        told = [_together([event] * copies)] if gathered else [event] * copies
        db.executemany(
            "INSERT INTO events (app_id, body, due_at) VALUES (?, ?, ?)",
            [(app.id, json.dumps(one), now + delay) for one in told],
        )


def _joins(
    db: sqlite3.Connection, app: App, events: Sequence[dict[str, Any]], *, now: float
) -> bool:
    """Put them into the request that waits already; False where none does."""
    waiting = db.execute(
        "SELECT id, body FROM events WHERE app_id = ? AND tries = 0 AND due_at > ? ORDER BY id",
        (app.id, now),
    ).fetchone()
    if waiting is None:
        return False
    body = _together([json.loads(waiting["body"]), *events])
    db.execute("UPDATE events SET body = ? WHERE id = ?", (json.dumps(body), waiting["id"]))
    return True


def _together(events: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"object": "page", "entry": [entry for event in events for entry in event["entry"]]}


def deliver(world: World, *, now: float) -> None:
    """Send every event that is due; one that is not heard waits for its next try."""
    due = world.state.rows(
        "SELECT * FROM events WHERE done = 0 AND due_at <= ? ORDER BY due_at, id", now
    )
    for row in due:
        app = world.people.get(App, row["app_id"])
        heard = app is not None and _post(app, row["body"].encode())
        tries = row["tries"] + 1
        pause = PAUSES[min(row["tries"], len(PAUSES) - 1)]
        with world.state.transaction() as db:
            db.execute(
                "UPDATE events SET tries = ?, due_at = ?, done = ? WHERE id = ?",
                (tries, now + pause, heard or tries >= GIVE_UP, row["id"]),
            )


def _post(app: App, body: bytes) -> bool:
    signature = hmac.new(app.secret.encode(), body, "sha256").hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-Hub-Signature-256": f"sha256={signature}",
        "User-Agent": "facebookexternalua",
    }
    try:
        with outbound.session() as session:
            return session.post(app.callback_url, data=body, headers=headers, timeout=TIMEOUT).ok
    except requests.RequestException:
        return False


def verified(url: str, verify_token: str, challenge: str) -> bool:
    """Does the callback give the challenge back?"""
    query = {
        "hub.mode": "subscribe",
        "hub.challenge": challenge,
        "hub.verify_token": verify_token,
    }
    try:
        with outbound.session() as session:
            answer = session.get(url, params=query, timeout=TIMEOUT)
    except requests.RequestException:
        return False
    return answer.ok and answer.text.strip() == challenge
