"""Reading a stranger's address: a feed, a picture, a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urldefrag, urljoin

import requests
from django.utils.translation import gettext as _

from promo.door.guard import Guard, check_url
from promo.door.lines import Lines
from promo.door.sessions import open_session, total_deadline
from promo.errors import FetchRefused

DEADLINE = timedelta(seconds=20)
MAX_BYTES = 2 * 2**20
MAX_REDIRECTS = 3

REDIRECTS = frozenset({301, 302, 303, 307, 308})
NOT_MODIFIED = 304
USER_AGENT = "Promo (feed reader of a public library)"
DECODED = frozenset({"", "identity", "gzip", "x-gzip"})
BLOCK = 16 * 1024

TRAVELLING = frozenset({"accept", "accept-language", "user-agent"})
"""The caller's headers that follow a redirect to another origin; the rest may hold secrets."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. `url` is where it came from in the end; header names are lower case.

    `status` is the server's word and may be an error (404, 503): judging it is the caller's part.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    etag: str = ""
    last_modified: str = ""
    not_modified: bool = False

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")


def fetch(
    url: str,
    *,
    guard: Guard,
    headers: Mapping[str, str] | None = None,
    deadline: timedelta = DEADLINE,
    max_bytes: int = MAX_BYTES,
    etag: str = "",
    last_modified: str = "",
) -> Fetched:
    """The answer at `url`; raises `FetchRefused` if it may not be read or cannot be.

    At most 3 redirects, each checked like the first address; `deadline` holds for everything
    together, `max_bytes` counts decoded bytes. `etag` and `last_modified` are those of the last
    reading: where nothing changed since, `not_modified` is True and the body empty.
    """
    sent = {"user-agent": USER_AGENT, **{k.lower(): v for k, v in (headers or {}).items()}}
    sent |= {"accept-encoding": "gzip, identity", "connection": "close"}
    conditions = _conditions(etag, last_modified)
    session = open_session(guard=guard)
    # What requests adds by itself (Accept, User-Agent) would not be ours to drop.
    session.headers.clear()
    with session, total_deadline(session, deadline) as lines:
        try:
            return _follow(session, lines, url, sent, conditions, guard=guard, max_bytes=max_bytes)
        except (requests.RequestException, OSError) as error:
            if lines.is_cut:
                raise _too_slow(deadline) from error
            raise _unreachable(error) from error


def _follow(
    session: requests.Session,
    lines: Lines,
    url: str,
    headers: dict[str, str],
    conditions: dict[str, str],
    *,
    guard: Guard,
    max_bytes: int,
) -> Fetched:
    for _hop in range(MAX_REDIRECTS + 1):
        check_url(url, guard=guard)
        with session.get(url, headers=headers | conditions, stream=True) as response:
            location = response.headers.get("location")
            if response.status_code not in REDIRECTS or not location:
                return _fetched(
                    response, lines, url, is_conditional=bool(conditions), max_bytes=max_bytes
                )
        following = _next_url(url, location)
        headers = _travelling(headers, url, following, guard=guard)
        url = following
    raise FetchRefused(
        _("This address sends us from one address to the next without end."),
        detail=f"redirects: more than {MAX_REDIRECTS}",
    )


def _next_url(url: str, location: str) -> str:
    # Header bytes arrive as Latin-1; servers mean UTF-8.
    target = location.encode("latin-1", "replace").decode("utf-8", "replace")
    try:
        return urldefrag(urljoin(url, target)).url
    except ValueError as error:
        raise FetchRefused(
            _("This is not a valid web address."), detail=f"form: {error}"
        ) from error


def _travelling(
    headers: dict[str, str], url: str, following: str, *, guard: Guard
) -> dict[str, str]:
    before, after = check_url(url, guard=guard), check_url(following, guard=guard)
    if before.is_secure and not after.is_secure:
        raise FetchRefused(
            _("This address leads from a protected connection to an unprotected one."),
            detail=f"downgrade: to {after.host}",
        )
    if before == after:
        return headers
    kept = TRAVELLING | {"accept-encoding", "connection"}
    return {name: value for name, value in headers.items() if name in kept}


def _fetched(
    response: requests.Response, lines: Lines, url: str, *, is_conditional: bool, max_bytes: int
) -> Fetched:
    headers = {name.lower(): value for name, value in response.headers.items()}
    not_modified = response.status_code == NOT_MODIFIED and is_conditional
    body = b"" if response.status_code == NOT_MODIFIED else _body(response, max_bytes=max_bytes)
    if lines.is_cut:  # a body of unannounced length merely ends when it is cut
        raise requests.ConnectionError("cut")
    return Fetched(
        url=url,
        status=response.status_code,
        headers=headers,
        body=body,
        etag=headers.get("etag", ""),
        last_modified=headers.get("last-modified", ""),
        not_modified=not_modified,
    )


def _body(response: requests.Response, *, max_bytes: int) -> bytes:
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in DECODED:
        raise FetchRefused(
            _("The answer is packed in a way we did not ask for."), detail=f"encoding: {encoding}"
        )
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > max_bytes:
        raise _too_large(f"size: {announced} bytes announced")
    body = bytearray()
    for block in response.iter_content(BLOCK):
        body += block
        if len(body) > max_bytes:
            raise _too_large(f"size: more than {max_bytes} bytes decoded")
    return bytes(body)


def _conditions(etag: str, last_modified: str) -> dict[str, str]:
    conditions = {}
    if etag:
        conditions["if-none-match"] = etag
    if last_modified:
        conditions["if-modified-since"] = last_modified
    return conditions


def _too_large(detail: str) -> FetchRefused:
    return FetchRefused(_("What is at this address is too large to be read."), detail=detail)


def _too_slow(deadline: timedelta) -> FetchRefused:
    return FetchRefused(
        _("The server answers too slowly. We stopped waiting."),
        detail=f"deadline: {deadline.total_seconds():g} s",
    )


def _unreachable(error: Exception) -> FetchRefused:
    if isinstance(error, requests.exceptions.SSLError):
        text = _("The server's security certificate is not valid.")
    elif isinstance(error, requests.Timeout):
        text = _("The server does not answer.")
    elif isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        text = _("This is not a valid web address.")
    else:
        text = _("The server cannot be reached, or it broke off its answer.")
    return FetchRefused(text, detail=f"connection: {type(error).__name__}{_reason(error)}")


def _reason(error: Exception) -> str:
    """The innermost reason; the outer texts repeat the whole address, which may hold a secret."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return f": {reason}" if reason else ""
