"""What can be read of each kind of node: a table of fields each. None is left out, as Meta does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from promo.rehearsal.clock import graph_time
from promo.rehearsal.graph import tokens
from promo.rehearsal.graph.context import Context, tasks_on
from promo.rehearsal.graph.fields import Want
from promo.rehearsal.people import App, Business, Page, User
from promo.rehearsal.posts import Photo, Post

Getter = Callable[[Context, Any, Want], Any]


def permalink(context: Context, post: Post) -> str:
    """The post on the reader's page: unlike Facebook's own address it works in a rehearsal."""
    return f"{context.request.base_url}/page/{post.page_id}/posts/{post.n}/"


def photo_url(context: Context, photo: Photo) -> str:
    return f"{context.request.base_url}/media/{photo.id}"


def reactions(post: Post) -> int:
    """A small number of its own for each post, the same each time it is asked."""
    return hashlib.sha256(post.id.encode()).digest()[0] % 25


def _attachments(context: Context, post: Post, _want: Want) -> Any:
    photos = context.world.posts.photos(post.photo_ids)
    if post.link:
        return {"data": [_share(context, post)]}
    if not photos:
        return None
    pictures = [_picture(context, photo) for photo in photos]
    if len(pictures) == 1:
        return {"data": pictures}
    album = {"media_type": "album", "type": "album", "url": permalink(context, post)}
    return {"data": [{**album, "subattachments": {"data": pictures}}]}


def _share(context: Context, post: Post) -> dict[str, Any]:
    card = context.world.posts.card(post.link)
    shim = f"https://l.facebook.com/l.php?u={quote(post.link, safe='')}"
    return {
        "media_type": "link",
        "type": "share",
        "title": card.title if card else post.link,
        "description": card.description if card else "",
        "url": shim,
        "unshimmed_url": post.link,
        "target": {"url": shim},
    }


def _picture(context: Context, photo: Photo) -> dict[str, Any]:
    url = photo_url(context, photo)
    return {
        "media_type": "photo",
        "type": "photo",
        "description": photo.caption,
        "url": url,
        "unshimmed_url": url,
        "media": {"image": {"src": url}},
        "target": {"id": photo.id, "url": url},
    }


def _full_picture(context: Context, post: Post, _want: Want) -> str | None:
    photos = context.world.posts.photos(post.photo_ids)
    return photo_url(context, photos[0]) if photos else None


def _application(context: Context, post: Post, _want: Want) -> dict[str, str] | None:
    app = context.world.people.get(App, post.app_id)
    return {"id": app.id, "name": app.name} if app else None


def _from(context: Context, post: Post, _want: Want) -> dict[str, str] | None:
    page = context.world.people.get(Page, post.page_id)
    return {"id": page.id, "name": page.name} if page else None


def _schedule(context: Context, post: Post, _want: Want) -> int | None:
    if post.scheduled_for is None or post.is_published(context.as_of):
        return None
    return int(post.scheduled_for)


def _counted(total: int, want: Want) -> dict[str, Any]:
    summary = want.arguments.get("summary", "").lower() in ("true", "1", "total_count")
    return {"data": [], **({"summary": {"total_count": total}} if summary else {})}


POST_FIELDS: Mapping[str, Getter] = {
    "id": lambda _context, post, _want: post.id,
    "message": lambda _context, post, _want: post.message or None,
    "created_time": lambda context, post, _want: graph_time(post.created_time(context.as_of)),
    "updated_time": lambda _context, post, _want: graph_time(post.updated_at),
    "permalink_url": lambda context, post, _want: permalink(context, post),
    "is_published": lambda context, post, _want: post.is_published(context.as_of),
    "scheduled_publish_time": _schedule,
    "status_type": lambda _context, post, _want: post.kind,
    "application": _application,
    "from": _from,
    "full_picture": _full_picture,
    "attachments": _attachments,
    "shares": lambda _context, post, _want: {"count": n} if (n := reactions(post) % 4) else None,
    "reactions": lambda _context, post, want: _counted(reactions(post), want),
    "likes": lambda _context, post, want: _counted(reactions(post), want),
    "comments": lambda _context, _post, want: _counted(0, want),
    "is_hidden": lambda _context, post, _want: post.hidden,
    "is_expired": lambda _context, _post, _want: False,
    "timeline_visibility": lambda _context, post, _want: "hidden" if post.hidden else "normal",
}

PHOTO_FIELDS: Mapping[str, Getter] = {
    "id": lambda _context, photo, _want: photo.id,
    "name": lambda _context, photo, _want: photo.caption or None,
    "alt_text": lambda _context, photo, _want: photo.alt or None,
    "alt_text_custom": lambda _context, photo, _want: photo.alt or None,
    "created_time": lambda _context, photo, _want: graph_time(photo.stamp),
    "page_story_id": lambda _context, photo, _want: photo.post_id or None,
    "source": lambda context, photo, _want: photo_url(context, photo),
    "images": lambda context, photo, _want: [{"source": photo_url(context, photo)}],
}

PAGE_FIELDS: Mapping[str, Getter] = {
    "id": lambda _context, page, _want: page.id,
    "name": lambda _context, page, _want: page.name,
    "category": lambda _context, page, _want: page.category,
    "category_list": lambda _context, page, _want: [{"id": "2231", "name": page.category}],
    "fan_count": lambda _context, page, _want: page.likes,
    "followers_count": lambda _context, page, _want: page.likes,
    "link": lambda context, page, _want: f"{context.request.base_url}/page/{page.id}/",
    "is_published": lambda _context, _page, _want: True,
    "tasks": lambda context, page, _want: list(tasks_on(context, tokens.of_call(context), page)),
    "access_token": lambda context, page, _want: (
        None if context.tokenless else tokens.for_page(context, page)
    ),
}

USER_FIELDS: Mapping[str, Getter] = {
    "id": lambda _context, user, _want: user.id,
    "name": lambda _context, user, _want: user.name,
}

APP_FIELDS: Mapping[str, Getter] = {
    "id": lambda _context, app, _want: app.id,
    "name": lambda _context, app, _want: app.name,
}

BUSINESS_FIELDS: Mapping[str, Getter] = {
    "id": lambda _context, business, _want: business.id,
    "name": lambda _context, business, _want: business.name,
}

FIELDS: Mapping[type, Mapping[str, Getter]] = {
    Post: POST_FIELDS,
    Photo: PHOTO_FIELDS,
    Page: PAGE_FIELDS,
    User: USER_FIELDS,
    App: APP_FIELDS,
    Business: BUSINESS_FIELDS,
}
DEFAULTS: Mapping[type, tuple[str, ...]] = {
    Post: ("created_time", "message", "id"),
    Photo: ("created_time", "name", "id"),
    Page: ("name", "id"),
    User: ("name", "id"),
    App: ("name", "id"),
    Business: ("name", "id"),
}
