"""Connecting a page by Facebook's own dialog: the app, the dialog, the code, the pages.

https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow
https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import ClassVar, cast
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from promo.channels.base import Access, GuideStep, Offer, Place, Wires
from promo.channels.facebook_page import words
from promo.channels.facebook_page.calls import Credentials
from promo.channels.facebook_page.client import GraphClient
from promo.channels.facebook_page.guide import AFTER, STEPS, WHEN_HIDDEN
from promo.errors import ConfigurationError, PublishError, Rejected, Unauthorized, Unreachable

SCOPES = ("pages_show_list", "pages_read_engagement", "pages_manage_posts")
"""Asked for and all needed: with fewer nothing can be published."""

MAY_PUBLISH = frozenset(
    {"CREATE_CONTENT", "PROFILE_PLUS_CREATE_CONTENT", "PROFILE_PLUS_FULL_CONTROL"}
)
"""Tasks on a page, any of which lets a person publish there."""

TASK_WORDS: Mapping[str, str] = {
    "MANAGE": cast("str", gettext_lazy("manage the page")),
    "CREATE_CONTENT": cast("str", gettext_lazy("create content")),
    "MODERATE": cast("str", gettext_lazy("moderate")),
    "MESSAGING": cast("str", gettext_lazy("answer messages")),
    "ADVERTISE": cast("str", gettext_lazy("advertise")),
    "ANALYZE": cast("str", gettext_lazy("see statistics")),
}

MOST_LISTS = 20
"""Lists of 100 pages each; nobody chooses among more."""

LIMIT = timedelta(seconds=30)
"""Somebody is waiting."""


class SignIn:
    """One person's way through the dialog, with the app that stands in `access`."""

    guide: ClassVar[Sequence[GuideStep]] = STEPS
    asks: ClassVar[frozenset[str]] = frozenset({"app_id", "app_secret"})
    place_key: ClassVar[str] = "page_id"
    after: ClassVar[str] = AFTER
    when_hidden: ClassVar[str] = WHEN_HIDDEN

    def __init__(self, access: Access, wires: Wires) -> None:
        self._app_id = access.config.get("app_id", "").strip()
        self._app_secret = access.secrets.get("app_secret", "").strip()
        self._wires = wires

    def check_app(self) -> None:
        """Raise `Unauthorized` where Facebook does not accept the app's ID and secret."""
        if not self._app_id.isdecimal():
            raise Unauthorized(str(words.APP_NOT_ACCEPTED))
        client = self._client()
        try:
            client.read(self._app_id, {"fields": "id,name"}, client.deadline(LIMIT), as_app=True)
        except (Unauthorized, Rejected) as error:
            raise Unauthorized(
                str(words.APP_NOT_ACCEPTED), detail=error.detail, refusal=error.refusal
            ) from None

    def dialog(self, *, redirect_uri: str, state: str, renews: bool) -> str:
        """The dialog's address. It asks again for what was once declined, or renews the consent."""
        base = self._wires.settings.get("PROMO_FACEBOOK_DIALOG_URL", "").rstrip("/")
        if not base:
            raise ConfigurationError("PROMO_FACEBOOK_DIALOG_URL is missing.")
        query = {
            "client_id": self._app_id,
            "redirect_uri": redirect_uri,
            "state": state,
            "scope": ",".join(SCOPES),
            "response_type": "code",
            "auth_type": "reauthorize" if renews else "rerequest",
        }
        return f"{base}/{self._version}/dialog/oauth?{urlencode(query)}"

    def redeem(self, code: str, *, redirect_uri: str) -> str:
        """The long-lived token of the person who signed in."""
        client = self._client()
        deadline = client.deadline(LIMIT)
        app = {"client_id": self._app_id, "client_secret": self._app_secret}
        try:
            short = client.token_for({**app, "redirect_uri": redirect_uri, "code": code}, deadline)
            longer = {
                "grant_type": "fb_exchange_token",
                "fb_exchange_token": short,
                "appsecret_proof": self._credentials(short).proof(short),
            }
            return client.token_for({**app, **longer}, deadline)
        except PublishError as error:
            raise _in_words(error) from None

    def offer(self, token: str) -> Offer:
        """The pages of the person's account, and the permissions that they did not give."""
        client = self._client(token)
        deadline = client.deadline(LIMIT)
        granted = client.read("me/permissions", {}, deadline).get("data")
        missing = _declined(granted if isinstance(granted, list) else [])
        query = {"fields": "id,name,tasks,access_token"}
        places = []
        for number, pages in enumerate(client.pages_of("me/accounts", query, deadline)):
            if number >= MOST_LISTS:
                break
            places += [_place(page, missing) for page in pages]
        return Offer(tuple(places), tuple(missing))

    def _credentials(self, token: str) -> Credentials:
        return Credentials(
            app_id=self._app_id, page_id="", page_token=token, app_secret=self._app_secret
        )

    def _client(self, token: str = "") -> GraphClient:
        base = self._wires.settings.get("PROMO_FACEBOOK_GRAPH_URL")
        if not base:
            raise ConfigurationError("PROMO_FACEBOOK_GRAPH_URL is missing.")
        return GraphClient(
            http=self._wires.http,
            base_url=base,
            version=self._version,
            credentials=self._credentials(token),
        )

    @property
    def _version(self) -> str:
        return self._wires.settings.get("PROMO_FACEBOOK_GRAPH_VERSION") or "v25.0"


def _in_words(error: PublishError) -> PublishError:
    """What the exchange's refusal means. Code 1 or 101 with HTTP 400 is about the app here."""
    code, status = error.refusal.code, error.refusal.status
    if code in {"1", "101"} and status == 400:  # noqa: PLR2004  (HTTP)
        text = words.APP_NOT_ACCEPTED
    elif isinstance(error, Unauthorized):
        return error
    elif isinstance(error, Unreachable):
        return Unreachable(error.text, detail=error.detail, refusal=error.refusal)
    else:
        text = words.SIGN_IN_REFUSED
    return Unauthorized(str(text), detail=error.detail, refusal=error.refusal)


def _declined(rows: Sequence[object]) -> list[str]:
    """A sentence for each needed permission that was not given."""
    given = {
        str(row.get("permission"))
        for row in rows
        if isinstance(row, dict) and row.get("status") == "granted"
    }
    text = _("The permission “{scope}” was not given at Facebook. Sign in again and tick it.")
    return [text.format(scope=scope) for scope in SCOPES if scope not in given]


def _place(page: Mapping[str, object], missing: Sequence[str]) -> Place:
    key, name = str(page.get("id") or ""), str(page.get("name") or "")
    token = page.get("access_token")
    listed = page.get("tasks")
    tasks = [str(task) for task in listed] if isinstance(listed, list) else []
    return Place(
        key=key,
        name=name,
        about=", ".join(str(TASK_WORDS[task]) for task in TASK_WORDS if task in tasks),
        why_not=_why_not(token, tasks, missing),
        config={"page_id": key, "page_name": name},
        secrets={"page_token": token} if isinstance(token, str) else {},
    )


def _why_not(token: object, tasks: Sequence[str], missing: Sequence[str]) -> str:
    if missing:
        return missing[0]
    if not isinstance(token, str) or not token:
        return _("Facebook gave no access to this page. Sign in again and tick the page there.")
    if not MAY_PUBLISH.intersection(tasks):
        return _(
            "You may not create content on this page. Ask a page administrator for that right "
            "(page settings, Page access), then sign in again."
        )
    return ""
