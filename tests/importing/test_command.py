"""`promo item import FILE`."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from promo.demo.pictures import SCENES, draw
from promo.models import Item, Photo
from tests import making
from tests.importing.files import as_table, demo_text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _desk(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    making.installation()
    making.branch()


def run(path: Path, *options: str) -> str:
    said = StringIO()
    call_command("import_items", str(path), *options, stdout=said)
    return said.getvalue()


def test_a_file_is_imported_with_the_pictures_beside_it(tmp_path: Path) -> None:
    (tmp_path / "zdjecia").mkdir()
    (tmp_path / "zdjecia" / "gra.jpg").write_bytes(draw("gra.jpg"))
    path = tmp_path / "program.yaml"
    path.write_text(
        "- kind: concert\n  title: Wieczór z harfą\n  lead: Gra Róża Dębska.\n  branch: glowna\n"
        "  starts_at: +9d 17:00\n  pictures: [zdjecia/gra.jpg | Gra planszowa]\n"
    )
    assert run(path, "--approve") == "1 item was imported.\n"
    assert Item.objects.get().live
    assert Photo.objects.get().description == "Gra planszowa"


def test_the_items_of_the_demonstration_come_from_a_table_too(tmp_path: Path) -> None:
    for slug in ("dzieci", "osiedle-lesne"):
        making.Branch.objects.create(name=slug, slug=slug)
    for name in SCENES:
        (tmp_path / name).write_bytes(draw(name))
    path = tmp_path / "program.csv"
    path.write_text(as_table(demo_text("items.yaml"), ";"), encoding="cp1250")
    run(path)
    assert Item.objects.count() == demo_text("items.yaml").count("\n- kind:")


def test_errors_name_row_and_field_and_nothing_is_imported(tmp_path: Path) -> None:
    path = tmp_path / "program.csv"
    path.write_text("kind,title,lead\nfilm,Dobry,x\nfilmik,,x\n")
    with pytest.raises(CommandError) as raised:
        run(path)
    assert str(raised.value).splitlines() == [
        "Nothing was imported: 2 places must be mended first.",
        "  row 3, kind: “filmik” is not known here. Did you mean film?",
        "  row 3, title: This field must not be empty.",
    ]
    assert not Item.objects.exists()


def test_very_many_errors_are_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "program.csv"
    path.write_text("kind,title,lead\n" + "film,,x\n" * 130)
    with pytest.raises(CommandError) as raised:
        run(path)
    lines = str(raised.value).splitlines()
    assert len(lines) == 102
    assert lines[-1] == "  and 30 more places"


def test_a_file_of_another_kind_and_a_missing_one_are_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"must end in one of: \.yaml, \.yml, \.csv, \.tsv"):
        run(tmp_path / "program.docx")
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        run(tmp_path / "program.yaml")
