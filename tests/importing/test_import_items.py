"""Items into the database: all or none."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.utils import timezone
from wagtail.models import Revision

from promo.demo.pictures import draw
from promo.errors import InvalidRows
from promo.importing import ItemInput, PictureInput
from promo.models import Item, ItemPhoto, Partner, Photo, Publication
from promo.models.items import validate_recurrence
from promo.services.importing import import_items, pictures_below
from tests import making
from tests.importing.files import Told, told

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def given(**values: object) -> ItemInput:
    plain = ItemInput(
        row=2,
        kind="concert",
        title="Wieczór z harfą",
        lead="Gra Róża Dębska. Godz. 17.00, Galeria.",
        starts_at=timezone.now() + timedelta(days=20),
        branch="glowna",
        venue="Galeria",
        audiences=("adults",),
    )
    return replace(plain, **values)  # type: ignore[arg-type]


def errors(*inputs: ItemInput, approve: bool = False) -> Told:
    before = kept()
    with pytest.raises(InvalidRows) as raised:
        import_items(inputs=inputs, now=NOW, approve=approve, read_picture=draw)
    assert kept() == before, "something was stored after all"
    return told(raised.value)


def kept() -> tuple[object, ...]:
    """Everything an import could leave behind."""
    rows = (Item, ItemPhoto, Partner, Photo, Publication, Revision)
    home = Path(default_storage.path(""))
    return (
        *(model.objects.count() for model in rows),
        sorted(path for path in home.rglob("*") if path.is_file()),
    )


@pytest.fixture(autouse=True)
def _desk(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    making.installation()
    making.branch()


def test_items_become_drafts_with_all_that_belongs_to_them() -> None:
    picture = PictureInput("scena.jpg", "Mikrofon na scenie", author="Promo")
    [item] = import_items(
        inputs=[given(partners=("Dom Kultury",), pictures=(picture,), hashtags="Harfa")],
        now=NOW,
        read_picture=draw,
    )
    item = Item.objects.get(pk=item.pk)
    assert (item.title, item.branch.slug, item.live) == ("Wieczór z harfą", "glowna", False)
    assert item.slug == "wieczor-z-harfa"
    assert [partner.name for partner in item.partners.all()] == ["Dom Kultury"]
    [shown] = item.photos.all()
    assert (shown.photo.description, shown.photo.author) == ("Mikrofon na scenie", "Promo")
    assert (shown.photo.width, shown.photo.height) == (1600, 900)
    assert item.latest_revision is not None
    assert not item.publications.exists()


def test_approved_items_are_planned() -> None:
    [item] = import_items(inputs=[given()], now=NOW, approve=True)
    assert Item.objects.get(pk=item.pk).live
    assert item.publications.filter(destination__channel="website").exists()


def test_a_known_partner_is_not_made_twice() -> None:
    Partner.objects.create(name="Dom Kultury")
    [item] = import_items(inputs=[given(partners=("DOM KULTURY",))], now=NOW)
    assert Partner.objects.count() == 1
    assert Item.objects.get(pk=item.pk).partners.get().name == "Dom Kultury"


def test_a_branch_may_be_given_by_its_name_and_one_picture_is_stored_once() -> None:
    one = PictureInput("gra.jpg", "Gra planszowa")
    other = PictureInput("gra.jpg", "Kostki do gry")
    items = import_items(
        inputs=[
            given(branch="BIBLIOTEKA GŁÓWNA", pictures=(one,)),
            given(title="Drugi", pictures=(other,)),
        ],
        now=NOW,
        read_picture=draw,
    )
    assert {item.branch.slug for item in items} == {"glowna"}
    assert Photo.objects.count() == 1
    assert [row.alt for row in ItemPhoto.objects.order_by("id")] == ["", "Kostki do gry"]


def test_one_bad_row_keeps_every_row_out() -> None:
    picture = PictureInput("scena.jpg", "Mikrofon na scenie")
    good = given(partners=("Nowy Partner",), pictures=(picture,))
    assert errors(good, given(row=3, title="Inny", branch="glowa", timetable="evnt")) == [
        (3, "branch", "“glowa” is not known here. Did you mean glowna?"),
        (3, "timetable", "“evnt” is not known here. Did you mean event?"),
    ]


def test_what_the_model_refuses_is_told_with_row_and_field() -> None:
    with pytest.raises(ValidationError) as bad_rule:
        validate_recurrence("CO=TYDZIEN")
    found = errors(
        given(lead="x" * 161),
        given(row=3, recurrence="CO=TYDZIEN", sign_up_url="to nie adres"),
        given(row=4, title="Inny", hashtags="a b c d e f"),
        given(row=5, title="Inny", partners=("p" * 161,)),
    )
    assert found == [
        (2, "lead", "Ensure this value has at most 160 characters (it has 161)."),
        (3, "recurrence", bad_rule.value.message),
        (3, "sign_up_url", "Enter a valid URL."),
        (4, "hashtags", "At most five hashtags: more are noise for screen readers."),
        (5, "partners", "Ensure this value has at most 160 characters (it has 161)."),
    ]


def test_an_event_that_is_here_already_is_refused() -> None:
    once = given()
    import_items(inputs=[once], now=NOW)
    assert errors(once) == [(2, "title", "An item with this title and date is here already.")]


def test_an_event_twice_in_one_file_is_refused() -> None:
    once = given()
    assert errors(once, replace(once, row=3)) == [
        (3, "title", "An item with this title and date is here already.")
    ]


def test_what_the_gate_forbids_is_told_and_leaves_no_file() -> None:
    picture = PictureInput("scena.jpg", "Mikrofon na scenie")
    nowhere = given(row=3, title="Nigdzie", branch="", venue="")
    found = errors(given(pictures=(picture,)), nowhere, approve=True)
    assert [(row, field) for row, field, _text in found] == [(3, "branch")]


def test_an_event_that_is_over_cannot_be_approved() -> None:
    yesterday = NOW - timedelta(days=1)
    found = errors(given(starts_at=yesterday), approve=True)
    assert found[0] == (
        2,
        "starts_at",
        "It is over already: it cannot be announced any more.",
    )
    assert import_items(inputs=[given(starts_at=yesterday)], now=NOW)


def test_a_missing_picture_and_one_outside_the_folder_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "import"
    folder.mkdir()
    (tmp_path / "tajne.jpg").write_bytes(draw("gra.jpg"))
    (folder / "tekst.jpg").write_text("to nie jest obraz")
    (folder / "gra.jpg").write_bytes(draw("gra.jpg"))
    names = ("nie-ma.jpg", "../tajne.jpg", "/etc/hostname", "tekst.jpg", "gra.jpg")
    inputs = [
        given(row=row, title=name, pictures=(PictureInput(name, "Opis"),))
        for row, name in enumerate(names, start=2)
    ]
    with pytest.raises(InvalidRows) as raised:
        import_items(inputs=inputs, now=NOW, read_picture=pictures_below(folder))
    outside = "lies outside the folder of the import file."
    assert told(raised.value) == [
        (2, "pictures", "There is no picture “nie-ma.jpg” next to the import file."),
        (3, "pictures", f"The picture “../tajne.jpg” {outside}"),
        (4, "pictures", f"The picture “/etc/hostname” {outside}"),
        (5, "pictures", "This is not a picture we can use. Use JPEG, PNG, WebP or GIF."),
    ]
    assert not Photo.objects.exists()
