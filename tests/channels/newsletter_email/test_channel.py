"""The newsletter keeps the contract; publishing hands the message to the mail engine once."""

from datetime import UTC, datetime

import pytest
import requests

from promo.channels.base import Access, Wires
from promo.channels.newsletter_email import Channel
from promo.values import Message, Receipt
from tests.channels import samples
from tests.channels.contract import ChannelContract, Outside, PublishingContract
from tests.channels.newsletter_email import issues


class TestContract(ChannelContract):
    channel = Channel


class Ledger:
    """The database's part: one mailing for a key."""

    def __init__(self) -> None:
        self.mailings: dict[str, Message] = {}

    def enqueue(self, access: Access, message: Message, key: str) -> Receipt:
        self.mailings.setdefault(key, message)
        return Receipt(remote_id=f"{access.config['newsletter']}/{key}")


class TestPublishing(PublishingContract):
    @pytest.fixture
    def outside(self) -> Outside:
        ledger = Ledger()
        wires = Wires(http=requests.Session, now=lambda: datetime.now(UTC), enqueue=ledger.enqueue)
        return Outside(
            channel=Channel(Access(config={"newsletter": "news"}, secrets={"x": "hush"}), wires),
            message=lambda marker: issues.compose(samples.draft(marker=marker)),
            copies=lambda marker: int(marker in ledger.mailings),
            secrets=("hush",),
        )


def test_the_message_goes_to_the_mail_engine_as_it_was_approved() -> None:
    ledger = Ledger()
    wires = Wires(http=requests.Session, now=lambda: datetime.now(UTC), enqueue=ledger.enqueue)
    message = issues.compose(issues.issue_draft())
    channel = Channel(Access(config={"newsletter": "news"}), wires)
    assert channel.publish(message, key="k1") == Receipt("news/k1")
    assert ledger.mailings == {"k1": message}
