"""Signing in: the consent dialog, codes for tokens, and where webhooks are to go."""

from __future__ import annotations

import dataclasses
import hmac
import secrets
from typing import Any
from urllib.parse import urlencode, urlsplit

from promo.rehearsal import templating
from promo.rehearsal.graph import tokens, webhooks
from promo.rehearsal.graph.context import Context, authenticate
from promo.rehearsal.graph.errors import GraphError
from promo.rehearsal.people import CODE_LIFE, App, Code, Grant, Page, Token, User
from promo.rehearsal.wire import Reply

ASKED = ("client_id", "redirect_uri", "state", "scope", "auth_type", "lang", "user")


def dialog(context: Context) -> Reply:
    """`GET /dialog/oauth`: who signs in; then the page to tick pages and permissions on."""
    app = _app(context)
    _redirect_uri(context)
    asked = {name: text for name in ASKED if (text := context.request.text(name))}
    if "user" not in asked:
        users = context.world.people.all(User)
        return templating.page(context.request, "login.html.j2", app=app, users=users, asked=asked)
    user = _person(context)
    if app.role_ids and user.id not in app.role_ids:
        return templating.page(context.request, "shut.html.j2", app=app, user=user, asked=asked)
    old = context.world.people.get(Grant, f"{app.id}:{user.id}")
    pages = [page for page in context.world.people.all(Page) if user.id in page.roles]
    return templating.page(
        context.request,
        "dialog.html.j2",
        app=app,
        user=user,
        pages=pages,
        ticked=old.page_ids if old else tuple(page.id for page in pages),
        scopes=_scopes(context),
        asked=asked,
    )


def decide(context: Context) -> Reply:
    """`POST /dialog/oauth`: back to the app with a code, or with the word that it was denied.

    Ticked pages and permissions come as `page.<id>` and `scope.<name>`.
    """
    app, user = _app(context), _person(context)
    redirect_uri = _redirect_uri(context)
    request = context.request
    no_role = app.role_ids and user.id not in app.role_ids
    if request.text("decision") != "continue" or no_role:
        denied = {
            "error": "access_denied",
            "error_code": "200",
            "error_description": "Permissions error",
            "error_reason": "user_denied",
        }
        return _back(redirect_uri, {**denied, "state": request.text("state")})
    scopes = {
        scope: "granted" if f"scope.{scope}" in request.params else "declined"
        for scope in _scopes(context)
    }
    ticked = [key.removeprefix("page.") for key in request.params if key.startswith("page.")]
    grant = Grant(app_id=app.id, user_id=user.id, permissions=scopes, page_ids=tuple(ticked))
    code = Code(
        id=secrets.token_urlsafe(32),
        app_id=app.id,
        user_id=user.id,
        redirect_uri=redirect_uri,
        expires_at=context.stamp + CODE_LIFE,
    )
    context.world.people.put(grant)
    context.world.people.put(code)
    return _back(redirect_uri, {"code": code.id, "state": request.text("state")})


def access_token(context: Context) -> dict[str, Any]:
    """`/oauth/access_token`: for a code, for a shorter token, or for the app itself."""
    app = _app(context)
    request = context.request
    secret = request.text("client_secret")
    if not hmac.compare_digest(app.secret.encode(), secret.encode()):
        raise GraphError(1, "Error validating client secret.", status=400)
    grant_type = request.text("grant_type", "authorization_code")
    if grant_type == "client_credentials":
        return {"access_token": f"{app.id}|{app.secret}", "token_type": "bearer"}
    if grant_type == "fb_exchange_token":
        text = request.text("fb_exchange_token")
        return _bearer(context, tokens.exchange(context, text, app_id=app.id))
    return _bearer(context, _redeem(context, app))


def _redeem(context: Context, app: App) -> Token:
    people = context.world.people
    code = people.get(Code, context.request.text("code"))
    if code is None or code.app_id != app.id:
        raise GraphError(100, "Invalid verification code format.")
    if code.used:
        raise GraphError(100, subcode=36009)
    if code.expires_at <= context.stamp:
        raise GraphError(100, subcode=36007)
    if code.redirect_uri != context.request.text("redirect_uri"):
        message = (
            "Error validating verification code. Please make sure your redirect_uri is identical "
            "to the one you used in the OAuth dialog request"
        )
        raise GraphError(100, message)
    people.put(dataclasses.replace(code, used=True))
    return tokens.mint(context, app_id=app.id, user_id=code.user_id, long_lived=False)


def _bearer(context: Context, token: Token) -> dict[str, Any]:
    left = int(token.expires_at - context.stamp)
    return {"access_token": token.id, "token_type": "bearer", "expires_in": left}


def _back(redirect_uri: str, query: dict[str, str]) -> Reply:
    join = "&" if urlsplit(redirect_uri).query else "?"
    return Reply(status=302, headers={"Location": f"{redirect_uri}{join}{urlencode(query)}"})


def _app(context: Context) -> App:
    app = context.world.people.get(App, context.request.text("client_id"))
    if app is None:
        raise GraphError(101)
    return app


def _person(context: Context) -> User:
    """Who is signed in; the first person where nobody was chosen."""
    people = context.world.people
    return people.get(User, context.request.text("user")) or people.all(User)[0]


def _redirect_uri(context: Context) -> str:
    uri = context.request.text("redirect_uri")
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise GraphError(100, "The redirect_uri URL must be absolute")
    return uri


def _scopes(context: Context) -> tuple[str, ...]:
    text = context.request.text("scope", "pages_show_list")
    return tuple(scope for scope in text.replace(",", " ").split() if scope)


def subscribe_app(context: Context, app: App) -> dict[str, Any]:
    """`POST /{app}/subscriptions`: checks the callback with a challenge, then keeps it."""
    token = authenticate(context)
    if token.kind != "APP" or token.app_id != app.id:
        raise GraphError(200, "(#200) An app access token is required")
    url = context.request.text("callback_url")
    challenge = str(secrets.randbelow(10**9))
    if not webhooks.verified(url, context.request.text("verify_token"), challenge):
        raise GraphError(2200, "(#2200) Callback verification failed")
    context.world.people.put(dataclasses.replace(app, callback_url=url))
    return {"success": True}


def subscribe_page(context: Context, page: Page) -> dict[str, Any]:
    """`POST /{page}/subscribed_apps`: the token's app hears the page's webhooks from now on."""
    token = authenticate(context)
    if token.page_id != page.id:
        raise GraphError(190, subcode=2069032)
    wanted = tuple(context.request.text("subscribed_fields").split(","))
    subscribed = {**page.subscribed, token.app_id: wanted}
    context.world.people.put(dataclasses.replace(page, subscribed=subscribed))
    return {"success": True}


def unsubscribe_page(context: Context, page: Page) -> dict[str, Any]:
    """`DELETE /{page}/subscribed_apps`: the token's app hears nothing more."""
    token = authenticate(context)
    left = {app: names for app, names in page.subscribed.items() if app != token.app_id}
    context.world.people.put(dataclasses.replace(page, subscribed=left))
    return {"success": True}


def subscribed_apps(context: Context, page: Page) -> dict[str, Any]:
    """`GET /{page}/subscribed_apps`."""
    authenticate(context)
    apps = [context.world.people.get(App, app_id) for app_id in page.subscribed]
    return {
        "data": [
            {"id": app.id, "name": app.name, "subscribed_fields": list(page.subscribed[app.id])}
            for app in apps
            if app is not None
        ]
    }
