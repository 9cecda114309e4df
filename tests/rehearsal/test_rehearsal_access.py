"""Tokens, consent, permissions and proofs."""

from __future__ import annotations

import hmac
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from promo.rehearsal import seed
from tests.rehearsal.client import Rehearsal, error

BACK = "http://127.0.0.1:8000/back?x=1"
APP_TOKEN = f"{seed.APP_ID}|{seed.APP_SECRET}"
CLIENT = {"client_id": seed.APP_ID, "client_secret": seed.APP_SECRET}


def consent(world: Rehearsal, *, pages: tuple[str, ...], decision: str = "continue") -> Any:
    """Fill in the dialog as a person does; the query the app gets back."""
    scopes = ("pages_show_list", "pages_manage_posts", "pages_read_engagement")
    asked = {
        "client_id": seed.APP_ID,
        "redirect_uri": BACK,
        "state": "s1",
        "scope": ",".join((*scopes, "read_insights")),
    }
    page = world.get("/graph/v25.0/dialog/oauth", **asked)
    assert page.status_code == 200
    ticked = {f"page.{each}": "on" for each in pages} | {f"scope.{each}": "on" for each in scopes}
    answer = requests.post(
        page.url,
        data={**asked, **ticked, "decision": decision},
        timeout=20,
        allow_redirects=False,
    )
    assert answer.status_code == 302
    return {
        key: values[0]
        for key, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()
    }


def redeem(world: Rehearsal, code: str, **changed: str) -> requests.Response:
    params = {**CLIENT, "redirect_uri": BACK, "code": code, **changed}
    return world.get("/graph/v25.0/oauth/access_token", **params)


def test_signing_in_ends_in_a_page_token_that_publishes(world: Rehearsal) -> None:
    back = consent(world, pages=(seed.PAGE_ID, seed.UNTICKED_PAGE_ID))
    assert (back["state"], back["x"]) == ("s1", "1")
    short = redeem(world, back["code"]).json()
    exchange = {**CLIENT, "grant_type": "fb_exchange_token"}
    long = world.get(
        "/graph/v25.0/oauth/access_token", **exchange, fb_exchange_token=short["access_token"]
    ).json()
    assert long["expires_in"] > 50 * 86_400 > short["expires_in"]
    accounts = world.graph("me/accounts", token=long["access_token"])["data"]
    tokens = {page["id"]: page["access_token"] for page in accounts}
    assert set(tokens) == {seed.PAGE_ID, seed.UNTICKED_PAGE_ID}

    assert world.publish("po zalogowaniu", token=tokens[seed.PAGE_ID]).ok
    facts = world.graph("debug_token", token=APP_TOKEN, input_token=tokens[seed.UNTICKED_PAGE_ID])
    assert facts["data"]["expires_at"] == 0
    assert facts["data"]["profile_id"] == seed.UNTICKED_PAGE_ID


def test_a_page_that_was_not_ticked_has_no_token(world: Rehearsal) -> None:
    accounts = world.graph("me/accounts", token=seed.USER_TOKEN)["data"]
    assert [page["id"] for page in accounts] == [seed.PAGE_ID]

    fields = "owned_pages{id,access_token}"
    (business,) = world.graph("me/businesses", token=seed.USER_TOKEN, fields=fields)["data"]
    owned = {page["id"]: "access_token" in page for page in business["owned_pages"]["data"]}
    assert owned == {seed.PAGE_ID: True, seed.UNTICKED_PAGE_ID: False}


def test_declined_permissions_are_told_and_honoured(world: Rehearsal) -> None:
    token = redeem(world, consent(world, pages=(seed.PAGE_ID,))["code"]).json()["access_token"]

    found = world.graph("me/permissions", token=token)["data"]

    states = {each["permission"]: each["status"] for each in found}
    assert states["pages_manage_posts"] == "granted"
    assert states["read_insights"] == "declined"


def test_a_denied_consent_comes_back_as_an_error(world: Rehearsal) -> None:
    back = consent(world, pages=(), decision="cancel")
    assert (back["error"], back["error_reason"]) == ("access_denied", "user_denied")


def test_a_code_works_once(world: Rehearsal) -> None:
    code = consent(world, pages=(seed.PAGE_ID,))["code"]
    assert redeem(world, code).ok

    again = redeem(world, code)

    assert (again.status_code, error(again)["error_subcode"]) == (400, 36009)
    assert "invalid_code" in again.headers["WWW-Authenticate"]


def test_a_code_dies_after_ten_minutes_and_is_bound_to_its_address(world: Rehearsal) -> None:
    code = consent(world, pages=(seed.PAGE_ID,))["code"]
    assert "identical" in error(redeem(world, code, redirect_uri=BACK + "&y=2"))["message"]
    world.clock(601)
    assert error(redeem(world, code))["error_subcode"] == 36007


def test_wrong_apps_and_secrets_are_refused(world: Rehearsal) -> None:
    assert error(redeem(world, "x", client_id="1"))["code"] == 101
    wrong = error(redeem(world, "x", client_secret="wrong"))
    assert (wrong["code"], wrong["message"]) == (1, "Error validating client secret.")


def test_an_expired_token_cannot_be_exchanged(world: Rehearsal) -> None:
    exchange = {**CLIENT, "grant_type": "fb_exchange_token"}
    answer = world.get(
        "/graph/oauth/access_token", **exchange, fb_exchange_token=seed.EXPIRED_USER_TOKEN
    )
    assert (error(answer)["code"], error(answer)["error_subcode"]) == (190, 463)


def test_long_lived_tokens_end_by_the_virtual_clock(world: Rehearsal) -> None:
    world.clock(61 * 86_400)
    assert error(world.get("/graph/me", access_token=seed.USER_TOKEN))["error_subcode"] == 463
    assert world.get("/graph/me", access_token=seed.PAGE_TOKEN).ok


def test_debug_token_tells_dead_from_alive(world: Rehearsal) -> None:
    alive = world.graph("debug_token", token=APP_TOKEN, input_token=seed.PAGE_TOKEN)["data"]
    assert (alive["is_valid"], alive["type"], alive["app_id"]) == (True, "PAGE", seed.APP_ID)
    assert "pages_manage_posts" in alive["scopes"]
    dead = world.graph("debug_token", token=APP_TOKEN, input_token=seed.EXPIRED_USER_TOKEN)["data"]
    assert (dead["is_valid"], dead["error"]["subcode"]) == (False, 463)
    assert world.graph("debug_token", token=APP_TOKEN, input_token="?")["data"]["is_valid"] is False


@pytest.mark.parametrize(
    ("path", "token", "code"), [("me", "", 2500), (seed.PAGE_ID, "", 104), ("me", "nonsense", 190)]
)
def test_calls_without_a_good_token_are_refused(
    world: Rehearsal, path: str, token: str, code: int
) -> None:
    assert error(world.get(f"/graph/v25.0/{path}", access_token=token))["code"] == code


def test_the_proof_is_asked_for_only_where_the_app_requires_it(world: Rehearsal) -> None:
    proof = hmac.new(seed.APP_SECRET.encode(), seed.PAGE_TOKEN.encode(), "sha256").hexdigest()
    key = {"access_token": seed.PAGE_TOKEN}
    assert (
        "Invalid appsecret_proof"
        in error(world.get("/graph/me", **key, appsecret_proof="wrong"))["message"]
    )
    world.post("/api/world", app={"require_proof": True})

    assert "require an appsecret_proof" in error(world.get("/graph/me", **key))["message"]
    assert world.get("/graph/me", **key, appsecret_proof=proof).ok


def test_a_person_without_the_task_cannot_publish(world: Rehearsal) -> None:
    world.post("/api/world", page={"tasks": ["ANALYZE"]})
    answer = world.publish()
    assert (answer.status_code, error(answer)["code"]) == (403, 200)
    assert world.log() == []
