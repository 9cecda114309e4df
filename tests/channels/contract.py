"""What every channel must keep to, as tests: subclass and name the channel.

    class TestContract(ChannelContract):
        channel = Channel

    class TestOutside(PublishingContract):     # needs the rehearsal world, or another real outside
        @pytest.fixture
        def outside(self, ...) -> Outside: ...

The first class is pure. The second publishes for real and counts, outside, what is out.
"""

from __future__ import annotations

import ast
import dataclasses
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest
import wagtail.admin

from promo.channels import base
from promo.channels.base import Access, Render
from promo.errors import NotAllowed
from promo.rendering import find_template_faults, make_environment, make_render
from promo.values import Message, Receipt, Variant
from tests.channels import samples

ROOT = Path(__file__).resolve().parents[2]
ICONS = Path(wagtail.admin.__file__).parent / "templates/wagtailadmin/icons"
TALKING = {"Session", "get", "post", "request", "urlopen", "create_connection", "SMTP", "socket"}
NETWORK = {"requests", "urllib3", "http", "socket", "smtplib", "ssl", "aiohttp", "httpx"}


@cache
def renders(language: str) -> Render:
    return make_render(make_environment(), language=language)


class ChannelContract:
    """The pure half. Override `variants`, or `composed` where a draft is no single item."""

    channel: ClassVar[type[base.ChannelContract]]
    variants: ClassVar[tuple[Variant, ...]] = tuple(v for v in Variant if v is not Variant.ISSUE)

    def composed(self, variant: Variant, language: str = "pl", **changes: Any) -> Message:
        draft = samples.draft(variant, language=language, **changes)
        return self.channel.compose(draft, renders(language))

    def test_its_key_is_the_name_of_its_folders(self) -> None:
        folder = self.channel.__module__.removeprefix("promo.channels.").split(".")[0]
        assert self.channel.key == folder
        assert (ROOT / "promo" / "channels" / folder).is_dir()
        assert (ROOT / "tests" / "channels" / folder).is_dir()

    def test_its_package_offers_it_as_channel(self) -> None:
        package = __import__(f"promo.channels.{self.channel.key}", fromlist=["Channel"])
        assert package.Channel is self.channel

    def test_it_has_a_name_and_an_icon_that_exists(self) -> None:
        assert str(self.channel.label).strip()
        assert (ICONS / f"{self.channel.icon}.svg").is_file()

    def test_its_fields_have_different_keys_and_a_label_each(self) -> None:
        keys = [field.key for field in self.channel.fields]
        assert len(set(keys)) == len(keys)
        assert all(str(field.label).strip() for field in self.channel.fields)

    def test_its_deadline_is_a_real_length_of_time(self) -> None:
        assert self.channel.deadline.total_seconds() > 0

    def test_the_contract_s_methods_are_all_there(self) -> None:
        names = ["compose", "problems", "check", "publish", "withdraw", "update", "look_up"]
        if self.channel.traits.native_schedule is not None:
            names += ["arm", "amend", "held"]
        assert all(callable(getattr(self.channel, name, None)) for name in names)

    @pytest.mark.parametrize("language", ["pl", "en"])
    def test_composing_twice_gives_the_same_message(self, language: str) -> None:
        for variant in self.variants:
            assert self.composed(variant, language) == self.composed(variant, language)

    def test_a_message_survives_being_stored(self) -> None:
        for variant in self.variants:
            message = self.composed(variant, pictures=(samples.picture(),))
            stored = Message.from_json(message.to_json())
            assert stored == message
            assert stored.digest == message.digest

    @pytest.mark.parametrize("language", ["pl", "en"])
    def test_a_message_names_its_channel_and_the_item_s_language(self, language: str) -> None:
        for variant in self.variants:
            message = self.composed(variant, language)
            assert (message.channel, message.language) == (self.channel.key, language)
            assert message.text or message.html

    @pytest.mark.parametrize("language", ["pl", "en"])
    def test_a_decent_item_has_no_problems(self, language: str) -> None:
        for variant in self.variants:
            message = self.composed(variant, language, pictures=(samples.picture(),))
            errors = [p for p in self.channel.problems(message) if p.level == "error"]
            assert errors == []

    def test_looking_for_problems_changes_and_asks_nothing(self) -> None:
        message = Message(channel=self.channel.key, text="")
        assert self.channel.problems(message) == self.channel.problems(message)
        for problem in self.channel.problems(message):
            assert problem.code
            assert problem.code.replace("_", "").isalnum()
            assert problem.code == problem.code.lower()
            assert problem.text.strip()

    def test_a_text_over_the_limit_is_a_problem(self) -> None:
        limit = self.channel.traits.max_text
        if limit is None:
            pytest.skip("no limit")
        message = dataclasses.replace(self.composed(self.variants[0]), text="ż" * (limit + 1))
        assert any(p.level == "error" for p in self.channel.problems(message))

    def test_its_templates_have_no_fault(self) -> None:
        environment = make_environment()
        names = [n for n in environment.list_templates() if n.startswith(f"{self.channel.key}/")]
        allowed = base.COMMON_NAMES | self.channel.template_names
        assert find_template_faults(environment, names, context_names=allowed) == []

    def test_only_the_client_talks_to_the_network(self) -> None:
        folder = ROOT / "promo" / "channels" / self.channel.key
        talkers = {path.name for path in folder.glob("*.py") if _opens_connections(path)}
        assert talkers <= {"client.py"}

    def test_its_access_shows_no_secret(self) -> None:
        access = Access(config={}, secrets={f.key: "s3cret" for f in self.channel.fields})
        assert "s3cret" not in repr(access)


def _opens_connections(path: Path) -> bool:
    """Does the module make a session or a connection itself? Types and errors are not meant."""
    calls = [
        node.func
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    ]
    return any(
        isinstance(call, ast.Attribute)
        and call.attr in TALKING
        and isinstance(call.value, ast.Name)
        and call.value.id in NETWORK
        for call in calls
    )


@dataclasses.dataclass(frozen=True)
class Outside:
    """A channel wired to a real outside.

    `message(marker)` is a message ready to go out under this marker. `copies(marker)` counts what a
    stranger can see of it. `secrets` are words that must not show anywhere.
    """

    channel: base.ChannelContract
    message: Callable[[str], Message]
    copies: Callable[[str], int]
    secrets: tuple[str, ...] = ()


class PublishingContract:
    """The half that publishes. Override the fixture `outside`."""

    @pytest.fixture
    def outside(self) -> Outside:
        raise NotImplementedError

    def test_our_access_is_good(self, outside: Outside) -> None:
        assert outside.channel.check() == []

    def test_publishing_makes_exactly_one_copy_and_proves_it(self, outside: Outside) -> None:
        receipt = outside.channel.publish(outside.message("once1"), key="once1")
        assert receipt.remote_id
        assert outside.copies("once1") == 1

    def test_what_is_out_is_found_by_its_key(self, outside: Outside) -> None:
        if not outside.channel.traits.look_up:
            pytest.skip("this channel cannot look")
        message = outside.message("find2")
        receipt = outside.channel.publish(message, key="find2")
        found = outside.channel.look_up("find2", message)
        assert found is not None
        assert found.remote_id == receipt.remote_id

    def test_what_is_not_out_is_not_found(self, outside: Outside) -> None:
        if not outside.channel.traits.look_up:
            pytest.skip("this channel cannot look")
        outside.channel.publish(outside.message("near3x"), key="near3x")
        assert outside.channel.look_up("near3", outside.message("near3")) is None

    def test_publishing_again_makes_no_copy_where_the_channel_says_so(
        self, outside: Outside
    ) -> None:
        if not outside.channel.traits.repeat_safe:
            pytest.skip("this channel does not say so")
        message = outside.message("twice4")
        first = outside.channel.publish(message, key="twice4")
        assert outside.channel.publish(message, key="twice4").remote_id == first.remote_id
        assert outside.copies("twice4") == 1

    def test_taking_down_removes_it_and_may_be_repeated(self, outside: Outside) -> None:
        receipt = outside.channel.publish(outside.message("down5"), key="down5")
        if not outside.channel.traits.can_withdraw:
            with pytest.raises(NotAllowed):
                outside.channel.withdraw(receipt)
            return
        outside.channel.withdraw(receipt)
        outside.channel.withdraw(receipt)
        assert outside.copies("down5") == 0

    def test_changing_keeps_it_one_copy(self, outside: Outside) -> None:
        message = outside.message("edit6")
        receipt = outside.channel.publish(message, key="edit6")
        changed = dataclasses.replace(message, text=f"Zmiana!\n\n{message.text}")
        if not outside.channel.traits.can_edit:
            with pytest.raises(NotAllowed):
                outside.channel.update(receipt, changed)
            return
        assert isinstance(outside.channel.update(receipt, changed), Receipt)
        assert outside.copies("edit6") == 1

    def test_what_is_out_is_read_back_as_it_stands_there(self, outside: Outside) -> None:
        if not outside.channel.traits.reads_back:
            pytest.skip("this channel does not read back")
        channel = cast("base.ReadingChannel", outside.channel)
        message = outside.message("read7")
        receipt = channel.publish(message, key="read7")
        assert channel.shown(receipt) == message.text
        channel.withdraw(receipt)
        assert channel.shown(receipt) is None

    def test_what_is_armed_is_held_unseen_and_may_be_changed_and_taken_back(
        self, outside: Outside
    ) -> None:
        schedule = outside.channel.traits.native_schedule
        if schedule is None:
            pytest.skip("this channel's network holds nothing")
        channel = cast("base.SchedulingChannel", outside.channel)
        at = datetime.now(UTC) + schedule.minimum + timedelta(hours=1)
        message = outside.message("armed8")
        receipt = channel.arm(message, key="armed8", at=at)
        (held,) = channel.held("armed8", message)
        assert (held.receipt.remote_id, held.text) == (receipt.remote_id, message.text)
        assert held.at == at.replace(microsecond=0)
        assert channel.held("armed", outside.message("armed")) == []
        changed = dataclasses.replace(message, text=f"Zmiana!\n\n{message.text}")
        channel.amend(receipt, changed, at=None)
        channel.amend(receipt, changed, at=at + timedelta(days=1))
        (held,) = channel.held("armed8", message)
        assert held.text == changed.text
        assert held.at == (at + timedelta(days=1)).replace(microsecond=0)
        assert outside.copies("armed8") == 0
        assert channel.look_up("armed8", message) is None
        channel.withdraw(receipt)
        channel.withdraw(receipt)
        assert channel.held("armed8", message) == []

    def test_no_secret_is_shown_or_logged(
        self, outside: Outside, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            outside.channel.publish(outside.message("quiet7"), key="quiet7")
            outside.channel.check()
        for secret in outside.secrets:
            assert secret not in caplog.text
            assert secret not in repr(outside.channel)
