"""Texts are found wherever they stand, and a catalogue that does not fit is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from promo import catalogs
from promo.errors import ConfigurationError

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(catalogs, "ROOT", tmp_path)
    monkeypatch.setattr(catalogs, "LOCALES", tmp_path / "promo" / "locale")
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def collected(root: Path) -> set[object]:
    [path] = catalogs.collect_all()
    with path.open("rb") as file:
        return {message.id for message in read_po(file) if message.id}


def test_texts_of_python_are_found(root: Path) -> None:
    write(
        root / "promo" / "words.py",
        '_("Save")\ngettext_lazy("Item")\nngettext("%(n)s day", "%(n)s days", n)\n',
    )
    assert collected(root) == {"Save", "Item", ("%(n)s day", "%(n)s days")}


def test_texts_of_jinja_templates_are_found(root: Path) -> None:
    write(
        root / "templates" / "public" / "a.html.j2",
        '{{ _("When") }}{% trans %}\n  At the library\n{% endtrans %}'
        '{{ ngettext("%(num)s place", "%(num)s places", 2) }}',
    )
    assert collected(root) == {
        "When",
        "At the library",
        ("%(num)s place", "%(num)s places"),
    }


def test_texts_of_django_templates_are_found(root: Path) -> None:
    write(
        root / "promo" / "desk" / "templates" / "desk" / "a.html",
        '{% load i18n %}{% translate "Today" %}{% translate "May" context "month" %}\n'
        "{% blocktranslate count n=days trimmed %}\n  {{ n }} day\n{% plural %}\n  {{ n }} days\n"
        '{% endblocktranslate %}{{ _("Say \\"yes\\"") }}{% include "b.html" with c=_("Cafe") %}',
    )
    found = collected(root)
    assert {"Today", "May", "Cafe"} <= found
    assert ("%(n)s day", "%(n)s days") in found


def test_a_translation_stays_when_the_texts_are_collected_again(root: Path) -> None:
    write(root / "promo" / "words.py", '_("Save")\n_("New")\n')
    po = root / "promo" / "locale" / "pl" / "LC_MESSAGES" / "django.po"
    write(po, f'{HEADER}msgid "Save"\nmsgstr "Zapisz"\n\nmsgid "Gone"\nmsgstr "Nie ma"\n')
    assert collected(root) == {"Save", "New"}
    assert 'msgstr "Zapisz"' in po.read_text()
    assert "Nie ma" not in po.read_text()


def test_only_what_changed_is_compiled(root: Path) -> None:
    po = root / "promo" / "locale" / "pl" / "LC_MESSAGES" / "django.po"
    write(po, f'{HEADER}msgid "Save"\nmsgstr "Zapisz"\n')
    assert catalogs.compile_stale() == [po.with_suffix(".mo")]
    assert catalogs.compile_stale() == []


def test_a_translation_that_loses_a_value_is_refused(root: Path) -> None:
    po = root / "promo" / "locale" / "pl" / "LC_MESSAGES" / "django.po"
    write(po, f'{HEADER}#, python-format\nmsgid "%(n)s readers"\nmsgstr "%(m)s czytelników"\n')
    with pytest.raises(ConfigurationError, match="texts that do not fit"):
        catalogs.compile_stale()
    assert not po.with_suffix(".mo").exists()
