"""What happens to access in real life, each as one act: passwords, roles, consents, app modes.

Unlike a fault's rule, an event changes the world at once and for good, until it is mended.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from promo.rehearsal import seed
from promo.rehearsal.people import App, Grant, Page, Token
from promo.rehearsal.world import World

DAY = 86_400.0
Act = Callable[[World], None]


def _kill(subcode: int) -> Act:
    """Every token of the first person, and every page token got by them, is dead."""

    def act(world: World) -> None:
        for token in world.people.all(Token):
            if token.app_id == seed.APP_ID and token.user_id == seed.USER_ID:
                world.people.put(dataclasses.replace(token, dead_subcode=subcode))

    return act


def _remove_app(world: World) -> None:
    _kill(458)(world)
    grant = world.people.get(Grant, f"{seed.APP_ID}:{seed.USER_ID}")
    if grant is not None:
        world.people.put(dataclasses.replace(grant, permissions={}, page_ids=()))


def _withdraw_permission(world: World) -> None:
    grant = world.people.get(Grant, f"{seed.APP_ID}:{seed.USER_ID}")
    if grant is not None:
        permissions = {**grant.permissions, "pages_manage_posts": "declined"}
        world.people.put(dataclasses.replace(grant, permissions=permissions))


def _lose_role(world: World) -> None:
    for page in world.people.all(Page):
        roles = {user: tasks for user, tasks in page.roles.items() if user != seed.USER_ID}
        world.people.put(dataclasses.replace(page, roles=roles))
    _kill(492)(world)


def _lose_task(world: World) -> None:
    for page in world.people.all(Page):
        tasks = page.roles.get(seed.USER_ID, ())
        left = tuple(task for task in tasks if task != "CREATE_CONTENT")
        world.people.put(dataclasses.replace(page, roles={**page.roles, seed.USER_ID: left}))


def _app_mode(*, development: bool) -> Act:
    def act(world: World) -> None:
        app = world.people.get(App, seed.APP_ID)
        if app is not None:
            world.people.put(dataclasses.replace(app, development=development))

    return act


def _end_soon(days: float) -> Act:
    """Page tokens end in so many days."""

    def act(world: World) -> None:
        ends = world.clock.now() + days * DAY
        for token in _of_pages(world):
            world.people.put(dataclasses.replace(token, expires_at=ends))

    return act


def _end_consent_soon(world: World) -> None:
    """The 90 days of data access have eight left."""
    for token in _of_pages(world):
        world.people.put(dataclasses.replace(token, issued_at=world.clock.now() - 82 * DAY))


def _of_pages(world: World) -> list[Token]:
    return [
        token
        for token in world.people.all(Token)
        if token.kind == "PAGE" and token.app_id == seed.APP_ID
    ]


def mend(world: World) -> None:
    """All access is as on the first day; posts, mails and rules stay, and so do all tokens."""
    now = world.clock.now()
    for thing in seed.people():
        if isinstance(thing, Page):
            page = world.people.get(Page, thing.id) or thing
            world.people.put(dataclasses.replace(page, roles=thing.roles))
        elif isinstance(thing, Grant):
            grant = world.people.get(Grant, thing.id)
            ticked = {*thing.page_ids, *(grant.page_ids if grant else ())}
            world.people.put(dataclasses.replace(thing, page_ids=tuple(sorted(ticked))))
    _app_mode(development=False)(world)
    for token in world.people.all(Token):
        ends = 0.0 if token.kind == "PAGE" and token.long_lived else token.expires_at
        fresh = dataclasses.replace(token, dead_subcode=0, issued_at=now, expires_at=ends)
        world.people.put(fresh)


EVENTS: Mapping[str, Act] = {
    "token_expired": _kill(463),
    "password_changed": _kill(460),
    "app_removed": _remove_app,
    "checkpoint": _kill(459),
    "permission_withdrawn": _withdraw_permission,
    "role_lost": _lose_role,
    "task_lost": _lose_task,
    "development": _app_mode(development=True),
    "ends_in_9_days": _end_soon(9),
    "ends_in_2_days": _end_soon(2),
    "consent_ends": _end_consent_soon,
    "mended": mend,
}
"""By name; the start page and `POST /api/events` offer them."""
