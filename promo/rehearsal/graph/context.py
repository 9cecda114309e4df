"""One Graph call with everything that is true while it is served."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from promo.rehearsal.graph.errors import METHOD, GraphError
from promo.rehearsal.people import App, Grant, Page, Token
from promo.rehearsal.wire import Request
from promo.rehearsal.world import World

DAY = 86_400.0
REJECTED_TOKEN = 463


@dataclass(frozen=True, slots=True)
class Context:
    """`now` is the true virtual time; the network believes in `stamp`, reads show `as_of`."""

    world: World
    request: Request
    segments: tuple[str, ...]
    version: str
    address: str
    now: float
    skew: float = 0.0
    lag: float = 0.0
    late: float = 0.0
    wait: float = 0.0
    earliest: float = 600.0
    latest: float = 75 * DAY
    development: bool = False
    tokenless: bool = False
    lost_tasks: frozenset[str] = frozenset()
    statuses: Mapping[int, int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""

    @property
    def stamp(self) -> float:
        return self.now + self.skew

    @property
    def as_of(self) -> float:
        return self.now - self.lag

    @property
    def applies_at(self) -> float:
        """When what this call creates comes to be."""
        return self.now + self.late

    @property
    def token_text(self) -> str:
        """The access token: parameter or Authorization header (Bearer, or OAuth as on rupload)."""
        scheme, _, value = self.request.headers.get("authorization", "").partition(" ")
        from_header = value.strip() if scheme.lower() in ("bearer", "oauth") else ""
        return self.request.text("access_token") or from_header


def authenticate(context: Context) -> Token:
    """The live token of the call. Raises GraphError 104, 190 or 100 (appsecret_proof)."""
    text = context.token_text
    if not text:
        if context.segments[:1] == ("me",):
            raise GraphError(2500)
        raise GraphError(104)
    token = find_token(context.world, text)
    if token is None:
        raise GraphError(190)
    check_alive(token, now=context.stamp)
    check_proof(context, token)
    return token


def find_token(world: World, text: str) -> Token | None:
    """The stored token, or an app token made of `app-id|app-secret`."""
    app_id, bar, secret = text.partition("|")
    if not bar:
        return world.people.get(Token, text)
    app = world.people.get(App, app_id)
    if app is None or not hmac.compare_digest(app.secret.encode(), secret.encode()):
        return None
    return Token(id=text, kind="APP", app_id=app_id)


def check_alive(token: Token, *, now: float) -> None:
    """Raises GraphError 190 with the subcode of the token's death."""
    if token.dead_subcode:
        raise GraphError(190, subcode=token.dead_subcode)
    if token.expired(now):
        raise GraphError(190, subcode=REJECTED_TOKEN)


def check_proof(context: Context, token: Token) -> None:
    """A wrong appsecret_proof always fails, a missing one where the app requires it."""
    app = app_of(context.world, token)
    given = context.request.text("appsecret_proof")
    if not given and app.require_proof:
        message = "API calls from the server require an appsecret_proof argument"
        raise GraphError(100, message, kind=METHOD)
    if given:
        right = hmac.new(app.secret.encode(), token.id.encode(), "sha256").hexdigest()
        if not hmac.compare_digest(right.encode(), given.encode()):
            message = "Invalid appsecret_proof provided in the API argument"
            raise GraphError(100, message, kind=METHOD)


def app_of(world: World, token: Token) -> App:
    app = world.people.get(App, token.app_id)
    if app is None:
        raise GraphError(101)
    return app


def granted(context: Context, token: Token, scope: str) -> bool:
    """Does the token's person let its app do this?"""
    grant = context.world.people.get(Grant, f"{token.app_id}:{token.user_id}")
    return grant is not None and grant.permissions.get(scope) == "granted"


def tasks_on(context: Context, token: Token, page: Page) -> tuple[str, ...]:
    """What the token's person may do on the page, less what a rule took away."""
    tasks = page.roles.get(token.user_id, ())
    return tuple(task for task in tasks if task not in context.lost_tasks)


def need_reader(context: Context, token: Token, page_id: str) -> Page:
    """The page, if the token may read it. Raises GraphError 10 or 100/33."""
    page = context.world.people.get(Page, page_id)
    if page is None:
        raise unknown_object(page_id)
    if token.kind == "PAGE" and token.page_id != page_id:
        raise GraphError(10)
    if not granted(context, token, "pages_read_engagement"):
        raise GraphError(10)
    if token.user_id not in page.roles:
        raise GraphError(10)
    return page


def need_publisher(context: Context, token: Token, page_id: str) -> Page:
    """The page, if the token may publish on it. Raises GraphError 200 or 100/33."""
    page = context.world.people.get(Page, page_id)
    if page is None:
        raise unknown_object(page_id)
    if token.kind != "PAGE" or token.page_id != page_id:
        if not context.request.flag("published", default=True):
            message = "(#200) Unpublished posts must be posted to a page as the page itself."
            raise GraphError(200, message)
        raise GraphError(200)
    scopes = ("pages_manage_posts", "pages_read_engagement")
    if not all(granted(context, token, scope) for scope in scopes):
        raise GraphError(200)
    if "CREATE_CONTENT" not in tasks_on(context, token, page):
        raise GraphError(200)
    return page


def unknown_object(object_id: str) -> GraphError:
    message = (
        f"Unsupported post request. Object with ID '{object_id}' does not exist, cannot be loaded "
        "due to missing permissions, or does not support this operation"
    )
    return GraphError(100, message, subcode=33, kind=METHOD)
