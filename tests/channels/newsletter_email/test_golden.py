"""Draft in, mail out: compared whole with what a person has read.

PROMO_WRITE_GOLDEN=1 writes the files anew, for a person to read the difference.
"""

import dataclasses
import json
import os
from pathlib import Path

import pytest

from promo.values import Message, Variant
from tests.channels import samples
from tests.channels.newsletter_email import issues

FOLDER = Path(__file__).with_name("golden")
DRAFTS = {
    "issue-pl": issues.issue_draft(),
    "issue-en": issues.issue_draft(issues.ISSUE_EN),
    "announce": issues.item_draft(issues.WORKSHOP, Variant.ANNOUNCE),
    "announce-en": samples.draft(Variant.ANNOUNCE, language="en"),
    "announce-contest": issues.item_draft(issues.CONTEST, Variant.ANNOUNCE),
    "reminder": samples.draft(Variant.REMINDER, pictures=(samples.picture(),)),
    "today": samples.draft(Variant.TODAY),
    "last-days": issues.item_draft(issues.EXHIBITION, Variant.LAST_DAYS),
    "results": issues.item_draft(issues.CONTEST, Variant.RESULTS),
    "report": samples.draft(Variant.REPORT, body_html="<p>Dziękujemy 40 osobom.</p>"),
    "changed": issues.item_draft(issues.MOVED, Variant.CHANGED),
    "cancelled": issues.item_draft(issues.CANCELLED, Variant.CANCELLED),
    "news": issues.item_draft(issues.NEWS, Variant.NEWS),
}


@pytest.mark.parametrize("name", DRAFTS)
def test_a_draft_gives_this_mail(name: str) -> None:
    message = issues.compose(DRAFTS[name])
    assert_golden(f"{name}.txt", _head_and_text(message))
    assert_golden(f"{name}.html", message.html)


def test_every_variant_has_its_mail() -> None:
    assert {draft.variant for draft in DRAFTS.values()} == set(Variant)


def _head_and_text(message: Message) -> str:
    rest = dataclasses.replace(message, html="", text="").to_json()
    head = {name: value for name, value in rest.items() if value}
    return f"{json.dumps(head, ensure_ascii=False, indent=1, sort_keys=True)}\n\n{message.text}"


def assert_golden(name: str, content: str) -> None:
    path = FOLDER / name
    if os.environ.get("PROMO_WRITE_GOLDEN") == "1":
        path.write_text(content, "utf-8")
    assert path.read_text("utf-8") == content
