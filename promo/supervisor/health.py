"""Asking a running web whether it is well, and a mail server whether it is there."""

from __future__ import annotations

import json
import socket
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


def greets(host: str, port: int) -> bool:
    """Does a mail server answer here? It is asked and left, so that it takes nothing amiss."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104  (compared)
        host = "127.0.0.1"
    try:
        with socket.create_connection((host, port), timeout=_PATIENCE) as connection:
            greeting = connection.recv(100)
            connection.sendall(b"QUIT\r\n")
    except OSError:
        return False
    return greeting.startswith(b"220")


def _said(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
