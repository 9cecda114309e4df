"""The bytes of an uploaded picture: from the multipart body, or fetched from `url`."""

from __future__ import annotations

import requests

from promo.rehearsal import outbound
from promo.rehearsal.graph.errors import GraphError
from promo.rehearsal.wire import Request

MAX_BYTES = 4 * 1024 * 1024
TIMEOUT = (3.0, 10.0)
SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)


def picture(request: Request) -> tuple[str, bytes]:
    """The type and bytes of the picture. Raises GraphError 324 where none can be read."""
    upload = request.files.get("source") or next(iter(request.files.values()), None)
    body = upload.body if upload else _fetched(request.text("url"))
    mime_type = _mime_type(body)
    if not mime_type:
        raise GraphError(324)
    if len(body) > MAX_BYTES:
        raise GraphError(
            324,
            "(#324) Photos should be less than 4 MB and saved as JPG, PNG, GIF, TIFF, HEIF or WebP",
            subcode=1366046,
        )
    return mime_type, body


def _fetched(url: str) -> bytes:
    if not url.startswith(("http://", "https://")):
        raise GraphError(324)
    try:
        with (
            outbound.session() as session,
            session.get(url, timeout=TIMEOUT, stream=True) as answer,
        ):
            answer.raise_for_status()
            return answer.raw.read(MAX_BYTES + 1, decode_content=True)
    except requests.RequestException as error:
        raise GraphError(324) from error


def _mime_type(body: bytes) -> str:
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    if body[4:12] in (b"ftypheic", b"ftypmif1", b"ftypheix"):
        return "image/heif"
    return next((kind for start, kind in SIGNATURES if body.startswith(start)), "")
