"""What people see: the start page, the page as followers see it, and the mailboxes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from promo.rehearsal import events, mails, seed, templating
from promo.rehearsal.people import Page
from promo.rehearsal.posts import Post
from promo.rehearsal.wire import Reply, Request
from promo.rehearsal.world import World

SHOWN = 50
STATIC = {
    path.name: path.read_bytes() for path in sorted((Path(__file__).parent / "static").iterdir())
}
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Rules that trainers set most often, each good for one call.
PRACTISED: Mapping[str, Mapping[str, object]] = {
    "answer_lost": {"fault": "create_then_cut", "path": "/feed", "times": 1},
    "busy": {"fault": "throttle", "times": 1},
    "no_page_token": {"fault": "no_page_token", "path": "accounts", "times": 1},
}
TABS = ("html", "text", "headers")
HEAD = re.compile(rb"<head[^>]*>", re.IGNORECASE)
# Mail never runs scripts here; its links open beside the viewer, out of the sandbox.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';"
    " style-src 'unsafe-inline'; img-src http: https: data:"
)
Handler = Callable[[World, Request, re.Match[str]], Reply]


def start(world: World, request: Request, _match: re.Match[str]) -> Reply:
    now = world.clock.now()
    return templating.page(
        request,
        "start.html.j2",
        post_count=len(world.posts.public(now)),
        mail_count=world.mails.count(),
        rules=world.faults.rules(),
        now=now if world.clock.offset else None,
        desk_url=world.desk_url,
        events=tuple(events.EVENTS),
        practised=tuple(PRACTISED),
        happened=request.text("happened"),
    )


def practise(world: World, request: Request, _match: re.Match[str]) -> Reply:
    """`POST /practise`: an event, or a fault's rule of the few that the start page offers."""
    name = request.text("event")
    if request.method == "POST":
        if name in events.EVENTS:
            events.EVENTS[name](world)
        elif name in PRACTISED:
            world.faults.add(PRACTISED[name])
        elif name == "no_faults":
            world.faults.clear()
    query = {"happened": name, "lang": request.text("lang")}
    kept = urlencode({key: value for key, value in query.items() if value})
    return Reply(status=303, headers={"Location": f"/?{kept}"})


def page(world: World, request: Request, match: re.Match[str]) -> Reply:
    """The page as a follower sees it; the seeded one where the address names none."""
    shown = world.people.get(Page, match["page"] or seed.PAGE_ID)
    if shown is None:
        return not_found(request)
    first = request.whole("from")
    posts = world.posts.public(world.clock.now(), shown.id)
    return templating.page(
        request,
        "page.html.j2",
        page=shown,
        posts=[_shown(world, post) for post in posts[first : first + SHOWN]],
        newer=max(first - SHOWN, 0) if first else None,
        older=first + SHOWN if first + SHOWN < len(posts) else None,
        single=False,
    )


def post(world: World, request: Request, match: re.Match[str]) -> Reply:
    """One post by itself: the address the API gives as its permalink."""
    shown = world.people.get(Page, match["page"])
    found = world.posts.get(f"{match['page']}_{match['post']}")
    if shown is None or found is None or not found.is_public(world.clock.now()):
        return not_found(request)
    return templating.page(
        request,
        "page.html.j2",
        page=shown,
        posts=[_shown(world, found)],
        newer=None,
        older=None,
        single=True,
    )


def _shown(world: World, found: Post) -> dict[str, object]:
    """A post with its photos and its link's preview."""
    return {
        "post": found,
        "photos": world.posts.photos(found.photo_ids),
        "card": world.posts.card(found.link),
        "host": urlsplit(found.link).hostname or "",
    }


def media(world: World, request: Request, match: re.Match[str]) -> Reply:
    photo = world.posts.photo(match["photo"])
    if photo is None:
        return not_found(request)
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "max-age=3600"}
    body = world.posts.photo_body(photo)
    return Reply(body=body, content_type=photo.mime_type, headers=headers)


def mail_list(world: World, request: Request, _match: re.Match[str]) -> Reply:
    to, first = request.text("to").strip(), request.whole("from")
    found = world.mails.find(to=to, limit=SHOWN + 1, offset=first)
    return templating.page(
        request,
        "mails.html.j2",
        mails=found[:SHOWN],
        total=world.mails.count(to),
        to=to,
        newer=max(first - SHOWN, 0) if first else None,
        older=first + SHOWN if len(found) > SHOWN else None,
    )


def mail(world: World, request: Request, match: re.Match[str]) -> Reply:
    found = world.mails.get(int(match["mail"]))
    if found is None:
        return not_found(request)
    content = mails.read(world.mails.raw(found.id))
    tab = request.text("tab")
    if tab not in TABS:
        tab = "html" if content.html else "text"
    return templating.page(
        request,
        "mail.html.j2",
        mail=found,
        sender=_sender(content.headers.get("From", found.mail_from)),
        content=content,
        tab=tab,
        tabs=TABS,
    )


def _sender(header: str) -> str:
    """The sender as mail programs show it: the quotes around a name belong to the wire."""
    name, address = parseaddr(header)
    return f"{name} <{address}>" if name and address else header


def mail_html(world: World, request: Request, match: re.Match[str]) -> Reply:
    """The mail's HTML for the sandboxed frame; a `base` makes its links open beside the viewer."""
    raw = world.mails.raw(int(match["mail"]))
    html = mails.read(raw).html.encode()
    if not html:
        return not_found(request)
    framed = HEAD.sub(lambda head: head[0] + b'<base target="_blank">', html, count=1)
    headers = {"Content-Security-Policy": MAIL_POLICY, "X-Content-Type-Options": "nosniff"}
    return Reply(body=framed, content_type="text/html; charset=utf-8", headers=headers)


def static(_world: World, request: Request, match: re.Match[str]) -> Reply:
    body = STATIC.get(match["name"])
    if body is None:
        return not_found(request)
    kind = KINDS.get(Path(match["name"]).suffix, "application/octet-stream")
    return Reply(body=body, content_type=kind, headers={"Cache-Control": "no-cache"})


def not_found(request: Request) -> Reply:
    return templating.page(request, "missing.html.j2", status=404)


ROUTES: tuple[tuple[re.Pattern[str], Handler], ...] = (
    (re.compile(r"/"), start),
    (re.compile(r"/practise"), practise),
    (re.compile(r"/page/(?:(?P<page>\d+)/)?"), page),
    (re.compile(r"/page/(?P<page>\d+)/posts/(?P<post>\d+)/?"), post),
    (re.compile(r"/media/(?P<photo>\d{1,18})"), media),
    (re.compile(r"/mail/"), mail_list),
    (re.compile(r"/mail/(?P<mail>\d{1,18})/"), mail),
    (re.compile(r"/mail/(?P<mail>\d{1,18})/html"), mail_html),
    (re.compile(r"/static/(?P<name>[\w.-]+)"), static),
)
FIRST_SEGMENTS = ("page", "media", "mail", "static", "practise", "favicon.ico")


def answer(world: World, request: Request) -> Reply:
    """The page for the address, or a friendly 404. An address without its last slash is sent on."""
    for pattern, handler in ROUTES:
        match = pattern.fullmatch(request.path)
        if match:
            return handler(world, request, match)
    if not request.path.endswith("/") and any(
        pattern.fullmatch(request.path + "/") for pattern, _handler in ROUTES
    ):
        return Reply(status=302, headers={"Location": request.path + "/"})
    return not_found(request)
