"""What is wrong with a template, found before anything is published with it.

Refused are: broken syntax; an unknown filter, test, variable or attribute; a template or macro that
is not there; a macro that needs the context but is imported without it. A partial (its file name
begins with "_") may also use what every template that includes it sets.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import jinja2
from django.utils.translation import gettext as _
from jinja2 import meta, nodes

from promo.rendering.filters import NEED_THE_INSTITUTION
from promo.rendering.shapes import SHAPES, attribute_faults, bound_names, exported_names
from promo.values import Problem

ContextNames = Collection[str] | Mapping[str, Collection[str]]
"""What a template may use: one set for all, or one for each path prefix (the longest wins)."""


def find_template_faults(
    environment: jinja2.Environment,
    names: Collection[str] | None = None,
    *,
    context_names: ContextNames,
    shapes: Mapping[str, object] = SHAPES,
) -> list[Problem]:
    """The faults of the named templates, of all that end in .j2 by default. Empty means good.

    `shapes` tells the types of context variables, so that `item.titel` is found too.
    """
    check = _Check(environment, context_names, shapes)
    wanted = sorted(names) if names is not None else check.all_names
    return [problem for name in wanted for problem in check.template(name)]


def find_source_faults(
    environment: jinja2.Environment,
    source: str,
    *,
    name: str,
    context_names: ContextNames,
    shapes: Mapping[str, object] = SHAPES,
) -> list[Problem]:
    """The same for a template's text before it is saved under `name`."""
    return _Check(environment, context_names, shapes).source(name, source)


@dataclass(frozen=True, slots=True)
class _Parsed:
    tree: nodes.Template
    bound: frozenset[str]
    used: frozenset[str]
    """The templates it includes or extends: they see what it sets."""


class _Check:
    def __init__(
        self,
        environment: jinja2.Environment,
        context_names: ContextNames,
        shapes: Mapping[str, object],
    ) -> None:
        self._environment = environment
        self._context_names = context_names
        self._shapes = shapes
        self._parsed: dict[str, _Parsed] = {}

    @cached_property
    def all_names(self) -> list[str]:
        return self._environment.list_templates(extensions=("j2",))

    def template(self, name: str) -> list[Problem]:
        source = self._source(name)
        if source is None:
            return [_problem("template_missing", name, 1, _("there is no such template"))]
        return self.source(name, source)

    def source(self, name: str, source: str) -> list[Problem]:
        try:
            tree = self._environment.parse(source, name)
        except jinja2.TemplateSyntaxError as error:
            reason = _("this cannot be read: {reason}").format(reason=error.message)
            return [_problem("template_syntax", name, error.lineno, reason)]
        # Unknown filters first: Jinja itself stops at them when it is asked for the variables.
        return list(self._unknown_filters(name, tree)) or [
            *self._unknown_variables(name, tree),
            *self._unknown_attributes(name, tree),
            *self._broken_references(name, tree),
        ]

    def _unknown_filters(self, name: str, tree: nodes.Template) -> Iterator[Problem]:
        for used in tree.find_all((nodes.Filter, nodes.Test)):
            if isinstance(used, nodes.Filter) and used.name not in self._environment.filters:
                text = _("there is no filter “{name}”").format(name=used.name)
                yield _problem("template_unknown_filter", name, used.lineno, text)
            if isinstance(used, nodes.Test) and used.name not in self._environment.tests:
                text = _("there is no test “{name}”").format(name=used.name)
                yield _problem("template_unknown_test", name, used.lineno, text)

    def _unknown_variables(self, name: str, tree: nodes.Template) -> Iterator[Problem]:
        # Jinja's list leaves out that blocks see what the template binds at its top.
        allowed = {*self._allowed(name), *exported_names(tree)}
        unknown = meta.find_undeclared_variables(tree) - allowed
        for variable in sorted(unknown - self._set_by_users(name, frozenset())):
            text = _("there is no variable “{name}”").format(name=variable)
            line = _first_line(tree, variable)
            yield _problem("template_unknown_variable", name, line, text)

    def _unknown_attributes(self, name: str, tree: nodes.Template) -> Iterator[Problem]:
        for line, owner, attribute in attribute_faults(tree, self._shapes):
            text = _("“{owner}” has no “{name}”").format(owner=owner, name=attribute)
            yield _problem("template_unknown_attribute", name, line, text)

    def _broken_references(self, name: str, tree: nodes.Template) -> Iterator[Problem]:
        for node in tree.find_all((nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport)):
            wanted = _referenced(node)
            ignore = isinstance(node, nodes.Include) and node.ignore_missing
            found = [target for target in wanted if self._source(target) is not None]
            if wanted and not found and not ignore:
                text = _("there is no template “{name}”").format(name=wanted[0])
                yield _problem("template_missing", name, node.lineno, text)
            if found and isinstance(node, nodes.Import | nodes.FromImport):
                yield from self._broken_import(name, tree, node, found[0])

    def _broken_import(
        self, name: str, tree: nodes.Template, node: nodes.Import | nodes.FromImport, target: str
    ) -> Iterator[Problem]:
        parsed = self._parse(target)
        if parsed is None:  # its own fault is reported under its own name
            return
        for line, macro in _asked_for(tree, node):
            if macro not in exported_names(parsed.tree):
                text = _("“{template}” has no macro “{name}”").format(template=target, name=macro)
                yield _problem("template_missing_macro", name, line, text)
        if not node.with_context and _needs_context(parsed.tree):
            text = _("“{template}” must be imported “with context”").format(template=target)
            yield _problem("template_import_context", name, node.lineno, text)

    def _allowed(self, name: str) -> Collection[str]:
        if not isinstance(self._context_names, Mapping):
            return self._context_names
        prefixes = [prefix for prefix in self._context_names if name.startswith(prefix)]
        return self._context_names[max(prefixes, key=len)] if prefixes else ()

    def _set_by_users(self, name: str, seen: frozenset[str]) -> frozenset[str]:
        """What every template that includes or extends this partial sets before it does."""
        if not name.rpartition("/")[2].startswith("_") or name in seen:
            return frozenset()
        users = [
            (user, parsed)
            for user in self.all_names
            if (parsed := self._parse(user)) is not None and name in parsed.used and user != name
        ]
        given = [parsed.bound | self._set_by_users(user, seen | {name}) for user, parsed in users]
        return frozenset.intersection(*given) if given else frozenset()

    def _parse(self, name: str) -> _Parsed | None:
        if name not in self._parsed:
            source = self._source(name)
            try:
                tree = self._environment.parse(source or "", name)
            except jinja2.TemplateSyntaxError:
                return None
            used = frozenset(
                target
                for node in tree.find_all((nodes.Include, nodes.Extends))
                for target in _referenced(node)
            )
            self._parsed[name] = _Parsed(tree, bound_names(tree), used)
        return self._parsed[name]

    def _source(self, name: str) -> str | None:
        loader = self._environment.loader
        if loader is None:
            return None
        try:
            return loader.get_source(self._environment, name)[0]
        except jinja2.TemplateNotFound:
            return None


def _problem(code: str, name: str, line: int, text: str) -> Problem:
    where = _("Template {name}, line {line}: {text}.").format(name=name, line=line, text=text)
    return Problem(code, where, field=name)


def _first_line(tree: nodes.Template, variable: str) -> int:
    lines = (node.lineno for node in tree.find_all(nodes.Name) if node.name == variable)
    return next(lines, 1)


def _referenced(node: nodes.Node) -> list[str]:
    """The names in an include, extends or import; none where they are computed."""
    given: object = getattr(node, "template", None)
    items: Sequence[object] = [given]
    if isinstance(given, nodes.Tuple | nodes.List):
        items = given.items
    if isinstance(given, nodes.Const) and isinstance(given.value, tuple | list):
        return [str(value) for value in given.value]
    return [str(item.value) for item in items if isinstance(item, nodes.Const)]


def _asked_for(
    tree: nodes.Template, node: nodes.Import | nodes.FromImport
) -> Iterator[tuple[int, str]]:
    if isinstance(node, nodes.FromImport):
        for name in node.names:
            yield node.lineno, name if isinstance(name, str) else name[0]
        return
    for used in tree.find_all(nodes.Getattr):
        if isinstance(used.node, nodes.Name) and used.node.name == node.target:
            yield used.lineno, used.attr


def _needs_context(tree: nodes.Template) -> bool:
    filters = {used.name for used in tree.find_all(nodes.Filter)}
    try:
        return bool(filters & NEED_THE_INSTITUTION or meta.find_undeclared_variables(tree))
    except jinja2.TemplateAssertionError:  # an unknown filter, reported under its own name
        return False
