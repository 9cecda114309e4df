"""A1: what the page shows is on the website no later."""

from __future__ import annotations

from dataclasses import replace

from promo.planning import Destination, ReasonCode
from promo.values import Variant

from .worlds import MAIL, PAGE, SITE, codes, event, planned, post, remembered, step, times, wall

POST = step("D-14 17:00", key="post")


def test_a_website_step_that_comes_later_is_brought_forward() -> None:
    late = step("D-3 10:00", channel="website", key="entry")

    made = planned(event(), POST, late)

    assert times(made, SITE) == {"entry": "2026-10-06 17:00"}
    assert codes(post(made, "entry")) == [ReasonCode.WEBSITE_FIRST]


def test_a_website_step_that_comes_earlier_is_left_alone() -> None:
    early = step("D-21 10:00", channel="website", key="entry")

    made = planned(event(), POST, early)

    assert times(made, SITE) == {"entry": "2026-09-29 10:00"}
    assert codes(post(made, "entry")) == []


def test_a_missing_website_step_is_added() -> None:
    made = planned(event(), POST, step("D-1 17:00", Variant.REMINDER, key="r"))

    assert times(made, SITE) == {"twin_page": "2026-10-06 17:00"}
    twin = post(made, "twin_page")
    assert twin.variant is Variant.ANNOUNCE
    assert twin.not_after_at == wall("2026-10-20 19:00")
    assert codes(twin) == [ReasonCode.WEBSITE_ADDED]


def test_a_post_that_moved_earlier_or_later_takes_its_twin_along() -> None:
    made = planned(replace(event(), approved_at=wall("2026-10-17 22:00")), POST)

    assert times(made) == {"post": "2026-10-18 07:00"}
    assert times(made, SITE) == {"twin_page": "2026-10-18 07:00"}


def test_the_entry_that_is_out_already_is_twin_enough() -> None:
    made = planned(event(), POST, told={SITE.ref})

    assert times(made, SITE) == {}


def test_a_report_needs_a_report_on_the_website() -> None:
    report = step("D+1 11:00", Variant.REPORT, key="report")

    made = planned(event(report_ready=True), report, told={SITE.ref, PAGE.ref})

    assert times(made, SITE) == {"twin_report": "2026-10-21 11:00"}
    assert post(made, "twin_report").variant is Variant.REPORT
    assert post(made, "twin_report").not_after_at == post(made, "report").not_after_at


def test_the_added_twin_is_not_added_again_once_it_is_out() -> None:
    subject = event(report_ready=True)
    report = step("D+1 11:00", Variant.REPORT, key="report")
    first = planned(subject, report)
    now = wall("2026-10-21 11:00")
    memory = [post for post in remembered(first, subject, now=now) if post.destination == "site"]

    again = planned(subject, report, now=now, occupied=memory)

    assert times(again) == {"report": "2026-10-21 11:00"}
    assert times(again, SITE) == {}


def test_newsletters_need_no_twin() -> None:
    mail = step("D-14 10:00", channel="newsletter_email", key="mail")

    assert times(planned(event(), mail), SITE) == {}


def test_without_a_website_the_post_says_what_is_missing() -> None:
    made = planned(event(), POST, destinations=(PAGE, MAIL))

    assert codes(post(made, "post")) == [ReasonCode.WEBSITE_MISSING]


def test_the_twin_goes_to_the_branchs_own_website() -> None:
    page = replace(PAGE, branch="north")
    north = Destination("z north site", "website", branch="north")

    made = planned(event(), POST, destinations=(page, SITE, north))

    assert times(made, north) == {"twin_page": "2026-10-06 17:00"}
    assert times(made, SITE) == {}
