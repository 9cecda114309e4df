"""Every icon that we name exists: for one that does not Wagtail draws nothing, and says nothing."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.urls import reverse
from wagtail.admin.icons import get_icons
from wagtail.admin.viewsets import viewsets
from wagtail.blocks import Block

import promo
from promo.models.newsletters import IssueBlocks
from promo.services import channels

# Python's own names for it, and the templates' tag; `icon` alone is a variable of a loop.
_NAMED = re.compile(
    r"""\b(?:icon|icon_name|header_icon|menu_icon)\s*=\s*["']([a-z0-9-]+)["']"""
    r"""|\{%\s*icon\s+(?:name=)?["']([a-z0-9-]+)["']"""
)


def registered() -> set[str]:
    """The names of all icons that a page of the desk can draw."""
    return set(re.findall(r'id="icon-([a-z0-9-]+)"', get_icons()))


def test_every_blocks_icon_exists() -> None:
    named = {block.meta.icon for block in _blocks(IssueBlocks())}
    assert "minus" in named
    assert named <= registered()


def test_every_lists_icon_exists() -> None:
    assert reverse("wagtailadmin_home")  # the desk is loaded
    ours = [one for one in viewsets.viewsets if type(one).__module__.startswith("promo.")]
    assert ours
    assert {one.icon for one in ours if one.icon} <= registered()


def test_every_channels_icon_exists() -> None:
    assert {channel.icon for channel in channels.installed().values()} <= registered()


def test_every_icon_that_a_file_names_exists() -> None:
    files = [*_files("*.py"), *_files("*.html")]
    named = {
        first or second
        for path in files
        for first, second in _NAMED.findall(path.read_text("utf-8"))
    }
    assert {"mail", "warning"} <= named
    assert named <= registered()


def _blocks(block: Block) -> Iterator[Any]:
    yield block
    for child in getattr(block, "child_blocks", {}).values():
        yield from _blocks(child)


def _files(pattern: str) -> list[Path]:
    return sorted(Path(promo.__file__).parent.rglob(pattern))
