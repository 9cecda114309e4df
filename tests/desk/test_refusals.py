"""What the desk turns away, in plain words and without losing anything."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection
from django.forms import model_to_dict
from PIL import ExifTags, Image
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text

from promo.models import Institution, Photo
from tests import making
from tests.desk import scenes
from tests.desk.browsing import pl
from tests.desk.scenes import Scene
from tests.desk.test_evergreen import form_of
from tests.desk.test_screens import browser_of

MEGABYTE = 2**20
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def bomb(side: int) -> bytes:
    """A PNG of some kilobytes that would unfold to side times side pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(side // 8 + 1) * 64)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def heavy() -> bytes:
    """A proper JPEG with 30 MB behind it."""
    return scenes.picture().getvalue() + bytes(30 * MEGABYTE)


WRITTEN = {
    "kind": "author_meeting",
    "language": "pl",
    "lead": "Rozmowa i podpisywanie książek.",
    "level": "3",
    "status": "scheduled",
    "photos": inline_formset([]),
}
REFUSED = {
    "bomb.png": lambda: bomb(10_000),
    "huge bomb.png": lambda: bomb(60_000),
    "drawing.svg": lambda: SVG,
    "drawing.png": lambda: SVG,
    "heavy.jpg": heavy,
    "empty.jpg": lambda: b"",
    "text.jpg": lambda: b"no picture at all",
}


@pytest.mark.parametrize("name", REFUSED)
def test_picture_that_is_none_is_refused_with_a_reason(name: str, scene: Scene) -> None:
    client = browser_of("writer")
    answer = client.post(
        "/desk/images/add/",
        {
            "title": "Mój obraz",
            "description": "Opis, który nie ma zginąć",
            "consent": "not_needed",
            "file": SimpleUploadedFile(name, REFUSED[name]()),
        },
    )
    page = answer.content.decode()
    assert answer.status_code == 200
    assert answer.context["form"].errors["file"]
    assert "Opis, który nie ma zginąć" in page
    assert not Photo.objects.filter(title="Mój obraz").exists()


@pytest.mark.parametrize("name", REFUSED)
def test_picture_among_several_is_refused_with_a_reason(name: str, scene: Scene) -> None:
    answer = browser_of("writer").post(
        "/desk/images/multiple/add/",
        {"title": name, "files[]": SimpleUploadedFile(name, REFUSED[name]())},
        headers={"x-requested-with": "XMLHttpRequest"},
    )
    assert answer.status_code == 200
    said = answer.json()
    assert said["success"] is False
    assert said["error_message"]
    assert not Photo.objects.filter(title=name).exists()


def test_picture_is_kept_without_what_the_camera_wrote(scene: Scene) -> None:
    taken = Image.new("RGB", (60, 40), "teal")
    where = Image.Exif()
    where[ExifTags.Base.Make] = "Camera"
    where.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (50.0, 58.0, 21.0)
    file = BytesIO()
    taken.save(file, "PNG", exif=where)
    browser_of("writer").post(
        "/desk/images/add/",
        {
            "title": "Rynek",
            "description": "Rynek w Kluczborku",
            "consent": "not_needed",
            "file": SimpleUploadedFile("rynek.png", file.getvalue()),
        },
    )
    kept = Photo.objects.get(title="Rynek")
    with kept.file.open("rb") as stored, Image.open(stored) as picture:
        assert picture.format == "JPEG"
        assert not picture.getexif()
    assert kept.filename.endswith(".jpg")


def test_unknown_time_zone_is_refused_at_its_field(scene: Scene) -> None:
    client = browser_of("approver")
    address = f"/desk/settings/promo/institution/{Institution.load().pk}/"
    form = client.get(address).context["form"]
    data = {name: value for name, value in form.initial.items() if value is not None}
    data |= {f"closed_days-{name}": 0 for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS")}
    answer = client.post(address, {**data, "name": "Nowa nazwa", "zone": "Europe/Kluczbork"})
    assert "Europe/Kluczbork" in str(answer.context["form"].errors["zone"])
    assert "Nowa nazwa" in answer.content.decode()
    assert Institution.load().zone == "Europe/Warsaw"


def test_every_setting_of_the_house_can_be_reached(scene: Scene) -> None:
    address = f"/desk/settings/promo/institution/{Institution.load().pk}/"
    offered = set(browser_of("approver").get(address).context["form"].fields)
    assert set(model_to_dict(Institution.load())) - {"id", "closed_days"} <= offered


def test_form_too_large_to_be_read_is_refused_in_plain_words(scene: Scene) -> None:
    answer = browser_of("writer").post(
        f"/desk/items/edit/{scene.item.pk}/", {"body": "a" * 10 * MEGABYTE}
    )
    assert answer.status_code == 400
    assert pl("This could not be sent") in answer.content.decode()
    scene.item.refresh_from_db()
    assert scene.item.body == ""


def test_body_longer_than_a_text_may_be_is_refused_at_its_field(scene: Scene) -> None:
    client = browser_of("writer")
    body = f"<p>{'Bardzo obszerny tekst. ' * 10_000}</p>"
    form = {**WRITTEN, "title": "Powieść", "body": rich_text(body)}
    answer = client.post("/desk/items/add/", nested_form_data(form))
    assert answer.context["form"].errors["body"]
    assert "Bardzo obszerny tekst." in answer.content.decode()


def test_an_approval_that_cannot_be_written_down_approves_nothing(scene: Scene) -> None:
    item = making.item(kind="heritage", title="Spacer", starts_at=None, ends_at=None, level=2)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE promo_approval ADD CONSTRAINT never CHECK (false) NOT VALID")
    client = browser_of("approver")
    form = form_of(item, **{"action-publish": "1"})
    with pytest.raises(IntegrityError, match="never"):
        client.post(f"/desk/items/edit/{item.pk}/", form)
    item.refresh_from_db()
    assert not item.live
    assert not item.publications.exists()
