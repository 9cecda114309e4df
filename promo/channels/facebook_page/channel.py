"""The Facebook page of the library, over the Graph API."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar, cast

from django.utils.translation import gettext_lazy

from promo.channels.base import Access, EarContract, Field, Render, SignInContract, Wires
from promo.channels.facebook_page import (
    composing,
    health,
    insights,
    marks,
    photos,
    rules,
    words,
)
from promo.channels.facebook_page.calls import Credentials
from promo.channels.facebook_page.client import GraphClient
from promo.channels.facebook_page.deadline import Deadline
from promo.channels.facebook_page.ear import Ear
from promo.channels.facebook_page.sign_in import SignIn
from promo.errors import ConfigurationError, Rejected, Unauthorized, Unreachable
from promo.values import Draft, Figures, Held, Message, NativeSchedule, Problem, Receipt, Traits

FOR_THE_FEED = 0.5
"""The part of the deadline that uploads must leave for the call that publishes."""

LOOK_BACK = timedelta(days=90)
LOOK_PAGES = 20

NUMBERS = frozenset({"page_id", "app_id"})
"""Fields that are numbers; they become parts of addresses."""

GONE = ("100", "33")
"""Code and subcode of "does not exist, or you may not see it"."""


def _(text: str) -> str:
    """The text in the reader's language, looked up when it is shown."""
    return cast("str", gettext_lazy(text))


class Channel:
    """One Facebook page. Composing needs neither access nor wires."""

    key: ClassVar[str] = "facebook_page"
    label: ClassVar[str] = "Facebook"
    icon: ClassVar[str] = "group"  # Wagtail carries no brand icons
    traits: ClassVar[Traits] = Traits(
        look_up=True,
        reads_back=True,
        figures=True,
        can_edit=True,
        can_withdraw=True,
        # The documented windows contradict each other; this one was never refused in production.
        native_schedule=NativeSchedule(timedelta(minutes=20), timedelta(days=29)),
        max_text=rules.MAX_TEXT,
        max_images=rules.MAX_IMAGES,
        alt_text=True,
    )
    fields: ClassVar[Sequence[Field]] = (
        Field("page_id", _("Page ID"), _("Digits only; see “Page transparency” on the page.")),
        Field("page_name", _("Name of the page"), _("As staff know it."), required=False),
        Field("app_id", _("App ID"), _("From the dashboard of your own Meta app.")),
        Field("app_secret", _("App secret"), _("From the same place."), secret=True),
        Field(
            "page_token",
            _("Page token"),
            _("The page’s own long-lived token; docs/facebook.md tells how to get it by hand."),
            secret=True,
        ),
    )
    template_names: ClassVar[frozenset[str]] = frozenset()
    deadline: ClassVar[timedelta] = timedelta(seconds=120)
    sign_in: ClassVar[type[SignInContract]] = SignIn
    ear: ClassVar[type[EarContract]] = Ear
    metric_labels: ClassVar[Mapping[str, str]] = insights.LABELS
    when_withheld: ClassVar[str] = _(
        "Facebook tells how many people a post reached only to pages with at least 100 likes."
    )

    def __init__(self, access: Access, wires: Wires) -> None:
        self._access = access
        self._wires = wires
        self._limit = min(self.deadline, wires.longest_call)

    @classmethod
    def compose(cls, draft: Draft, render: Render) -> Message:
        """The post for this draft; raises `NotAllowed` for a variant that has no words here."""
        return composing.compose(draft, render, channel=cls.key)

    @classmethod
    def problems(cls, message: Message) -> list[Problem]:
        """What breaks Facebook's limits or the rules of accessible posts."""
        return rules.problems(message)

    def check(self) -> list[Problem]:
        """What is wrong with our access; an empty list means all is well."""
        unusable = self._unusable_fields()
        if unusable:
            return [health.not_set_up(unusable)]
        client = self._client()
        deadline = client.deadline(self._limit)
        return health.problems(client, self._credentials(), deadline, now=self._wires.now())

    def publish(self, message: Message, *, key: str) -> Receipt:
        """Publish the post once.

        Pictures are uploaded unpublished first: only the last call can make anything public.
        """
        return self._create(message, key, {})

    def arm(self, message: Message, *, key: str, at: datetime) -> Receipt:
        """Have Facebook hold the post and show it at `at`, also if we are switched off then."""
        schedule = {"published": "false", "scheduled_publish_time": str(int(at.timestamp()))}
        return self._create(message, key, schedule)

    def amend(self, receipt: Receipt, message: Message, *, at: datetime | None) -> None:
        """Change text and time of a post that Facebook holds; repeating it does no harm.

        The time is left out where it stays: close to it Facebook would refuse it as too near.
        """
        client = self._client()
        form = {"message": message.text}
        if at is not None:
            form["scheduled_publish_time"] = str(int(at.timestamp()))
        client.change_post(receipt.remote_id, form, client.deadline(self._limit))

    def held(self, key: str, message: Message) -> list[Held]:
        """Our posts with this key that Facebook holds for later, oldest first."""
        if not marks.carries(message.link, key):
            raise Rejected(str(words.MARK_MISSING))
        client, page = self._client(), self._credentials()
        edge, query = f"{page.page_id}/scheduled_posts", {"fields": marks.HELD_FIELDS}
        found = []
        for number, posts in enumerate(client.pages_of(edge, query, client.deadline(self._limit))):
            if number >= LOOK_PAGES:
                raise Unreachable(str(words.TOO_MANY_POSTS), detail=f"{LOOK_PAGES} pages read")
            ours = (
                post for post in posts if marks.is_ours(post, app_id=page.app_id, link=message.link)
            )
            found += [_held(post) for post in ours]
        return sorted(found, key=lambda one: (len(one.receipt.remote_id), one.receipt.remote_id))

    def _create(self, message: Message, key: str, more: Mapping[str, str]) -> Receipt:
        if not (marks.carries(message.link, key) and marks.has_link(message.text, message.link)):
            raise Rejected(str(words.MARK_MISSING))
        client = self._client()
        deadline = client.deadline(self._limit)
        for_uploads = deadline.earlier(self._limit * FOR_THE_FEED)
        photo_ids = [
            client.upload_photo(*photos.prepared(picture), for_uploads)
            for picture in message.pictures
        ]
        form = {**_form(message, photo_ids), **more}
        return _receipt(client.create_post(form, deadline))

    def withdraw(self, receipt: Receipt) -> None:
        """Take the post down. One that is gone already is no error."""
        client = self._client()
        deadline = client.deadline(self._limit)
        try:
            client.delete_post(receipt.remote_id, deadline)
        except Unauthorized as error:
            self._insist_it_is_gone(client, error, deadline)

    def update(self, receipt: Receipt, message: Message) -> Receipt:
        """Change the text; Facebook lets nobody swap a post's link or pictures."""
        client = self._client()
        deadline = client.deadline(self._limit)
        try:
            client.change_post(receipt.remote_id, {"message": message.text}, deadline)
        except Unauthorized as error:
            self._insist_it_is_gone(client, error, deadline)
            raise Rejected(str(words.POST_GONE), refusal=error.refusal) from error
        return receipt

    def shown(self, receipt: Receipt) -> str | None:
        """The text of the post as Facebook has it; None where it exists no more."""
        client = self._client()
        deadline = client.deadline(self._limit)
        try:
            post = client.read(receipt.remote_id, {"fields": "id,message"}, deadline)
        except Unauthorized as error:
            self._insist_it_is_gone(client, error, deadline)
            return None
        return str(post.get("message") or "")

    def figures(self, receipt: Receipt, *, dead: frozenset[str]) -> Figures | None:
        """Reactions, comments and shares by fields, then the living metrics, one by one."""
        client = self._client()
        deadline = client.deadline(self._limit)
        try:
            return insights.of_post(client, receipt.remote_id, deadline, dead=dead)
        except Unauthorized as error:
            self._insist_it_is_gone(client, error, deadline)
            return None

    def look_up(self, key: str, message: Message) -> Receipt | None:
        """The post that carries this key; None after a complete read.

        The reading ends with the page on which it is found: evidence is not given up for a later
        page that cannot be read. Of several copies there the oldest counts. Posts of the last 90
        days are read, at most 2,000: more, and it raises `Unreachable`.
        """
        if not marks.carries(message.link, key):
            raise Rejected(str(words.MARK_MISSING))
        client = self._client()
        found = self._marked(client, message.link, client.deadline(self.deadline))
        return _receipt(min(found, key=_created)) if found else None

    def _marked(
        self, client: GraphClient, link: str, deadline: Deadline
    ) -> list[Mapping[str, object]]:
        """Our posts with this link, from the first page that has any."""
        page = self._credentials()
        since = self._wires.now() - LOOK_BACK
        query = {"fields": marks.POST_FIELDS, "since": str(int(since.timestamp()))}
        pages = client.pages_of(f"{page.page_id}/published_posts", query, deadline)
        for number, posts in enumerate(pages):
            if number >= LOOK_PAGES:
                raise Unreachable(str(words.TOO_MANY_POSTS), detail=f"{LOOK_PAGES} pages read")
            found = [post for post in posts if marks.is_ours(post, app_id=page.app_id, link=link)]
            if found or (posts and all(_is_older(post, since) for post in posts)):
                return found
        return []

    def _insist_it_is_gone(
        self, client: GraphClient, error: Unauthorized, deadline: Deadline
    ) -> None:
        """Return only if the refused post no longer exists; otherwise raise.

        The same code says "does not exist" and "you may not see it". It is the former only where
        our access to the page is good.
        """
        if (error.refusal.code, error.refusal.subcode) != GONE:
            raise error
        client.read(self._credentials().page_id, {"fields": "id"}, deadline)

    def _unusable_fields(self) -> list[str]:
        given = {**self._access.config, **self._access.secrets}
        values = {field.key: given.get(field.key, "").strip() for field in self.fields}
        return [
            str(field.label)
            for field in self.fields
            if field.required
            and not (values[field.key].isdecimal() if field.key in NUMBERS else values[field.key])
        ]

    def _credentials(self) -> Credentials:
        config, secrets = self._access.config, self._access.secrets
        return Credentials(
            app_id=config["app_id"].strip(),
            page_id=config["page_id"].strip(),
            page_token=secrets["page_token"].strip(),
            app_secret=secrets["app_secret"].strip(),
        )

    def _client(self) -> GraphClient:
        unusable = self._unusable_fields()
        if unusable:
            raise Unauthorized(health.not_set_up(unusable).text)
        settings = self._wires.settings
        if not settings.get("PROMO_FACEBOOK_GRAPH_URL"):
            raise ConfigurationError("PROMO_FACEBOOK_GRAPH_URL is missing.")
        return GraphClient(
            http=self._wires.http,
            base_url=settings["PROMO_FACEBOOK_GRAPH_URL"],
            version=settings.get("PROMO_FACEBOOK_GRAPH_VERSION") or "v25.0",
            credentials=self._credentials(),
            budget=self._wires.budget,
        )


def _form(message: Message, photo_ids: Sequence[str]) -> dict[str, str]:
    """The form of `POST /{page}/feed`: lists are JSON inside a form."""
    if not photo_ids:
        return {"message": message.text, "link": message.link}
    media = [{"media_fbid": photo_id} for photo_id in photo_ids]
    return {"message": message.text, "attached_media": json.dumps(media)}


def _receipt(post: Mapping[str, object]) -> Receipt:
    post_id = str(post["id"])
    address = post.get("permalink_url") or f"https://www.facebook.com/{post_id}"
    return Receipt(remote_id=post_id, remote_url=str(address))


def _held(post: Mapping[str, object]) -> Held:
    """Raises `Unreachable` for a post without its time: the list was not read completely then."""
    seconds = str(post.get("scheduled_publish_time"))
    if not seconds.isdecimal():
        raise Unreachable(str(words.UNREACHABLE), detail="a scheduled post without its time")
    at = datetime.fromtimestamp(int(seconds), UTC)
    return Held(receipt=_receipt(post), at=at, text=str(post.get("message") or ""))


def _created(post: Mapping[str, object]) -> str:
    return str(post.get("created_time") or "")


def _is_older(post: Mapping[str, object], since: datetime) -> bool:
    """Was the post made before `since`? A time that cannot be read counts as no."""
    try:
        return datetime.fromisoformat(str(post.get("created_time"))) < since
    except (ValueError, TypeError):
        return False
