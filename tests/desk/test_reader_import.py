"""A file of readers at the desk: looked at, imported, reported, and safe to open in Excel."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from promo.desk.downloads import harmless
from promo.desk.reader_imports import letters
from promo.models import Newsletter, ReaderImport, Subscriber
from promo.services import reader_imports
from tests.browser import OpenPage
from tests.desk.browsing import Desk, faults, pl
from tests.desk.scenes import Scene
from tests.desk.test_screens import browser_of
from tests.services.test_reader_imports import Still

State = ReaderImport.State
INDEX = "/desk/subscribers/imports/"
FILE = (
    "Adres e-mail;Imię;Data zgody\n"
    "zofia@example.org;Zofia Żółć;1.05.2024\n"
    "=HYPERLINK(1);Zły;\n"
    "zofia@EXAMPLE.org;Zofia;\n"
)


@pytest.mark.parametrize(
    "cell", ["=1+1", "+48", "-1", "@x", "\t=1", "\r=1", "  =1", "＝1", "＋1", "－1", "＠1", "\n=1"]
)
def test_a_formula_is_taken_away_as_text(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "Żółć", "a@example.org", "1", "a=b", "'x"])
def test_other_text_is_taken_away_as_it_is(cell: str) -> None:
    assert harmless(cell) == cell


def posted(role: str, newsletter: Newsletter, content: bytes) -> str:
    """Uploads a file; gives where that leads."""
    data = {
        "newsletter": newsletter.pk,
        "file": SimpleUploadedFile("czytelnicy.csv", content),
        "source": "kiermasz",
        "wording": "Zgadzam się.",
    }
    answer = browser_of(role).post(INDEX, data)
    return str(answer.headers.get("Location", answer.status_code))


def test_whoever_may_not_add_readers_may_not_import_them(scene: Scene) -> None:
    assert browser_of("writer").get(INDEX).status_code in {302, 403}
    page = browser_of("approver").get("/desk/subscribers/").content.decode()
    assert f'href="{INDEX}"' in page


def test_an_upload_leads_to_a_look_at_the_rows_and_an_empty_file_to_words(scene: Scene) -> None:
    assert posted("approver", scene.newsletter, b"") == "200"
    place = posted("approver", scene.newsletter, FILE.encode("cp1250"))
    page = browser_of("approver").get(place).content.decode()
    assert "Zofia Żółć" in page
    assert ReaderImport.objects.get().started_by is not None


def test_another_delimiter_is_tried_and_shown_before_anything_starts(scene: Scene) -> None:
    place = posted("approver", scene.newsletter, FILE.encode())
    given = {"encoding": "utf-8", "delimiter": ",", "has_heading": "on", "email": "0", "start": "1"}
    browser_of("approver").post(place, given)
    asked = ReaderImport.objects.get()
    assert (asked.state, asked.delimiter, asked.columns) == (State.UPLOADED, ",", {"email": 0})


def test_a_column_beyond_the_letter_z_can_be_chosen(scene: Scene) -> None:
    cells = [f"k{number}" for number in range(26)]
    file = f"{';'.join(cells)};Adres\n{';'.join(cells)};zofia@example.org\n"
    place = posted("approver", scene.newsletter, file.encode())
    page = browser_of("approver").get(place).content.decode()
    assert "AA: Adres" in page
    given = {"encoding": "utf-8", "delimiter": ";", "has_heading": "on", "email": "26"}
    browser_of("approver").post(place, {**given, "start": "1"})
    asked = ReaderImport.objects.get()
    assert (asked.state, asked.columns) == (State.WAITING, {"email": 26})


@pytest.mark.parametrize(
    ("place", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ")]
)
def test_columns_are_named_as_in_a_spreadsheet(place: int, name: str) -> None:
    assert letters(place) == name


def test_each_stage_has_a_bar_with_a_value_while_it_is_known(scene: Scene) -> None:
    place = posted("approver", scene.newsletter, FILE.encode())
    asked = ReaderImport.objects.all()

    def bar(**values: object) -> str:
        asked.update(**values)
        page = browser_of("approver").get(f"{place}progress/").content.decode()
        return page.partition("<progress")[2].partition(">")[0]

    assert 'max="4" value="2"' in bar(state=State.READING, rows=2)
    assert "value" not in bar(rows=5)  # the file has more rows than it said
    assert "value" not in bar(rows=2, expected_rows=0)
    assert 'max="7" value="3"' in bar(state=State.MERGING, merged=3)


def test_the_report_opens_in_polish_excel_and_computes_nothing(
    scene: Scene, settings: Settings
) -> None:
    place = posted("approver", scene.newsletter, FILE.encode())
    asked = ReaderImport.objects.get()
    reader_imports.start(asked=asked)
    reader_imports.read(asked.pk, watch=Still)
    answer = browser_of("approver").get(f"{place}refused.csv")
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    assert [row[:2] for row in rows[1:]] == [
        ["3", "'=HYPERLINK(1); Zły; "],
        ["4", "zofia@EXAMPLE.org"],
    ]
    assert all(len(row) == 3 and row[2] for row in rows)
    assert browser_of("writer").get(f"{place}refused.csv").status_code in {302, 403}


@pytest.mark.browser
def test_staff_import_a_file_and_take_the_report_away(
    fresh: Desk, open_page: OpenPage, tmp_path: Path
) -> None:
    file = tmp_path / "czytelnicy.csv"
    file.write_bytes(FILE.encode("cp1250"))
    page = fresh.enter(open_page(width=1440, height=1000), name="ewa")
    fresh.open(page, "/desk/subscribers/")
    page.get_by_role("link", name=pl("Import readers")).first.click()
    _upload(page, file)
    expect(page.get_by_text("Zofia Żółć")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("button", name=pl("Start the import")).click()
    expect(page.locator("[data-live]")).to_be_visible()
    assert faults(page) == []
    reader_imports.read(ReaderImport.objects.get().pk)
    expect(page.get_by_text(pl("new readers"))).to_be_visible()  # the page follows by itself
    assert faults(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name=pl("Download the rows that were left out")).click()
    report = download.value.path().read_text(encoding="utf-8-sig")
    assert "'=HYPERLINK(1)" in report
    assert Subscriber.objects.filter(email="zofia@example.org").exists()


def _upload(page: Page, file: Path) -> None:
    page.locator("[name=file]").set_input_files(file)
    page.locator("[name=source]").fill("Formularze z kiermaszu")
    page.locator("[name=wording]").fill("Zgadzam się na newsletter.")
    assert faults(page) == []
    page.get_by_role("button", name=pl("Upload")).click()
