"""The values around one call to the Graph API: who calls, what is asked, what came back."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from urllib.parse import parse_qsl, urlsplit

import requests

from promo.channels.facebook_page.graph_errors import Stake
from promo.channels.facebook_page.usage import Usage

ANSWER_LIMIT = 8 * 2**20
"""Bytes; a page of 100 posts with 63,206 characters each in Polish stays below it."""

SECRET_PARAMETERS = frozenset({"access_token", "appsecret_proof"})


@dataclass(frozen=True, slots=True)
class Credentials:
    """What opens one page. The repr shows no secret."""

    app_id: str
    page_id: str
    page_token: str = field(repr=False)
    app_secret: str = field(repr=False)

    @property
    def app_token(self) -> str:
        return f"{self.app_id}|{self.app_secret}"

    def proof(self, token: str) -> str:
        """https://developers.facebook.com/docs/graph-api/guides/secure-requests"""
        key, message = self.app_secret.encode(), token.encode()
        return hmac.new(key, message, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Bearer(requests.auth.AuthBase):
    """Sets the token as the last step, so that no .netrc file can put another in its place."""

    token: str = field(repr=False)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture's bytes as one part of a form."""

    name: str
    content: bytes = field(repr=False)
    mime_type: str

    @property
    def parts(self) -> dict[str, tuple[str, bytes, str]]:
        return {"source": (self.name, self.content, self.mime_type)}


class Purpose(Enum):
    """What a call is for: the less of the budget is left, the fewer of these are made."""

    READ = auto()
    CHANGE = auto()
    PUBLISH = auto()


@dataclass(frozen=True, slots=True)
class Call:
    """One request, before the credentials are added.

    `keyless`: its form holds what proves who we are, and no token stands beside it.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    upload: Upload | None = None
    stake: Stake = Stake.HARMLESS
    as_app: bool = False
    keyless: bool = False
    purpose: Purpose = Purpose.READ


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and the parsed JSON body; `body` is None where there was no JSON."""

    status: int
    body: object
    usage: Usage


def read_answer(response: requests.Response) -> Answer:
    """The whole answer; raises what requests and urllib3 raise. Above the limit it is no JSON."""
    body = bytearray()
    while len(body) <= ANSWER_LIMIT and (chunk := response.raw.read1(2**16, decode_content=True)):
        body += chunk
    return Answer(
        status=response.status_code,
        body=_parsed(bytes(body)) if len(body) <= ANSWER_LIMIT else None,
        usage=Usage.from_headers(response.headers),
    )


def batched(answer: Answer) -> Mapping[str, object] | None:
    """The JSON object inside the answer to a batch of one; None where it did not come in time."""
    first = answer.body[0] if isinstance(answer.body, list) and answer.body else None
    text = first.get("body") if isinstance(first, dict) else None
    body = _parsed(text.encode()) if isinstance(text, str) else None
    return body if isinstance(body, dict) else None


def next_page(body: Mapping[str, object], query: Mapping[str, str]) -> Mapping[str, str] | None:
    """The parameters of the page after this one, or None at the end.

    The address that Facebook names is not called: it carries a token, and a host of its choice.
    """
    paging = body.get("paging")
    following = paging.get("next") if isinstance(paging, dict) else None
    if not isinstance(following, str):
        return None
    named = dict(parse_qsl(urlsplit(following).query))
    return {**query, **{key: named[key] for key in named.keys() - SECRET_PARAMETERS}}


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None
