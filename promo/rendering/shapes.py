"""The types behind a template's variables: which attribute is a slip of the pen.

Only frozen values are known (`promo.values`); what comes out of a filter, a macro's argument or a
mapping is left alone.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator, Mapping

from jinja2 import nodes

from promo.values import Block, Draft, InstitutionFacts, IssueFacts, ItemFacts, Message

SHAPES: Mapping[str, object] = {
    "draft": Draft,
    "item": ItemFacts,
    "issue": IssueFacts,
    "institution": InstitutionFacts,
    "message": Message,
    "blocks": tuple[Block, ...],
}
"""The documented context names and their types."""

_SCOPES = (nodes.Block, nodes.CallBlock, nodes.FilterBlock, nodes.For, nodes.Macro, nodes.With)
_ELEMENT_FILTERS = frozenset({"first", "last", "random"})


def bound_names(tree: nodes.Template) -> frozenset[str]:
    """Every name the template itself gives a value: set, for, import, macro arguments."""
    binding = (nodes.Name, nodes.Macro, nodes.Import, nodes.FromImport)
    return frozenset(name for node in tree.find_all(binding) for name in _names_bound_by(node))


def exported_names(tree: nodes.Template) -> frozenset[str]:
    """What the template binds at its top: seen in its blocks, and by those that import it."""
    return frozenset(_exported(tree))


def _exported(node: nodes.Node) -> Iterator[str]:
    for child in node.iter_child_nodes():
        yield from _names_bound_by(child)
        if not isinstance(child, _SCOPES):
            yield from _exported(child)


def _names_bound_by(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Macro) or (isinstance(node, nodes.Name) and node.ctx != "load"):
        yield node.name
    elif isinstance(node, nodes.Import):
        yield node.target
    elif isinstance(node, nodes.FromImport):
        yield from (name if isinstance(name, str) else name[1] for name in node.names)


def attribute_faults(
    tree: nodes.Template, shapes: Mapping[str, object]
) -> Iterator[tuple[int, str, str]]:
    """Line, owner and name of every attribute that its owner does not have."""
    known = _types(tree, shapes)
    for node in tree.find_all(nodes.Getattr):
        owner = _bare(_type(node.node, known))
        if _is_value(owner) and not hasattr(owner, node.attr) and node.attr not in _fields(owner):
            yield node.lineno, getattr(owner, "__name__", ""), node.attr


def _types(tree: nodes.Template, shapes: Mapping[str, object]) -> dict[str, object]:
    """The type of each name; a name that is bound to two types is unknown."""
    known = dict(shapes)
    bound: dict[str, object] = {}
    understood: set[int] = set()
    for node in tree.find_all((nodes.For, nodes.Assign, nodes.Name)):
        target, found = _binding(node, known)
        if not isinstance(target, nodes.Name) or target.ctx == "load" or id(target) in understood:
            continue
        understood.add(id(target))
        same = bound.get(target.name, shapes.get(target.name, found)) == found
        known[target.name] = bound[target.name] = found if same else None
    return known


def _binding(node: nodes.Node, known: Mapping[str, object]) -> tuple[nodes.Node, object]:
    """The name a node binds (a plain `Name` itself), and the type it gets."""
    if isinstance(node, nodes.For):
        return node.target, _bare(_element(_type(node.iter, known)))
    if isinstance(node, nodes.Assign):
        return node.target, _bare(_type(node.node, known))
    return node, None


def _type(node: nodes.Node, known: Mapping[str, object]) -> object:
    """The type of an expression, None where it is not known."""
    if isinstance(node, nodes.Name):
        return known.get(node.name)
    if isinstance(node, nodes.Getattr):
        return _attribute(_bare(_type(node.node, known)), node.attr)
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        return _element(_type(node.node, known)) if isinstance(node.arg.value, int) else None
    if isinstance(node, nodes.Filter) and node.node is not None:
        return _element(_type(node.node, known)) if node.name in _ELEMENT_FILTERS else None
    return None


def _attribute(owner: object, name: str) -> object:
    if not _is_value(owner):
        return None
    if name in _fields(owner):
        return _fields(owner)[name]
    member = getattr(owner, name, None)
    if isinstance(member, property) and member.fget is not None:
        return typing.get_type_hints(member.fget).get("return")
    return None


def _element(of: object) -> object:
    """X for tuple[X, ...]."""
    arguments = typing.get_args(of)
    is_sequence = typing.get_origin(of) is tuple and arguments[1:] == (...,)
    return arguments[0] if is_sequence else None


def _bare(of: object) -> object:
    """X for X | None."""
    if typing.get_origin(of) in {typing.Union, types.UnionType}:
        rest = [argument for argument in typing.get_args(of) if argument is not types.NoneType]
        return rest[0] if len(rest) == 1 else None
    return of


def _is_value(of: object) -> bool:
    return isinstance(of, type) and dataclasses.is_dataclass(of)


def _fields(owner: object) -> dict[str, object]:
    return dict(typing.get_type_hints(owner)) if isinstance(owner, type) else {}
