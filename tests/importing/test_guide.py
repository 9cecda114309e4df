"""docs/import.md: its examples can be imported, and it names every field, kind and audience."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command

from promo.demo.pictures import draw
from promo.importing.records import KNOWN, REQUIRED
from promo.models import Item
from promo.planning.kinds import AUDIENCES, KINDS
from tests import making
from tests.importing.files import from_csv, from_yaml

GUIDE = (Path(__file__).parents[2] / "docs" / "import.md").read_text("utf-8")
TABLE = GUIDE.partition("## The fields")[2].partition("\n**Kinds")[0]


def example(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    return str(found)


def named(heading: str) -> list[str]:
    return re.findall(r"`(\w+)`", GUIDE.partition(f"**{heading}:**")[2].partition("\n\n")[0])


def test_every_field_is_explained_and_no_other() -> None:
    explained = re.findall(r"`(\w+)`", "\n".join(re.findall(r"^\|([^|]*)\|", TABLE, re.MULTILINE)))
    assert sorted(explained) == sorted(KNOWN)
    assert all(f"`{name}`" in GUIDE.partition("## YAML")[0] for name in REQUIRED)


def test_every_kind_and_audience_is_named() -> None:
    assert named("Kinds") == list(KINDS)
    assert named("Audiences") == [audience.key for audience in AUDIENCES]


def test_the_dates_of_the_guide_mean_the_same() -> None:
    forms = re.findall(r"`([^`]+)`", GUIDE.partition("## Dates")[2])[:4]
    items = from_yaml(
        "".join(f'- {{kind: film, title: x, lead: y, starts_at: "{form}"}}\n' for form in forms)
    )
    assert len({item.starts_at for item in items}) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "count"), [("yaml", 2), ("csv", 2)])
def test_the_examples_are_imported(
    settings: object, tmp_path: Path, language: str, count: int
) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")  # type: ignore[attr-defined]
    making.installation()
    making.branch()
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "mis.jpg").write_bytes(draw("mis.jpg"))
    path = tmp_path / f"programme.{language}"
    path.write_text(example(language), encoding="utf-8")
    call_command("import_items", str(path))
    assert Item.objects.count() == count


def test_the_rules_of_the_guide_make_series() -> None:
    rules = re.findall(r"^\| `(FREQ[^`]+)`", GUIDE, re.MULTILINE)
    rows = "".join(f"story_time,x,y,2027-03-10 16:30,{rule.replace(',', '|')}\n" for rule in rules)
    items = from_csv(f"kind,title,lead,starts_at,recurrence\n{rows}")
    assert len(items) == len(rules) == 5
