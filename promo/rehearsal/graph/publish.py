"""Making, changing and removing posts and photos."""

from __future__ import annotations

import dataclasses
import json
from typing import Any
from urllib.parse import urlsplit

from promo.rehearsal.graph import lists, webhooks
from promo.rehearsal.graph.context import Context, app_of, authenticate, need_publisher
from promo.rehearsal.graph.errors import GraphError
from promo.rehearsal.graph.moments import moment
from promo.rehearsal.graph.pictures import picture
from promo.rehearsal.people import Page, Token
from promo.rehearsal.posts import NewPost, Photo, Post

MAX_TEXT = 63_206
MAX_PHOTOS = 10
MIN_UNIX = 1_000_000_000


def feed(context: Context, page: Page) -> dict[str, Any]:
    """`POST /{page}/feed`. Raises GraphError; then nothing was created."""
    token = authenticate(context)
    need_publisher(context, token, page.id)
    request = context.request
    message, link = request.text("message"), request.text("link")
    photo_ids = _attached(context, page)
    if not message and not link and not photo_ids:
        raise GraphError(100, "(#100) Either message or link must be given")
    _check_text(message)
    _check_link(link)
    kind = "added_photos" if photo_ids else "shared_story" if link else "mobile_status_update"
    post = _create(context, page, token, message=message, link=link, photo_ids=photo_ids, kind=kind)
    return _made(context, post)


def photo(context: Context, page: Page) -> dict[str, Any]:
    """`POST /{page}/photos`: published alone, or only uploaded with published=false."""
    token = authenticate(context)
    need_publisher(context, token, page.id)
    request = context.request
    caption = request.text("caption") or request.text("message") or request.text("name")
    _check_text(caption)
    published = request.flag("published", default=True)
    scheduled = bool(request.text("scheduled_publish_time"))
    if request.flag("temporary", default=False) and (published or scheduled):
        raise GraphError(100, "(#100) temporary needs published=false and no schedule")
    timing = _timing(context)
    mime_type, body = picture(request)
    made = context.world.posts.add_photo(
        Photo(
            n=0,
            page_id=page.id,
            app_id=token.app_id,
            caption=caption,
            alt=request.text("alt_text_custom"),
            mime_type=mime_type,
            stamp=context.stamp,
        ),
        body,
        fault=context.fault,
    )
    if timing[0] is None:
        return {"id": made.id}
    post = _create(
        context,
        page,
        token,
        message=caption,
        link="",
        photo_ids=(made.id,),
        kind="added_photos",
        alone=made,
    )
    return {"id": made.id, "post_id": post.id}


def update(context: Context, post: Post) -> dict[str, Any]:
    """`POST /{post}`: new text, another time, out now, or hidden. Only by the app that made it."""
    token = authenticate(context)
    need_publisher(context, token, post.page_id)
    if token.app_id != post.app_id:
        raise GraphError(200, "(#200) An app can only update a Page post made using that app")
    request = context.request
    message = request.text("message", post.message)
    _check_text(message)
    changed = dataclasses.replace(
        post,
        message=message,
        updated_at=context.stamp,
        hidden=request.flag("is_hidden", default=post.hidden),
    )
    changed = _retimed(context, changed)
    context.world.posts.change(changed, verb="edited", fault=context.fault)
    if changed.is_published(context.now):
        webhooks.tell(context.world, changed, verb="edited")
    return {"success": True}


def remove(context: Context, post: Post) -> dict[str, Any]:
    """`DELETE /{post}`; cancelling a schedule is the same act."""
    token = authenticate(context)
    need_publisher(context, token, post.page_id)
    gone = dataclasses.replace(post, deleted_at=context.now, updated_at=context.stamp)
    context.world.posts.change(gone, verb="removed", fault=context.fault)
    if post.is_published(context.now):
        webhooks.tell(context.world, gone, verb="remove")
    return {"success": True}


def _create(
    context: Context,
    page: Page,
    token: Token,
    *,
    message: str,
    link: str,
    photo_ids: tuple[str, ...],
    kind: str,
    alone: Photo | None = None,
) -> Post:
    published_at, scheduled_for = _timing(context)
    app = app_of(context.world, token)
    return context.world.posts.add(
        NewPost(
            page_id=page.id,
            app_id=token.app_id,
            user_id=token.user_id,
            message=message,
            link=link,
            photo_ids=photo_ids,
            kind=kind,
            stamp=context.applies_at + context.skew,
            exists_at=context.applies_at,
            published_at=published_at,
            scheduled_for=scheduled_for,
            development=app.development or context.development,
        ),
        fault=context.fault,
        alone=alone,
    )


def _made(context: Context, post: Post) -> dict[str, Any]:
    """The answer to a create; `fields=` reads what was written."""
    if not context.request.text("fields"):
        return {"id": post.id}
    return lists.node(dataclasses.replace(context, now=context.applies_at, lag=0.0), post)


def _timing(context: Context) -> tuple[float | None, float | None]:
    """When it comes out (None: only on a later word) and what it is scheduled for, if at all.

    The schedule is kept by the network's clock: if that is ahead, the post is out earlier.
    """
    request = context.request
    wanted = request.text("scheduled_publish_time")
    if request.flag("published", default=True):
        if wanted:
            raise GraphError(100, "(#100) You cannot schedule a post that is published at once")
        return context.applies_at, None
    if not wanted:
        return None, None
    scheduled_for = _schedule(context, wanted)
    return max(scheduled_for - context.skew, context.applies_at), scheduled_for


def _schedule(context: Context, text: str) -> float:
    at = moment(text, now=context.stamp)
    ahead = -1.0 if at is None else at - context.stamp
    if at is None or not context.earliest <= ahead <= context.latest:
        raise GraphError(100, "(#100) The specified scheduled publish time is invalid.")
    return at


def _retimed(context: Context, post: Post) -> Post:
    request = context.request
    out = post.is_published(context.now)
    if request.flag("is_published", default=False) and not out:
        return dataclasses.replace(
            post, published_at=context.now, scheduled_for=None, stamp=context.stamp
        )
    wanted = request.text("scheduled_publish_time")
    if not wanted:
        return post
    if out:
        raise GraphError(100, "(#100) This post is published already")
    at = _schedule(context, wanted)
    return dataclasses.replace(post, scheduled_for=at, published_at=at - context.skew)


def _attached(context: Context, page: Page) -> tuple[str, ...]:
    """The photo ids of `attached_media`: a JSON list, or `attached_media[0]` ... in a form."""
    entries = _entries(context)
    if len(entries) > MAX_PHOTOS:
        raise GraphError(100, f"(#100) No more than {MAX_PHOTOS} photos in one post")
    photo_ids = tuple(str(each.get("media_fbid", "")) for each in entries)
    for photo_id in photo_ids:
        found = context.world.posts.photo(photo_id)
        if found is None or found.page_id != page.id:
            raise GraphError(100, f"(#100) No photo with id {photo_id} to attach")
    return photo_ids


def _entries(context: Context) -> list[dict[str, Any]]:
    params = context.request.params
    numbered = [_json(params[key]) for key in sorted(params) if key.startswith("attached_media[")]
    entries = numbered or _json(params.get("attached_media", []))
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise GraphError(100, "(#100) param attached_media must be an array.")
    return entries


def _json(value: Any) -> Any:
    """A form carries JSON as text, a JSON body carries it as it is; None where it is no JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return None


def _check_text(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise GraphError(100, f"(#100) The text is longer than {MAX_TEXT} characters")


def _check_link(link: str) -> None:
    if not link:
        return
    parts = urlsplit(link)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise GraphError(100, "(#100) link should represent a valid URL")
    if parts.hostname.removeprefix("www.") == "facebook.com":
        raise GraphError(100, subcode=1609008)
