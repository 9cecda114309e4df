"""What comes over HTTP and what goes back, free of sockets.

All transports of the Graph API end in one `params` mapping: query string, form, JSON body and
multipart (whose files are in `files`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.parser import HeaderParser
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


class BadRequest(Exception):
    """A body that cannot be read."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart body."""

    name: str
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Header names are lower case; `base_url` has no slash at its end."""

    method: str
    path: str
    headers: Mapping[str, str]
    params: Mapping[str, Any]
    base_url: str
    files: Mapping[str, Upload] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        """The parameter as text: numbers and truth values as JSON writes them."""
        value = self.params.get(name, default)
        return value if isinstance(value, str) else json.dumps(value)

    def flag(self, name: str, *, default: bool) -> bool:
        text = self.text(name).strip().lower()
        return default if not text else text not in ("false", "0", "no")

    def whole(self, name: str, default: int = 0) -> int:
        """The parameter as a whole number; the default where it is none."""
        text = self.text(name).strip()
        return int(text) if text.isdecimal() else default


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, after `wait` seconds. `cut` breaks the connection: reset, close or partial."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json; charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: str = ""
    wait: float = 0.0
    skew: float = 0.0


def json_reply(data: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """JSON the way Meta writes it: everything beyond ASCII is escaped."""
    return Reply(status=status, body=json.dumps(data).encode(), headers=headers or {})


def read_request(
    *, method: str, target: str, headers: Mapping[str, str], body: bytes, default_host: str
) -> Request:
    """The request with its parameters of all transports. Raises BadRequest."""
    parts = urlsplit(target)
    params: dict[str, Any] = dict(parse_qsl(parts.query, keep_blank_values=True))
    fields, files = _body(headers.get("content-type", ""), body)
    host = headers.get("host") or default_host
    return Request(
        method=method,
        path=unquote(parts.path),
        headers=headers,
        params={**params, **fields},
        base_url=f"http://{host}",
        files=files,
    )


def _body(content_type: str, body: bytes) -> tuple[dict[str, Any], dict[str, Upload]]:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return _multipart(content_type, body)
    if kind == "application/json":
        return _json(body), {}
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True)), {}
    return {}, {}


def _json(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body or b"{}")
    except ValueError as error:
        raise BadRequest("the body is not JSON") from error
    if not isinstance(data, dict):
        raise BadRequest("the body is not a JSON object")
    return data


def _multipart(content_type: str, body: bytes) -> tuple[dict[str, Any], dict[str, Upload]]:
    boundary = HeaderParser().parsestr(f"Content-Type: {content_type}\n\n").get_boundary()
    if not boundary:
        raise BadRequest("a multipart body without a boundary")
    fields: dict[str, Any] = {}
    files: dict[str, Upload] = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary.encode())[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = HeaderParser().parsestr(head.decode(errors="replace"))
        name = str(headers.get_param("name", "", "content-disposition"))
        filename = headers.get_filename()
        if filename is None:
            fields[name] = content.decode(errors="replace")
        else:
            files[name] = Upload(filename, headers.get_content_type(), content)
    return fields, files
