"""The channel against the rehearsal world; what followers see is the witness."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from promo.channels.base import CallBudget
from promo.channels.facebook_page import Channel
from promo.errors import OutcomeUnknown, RateLimited, Rejected, Unauthorized, Unreachable
from promo.values import Message, Receipt
from tests.channels import samples
from tests.channels.contract import Outside, PublishingContract, renders
from tests.channels.facebook_page.conftest import access, wires
from tests.world import World

pytestmark = pytest.mark.xdist_group("rehearsal")

KEY = "7fK2q"


def message(marker: str = KEY, **changes: Any) -> Message:
    return Channel.compose(samples.draft(marker=marker, **changes), renders("pl"))


def with_pictures(folder: Path, count: int) -> Message:
    pictures = []
    for number in range(count):
        path = folder / f"{number}.jpg"
        Image.new("RGB", (40, 30), (number * 20, 90, 120)).save(path, "JPEG")
        alt = f"Zdjęcie nr {number}: publiczność w czytelni"
        pictures.append(dataclasses.replace(samples.picture(), alt=alt, path=str(path)))
    return dataclasses.replace(message(), pictures=tuple(pictures))


def copies(world: World, marker: str = KEY) -> int:
    return sum(post["text"].endswith(f"/w/{marker}\n\n{TAGS}") for post in world.posts())


TAGS = "#SpotkanieAutorskie #Kluczbork"


class TestPublishing(PublishingContract):
    @pytest.fixture
    def outside(self, world: World, channel: Channel) -> Outside:
        seed = world.seed()
        return Outside(
            channel=channel,
            message=message,
            copies=lambda marker: copies(world, marker),
            secrets=(seed["page_token"], seed["app_secret"]),
        )


def test_a_post_without_pictures_carries_its_link_as_a_card(world: World, channel: Channel) -> None:
    sent = message()
    receipt = channel.publish(sent, key=KEY)
    (post,) = world.posts()
    assert (post["id"], post["text"], post["link"]) == (receipt.remote_id, sent.text, sent.link)
    assert receipt.remote_id in receipt.remote_url or "/posts/" in receipt.remote_url


def test_pictures_go_out_where_a_call_may_only_take_seconds(world: World, tmp_path: Path) -> None:
    short = dataclasses.replace(wires(world), longest_call=timedelta(seconds=20))
    Channel(access(world), short).publish(with_pictures(tmp_path, 2), key=KEY)
    assert copies(world) == 1


@pytest.mark.parametrize("count", [1, 3, 10])
def test_pictures_are_uploaded_unseen_and_published_by_one_call(
    world: World, channel: Channel, tmp_path: Path, count: int
) -> None:
    sent = with_pictures(tmp_path, count)
    channel.publish(sent, key=KEY)
    (post,) = world.posts()
    assert post["text"] == sent.text
    assert [photo["alt"] for photo in post["photos"]] == [picture.alt for picture in sent.pictures]
    assert [call["path"].rpartition("/")[2] for call in world.calls()] == ["photos"] * count + [
        "feed"
    ]


def test_the_picture_arrives_byte_for_byte(world: World, channel: Channel, tmp_path: Path) -> None:
    sent = with_pictures(tmp_path, 1)
    channel.publish(sent, key=KEY)
    ((post,), (picture,)) = world.posts(), sent.pictures
    with world.http() as http, http.get(post["photos"][0]["url"]) as answer:
        assert answer.content == Path(picture.path).read_bytes()


def test_eleven_pictures_are_refused_by_facebook_too(
    world: World, channel: Channel, tmp_path: Path
) -> None:
    with pytest.raises(Rejected):
        channel.publish(with_pictures(tmp_path, 11), key=KEY)
    assert world.posts() == []


@pytest.mark.parametrize("path", ["", "gone.jpg"])
def test_a_picture_that_cannot_be_had_is_a_refusal(
    world: World, channel: Channel, tmp_path: Path, path: str
) -> None:
    picture = dataclasses.replace(
        samples.picture(), path=str(tmp_path / path) if path else "", url=f"{world.url}/media/0"
    )
    with pytest.raises(Rejected):
        channel.publish(dataclasses.replace(message(), pictures=(picture,)), key=KEY)
    assert world.posts() == []


def test_a_message_without_its_mark_is_never_sent(world: World, channel: Channel) -> None:
    for broken in (message("other"), dataclasses.replace(message(), text="Bez odnośnika")):
        with pytest.raises(Rejected):
            channel.publish(broken, key=KEY)
    assert world.calls() == []


def test_the_next_version_of_the_api_serves_us_as_well(world: World) -> None:
    newer = wires(world)
    settings = {**newer.settings, "PROMO_FACEBOOK_GRAPH_VERSION": "v26.0"}
    channel = Channel(access(world), dataclasses.replace(newer, settings=settings))
    receipt = channel.publish(message(), key=KEY)
    assert channel.look_up(KEY, message()) == receipt
    assert channel.check() == []


LOST_ANSWERS = [
    {"fault": "create_then_500"},
    {"fault": "create_then_500", "code": 1, "subcode": 99},
    {"fault": "create_then_400"},
    {"fault": "create_then_cut", "how": "reset"},
    {"fault": "create_then_cut", "how": "close"},
    {"fault": "create_then_cut", "how": "partial"},
    {"fault": "service_unavailable", "apply": True},
    {"fault": "bad_gateway", "apply": True},
    {"fault": "success_false", "apply": True},
    {"fault": "hidden_duplicate"},
]


@pytest.mark.parametrize("rule", LOST_ANSWERS, ids=lambda rule: "-".join(map(str, rule.values())))
def test_a_lost_answer_is_unknown_and_then_found(
    world: World, channel: Channel, rule: dict[str, object]
) -> None:
    world.fault(**rule, path="/feed", times=1)
    sent = message()
    with pytest.raises(OutcomeUnknown) as raised:
        channel.publish(sent, key=KEY)
    assert not raised.value.witness
    (post,) = world.posts()
    found = channel.look_up(KEY, sent)
    assert found is not None
    assert found.remote_id == post["id"]


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "create_then_500", "apply": False},
        {"fault": "create_then_cut", "apply": False},
        {"fault": "bad_gateway"},
        {"fault": "service_unavailable"},
        {"fault": "success_false"},
    ],
    ids=lambda rule: str(rule["fault"]),
)
def test_the_same_answers_are_unknown_where_nothing_was_made(
    world: World, channel: Channel, rule: dict[str, object]
) -> None:
    world.fault(**rule, path="/feed", times=1)
    with pytest.raises(OutcomeUnknown):
        channel.publish(message(), key=KEY)
    assert world.posts() == []
    assert channel.look_up(KEY, message()) is None


def test_a_hanging_answer_ends_with_the_deadline_and_is_unknown(
    world: World, hasty: Channel
) -> None:
    world.fault(fault="create_then_hang", path="/feed", seconds=20)
    with pytest.raises(OutcomeUnknown):
        hasty.publish(message(), key=KEY)
    assert copies(world) == 1


def test_506_after_a_lost_answer_is_a_witness(world: World, channel: Channel) -> None:
    world.fault(fault="hidden_duplicate", path="/feed", times=2)
    with pytest.raises(OutcomeUnknown):
        channel.publish(message(), key=KEY)
    with pytest.raises(OutcomeUnknown) as raised:
        channel.publish(message(), key=KEY)
    assert raised.value.witness
    assert copies(world) == 1


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "create_then_500"},
        {"fault": "create_then_cut"},
        {"fault": "bad_gateway", "apply": True},
        {"fault": "success_false", "apply": True},
        {"fault": "service_unavailable"},
    ],
    ids=lambda rule: str(rule["fault"]),
)
def test_a_lost_answer_to_an_upload_is_harmless(
    world: World, channel: Channel, tmp_path: Path, rule: dict[str, object]
) -> None:
    world.fault(**rule, path="/photos", after=1, times=1)
    sent = with_pictures(tmp_path, 3)
    with pytest.raises(Unreachable):
        channel.publish(sent, key=KEY)
    assert world.posts() == []
    channel.publish(sent, key=KEY)
    assert copies(world) == 1


def test_uploads_that_take_too_long_publish_nothing(
    world: World, hasty: Channel, tmp_path: Path
) -> None:
    world.fault(fault="create_then_hang", seconds=2, path="/photos", after=1)
    with pytest.raises(Unreachable):
        hasty.publish(with_pictures(tmp_path, 3), key=KEY)
    assert world.all_posts() == []
    assert {call["path"].rpartition("/")[2] for call in world.calls()} == {"photos"}


def test_a_token_that_dies_between_two_uploads_publishes_nothing(
    world: World, channel: Channel, tmp_path: Path
) -> None:
    world.fault(fault="token_dies", path="/photos", after=1, subcode=460)
    with pytest.raises(Unauthorized) as raised:
        channel.publish(with_pictures(tmp_path, 3), key=KEY)
    assert raised.value.refusal.subcode == "460"
    assert world.all_posts() == []


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"fault": "link_refused"}, Rejected),
        ({"fault": "lost_task"}, Unauthorized),
        ({"fault": "refuse", "code": 368, "subcode": 1390008}, RateLimited),
        ({"fault": "refuse", "code": 190, "subcode": 463, "status": 401}, Unauthorized),
        ({"fault": "refuse", "code": 4711, "status": 400}, Rejected),
    ],
    ids=lambda value: "" if isinstance(value, type) else "-".join(map(str, value.values())),
)
def test_a_definite_refusal_publishes_nothing(
    world: World, channel: Channel, rule: dict[str, object], expected: type[Exception]
) -> None:
    world.fault(**rule, path="/feed")
    with pytest.raises(expected):
        channel.publish(message(), key=KEY)
    assert world.all_posts() == []


def test_every_row_of_the_simulated_table_becomes_one_of_the_five(
    world: World, channel: Channel
) -> None:
    for row in world.get("/api/errors"):
        world.forget_faults()
        world.fault(fault="refuse", path="/feed", code=row["code"], subcode=row["subcode"])
        with pytest.raises((Rejected, Unauthorized, RateLimited, OutcomeUnknown)) as raised:
            channel.publish(message(), key=KEY)
        assert raised.value.refusal.code == str(row["code"])
        assert raised.value.refusal.trace
    assert world.all_posts() == []


@pytest.mark.parametrize(("headers", "minutes"), [(True, 17), (False, 60)])
def test_a_throttle_waits_as_long_as_facebook_says(
    world: World, channel: Channel, *, headers: bool, minutes: int
) -> None:
    world.fault(fault="throttle", path="/feed", usage_headers=headers, regain_minutes=17)
    with pytest.raises(RateLimited) as raised:
        channel.publish(message(), key=KEY)
    assert raised.value.retry_after == timedelta(minutes=minutes)


def with_used(world: World, percent: int, told: list[tuple[int, timedelta]]) -> Channel:
    """The channel of somebody whom an earlier answer told that so much of the budget is used."""
    budget = CallBudget(
        percent, timedelta(minutes=7), lambda percent, regain: told.append((percent, regain))
    )
    return Channel(access(world), dataclasses.replace(wires(world), budget=budget))


def test_the_last_quarter_of_the_calls_is_not_for_reading(world: World) -> None:
    channel = with_used(world, 76, [])
    with pytest.raises(RateLimited) as raised:
        channel.look_up(KEY, message())
    assert raised.value.retry_after == timedelta(minutes=7)
    assert [problem.code for problem in channel.check()] == ["not_checked"]
    assert world.calls() == []
    receipt = channel.publish(message(), key=KEY)
    with_used(world, 90, []).withdraw(receipt)
    assert copies(world) == 0


def test_the_last_tenth_of_the_calls_is_for_publishing_alone(world: World, tmp_path: Path) -> None:
    receipt = with_used(world, 91, []).publish(with_pictures(tmp_path, 1), key=KEY)
    channel = with_used(world, 91, [])
    with pytest.raises(RateLimited):
        channel.withdraw(receipt)
    with pytest.raises(RateLimited):
        channel.update(receipt, message())
    assert copies(world) == 1
    assert len(world.calls()) == 2


def test_what_an_answer_tells_of_the_budget_is_passed_on_until_it_is_well_again(
    world: World,
) -> None:
    told: list[tuple[int, timedelta]] = []
    world.fault(fault="usage", percent=80, regain_minutes=15, times=1)
    with_used(world, 0, told).publish(message(), key=KEY)
    assert told == [(80, timedelta(minutes=15))]
    with_used(world, 80, told).publish(message("other"), key="other")
    assert told[1] == (0, timedelta(0))
    with_used(world, 0, told).publish(message("third"), key="third")
    assert len(told) == 2


def test_nobody_at_the_other_end_means_nothing_left_us(world: World) -> None:
    nobody = Channel(access(world), wires(world, graph_url=f"http://{world.host}:9/graph"))
    with pytest.raises(Unreachable):
        nobody.publish(message(), key=KEY)


def test_looking_reads_every_page_of_the_page(world: World, channel: Channel) -> None:
    first = channel.publish(message("first"), key="first")
    for number in range(100):
        channel.publish(message(f"post{number}"), key=f"post{number}")
    found = channel.look_up("first", message("first"))
    assert found is not None
    assert found.remote_id == first.remote_id
    # An empty page with a next one is not the end either.
    world.fault(fault="empty_page", path="/published_posts", times=1)
    assert channel.look_up("first", message("first")) == found


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"fault": "reads_down"}, Unreachable),
        ({"fault": "reads_down", "how": "reset"}, Unreachable),
        ({"fault": "bad_gateway"}, Unreachable),
        ({"fault": "service_unavailable"}, Unreachable),
        ({"fault": "throttle"}, RateLimited),
        ({"fault": "refuse", "code": 190, "subcode": 460}, Unauthorized),
    ],
    ids=lambda value: "" if isinstance(value, type) else "-".join(map(str, value.values())),
)
def test_a_read_that_could_not_be_completed_is_never_an_absence(
    world: World, channel: Channel, rule: dict[str, object], expected: type[Exception]
) -> None:
    world.fault(**rule, path="/published_posts")
    with pytest.raises(expected):
        channel.look_up(KEY, message())


def test_a_post_of_another_app_with_our_link_is_not_adopted(world: World) -> None:
    seed = world.seed()
    other = access(
        world,
        app_id=seed["other_app_id"],
        app_secret=seed["other_app_secret"],
        page_token=seed["other_app_page_token"],
    )
    Channel(other, wires(world)).publish(message(), key=KEY)
    ours = Channel(access(world), wires(world))
    assert copies(world) == 1
    assert ours.look_up(KEY, message()) is None


def test_two_copies_are_told_apart_and_the_older_is_adopted(world: World, channel: Channel) -> None:
    older = channel.publish(message(), key=KEY)
    world.post("/api/clock", {"offset_seconds": 3600})
    try:
        channel.publish(message(), key=KEY)
        found = channel.look_up(KEY, message())
    finally:
        world.post("/api/clock", {"offset_seconds": 0})
    assert found is not None
    assert found.remote_id == older.remote_id


def test_a_changed_text_is_what_followers_read(world: World, channel: Channel) -> None:
    receipt = channel.publish(message(), key=KEY)
    changed = message(title="Spotkanie przeniesione do auli")
    assert channel.update(receipt, changed) == receipt
    (post,) = world.posts()
    assert post["text"] == changed.text


def test_a_change_of_a_post_that_is_gone_is_a_refusal(world: World, channel: Channel) -> None:
    receipt = channel.publish(message(), key=KEY)
    channel.withdraw(receipt)
    with pytest.raises(Rejected):
        channel.update(receipt, message())


def test_a_withdrawal_without_rights_is_not_taken_for_a_success(
    world: World, channel: Channel
) -> None:
    receipt = channel.publish(message(), key=KEY)
    world.fault(fault="refuse", method="DELETE", code=100, subcode=33)
    world.fault(fault="refuse", method="GET", code=10)
    with pytest.raises(Unauthorized):
        channel.withdraw(receipt)
    assert copies(world) == 1


def test_a_lost_answer_to_a_withdrawal_may_be_repeated(world: World, channel: Channel) -> None:
    receipt = channel.publish(message(), key=KEY)
    world.fault(fault="service_unavailable", method="DELETE", apply=True, times=1)
    with pytest.raises(Unreachable):
        channel.withdraw(receipt)
    channel.withdraw(receipt)
    assert copies(world) == 0


def test_a_remote_id_cannot_lead_to_another_address(world: World, channel: Channel) -> None:
    with pytest.raises((Rejected, Unauthorized, Unreachable)):
        channel.update(Receipt(remote_id="../me/accounts?x="), message())
    assert all("accounts" not in call["path"].split("/") for call in world.calls())
