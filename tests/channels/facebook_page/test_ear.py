"""What Facebook tells by itself: who may say it, and what of it is read."""

from __future__ import annotations

import hmac
import json
from typing import Any

import pytest

from promo.channels.base import Notice
from promo.channels.facebook_page.ear import MOST, Ear

SECRET = "the app’s secret"
PAGE, POST = "122100000000000001", "122100000000000001_7"
BODY = json.dumps({"object": "page", "entry": []}).encode()


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, "sha256").hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}"}


def body(*values: Any, field: object = "feed", place: object = PAGE) -> bytes:
    changes = [{"field": field, "value": value} for value in values]
    return json.dumps({"object": "page", "entry": [{"id": place, "changes": changes}]}).encode()


def test_what_is_signed_with_the_secret_is_genuine() -> None:
    assert Ear.is_genuine(BODY, signed(BODY), {"app_secret": SECRET})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature-256": ""},
        {"X-Hub-Signature-256": "sha256="},
        {"X-Hub-Signature-256": "sha256=żółć"},
        {"X-Hub-Signature-256": signed(BODY)["X-Hub-Signature-256"].removeprefix("sha256=")},
        {"X-Hub-Signature-256": signed(BODY)["X-Hub-Signature-256"].upper()},
        {"X-Hub-Signature": signed(BODY)["X-Hub-Signature-256"]},
        signed(BODY + b" "),
        signed(BODY, "another secret"),
        signed(BODY, ""),
    ],
)
def test_anything_else_is_not(headers: dict[str, str]) -> None:
    assert not Ear.is_genuine(BODY, headers, {"app_secret": SECRET})


def test_nobody_may_speak_where_there_is_no_secret() -> None:
    assert not Ear.is_genuine(BODY, signed(BODY, ""), {"app_secret": ""})
    assert not Ear.is_genuine(BODY, signed(BODY, ""), {})


ASKED = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "abc"}


def test_the_challenge_is_given_back_to_whoever_knows_the_token() -> None:
    assert Ear.challenge(ASKED, token="abc") == "1158201444"


@pytest.mark.parametrize(
    "changed",
    [
        {"hub.verify_token": "abd"},
        {"hub.verify_token": ""},
        {"hub.verify_token": "żółć"},
        {"hub.mode": "unsubscribe"},
        {"hub.challenge": "<script>alert(1)</script>"},
        {"hub.challenge": "1\n"},
        {"hub.challenge": "1" * 201},
        {"hub.challenge": ""},
    ],
)
def test_anybody_else_hears_nothing(changed: dict[str, str]) -> None:
    assert Ear.challenge({**ASKED, **changed}, token="abc") == ""
    assert Ear.challenge({}, token="abc") == ""


def test_a_post_is_named_by_its_id_and_by_the_link_in_it() -> None:
    told = {"item": "share", "verb": "add", "post_id": POST, "message": "Zażółć", "link": "/w/a"}
    assert Ear.notices(body(told)) == [Notice(PAGE, POST, "Zażółć /w/a")]


@pytest.mark.parametrize(
    "value",
    [
        {"item": "comment", "verb": "remove"},
        {"item": "reaction", "verb": "remove"},
        {"item": "status", "verb": "edited"},
        {"item": ["status"], "verb": {}},
    ],
)
def test_only_a_post_is_removed_not_what_is_said_of_it(value: Any) -> None:
    gone = {"item": "photo", "verb": "remove", "post_id": POST}
    told = Ear.notices(body({**value, "post_id": POST}, gone))
    assert [notice.removed for notice in told] == [False, True]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"[" * 100_000,
        b"7",
        b"null",
        b'{"object": "user", "entry": []}',
        b'{"object": "page"}',
        b'{"object": "page", "entry": {"id": "1"}}',
        b'{"object": "page", "entry": [7, null, {"id": 1}, {"changes": [[], 1, {"value": 1}]}]}',
        body("a text"),
        body({"post_id": POST}, field="leadgen"),
        body({"post_id": POST}, field=["feed"]),
    ],
)
def test_what_cannot_be_read_tells_nothing(body: bytes) -> None:
    assert Ear.notices(body) == []


@pytest.mark.parametrize("post_id", ["", "1' OR 1", "a\0b", "1\n", 7.5, None, {}, "9" * 99])
def test_what_is_no_id_names_no_post(post_id: object) -> None:
    (notice,) = Ear.notices(body({"post_id": post_id}))
    assert notice.remote_id == ""


def test_more_than_meta_puts_into_one_request_is_not_read() -> None:
    assert len(Ear.notices(body(*[{"post_id": POST}] * (MOST + 1)))) == MOST
