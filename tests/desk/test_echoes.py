"""What came of a mailing, on its page: opens and clicks, and why mails did not arrive."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from lxml import html

from promo.models import Newsletter, TrackedLink, Tracking
from tests import making
from tests.services import returning
from tests.services.returning import HARD, POLICY
from tests.services.test_tracking import LATER, code, link, picture, started, visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ewa"))
    return client


def test_clicks_are_told_by_link_with_the_readers_where_they_are_known(desk: Client) -> None:
    mailing = started(Tracking.READERS)
    visit(picture(), as_=code())
    visit(link(1), as_=code())
    visit(link(1), as_=code(), at=LATER + timedelta(hours=1))
    address = f"/desk/publications/{mailing.publication_id}/report/"
    page = html.fromstring(desk.get(address).content.decode())
    first = page.xpath("//section[@aria-labelledby='clicks']//tbody/tr")[0]
    words = " ".join(first.text_content().split())
    assert "Odsyłacz 1" in words
    assert "https://a.example/1" in words
    assert [cell.text_content().split()[-1] for cell in first.xpath("td")[1:]] == ["2", "1"]


def test_where_nobody_is_known_no_readers_are_told_and_where_nothing_is_counted_nothing(
    desk: Client,
) -> None:
    mailing = started(Tracking.COUNTS)
    page = html.fromstring(desk.get(f"/desk/publications/{mailing.publication_id}/report/").content)
    assert len(page.xpath("//section[@aria-labelledby='clicks']//thead//th")) == 2
    mailing.tracking = Tracking.OFF
    mailing.save()
    page = html.fromstring(desk.get(f"/desk/publications/{mailing.publication_id}/report/").content)
    assert not page.xpath("//section[@aria-labelledby='clicks']")


def test_the_report_is_a_file_too_and_nothing_in_it_is_computed(desk: Client) -> None:
    mailing = started(Tracking.COUNTS)
    TrackedLink.objects.filter(pk=link(1).pk).update(label="=1+1", clicks=7)
    answer = desk.get(f"/desk/publications/{mailing.publication_id}/clicks.csv")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + 7
    assert lines[2] == "'=1+1;https://a.example/1;7;"


def test_both_files_of_a_report_are_offered_beside_each_other(desk: Client) -> None:
    mailing = started(Tracking.COUNTS)
    address = f"/desk/publications/{mailing.publication_id}"

    def offered() -> list[str]:
        page = html.fromstring(desk.get(f"{address}/report/").content)
        links = page.xpath("//*[@class='promo-bar']//a/@href")
        return [str(link) for link in links if str(link).endswith(".csv")]

    assert offered() == [f"{address}/report.csv", f"{address}/clicks.csv"]
    mailing.tracking = Tracking.OFF
    mailing.save()
    assert offered() == [f"{address}/report.csv"]


def test_the_report_is_for_those_who_may_see_items() -> None:
    mailing = started(Tracking.COUNTS)
    client = Client()
    client.force_login(User.objects.create_user("nikt"))
    assert client.get(f"/desk/publications/{mailing.publication_id}/clicks.csv").status_code == 302


def test_why_mails_did_not_arrive_is_told_in_words_with_the_providers_answer(desk: Client) -> None:
    mailing = returning.mailing(readers=3)
    first, second, third = returning.deliveries(mailing)
    returning.come_back(returning.report(first, HARD))
    for delivery in (second, third):
        returning.come_back(returning.report(delivery, POLICY))
    page = html.fromstring(desk.get(f"/desk/publications/{mailing.publication_id}/report/").content)
    (section,) = page.xpath("//section[@aria-labelledby='refused-because']")
    counts = [" ".join(one.split()) for one in section.xpath(".//dd/text()")]
    assert [one.split()[0] for one in counts] == ["2", "1"]
    row = " ".join(section.xpath("string(.//tbody/tr)").split())
    assert row.startswith("example.org")
    assert "DMARC" in row


def test_nothing_is_counted_unless_the_newsletter_says_so(desk: Client) -> None:
    newsletter = making.newsletter()
    page = html.fromstring(desk.get(f"/desk/newsletters/edit/{newsletter.pk}/").content)
    (field,) = page.xpath("//select[@name='tracking']")
    assert field.value == Tracking.OFF


def test_readers_are_told_what_is_counted_and_agree_to_it() -> None:
    newsletter = making.newsletter()
    assert newsletter.name not in wording()
    Newsletter.objects.filter(pk=newsletter.pk).update(tracking=Tracking.READERS)
    assert newsletter.name in wording()


def wording() -> str:
    """What the sign-up form asks readers to agree to."""
    page = html.fromstring(Client().get("/newsletter/").content.decode())
    return " ".join(page.xpath("string(//*[@for='consent'])").split())
