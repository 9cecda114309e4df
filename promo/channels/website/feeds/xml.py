"""What RSS and Atom share: namespaces, adding an element, writing the document."""

from __future__ import annotations

from lxml import etree

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
EVENT = "http://purl.org/rss/1.0/modules/event/"
MEDIA = "http://search.yahoo.com/mrss/"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

Element = etree._Element  # noqa: SLF001  (lxml gives its element class no public name)


def add(parent: Element, tag: str, text: str | etree.CDATA = "", **attributes: str) -> Element:
    """Add a child with its text; attributes without a value are left out."""
    given = {name: value for name, value in attributes.items() if value}
    child = etree.SubElement(parent, tag, given)
    if text:
        child.text = text
    return child


def document(root: Element, *, stylesheet_url: str) -> bytes:
    """The bytes of the document, with a style sheet for people who open it in a browser."""
    if stylesheet_url:
        style = etree.ProcessingInstruction(
            "xml-stylesheet", f'type="text/css" href="{stylesheet_url}"'
        )
        root.addprevious(style)
    return etree.tostring(
        root.getroottree(), xml_declaration=True, encoding="utf-8", pretty_print=True
    )
