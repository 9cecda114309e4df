"""The JSON side: what tests and trainers ask and set. `docs/rehearsal.md` lists it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

from promo.rehearsal import events, mails, seed
from promo.rehearsal.catalogue import FAULTS
from promo.rehearsal.clock import iso_time
from promo.rehearsal.faults import BadRule, as_json
from promo.rehearsal.graph.errors import TABLE
from promo.rehearsal.people import TASKS, App, Grant, Page, Token
from promo.rehearsal.posts import Post
from promo.rehearsal.wire import Reply, Request, json_reply
from promo.rehearsal.world import World

Handler = Callable[[World, Request], Reply]
YEARS = 100 * 366 * 86_400
APP_SETTINGS = {
    "development": bool,
    "require_proof": bool,
    "callback_url": str,
    "default_version": str,
}
PAGE_SETTINGS = {"likes": int, "name": str, "category": str}


class BadCall(Exception):
    """A call that cannot be served; the text says why."""


def posts(world: World, request: Request) -> Reply:
    """Public posts, newest first; with `all=1` every post that exists, and why it is not public."""
    now = world.clock.now()
    if not request.flag("all", default=False):
        found = world.posts.public(now, request.text("page_id"))
        return json_reply([_post(world, request, post) for post in found])
    every = [post for post in world.posts.all() if post.exists(now)]
    return json_reply(
        [
            {
                **_post(world, request, post),
                "public": post.is_public(now),
                "published": post.is_published(now),
                "scheduled_for": _instant(post.scheduled_for),
                "development": post.development,
                "hidden": post.hidden,
                "app_id": post.app_id,
            }
            for post in every
        ]
    )


def _post(world: World, request: Request, post: Post) -> dict[str, Any]:
    photos = world.posts.photos(post.photo_ids)
    return {
        "id": post.id,
        "page_id": post.page_id,
        "text": post.message,
        "link": post.link,
        "photos": [
            {"url": f"{request.base_url}/media/{photo.id}", "alt": photo.alt} for photo in photos
        ],
        "public_at": _instant(post.published_at),
    }


def _instant(seconds: float | None) -> str | None:
    return None if seconds is None else iso_time(seconds)


def mail_list(world: World, request: Request) -> Reply:
    """Mails, newest first: `to`, `message_id`, `after_id`, `limit`, `brief=1` (no bodies)."""
    found = world.mails.find(
        to=request.text("to"),
        message_id=request.text("message_id"),
        after_id=request.whole("after_id"),
        limit=request.whole("limit", -1),
    )
    brief = request.flag("brief", default=False)
    return json_reply(
        [
            mails.as_json(mail, None if brief else mails.read(world.mails.raw(mail.id)))
            for mail in found
        ]
    )


def counts(world: World, _request: Request) -> Reply:
    now = world.clock.now()
    return json_reply(
        {
            "posts": len(world.posts.public(now)),
            "mails": world.mails.count(),
            "faults": len(world.faults.rules()),
            "calls": world.ledger.count_calls(),
        }
    )


def log(world: World, request: Request) -> Reply:
    """Everything accepted since the last clear: `kind` picks one, `all=1` goes further back."""
    everything = request.flag("all", default=False)
    return json_reply(world.ledger.accepted(everything=everything, kind=request.text("kind")))


def calls(world: World, _request: Request) -> Reply:
    return json_reply(world.ledger.calls())


def list_faults(world: World, _request: Request) -> Reply:
    return json_reply(world.faults.rules())


def add_fault(world: World, request: Request) -> Reply:
    try:
        rule = world.faults.add(request.params)
    except BadRule as error:
        raise BadCall(str(error)) from error
    return json_reply(as_json(rule), status=201)


def clear_faults(world: World, request: Request) -> Reply:
    """All rules, or the one with `id`. A token that a rule killed stays dead until `/api/clear`."""
    rule_id = request.whole("id")
    if rule_id:
        world.faults.drop(rule_id)
    else:
        world.faults.clear()
    return json_reply(world.faults.rules())


def catalogue(_world: World, _request: Request) -> Reply:
    """Every fault that may be set, with its settings and their defaults."""
    return json_reply({name: dataclasses.asdict(fault) for name, fault in FAULTS.items()})


def errors(_world: World, _request: Request) -> Reply:
    """The error table: each row can be raised by a `refuse` rule."""
    return json_reply([dataclasses.asdict(row) for row in TABLE])


def event_list(_world: World, _request: Request) -> Reply:
    """What may happen to access, by name."""
    return json_reply(sorted(events.EVENTS))


def happen(world: World, request: Request) -> Reply:
    """Let `event` happen now."""
    act = events.EVENTS.get(request.text("event"))
    if act is None:
        raise BadCall(f"event must be one of {', '.join(sorted(events.EVENTS))}")
    act(world)
    return json_reply({"event": request.text("event")}, status=201)


def clear(world: World, _request: Request) -> Reply:
    world.clear()
    return json_reply({"cleared": True})


def clock(world: World, _request: Request) -> Reply:
    now = world.clock.now()
    return json_reply({"now": iso_time(now), "offset_seconds": world.clock.offset})


def move_clock(world: World, request: Request) -> Reply:
    """Set how far the virtual clock is from real time."""
    try:
        offset = float(request.text("offset_seconds"))
    except ValueError as error:
        raise BadCall("offset_seconds must be a number") from error
    if not math.isfinite(offset) or abs(offset) > YEARS:
        raise BadCall("offset_seconds must be a number of seconds within a hundred years")
    world.clock.move(offset)
    world.nudge.set()
    return clock(world, request)


def facts(world: World, _request: Request) -> Reply:
    """The app and the page as they are set now."""
    app = world.people.get(App, seed.APP_ID)
    page = world.people.get(Page, seed.PAGE_ID)
    shown = {"app": app, "page": page}
    return json_reply({name: dataclasses.asdict(each) for name, each in shown.items() if each})


def set_facts(world: World, request: Request) -> Reply:
    """Change the seeded app and page: `{"app": {...}, "page": {...}, "revive_tokens": true}`."""
    app = world.people.get(App, seed.APP_ID)
    page = world.people.get(Page, seed.PAGE_ID)
    if app is not None and "app" in request.params:
        fields = _fields(request.params["app"], APP_SETTINGS)
        world.people.put(dataclasses.replace(app, **fields))
    if page is not None and "page" in request.params:
        world.people.put(_changed_page(page, request.params["page"]))
    if request.flag("revive_tokens", default=False):
        for token in world.people.all(Token):
            world.people.put(dataclasses.replace(token, dead_subcode=0))
    return facts(world, request)


def _changed_page(page: Page, wanted: Any) -> Page:
    """`tasks` are those of the seeded person; `subscribed` lets the seeded app hear webhooks."""
    fields = _fields(wanted, {**PAGE_SETTINGS, "tasks": list, "subscribed": bool})
    if "tasks" in fields:
        fields["roles"] = {**page.roles, seed.USER_ID: tuple(fields.pop("tasks"))}
    if "subscribed" in fields:
        fields["subscribed"] = {seed.APP_ID: ("feed",)} if fields.pop("subscribed") else {}
    return dataclasses.replace(page, **fields)


def _fields(wanted: Any, known: Mapping[str, type]) -> dict[str, Any]:
    if not isinstance(wanted, dict):
        raise BadCall("an object is wanted")
    for name, value in wanted.items():
        if name not in known or type(value) is not known[name]:
            raise BadCall(f"cannot set {name} to {value!r}; known: {', '.join(sorted(known))}")
    return dict(wanted)


def page_list(world: World, _request: Request) -> Reply:
    """The names of the pages by their ids."""
    return json_reply({page.id: page.name for page in world.people.all(Page)})


def add_page(world: World, request: Request) -> Reply:
    """One more page that the first person manages, ticked for the app; gives what opens it."""
    number = 1 + max(int(page.id) for page in world.people.all(Page))
    page = Page(
        id=str(number),
        name=request.text("name") or seed.PAGE_NAME,
        roles={seed.USER_ID: TASKS},
        business_id=seed.BUSINESS_ID,
    )
    token = dataclasses.replace(
        _first_token(world), id=f"{seed.PAGE_TOKEN}-{number}", page_id=page.id, dead_subcode=0
    )
    grant = world.people.get(Grant, f"{seed.APP_ID}:{seed.USER_ID}")
    if grant is not None:
        ticked = (*grant.page_ids, page.id)
        world.people.put(dataclasses.replace(grant, page_ids=ticked))
    world.people.put(page)
    world.people.put(token)
    opens = {
        "config": {"page_id": page.id, "page_name": page.name, "app_id": seed.APP_ID},
        "secrets": {"page_token": token.id, "app_secret": seed.APP_SECRET},
    }
    return json_reply(opens, status=201)


def _first_token(world: World) -> Token:
    token = world.people.get(Token, seed.PAGE_TOKEN)
    if token is None:
        raise BadCall("the first page has no token")
    return token


def seed_facts(_world: World, request: Request) -> Reply:
    return json_reply({**seed.facts(), "graph_url": f"{request.base_url}/graph"})


def health(world: World, _request: Request) -> Reply:
    return json_reply({"status": "ok", "now": iso_time(world.clock.now())})


ROUTES: Mapping[tuple[str, str], Handler] = {
    ("GET", "/api/posts"): posts,
    ("GET", "/api/mails"): mail_list,
    ("GET", "/api/counts"): counts,
    ("GET", "/api/log"): log,
    ("GET", "/api/calls"): calls,
    ("GET", "/api/faults"): list_faults,
    ("POST", "/api/faults"): add_fault,
    ("DELETE", "/api/faults"): clear_faults,
    ("GET", "/api/catalogue"): catalogue,
    ("GET", "/api/errors"): errors,
    ("GET", "/api/events"): event_list,
    ("POST", "/api/events"): happen,
    ("POST", "/api/clear"): clear,
    ("GET", "/api/clock"): clock,
    ("POST", "/api/clock"): move_clock,
    ("GET", "/api/world"): facts,
    ("POST", "/api/world"): set_facts,
    ("GET", "/api/pages"): page_list,
    ("POST", "/api/pages"): add_page,
    ("GET", "/api/seed"): seed_facts,
    ("GET", "/healthz"): health,
}


def answer(world: World, request: Request) -> Reply:
    """The JSON for the call; an error as `{"error": ...}` with 400, 404 or 405."""
    handler = ROUTES.get((request.method, request.path))
    if handler is None:
        known = any(path == request.path for _method, path in ROUTES)
        text = "this address has no such method" if known else "there is no such address"
        return json_reply({"error": text}, status=405 if known else 404)
    try:
        return handler(world, request)
    except BadCall as error:
        return json_reply({"error": str(error)}, status=400)
