"""A template that would fail when published is refused before."""

from pathlib import Path

import pytest

from promo.rendering import find_source_faults, find_template_faults, make_environment

NAMES = {"item", "issue", "institution", "draft", "link"}


@pytest.mark.parametrize(
    ("source", "code", "told"),
    [
        ("{% if %}", "template_syntax", "line 1"),
        ("\n{{ item.title|tpyeset }}", "template_unknown_filter", "tpyeset"),
        ("{% if a %}{{ item.title|tpyeset }}{% endif %}", "template_unknown_filter", "tpyeset"),
        ("{% if item is evn %}{% endif %}", "template_unknown_test", "evn"),
        ("\n\n{{ itm }}", "template_unknown_variable", "line 3"),
        ("{% for x in items %}{% endfor %}", "template_unknown_variable", "items"),
        ("{% if secret is defined %}{% endif %}", "template_unknown_variable", "secret"),
        ("{{ item.titel }}", "template_unknown_attribute", "titel"),
        ("{{ draft.item.titel }}", "template_unknown_attribute", "titel"),
        ("{{ item.place.nmae }}", "template_unknown_attribute", "nmae"),
        (
            "{% for p in item.pictures %}{{ p.source }}{% endfor %}",
            "template_unknown_attribute",
            "source",
        ),
        ("{{ (item.pictures|first).source }}", "template_unknown_attribute", "source"),
        ("{{ item.pictures[0].source }}", "template_unknown_attribute", "source"),
        (
            "{% for b in issue.blocks %}{% set i = b.item %}{{ i.titel }}{% endfor %}",
            "template_unknown_attribute",
            "titel",
        ),
        ("{% include 'no.txt.j2' %}", "template_missing", "no.txt.j2"),
        ("{% include ['no.txt.j2', 'nor.txt.j2'] %}", "template_missing", "no.txt.j2"),
        ("{% extends 'no.txt.j2' %}", "template_missing", "no.txt.j2"),
        ("{% import 'no.txt.j2' as m %}", "template_missing", "no.txt.j2"),
        ("{% from 'macros.txt.j2' import nothing %}", "template_missing_macro", "nothing"),
        ("{% import 'macros.txt.j2' as m %}{{ m.nothing() }}", "template_missing_macro", "nothing"),
        ("{% from 'dates.txt.j2' import day %}", "template_import_context", "dates.txt.j2"),
        ("{% from 'links.txt.j2' import to %}", "template_import_context", "links.txt.j2"),
    ],
)
def test_a_fault_is_found_and_named(tmp_path: Path, source: str, code: str, told: str) -> None:
    macros = tmp_path / "macros.txt.j2"
    macros.write_text("{% macro one(a) %}{{ a }}{% endmacro %}")
    (tmp_path / "dates.txt.j2").write_text("{% macro day(a) %}{{ a|date }}{% endmacro %}")
    (tmp_path / "links.txt.j2").write_text("{% macro to(a) %}{{ link }}{% endmacro %}")
    (tmp_path / "t.txt.j2").write_text(source)
    faults = find_template_faults(
        make_environment(tmp_path), ["t.txt.j2"], context_names=NAMES | {"a"}
    )
    assert [fault.code for fault in faults] == [code]
    assert told in faults[0].text
    assert faults[0].field == "t.txt.j2"


@pytest.mark.parametrize(
    "source",
    [
        "{{ item.title|typeset }} {{ institution.tz }} {{ item.channel_texts.facebook_page }}",
        "{% set titel = item.title %}{{ titel }}",
        "{% for item in issue.blocks %}{{ item.kind }}{{ loop.index }}{% endfor %}",
        "{% macro m(item) %}{{ item.anything }}{% endmacro %}{{ m(link) }}",
        "{% set item %}x{% endset %}{{ item.upper() }}",
        "{{ _('January') }}{{ ngettext('a', 'b', 2) }}{{ pgettext('c', 'd') }}",
        "{% trans who=item.title %}Hello {{ who }}{% endtrans %}",
        "{% include 'no.txt.j2' ignore missing %}",
        "{% include ['no.txt.j2', 'macros.txt.j2'] %}",
        "{% from 'macros.txt.j2' import one as other %}{{ other(1) }}",
        "{% import 'macros.txt.j2' as m %}{{ m.one(1) }}",
        "{% from 'dates.txt.j2' import day with context %}{{ day(item.starts_at) }}",
        "{% extends 'base.txt.j2' %}{% set m = 1 %}{% block b %}{{ m }}{% endblock %}",
        "{% for n in range(3) %}{{ n }}{% endfor %}",
    ],
)
def test_a_good_template_has_no_fault(tmp_path: Path, source: str) -> None:
    (tmp_path / "macros.txt.j2").write_text("{% macro one(a) %}{{ a }}{% endmacro %}")
    (tmp_path / "dates.txt.j2").write_text("{% macro day(a) %}{{ a|date }}{% endmacro %}")
    (tmp_path / "base.txt.j2").write_text("{% block b %}{% endblock %}")
    faults = find_source_faults(
        make_environment(tmp_path), source, name="t.txt.j2", context_names=NAMES
    )
    assert faults == []


def test_every_template_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.html.j2").write_text("{{ unknown_here }}")
    (tmp_path / "a" / "note.txt").write_text("{{ no template }}")
    faults = find_template_faults(make_environment(tmp_path), context_names=NAMES)
    assert "a/one.html.j2" in {fault.field for fault in faults}
    assert "a/note.txt" not in {fault.field for fault in faults}


def test_a_folder_may_have_names_of_its_own(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "t.txt.j2").write_text("{{ slots }}")
    faults = find_template_faults(
        make_environment(tmp_path),
        ["a/t.txt.j2", "b/t.txt.j2"],
        context_names={"": NAMES, "a/": NAMES | {"slots"}},
    )
    assert [fault.field for fault in faults] == ["b/t.txt.j2"]


def test_a_partial_may_use_what_all_that_include_it_set(tmp_path: Path) -> None:
    (tmp_path / "_block.txt.j2").write_text("{{ block }}{{ other }}")
    (tmp_path / "a.txt.j2").write_text(
        "{% set other = 1 %}"
        "{% for block in issue.blocks %}{% include '_block.txt.j2' %}{% endfor %}"
    )
    (tmp_path / "b.txt.j2").write_text("{% set block = 1 %}{% include '_block.txt.j2' %}")
    faults = find_template_faults(
        make_environment(tmp_path), ["_block.txt.j2"], context_names=NAMES
    )
    assert [fault.text for fault in faults if "block”" in fault.text] == []
    assert any("other" in fault.text for fault in faults)


def test_a_template_that_is_not_there_is_a_fault() -> None:
    faults = find_template_faults(make_environment(), ["no/such.txt.j2"], context_names=NAMES)
    assert [fault.code for fault in faults] == ["template_missing"]
