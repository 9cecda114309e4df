"""An issue that has left us: told in the list and the editor, and no longer changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.forms import model_to_dict
from django.test import Client
from django.urls import reverse
from lxml import html
from wagtail.models import Workflow
from wagtail.test.utils.form_data import nested_form_data, streamfield

from promo.models import Issue, Mailing, Publication
from promo.protocol import State
from tests.desk.scenes import Scene
from tests.desk.test_screens import browser_of

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)  # 9:00 in Warsaw
EDIT = "wagtailsnippets_promo_issue:edit"


@pytest.fixture
def sent(scene: Scene) -> Issue:
    """An issue that has gone out to 58 readers."""
    issue = scene.issue
    issue.live = True
    issue.save()
    row = Publication.objects.create(
        issue=issue,
        destination=issue.newsletter.destination,
        slot="issue",
        variant="issue",
        state=State.PUBLISHED.value,
        planned_at=AT,
        due_at=AT,
        published_at=AT,
    )
    Mailing.objects.create(
        publication=row,
        newsletter=issue.newsletter,
        state=Mailing.State.FINISHED,
        readers=58,
        unknown_policy="leave",
        started_at=AT,
        went_on_at=AT,
        finished_at=AT + timedelta(minutes=1),
    )
    return issue


def text_of(client: Client, address: str) -> str:
    page = html.fromstring(client.get(address).content.decode())
    return " ".join(page.xpath("string(//body)").split())


def written(issue: Issue) -> dict[str, str]:
    """What the editor would send, with another subject."""
    return nested_form_data(
        {
            **{name: str(value) for name, value in model_to_dict(issue, ["language"]).items()},
            "subject": "Coś innego",
            "newsletter": str(issue.newsletter_id),
            "send_at": "2026-12-24 09:00",
            "blocks": streamfield([]),
        }
    )


def test_the_list_tells_when_and_to_how_many_it_went_and_leads_there(sent: Issue) -> None:
    client = browser_of("approver")
    page = html.fromstring(client.get("/desk/issues/").content.decode())
    row = reverse("publications:show", args=[sent.publications.get().pk])
    (cell,) = page.xpath(f"//td[a[@href='{row}']]")
    assert "27.11.2026, 9:00" in " ".join(cell.text_content().split()).replace("09:00", "9:00")
    assert "58 czytelników" in cell.text_content()


def test_the_editor_tells_it_and_offers_nothing_to_save_or_approve(sent: Issue) -> None:
    client = browser_of("approver")
    page = html.fromstring(client.get(reverse(EDIT, args=[sent.pk])).content.decode())
    told = " ".join(page.xpath("string(//*[contains(@class, 'messages')])").split())
    assert "Wysłano 27 listopada 2026 o godz. 09:00 do 58 czytelników." in told
    row = reverse("publications:show", args=[sent.publications.get().pk])
    assert page.xpath(f"//*[contains(@class, 'messages')]//a[@href='{row}']")
    (action,) = page.xpath("//footer//button[@type='submit']")
    assert action.get("disabled") is not None
    assert action.text_content().strip() == "Wysłano"


@pytest.mark.parametrize("action", ["", "action-publish", "action-submit"])
def test_no_button_changes_what_went_out(sent: Issue, action: str) -> None:
    before = sent.latest_revision_id
    form = written(sent) | ({action: "1"} if action else {})
    browser_of("approver").post(reverse(EDIT, args=[sent.pk]), form)
    sent.refresh_from_db()
    assert sent.latest_revision_id == before
    assert sent.subject != "Coś innego"


def test_what_was_written_before_it_went_out_is_not_approved_after(sent: Issue) -> None:
    jan, client = User.objects.get(username="jan"), browser_of("approver")
    Publication.objects.filter(issue=sent).update(state=State.PUBLISHED.value)
    sent.subject = "Poprawiony temat"
    sent.save_revision(user=jan)
    state = Workflow.objects.get(name="akceptacji").start(sent, jan)
    address = reverse(
        "wagtailsnippets_promo_issue:workflow_action",
        args=[sent.pk, "approve", state.current_task_state.pk],
    )
    answer = client.post(address, {"comment": ""})
    (message,) = [str(message) for message in get_messages(answer.wsgi_request)]
    assert message.startswith("Wysłano 27 listopada 2026")
    state.refresh_from_db()
    assert state.status == state.STATUS_IN_PROGRESS


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (Mailing.State.RUNNING, "Trwa wysyłka do 58 czytelników, rozpoczęta 27 listopada 2026"),
        (Mailing.State.CANCELLED, "Wysyłkę rozpoczęto 27 listopada 2026"),
    ],
)
def test_the_editor_tells_how_far_the_sending_is(sent: Issue, state: str, told: str) -> None:
    Mailing.objects.update(state=state, finished_at=None)
    assert told in text_of(browser_of("approver"), reverse(EDIT, args=[sent.pk]))


def test_an_issue_that_only_waits_is_edited_as_ever(scene: Scene) -> None:
    page = html.fromstring(
        browser_of("approver").get(reverse(EDIT, args=[scene.issue.pk])).content.decode()
    )
    assert page.xpath("//footer//button[@name='action-publish']")
    assert not page.xpath("//footer//button[@disabled]")
