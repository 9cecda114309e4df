"""Signing in at the rehearsed Facebook: the app, the dialog, the code, the pages."""

from __future__ import annotations

import dataclasses

import pytest

from promo.channels.base import Access, Place, Wires
from promo.channels.facebook_page import Channel, client
from promo.channels.facebook_page.sign_in import SCOPES, SignIn
from promo.errors import PublishError, Unauthorized, Unreachable
from tests.channels.facebook_page.conftest import wires
from tests.consenting import asked_in, consent, sent_back
from tests.world import World

pytestmark = pytest.mark.xdist_group("rehearsal")

BACK = "http://127.0.0.1:8000/desk/destinations/connected/"


def wired(world: World) -> Wires:
    plain = wires(world)
    settings = {**plain.settings, "PROMO_FACEBOOK_DIALOG_URL": world.graph_url}
    return dataclasses.replace(plain, settings=settings)


def sign_in(world: World, **changes: str) -> SignIn:
    seed = {**world.seed(), **changes}
    access = Access({"app_id": seed["app_id"]}, {"app_secret": seed["app_secret"]})
    return SignIn(access, wired(world))


def code_of(world: World, **choices: object) -> str:
    address = sign_in(world).dialog(redirect_uri=BACK, state="s", renews=False)
    chosen = {"pages": [world.seed()["page_id"]], **choices}
    return sent_back(consent(address, **chosen))["code"]  # type: ignore[arg-type]


def places(world: World, **choices: object) -> dict[str, Place]:
    way = sign_in(world)
    made = way.offer(way.redeem(code_of(world, **choices), redirect_uri=BACK))
    return {place.key: place for place in made.places}


def test_the_channel_offers_it(world: World) -> None:
    assert Channel.sign_in is SignIn
    assert SignIn.asks | {SignIn.place_key} <= {field.key for field in Channel.fields}


def test_an_app_that_exists_is_accepted(world: World) -> None:
    sign_in(world).check_app()


@pytest.mark.parametrize(
    "wrong", [{"app_secret": "inny"}, {"app_id": "100000000000009"}, {"app_id": "me/accounts"}]
)
def test_a_wrong_app_is_told_in_words(world: World, wrong: dict[str, str]) -> None:
    with pytest.raises(Unauthorized) as told:
        sign_in(world, **wrong).check_app()
    assert "Facebook" in told.value.text
    assert all(value not in str(told.value) for value in wrong.values())


def test_the_dialog_asks_for_what_publishing_needs(world: World) -> None:
    asked = asked_in(sign_in(world).dialog(redirect_uri=BACK, state="abc", renews=False))
    assert asked["redirect_uri"] == BACK
    assert asked["state"] == "abc"
    assert asked["scope"].split(",") == list(SCOPES)
    assert asked["auth_type"] == "rerequest"
    renewed = asked_in(sign_in(world).dialog(redirect_uri=BACK, state="abc", renews=True))
    assert renewed["auth_type"] == "reauthorize"


def test_the_page_s_token_never_expires_and_publishes(world: World) -> None:
    page_id = world.seed()["page_id"]
    place = places(world)[page_id]
    assert place.why_not == ""
    access = Access(
        {"app_id": world.seed()["app_id"], **place.config},
        {"app_secret": world.seed()["app_secret"], **place.secrets},
    )
    assert Channel(access, wired(world)).check() == []
    assert place.secrets["page_token"] not in repr(place)


def test_it_works_where_the_app_demands_proofs(world: World) -> None:
    world.change(app={"require_proof": True})
    sign_in(world).check_app()
    assert places(world)[world.seed()["page_id"]].why_not == ""


def test_a_list_of_several_parts_is_read_to_its_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PAGE_SIZE", 1)
    seed = world.seed()
    pages = [seed["page_id"], seed["unticked_page_id"], seed["watched_page_id"]]
    assert list(places(world, pages=pages)) == pages
    assert sum(call["path"].endswith("/accounts") for call in world.calls()) == 3


def test_a_page_without_the_task_is_named_with_the_reason(world: World) -> None:
    seed = world.seed()
    found = places(world, pages=[seed["page_id"], seed["watched_page_id"]])
    assert found[seed["page_id"]].why_not == ""
    assert found[seed["watched_page_id"]].why_not
    assert found[seed["watched_page_id"]].about


def test_a_page_without_a_token_is_named_with_the_reason(world: World) -> None:
    world.fault(fault="no_page_token", path="accounts")
    place = places(world)[world.seed()["page_id"]]
    assert place.why_not
    assert place.secrets == {}


def test_a_declined_permission_is_named_and_closes_every_page(world: World) -> None:
    way = sign_in(world)
    code = code_of(world, declined=["pages_manage_posts"])
    made = way.offer(way.redeem(code, redirect_uri=BACK))
    assert len(made.missing) == 1
    assert "pages_manage_posts" in made.missing[0]
    assert all(place.why_not == made.missing[0] for place in made.places)


def test_without_the_list_of_pages_nothing_is_offered_and_it_is_told(world: World) -> None:
    way = sign_in(world)
    code = code_of(world, declined=["pages_show_list"])
    made = way.offer(way.redeem(code, redirect_uri=BACK))
    assert made.places == ()
    assert "pages_show_list" in made.missing[0]


def refusal(way: SignIn, code: str, redirect_uri: str = BACK) -> PublishError:
    with pytest.raises(PublishError) as told:
        way.redeem(code, redirect_uri=redirect_uri)
    return told.value


def test_refusals_of_the_code_are_told_apart_and_hold_no_secret(world: World) -> None:
    way, code = sign_in(world), code_of(world)
    wrong_secret = refusal(sign_in(world, app_secret="wrong-s3cret"), code)
    other_address = refusal(way, code, BACK + "?x")
    unknown = refusal(way, "no-such-code")
    way.redeem(code, redirect_uri=BACK)
    used = refusal(way, code)
    late = code_of(world)
    world.post("/api/clock", {"offset_seconds": 3600})
    over = refusal(way, late)
    told = [wrong_secret, other_address, unknown, used, over]
    assert all(isinstance(error, Unauthorized) for error in told)
    assert len({error.text for error in told}) == 3
    assert used.text == over.text
    for error in told:
        for secret in (code, late, "wrong-s3cret", world.seed()["app_secret"]):
            assert secret not in f"{error!r} {error} {error.__cause__!r} {error.refusal}"


@pytest.mark.parametrize("fault", ["bad_gateway", "reads_down", "service_unavailable"])
def test_a_network_that_does_not_answer_is_no_refusal(world: World, fault: str) -> None:
    world.fault(fault=fault, method="GET", path="")
    way = sign_in(world)
    with pytest.raises(Unreachable):
        way.check_app()
