"""The one Jinja2 environment, and the rendering of a template in a language.

Templates are sandboxed, so that an administrator may keep some of their own. A missing variable is
an error (StrictUndefined), None is written as nothing. Escaped are .html.j2, .xml.j2 and .mjml.j2:
Jinja's own default would let them through unescaped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jinja2
from django.utils import translation
from django.utils.translation import gettext as _
from jinja2.sandbox import ImmutableSandboxedEnvironment

from promo.errors import ConfigurationError
from promo.rendering.filters import FILTERS

Render = Callable[[str, Mapping[str, Any]], str]
"""What `promo.channels.base.Render` names: a template's path and its context give the text."""

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
ESCAPED = ("html.j2", "xml.j2", "mjml.j2")


def make_environment(*roots: Path) -> jinja2.Environment:
    """The environment over `roots` (an institution's own, found first) and our templates."""
    environment = ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader([*roots, TEMPLATES]),
        autoescape=jinja2.select_autoescape(enabled_extensions=ESCAPED, default_for_string=True),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_nothing_for_none,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
        translation.gettext,
        translation.ngettext,
        newstyle=True,
        pgettext=translation.pgettext,
        npgettext=translation.npgettext,
    )
    environment.filters.update(FILTERS)
    del environment.globals["lipsum"]  # costs a worker minutes when asked for much
    return environment


def make_render(environment: jinja2.Environment, *, language: str) -> Render:
    """A render in this language; Django's language is put back afterwards.

    The render raises ConfigurationError for a template that is missing or cannot be rendered.
    """

    def render(template: str, context: Mapping[str, Any]) -> str:
        with translation.override(language):
            try:
                return environment.get_template(template).render(context)
            except jinja2.TemplateError as error:
                message = _("The template {name} cannot be used.").format(name=template)
                raise ConfigurationError(message, detail=_reason(error)) from error

    return render


def _nothing_for_none(value: object) -> object:
    return "" if value is None else value


def _reason(error: jinja2.TemplateError) -> str:
    return f"{type(error).__name__}: {error.message}"
