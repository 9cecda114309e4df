"""What `check` tells an administrator, against the rehearsal world."""

from __future__ import annotations

import pytest

from promo.channels.base import Access
from promo.channels.facebook_page import Channel
from promo.errors import Unauthorized
from tests.channels import samples
from tests.channels.contract import renders
from tests.channels.facebook_page.conftest import access, wires
from tests.world import World

pytestmark = pytest.mark.xdist_group("rehearsal")


def codes(checked: Channel) -> dict[str, str]:
    return {problem.code: problem.level for problem in checked.check()}


def with_access(world: World, **changes: str) -> Channel:
    return Channel(access(world, **changes), wires(world))


def test_a_page_that_is_well_connected_has_no_problems(channel: Channel) -> None:
    assert channel.check() == []


@pytest.mark.parametrize("key", ["page_id", "app_id", "page_token", "app_secret"])
def test_a_missing_field_is_named(world: World, key: str) -> None:
    (problem,) = with_access(world, **{key: " "}).check()
    label = next(field.label for field in Channel.fields if field.key == key)
    assert problem.code == "not_set_up"
    assert str(label) in problem.text
    assert world.calls() == []


def test_an_id_that_is_no_number_is_named(world: World) -> None:
    assert codes(with_access(world, page_id="me/accounts")) == {"not_set_up": "error"}


def test_nothing_at_all_is_named_not_raised(world: World) -> None:
    assert codes(Channel(Access(), wires(world))) == {"not_set_up": "error"}


@pytest.mark.parametrize("subcode", [458, 460, 463, 492])
def test_a_dead_token_is_told_in_its_own_words(
    world: World, channel: Channel, subcode: int
) -> None:
    world.fault(fault="token_dies", path="/feed", subcode=subcode)
    with pytest.raises(Unauthorized) as raised:
        channel.publish(Channel.compose(samples.draft(), renders("pl")), key="7fK2q")
    (problem,) = channel.check()
    assert problem.code == "token_invalid"
    assert problem.text == raised.value.text


def test_a_person_s_token_is_told_from_the_page_s(world: World) -> None:
    token = world.seed()["user_token"]
    assert codes(with_access(world, page_token=token)) == {"token_not_of_page": "error"}


def test_the_token_of_another_app_is_no_access(world: World) -> None:
    token = world.seed()["other_app_page_token"]
    assert codes(with_access(world, page_token=token)) == {"token_invalid": "error"}


def test_the_token_of_another_page_is_told(world: World) -> None:
    other = world.seed()["unticked_page_id"]
    assert codes(with_access(world, page_id=other)) == {"token_of_other_page": "error"}


def test_a_wrong_app_secret_is_told(world: World) -> None:
    assert codes(with_access(world, app_secret="wrong")) == {"no_access": "error"}


def test_a_page_that_may_not_be_read_is_told(world: World, channel: Channel) -> None:
    world.fault(fault="refuse", method="GET", code=10)
    assert codes(channel) == {"no_access": "error"}


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "bad_gateway"},
        {"fault": "batch_null"},
        {"fault": "reads_down"},
        {"fault": "throttle"},
        {"fault": "service_unavailable"},
    ],
    ids=lambda rule: str(rule["fault"]),
)
def test_a_network_that_does_not_answer_says_nothing_about_our_access(
    world: World, channel: Channel, rule: dict[str, object]
) -> None:
    world.fault(**rule)
    assert codes(channel) == {"not_checked": "warning"}


def test_a_budget_that_runs_low_is_told(world: World, channel: Channel) -> None:
    world.fault(fault="usage", percent=80)
    assert codes(channel) == {"budget_low": "warning"}
