"""Two subjects at the desk: written, previewed, watched, chosen, told afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.http import HttpRequest
from django.test import Client
from django.utils import translation
from lxml import html
from playwright.sync_api import expect

from promo.desk.comparisons import comparison
from promo.desk.forms import IssueForm
from promo.desk.issues import IssueViewSet
from promo.models import Issue, Mailing, Subject, Tracking
from promo.services import subjects
from tests.browser import OpenPage
from tests.desk.browsing import Desk, faults
from tests.desk.scenes import Scene
from tests.services.comparing import (
    DECIDED,
    FIRST,
    SECOND,
    START,
    answer,
    compared,
    issue,
    start,
    take,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ewa() -> User:
    return User.objects.create_superuser("nowak", first_name="Ewa", last_name="Nowak")


@pytest.fixture
def desk(client: Client, ewa: User) -> Client:
    client.force_login(ewa)
    return client


def page_of(mailing: Mailing) -> str:
    return f"/desk/publications/{mailing.publication_id}/"


def rows(desk: Client, address: str) -> list[list[str]]:
    """The cells of the comparison, as they are read."""
    page = html.fromstring(desk.get(address).content.decode())
    return [
        [" ".join(cell.text_content().split()) for cell in row.xpath("td")]
        for row in page.xpath("//table[preceding::*[@id='subjects']][1]/tbody/tr")
    ]


@pytest.mark.parametrize("where", ["", "report/", "progress/"])
def test_both_subjects_stand_side_by_side_with_their_figures(desk: Client, where: str) -> None:
    mailing = compared(mode=Tracking.READERS)
    take(mailing, "a", "b")
    answer(mailing, "a", opens=3, clicks=1)
    told = rows(desk, page_of(mailing) + where)
    assert told[0][0] == f"A {FIRST}"
    assert told[1][0] == f"B {SECOND}"
    assert [cell.rpartition(": ")[2] for cell in told[0][1:]] == [
        "4",
        "4",
        "3 (75,0%)",
        "1 (25,0%)",
    ]


def test_the_report_as_a_file_has_the_figures_too(desk: Client) -> None:
    mailing = compared()
    take(mailing, "a", "b")
    answer(mailing, "b", opens=3, clicks=2)
    file = desk.get(f"/desk/publications/{mailing.publication_id}/report.csv")
    told = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()
    figures = {
        which: [int(line.rpartition(";")[2]) for line in told if f";{which}: {subject}" in line]
        for which, subject in (("A", FIRST), ("B", SECOND))
    }
    assert figures == {"A": [4, 4, 0, 0], "B": [4, 4, 3, 2]}


def test_it_says_when_it_is_decided_and_who_waits(desk: Client) -> None:
    told = told_of(compared())
    assert "Promo chooses by itself on" in told["standing"]
    assert "32 readers wait for it." in told["standing"]
    assert told["may_choose"]
    assert told["verdict"] == ""


def told_of(mailing: Mailing) -> dict[str, Any]:
    mailing = Mailing.objects.select_related("publication", "chosen_by").get(pk=mailing.pk)
    with translation.override("en"):
        found = comparison(mailing)
    assert found is not None
    return found


def test_a_choice_is_made_after_a_question_and_only_once(desk: Client) -> None:
    mailing = compared()
    address = page_of(mailing) + "act/"
    assert 'name="sure"' in desk.post(address, {"act": "choose_b"}).content.decode()
    mailing.refresh_from_db()
    assert mailing.chosen == ""
    for act in ("choose_b", "choose_a"):
        desk.post(address, {"act": act, "sure": "yes"})
    mailing.refresh_from_db()
    assert mailing.chosen == "b"
    page = desk.get(page_of(mailing)).content.decode()
    assert "choose_a" not in page
    assert "Ewa Nowak" in page


def test_whoever_may_not_decide_sees_no_buttons(client: Client) -> None:
    writer = User.objects.create_user("jan")
    writer.user_permissions.set(
        Permission.objects.filter(codename__in=["access_admin", "view_item"])
    )
    client.force_login(writer)
    mailing = compared()
    page = client.get(page_of(mailing)).content.decode()
    assert SECOND in page
    assert "choose_a" not in page
    client.post(page_of(mailing) + "act/", {"act": "choose_a", "sure": "yes"})
    mailing.refresh_from_db()
    assert mailing.chosen == ""


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ((0, 0), (0, 0), "Both subjects did equally well."),
        (
            (100, 60),
            (100, 40),
            "Subject A brought more clicks: 60.0% against 40.0%. Chance alone would rarely",
        ),
        (
            (100, 40),
            (100, 43),
            "Subject B brought more clicks: 43.0% against 40.0%. That is too little to tell",
        ),
        ((30, 9), (40, 9), "As many clicked, but with subject B more opened it: 40.0%"),
    ],
)
def test_the_difference_is_told_in_plain_words(
    first: tuple[int, int], second: tuple[int, int], said: str
) -> None:
    mailing = compared(1000)
    take(mailing, "a", "b")
    for subject, (opens, clicks) in (("a", first), ("b", second)):
        answer(mailing, subject, opens=opens, clicks=clicks)
    subjects.sweep(now=DECIDED)
    told = told_of(mailing)
    assert said in told["verdict"]
    assert "by the figures" in told["standing"]


def test_a_choice_of_somebody_who_is_gone_is_not_called_one_by_the_figures(ewa: User) -> None:
    mailing = compared()
    subjects.choose(mailing=mailing, subject=Subject.FIRST, user=ewa, now=START)
    ewa.delete()
    assert "by a person whose account is gone" in told_of(mailing)["standing"]


def test_a_mailing_with_one_subject_compares_nothing(desk: Client) -> None:
    mailing = start(issue(40, second=""))
    assert comparison(mailing) is None
    assert 'id="subjects"' not in desk.get(page_of(mailing)).content.decode()


# -- the editor


def test_the_editor_has_the_second_subject_in_a_closed_panel(scene: Scene, desk: Client) -> None:
    page = html.fromstring(desk.get(f"/desk/issues/edit/{scene.issue.pk}/").content.decode())
    assert page.xpath("//section[contains(@class, 'collapsed')]//input[@name='subject_b']")
    assert page.xpath("string(//input[@name='sample_percent']/@value)") == "20"
    assert page.xpath("string(//input[@name='sample_hours']/@value)") == "4"


@pytest.mark.parametrize(
    ("given", "kept"),
    [("", 20), ("35", 35), ("9", None), ("51", None), ("viele", None)],
)
def test_the_share_is_10_to_50_percent_and_as_usual_where_it_is_empty(
    scene: Scene, given: str, kept: int | None
) -> None:
    form_class: type[IssueForm] = IssueViewSet().get_edit_handler().get_form_class()
    data = {
        "subject": "Temat",
        "subject_b": "Drugi",
        "sample_percent": given,
        "newsletter": str(scene.newsletter.pk),
        "language": "pl",
        "send_at": "2030-01-02 09:00",
        "blocks-count": "0",
    }
    form = form_class(data, instance=scene.issue)
    assert form.is_valid() is (kept is not None)
    if kept is not None:
        saved: Issue = form.save(commit=False)
        assert (saved.sample_percent, saved.sample_hours, saved.subject_b) == (kept, 4, "Drugi")


def test_the_preview_shows_both_subjects_where_there_are_two(scene: Scene) -> None:
    assert "subjects" not in dict(scene.issue.preview_modes)
    scene.issue.subject_b = SECOND
    assert "subjects" in dict(scene.issue.preview_modes)
    shown = scene.issue.serve_preview(HttpRequest(), "subjects").content.decode()
    assert scene.issue.subject in shown
    assert SECOND in shown
    assert SECOND in scene.issue.serve_preview(HttpRequest(), "text").content.decode()
    mail = scene.issue.serve_preview(HttpRequest(), "second").content.decode()
    assert f"<title>{SECOND}</title>" in mail.replace("\N{NO-BREAK SPACE}", " ")


# -- before a browser


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_person_watches_and_chooses_on_a_screen_without_fault(
    fresh: Desk, open_page: OpenPage
) -> None:
    mailing = compared(mode=Tracking.READERS)
    take(mailing, "a", "b")
    answer(mailing, "b", opens=3, clicks=2)
    page = fresh.enter(open_page(width=1280, height=900), name="ewa")
    for path in ("report/", ""):
        fresh.open(page, page_of(mailing) + path)
        assert faults(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click("[name=act][value=choose_b]")
    assert faults(page) == []
    page.click("form:has([name=sure]) [type=submit]")
    expect(page.locator("section[aria-labelledby=readers] .promo-tag--published")).to_have_count(1)
    mailing.refresh_from_db()
    assert mailing.chosen == "b"
