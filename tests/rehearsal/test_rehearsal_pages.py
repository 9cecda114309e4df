"""What people see: the start page, the followers' page, the mailboxes, in two languages."""

from __future__ import annotations

import re
import smtplib
from email.message import EmailMessage
from pathlib import Path

import pytest
import requests

from promo.rehearsal import seed
from promo.rehearsal.strings import COUNTED, TEXTS, counted, text
from tests.rehearsal.client import Rehearsal


def send(world: Rehearsal, subject: str = "Grudzień", html: str = "") -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "b@x.example", "l@y.example", subject
    mail.set_content("Dzień dobry")
    if html:
        mail.add_alternative(html, subtype="html")
    with smtplib.SMTP("127.0.0.1", world.smtp_port, timeout=20) as smtp:
        smtp.send_message(mail)


def test_the_start_page_counts_and_leads_on(world: Rehearsal) -> None:
    world.publish()
    send(world)
    html = world.get("/").text
    assert '<html lang="pl"' in html
    assert "1 wpis" in html
    assert "1 wiadomość" in html
    assert 'href="/page/"' in html
    assert 'href="/mail/"' in html


def test_the_page_shows_only_what_is_public(world: Rehearsal) -> None:
    world.publish("Widać")
    world.publish("Szkic", published="false")
    world.publish("Planowany", published="false", scheduled_publish_time="+1 hour")
    world.fault("development_mode", times=1)
    world.publish("Próbny tryb")

    html = world.get("/page/").text

    assert "Widać" in html
    for hidden in ("Szkic", "Planowany", "Próbny tryb"):
        assert hidden not in html
    assert "Strona próbna – tak widzą ją obserwujący" in html
    assert "Facebook" not in html


def test_alternative_texts_are_shown_and_their_lack_too(world: Rehearsal) -> None:
    world.upload(caption="z opisem", alt_text_custom="Kot na regale")
    assert "Tekst alternatywny: Kot na regale" in world.get("/page/").text
    world.upload(caption="bez opisu")
    assert "Brak tekstu alternatywnego" in world.get("/page/").text


def test_texts_are_escaped_and_links_are_links(world: Rehearsal) -> None:
    world.publish("<script>alert(1)</script> https://x.example/?a=1&b=2. #Czytanie\nDrugi wiersz")
    html = world.get("/page/").text
    assert "<script>alert" not in html
    assert '<a href="https://x.example/?a=1&amp;b=2" rel="noopener">' in html
    assert '<span class="tag">#Czytanie</span><br>' in html


def test_a_link_shows_its_preview(world: Rehearsal) -> None:
    link = f"{world.base}/page/?lang=en"
    world.publish("z odnośnikiem", link=link)
    html = world.get("/page/").text
    assert f'class="card" href="{link}"' in html


def test_times_are_those_of_warsaw(world: Rehearsal) -> None:
    # A Sunday in July: Warsaw is two hours ahead of UTC.
    world.publish("a")
    html = world.get("/page/").text
    found = re.search(r'<time datetime="[\d-]+T(\d\d):\d\d:\d\d\+00:00">.*, (\d\d):\d\d<', html)
    assert found
    assert (int(found[2]) - int(found[1])) % 24 in (1, 2)


def test_a_single_post_has_its_own_address(world: Rehearsal) -> None:
    post_id = world.publish("sam").json()["id"]
    address = world.graph(post_id, fields="permalink_url")["permalink_url"]
    assert "sam" in requests.get(address, timeout=20).text
    assert world.get("/page/1/posts/2/").status_code == 404


def test_a_long_page_is_turned(world: Rehearsal) -> None:
    for number in range(51):
        world.publish(f"wpis numer {number}.")
    assert "wpis numer 0." not in world.get("/page/").text
    assert "wpis numer 0." in world.get("/page/", **{"from": 50}).text


def test_a_mail_is_shown_in_three_ways(world: Rehearsal) -> None:
    html = "<html><head><title>x</title></head><body><script>1</script><h1>Treść</h1></body></html>"
    send(world, html=html)
    (mail,) = world.mails()
    address = f"/mail/{mail['id']}/"

    assert "Grudzień" in world.get("/mail/").text
    assert f'src="{address}html"' in world.get(address).text
    assert 'sandbox="allow-popups' in world.get(address).text
    assert "Dzień dobry" in world.get(address, tab="text").text
    assert "Content-Type" in world.get(address, tab="headers").text
    framed = world.get(f"{address}html")
    assert framed.headers["Content-Security-Policy"].startswith("sandbox allow-popups")
    assert '<base target="_blank">' in framed.text


def test_mails_are_searched_by_recipient(world: Rehearsal) -> None:
    send(world)
    assert "Grudzień" in world.get("/mail/", to="L@Y").text
    assert "nie przyszła żadna wiadomość" in world.get("/mail/", to="<nikt>").text


@pytest.mark.parametrize("path", ["/", "/page/", "/mail/"])
def test_pages_speak_english_when_asked(world: Rehearsal, path: str) -> None:
    html = world.get(path, lang="en").text
    assert '<html lang="en"' in html
    assert "lang=en" in re.findall(r'class="world" href="([^"]+)"', html)[0]
    assert "lang=pl" in re.findall(r'class="language" href="([^"]+)"', html)[0]


def test_pages_carry_a_strict_policy_and_an_etag(world: Rehearsal) -> None:
    first = world.get("/page/")
    assert "script-src 'self'" in first.headers["Content-Security-Policy"]
    headers = {"If-None-Match": first.headers["ETag"]}
    again = requests.get(f"{world.base}/page/", headers=headers, timeout=20)
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/page/5/", "/mail/999/", "/media/1", "/static/x", "/mail/x"])
def test_what_is_not_there_is_a_friendly_404(world: Rehearsal, path: str) -> None:
    answer = world.get(path)
    assert answer.status_code == 404
    assert "Nie ma takiej strony" in answer.text


def test_an_address_without_its_slash_is_sent_on(world: Rehearsal) -> None:
    assert world.get("/page").status_code == 200
    assert world.get(f"/page/{seed.PAGE_ID}").status_code == 200


def test_the_start_page_tells_of_faults_and_the_moved_clock(world: Rehearsal) -> None:
    world.fault("bad_gateway", path="/feed")
    world.clock(3600)
    html = world.get("/").text
    assert "bad_gateway /feed" in html
    assert "0 razy" in html
    assert "jest przestawiony" in html


def test_both_languages_take_the_same_values() -> None:
    for polish, english in TEXTS.values():
        assert set(re.findall(r"{\w+}", polish)) == set(re.findall(r"{\w+}", english))
    assert all(len(polish) == 3 and len(english) == 2 for polish, english in COUNTED.values())


@pytest.mark.parametrize(
    ("n", "polish", "english"),
    [
        (0, "0 wpisów", "0 posts"),
        (1, "1 wpis", "1 post"),
        (2, "2 wpisy", "2 posts"),
        (5, "5 wpisów", "5 posts"),
        (12, "12 wpisów", "12 posts"),
        (22, "22 wpisy", "22 posts"),
        (1240, "1\N{NO-BREAK SPACE}240 wpisów", "1,240 posts"),
    ],
)
def test_counts_take_the_right_form(n: int, polish: str, english: str) -> None:
    assert counted("n_posts", n, "pl") == polish
    assert counted("n_posts", n, "en") == english


def test_one_letter_words_stay_with_the_next() -> None:
    assert "i\N{NO-BREAK SPACE}udawane" in text("start_lead", "pl")


def test_a_sender_is_shown_without_the_quotes_of_the_wire(world: Rehearsal) -> None:
    for sender, shown in (
        ('"Biblioteka, Filia nr 2" <b@x.example>', "Biblioteka, Filia nr 2 &lt;b@x.example&gt;"),
        ("=?utf-8?q?=C5=BBabka?= <b@x.example>", "Żabka &lt;b@x.example&gt;"),
        ("b@x.example", "b@x.example"),
    ):
        source = f"From: {sender}\r\nSubject: x\r\n\r\nx\r\n"
        with smtplib.SMTP("127.0.0.1", world.smtp_port, timeout=20) as smtp:
            smtp.sendmail("a@x.example", "l@y.example", source)
        page = world.get(f"/mail/{world.mails()[0]['id']}/").text
        assert f"<dd>{shown}</dd>" in page


def test_the_start_page_leads_back_to_the_desk_that_was_told(
    world: Rehearsal, tmp_path: Path
) -> None:
    assert "Wróć do Promo" not in world.get("/").text.replace("\N{NO-BREAK SPACE}", " ")
    desk = "http://127.0.0.1:8000/desk/"
    with Rehearsal.start(tmp_path, desk_url=desk) as told:
        assert f'<a href="{desk}">' in told.get("/").text
        assert f'<a href="{desk}">' in told.get("/", lang="en").text
