"""Where a call goes: one table for the roots, one for node and edge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from promo.rehearsal.graph import batch, insights, lists, oauth, publish, tokens
from promo.rehearsal.graph.context import Context, authenticate, unknown_object
from promo.rehearsal.graph.errors import METHOD, GraphError
from promo.rehearsal.people import App, Business, Page, User
from promo.rehearsal.posts import Photo, Post
from promo.rehearsal.wire import Reply

Answer = Reply | dict[str, Any] | list[Any]
RootHandler = Callable[[Context], Answer]
EdgeHandler = Callable[[Context, Any], Answer]


def _list_edges() -> dict[tuple[str, type, str], EdgeHandler]:
    def reader(name: str) -> EdgeHandler:
        return lambda context, thing: lists.edge(context, thing, name)

    return {
        ("GET", kind, name): reader(name) for kind, names in lists.LISTS.items() for name in names
    }


ROOTS: Mapping[tuple[str, str], RootHandler] = {
    ("GET", "dialog/oauth"): oauth.dialog,
    ("POST", "dialog/oauth"): oauth.decide,
    ("GET", "oauth/access_token"): oauth.access_token,
    ("POST", "oauth/access_token"): oauth.access_token,
    ("GET", "debug_token"): tokens.debug,
}

EDGES: Mapping[tuple[str, type, str], EdgeHandler] = {
    **{("GET", kind, ""): lists.node for kind in (Page, User, App, Business, Post, Photo)},
    **_list_edges(),
    ("POST", Page, "feed"): publish.feed,
    ("POST", Page, "photos"): publish.photo,
    ("POST", Post, ""): publish.update,
    ("DELETE", Post, ""): publish.remove,
    ("GET", Page, "insights"): insights.of_page,
    ("GET", Post, "insights"): insights.of_post,
    ("GET", Page, "subscribed_apps"): oauth.subscribed_apps,
    ("POST", Page, "subscribed_apps"): oauth.subscribe_page,
    ("DELETE", Page, "subscribed_apps"): oauth.unsubscribe_page,
    ("POST", App, "subscriptions"): oauth.subscribe_app,
}
NAMES: Mapping[type, str] = {
    Page: "Page",
    User: "User",
    App: "Application",
    Business: "Business",
    Post: "PagePost",
    Photo: "Photo",
}


def route(context: Context) -> Answer:
    """What the call gives. Raises GraphError."""
    method, path = context.request.method, "/".join(context.segments)
    if not path:
        return batch.run(context, route)
    root = ROOTS.get((method, path))
    if root is not None:
        return root(context)
    authenticate(context)
    thing = _thing(context, context.segments[0])
    edge = "/".join(context.segments[1:])
    handler = EDGES.get((method, type(thing), edge))
    if handler is None:
        raise _unsupported(method, thing, edge)
    return handler(context, thing)


def _thing(context: Context, thing_id: str) -> Any:
    """The node with this id; `me` is the token's page or person."""
    people, posts = context.world.people, context.world.posts
    if thing_id == "me":
        token = authenticate(context)
        thing_id = token.page_id or token.user_id
    found = (
        people.get(Page, thing_id)
        or people.get(User, thing_id)
        or people.get(App, thing_id)
        or people.get(Business, thing_id)
    )
    if found is not None:
        return found
    post_or_photo = posts.get(thing_id) or posts.photo(thing_id)
    if post_or_photo is None or _not_there(context, post_or_photo):
        raise unknown_object(thing_id)
    return post_or_photo


def _not_there(context: Context, thing: Post | Photo) -> bool:
    """Reads may lag, acts do not: a post that was just made can be changed at once."""
    at = context.as_of if context.request.method == "GET" else context.now
    return isinstance(thing, Post) and not thing.exists(at)


def _unsupported(method: str, thing: Any, edge: str) -> GraphError:
    if method == "GET":
        kind = NAMES[type(thing)]
        return GraphError(
            100, f"(#100) Tried accessing nonexistent field ({edge}) on node type ({kind})"
        )
    return GraphError(100, f"Unsupported {method.lower()} request.", subcode=33, kind=METHOD)
