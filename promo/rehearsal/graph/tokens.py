"""Tokens: minting them for people and pages, inspecting and ending them."""

from __future__ import annotations

import dataclasses
import secrets
from typing import Any

from promo.rehearsal.graph.context import (
    Context,
    app_of,
    authenticate,
    check_alive,
    check_proof,
    find_token,
)
from promo.rehearsal.graph.errors import GraphError, row_of
from promo.rehearsal.people import LONG_LIVED, Grant, Page, Token
from promo.rehearsal.world import World

SHORT_LIVED = 3600.0
DATA_ACCESS = 90 * 86_400


def of_call(context: Context) -> Token:
    """The token of a call that was authenticated before. Raises GraphError."""
    return authenticate(context)


def mint(context: Context, *, app_id: str, user_id: str, long_lived: bool) -> Token:
    """A new user token, stored."""
    token = Token(
        id="EAAR" + secrets.token_urlsafe(48),
        kind="USER",
        app_id=app_id,
        user_id=user_id,
        issued_at=context.stamp,
        expires_at=context.stamp + (LONG_LIVED if long_lived else SHORT_LIVED),
        long_lived=long_lived,
    )
    context.world.people.put(token)
    return token


def for_page(context: Context, page: Page) -> str | None:
    """The page token this call's person gets, or None: page not ticked at consent, or no role.

    A page token got with a long-lived user token never expires, and is the same each time.
    """
    asking = of_call(context)
    if asking.kind == "PAGE":
        return asking.id if asking.page_id == page.id else None
    grant = context.world.people.get(Grant, f"{asking.app_id}:{asking.user_id}")
    if grant is None or page.id not in grant.page_ids or asking.user_id not in page.roles:
        return None
    return (_living(context, asking, page) or _mint_page_token(context, asking, page)).id


def _living(context: Context, asking: Token, page: Page) -> Token | None:
    wanted = ("PAGE", asking.app_id, asking.user_id, page.id, asking.long_lived)
    for token in context.world.people.all(Token):
        facts = (token.kind, token.app_id, token.user_id, token.page_id, token.long_lived)
        if facts == wanted and not token.dead_subcode and not token.expired(context.stamp):
            return token
    return None


def _mint_page_token(context: Context, asking: Token, page: Page) -> Token:
    token = Token(
        id="EAAP" + secrets.token_urlsafe(48),
        kind="PAGE",
        app_id=asking.app_id,
        user_id=asking.user_id,
        page_id=page.id,
        issued_at=context.stamp,
        expires_at=0.0 if asking.long_lived else asking.expires_at,
        long_lived=asking.long_lived,
    )
    context.world.people.put(token)
    return token


def kill(world: World, text: str, subcode: int) -> None:
    """The token is dead from now on, for the reason the subcode tells; unknown tokens are left."""
    token = world.people.get(Token, text)
    if token is not None:
        world.people.put(dataclasses.replace(token, dead_subcode=subcode))


def debug(context: Context) -> dict[str, Any]:
    """`GET /debug_token`: what a token is and whether it lives. Raises GraphError."""
    asking = authenticate(context)
    if asking.kind != "APP" and asking.id != context.request.text("input_token"):
        raise GraphError(100, "(#100) You must provide an app access token, or a user access token")
    token = find_token(context.world, context.request.text("input_token"))
    if token is None or token.app_id != asking.app_id:
        return {"data": {"is_valid": False, "scopes": [], "error": _why(GraphError(190))}}
    facts = _facts(context, token)
    try:
        check_alive(token, now=context.stamp)
    except GraphError as error:
        return {"data": {**facts, "is_valid": False, "error": _why(error)}}
    return {"data": {**facts, "is_valid": True}}


def _why(error: GraphError) -> dict[str, Any]:
    row = row_of(error.code, error.subcode)
    subcode = {"subcode": error.subcode} if error.subcode else {}
    return {"code": error.code, "message": error.message or row.message, **subcode}


def _facts(context: Context, token: Token) -> dict[str, Any]:
    app = app_of(context.world, token)
    facts: dict[str, Any] = {"app_id": app.id, "type": token.kind, "application": app.name}
    if token.kind == "APP":
        return {**facts, "scopes": []}
    grant = context.world.people.get(Grant, f"{token.app_id}:{token.user_id}")
    scopes = (
        [name for name, state in grant.permissions.items() if state == "granted"] if grant else []
    )
    pages = list(grant.page_ids) if grant else []
    facts |= {
        "data_access_expires_at": int(token.issued_at + DATA_ACCESS),
        "expires_at": int(token.expires_at),
        "issued_at": int(token.issued_at),
        "scopes": scopes,
        "granular_scopes": [{"scope": scope, "target_ids": pages} for scope in scopes],
        "user_id": token.user_id,
    }
    if token.page_id:
        facts["profile_id"] = token.page_id
    return facts


def exchange(context: Context, text: str, *, app_id: str) -> Token:
    """A long-lived user token for a living one. Raises GraphError for an expired or foreign one."""
    token = find_token(context.world, text)
    if token is None or token.kind != "USER" or token.app_id != app_id:
        raise GraphError(190)
    check_alive(token, now=context.stamp)
    check_proof(context, token)
    return mint(context, app_id=app_id, user_id=token.user_id, long_lived=True)
