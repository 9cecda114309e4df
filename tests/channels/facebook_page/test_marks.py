"""Which posts are ours: the same app and our own link, exactly."""

from __future__ import annotations

import pytest

from promo.channels.facebook_page import marks

LINK = "https://biblioteka.example/w/7fK2q"
APP = "100000000000001"


def post(message: str = "", *, app: object = APP, **attachment: str) -> dict[str, object]:
    made: dict[str, object] = {"id": "1_2", "message": message, "application": {"id": app}}
    if attachment:
        made["attachments"] = {"data": [attachment]}
    return made


def ours(given: dict[str, object], link: str = LINK) -> bool:
    return marks.is_ours(given, app_id=APP, link=link)


@pytest.mark.parametrize(
    "text",
    [
        LINK,
        f"Więcej informacji: {LINK}",
        f"Szczegóły: {LINK}\n\n#Kluczbork",
        f"Zapisy ({LINK}).",
        f"Czytaj: {LINK}…",
        f"{LINK}?fbclid=IwAR0",
        f"„{LINK}”",
        f"Link:\u00a0{LINK}",
    ],
)
def test_the_link_is_found_as_a_whole(text: str) -> None:
    assert ours(post(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Spotkanie z Łucją Żądło-Ćwięką",
        f"{LINK}a",
        f"{LINK}-2",
        f"{LINK}/x",
        f"{LINK}.html",
        LINK[:-1],
        LINK.upper(),
        f"https://zla.example/?u={LINK}",
        f"https://zla.example/{LINK}",
        LINK.replace("7fK2q", "7fk2q"),
        LINK.replace("biblioteka.example", "bibliotekaxexample"),
    ],
)
def test_a_longer_shorter_or_other_link_is_not_ours(text: str) -> None:
    assert not ours(post(text))


@pytest.mark.parametrize("address", [LINK, f"{LINK}?fbclid=IwAR0", f"{LINK}#x"])
def test_the_link_is_found_in_an_attachment(address: str) -> None:
    assert ours(post("Spotkanie", unshimmed_url=address))


@pytest.mark.parametrize("address", [f"{LINK}x", f"{LINK}/", "https://biblioteka.example/", ""])
def test_another_attachment_is_not_ours(address: str) -> None:
    assert not ours(post("Spotkanie", unshimmed_url=address))


@pytest.mark.parametrize("app", ["100000000000002", "", None, 1])
def test_a_post_of_another_app_is_not_ours(app: object) -> None:
    assert not ours(post(LINK, app=app))


def test_a_post_made_by_hand_is_not_ours() -> None:
    by_hand = post(LINK)
    del by_hand["application"]
    assert not ours(by_hand)


def test_an_empty_link_marks_nothing() -> None:
    assert not ours(post(""), link="")
    assert not ours(post("x", unshimmed_url="https://a.example/"), link="")


@pytest.mark.parametrize(
    "link", [LINK, "https://b.example/?w=7fK2q", "https://b.example/w/7fK2q/x"]
)
def test_a_link_carries_its_key_as_a_whole_part(link: str) -> None:
    assert marks.carries(link, "7fK2q")
    assert not marks.carries(link, "7fK2")
    assert not marks.carries(link, "")
