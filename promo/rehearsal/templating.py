"""Pages from templates: escaping on, one language, one clock zone, a strict content policy."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from promo.rehearsal import strings
from promo.rehearsal.wire import Reply, Request

WARSAW = ZoneInfo("Europe/Warsaw")
# No form-action: the consent dialog sends people back to the app's own address.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self';"
    " img-src 'self' http://127.0.0.1:* http://localhost:*; base-uri 'none'"
)
SPECIAL = re.compile(
    r"(?P<link>https?://[^\s<>\"]+[^\s<>\".,;:!?)\]»”])|(?P<tag>#\w+)|(?P<line>\n)"
)

ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def language_of(request: Request) -> str:
    """Polish, unless `?lang=en` asks for English."""
    wanted = request.text("lang", strings.LANGUAGES[0])
    return wanted if wanted in strings.LANGUAGES else strings.LANGUAGES[0]


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> Reply:
    """The rendered page; 304 where the browser has the very same one."""
    language = language_of(request)
    html = ENVIRONMENT.get_template(template).render(
        t=partial(_text, language),
        n=partial(_counted, language),
        href=partial(_href, language),
        time=partial(local_time, language),
        language=language,
        switch=_switch(request, language),
        **values,
    )
    body = html.encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",
        "ETag": etag,
    }
    if request.headers.get("if-none-match") == etag:
        return Reply(status=304, headers=headers)
    return Reply(status=status, body=body, content_type="text/html; charset=utf-8", headers=headers)


def local_time(language: str, seconds: float) -> str:
    """The instant on a clock in Warsaw, written the language's way."""
    at = datetime.fromtimestamp(seconds, UTC).astimezone(WARSAW)
    pattern = "d MMMM y, HH:mm"
    return str(format_datetime(at, pattern, tzinfo=WARSAW, locale=language))


def post_text(text: str) -> Markup:
    """A post's text as followers see it: line breaks kept, links and hashtags marked."""
    found = Markup("")
    end = 0
    for match in SPECIAL.finditer(text):
        found += escape(text[end : match.start()]) + _special(match)
        end = match.end()
    return found + escape(text[end:])


def initials(name: str) -> str:
    """The first letters of the first two words."""
    return "".join(word[0] for word in name.split()[:2]).upper()


def machine_time(seconds: float) -> str:
    """For the `datetime` attribute."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


ENVIRONMENT.filters.update(post_text=post_text, initials=initials, machine_time=machine_time)


def _special(match: re.Match[str]) -> Markup:
    if match["link"]:
        return Markup('<a href="{0}" rel="noopener">{0}</a>').format(match["link"])
    if match["tag"]:
        return Markup('<span class="tag">{}</span>').format(match["tag"])
    return Markup("<br>\n")


def _text(language: str, key: str, **values: object) -> str:
    return strings.text(key, language, **values)


def _counted(language: str, key: str, number: int) -> str:
    return strings.counted(key, number, language)


def _href(language: str, path: str, **query: object) -> str:
    """A link within the rehearsal pages that keeps the language."""
    kept = {name: value for name, value in query.items() if value not in ("", None)}
    if language != strings.LANGUAGES[0]:
        kept["lang"] = language
    return f"{path}?{urlencode(kept)}" if kept else path


def _switch(request: Request, language: str) -> str:
    """This page's address in the other language."""
    other = "en" if language == "pl" else "pl"
    query = {name: request.text(name) for name in request.params}
    return f"{request.path}?{urlencode({**query, 'lang': other})}"
