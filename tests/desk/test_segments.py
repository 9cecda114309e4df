"""Segments at the desk: built by people, counted at once, with and without JavaScript."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.test import Client
from playwright.sync_api import expect

from promo.models import BulkAct, Preferences, Segment, Subscriber
from promo.services import bulk_acts
from tests.browser import OpenPage
from tests.desk.browsing import Desk, faults
from tests.desk.scenes import Scene
from tests.desk.test_screens import browser_of, told

ADD = "/desk/segments/add/"
COUNT = re.compile(r'data-part="count">\s*(.*?)\s*</p>', re.DOTALL)


def english(role: str = "approver") -> Client:
    client = browser_of(role)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def counted(page: str) -> str:
    found = COUNT.search(page)
    assert found is not None
    return re.sub(r"<[^>]*>", "", found[1])


def conditions(page: str) -> list[str]:
    return re.findall(r'name="row-\d+-key" value="(\w+)"', page)


def test_without_a_script_conditions_are_added_counted_removed_and_saved(scene: Scene) -> None:
    client = english()
    page = client.post(ADD, {"name": "", "new": "topics", "add": "1"}).content.decode()
    assert conditions(page) == ["topics"]
    topics = {"row-0-key": "topics", "row-0-values": ["children"], "row-0-negated": ""}
    again = {**topics, "new": "language", "add": "1"}
    page = client.post(ADD, again).content.decode()
    assert conditions(page) == ["topics", "language"]
    assert 'value="children" id="id_row-0-values_3" checked' in page
    both = {**topics, "row-1-key": "language", "row-1-values": ["en"]}
    assert counted(client.post(ADD, {**both, "count": "1"}).content.decode()) == "0 readers"
    page = client.post(ADD, {**both, "remove": "0"}).content.decode()
    assert conditions(page) == ["language"]
    assert 'value="en" id="id_row-0-values_1" checked' in page
    answer = client.post(ADD, {**topics, "row-0-unchosen": "on", "name": "Dzieci", "save": "1"})
    made = Segment.objects.get(name="Dzieci")
    assert answer.headers["Location"] == f"/desk/segments/edit/{made.pk}/"
    (rule,) = made.rules
    assert (rule["key"], rule["values"], rule["unchosen"]) == ("topics", ["children"], True)
    assert made.created_by is not None


def test_the_count_and_ten_of_the_readers_come_as_a_part_of_the_page(scene: Scene) -> None:
    first = Subscriber.objects.order_by("id")[0]
    Preferences.objects.create(subscriber=first, topics=["children"])
    data = {"row-0-key": "topics", "row-0-values": ["children"], "count": "1"}
    headers = {"X-Promo-Part": "result"}
    page = english().post(ADD, data, headers=headers).content.decode()
    assert "<html" not in page
    assert counted(page) == "1 reader"
    assert first.email in page


def test_what_a_condition_lacks_is_said_at_it_and_nothing_is_saved(scene: Scene) -> None:
    before = Segment.objects.count()
    data = {"name": "Nowy", "row-0-key": "topics", "row-1-key": "received", "save": "1"}
    page = english().post(ADD, {**data, "row-1-count": "0"}).content.decode()
    assert "Tick at least one." in page
    assert page.count("promo-problem") == 2
    assert Segment.objects.count() == before


def test_two_segments_have_two_names(scene: Scene) -> None:
    page = english().post(ADD, {"name": scene.segment.name, "save": "1"}).content.decode()
    assert "error-message" in page
    assert Segment.objects.filter(name=scene.segment.name).count() == 1


def test_a_segment_in_use_is_not_deleted_and_the_desk_says_by_what(scene: Scene) -> None:
    scene.issue.segment = scene.segment
    scene.issue.save_revision()
    client = english()
    answer = client.post(f"/desk/segments/delete/{scene.segment.pk}/")
    assert scene.issue.subject in told(answer)
    assert Segment.objects.filter(pk=scene.segment.pk).exists()


def test_both_tabs_of_an_issue_say_to_how_many_it_goes(scene: Scene) -> None:
    client = english("writer")
    edit = client.get(f"/desk/issues/edit/{scene.issue.pk}/").content.decode()
    assert "It goes to 12 readers." in edit
    first, second = Subscriber.objects.order_by("id")[:2]
    Preferences.objects.create(subscriber=first, topics=["arts"])
    Preferences.objects.create(subscriber=second, paused_until_on=date(2031, 1, 1))
    form = {
        "subject": "Subject",
        "newsletter": str(scene.newsletter.pk),
        "segment": str(scene.segment.pk),
        "language": "pl",
        "send_at": "2030-01-02 09:00",
        "blocks-count": "0",
    }
    addresses = (f"{scene.issue.pk}/", f"{scene.issue.pk}/readers/", "readers/")
    for address in addresses:
        told = client.post(f"/desk/issue_checks/{address}", form).content.decode()
        assert "It goes to 10 readers. Left out by their own wish: 1 takes a break." in told
    nowhere = client.post("/desk/issue_checks/readers/", {**form, "newsletter": ""})
    assert "Choose a newsletter" in nowhere.content.decode()


def test_the_list_of_subscribers_shows_a_segment_and_what_can_be_done_with_it(
    scene: Scene,
) -> None:
    query = f"?segment={scene.segment.pk}&language=pl"
    page = english().get(f"/desk/subscribers/{query}").content.decode()
    assert "nowa@example.org" not in page  # has not confirmed yet
    assert "Act on all 12 readers of the list…" in page
    link = query.replace("&", "&amp;")
    assert f'href="/desk/subscribers/export/{link}"' in page
    assert f'href="/desk/subscribers/acts/{link}"' in page
    page = english().get("/desk/subscribers/?state=pending").content.decode()
    assert "nowa@example.org" in page
    assert "czytelnik0@example.org" not in page


def test_an_export_is_fetched_by_whoever_may_and_noted(scene: Scene) -> None:
    path = f"/desk/subscribers/export/?segment={scene.segment.pk}"
    answer = english().post(path)
    content = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert content.count("\r\n") == 13
    page = english().get(path).content.decode()
    assert "segment “Rodzice małych dzieci”" in page
    assert "<td>Ewa</td>" in page
    assert english("writer").post(path).status_code in {302, 403}


def test_erasing_needs_the_number_typed(scene: Scene) -> None:
    path = "/desk/subscribers/acts/new/erase/?q=czytelnik1"
    client = english()
    page = client.post(path, {"why": "prośba", "sure": "2"}).content.decode()
    assert "This is not the number of readers who will be erased." in page
    assert not BulkAct.objects.exists()
    answer = client.post(path, {"why": "prośba", "sure": " 3 "})  # 1, 10 and 11
    act = BulkAct.objects.get()
    assert answer.headers["Location"] == f"/desk/subscribers/acts/{act.pk}/"
    assert "under way" not in client.get(answer.headers["Location"]).content.decode()
    bulk_acts.run(act.pk)
    page = client.get(answer.headers["Location"]).content.decode()
    assert "<dd>3</dd>" in page
    assert Subscriber.objects.filter(email__startswith="czytelnik1").count() == 0
    assert act.started_by is not None


def test_a_started_act_is_stopped_by_its_button(scene: Scene) -> None:
    path = "/desk/subscribers/acts/new/language/?language=pl"
    client = english()
    client.post(path, {"why": "nowa umowa", "language": "en"})
    act = BulkAct.objects.get()
    assert b"data-live" in client.get(f"/desk/subscribers/acts/{act.pk}/").content
    client.post(f"/desk/subscribers/acts/{act.pk}/cancel/")
    act.refresh_from_db()
    assert act.state == BulkAct.State.CANCELLED
    assert english("writer").post(path, {"why": "x", "language": "en"}).status_code in {302, 403}
    assert BulkAct.objects.count() == 1


@pytest.mark.browser
def test_the_number_follows_the_conditions_and_ticked_readers_are_acted_on(
    fresh: Desk, open_page: OpenPage
) -> None:
    page = fresh.enter(open_page(width=1280, height=1000), name="ewa")
    fresh.open(page, ADD)
    count = page.locator("[data-part=count]")
    expect(count).to_contain_text("13")
    page.locator("#new-condition").select_option("reads")
    page.locator("button[name=add]").click()
    expect(page.locator("[name=row-0-negated]")).to_be_focused()
    expect(count).to_contain_text("12")
    page.locator("[name=row-0-negated]").select_option("1")
    expect(count).to_contain_text("1 ")
    expect(page.locator("[data-part=sample]")).to_contain_text("nowa@example.org")
    assert faults(page) == []
    page.locator("[name=name]").fill("Jeszcze nie czytają")
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_contain_text("Jeszcze nie czytają")
    fresh.open(page, "/desk/subscribers/")
    for box in page.locator(".promo-tick input").all()[:2]:
        box.check()
    page.locator("#promo-chosen button").click()
    page.locator("a[href*='/new/language/']").click()
    page.locator("[name=why]").fill("Prośba czytelników")
    assert faults(page) == []
    page.locator("main form button[type=submit]").click()
    expect(page.locator("[data-live]")).to_be_visible()
    assert faults(page) == []
    act = BulkAct.objects.get()
    assert act.total == 2
    bulk_acts.run(act.pk)
    expect(page.locator(".promo-numbers")).to_contain_text("2")  # the page follows by itself
    assert faults(page) == []
