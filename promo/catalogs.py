"""The catalogues of translations: collected and compiled with Babel, without GNU gettext."""

from __future__ import annotations

import ast
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from promo.errors import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "promo" / "locale"
LANGUAGES = ("pl",)  # the sources are English

_PAIR = (1, 2)
_KEYWORDS: dict[str, Any] = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": _PAIR,
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# `silent` off: a template that cannot be read is an error, not a template without texts.
_JINJA = {"silent": "false", "trimmed": "true", "newstyle_gettext": "true"}
_TEXT = r"""u?(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")"""
_CALL = re.compile(rf"\b(n?p?gettext|_)\(\s*({_TEXT}(?:\s*,\s*{_TEXT})*)")

Found = tuple[str, int, Any, str | None]


def stale() -> list[Path]:
    """Each .po that is newer than its .mo."""
    return [
        source
        for source in sorted((ROOT / "promo").rglob("locale/*/LC_MESSAGES/*.po"))
        if not source.with_suffix(".mo").exists()
        or source.with_suffix(".mo").stat().st_mtime <= source.stat().st_mtime
    ]


def compile_stale() -> list[Path]:
    """Write the .mo of each stale .po; gives those written. Raises `ConfigurationError`."""
    written = []
    for source in stale():
        catalog = _read(source)
        target = source.with_suffix(".mo")
        fresh = target.with_suffix(f".{os.getpid()}")
        with fresh.open("wb") as file:
            write_mo(file, catalog)
        fresh.replace(target)
        written.append(target)
    return written


def collect_all() -> list[Path]:
    """Bring each .po up to date with the texts in the sources; gives those written."""
    template = Catalog(domain="django", project="Promo", charset="utf-8")
    for file, line, message, context in sorted(_texts(), key=lambda found: found[:2]):
        template.add(message, None, [(file, line)], context=context)
    return [_update(language, template) for language in LANGUAGES]


def _update(language: str, template: Catalog) -> Path:
    path = LOCALES / language / "LC_MESSAGES" / "django.po"
    catalog = Catalog(locale=language, domain="django", project="Promo", charset="utf-8")
    if path.exists():
        with path.open("rb") as file:
            catalog = read_po(file, locale=language, domain="django")
    # A guessed translation is worse than none: it is shown as if somebody had read it.
    catalog.update(template, no_fuzzy_matching=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=100, include_lineno=False, ignore_obsolete=True)
    return path


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        catalog = read_po(file, domain="django", abort_invalid=True)
    faults = [
        f"line {message.lineno}: {error}" for message, errors in catalog.check() for error in errors
    ]
    if faults:
        raise ConfigurationError("\n".join([f"{path} has texts that do not fit:", *faults]))
    return catalog


def _texts() -> Iterator[Found]:
    """Every text of the sources as (file, line, message, context)."""
    for package in ("promo", "tasks", "config"):
        for path in (ROOT / package).rglob("*.py"):
            yield from _extracted("python", path, {})
        for path in (ROOT / package).rglob("templates/**/*.html"):
            yield from _from_django_template(path)
    for path in (ROOT / "templates").rglob("*.j2"):
        yield from _extracted("jinja2.ext:babel_extract", path, _JINJA)


def _extracted(method: str, path: Path, options: dict[str, str]) -> Iterator[Found]:
    name = path.relative_to(ROOT).as_posix()
    for line, message, _, context in extract_from_file(
        method, path, keywords=_KEYWORDS, options=options
    ):
        yield name, line, message, context


def _from_django_template(path: Path) -> Iterator[Found]:
    """Django turns its template into calls that xgettext could read; so can a pattern."""
    from django.utils.translation.template import templatize  # noqa: PLC0415 -- slow to load

    name = path.relative_to(ROOT).as_posix()
    source = io.StringIO(templatize(path.read_text(encoding="utf-8")))
    for line, text in enumerate(source, start=1):
        for call in _CALL.finditer(text):
            words = ast.literal_eval(f"({call[2]},)")
            context = words[0] if "p" in call[1] else None
            words = words[1:] if context else words
            yield name, line, words[0] if len(words) == 1 else tuple(words[:2]), context
