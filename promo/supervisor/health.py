"""Asking a running web whether it is well."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

_PATIENCE = 5.0  # seconds


def ask(url: str, *, public_url: str) -> tuple[int, Mapping[str, Any]]:
    """The status of /healthz at `url` and what it says; status 0 where nothing answers.

    The web is asked by the name people use for it: others it may refuse.
    """
    address = urlsplit(url)
    kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
    connection = kind(address.hostname or "", address.port, timeout=_PATIENCE)
    host = urlsplit(public_url).netloc
    try:
        connection.request("GET", "/healthz", headers={"Host": host, "Accept": "application/json"})
        answer = connection.getresponse()
        return answer.status, _said(answer.read())
    except (OSError, HTTPException):
        return 0, {}
    finally:
        connection.close()


def _said(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
