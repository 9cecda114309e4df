"""Batches, for reads: `null` in an answer is one more unknown, so nobody should batch creates."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from promo.rehearsal.graph import versions
from promo.rehearsal.graph.context import Context
from promo.rehearsal.graph.errors import GraphError, error_reply
from promo.rehearsal.wire import Reply, json_reply

MOST = 50


def run(context: Context, route: Callable[[Context], Any]) -> list[Any]:
    """`POST /` with `batch`: the answers in order. Raises GraphError."""
    if context.request.method != "POST" or "batch" not in context.request.params:
        raise GraphError(100, "Unsupported get request.", subcode=33)
    wanted = context.request.params["batch"]
    try:
        entries = json.loads(wanted) if isinstance(wanted, str) else wanted
    except ValueError as error:
        raise GraphError(100, "(#100) batch parameter must be a JSON array") from error
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise GraphError(100, "(#100) batch parameter must be a JSON array")
    if len(entries) > MOST:
        message = f"Too many requests in batch message. Maximum batch size is {MOST}"
        raise GraphError(100, message)
    with_headers = context.request.flag("include_headers", default=True)
    return [_answer(_one(context, each, route), with_headers=with_headers) for each in entries]


def _one(context: Context, entry: dict[str, Any], route: Callable[[Context], Any]) -> Reply:
    try:
        if str(entry.get("method", "GET")).upper() != "GET":
            raise GraphError(100, "(#100) The rehearsal world batches reads only")
        found = route(_context_of(context, str(entry.get("relative_url", ""))))
    except GraphError as error:
        return error_reply(error, context.statuses)
    return found if isinstance(found, Reply) else json_reply(found)


def _context_of(context: Context, relative_url: str) -> Context:
    parts = urlsplit("/" + relative_url.lstrip("/"))
    segments = tuple(part for part in parts.path.split("/") if part)
    version = context.version
    if segments and versions.PREFIX.fullmatch(segments[0]):
        version = versions.serving(segments[0], now=context.now)
        segments = segments[1:]
    if not segments:
        raise GraphError(100, "Unsupported get request.", subcode=33)
    shared = {
        key: context.request.params[key]
        for key in ("access_token", "appsecret_proof")
        if key in context.request.params
    }
    params = {**shared, **dict(parse_qsl(parts.query, keep_blank_values=True))}
    request = dataclasses.replace(context.request, method="GET", params=params)
    return dataclasses.replace(context, request=request, segments=segments, version=version)


def _answer(reply: Reply, *, with_headers: bool) -> dict[str, Any]:
    answer: dict[str, Any] = {"code": reply.status, "body": reply.body.decode()}
    if with_headers:
        answer["headers"] = [{"name": "Content-Type", "value": reply.content_type}]
    return answer
