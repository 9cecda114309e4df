"""Reading nodes and lists: fields with expansion, paging by cursors, `since` and `until`."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from promo.rehearsal.graph.context import (
    Context,
    authenticate,
    granted,
    need_reader,
    unknown_object,
)
from promo.rehearsal.graph.errors import GraphError
from promo.rehearsal.graph.fields import Want, parse
from promo.rehearsal.graph.moments import moment
from promo.rehearsal.graph.nodes import DEFAULTS, FIELDS
from promo.rehearsal.people import Business, Grant, Page, User
from promo.rehearsal.posts import Post

LIMIT = 25
MOST = 100
Lister = Callable[[Context, Any], Sequence[Any]]


def page_posts(keep: Callable[[Context, Post], bool]) -> Lister:
    """A list of a page's posts that `keep` lets through, newest first."""

    def posts(context: Context, page: Page) -> list[Post]:
        need_reader(context, authenticate(context), page.id)
        found = [
            post
            for post in context.world.posts.of_page(page.id)
            if post.exists(context.as_of) and keep(context, post)
        ]
        return sorted(found, key=lambda post: (_created(context, post), post.n), reverse=True)

    return posts


def _created(context: Context, post: Post) -> float:
    return post.created_time(context.as_of)


def _published(context: Context, post: Post) -> bool:
    return post.is_published(context.as_of) and not post.hidden


def _scheduled(context: Context, post: Post) -> bool:
    return post.scheduled_for is not None and not post.is_published(context.as_of)


def _accounts(context: Context, user: User) -> list[Page]:
    token = authenticate(context)
    grant = context.world.people.get(Grant, f"{token.app_id}:{user.id}")
    if token.user_id != user.id or not granted(context, token, "pages_show_list") or not grant:
        return []
    pages = context.world.people.all(Page)
    return [page for page in pages if page.id in grant.page_ids and user.id in page.roles]


def _permissions(context: Context, user: User) -> list[dict[str, str]]:
    token = authenticate(context)
    grant = context.world.people.get(Grant, f"{token.app_id}:{user.id}")
    known = grant.permissions if grant else {}
    return [{"permission": name, "status": status} for name, status in known.items()]


def _businesses(context: Context, user: User) -> list[Business]:
    if not granted(context, authenticate(context), "business_management"):
        raise GraphError(10)
    return [each for each in context.world.people.all(Business) if user.id in each.owner_ids]


def _owned_pages(context: Context, business: Business) -> list[Page]:
    return [page for page in context.world.people.all(Page) if page.business_id == business.id]


LISTS: Mapping[type, Mapping[str, Lister]] = {
    Page: {
        "feed": page_posts(lambda _context, _post: True),
        "posts": page_posts(_published),
        "published_posts": page_posts(_published),
        "scheduled_posts": page_posts(_scheduled),
    },
    User: {
        "accounts": _accounts,
        "permissions": _permissions,
        "businesses": _businesses,
    },
    Business: {"owned_pages": _owned_pages},
}
# What a list shows where no `fields` are asked for, if not the node's own default.
LIST_DEFAULTS: Mapping[str, tuple[str, ...]] = {
    "accounts": ("access_token", "category", "category_list", "name", "id", "tasks"),
}


def node(context: Context, thing: Any) -> dict[str, Any]:
    """`GET /{node}`: the wanted fields of the node. Raises GraphError."""
    if isinstance(thing, Post):
        need_reader(context, authenticate(context), thing.page_id)
        if not thing.exists(context.as_of):
            raise unknown_object(thing.id)
    text = context.request.text("fields")
    return render(context, thing, parse(text) if text else ())


def edge(context: Context, thing: Any, name: str) -> dict[str, Any]:
    """`GET /{node}/{edge}`: one page of a list. Raises GraphError."""
    text = context.request.text("fields")
    arguments = {key: context.request.text(key) for key in context.request.params}
    return listing(context, thing, name, arguments, parse(text) if text else ())


def render(context: Context, thing: Any, wants: Sequence[Want]) -> dict[str, Any]:
    """The wanted fields of a node; `id` always comes along."""
    if isinstance(thing, dict):
        return thing
    names = DEFAULTS[type(thing)]
    wants = wants or [Want(name, {}) for name in names]
    found = {want.name: _value(context, thing, want) for want in wants}
    found.setdefault("id", thing.id)
    return {name: value for name, value in found.items() if value is not None}


def _value(context: Context, thing: Any, want: Want) -> Any:
    getter = FIELDS[type(thing)].get(want.name)
    if getter is not None:
        return getter(context, thing, want)
    if want.name in LISTS.get(type(thing), {}):
        return listing(context, thing, want.name, want.arguments, want.inside)
    raise GraphError(100, f"(#100) Unknown fields: {want.name}.")


def listing(
    context: Context, thing: Any, name: str, arguments: Mapping[str, str], wants: Sequence[Want]
) -> dict[str, Any]:
    """One page of the list `name` of a node, with `paging`."""
    found = _within(context, LISTS[type(thing)][name](context, thing), arguments)
    limit = _limit(arguments.get("limit", ""))
    first = _position(found, arguments.get("after", ""))
    shown = found[first : first + limit]
    default = [Want(each, {}) for each in LIST_DEFAULTS.get(name, ())]
    data = [render(context, each, wants or default) for each in shown]
    answer: dict[str, Any] = {"data": data}
    if shown and not isinstance(shown[0], dict):
        more = first + limit < len(found)
        address = f"{context.address}/{context.version}/{thing.id}/{name}"
        answer["paging"] = _paging(context, address, arguments, shown, more=more)
    return answer


def _within(context: Context, found: Sequence[Any], arguments: Mapping[str, str]) -> Sequence[Any]:
    since = moment(arguments.get("since", ""), now=context.stamp)
    until = moment(arguments.get("until", ""), now=context.stamp)
    return [
        each
        for each in found
        if not isinstance(each, Post)
        or (
            (since is None or _created(context, each) >= since)
            and (until is None or _created(context, each) <= until)
        )
    ]


def _limit(text: str) -> int:
    if not text:
        return LIMIT
    if not text.isdecimal() or not 0 < int(text) <= MOST:
        raise GraphError(100, f"(#100) Param limit must be a number between 1 and {MOST}")
    return int(text)


def _position(found: Sequence[Any], cursor: str) -> int:
    if not cursor:
        return 0
    try:
        wanted = base64.urlsafe_b64decode(cursor).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise GraphError(100, "(#100) Invalid cursors values") from error
    for place, each in enumerate(found):
        if each.id == wanted:
            return place + 1
    raise GraphError(100, "(#100) Invalid cursors values")


def _paging(
    context: Context,
    address: str,
    arguments: Mapping[str, str],
    shown: Sequence[Any],
    *,
    more: bool,
) -> dict[str, Any]:
    cursors = {"before": _cursor(shown[0].id), "after": _cursor(shown[-1].id)}
    if not more:
        return {"cursors": cursors}
    kept = {
        key: arguments[key]
        for key in ("fields", "limit", "since", "until", "appsecret_proof")
        if key in arguments
    }
    query = urlencode({"access_token": context.token_text, **kept, "after": cursors["after"]})
    return {"cursors": cursors, "next": f"{address}?{query}"}


def _cursor(thing_id: str) -> str:
    return base64.urlsafe_b64encode(thing_id.encode()).decode()
