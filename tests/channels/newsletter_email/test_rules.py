"""What the desk shows before a mail is approved."""

import dataclasses

import pytest

from promo.channels.newsletter_email import Channel
from promo.values import Block, IssueFacts, Message, Picture
from tests.channels import samples
from tests.channels.newsletter_email import issues

ISSUE = issues.compose(issues.issue_draft())


def codes(message: Message, level: str = "error") -> set[str]:
    return {problem.code for problem in Channel.problems(message) if problem.level == level}


def with_html(old: str, new: str) -> Message:
    assert old in ISSUE.html
    return dataclasses.replace(ISSUE, html=ISSUE.html.replace(old, new))


@pytest.mark.parametrize("issue", [issues.ISSUE, issues.ISSUE_EN])
def test_a_decent_issue_has_no_problems(issue: IssueFacts) -> None:
    assert Channel.problems(issues.compose(issues.issue_draft(issue))) == []


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        ("", "subject_missing"),
        ("  ", "subject_missing"),
        ("Październik\r\nBcc: x@example.org", "subject_unusable"),
        ("Październik\u2028w bibliotece", "subject_unusable"),
        ("NARODOWE CZYTANIE W PARKU", "subject_caps"),
    ],
)
def test_a_subject_that_cannot_go_out_is_an_error(subject: str, code: str) -> None:
    assert codes(dataclasses.replace(ISSUE, subject=subject)) == {code}


@pytest.mark.parametrize(
    ("subject", "code"),
    [("Październik " * 6, "subject_long"), ("Czytamy 📚 w parku 🌳", "subject_emoji")],
)
def test_a_subject_that_reads_badly_is_a_warning(subject: str, code: str) -> None:
    assert codes(dataclasses.replace(ISSUE, subject=subject), "warning") == {code}


@pytest.mark.parametrize(
    ("subject", "code", "level"),
    [
        ("NARODOWE CZYTANIE W PARKU", "second_subject_caps", "error"),
        ("Październik\r\nBcc: x@example.org", "second_subject_unusable", "error"),
        (issues.ISSUE.subject.upper(), "subjects_same", "error"),
        ("Październik " * 6, "second_subject_long", "warning"),
    ],
)
def test_the_second_subject_is_looked_at_like_the_first(
    subject: str, code: str, level: str
) -> None:
    message = dataclasses.replace(ISSUE, subject_b=subject)
    assert code in codes(message, level)
    told = [one for one in Channel.problems(message) if one.code == code]
    assert [one.field for one in told] == ["subject_b"]


@pytest.mark.parametrize("subject", ["DKK", "DKK w MBP", "Czytamy w parku 📚", "Ż" * 9])
def test_an_abbreviation_or_one_emoji_is_fine(subject: str) -> None:
    assert Channel.problems(dataclasses.replace(ISSUE, subject=subject)) == []


@pytest.mark.parametrize("preheader", ["", "Krótko", "Długo " * 30])
def test_a_preview_text_of_a_bad_length_is_a_warning(preheader: str) -> None:
    message = dataclasses.replace(ISSUE, preheader=preheader)
    assert codes(message, "warning") == {"preheader_length"}


@pytest.mark.parametrize("blocks", [(), (Block("divider"),), (Block("item", item=None),)])
def test_an_empty_issue_is_an_error(blocks: tuple[Block, ...]) -> None:
    assert "issue_empty" in codes(issues.composed(*blocks))


def test_a_picture_nobody_described_is_an_error() -> None:
    message = issues.composed(Block("picture", picture=Picture("https://e.org/a.jpg", alt=" ")))
    assert codes(message) == {"alt_missing"}


def test_an_items_picture_nobody_described_is_an_error() -> None:
    item = dataclasses.replace(samples.MEETING, pictures=(samples.picture(alt=""),))
    assert codes(issues.composed(Block("item", item=item))) == {"alt_missing"}


@pytest.mark.parametrize("text", ["tutaj", "Kliknij tutaj", "więcej"])
def test_a_link_that_says_nothing_is_an_error(text: str) -> None:
    html = f'<p>Program jest <a href="https://e.org/">{text}</a>.</p>'
    assert codes(issues.composed(Block("text", html=html))) == {"link_text_banned"}
    button = Block("button", text=text, url="https://e.org/")
    assert codes(issues.composed(button)) == {"link_text_banned"}


def test_a_heavy_mail_is_a_warning() -> None:
    html = "<p>" + "Zażółć gęślą jaźń. " * 250 + "</p>"
    message = issues.composed(*[Block("text", html=html)] * 20)
    assert codes(message, "warning") == {"mail_heavy"}
    assert codes(message) == set()


@pytest.mark.parametrize("part", ["html", "text"])
def test_a_mail_without_a_way_out_is_an_error(part: str) -> None:
    lost = getattr(ISSUE, part).replace("unsubscribe.slot.invalid", "example.org")
    assert "unsubscribe_missing" in codes(dataclasses.replace(ISSUE, **{part: lost}))


def test_a_mail_without_text_is_an_error() -> None:
    assert "text_missing" in codes(dataclasses.replace(ISSUE, text=""))


def test_a_mail_in_another_language_than_it_says_is_an_error() -> None:
    assert codes(with_html('lang="pl"', 'lang="de"')) == {"lang_missing"}


def test_two_items_of_one_name_have_links_that_differ() -> None:
    later = dataclasses.replace(
        issues.WORKSHOP,
        title=samples.MEETING.title,
        link="https://biblioteka.example/items/8/",
        sign_up_url="",
    )
    message = issues.composed(Block("item", item=samples.MEETING), Block("item", item=later))
    assert codes(message, "warning") == set()
    assert "Zobacz szczegóły: Spotkanie z Łucją Żądło-Ćwięką, 24 października" in message.text
